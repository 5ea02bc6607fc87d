export { defineEvents, type EventSchemas, type PayloadsOf, type SchemaOptions } from './define-events.ts'
export { version, type Upcast, type PayloadVersion, type Versioned } from './version.ts'
export { stateCodec } from './state-codec.ts'
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

export { audit, type AuditOptions, type AuditReport } from './audit/audit.ts'
export { type AuditFinding, type AuditIssue, type Obstruction, type OtherEvents } from './audit/finding.ts'
export { type Sample } from './audit/sample.ts'

// Named in the types that an events-only package exports.
export { type EventCreator, type EventDefinition, type EventNamespace, type NewEvent } from '@eventmill/core'
