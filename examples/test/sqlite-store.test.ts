import { describe, it } from '@jest/globals'
import { eventStoreConformance } from '@eventmill/store-conformance'
import { store } from '../src/sqlite-store/sqlite-store.fixture.ts'

eventStoreConformance({ describe, it, ...store })
