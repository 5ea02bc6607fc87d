import { type EventStore, type NewEvent } from '@eventmill/core'
import { copyJson } from '@eventmill/core/adapter'
import fc from 'fast-check'
import { type Rule } from '../rule.ts'
import { verify, verifyEqual, verifyRejects } from '../verify.ts'
import { collect, noted, numbers, stream, to, oneTo } from '../workload.ts'

/** What is stored is what was given, whatever it is. */
export const fidelityRules: readonly Rule[] = [
  {
    id: 'data/kept',
    title: 'awkward but legal JSON comes back as it was',
    why: 'Amounts are rounded, names mangled, and nobody notices until an audit.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      const awkward: readonly unknown[] = [
        null,
        true,
        '',
        'emoji 👩‍👩‍👧 and é, ü, 漢字, \u2028 and \u007f',
        `quotes ' " \` \\ and $1, :x, ?, %s, %`,
        'tab\t, newline\n, carriage return\r, and a trailing space ',
        '\\u0000 as six characters',
        [0, -1, 0.1, 1e308, 5e-324, 1e21, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0.1 + 0.2],
        { '': 0, ' ': 1, 'a.b': 2, '0': 3, A: 4, a: 5, 漢: 6 },
        { z: 1, a: { y: 1, b: [] }, empty: {} },
        { $set: { $where: 1 }, $: 2, 'a.$.b': [{ $oid: 'x' }], $date: '2026-01-31T12:00:00.000Z' },
        JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2, "toString": 3, "hasOwnProperty": 4}'),
        '1e400',
        ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z', '2026-01-31'],
        'null',
      ]
      for (const data of awkward) await keeps(store, data)
      verify(!('polluted' in {}), 'a payload should not change the prototype of all objects')
    },
  },
  {
    id: 'data/any',
    title: 'any JSON comes back as it was, in data and in metadata',
    why: 'The payload that nobody thought of is stored as another one.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      const value = json()
      const property = fc.asyncProperty(value, fc.dictionary(key(), value), async (data, metadata) => {
        await keeps(store, data, metadata)
      })
      await fc.assert(property, { numRuns: 50, seed: 1 })
    },
  },
  {
    id: 'data/minus-zero',
    title: '-0 comes back as 0, and a property that is undefined is left out',
    why: 'Two stores disagree about the same event.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await store.append([
        to(stream('a'), [{ ...noted(1), data: { n: -0, left: undefined, list: [-0] } }], 0),
      ])
      const [event] = await collect(store.readStream(stream('a')))
      const data = event?.data as { readonly n: number; readonly list: readonly number[] }
      verify(Object.is(data.n, 0) && Object.is(data.list[0], 0), '-0 should come back as 0')
      verify(!('left' in data), 'a property that is undefined should be left out')
    },
  },
  {
    id: 'data/large',
    title: 'a payload of 1 MiB comes back as it was',
    why: 'The one order with a thousand lines is cut off, or refused.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await keeps(store, { text: 'é"\\'.repeat(2 ** 18) })
      await keeps(store, { list: oneTo(20_000) })
    },
  },
  {
    id: 'data/deep',
    title: 'a payload nested 1,000 levels deep comes back as it was, and one of 1,001 is refused',
    why: 'A hostile payload overflows the stack of whoever reads it.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await keeps(store, nested(1000))
      await verifyRejects(
        store.append([to(stream('deep'), [{ ...noted(1), data: nested(1001) }])]),
        'VALUE_NOT_JSON',
        'a payload nested 1,001 levels deep',
      )
    },
  },
  {
    id: 'data/refused',
    title: 'what JSON cannot carry is refused as VALUE_NOT_JSON with its path, and the whole append with it',
    why: 'A date becomes text, a NaN null, a bigint a crash in production.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      const cyclic: { self?: object } = {}
      cyclic.self = cyclic
      const refused: readonly (readonly [string, unknown])[] = [
        ['undefined', undefined],
        ['NaN', NaN],
        ['an infinity', Infinity],
        ['the other infinity', -Infinity],
        ['a bigint', 1n],
        ['a function', () => 1],
        ['a symbol', Symbol('s')],
        ['undefined in a list', [undefined]],
        ['a hole in a list', new Array(1)],
        ['a date', new Date(0)],
        ['a map', new Map()],
        ['an instance of a class', new Money()],
        ['an object that contains itself', cyclic],
        ['a symbol for a key', { [Symbol('s')]: 1 }],
        ['NUL', 'NUL \0'],
        ['NUL in a key', { 'NUL \0': 1 }],
        ['half a character', 'half \ud83d'],
        ['the other half', 'half \ude00'],
      ]
      for (const [what, value] of refused) {
        const events = [noted(1), { ...noted(2), data: { list: [0, value] } }]
        const appending = store.append([to(stream('a'), events)])
        const error = await verifyRejects(appending, 'VALUE_NOT_JSON', `a payload with ${what}`)
        verify(
          error.path.startsWith('appends[0].events[1].data.list'),
          `the error for a payload with ${what} should carry its path, but carries ${error.path}`,
        )
      }
      await verifyRejects(
        store.append([to(stream('a'), [{ ...noted(1), metadata: { at: new Date(0) } }])]),
        'VALUE_NOT_JSON',
        'metadata with a date',
      )
      verifyEqual(await numbers(store.readAll()), [], 'what the store holds after refused payloads')
    },
  },
  {
    id: 'data/detached',
    title: 'nothing that the writer still holds can change what is stored',
    why: 'An object that is reused for the next request rewrites the history of the last one.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      const data = { list: [1], nested: { n: 1 } }
      const metadata = { by: { name: 'me' } }
      const target = { aggregateType: 'Ledger', aggregateId: 'a' }
      const events: NewEvent[] = [{ ...noted(1), data, metadata }]
      const appending = store.append([{ stream: target, expected: 0, events }])
      change()
      await appending
      change()
      const [event, ...others] = await collect(store.readAll())
      verifyEqual(
        [event?.aggregateId, event?.data, event?.metadata, others],
        ['a', { list: [1], nested: { n: 1 } }, { by: { name: 'me' } }, []],
        'an event whose writer goes on with what it passed',
      )

      function change(): void {
        data.list.push(2)
        data.nested.n += 1
        metadata.by.name = 'you'
        target.aggregateId = 'b'
        events.push(noted(9))
      }
    },
  },
  {
    id: 'data/immutable',
    title: 'nothing that is done to an event that was returned or read changes what others read',
    why: 'One reader sorts a list in place, and every later reader gets it sorted.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      const data = { list: [3, 1, 2], nested: { n: 1 } }
      const append = [to(stream('a'), [{ ...noted(1), data, metadata: { by: { name: 'me' } } }], 0)]
      const first = await store.append(append, { commitId: 'c' })
      const holders = [
        first,
        await store.append(append, { commitId: 'c' }),
        await store.findCommit(stream('a'), 'c'),
      ]
      const held = [
        ...holders.flatMap((result) => [...(result?.events ?? [])]),
        ...(await collect(store.readAll())),
        ...(await collect(store.readStream(stream('a')))),
      ]
      for (const event of held) {
        spoil((event.data as typeof data).list, '0', 99)
        spoil(event.data as object, 'nested', { n: 2 })
        spoil(event.metadata, 'by', 'you')
        spoil(event, 'data', {})
        spoil(event, 'position', 99)
      }
      for (const result of holders) if (result) spoil(result.events, 'length', 0)
      for (const read of [store.readAll(), store.readStream(stream('a'))]) {
        const [event] = await collect(read)
        verifyEqual(
          [event?.data, event?.metadata],
          [data, { by: { name: 'me' } }],
          'an event that others tried to change',
        )
        verifyEqual(
          event?.position,
          (await store.findCommit(stream('a'), 'c'))?.events[0]?.position,
          'its position',
        )
      }
    },
  },
]

