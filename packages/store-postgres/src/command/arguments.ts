import { parseArgs } from 'node:util'
import { isSchemaName } from '../options.ts'
import { REQUIRED_VERSION } from '../schema/migrate.ts'
import { BadInput } from './bad-input.ts'

const TASKS = ['migrate', 'sql', 'status'] as const

/** What the command is asked for. */
export interface Arguments {
  readonly task: (typeof TASKS)[number] | 'help'
  /** The database; `undefined` where none was named. */
  readonly url: string | undefined
  readonly schema: string
  /** The version from which the SQL is wanted, whatever a database is at. */
  readonly from: number | undefined
}

/** Throws `BadInput`. */
export function argumentsOf(
  args: readonly string[],
  { DATABASE_URL }: { readonly [name: string]: string | undefined },
): Arguments {
  const { values, words } = parse(args)
  const { schema = 'eventmill', url = DATABASE_URL === '' ? undefined : DATABASE_URL } = values
  if (values.help === true) return { task: 'help', url, schema, from: undefined }

  const task = TASKS.find((name) => name === words[0])
  if (task === undefined || words.length > 1) {
    throw new BadInput(
      `one word of migrate, sql or status is wanted, and options with -- before them: see --help`,
    )
  }
  if (!isSchemaName(schema)) {
    throw new BadInput('--schema takes a name of 1 to 63 bytes, not beginning with pg_')
  }
  if (values.from !== undefined && task !== 'sql') throw new BadInput('--from goes with sql alone')
  const from = values.from === undefined ? undefined : Number(values.from)
  if (from !== undefined && !(Number.isInteger(from) && from >= 0 && from <= REQUIRED_VERSION)) {
    throw new BadInput(`--from takes a version from 0 to ${REQUIRED_VERSION}`)
  }
  return { task, url, schema, from }
}

function parse(args: readonly string[]) {
  const options = {
    url: { type: 'string' },
    schema: { type: 'string' },
    from: { type: 'string' },
    help: { type: 'boolean' },
  } as const
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    return { values, words: positionals }
  } catch (error) {
    // It names options, and repeats no values.
    throw new BadInput(error instanceof Error ? error.message.split('\n')[0] : String(error))
  }
}
