export { scenario, type GivenScenario, type Outcome, type Scenario } from './scenario.ts'
export { type ExpectedError } from './expected-error.ts'
export { everySchedule, type Race, type Tried } from './every-schedule.ts'
export { type Happened, projectEvents, type ProjectionUnderTest } from './project-events.ts'
