import { type Json } from '@eventmill/core'
import { type BreakingChange, compareSchemas, type SchemaComparison } from '../on-file/compare-schemas.ts'
import { type SchemaDifference } from '../on-file/schema-differences.ts'
import { storedSchemas, type StoredSchemas } from '../on-file/stored-schemas.ts'
import { type CheckArguments } from './arguments.ts'
import { BadInput } from './bad-input.ts'
import { counted, typeVersion } from './lines.ts'
import { importModules } from './modules.ts'
import { readSchemas, writeSchemas } from './schema-file.ts'

/** What the check has come to. */
export interface CheckOutcome {
  readonly code: 0 | 1
  readonly text: string
}

/**
 * Compares the schemas of the modules with those on file, which it brings up to date on request. Code 0 where the file
 * holds what the modules hold, in the end. Throws `BadInput`.
 */
export async function check({
  modules,
  file,
  update,
  acceptBreaking,
}: CheckArguments): Promise<CheckOutcome> {
  const { namespaces } = await importModules(modules)
  const after = storedSchemas(namespaces)
  const before = await readSchemas(file)
  if (before === undefined && !update) {
    throw new BadInput(`there is no file ${file} yet: --update writes it, to be kept in version control`)
  }
  const comparison = compareSchemas(before ?? {}, after)
  const { breaking, added } = comparison
  const changes = told(comparison, after)
  const outcome = (code: 0 | 1, text: string) => ({ code, text: `${changes}${text}` })

  if (breaking.length > 0 && !acceptBreaking) return outcome(1, advice(breaking, update))
  if (before !== undefined && breaking.length + added.length === 0) {
    return outcome(0, `${file} is up to date: ${extent(after)}\n`)
  }
  if (!update) {
    return outcome(1, `${file} does not hold what is new, though it breaks nothing: --update writes it\n`)
  }
  await writeSchemas(file, after)
  return outcome(
    0,
    `${file} is ${before === undefined ? 'written' : 'brought up to date'}: ${extent(after)}\n`,
  )
}

function told({ breaking, added }: SchemaComparison, after: StoredSchemas): string {
  const rows = [
    ...breaking.map((change) => ({
      text: `${change.kind.toUpperCase()} ${typeVersion(change)}${Object.hasOwn(after, change.source) ? '' : UNNAMED}`,
      details: change.differences.map(toldDifference),
    })),
    ...added.map((version) => ({ text: `new ${typeVersion(version)}`, details: [] })),
  ]
  if (rows.length === 0) return ''
  return `${rows.map(({ text, details }) => [text, ...details.map((detail) => `  ${detail}`)].join('\n')).join('\n')}\n\n`
}

/** The file is of all namespaces: it may be that not all modules were named. */
const UNNAMED = ': no module that was named exports its namespace: name all of them'

function toldDifference({ path, before, after }: SchemaDifference): string {
  const where = path === '' ? '' : `${path}: `
  if (before === undefined) return `${where}now ${short(after)}`
  if (after === undefined) return `${where}no longer ${short(before)}`
  return `${where}was ${short(before)}, now ${short(after)}`
}

function short(value: Json | undefined): string {
  const text = JSON.stringify(value ?? null)
  return text.length <= 100 ? text : `${text.slice(0, 99)}…`
}

function advice(breaking: readonly BreakingChange[], update: boolean): string {
  const many = breaking.length > 1
  return (
    `${counted(breaking.length, 'stored version')} ${many ? 'are' : 'is'} not what ${many ? 'they were' : 'it was'}: ` +
    `events under ${many ? 'them' : 'it'} may be unreadable, or read as something else.\n` +
    'Leave each version as it was, and add the next: version(v1).next(v2, (json) => …).\n' +
    `Where no such event was ever stored: --update --accept-breaking.${update ? ' Nothing was written.' : ''}\n`
  )
}

function extent(schemas: StoredSchemas): string {
  const types = Object.values(schemas).flatMap((each) => Object.values(each))
  const versions = types.flatMap((each) => Object.keys(each)).length
  const sources = Object.keys(schemas).length
  return `${counted(versions, 'version')} of ${counted(types.length, 'type')} in ${counted(sources, 'namespace')}`
}
