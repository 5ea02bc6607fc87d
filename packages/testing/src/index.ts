export { scenario, type GivenScenario, type Scenario } from './scenario.ts'
export { type Outcome } from './outcome.ts'
export {
  type ProjectionOutcome,
  type ProjectionScenario,
  type ProjectionUnderTest,
  type StreamEvents,
} from './projection-scenario.ts'
export { type ExpectedError } from './expected-error.ts'
export { everySchedule, type Race, type Tried } from './every-schedule.ts'
export { type Choice } from './schedule.ts'
