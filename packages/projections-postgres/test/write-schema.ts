import { schemaSql } from '@eventmill/projections-postgres'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

// `npm run schema` writes down what a migration has changed.
writeFileSync(join(import.meta.dirname, '../schema.sql'), schemaSql('eventmill_projections'))
