import { beforeEach, describe, expect, test } from '@jest/globals'
import {
  Core,
  defineAggregate,
  defineEvents as defineUnchecked,
  event,
  type EventStore,
  type NewEvent,
} from '@eventmill/core'
import { defineEvents, guard, version } from '@eventmill/schema'
import { InMemoryStore } from '@eventmill/store-memory'
import * as z from 'zod'

const accountEvents = defineEvents('https://example.com/account', {
  Opened: version(z.object({ limit: z.number() })).next(z.object({ cents: z.int() }), ({ limit }) => ({
    cents: limit * 100,
  })),
  Dated: z.object({
    at: z.codec(z.iso.datetime(), z.date(), {
      decode: (text) => new Date(text),
      encode: (date) => date.toISOString(),
    }),
  }),
})
const { source } = accountEvents
const stream = { aggregateType: 'Account', aggregateId: 'DE1' }

let inner: InMemoryStore
let store: EventStore
beforeEach(() => {
  inner = new InMemoryStore()
  store = guard(inner, [accountEvents])
})

function append(...events: NewEvent[]) {
  return store.append([{ stream, expected: 'any', events }])
}

describe('a guarded store', () => {
  test.each<[string, NewEvent]>([
    ['of the newest version', { source, type: 'Opened', version: 2, data: { cents: 5 } }],
    ['of an older version', { source, type: 'Opened', version: 1, data: { limit: 5 } }],
    ['in its encoded form', { source, type: 'Dated', version: 1, data: { at: '2026-01-31T12:00:00.000Z' } }],
  ])('takes an event %s and stores it as it is', async (_, valid) => {
    await append(valid)
    expect(await Array.fromAsync(store.readStream(stream))).toEqual([expect.objectContaining(valid)])
  })

  test.each<[string, NewEvent]>([
    ['with wrong data', { source, type: 'Opened', version: 2, data: { cents: 0.5 } }],
    ['with the data of another version', { source, type: 'Opened', version: 1, data: { cents: 5 } }],
    [
      'of a version that cannot become the newest',
      { source, type: 'Opened', version: 1, data: { limit: 0.001 } },
    ],
    ['of a version to come', { source, type: 'Opened', version: 3, data: { cents: 5 } }],
    ['of an unknown type', { source, type: 'Burnt', version: 1, data: {} }],
    ['of an unknown namespace', { source: 'urn:x:y', type: 'Opened', version: 1, data: {} }],
    ['that was not encoded', { source, type: 'Dated', version: 1, data: { at: 'yesterday' } }],
  ])('refuses an event %s, and all that came with it', async (_, invalid) => {
    const valid = { source, type: 'Opened', version: 2, data: { cents: 5 } }
    await expect(append(valid, invalid)).rejects.toEqual(
      expect.objectContaining({
        code: 'EVENT_INVALID',
        source: invalid.source,
        type: invalid.type,
        version: invalid.version,
      }),
    )
    expect(await inner.head()).toBe(0)
  })

  test('trusts nothing that is appended, even where stored payloads are trusted', async () => {
    const trusting = defineEvents(source, { Opened: z.object({ cents: z.int() }) }, { trustStored: true })
    store = guard(inner, [trusting])
    await expect(append({ source, type: 'Opened', version: 1, data: { cents: 'x' } })).rejects.toHaveProperty(
      'code',
      'EVENT_INVALID',
    )
  })

  test('stores what it was given, without what its schema would strip or fill in', async () => {
    const filling = defineEvents(source, { Opened: z.object({ cents: z.int().default(5) }) })
    store = guard(inner, [filling])
    await append({ source, type: 'Opened', version: 1, data: { note: 'kept' } })
    expect((await Array.fromAsync(inner.readAll()))[0]?.data).toEqual({ note: 'kept' })
  })

  test.each<[object, string]>([
    [{ unkown: 'pass' }, 'options.unkown'],
    [{ unknown: 'ignore' }, 'options.unknown'],
  ])('refuses the options %j', (options, argument) => {
    expect(() => guard(inner, [accountEvents], options)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', argument }),
    )
  })

  test('tells the issues of a schema', async () => {
    await expect(append({ source, type: 'Opened', version: 2, data: { cents: 'x' } })).rejects.toEqual(
      expect.objectContaining({ issues: [expect.objectContaining({ path: ['cents'] })] }),
    )
  })

  test('lets events of other namespaces pass on request, but not unknown ones of its own', async () => {
    store = guard(inner, [accountEvents], { unknown: 'pass' })
    await append({ source: 'urn:x:y', type: 'Opened', version: 1, data: {} })
    await expect(append({ source, type: 'Burnt', version: 1, data: {} })).rejects.toHaveProperty(
      'code',
      'EVENT_INVALID',
    )
    expect(await inner.head()).toBe(1)
  })

  test('guards namespaces that were defined without zod', async () => {
    const unchecked = defineUnchecked('https://example.com/unchecked', { Made: event<{ n: number }>() })
    store = guard(inner, [accountEvents, unchecked])
    await append(unchecked.Made({ n: 1 }))
    await expect(append({ ...unchecked.Made({ n: 1 }), version: 2 })).rejects.toHaveProperty(
      'code',
      'EVENT_INVALID',
    )
  })

  test('stores what it has checked, whatever becomes of it meanwhile', async () => {
    let reads = 0
    const data = {
      get cents() {
        reads += 1
        return reads === 1 ? 5 : 'changed'
      },
    }
    await append({ source, type: 'Opened', version: 2, data })
    expect((await Array.fromAsync(store.readAll()))[0]?.data).toEqual({ cents: 5 })
  })

  test('reads without decoding, even what it would not take', async () => {
    const wrong = { source, type: 'Opened', version: 9, data: { any: 'thing' } }
    await inner.append([{ stream, expected: 0, events: [wrong] }])
    expect(await Array.fromAsync(store.readStream(stream))).toEqual([expect.objectContaining(wrong)])
    expect(await Array.fromAsync(store.readAll())).toEqual([expect.objectContaining(wrong)])
  })

  test('refuses a namespace that is given twice', () => {
    expect(() => guard(inner, [accountEvents, accountEvents])).toThrow(
      expect.objectContaining({ code: 'DEFINITION_INVALID' }),
    )
  })

  test('passes everything else through', async () => {
    expect(store.capabilities).toBe(inner.capabilities)
    const signal = AbortSignal.abort(new Error('enough'))
    const appends = [
      { stream, expected: 0 as const, events: [{ source, type: 'Opened', version: 2, data: { cents: 5 } }] },
    ]
    await expect(store.append(appends, { signal })).rejects.toThrow('enough')
    const waiting = store.waitForAppend?.(0, new AbortController().signal)
    const first = await store.append(appends, { commitId: 'c' })
    await waiting
    expect(await store.append(appends, { commitId: 'c' })).toEqual({ ...first, repeated: true })
    expect(await store.findCommit(stream, 'c')).toEqual({ ...first, repeated: true })
    expect(await Array.fromAsync(store.readStream(stream, { after: 1 }))).toEqual([])
    expect(await Array.fromAsync(store.readAll({ limit: 0 }))).toEqual([])
    expect(await store.head()).toBe(1)
    await store.close()
    await expect(inner.head()).rejects.toHaveProperty('code', 'STORE_CLOSED')
  })

  test('has no push where the store has none', () => {
    const silent = Object.create(inner, { waitForAppend: { value: undefined } }) as EventStore
    expect(guard(silent, [accountEvents])).not.toHaveProperty('waitForAppend')
  })

  test('takes what Core appends, and shows Core what it reads', async () => {
    const Account = defineAggregate({
      type: 'Account',
      events: accountEvents,
      initialize: (_iban: string): Date => new Date(0),
      apply: { Opened: (date) => date, Dated: (_date, { data }) => data.at },
      handle: { Date: (_date, at: Date) => accountEvents.Dated({ at }) },
    })
    const core = new Core(store)
    const at = new Date('2026-01-31T12:00:00.000Z')
    expect(await core.dispatchCommand(Account.commands.Date('DE1', at))).toHaveProperty('state', at)
    expect(await core.load(Account, 'DE1')).toHaveProperty('state', at)
  })
})
