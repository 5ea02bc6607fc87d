import { describe, expect, test } from '@jest/globals'
import { hasCode, type NewEvent, type StreamAppend, type StreamId } from '@eventmill/core'
import {
  checkAppend,
  checkFindCommit,
  checkReadAll,
  checkReadStream,
  checkWaitForAppend,
  eventMatcher,
  generationConflict,
  isExpected,
} from '@eventmill/core/adapter'

const stream = { aggregateType: 'Account', aggregateId: 'DE1' }
const event: NewEvent = {
  source: 'https://example.com/account',
  type: 'Opened',
  version: 1,
  data: { cents: 1 },
}
const append: StreamAppend = { stream, expected: 0, events: [event] }

describe('checkAppend', () => {
  test('returns frozen copies, with metadata', () => {
    const data = { list: [1] }
    const [checked] = checkAppend([{ stream, expected: 'any', events: [{ ...event, data }] }])
    data.list.push(2)
    expect(checked).toEqual({
      stream,
      expected: 'any',
      events: [{ ...event, data: { list: [1] }, metadata: {} }],
    })
    expect(checked.stream).not.toBe(stream)
    expect(Object.isFrozen(checked.events[0]?.data)).toBe(true)
    expect(Object.isFrozen(checked.events[0]?.metadata)).toBe(true)
  })

  test.each([0, Number.MAX_SAFE_INTEGER, 'exists', 'any'] as const)(
    'takes the expectation %j',
    (expected) => {
      expect(checkAppend([{ ...append, expected }])[0].expected).toBe(expected)
    },
  )

  test('takes stored events, whose place is assigned anew', () => {
    const stored = {
      ...event,
      id: 'x',
      ...stream,
      sequence: 3,
      position: 9,
      time: 'then',
      metadata: { by: 'me' },
    }
    expect(checkAppend([{ ...append, events: [stored] }])[0].events).toEqual([
      { ...event, metadata: { by: 'me' } },
    ])
  })

  test.each<[string, unknown, string]>([
    ['no array', append, 'appends'],
    ['what only looks like an array', { 0: append, length: 1 }, 'appends'],
    ['nothing', null, 'appends'],
    ['no streams', [], 'appends'],
    ['no object', ['x'], 'appends[0]'],
    ['null for a stream', [null], 'appends[0]'],
    // eslint-disable-next-line no-sparse-arrays -- the hole is the point
    ['a hole for a stream', [, append], 'appends[0]'],
    ['a hole for an event', [{ ...append, events: Array(1) }], 'appends[0].events[0]'],
    ['a list for a stream', [[]], 'appends[0]'],
    ['no stream', [{ ...append, stream: undefined }], 'appends[0].stream'],
    ['an empty id', [{ ...append, stream: { ...stream, aggregateId: '' } }], 'appends[0].stream.aggregateId'],
    ['a numeric id', [{ ...append, stream: { ...stream, aggregateId: 7 } }], 'appends[0].stream.aggregateId'],
    [
      'an id with NUL',
      [{ ...append, stream: { ...stream, aggregateId: 'a\0' } }],
      'appends[0].stream.aggregateId',
    ],
    [
      'half a character',
      [{ ...append, stream: { ...stream, aggregateId: '\ud83d' } }],
      'appends[0].stream.aggregateId',
    ],
    [
      'a type too long',
      [{ ...append, stream: { ...stream, aggregateType: 'x'.repeat(1025) } }],
      'appends[0].stream.aggregateType',
    ],
    ['a tenant', [{ ...append, stream: { ...stream, tenant: 'x' } }], 'appends[0].stream.tenant'],
    ['a negative generation', [{ ...append, expected: -1 }], 'appends[0].expected'],
    ['half a generation', [{ ...append, expected: 0.5 }], 'appends[0].expected'],
    ['another word', [{ ...append, expected: 'none' }], 'appends[0].expected'],
    ['an unsafe generation', [{ ...append, expected: 2 ** 53 }], 'appends[0].expected'],
    ['no events', [{ ...append, events: undefined }], 'appends[0].events'],
    ['an unknown field', [{ ...append, condition: {} }], 'appends[0].condition'],
    [
      'tags, which are reserved',
      [{ ...append, events: [event, { ...event, tags: ['x'] }] }],
      'appends[0].events[1].tags',
    ],
    [
      'an event without type',
      [{ ...append, events: [{ ...event, type: undefined }] }],
      'appends[0].events[0].type',
    ],
    [
      'an event without source',
      [{ ...append, events: [{ ...event, source: '' }] }],
      'appends[0].events[0].source',
    ],
    ['version 0', [{ ...append, events: [{ ...event, version: 0 }] }], 'appends[0].events[0].version'],
    [
      'metadata that is a list',
      [{ ...append, events: [{ ...event, metadata: [] }] }],
      'appends[0].events[0].metadata',
    ],
    [
      'metadata that is text',
      [{ ...append, events: [{ ...event, metadata: 'x' }] }],
      'appends[0].events[0].metadata',
    ],
    [
      'metadata that is null',
      [{ ...append, events: [{ ...event, metadata: null }] }],
      'appends[0].events[0].metadata',
    ],
  ])('refuses %s', (_, appends, argument) => {
    expect(refused(() => checkAppend(appends as StreamAppend[]))).toBe(argument)
  })

  test('refuses data that is not JSON, with its path in the call', () => {
    const events = [event, { ...event, data: { lines: [{ price: NaN }] } }]
    const attempt = () =>
      checkAppend([append, { stream: { ...stream, aggregateId: 'DE2' }, expected: 0, events }])
    expect(attempt).toThrow(
      expect.objectContaining({ code: 'VALUE_NOT_JSON', path: 'appends[1].events[1].data.lines[0].price' }),
    )
  })

  test('refuses an event without data', () => {
    const { data: _, ...rest } = event
    expect(() => checkAppend([{ ...append, events: [rest as NewEvent] }])).toThrow(
      expect.objectContaining({ code: 'VALUE_NOT_JSON', path: 'appends[0].events[0].data' }),
    )
  })

  test('refuses a stream that is named twice', () => {
    expect(() => checkAppend([append, { ...append, events: [] }])).toThrow(
      expect.objectContaining({ code: 'STREAM_REPEATED', stream }),
    )
  })

  test('tells streams apart whose names only look alike when put together', () => {
    const other = { aggregateType: 'AccountD', aggregateId: 'E1' }
    expect(checkAppend([append, { ...append, stream: other }])).toHaveLength(2)
  })

  test.each([
    [{ commitId: '' }, 'options.commitId'],
    [{ commitId: 7 }, 'options.commitId'],
    [{ commitId: 'x'.repeat(1025) }, 'options.commitId'],
    [{ condition: [] }, 'options.condition'],
  ])('refuses the options %j', (options, argument) => {
    expect(refused(() => checkAppend([append], options as object))).toBe(argument)
  })

  test('throws the reason of an aborted signal', () => {
    expect(() => checkAppend([append], { signal: AbortSignal.abort(new Error('enough')) })).toThrow('enough')
  })
})

