import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type DomainEvent, type EventStore, hasCode, type StreamAppend } from '@eventmill/core'
import { PostgresStore, type Timeouts } from '@eventmill/store-postgres'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import pg from 'pg'
import { startBlackHole } from './black-hole.ts'
import { type MortalServer, startThrowaway } from './postgres-server.ts'
import { startProxy } from './proxy.ts'
import { Audit } from './soak/audit.ts'
import { Fates } from './soak/deeds.ts'
import { WriterProcesses } from './soak/writer-processes.ts'

// Jest itself fails a test that leaves a rejection unhandled, if it goes on until that shows.

let server: MortalServer
/** Past every store. */
let direct: pg.Pool
beforeAll(async () => {
  server = await startThrowaway()
  direct = server.pool()
}, 60_000)
afterAll(() => server.stop())

const endings: (() => Promise<unknown>)[] = []
beforeEach(async () => {
  const store = new PostgresStore({ client: direct })
  await store.migrate()
  await store.close()
})
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
  await direct.query('drop schema eventmill cascade')
  await setImmediate()
})

describe('while many append', () => {
  test('the connections of all who append are ended, again and again: nothing is lost or doubled', async () => {
    const { store } = open()
    const load = startLoad(store)
    for (let ended = 0; ended < 10;) {
      const { rowCount } = await direct.query(
        `select from (select pid from pg_stat_activity where state = 'active' and query like '%.append(%'
           and pid <> pg_backend_pid()
           offset 0) a where pg_terminate_backend(pid)`,
      )
      ended += rowCount ?? 0
    }
    await load.stop()
    expect(saysOf(await logOf(store))).toEqual(load.stored())
  })

  test('the server is killed and started again: nothing is lost or doubled, and who waits misses nothing and hears again', async () => {
    const [{ store }, { store: readers }] = [open(), open()]
    const load = startLoad(store)
    const reader = startReader(readers)
    for (let kills = 0; kills < 2; kills++) {
      await until(async () => (await readers.health()).push === 'listening')
      const before = load.stored().length
      await until(() => load.stored().length > before + 20)
      await server.kill()
      await server.restart()
    }
    await until(async () => (await readers.health()).push === 'listening')
    await load.stop()
    const log = saysOf(await logOf(store))
    expect(log).toEqual(load.stored())
    await until(() => reader.seen.length >= log.length)
    await reader.stop()
    expect(reader.seen.map(({ id }) => id)).toEqual((await logOf(store)).map(({ id }) => id))
  }, 20_000)

  test('a process that writes is killed: what it was told is there, and nothing twice', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'writers-'))
    endings.push(async () => {
      rmSync(folder, { recursive: true })
    })
    const found: string[] = []
    const fates = new Fates((text) => found.push(text))
    const options = { connections: [server.connection], folder, deeds: fates, seed: 1, firstWriter: 1 }
    const processes = new WriterProcesses(options)
    const acknowledged = async (count: number) => {
      await until(() => {
        processes.read()
        return (fates.counts.acknowledged ?? 0) >= count
      })
    }
    await acknowledged(20)
    await processes.kill(0)
    await acknowledged(60)
    await processes.stop()
    const audit = new Audit(fates)
    for (const event of await logOf(open().store)) audit.see(event)
    audit.end()
    fates.judge()
    expect(found).toEqual([])
  }, 20_000)

  test('there is but one connection: appends, reads and a reader that waits all get on', async () => {
    const { store } = open({ pool: { max: 1 } })
    const load = startLoad(store)
    const reader = startReader(store)
    await until(() => reader.seen.length > 50)
    await logOf(store)
    await load.stop()
    await until(() => reader.seen.length === load.stored().length)
    await reader.stop()
    expect(saysOf(reader.seen)).toEqual(load.stored())
  })

  test('more than can be stored until the timeout fail with STORE_BUSY, and nothing of them is stored', async () => {
    const { store } = open({ timeouts: { operation: 200 } })
    await store.append([to('wanted', 'first')])
    const end = await lock('wanted')
    const told = await Promise.allSettled(
      Array.from({ length: 200 }, (_, n) => store.append([to('wanted', `${n}`)])),
    )
    expect(told.map(codeOf)).toEqual(told.map(() => 'STORE_BUSY'))
    await end()
    await store.append([to('wanted', 'last')])
    expect(saysOf(await logOf(store))).toEqual(['first', 'last'])
  })
})

