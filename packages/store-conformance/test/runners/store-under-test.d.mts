import { type StoreUnderTest } from '@eventmill/store-conformance'

export declare const storeUnderTest: StoreUnderTest
