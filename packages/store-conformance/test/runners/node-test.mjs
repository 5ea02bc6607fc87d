import { describe, it } from 'node:test'
import { eventStoreConformance } from '@eventmill/store-conformance'
import { storeUnderTest } from './store-under-test.mjs'

eventStoreConformance({ describe, it, ...storeUnderTest })
