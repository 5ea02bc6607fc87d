import { type DomainEvent, type EventStore } from '@eventmill/core'
import { afterEach, beforeEach, describe, expect, it, test } from '@jest/globals'
import { eventStoreConformance } from '@eventmill/store-conformance'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { store as storeUnderTest } from '../src/sqlite-store/sqlite-store.fixture.ts'
import { SqliteStore } from '../src/sqlite-store/sqlite-store.ts'
import { runExample } from './run-example.ts'

eventStoreConformance({ describe, it, ...storeUnderTest })

describe('a file of SqliteStore', () => {
  const stream = { aggregateType: 'GuestBook', aggregateId: 'hall' }
  const signed = { source: 'https://example.com/guest-book', type: 'Signed', version: 1, data: {} }
  let folder: string
  let file: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sqlite-store-'))
    file = join(folder, 'guests.db')
  })

  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  test('takes the events of several processes at once: none lost, each in its order', async () => {
    const writers = ['Ada', 'Grace', 'Mary'].map((name) =>
      Array.from({ length: 40 }, (_, index) => `${name} ${index}`),
    )
    const outcomes = await Promise.all(writers.map((guests) => runExample(['sqlite-store', file, ...guests])))
    expect(outcomes.map(({ status, stderr }) => ({ status, stderr }))).toEqual(
      writers.map(() => ({ status: 0, stderr: '' })),
    )
    const events = await withStore(file, (store) => collect(store.readAll()))
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
    const guests = events.map(({ data }) => (data as { readonly guest: string }).guest)
    for (const signed of writers) expect(guests.filter((guest) => signed.includes(guest))).toEqual(signed)
    expect(guests).toHaveLength(120)
  })

  test('is read over the borders of pages, in both directions, filtered or not', async () => {
    const events = Array.from({ length: 250 }, (_, index) => ({
      ...signed,
      type: index % 50 === 0 ? 'Opened' : 'Signed',
    }))
    const places = (read: readonly DomainEvent[]) => read.map(({ position }) => position)
    const all = events.map((_, index) => index + 1)
    const opened = all.filter((_, index) => index % 50 === 0)
    await withStore(file, async (store) => {
      await store.append([{ stream, expected: 0, events }])
      const filter = [{ types: ['Opened'] }]
      for (const backwards of [false, true]) {
        const inOrder = (positions: readonly number[]) => (backwards ? positions.toReversed() : positions)
        expect(places(await collect(store.readStream(stream, { backwards })))).toEqual(inOrder(all))
        expect(places(await collect(store.readAll({ backwards })))).toEqual(inOrder(all))
        expect(places(await collect(store.readAll({ backwards, filter })))).toEqual(inOrder(opened))
        const three = await collect(store.readAll({ backwards, filter, limit: 3 }))
        expect(places(three)).toEqual(inOrder(opened).slice(0, 3))
      }
    })
  })

  test('yields nothing more to a read once its handle is closed: the read fails with STORE_CLOSED', async () => {
    await withStore(file, async (store) => {
      await store.append([{ stream, expected: 0, events: [signed, signed] }])
      const events = store.readAll()[Symbol.asyncIterator]()
      await events.next()
      await store.close()
      await expect(events.next()).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    })
  })

  test('that another process keeps locked is STORE_BUSY, and takes the append once it is free', async () => {
    const busy = new SqliteStore(file, { timeout: 1 })
    const other = new DatabaseSync(file)
    const append = () => busy.append([{ stream, expected: 0, events: [signed] }])
    other.exec('BEGIN IMMEDIATE')
    await expect(append()).rejects.toMatchObject({ code: 'STORE_BUSY' })
    other.exec('ROLLBACK')
    await expect(append()).resolves.toMatchObject({ generations: [1] })
    other.close()
    await busy.close()
  })

  test('never gives a position twice, though the last event be deleted by hand', async () => {
    await withStore(file, (store) => store.append([{ stream, expected: 0, events: [signed, signed] }]))
    const other = new DatabaseSync(file)
    other.exec('DELETE FROM events WHERE position = 2')
    other.close()
    const { events } = await withStore(file, (store) =>
      store.append([{ stream, expected: 1, events: [signed] }]),
    )
    expect(events).toMatchObject([{ sequence: 2, position: 3 }])
  })
})

test('the guest book shows who signed it once its file is opened again', async () => {
  const { status, stdout, stderr } = await runExample(['sqlite-store'])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(/^1 .*\{"guest":"Ada"\}\n2 .*\{"guest":"Grace"\}\n$/)
})

/** Uses a handle of its own on a file. */
async function withStore<Result>(file: string, use: (store: EventStore) => Promise<Result>): Promise<Result> {
  const store = new SqliteStore(file)
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

async function collect(events: AsyncIterable<DomainEvent>): Promise<readonly DomainEvent[]> {
  const collected: DomainEvent[] = []
  for await (const each of events) collected.push(each)
  return collected
}
