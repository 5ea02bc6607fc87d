export { defineEvents, type EventSchemas, type PayloadsOf, type SchemaOptions } from './define-events.ts'
export { version, type Upcast, type PayloadVersion, type Versioned } from './version.ts'
export { guard, type GuardOptions } from './guard.ts'

export { storedSchemas, type StoredSchemas } from './on-file/stored-schemas.ts'
export { type JsonSchema } from './on-file/json-schema.ts'
export {
  compareSchemas,
  type BreakingChange,
  type SchemaComparison,
  type TypeVersion,
} from './on-file/compare-schemas.ts'
export { type SchemaDifference } from './on-file/schema-differences.ts'

// Named in the types that an events-only package exports.
export { type EventCreator, type EventDefinition, type EventNamespace, type NewEvent } from '@eventmill/core'