describe('an append in flight', () => {
  test('is aborted: its outcome is unknown, and a repeat learns it', async () => {
    const { store, proxy } = await openBehindProxy()
    await store.head()
    const hold = proxy.appends.holdUp()
    const controller = new AbortController()
    const append = [to('a', 'aborted')]
    const appending = store.append(append, { signal: controller.signal })
    await hold.reached
    controller.abort(new Error('enough'))
    const error = await appending.catch((reason: unknown) => reason)
    if (!hasCode(error, 'APPEND_OUTCOME_UNKNOWN')) throw error
    await hold.release()
    expect(await store.append(append, { commitId: error.commitId })).toMatchObject({ repeated: true })
    expect(saysOf(await logOf(store))).toEqual(['aborted'])
  })

  test.each(['aborted', 'closed'])(
    'is lost, sent again, blocked, and then %s: its outcome is unknown, as it may be stored',
    async (how) => {
      const { store, proxy } = await openBehindProxy()
      await store.append([to('wanted', 'before')])
      const [late, hold] = [proxy.appends.deliverLate(), proxy.appends.holdUp()]
      const controller = new AbortController()
      const lost = store.append([to('wanted', 'lost')], { signal: controller.signal })
      const told = expect(lost).rejects.toMatchObject({ code: 'APPEND_OUTCOME_UNKNOWN' })
      await hold.reached
      await late.release()
      const end = await lock('wanted', 'x', 'y')
      // These wait for what is locked, and leave no room for others that do.
      const others = Promise.allSettled(['x', 'y'].map((id) => store.append([to(id, 'in the way')])))
      await until(async () => (await waitingForLocks()) === 2)
      await hold.release()
      await until(async () => (await store.health()).appends.blocked === 1)
      if (how === 'aborted') controller.abort(new Error('enough'))
      const closing = how === 'closed' ? store.close() : undefined
      await told
      await end()
      await Promise.all([others, closing])
      expect(saysOf(await logOf(open().store))).toContain('lost')
    },
  )

  test('comes to its end when the store closes, and who waits is told', async () => {
    const { store, proxy } = await openBehindProxy()
    const head = await store.head()
    const waiting = store.waitForAppend(head, new AbortController().signal)
    const hold = proxy.appends.holdUp()
    const appending = store.append([to('a', 'in flight')])
    await hold.reached
    const queued = store.append([to('a', 'behind it')])
    const closing = store.close()
    await expect(waiting).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    await expect(queued).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    await hold.release()
    await appending
    await closing
    await expect(store.head()).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    expect(saysOf(await logOf(open().store))).toEqual(['in flight'])
  })

  test('falls into a black hole: its outcome is unknown at the timeout, and a read fails', async () => {
    const { store, hole } = await openBehindBlackHole({ operation: 400, statement: 150 })
    await store.append([to('a', 'before')])
    // So that the append finds a connection, which seems to be fine.
    await Promise.all([store.head(), store.head(), store.head()])
    hole.swallows = true
    const start = performance.now()
    const appending = store.append([to('a', 'swallowed')])
    await expect(appending).rejects.toMatchObject({ code: 'APPEND_OUTCOME_UNKNOWN' })
    await expect(store.head()).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' })
    expect(performance.now() - start).toBeLessThan(3_000)
  })
})

