import { describe, expect, test } from '@jest/globals'
import { scenario } from '@eventmill/testing'
import { Account } from '../../core/test/fixtures/account.ts'
import { accountEvents, Balances, balances } from '../../projections/test/fixtures.ts'
import { defineProjection } from '../../projections/src/index.ts'

const { Deposited, Withdrawn, Closed } = accountEvents
const [first, second] = [Account.stream('DE1'), Account.stream('DE2')]

const turnover = defineProjection({
  name: 'turnover',
  version: 1,
  events: accountEvents,
  handle: {
    Deposited: ({ time, data }, days: Map<string, number>) => {
      const day = time.slice(0, 10)
      days.set(day, (days.get(day) ?? 0) + data.cents)
    },
  },
})
const perDay = scenario(turnover, () => new Map())

const times = defineProjection({
  name: 'times',
  version: 1,
  events: accountEvents,
  handle: { Closed: ({ time }, seen: string[]) => void seen.push(time) },
})

describe('a scenario of a projection', () => {
  test('hands it what it asks for, stored and in order', async () => {
    await scenario(balances(), () => new Balances())
      .given(
        { stream: first, events: [Deposited({ cents: 5 }), Closed()] },
        { stream: second, events: [Deposited({ cents: 1 })] },
        { stream: first, events: [Withdrawn({ cents: 2 })] },
      )
      .results((target) => {
        expect([...target.cents]).toEqual([
          ['DE1', 3],
          ['DE2', 1],
        ])
        expect(target.positions).toEqual([1, 3, 4])
      })
  })

  test('passes where the target is like the one that is expected', async () => {
    await perDay
      .given(
        { stream: first, events: [Deposited({ cents: 5 })], time: '2026-01-31T23:59:59Z' },
        { stream: second, events: [Deposited({ cents: 1 })], time: '2026-02-01T01:00:00+02:00' },
        { stream: first, events: [Deposited({ cents: 7 })], time: new Date('2026-02-01') },
      )
      .results(
        new Map([
          ['2026-01-31', 6],
          ['2026-02-01', 7],
        ]),
      )
    await perDay.results(new Map())
  })

  test('may be told twice, each time with a target of its own', async () => {
    const given = perDay.given({ stream: first, events: [Deposited({ cents: 5 })], time: '2026-01-31' })
    await given.results(new Map([['2026-01-31', 5]]))
    await given.results(new Map([['2026-01-31', 5]]))
  })

  test('shows where the target is another one', async () => {
    const told = perDay
      .given({ stream: first, events: [Deposited({ cents: 5 }), Closed()], time: '2026-01-31' })
      .results(
        new Map([
          ['2026-01-31', 7],
          ['2026-02-01', 1],
        ]),
      )
    await expect(told).rejects.toThrow(
      new Error(
        [
          'turnover, given 2 events',
          '  results in something else (expected → found):',
          '    ["2026-01-31"]: 7 → 5',
          '    ["2026-02-01"]: 1 → (none)',
        ].join('\n'),
      ),
    )
  })

  test('gives one time to what an aggregate gets at once, and later ones to what comes after it', async () => {
    await scenario(times, () => [])
      .given(
        { stream: first, events: [Closed(), Closed()] },
        { stream: second, events: [Closed()], time: '2026-01-31T23:59:59Z' },
        { stream: first, events: [Closed()] },
        { stream: first, events: [Closed()], time: '2025-01-01' },
      )
      .results([
        '2000-01-01T00:00:00.000Z',
        '2000-01-01T00:00:00.000Z',
        '2026-01-31T23:59:59.000Z',
        '2026-02-01T00:00:00.000Z',
        '2025-01-01T00:00:00.000Z',
      ])
  })

  test('waits for a target, and for a function that looks at it', async () => {
    const later = scenario(times, async () => Promise.resolve([])).given({
      stream: first,
      events: [Closed()],
    })
    const looked: unknown[] = []
    await later.results(async (seen) => {
      await Promise.resolve()
      looked.push(...seen)
    })
    expect(looked).toEqual(['2000-01-01T00:00:00.000Z'])
    const told = later.results(async () => {
      await Promise.resolve()
      throw new RangeError('wrong')
    })
    await expect(told).rejects.toThrow(new RangeError('wrong'))
  })

  test('refuses a function that answers: false would pass for success', async () => {
    await expect(perDay.results((() => false) as never)).rejects.toThrow(
      'expected must be a function that throws where something is wrong, and returns nothing',
    )
  })

  test('fails as the projection does', async () => {
    const failing = balances({
      before: () => {
        throw new RangeError('broken')
      },
    })
    const told = scenario(failing, () => new Balances())
      .given({ stream: first, events: [Deposited({ cents: 5 })] })
      .results(() => undefined)
    await expect(told).rejects.toThrow(new RangeError('broken'))
  })

  test('of what is no event of its namespaces fails as it would in earnest', async () => {
    const given = (event: object) => perDay.given({ stream: first, events: [event as never] })
    const other = given({ ...Deposited({ cents: 5 }), version: 2 }).results(new Map())
    await expect(other).rejects.toMatchObject({ code: 'EVENT_INVALID' })
    const bigint = given(Deposited({ cents: 5n as never })).results(new Map())
    await expect(bigint).rejects.toMatchObject({ code: 'VALUE_NOT_JSON' })
  })

  test.each(['2026-01-31T12:00:00', '31 January 2026', '2026-13-01', new Date(NaN)])(
    'refuses the time %p',
    async (time) => {
      const told = perDay.given({ stream: first, events: [], time }).results(new Map())
      await expect(told).rejects.toThrow('given[0].time must be a Date, a day, or RFC 3339')
    },
  )

  test('refuses what it would pass over', async () => {
    const told = perDay.given({ stream: first, events: [], at: '2026-01-31' } as never).results(new Map())
    await expect(told).rejects.toThrow('given[0].at must be absent')
    expect(() => scenario(turnover, new Map() as never)).toThrow('target must be a function that makes one')
  })
})
