import { BadInput } from './bad-input.ts'
import { chooseStore } from './stores/choose-store.ts'
import { Interrupted } from './stores/interrupted.ts'
import { type OpenedStore, withStore } from './stores/with-store.ts'

/** An example takes the arguments after its name, and what it writes its lines to. */
interface Example {
  readonly about: string
  readonly run: (args: readonly string[], print: (line: string) => void) => Promise<unknown>
}

const examples = new Map<string, Example>(
  Object.entries({
    counter: {
      about: 'events, time travel and a lost race, in one file of fifty lines',
      run: withoutArguments(() => import('./counter.ts')),
    },
    turtle: {
      about: 'a handler that needs more than its state; or steer: turtle forward 3 right forward 2',
      run: async (args, print) => (await import('./turtle.ts')).run(args, print),
    },
    banking: {
      about: 'transfers that are atomic, commands that apply once; or on another store: banking postgres',
      run: onChosenStore(0, async ({ store }, print) =>
        (await import('./banking/banking.ts')).run(store, print),
      ),
    },
    shop: {
      about: 'read models, one of them rebuilt while orders keep coming; or on another store: shop postgres',
      run: onChosenStore(0, async ({ store, database }, print) => {
        const { withReadModels } = await import('./shop/with-read-models.ts')
        const { run } = await import('./shop/shop.ts')
        await withReadModels(database, (readModels) => run(store, readModels, print))
      }),
    },
    'git-history': {
      about: 'real input, proved equal to what git says: this repository, or git-history ../another pglite',
      run: onChosenStore(1, async ({ store }, print, [repository]) =>
        (await import('./git-history/git-history.ts')).run(store, print, repository),
      ),
    },
    'sqlite-store': {
      about: 'a store in a file that processes share; sign it yourself: sqlite-store guests.db Ada Grace',
      run: async (args, print) => (await import('./sqlite-store/guest-book.ts')).run(args, print),
    },
  } satisfies { readonly [name: string]: Example }),
)

/** What runs where nothing is named. */
const FIRST = 'counter'

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (error instanceof Interrupted) {
    // What has to be cleaned up is: now it ends as it was told to.
    process.kill(process.pid, error.signal)
  } else if (error instanceof BadInput) {
    console.error(error.message)
    process.exitCode = 1
  } else {
    throw error
  }
}

async function main([name, ...args]: readonly string[]): Promise<void> {
  const print = (line: string) => {
    console.log(line)
  }
  const example = examples.get(name ?? FIRST)
  if (example === undefined) {
    throw new BadInput(
      `there is no example ${JSON.stringify(name)}: choose one of ${[...examples.keys()].join(', ')}`,
    )
  }
  await example.run(args, print)
  if (name !== undefined) return
  print('\nThere is more, each by its name, as in npm start turtle:\n')
  for (const [other, { about }] of examples) if (other !== FIRST) print(`${other.padEnd(12)} ${about}`)
}

function withoutArguments(run: (print: (line: string) => void) => Promise<unknown>): Example['run'] {
  return async (args, print) => {
    if (args.length > 0) throw new BadInput(`this example takes no arguments: leave out ${args.join(' ')}`)
    return run(print)
  }
}

/** An example that runs on whichever store is chosen, and takes so many other arguments at most. */
function onChosenStore(
  most: number,
  run: (opened: OpenedStore, print: (line: string) => void, args: readonly string[]) => Promise<unknown>,
): Example['run'] {
  return async (args, print) => {
    const { store: name, others } = chooseStore(args, most)
    return withStore(name, (opened) => run(opened, print, others))
  }
}
