import { describe, expect, test } from '@jest/globals'
import { type AppendResult, checkAppend, type NewEvent, repeatedResult } from '@eventmill/core'

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

function again(toA: readonly NewEvent[], toB: readonly NewEvent[] = [closed]) {
  return checkAppend([
    { stream: a, expected: 7, events: toA },
    { stream: b, expected: 'any', events: toB },
  ])
}

describe('an append under a commit id that is known', () => {
  test('is answered as it was then, whatever is expected now', () => {
    expect(repeatedResult(earlier, again([deposited, closed]), 'c')).toEqual({ ...earlier, repeated: true })
  })

  test('may name the fields of its payloads in another order', () => {
    const reordered = { ...deposited, data: { by: 'me', cents: 5 } }
    expect(repeatedResult(earlier, again([reordered, closed]), 'c')).toHaveProperty('repeated', true)
  })

  test.each<[string, ReturnType<typeof again>]>([
    ['another source', again([{ ...deposited, source: 'https://example.com/card' }, closed])],
    ['another type', again([{ ...deposited, type: 'Withdrawn' }, closed])],
    ['another version', again([{ ...deposited, version: 2 }, closed])],
    ['other data', again([{ ...deposited, data: { cents: 6, by: 'me' } }, closed])],
    ['other metadata', again([{ ...deposited, metadata: {} }, closed])],
    ['another order of events', again([closed, deposited])],
    ['fewer events', again([deposited])],
    ['more events', again([deposited, closed, closed])],
    ['the events on other streams', again([deposited], [closed, closed])],
    ['fewer streams', checkAppend([{ stream: a, expected: 7, events: [deposited, closed] }])],
    [
      'another stream',
      checkAppend([
        { stream: a, expected: 7, events: [deposited, closed] },
        { stream: { ...b, aggregateId: 'C' }, expected: 'any', events: [closed] },
      ]),
    ],
  ])('is refused with %s', (_, other) => {
    expect(() => repeatedResult(earlier, other, 'c')).toThrow(
      expect.objectContaining({ code: 'COMMIT_ID_REUSED', stream: a, commitId: 'c' }),
    )
  })
})
