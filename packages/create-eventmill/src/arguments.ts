import { parseArgs } from 'node:util'
import { BadInput } from './bad-input.ts'
import { type Choices, isStore, type Schema, type Store, STORES } from './choices.ts'

/** What the command is asked for. What is not said is left out. */
export type Arguments = { readonly task: 'help' } | { readonly task: 'create'; readonly said: Said }

export type Said = Partial<Choices>

/**
 * Takes flags, and plain words as well. Throws `BadInput`.
 */
export function argumentsOf(args: readonly string[]): Arguments {
  const { values, words } = parse(args)
  if (values.help === true) return { task: 'help' }

  const folders = words.filter((word) => !isStore(word) && !isSchemaWord(word))
  if (folders.length > 1) {
    const others = [...STORES, ...Object.keys(SCHEMA_OF)].join(', ')
    throw new BadInput(
      `one folder can be created, not ${folders.join(' and ')}: the other words are ${others}`,
    )
  }
  const store = only('store', [...values.store.map(storeOf), ...words.filter(isStore)])
  const schema = only('way to describe events', [
    ...values.zod.map((zod): SchemaWord => (zod ? 'zod' : 'no-zod')),
    ...words.filter(isSchemaWord),
  ])
  const [folder] = folders
  return {
    task: 'create',
    said: {
      ...(folder && { folder }),
      ...(store && { store }),
      ...(schema && { schema: SCHEMA_OF[schema] }),
    },
  }
}

/** The flags that npm kept to itself, as it does with `npm create eventmill --store postgres` without a `--` before it. */
export function keptByNpm({
  npm_config_store: store,
  npm_config_zod: zod,
}: NodeJS.ProcessEnv): readonly string[] {
  return [
    // Without an = its value comes as a word.
    ...(store && store !== 'true' ? ['--store', store] : []),
    ...(zod === undefined ? [] : [`--zod=${zod || 'false'}`]),
  ]
}

/** A flag that is given a value, as npm's own may be. */
const GIVEN: ReadonlyMap<string, string> = new Map([
  ['--zod=true', '--zod'],
  ['--zod=false', '--no-zod'],
])

/** What the words say about schemas. */
const SCHEMA_OF = { zod: 'zod', 'no-zod': 'plain' } as const satisfies { readonly [word: string]: Schema }

type SchemaWord = keyof typeof SCHEMA_OF

function isSchemaWord(word: string): word is SchemaWord {
  return Object.hasOwn(SCHEMA_OF, word)
}

function parse(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: args.map((arg) => GIVEN.get(arg) ?? arg),
      // Of flags that contradict each other, the last one alone would be told.
      options: {
        store: { type: 'string', multiple: true, default: [] },
        zod: { type: 'boolean', multiple: true, default: [] },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: true,
      allowNegative: true,
    })
    return { values, words: positionals }
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\.\s/)
    throw new BadInput(`${sentence}: see --help`)
  }
}

function storeOf(word: string): Store {
  if (isStore(word)) return word
  throw new BadInput(`there is no store ${JSON.stringify(word)}: choose one of ${STORES.join(', ')}`)
}

/** The one choice among those that were made, which may repeat each other. */
function only<Choice extends string>(what: string, chosen: readonly Choice[]): Choice | undefined {
  const different = [...new Set(chosen)]
  if (different.length > 1) throw new BadInput(`one ${what} can be chosen, not ${different.join(' and ')}`)
  return different[0]
}
