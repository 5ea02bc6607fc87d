import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { type DomainEvent, type StreamAppend } from '@eventmill/core'
import { checkAppend } from '@eventmill/core/adapter'
import { PostgresStore } from '@eventmill/store-postgres'
import fc from 'fast-check'
import type pg from 'pg'
import { type Append, appendOf } from '../src/appending/appends.ts'
import { commitIdOf, commitKey, identityOf, newIdentity, tailsOf } from '../src/appending/identity.ts'
import { type Outcome } from '../src/group-commit.ts'
import { PoolDatabase } from '../src/database/pool-database.ts'
import { EventLog } from '../src/event-log.ts'
import { EventTypes } from '../src/event-types.ts'
import { quoted } from '../src/schema/migrate.ts'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

let server: PostgresServer
let pool: pg.Pool
beforeAll(async () => {
  server = await startPostgres()
  pool = server.pool({ max: 5 })
}, 60_000)
afterAll(() => server.stop())

let schemas = 0
let store: PostgresStore
let log: EventLog
let types: EventTypes
beforeEach(async () => {
  const schema = `resends ${++schemas}`
  const database = new PoolDatabase(pool, true, { operation: 5_000, statement: 5_000 })
  store = new PostgresStore({ client: pool, schema })
  await store.migrate()
  types = new EventTypes(database, quoted(schema))
  log = new EventLog(database, quoted(schema), types)
})

const stream = (aggregateId: string) => ({ aggregateType: 'Note', aggregateId })
const event = (n: number) => ({ source: 'https://example.com/note', type: 'Noted', version: 1, data: { n } })
const to = (id: string, expected: StreamAppend['expected'], ...says: readonly number[]): StreamAppend => ({
  stream: stream(id),
  expected,
  events: says.map(event),
})
const append = (appends: readonly StreamAppend[], commitId?: string) =>
  appendOf(checkAppend(appends), commitId)

/** One attempt to send an append, of which nobody but the test knows what becomes. */
async function attempt(work: Append): Promise<string> {
  const [outcome] = await log.append([work], await types.keysOf(work.events), { wait: false, patience: 100 })
  return told(outcome)
}

/** A further attempt, after the answer to the first was lost. */
function attemptAgain(work: Append): Promise<string> {
  return attempt({ ...work, sent: true })
}

/** What becomes of each append of a batch that is sent once. */
async function attemptAll(...batch: readonly Append[]): Promise<readonly string[]> {
  const typeKeys = await types.keysOf(batch.flatMap(({ events }) => events))
  return (await log.append(batch, typeKeys, { wait: false, patience: 100 })).map(told)
}

function told(outcome: Outcome<{ events: readonly DomainEvent[] }> | undefined): string {
  if (outcome === undefined || outcome === 'blocked') return String(outcome)
  if ('error' in outcome) return (outcome.error as { code: string }).code
  return outcome.result.events.map(({ sequence }) => sequence).join()
}

async function says(id: string): Promise<readonly unknown[]> {
  const found: unknown[] = []
  for await (const { data } of store.readStream(stream(id))) found.push((data as { n: number }).n)
  return found
}

describe.each([undefined, 'given'])('an append that is sent again (commit id: %s)', (commitId) => {
  test('after it was stored is told so', async () => {
    for (const expected of ['any', 0] as const) {
      const work = append([to(`a ${expected}`, expected, 1, 2)], commitId)
      expect(await attempt(work)).toBe('1,2')
      await store.append([to(`a ${expected}`, 'any', 3)])
      expect(await attemptAgain(work)).toBe('1,2')
      expect(await attemptAgain(work)).toBe('1,2')
      expect(await says(`a ${expected}`)).toEqual([1, 2, 3])
    }
  })

  test('before it arrives is stored, and does nothing when it arrives', async () => {
    for (const expected of ['any', 0] as const) {
      const work = append([to(`b ${expected}`, expected, 1, 2)], commitId)
      expect(await attemptAgain(work)).toBe('1,2')
      await store.append([to(`b ${expected}`, 'any', 3)])
      // Nobody listens for what it is told.
      await attempt(work)
      expect(await says(`b ${expected}`)).toEqual([1, 2, 3])
    }
  })

  test('and was refused stays refused, even if the first arrives when it would be fine', async () => {
    for (const expected of ['exists', 2] as const) {
      const id = `c ${expected}`
      const work = append([to(id, expected, 9)], commitId)
      expect(await attemptAgain(work)).toBe('GENERATION_CONFLICT')
      await store.append([to(id, 0, 1, 2)])
      await attempt(work)
      expect(await attemptAgain(work)).toBe('GENERATION_CONFLICT')
      expect(await says(id)).toEqual([1, 2])
    }
  })
})

