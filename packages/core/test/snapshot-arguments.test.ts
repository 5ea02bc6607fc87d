import { describe, expect, test } from '@jest/globals'
import { type Snapshot, type StreamId } from '@eventmill/core'
import { checkLoadSnapshot, checkSaveSnapshot } from '@eventmill/core/adapter'

// What a store of snapshots refuses, and gets.

const stream = { aggregateType: 'Account', aggregateId: 'DE1' }
const snapshot: Snapshot = { version: 1, generation: 1, eventId: 'x', state: { cents: 1 } }

describe('a snapshot to be saved', () => {
  test('is copied, with its stream', () => {
    const state = { list: [1] }
    const checked = checkSaveSnapshot(stream, { ...snapshot, state })
    state.list.push(2)
    expect(checked).toEqual({ ...snapshot, stream, state: { list: [1] } })
  })

  test.each<[string, unknown, string]>([
    ['version 0', { ...snapshot, version: 0 }, 'snapshot.version'],
    ['generation 0', { ...snapshot, generation: 0 }, 'snapshot.generation'],
    ['an empty event id', { ...snapshot, eventId: '' }, 'snapshot.eventId'],
    ['an unknown field', { ...snapshot, time: 1 }, 'snapshot.time'],
    ['nothing in it', null, 'snapshot'],
  ])('is refused with %s', (_, wrong, argument) => {
    expect(() => checkSaveSnapshot(stream, wrong as Snapshot)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', argument }),
    )
  })

  test('is refused with a state that JSON cannot carry, or for no stream', () => {
    expect(() => checkSaveSnapshot(stream, { ...snapshot, state: { at: NaN } })).toThrow(
      expect.objectContaining({ code: 'VALUE_NOT_JSON', path: 'snapshot.state.at' }),
    )
    expect(() => checkSaveSnapshot({} as StreamId, snapshot)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', argument: 'stream.aggregateType' }),
    )
  })
})

describe('a snapshot to be loaded', () => {
  test('is named by its stream, in a copy', () => {
    const checked = checkLoadSnapshot(stream, 1, { signal: new AbortController().signal })
    expect(checked).toEqual(stream)
    expect(checked).not.toBe(stream)
  })

  test.each<[string, StreamId, number, object | undefined, string]>([
    ['without a stream', {} as StreamId, 1, undefined, 'stream.aggregateType'],
    ['of version 0', stream, 0, undefined, 'version'],
    ['with an unknown option', stream, 1, { limit: 1 }, 'options.limit'],
    ['with a signal that is none', stream, 1, { signal: {} }, 'options.signal'],
  ])('is refused %s', (_, of, version, options, argument) => {
    expect(() => checkLoadSnapshot(of, version, options)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', argument }),
    )
  })

  test('is not looked for once the signal is aborted', () => {
    const signal = AbortSignal.abort(new Error('enough'))
    expect(() => checkLoadSnapshot(stream, 1, { signal })).toThrow('enough')
  })
})