describe('names', () => {
  test.each([
    ['1,024 bytes', 'x'.repeat(1024)],
    ['1,024 bytes of two-byte characters', 'é'.repeat(512)],
    ['1,024 bytes of emoji', '🎉'.repeat(256)],
    ['quotes and percent signs', `'; drop table events; -- "%_\\`],
    ['a newline', 'a\nb'],
    ['a space', ' '],
  ])('accepts an id of %s', (_, aggregateId) => {
    expect(checkReadStream({ ...stream, aggregateId }).stream).toEqual({ ...stream, aggregateId })
  })

  test.each([
    ['1,025 bytes', 'x'.repeat(1025)],
    ['1,026 bytes of two-byte characters', 'é'.repeat(513)],
    ['1,028 bytes of emoji', '🎉'.repeat(257)],
  ])('refuses an id of %s', (_, aggregateId) => {
    expect(refused(() => checkReadStream({ ...stream, aggregateId }))).toBe('stream.aggregateId')
  })

  test('quotes no long value in its message', () => {
    const attempt = () => checkReadStream({ ...stream, aggregateId: 'secret'.repeat(300) })
    expect(attempt).toThrow(
      'stream.aggregateId must be a string of 1 to 1,024 bytes, but it is a string of 1800 bytes',
    )
  })
})

describe('reads', () => {
  test('get their defaults', () => {
    const all = { after: 0, upTo: Infinity, limit: Infinity, backwards: false, signal: undefined }
    expect(checkReadStream(stream)).toEqual({ stream, ...all })
    expect(checkReadAll()).toEqual({ filter: undefined, ...all })
  })

  test.each([
    [{ after: -1 }, 'options.after'],
    [{ after: 1.5 }, 'options.after'],
    [{ after: '1' }, 'options.after'],
    [{ upTo: -1 }, 'options.upTo'],
    [{ upTo: Infinity }, 'options.upTo'],
    [{ limit: -1 }, 'options.limit'],
    [{ limit: NaN }, 'options.limit'],
    [{ backwards: 1 }, 'options.backwards'],
    [{ batchSize: 1 }, 'options.batchSize'],
    [{ signal: {} }, 'options.signal'],
    [[], 'options'],
    [null, 'options'],
  ])('refuse the options %j', (options, argument) => {
    expect(refused(() => checkReadStream(stream, options as object))).toBe(argument)
    expect(refused(() => checkReadAll(options as object))).toBe(argument)
  })

  test.each<[unknown, string]>([
    [{}, 'options.filter'],
    [null, 'options.filter'],
    [Array(1), 'options.filter[0]'],
    [[{ types: null }], 'options.filter[0].types'],
    [[{ types: Array(1) }], 'options.filter[0].types[0]'],
    [[{ tags: ['x'] }], 'options.filter[0].tags'],
    [[{ type: 'Opened' }], 'options.filter[0].type'],
    [[{}, { source: 7 }], 'options.filter[1].source'],
    [[{ types: 'Opened' }], 'options.filter[0].types'],
    [[{ types: ['Opened', 7] }], 'options.filter[0].types[1]'],
    [[{ aggregateTypes: [''] }], 'options.filter[0].aggregateTypes[0]'],
  ])('refuse the filter %j', (filter, argument) => {
    expect(refused(() => checkReadAll({ filter: filter as never }))).toBe(argument)
  })

  test('throw the reason of an aborted signal', () => {
    const signal = AbortSignal.abort(new Error('enough'))
    expect(() => checkReadStream(stream, { signal })).toThrow('enough')
    expect(() => checkReadAll({ signal })).toThrow('enough')
    expect(() => checkFindCommit(stream, 'c', { signal })).toThrow('enough')
  })

  test('of a commit refuse a wrong stream, id or option', () => {
    expect(refused(() => checkFindCommit({} as StreamId, 'c'))).toBe('stream.aggregateType')
    expect(refused(() => checkFindCommit(stream, ''))).toBe('commitId')
    expect(refused(() => checkFindCommit(stream, 'c', { after: 1 } as object))).toBe('options.after')
  })
})

