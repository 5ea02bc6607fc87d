export {
  scenario,
  type GivenByRole,
  type GivenScenario,
  type InAnyVersion,
  type Scenario,
} from './scenario.ts'
export { type Outcome } from './outcome.ts'
export { type ExpectedError } from './expected-error.ts'
export { everySchedule } from './every-schedule.ts'
export { type Race, type Tried } from './race.ts'
export { type Turn } from './steps.ts'
export {
  type GivenEvents,
  type GivenProjection,
  type ProjectionScenario,
  type ProjectionUnderTest,
} from './projection-scenario.ts'
