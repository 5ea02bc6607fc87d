import { eventStoreConformance } from '@eventmill/store-conformance'
import { describe, it } from 'vitest'
import { storeUnderTest } from './store-under-test.mjs'

eventStoreConformance({ describe, it, ...storeUnderTest })
