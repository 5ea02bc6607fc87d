import {
  type AppendOptions,
  type AppendResult,
  type DomainEvent,
  type EventStore,
  type StreamAppend,
} from '@eventmill/core'
import {
  backOff,
  checkAppend,
  checkKeys,
  eventMatcher,
  eventmillError,
  invalidArgument,
  isPassing,
  pause,
} from '@eventmill/core/adapter'
import { type Projection } from '@eventmill/projections'
import { type Pglite, type PgPool, type SqlClient } from './client.ts'
import { type Transactions, transactionsOf } from './transactions.ts'

/** A store that can append within a transaction: a `PostgresStore`. */
export interface TransactionalStore extends EventStore {
  /** The store within a transaction that is open. */
  within(transaction: never): EventStore
}

/** What follows the appends of a store, and through which client. */
export interface InlineOptions {
  /** The client of the store. */
  readonly client: PgPool | Pglite
  /** What follows an append in its own transaction. Their names, versions and failure policies do not matter here. */
  readonly projections: readonly Projection<SqlClient>[]
}

/** In milliseconds: so long an append is sent again while its answer is lost. */
const TIMEOUT = 30_000
const SHORTEST = 5
const LONGEST = 1_000

/**
 * A store whose appends are projected in their own transaction: whoever has appended finds them in the read model at once,
 * and where a handler fails nothing is stored, and its error passes unchanged. Handlers see events in the order of their
 * streams, not of the log, and what was stored before is not projected. An append is a transaction of its own, of at least
 * four round trips, and has a commit id.
 */
export function inline(store: TransactionalStore, options: InlineOptions): EventStore {
  checkKeys(options, OPTIONS, 'options')
  const { client, projections } = options
  if (typeof (store as Partial<TransactionalStore> | undefined)?.within !== 'function') {
    throw invalidArgument('store', 'one that can append within a transaction, such as a PostgresStore', store)
  }
  if (!Array.isArray(projections)) {
    throw invalidArgument('options.projections', 'a list of projections', projections)
  }
  const transactions = transactionsOf(client, IDLE)
  return {
    capabilities: store.capabilities,
    append: (appends, appendOptions) => append(store, transactions, projections, appends, appendOptions),
    findCommit: (stream, commitId, findOptions) => store.findCommit(stream, commitId, findOptions),
    readStream: (stream, readOptions) => store.readStream(stream, readOptions),
    readAll: (readOptions) => store.readAll(readOptions),
    head: () => store.head(),
    ...(store.waitForAppend && { waitForAppend: store.waitForAppend.bind(store) }),
    close: () => store.close(),
  }
}

const OPTIONS = new Set(['client', 'projections'])
/** In milliseconds. */
const IDLE = 10_000

async function append(
  store: TransactionalStore,
  transactions: Transactions,
  projections: readonly Projection<SqlClient>[],
  appends: readonly StreamAppend[],
  options: AppendOptions = {},
): Promise<AppendResult> {
  // What the caller holds may change while this goes on.
  const checked = checkAppend(appends, options)
  // What was sent may be stored although its answer is lost: it is sent again under the same id.
  const commitId = options.commitId ?? crypto.randomUUID()
  const deadline = performance.now() + TIMEOUT
  for (let tries = 0; ; tries++) {
    try {
      const result = await transactions.run(async (client) => {
        const within = store.within(client as never)
        const appended = await within.append(checked, { ...options, commitId })
        if (!appended.repeated) await project(projections, appended.events, client)
        return appended
      })
      // What was only sent again is new to its caller.
      return options.commitId === undefined ? { ...result, repeated: false } : result
    } catch (error) {
      if (!isPassing(error)) throw error
      const wait = backOff(tries, SHORTEST, LONGEST)
      const isLate = performance.now() + wait > deadline
      if (!isLate) await pause(wait, options.signal).catch(() => undefined)
      if (isLate || options.signal?.aborted === true) {
        const message = `the answer to an append is lost: repeat it with the commit id ${commitId}`
        throw eventmillError('APPEND_OUTCOME_UNKNOWN', message, { commitId, cause: error })
      }
    }
  }
}

async function project(
  projections: readonly Projection<SqlClient>[],
  events: readonly DomainEvent[],
  client: SqlClient,
): Promise<void> {
  for (const { filter, decode, project } of projections) {
    const own = events.filter(eventMatcher(filter))
    if (own.length > 0) await project(own.map(decode), client)
  }
}
