import { type Position } from '@eventmill/core'
import { parseArgs } from 'node:util'
import { type Sample } from '../audit/sample.ts'
import { BadInput } from './bad-input.ts'

/** What the command is asked for. */
export type Arguments = { readonly task: 'help' } | CheckArguments | AuditArguments

export interface CheckArguments {
  readonly task: 'check'
  readonly modules: readonly string[]
  /** Where the schemas are kept. */
  readonly file: string
  readonly update: boolean
  readonly acceptBreaking: boolean
}

export interface AuditArguments {
  readonly task: 'audit'
  readonly modules: readonly string[]
  readonly after: Position
  readonly sample: Sample | undefined
  /** Whether events of other namespaces are a finding that fails the audit. */
  readonly unknown: 'reject' | 'pass'
}

/** Throws `BadInput`. */
export function argumentsOf(args: readonly string[]): Arguments {
  const { values, words } = parse(args)
  if (values.help === true) return { task: 'help' }
  const [task, ...modules] = words
  if (task !== 'check' && task !== 'audit') {
    throw new BadInput('check or audit is wanted, then the modules that export namespaces: see --help')
  }
  const foreign = Object.keys(values).find((name) => !OPTIONS_OF[task].has(name))
  if (foreign !== undefined) throw new BadInput(`--${foreign} does not go with ${task}: see --help`)
  if (modules.length === 0) {
    throw new BadInput(`no module is named that exports namespaces: eventmill-schema ${task} ./events.ts`)
  }
  if (task === 'check') {
    const { file = 'event-schemas.json', update = false, 'accept-breaking': acceptBreaking = false } = values
    if (acceptBreaking && !update) throw new BadInput('--accept-breaking goes with --update alone')
    return { task, modules, file, update, acceptBreaking }
  }
  const { after = '0', unknown = 'reject' } = values
  if (unknown !== 'reject' && unknown !== 'pass') throw new BadInput('--unknown takes reject or pass')
  return { task, modules, after: integer(after, '--after', 0), sample: sampleOf(values), unknown }
}

const OPTIONS = {
  file: { type: 'string' },
  update: { type: 'boolean' },
  'accept-breaking': { type: 'boolean' },
  after: { type: 'string' },
  every: { type: 'string' },
  share: { type: 'string' },
  seed: { type: 'string' },
  unknown: { type: 'string' },
  help: { type: 'boolean' },
} as const

const OPTIONS_OF: { readonly [task in 'check' | 'audit']: ReadonlySet<string> } = {
  check: new Set(['file', 'update', 'accept-breaking']),
  audit: new Set(['after', 'every', 'share', 'seed', 'unknown']),
}

function parse(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
    return { values, words: positionals }
  } catch (error) {
    throw new BadInput(error instanceof Error ? error.message.split('\n')[0] : String(error))
  }
}

function sampleOf({ every, share, seed }: ReturnType<typeof parse>['values']): Sample | undefined {
  if (every !== undefined) {
    if (share !== undefined) throw new BadInput('--every and --share are two samples: give one of them')
    if (seed !== undefined) throw new BadInput('--seed goes with --share alone')
    return { every: integer(every, '--every', 1) }
  }
  if (share === undefined) {
    if (seed !== undefined) throw new BadInput('--seed goes with --share alone')
    return undefined
  }
  const part = share === '' ? NaN : Number(share)
  const isShare = part >= 0 && part <= 1
  if (!isShare) throw new BadInput('--share takes a number from 0 to 1')
  return { share: part, seed: seed === undefined ? 0 : integer(seed, '--seed', 0) }
}

function integer(text: string, option: string, least: number): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number
  throw new BadInput(`${option} takes an integer from ${least}`)
}