describe('waiting for an append', () => {
  const { signal } = new AbortController()

  test('takes every position from 0', () => {
    for (const after of [0, 7, Number.MAX_SAFE_INTEGER]) {
      expect(() => {
        checkWaitForAppend(after, signal)
      }).not.toThrow()
    }
  })

  test.each<[number, unknown, string]>([
    [-1, signal, 'after'],
    [0.5, signal, 'after'],
    [0, undefined, 'signal'],
    [0, {}, 'signal'],
  ])('after %j refuses what has the wrong form', (after, given, argument) => {
    expect(
      refused(() => {
        checkWaitForAppend(after, given as AbortSignal)
      }),
    ).toBe(argument)
  })

  test('throws the reason of an aborted signal', () => {
    expect(() => {
      checkWaitForAppend(0, AbortSignal.abort(new Error('enough')))
    }).toThrow('enough')
  })
})

describe('a signal', () => {
  const throwIfAborted = () => undefined
  const addEventListener = () => undefined

  test('may be made by whatever does the same as an AbortController', () => {
    const signal = { throwIfAborted, addEventListener } as unknown as AbortSignal
    expect(checkReadStream(stream, { signal }).signal).toBe(signal)
  })

  test.each<[string, unknown]>([
    ['null', null],
    ['text', 'stop'],
    ['what cannot be asked', { addEventListener }],
    ['what cannot be listened to', { throwIfAborted }],
  ])('is not %s', (_, signal) => {
    expect(refused(() => checkReadStream(stream, { signal: signal as AbortSignal }))).toBe('options.signal')
  })
})

describe('eventMatcher', () => {
  const stored = { ...event, ...stream, id: 'x', sequence: 1, position: 1, time: '', metadata: {} }
  test.each([
    [undefined, true],
    [[], false],
    [[{}], true],
    [[{ source: event.source }], true],
    [[{ source: 'https://example.com/other' }], false],
    [[{ types: ['Opened', 'Closed'] }], true],
    [[{ types: [] }], false],
    [[{ aggregateTypes: ['Account'] }], true],
    [[{ aggregateTypes: ['Card'] }], false],
    [[{ types: ['Opened'], aggregateTypes: ['Card'] }], false],
    [[{ source: 'https://example.com/other', types: ['Opened'] }], false],
    [[{ types: ['Closed'] }, { aggregateTypes: ['Account'] }], true],
  ])('for the filter %j is %j', (filter, matches) => {
    expect(eventMatcher(filter)(stored)).toBe(matches)
  })
})

describe('isExpected', () => {
  test.each([
    [0, true, false],
    [3, false, true],
    [2, false, false],
    [4, false, false],
    ['exists', false, true],
    ['any', true, true],
  ] as const)('%j: absent %j, at generation 3 %j', (expected, absent, atThree) => {
    expect(isExpected(expected, 0)).toBe(absent)
    expect(isExpected(expected, 3)).toBe(atThree)
  })

  test('conflicts say what was expected and found', () => {
    expect(generationConflict(stream, 3, 5)).toMatchObject({ stream, expected: 3, actual: 5 })
    expect(generationConflict(stream, 3, 5).message).toBe(
      'Account "DE1" was expected at generation 3, but it is at generation 5: read it again and decide anew',
    )
    expect(generationConflict(stream, 'exists', 0).message).toBe(
      'Account "DE1" was expected to exist, but it does not exist: read it again and decide anew',
    )
  })
})

function refused(attempt: () => unknown): string {
  try {
    attempt()
  } catch (error) {
    if (!hasCode(error, 'ARGUMENT_INVALID')) throw error
    expect(error.message).toContain(error.argument)
    return error.argument
  }
  throw new Error('nothing was refused')
}
