import { describe, it } from '@jest/globals'
import { eventStoreConformance } from '@eventmill/store-conformance'
import { storeUnderTest } from './store-under-test.mjs'

eventStoreConformance({ describe, it, ...storeUnderTest })
