import { describe, expect, test } from '@jest/globals'
import { Core, defineAggregate, type DomainEvent } from '@eventmill/core'
import { eventCodec } from '@eventmill/core/adapter'
import { defineEvents, version } from '@eventmill/schema'
import { InMemoryStore } from '@eventmill/store-memory'
import fc from 'fast-check'
import * as z from 'zod'
import { inspect } from 'node:util'
import { bigInteger, isoDate } from './fixtures/codecs.ts'

const source = 'https://example.com/account'

const accountEvents = defineEvents(source, {
  Opened: version(z.object({ limit: z.number() }))
    .next(z.object({ cents: z.int(), kind: z.enum(['debit', 'credit']) }), ({ limit }) => ({
      cents: limit * 100,
      kind: 'credit',
    }))
    .next(z.object({ cents: z.int(), kind: z.enum(['debit', 'credit']), at: isoDate }), (opened) => ({
      ...opened,
      at: '2020-01-01T00:00:00.000Z',
    })),
  Deposited: z.object({ cents: z.int().positive(), serial: bigInteger.optional() }),
})

interface AccountState {
  readonly balance: number
  readonly opened: Date | undefined
  readonly serial: bigint | undefined
}

const Account = defineAggregate({
  type: 'Account',
  events: accountEvents,
  initialize: (_iban: string): AccountState => ({ balance: 0, opened: undefined, serial: undefined }),
  apply: {
    Opened: (account, { data }) => ({ ...account, opened: data.at }),
    Deposited: (account, { data }) => ({
      ...account,
      balance: account.balance + data.cents,
      serial: data.serial,
    }),
  },
  handle: {
    Open: (_account, at: Date) => accountEvents.Opened({ cents: 5, kind: 'debit', at }),
    Deposit: (_account, data: { cents: number; serial?: bigint }) => accountEvents.Deposited(data),
  },
})

const stream = { aggregateType: 'Account', aggregateId: 'DE1' }

function stored(type: string, writtenVersion: number, data: unknown): DomainEvent {
  const place = { id: 'x', ...stream, sequence: 4, position: 9, time: '2026-01-31T12:00:00.000Z' }
  return { source, type, version: writtenVersion, data, ...place, metadata: {} }
}