describe('a server that', () => {
  test('is not there is STORE_UNREACHABLE within the timeout', async () => {
    const gone = await startBlackHole(server)
    await gone.close()
    const { store } = open({ pool: { host: '127.0.0.1', port: gone.port }, timeouts: { operation: 300 } })
    const start = performance.now()
    await expect(store.append([to('a', 'never')])).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' })
    await expect(store.head()).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' })
    expect(performance.now() - start).toBeLessThan(3_000)
  })

  test('never answers is STORE_UNREACHABLE within the timeout', async () => {
    const { store, hole } = await openBehindBlackHole({ operation: 300, statement: 100 })
    hole.swallows = true
    const signal = new AbortController().signal
    const all = [store.append([to('a', 'never')]), store.head(), logOf(store), store.waitForAppend(0, signal)]
    const told = await Promise.allSettled(all)
    expect(told.map(codeOf)).toEqual(told.map(() => 'STORE_UNREACHABLE'))
  })

  test('refuses the password is STORE_REFUSED at once, and the password is not repeated', async () => {
    const { store } = open({ pool: { password: 'open sesame' }, timeouts: { operation: 60_000 } })
    const error = await store.append([to('a', 'never')]).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'STORE_REFUSED', sqlState: '28P01' })
    expect(String(error)).toContain('give the pool a user and a password that the server lets in')
    expect(String(error)).not.toContain('open sesame')
  })

  test.each([
    ['nothing', ''],
    [
      'no EXECUTE',
      'grant usage on schema eventmill to guest; grant all on all tables in schema eventmill to guest',
    ],
    [
      'no INSERT',
      'grant usage on schema eventmill to guest; grant select on all tables in schema eventmill to guest; grant execute on all functions in schema eventmill to guest; grant all on all sequences in schema eventmill to guest',
    ],
  ])('grants %s is STORE_REFUSED, with what to grant', async (_, grants) => {
    await direct.query(`
      create role guest login password 'guest';
      revoke execute on all functions in schema eventmill from public;
      ${grants}`)
    endings.push(() => direct.query('drop owned by guest; drop role guest'))
    const { store } = open({ pool: { user: 'guest', password: 'guest' } })
    const error = await store.append([to('a', 'never')]).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'STORE_REFUSED', sqlState: '42501' })
    expect(String(error)).toMatch(/grant the user USAGE on the schema.*EXECUTE on its functions/)
  })

  test('does not grant the sequence is STORE_REFUSED, since the log would seem to be empty', async () => {
    await direct.query(`
      create role guest login password 'guest';
      grant usage on schema eventmill to guest;
      grant select on all tables in schema eventmill to guest`)
    endings.push(() => direct.query('drop owned by guest; drop role guest'))
    const { store } = open({ pool: { user: 'guest', password: 'guest' } })
    const reading = Array.fromAsync(store.readAll())
    await expect(reading).rejects.toMatchObject({
      code: 'STORE_REFUSED',
      message: expect.stringContaining('run grant usage on sequence'),
    })
  })

  test('has lost what a reader has seen is CHECKPOINT_AHEAD', async () => {
    const { store } = open()
    const { events } = await store.append([to('a', 'newest')])
    const after = (events[0]?.position ?? 0) + 1
    const waiting = store.waitForAppend(after, new AbortController().signal)
    await expect(waiting).rejects.toMatchObject({ code: 'CHECKPOINT_AHEAD', after, head: after - 1 })
  })

  test('ends an idle connection ends nothing else', async () => {
    // Nobody else listens to its errors.
    const client = new pg.Pool(server.connection)
    const store = new PostgresStore({ client })
    endings.push(async () => {
      await store.close()
      await client.end()
    })
    await store.append([to('a', 'before')])
    await until(() => client.idleCount === client.totalCount)
    await direct.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where backend_type = 'client backend' and pid <> pg_backend_pid()`,
    )
    await until(() => client.totalCount === 0)
    await store.append([to('a', 'after')])
    expect(saysOf(await logOf(store))).toEqual(['after', 'before'])
  })
})

/** A store, which is closed after the test. */
function open({ pool, timeouts }: { pool?: pg.PoolConfig; timeouts?: Timeouts } = {}): {
  readonly store: PostgresStore
} {
  const client = server.pool(pool)
  const store = new PostgresStore({ client, timeouts })
  endings.push(async () => {
    await store.close()
    await client.end()
  })
  return { store }
}

async function openBehindProxy() {
  const proxy = await startProxy(server)
  endings.push(() => proxy.close())
  return { ...open({ pool: { host: '127.0.0.1', port: proxy.port } }), proxy }
}

async function openBehindBlackHole(timeouts: Timeouts) {
  const hole = await startBlackHole(server)
  const opened = open({ pool: { host: '127.0.0.1', port: hole.port }, timeouts })
  // First of all: a pool waits for connections that get no answer.
  endings.push(() => hole.close())
  return { ...opened, hole }
}

/** Locks streams, which it creates, until the result is called. */
async function lock(...ids: readonly string[]): Promise<() => Promise<void>> {
  const client = await direct.connect()
  let locked = true
  const end = async () => {
    if (!locked) return
    locked = false
    await client.query('rollback')
    client.release()
  }
  endings.push(end)
  const outside = new PostgresStore({ client: direct })
  await outside.append(ids.map((id) => ({ ...to(id, ''), events: [] })))
  await client.query('begin')
  await outside.within(client).append(ids.map((id) => to(id, 'rolled back')))
  await outside.close()
  return end
}

async function waitingForLocks(): Promise<number> {
  const { rowCount } = await direct.query("select from pg_stat_activity where wait_event_type = 'Lock'")
  return rowCount ?? 0
}

/** Some who append until they are stopped, each one after the other; outcomes that are unknown are learned. */
function startLoad(store: EventStore) {
  const stored: string[] = []
  let stopped = false
  const write = async (writer: number) => {
    for (let n = 0; !stopped; n++) {
      const append = [to(`${writer % 5}`, `${writer}-${n}`)]
      let commitId: string | undefined
      for (let done = false; !done;) {
        try {
          await store.append(append, commitId === undefined ? {} : { commitId })
          done = true
        } catch (error) {
          if (!hasCode(error, 'APPEND_OUTCOME_UNKNOWN')) throw error
          commitId = error.commitId
        }
      }
      stored.push(`${writer}-${n}`)
    }
  }
  const writing = Promise.all(Array.from({ length: 8 }, (_, writer) => write(writer)))
  return {
    stored: () => stored.toSorted(),
    stop: async () => {
      stopped = true
      await writing
    },
  }
}

/** Follows the log, and waits for what comes. */
function startReader(store: PostgresStore) {
  const seen: DomainEvent[] = []
  const stopping = new AbortController()
  const follow = async () => {
    let checkpoint = 0
    while (!stopping.signal.aborted) {
      for await (const event of store.readAll({ after: checkpoint })) {
        seen.push(event)
        checkpoint = event.position
      }
      await store.waitForAppend(checkpoint, stopping.signal).catch((error: unknown) => {
        if (!stopping.signal.aborted) throw error
      })
    }
  }
  const following = follow()
  return {
    seen,
    stop: async () => {
      stopping.abort()
      await following
    },
  }
}

/** Resolves once it holds. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await setImmediate()
}

function to(id: string, says: string): StreamAppend {
  const event = { source: 'urn:x:test', type: 'Said', version: 1, data: { says } }
  return { stream: { aggregateType: 'Test', aggregateId: id }, expected: 'any', events: [event] }
}

async function logOf(store: EventStore): Promise<readonly DomainEvent[]> {
  const events: DomainEvent[] = []
  for await (const event of store.readAll()) events.push(event)
  return events
}

function saysOf(events: readonly DomainEvent[]): readonly string[] {
  return events.map(({ data }) => (data as { readonly says: string }).says).toSorted()
}

function codeOf(outcome: PromiseSettledResult<unknown>): unknown {
  return 'reason' in outcome ? (outcome.reason as { readonly code?: unknown }).code : 'fulfilled'
}
