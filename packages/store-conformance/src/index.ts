export { eventStoreConformance, type TestRunner } from './event-store-conformance.ts'
export {
  type Declined,
  type Faults,
  type Fixture,
  type Hold,
  type Need,
  type Rule,
  type StoreUnderTest,
} from './rule.ts'
export { rules } from './rules/rules.ts'
export { runRule, type Verdict } from './run-rule.ts'
export { remoteStore, serveStore, type Port } from './remote-store.ts'
export { differentialRun, modelRun, type RunOptions } from './model-run.ts'