describe('an event through Core', () => {
  test('is stored as its encoding and seen decoded', async () => {
    const store = new InMemoryStore()
    const core = new Core(store)
    const at = new Date('2026-01-31T12:00:00.000Z')
    const after = await core.dispatchCommand(Account.commands.Open('DE1', at))
    expect(after.state.opened).toEqual(at)
    await core.dispatchCommand(Account.commands.Deposit('DE1', { cents: 5, serial: 2n ** 80n }))
    expect(
      (await Array.fromAsync(store.readAll())).map(({ type, version, data }) => ({ type, version, data })),
    ).toEqual([
      { type: 'Opened', version: 3, data: { cents: 5, kind: 'debit', at: '2026-01-31T12:00:00.000Z' } },
      { type: 'Deposited', version: 1, data: { cents: 5, serial: '1208925819614629174706176' } },
    ])
    expect((await core.load(Account, 'DE1')).state).toEqual({ balance: 5, opened: at, serial: 2n ** 80n })
  })

  test('that its schema refuses is not stored, and the error says why', async () => {
    const store = new InMemoryStore()
    const dispatched = new Core(store).dispatchCommand(Account.commands.Deposit('DE1', { cents: -5 }))
    await expect(dispatched).rejects.toEqual(
      expect.objectContaining({
        code: 'EVENT_INVALID',
        source,
        type: 'Deposited',
        version: 1,
        issues: [expect.objectContaining({ path: ['cents'], code: 'too_small' })],
        message: expect.stringContaining('cents: Too small'),
      }),
    )
    expect(await store.head()).toBe(0)
  })

  test('that a store holds against its schema cannot be read, and the error says which', async () => {
    const store = new InMemoryStore()
    const wrong = { source, type: 'Deposited', version: 1, data: { cents: 'many' } }
    await store.append([{ stream, expected: 0, events: [accountEvents.Deposited({ cents: 1 }), wrong] }])
    await expect(new Core(store).load(Account, 'DE1')).rejects.toEqual(
      expect.objectContaining({
        code: 'EVENT_UNREADABLE',
        stream,
        sequence: 2,
        position: 2,
        issues: [expect.objectContaining({ path: ['cents'] })],
      }),
    )
  })

  test('that would be unreadable once stored is not stored', async () => {
    const store = new InMemoryStore()
    const events = defineEvents(source, { Made: z.object({ n: z.number(), extra: z.unknown() }) })
    const Maker = defineAggregate({
      type: 'Maker',
      events,
      initialize: (_id: string) => 0,
      apply: { Made: (_state, { data }) => data.n },
      handle: { Make: (_state, extra: unknown) => events.Made({ n: 1, extra }) },
    })
    const core = new Core(store)
    await expect(core.dispatchCommand(Maker.commands.Make('M'))).rejects.toHaveProperty(
      'code',
      'EVENT_INVALID',
    )
    expect(await core.dispatchCommand(Maker.commands.Make('M', 'x'))).toHaveProperty('state', 1)
    expect(await store.head()).toBe(1)
  })

  test.each<[string, z.core.$ZodType]>([
    ['custom', z.object({ n: z.custom<unknown>(() => true) })],
    ['literal', z.object({ n: z.literal([1, undefined]) })],
    ['undefined', z.object({ n: z.undefined() })],
  ])('that leaves out what a %s schema may need is read as it was, or not stored', (_, schema) => {
    const codec = eventCodec([defineEvents(source, { Made: schema })])
    const event = { source, type: 'Made', version: 1, data: { n: undefined } }
    try {
      const { data } = codec.encode(event)
      const json: unknown = JSON.parse(JSON.stringify(data))
      expect(codec.decode(stored('Made', 1, json)).data).toEqual({ n: undefined })
    } catch (error) {
      expect(error).toHaveProperty('code', 'EVENT_INVALID')
    }
  })

  test('that is refused as a whole is told of without a path', () => {
    const codec = eventCodec([defineEvents(source, { Made: z.string() })])
    expect(() => codec.encode({ source, type: 'Made', version: 1, data: 5 })).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/ is invalid: Invalid input: expected string, received number$/),
        issues: [expect.objectContaining({ path: [], code: 'invalid_type' })],
      }),
    )
  })

  test('that is refused is printed with what its schema objects to, once', () => {
    const codec = eventCodec([defineEvents(source, { Made: z.object({ by: z.email() }) })])
    for (const translate of [codec.encode, codec.decode]) {
      let printed = ''
      try {
        translate(stored('Made', 1, { by: 'me' }))
      } catch (error) {
        printed = inspect(error, { depth: 10 })
      }
      expect(printed.split('\n')[0]).toMatch(/: by: Invalid email address$/)
      expect(printed.match(/Invalid email/g)).toHaveLength(1)
      expect(printed).not.toMatch(/issues|\[cause\]/)
    }
  })

  test('on which a codec throws is refused, and what was thrown is the cause', () => {
    const thrown = new Error('out of ink')
    const fail = () => {
      throw thrown
    }
    const failing = z.codec(z.string(), z.string(), { decode: fail, encode: fail })
    const events = defineEvents(source, { Made: failing })
    const codec = eventCodec([events])
    const refused = (code: string) =>
      expect.objectContaining({ code, message: expect.stringMatching(/: out of ink$/), cause: thrown })
    expect(() => codec.encode(events.Made('x'))).toThrow(refused('EVENT_INVALID'))
    expect(() => codec.decode(stored('Made', 1, 'x'))).toThrow(refused('EVENT_UNREADABLE'))
  })

  test('of an asynchronous schema is refused instead of passed unchecked', async () => {
    const events = defineEvents(source, {
      Made: z.object({ a: z.string().refine(() => Promise.resolve(false)) }),
    })
    const codec = eventCodec([events])
    const asynchronous = (code: string) =>
      expect.objectContaining({
        code,
        message: expect.stringContaining('its schema is asynchronous'),
        cause: expect.objectContaining({ cause: expect.any(z.core.$ZodAsyncError) }),
      })
    expect(() => codec.encode(events.Made({ a: '' }))).toThrow(asynchronous('EVENT_INVALID'))
    expect(() => codec.decode(stored('Made', 1, { a: '' }))).toThrow(asynchronous('EVENT_UNREADABLE'))
    await Promise.resolve()
  })
})

