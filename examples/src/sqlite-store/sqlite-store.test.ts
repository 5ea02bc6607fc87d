import { describe, it } from 'node:test'
import { eventStoreConformance } from '@eventmill/store-conformance'
import { store } from './sqlite-store.fixture.ts'

eventStoreConformance({ describe, it, ...store })
