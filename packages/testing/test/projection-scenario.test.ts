import { describe, expect, test } from '@jest/globals'
import { defineEvents, event } from '@eventmill/core'
import { defineProjection } from '@eventmill/projections'
import { scenario } from '@eventmill/testing'
import { Account } from '../../core/test/fixtures/account.ts'

const accountEvents = defineEvents('https://example.com/account', {
  Deposited: event<{ cents: number }>(),
  Withdrawn: event<{ cents: number }>(),
  Closed: event(),
})

const turnover = defineProjection({
  name: 'turnover',
  version: 2,
  events: accountEvents,
  handle: {
    Deposited: ({ time, data }, days: Map<string, number>) => {
      const day = time.slice(0, 10)
      days.set(day, (days.get(day) ?? 0) + data.cents)
    },
    Withdrawn: ({ position }, days) => days.set('last withdrawal', position),
  },
})

const deposited = (cents: number, time?: string) => ({
  stream: Account.stream('DE1'),
  events: [accountEvents.Deposited({ cents })],
  time,
})

describe('the scenario of a projection', () => {
  test('tells what is in its target after what has happened, when it happened', async () => {
    await scenario(turnover, new Map())
      .given(
        deposited(500, '2026-01-31T12:00:00.000Z'),
        {
          stream: Account.stream('DE2'),
          events: [accountEvents.Closed(), accountEvents.Withdrawn({ cents: 1 })],
        },
        deposited(50, '2026-02-01T12:00:00.000Z'),
        deposited(5, '2026-02-01T13:00:00.000Z'),
      )
      .results(
        new Map([
          ['2026-01-31', 500],
          ['last withdrawal', 3],
          ['2026-02-01', 55],
        ]),
      )
  })

  test('shows where its target is another one', async () => {
    const told = scenario(turnover, new Map([['2026-01-30', 7]]))
      .given(deposited(500, '2026-01-31T12:00:00.000Z'))
      .results(new Map([['2026-01-31', 501]]))
    await expect(told).rejects.toThrow(
      [
        'version 2 of turnover, given 1 events, of which it asks for 1',
        '  results in something else (expected → found):',
        '    get("2026-01-31"): 501 → 500',
        '    get("2026-01-30"): undefined → 7',
      ].join('\n'),
    )
  })

  test('lets a function look into its target, and fails as it does', async () => {
    const outcome = scenario(turnover, new Map()).given(deposited(500))
    await outcome.results((days) => {
      expect([...days]).toEqual([['1970-01-01', 500]])
    })
    const failing = outcome.results(() => Promise.reject(new Error('not so')))
    await expect(failing).rejects.toThrow('not so')
  })

  test('fails where an event is none of its namespace, as it would in earnest', async () => {
    const events = [{ ...accountEvents.Deposited({ cents: 5 }), version: 2 }]
    const told = scenario(turnover, new Map())
      .given({ stream: Account.stream('DE1'), events })
      .results(new Map())
    await expect(told).rejects.toMatchObject({ code: 'EVENT_INVALID' })
  })
})
