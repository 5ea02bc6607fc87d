import { describe, expect, test } from '@jest/globals'
import { Core, defineAggregate } from '@eventmill/core'
import { defineEvents, stateCodec } from '@eventmill/schema'
import { InMemorySnapshotStore, InMemoryStore } from '@eventmill/store-memory'
import * as z from 'zod'
import { isoDate } from './fixtures/codecs.ts'

test('a zod schema is the codec of a snapshot, so that a state may hold what JSON does not', async () => {
  const events = defineEvents('https://example.com/shift', { Begun: z.object({ at: isoDate }) })
  const Shift = defineAggregate({
    type: 'Shift',
    events,
    initialize: (_id: string): { readonly at: Date | null } => ({ at: null }),
    apply: { Begun: (_shift, { data }) => ({ at: data.at }) },
    handle: { Begin: (_shift, at: Date) => events.Begun({ at }) },
    snapshots: { every: 1, codec: stateCodec(z.object({ at: isoDate.nullable() })) },
  })
  const store = new InMemoryStore()
  const snapshots = new InMemorySnapshotStore()
  const core = new Core(store, { snapshots: { store: snapshots } })
  const at = new Date('2026-01-31T12:00:00.000Z')
  await core.dispatchCommand(Shift.commands.Begin('a', at))
  await new Promise(setImmediate)
  expect(await snapshots.load(Shift.stream('a'), 1)).toMatchObject({
    state: { at: '2026-01-31T12:00:00.000Z' },
  })
  expect((await core.load(Shift, 'a')).state).toEqual({ at })
})

test('a state that its schema does not bring back is refused with its path', () => {
  const codec = stateCodec(z.object({ n: z.number() }))
  expect(codec.encode({ n: 1 })).toEqual({ n: 1 })
  const more: { n: number; note?: string } = { n: 1, note: 'lost' }
  expect(() => codec.encode(more)).toThrow('state.note')
  expect(() => codec.decode({ n: 'one' } as never)).toThrow('n: ')
})

test('bytes that their codec does not bring back are refused, though they look alike as text', () => {
  const utf8 = z.codec(z.string(), z.instanceof(Buffer), {
    decode: (text) => Buffer.from(text, 'utf8'),
    encode: (bytes) => bytes.toString('utf8'),
  })
  const codec = stateCodec(z.object({ bytes: utf8 }))
  expect(codec.encode({ bytes: Buffer.from('text') })).toEqual({ bytes: 'text' })
  expect(() => codec.encode({ bytes: Buffer.of(0xff) })).toThrow('state.bytes')
})

describe('a codec of states is refused when it is made, with the path of the offending part,', () => {
  test.each<[string, unknown, string]>([
    ['a date', z.object({ at: z.date() }), 'cannot be stored: state.at would be stored as date'],
    ['a map', z.map(z.string(), z.int()), 'cannot be stored: state would be stored as map'],
    ['a one-way transform', z.array(z.string().transform(Number)), 'state[] is a one-way transform'],
    ['a state that may be undefined', z.int().optional(), 'state may be undefined'],
    ['no schema of zod 4', { parse: () => ({}) }, 'is no schema of zod 4: import'],
  ])('of %s', (_, schema, message) => {
    expect(() => stateCodec(schema as z.ZodType)).toThrow(
      expect.objectContaining({
        code: 'DEFINITION_INVALID',
        definition: 'the schema of a state',
        message: expect.stringContaining(message),
      }),
    )
  })
})