test('an append over several streams is found as a whole, in its own order, with what it only checked', async () => {
  await store.append([to('y', 0, 1)])
  const work = append([to('z', 'any', 2, 3), to('y', 1), to('x', 'any', 4)])
  expect(await attempt(work)).toBe('1,2,1')
  await store.append([to('x', 'any', 5)])
  await store.append([to('z', 'any', 6)])
  expect(await attemptAgain(work)).toBe('1,2,1')
  const found = await store.findCommit(stream('z'), work.repeatableAs)
  expect(found).toMatchObject({
    streams: [stream('z'), stream('y'), stream('x')],
    generations: [2, 1, 1],
    events: [{ data: { n: 2 } }, { data: { n: 3 } }, { data: { n: 4 } }],
  })
})

describe('the commit id of an unknown outcome', () => {
  const lost = (appends: readonly StreamAppend[]) => {
    const work = append(appends)
    return { work, again: () => store.append(appends, { commitId: work.repeatableAs }) }
  }

  test('finds an append that was stored, beside others and among several streams', async () => {
    const { work, again } = lost([to('a', 'any', 1, 2), to('b', 'any', 3)])
    const beside = [append([to('a', 'any', 8)]), append([to('b', 'any', 9)])]
    const typeKeys = await types.keysOf([...beside, work].flatMap(({ events }) => events))
    await log.append([beside[0] ?? work, work, beside[1] ?? work], typeKeys, { wait: false, patience: 100 })
    const repeated = await again()
    expect(repeated).toMatchObject({ repeated: true, generations: [3, 1] })
    expect(repeated.events.map(({ data }) => data)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
    expect(await store.findCommit(stream('a'), work.repeatableAs)).toEqual(repeated)
    expect(await again()).toEqual(repeated)
    expect(await says('a')).toEqual([8, 1, 2])
    expect(await says('b')).toEqual([3, 9])
  })

  test('brings it about where it was not, once, and whatever comes late does nothing', async () => {
    const { work, again } = lost([to('a', 'any', 1, 2)])
    expect(await store.findCommit(stream('a'), work.repeatableAs)).toBeUndefined()
    const first = await again()
    expect(first.repeated).toBe(false)
    expect(await again()).toEqual({ ...first, repeated: true })
    await attempt(work)
    await attemptAgain(work)
    expect(await says('a')).toEqual([1, 2])
    expect(await store.findCommit(stream('a'), work.repeatableAs)).toEqual({ ...first, repeated: true })
  })

  test('is not used up by a rejection, after which nothing that comes late is stored', async () => {
    const { work, again } = lost([to('a', 1, 5)])
    await expect(again()).rejects.toMatchObject({ code: 'GENERATION_CONFLICT' })
    await store.append([to('a', 0, 1)])
    await attempt(work)
    await attemptAgain(work)
    expect(await says('a')).toEqual([1])
    expect((await again()).events.map(({ sequence }) => sequence)).toEqual([2])
  })

  test('is refused with other content', async () => {
    const { work } = lost([to('a', 'any', 1, 2)])
    await attempt(work)
    for (const other of [[to('a', 'any', 1, 3)], [to('a', 'any', 1)], [to('a', 'any', 1, 2, 3)]]) {
      const refused = store.append(other, { commitId: work.repeatableAs })
      await expect(refused).rejects.toMatchObject({ code: 'COMMIT_ID_REUSED' })
    }
    expect(await says('a')).toEqual([1, 2])
  })

  test('is one of the store where an append only checks some of its streams, which its events cannot tell', () => {
    expect(append([to('a', 'any', 1), to('b', 'any')])).toMatchObject({
      commitId: expect.stringContaining('eventmill '),
    })
    expect(append([to('a', 'any', 1), to('b', 'any', 2)]).commitId).toBeUndefined()
  })
})

test('an append that is found to be stored, but cannot be read, is told as unknown, and never as not stored', async () => {
  const work = append([to('a', 'any', 1)])
  await attempt(work)
  const database = new PoolDatabase(pool, true, { operation: 5_000, statement: 5_000 })
  const schema = quoted(`resends ${schemas}`)
  const unreadable = new EventLog(
    {
      attempt: (...args) => database.attempt(...args),
      query: () => Promise.reject(new Error('the connection is gone')),
    },
    schema,
    types,
  )
  const again = { ...work, sent: true }
  const [outcome] = await unreadable.append([again], await types.keysOf(work.events), {
    wait: false,
    patience: 100,
  })
  expect(told(outcome)).toBe('APPEND_OUTCOME_UNKNOWN')
  expect(await attemptAgain(work)).toBe('1')
})

describe('in one batch', () => {
  test('a commit id that comes again on the same stream waits for the first, and on other streams it does not', async () => {
    const [a, b, c] = [
      append([to('a', 0, 1)], 'once'),
      append([to('b', 0, 2)], 'once'),
      append([to('a', 0, 1)], 'once'),
    ]
    expect(await attemptAll(a, b, c)).toEqual(['1', '1', 'blocked'])
    expect(await attempt(c)).toBe('1')
    expect([await says('a'), await says('b')]).toEqual([[1], [2]])
  })

  test('what comes later to a stream of one that is blocked is blocked as well', async () => {
    await store.append([to('held', 0, 1), to('free', 0, 1)])
    const client = await pool.connect()
    await client.query('begin')
    await store.within(client).append([to('held', 'any', 2)])
    const batch = [append([to('held', 'any', 3), to('free', 'any', 3)]), append([to('free', 'any', 4)])]
    expect(await attemptAll(...batch)).toEqual(['blocked', 'blocked'])
    await client.query('rollback')
    client.release()
    expect(await attemptAll(...batch)).toEqual(['2,2', '3'])
  })

  test('those that were stored before are read together', async () => {
    const batch = ['a', 'b', 'c'].map((id) => append([to(id, 0, 1, 2), to(`${id}'`, 0, 3)], `commit ${id}`))
    const again = ['a', 'b'].map((id) => append([to(id, 0, 1, 2), to(`${id}'`, 0, 3)], `commit ${id}`))
    const other = append([to('c', 0, 9)], 'commit c')
    await attemptAll(...batch)
    const read = jest.spyOn(PoolDatabase.prototype, 'query')
    expect(await attemptAll(...again, other)).toEqual(['1,2,1', '1,2,1', 'COMMIT_ID_REUSED'])
    expect(read).toHaveBeenCalledTimes(1)
    read.mockRestore()
  })
})

describe('types that a failover has lost', () => {
  const lose = () => pool.query(`delete from "resends ${schemas}".types`)

  test('are registered anew by the next append', async () => {
    await store.append([to('a', 0, 1)])
    await lose()
    expect((await store.append([to('a', 1, 2)])).generations).toEqual([2])
    // Of another process, which knows nothing yet.
    const other = new PostgresStore({ client: pool, schema: `resends ${schemas}` })
    expect(await Array.fromAsync(other.readStream(stream('a'), { after: 1 }))).toMatchObject([event(2)])
    await other.close()
  })

  test('end a transaction, and are registered when it is repeated', async () => {
    await store.append([to('a', 0, 1)])
    await lose()
    const client = await pool.connect()
    const within = async () => {
      await client.query('begin')
      return store.within(client).append([to('b', 0, 1)])
    }
    // It looks outside first, where it is believed to be known.
    await expect(within()).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' })
    await client.query('rollback')
    expect((await within()).generations).toEqual([1])
    await client.query('commit')
    client.release()
  })
})

test('a type that is new within a transaction is not believed to be stored after a savepoint is rolled back', async () => {
  const one = server.pool({ max: 1 })
  const single = new PostgresStore({ client: one, schema: `resends ${schemas}` })
  const client = await one.connect()
  await client.query('begin')
  await client.query('savepoint before')
  const within = single.within(client)
  await within.append([to('a', 0, 1)])
  await client.query('rollback to savepoint before')
  expect((await within.append([to('a', 0, 2)])).generations).toEqual([1])
  await client.query('commit')
  client.release()
  expect(await says('a')).toEqual([2])
  await single.close()
})

test('a type that a transaction registers, and keeps open, holds up only those who append events of it', async () => {
  const other = { ...event(1), type: 'Other' }
  await store.append([{ stream: stream('before'), expected: 0, events: [other] }])
  const one = server.pool({ max: 1 })
  const single = new PostgresStore({ client: one, schema: `resends ${schemas}` })
  const client = await one.connect()
  await client.query('begin')
  await single.within(client).append([to('a', 0, 1)])
  // The first two leave at once: what follows travels together behind them.
  const ahead = ['ahead 1', 'ahead 2'].map((id) =>
    store.append([{ stream: stream(id), expected: 0, events: [other] }]),
  )
  const held = store.append([to('b', 0, 1)])
  const follower = store.append([{ stream: stream('b'), expected: 1, events: [other] }])
  const beside = ['c', 'd', 'e'].map((id) =>
    store.append([{ stream: stream(id), expected: 0, events: [other] }]),
  )
  await Promise.all([...ahead, ...beside])
  await client.query('commit')
  client.release()
  expect((await Promise.all([held, follower])).map(({ generations }) => generations)).toEqual([[1], [2]])
  await single.close()
})

test('what was sent again is remembered for a day', async () => {
  const old = append([to('a', 'any', 1)])
  await attemptAgain(old)
  const resends = `"resends ${schemas}".resends`
  await pool.query(`update ${resends} set time = time - interval '25 hours'`)
  const recent = append([to('a', 'any', 2)])
  await attemptAgain(recent)
  const { rows } = await pool.query<{ identity: string }>(`select identity from ${resends}`)
  expect(rows.map(({ identity }) => identity)).toEqual([recent.identity])
})

describe('identities', () => {
  test('number the events of an append one after the other, whatever they begin with', () => {
    const digits = fc.string({
      unit: fc.constantFrom('0', '1', '8', '9', 'a', 'f'),
      minLength: 12,
      maxLength: 12,
    })
    fc.assert(
      fc.property(digits, fc.nat(0x7fff_ffff), fc.integer({ min: 1, max: 300 }), (start, first, count) => {
        const tails = tailsOf({ tail: start + first.toString(16).padStart(8, '0'), count })
        const numbers = tails.map((tail) => Number.parseInt(tail.slice(12), 16))
        expect(tails.every((tail) => tail.length === 20 && tail.startsWith(start))).toBe(true)
        expect(numbers).toEqual(numbers.map((_, index) => first + index))
      }),
    )
  })

  test('leave room to number 2 ^ 31 events', () => {
    for (let n = 0; n < 1_000; n++) expect(newIdentity(1).tail[12]).toMatch(/[0-7]/)
  })

  test('go through a commit id, and no other text is taken for one', () => {
    const identity = newIdentity(7)
    expect(identityOf(commitIdOf(identity))).toEqual(identity)
    for (const text of [
      'eventmill:',
      'eventmill:00:1',
      `${commitIdOf(identity)}0000000`,
      ` ${commitIdOf(identity)}`,
    ]) {
      expect(identityOf(text)).toBeUndefined()
    }
  })

  test('of commits are their UUID, or the hash of another text, of which no two were ever seen to be the same', () => {
    const uuid = '01940000-0000-7000-8000-00000000abcd'
    expect(commitKey(uuid)).toBe(uuid)
    expect(commitKey(uuid.toUpperCase())).not.toBe(commitKey(uuid))
    expect(commitKey('tea in May')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
    )
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(commitKey(one) === commitKey(other)).toBe(one === other)
      }),
    )
  })
})