/** What a user may take for plain data. */
class Money {
  readonly cents = 1
}

/** Appends a payload to a stream of its own, and fails unless it is returned and read as it is. */
async function keeps(
  store: EventStore,
  data: unknown,
  metadata: { readonly [key: string]: unknown } = {},
): Promise<void> {
  const target = stream(`kept-${(await store.head()).toString()}`)
  const { events } = await store.append([to(target, [{ ...noted(1), data, metadata }], 0)])
  const expected = { data: copyJson(data, 'data'), metadata: copyJson(metadata, 'metadata') }
  for (const event of [...events, ...(await collect(store.readStream(target)))]) {
    verifyEqual({ data: event.data, metadata: event.metadata }, expected, 'a payload')
  }
}

function spoil(object: object, key: string, value: unknown): void {
  Reflect.set(object, key, value)
}

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

function text(): fc.Arbitrary<string> {
  const odd = fc.constantFrom('__proto__', 'constructor', '', "'", '"', '\\', '%', '\n')
  return fc.oneof(fc.string({ unit: 'grapheme' }), odd).filter((value) => !value.includes('\0'))
}

/**
 * No store is to blame for what V8 makes of a lone backslash: from version 13 on, JSON.parse takes other keys for it once
 * it has met one (https://github.com/nodejs/node/issues/63785).
 */
function key(): fc.Arbitrary<string> {
  return text().filter((value) => value !== '\\')
}

function json(): fc.Arbitrary<unknown> {
  const number = fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => (value === 0 ? 0 : value))
  const leaf = fc.oneof(fc.constantFrom(null, true, false), fc.integer(), number, text())
  return fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      leaf,
      fc.array(tie('value'), { maxLength: 5 }),
      fc.dictionary(key(), tie('value'), { maxKeys: 5 }),
    ),
  })).value
}
