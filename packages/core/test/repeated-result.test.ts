import { describe, expect, test } from '@jest/globals'
import { type AppendResult, type NewEvent, type StreamAppend } from '@eventmill/core'
import { checkAppend, repeatedResult } from '@eventmill/core/adapter'

const a = { aggregateType: 'Account', aggregateId: 'A' }
const b = { aggregateType: 'Account', aggregateId: 'B' }
const deposited: NewEvent = {
  source: 'https://example.com/account',
  type: 'Deposited',
  version: 1,
  data: { cents: 5, by: 'me' },
  metadata: { correlationId: 'k' },
}
const closed: NewEvent = { ...deposited, type: 'Closed', data: {} }

/** What a store answered to an append of two events to A, and one to B. */
const earlier: AppendResult = {
  streams: [a, b],
  events: [
    {
      ...deposited,
      ...a,
      id: '1',
      sequence: 8,
      position: 21,
      time: 'then',
      metadata: { correlationId: 'k' },
    },
    { ...closed, ...a, id: '2', sequence: 9, position: 22, time: 'then', metadata: { correlationId: 'k' } },
    { ...closed, ...b, id: '3', sequence: 1, position: 23, time: 'then', metadata: { correlationId: 'k' } },
  ],
  generations: [9, 1],
  repeated: false,
}

/** An append of these events to A, and of those to B. */
function appends(toA: readonly NewEvent[], toB: readonly NewEvent[] = [closed]): StreamAppend[] {
  return [
    { stream: a, expected: 7, events: toA },
    { stream: b, expected: 'any', events: toB },
  ]
}

function again(repeated: readonly StreamAppend[]) {
  return repeatedResult(earlier, checkAppend(repeated), 'c')
}

describe('an append under a commit id that is known', () => {
  test('is answered as it was then, whatever is expected now', () => {
    expect(again(appends([deposited, closed]))).toEqual({ ...earlier, repeated: true })
  })

  test('may name the fields of its payloads in another order', () => {
    const reordered = { ...deposited, data: { by: 'me', cents: 5 } }
    expect(again(appends([reordered, closed]))).toHaveProperty('repeated', true)
  })

  test.each<[string, StreamAppend[]]>([
    ['another source', appends([{ ...deposited, source: 'https://example.com/card' }, closed])],
    ['another type', appends([{ ...deposited, type: 'Withdrawn' }, closed])],
    ['another version', appends([{ ...deposited, version: 2 }, closed])],
    ['other data', appends([{ ...deposited, data: { cents: 6, by: 'me' } }, closed])],
    ['other metadata', appends([{ ...deposited, metadata: {} }, closed])],
    ['another order of events', appends([closed, deposited])],
    ['fewer events', appends([deposited])],
    ['more events', appends([deposited, closed, closed])],
    ['an event on the other stream', appends([deposited], [closed, closed])],
    ['another order of streams', appends([deposited, closed]).toReversed()],
    ['fewer streams', appends([deposited, closed]).slice(0, 1)],
    [
      'another stream',
      [
        { stream: a, expected: 7, events: [deposited, closed] },
        { stream: { ...b, aggregateId: 'C' }, expected: 'any', events: [closed] },
      ],
    ],
  ])('is refused with %s', (_, repeated) => {
    expect(() => again(repeated)).toThrow(
      expect.objectContaining({ code: 'COMMIT_ID_REUSED', stream: repeated[0]?.stream, commitId: 'c' }),
    )
  })
})
