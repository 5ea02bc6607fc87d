export { defineEvents, type EventSchemas, type PayloadsOf, type SchemaOptions } from './define-events.ts'
export { version, type Upcast, type PayloadVersion, type Versioned } from './version.ts'
export { guard, type GuardOptions } from './guard.ts'
// Named in the types that an events-only package exports.
export { type EventCreator, type EventDefinition, type EventNamespace, type NewEvent } from '@eventmill/core'