describe('versions', () => {
  const codec = eventCodec([accountEvents])

  test.each([
    [1, { limit: 2 }, { cents: 200, kind: 'credit', at: new Date('2020-01-01T00:00:00.000Z') }],
    [2, { cents: 7, kind: 'debit' }, { cents: 7, kind: 'debit', at: new Date('2020-01-01T00:00:00.000Z') }],
    [
      3,
      { cents: 7, kind: 'debit', at: '2026-01-01T00:00:00.000Z' },
      { cents: 7, kind: 'debit', at: new Date('2026-01-01') },
    ],
  ])('stored as %j are read as the newest', (writtenVersion, json, data) => {
    expect(codec.decode(stored('Opened', writtenVersion, json))).toEqual({ ...stored('Opened', 3, data) })
  })

  test.each([0, 4, 1.5])('known to nobody, such as %j, are unreadable', (unknown) => {
    expect(() => codec.decode(stored('Opened', unknown, { limit: 2 }))).toThrow(
      expect.objectContaining({
        code: 'EVENT_UNREADABLE',
        version: unknown,
        sequence: 4,
        position: 9,
        message: expect.stringContaining(`version ${unknown} is unknown here, 3 is the newest`),
      }),
    )
  })

  test('are validated at the end of their chain', () => {
    expect(() => codec.decode(stored('Opened', 1, { limit: 0.001 }))).toThrow(
      expect.objectContaining({
        code: 'EVENT_UNREADABLE',
        issues: [expect.objectContaining({ path: ['cents'] })],
      }),
    )
  })

  test('whose step fails are unreadable, with the reason', () => {
    const events = defineEvents(source, {
      Made: version(z.object({})).next(z.object({}), () => {
        throw new Error('no way from 1 to 2')
      }),
    })
    expect(() => eventCodec([events]).decode(stored('Made', 1, {}))).toThrow('no way from 1 to 2')
  })

  test('cannot have a schema in common', () => {
    const schema = z.object({})
    expect(() => version(schema).next(schema, (json) => json)).toThrow(
      expect.objectContaining({
        code: 'DEFINITION_INVALID',
        definition: 'version 2',
        message: expect.stringContaining('version 2 repeats'),
      }),
    )
  })

  test('cannot share the schema of any version before', () => {
    const first = z.object({})
    const history = version(first).next(z.object({}), (json) => json)
    expect(() => history.next(first, (json) => json)).toThrow('version 3 repeats the schema of version 1')
  })

  test('are written as the newest, and only as that', () => {
    const { encode } = codec
    const opened = accountEvents.Opened({ cents: 1, kind: 'credit', at: new Date() })
    expect(opened.version).toBe(3)
    expect(() => encode({ ...opened, version: 2 })).toThrow(
      expect.objectContaining({ code: 'EVENT_INVALID' }),
    )
  })

  test('of any number lead to the same as their steps one by one', () => {
    const step = fc.record({ add: fc.integer({ min: -9, max: 9 }), times: fc.integer({ min: -9, max: 9 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), fc.integer({ min: -9, max: 9 }), (steps, n) => {
        const schema = () => z.object({ n: z.number() })
        let history = version(schema())
        for (const { add, times } of steps) {
          history = history.next(schema(), (json) => ({ n: (json.n + add) * times }))
        }
        const chain = eventCodec([defineEvents(source, { Made: history })])
        for (let from = steps.length + 1; from >= 1; from--) {
          const expected = steps.slice(from - 1).reduce((value, { add, times }) => (value + add) * times, n)
          expect(chain.decode(stored('Made', from, { n })).data).toEqual({ n: expected })
        }
      }),
    )
  })
})

describe('trustStored', () => {
  const codecOf = (trustStored: boolean) =>
    eventCodec([
      defineEvents(
        source,
        {
          Plain: version(z.object({ n: z.string() })).next(z.object({ n: z.number() }), (json) => ({
            n: Number(json.n),
          })),
          Dated: z.object({ at: isoDate }),
        },
        { trustStored },
      ),
    ])

  test('takes plain payloads of the newest version as they are', () => {
    const wrong = stored('Plain', 2, { n: 'not checked' })
    expect(codecOf(true).decode(wrong)).toBe(wrong)
    expect(() => codecOf(false).decode(wrong)).toThrow(expect.objectContaining({ code: 'EVENT_UNREADABLE' }))
  })

  test.each<[string, z.core.$ZodType]>([
    ['checked', z.object({ n: z.number().min(5) })],
    ['piped', z.object({ n: z.number().pipe(z.number().min(5)) })],
  ])('takes also what is %s, but not changed, as it is', (_, schema) => {
    const codec = eventCodec([defineEvents(source, { Made: schema }, { trustStored: true })])
    const small = stored('Made', 1, { n: 1 })
    expect(codec.decode(small)).toBe(small)
  })

  test('still brings older versions up, and validates them', () => {
    expect(codecOf(true).decode(stored('Plain', 1, { n: '7' })).data).toEqual({ n: 7 })
    expect(() => codecOf(true).decode(stored('Plain', 1, { n: 'x' }))).toThrow()
  })

  test('still decodes what is encoded', () => {
    const at = new Date('2026-01-31T12:00:00.000Z')
    expect(codecOf(true).decode(stored('Dated', 1, { at: at.toISOString() })).data).toEqual({ at })
  })

  test.each<[string, z.core.$ZodType, unknown, unknown]>([
    ['a default', z.object({ n: z.int().default(7) }), {}, { n: 7 }],
    ['a prefault', z.object({ n: z.int().prefault(7) }), {}, { n: 7 }],
    ['a catch', z.object({ n: z.int().catch(7) }), { n: 'x' }, { n: 7 }],
    ['coercion', z.object({ n: z.coerce.number() }), { n: '7' }, { n: 7 }],
    ['an overwrite', z.object({ n: z.string().trim() }), { n: ' 7 ' }, { n: '7' }],
    ['an end of a pipe', z.object({ n: z.string().pipe(z.string().trim()) }), { n: ' 7 ' }, { n: '7' }],
    ['a codec', z.object({ n: z.stringbool() }), { n: 'yes' }, { n: true }],
    [
      'normalisation',
      z.object({ n: z.url({ normalize: true }) }),
      { n: 'HTTP://EX.com' },
      { n: 'http://ex.com/' },
    ],
  ])('still decodes what %s may change', (_, schema, json, data) => {
    const codec = eventCodec([defineEvents(source, { Made: schema }, { trustStored: true })])
    expect(codec.decode(stored('Made', 1, json)).data).toEqual(data)
  })

  test('is no option to misspell', () => {
    expect(() => defineEvents(source, {}, { trustStord: true } as object)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', argument: 'options.trustStord' }),
    )
  })

  test('still validates what is written', () => {
    const event = { source, type: 'Plain', version: 2, data: { n: 'x' } }
    expect(() => codecOf(true).encode(event)).toThrow(expect.objectContaining({ code: 'EVENT_INVALID' }))
  })
})

describe('any payload that its schema accepts', () => {
  interface Tree {
    readonly name: string
    readonly children: readonly Tree[]
  }
  const Tree: z.ZodType<Tree, Tree> = z.lazy(() => z.object({ name: z.string(), children: z.array(Tree) }))
  const events = defineEvents(source, {
    Made: z.object({
      at: isoDate,
      serial: bigInteger.nullable(),
      note: z.string().optional(),
      tags: z.array(z.string()),
      pair: z.tuple([z.int(), z.boolean()]),
      amounts: z.record(z.string(), z.number()),
      shape: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('circle'), radius: z.number() }),
        z.object({ kind: z.literal('square'), side: z.number() }),
      ]),
      tree: Tree,
    }),
  })
  const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'))
  const number = fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => value + 0)
  const { tree } = fc.letrec<{ tree: Tree; children: Tree[] }>((tie) => ({
    tree: fc.record({ name: text, children: tie('children') }),
    children: fc.oneof({ maxDepth: 3 }, fc.constant<Tree[]>([]), fc.array(tie('tree'), { maxLength: 2 })),
  }))
  const payload = fc.record(
    {
      at: fc.date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') }),
      serial: fc.option(fc.bigInt()),
      note: text,
      tags: fc.array(text),
      pair: fc.tuple(fc.integer(), fc.boolean()),
      amounts: fc.dictionary(
        text.filter((key) => key !== '__proto__'),
        number,
      ),
      shape: fc.oneof(
        fc.record({ kind: fc.constant('circle' as const), radius: number }),
        fc.record({ kind: fc.constant('square' as const), side: number }),
      ),
      tree,
    },
    { requiredKeys: ['at', 'serial', 'tags', 'pair', 'amounts', 'shape', 'tree'] },
  )

  test('comes back equal from a store', async () => {
    const codec = eventCodec([events])
    await fc.assert(
      fc.asyncProperty(payload, async (data) => {
        const store = new InMemoryStore()
        const encoded = codec.encode(events.Made(data))
        const { events: appended } = await store.append([{ stream, expected: 0, events: [encoded] }])
        for (const event of appended) expect(codec.decode(event).data).toEqual(data)
      }),
    )
  })
})
