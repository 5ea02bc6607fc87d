import { describe, expect, test } from '@jest/globals'
import { defineAggregate, defineCommand, defineEvents as defineByHand } from '@eventmill/core'
import { defineProjection } from '@eventmill/projections'
import { defineEvents, version } from '@eventmill/schema'
import { scenario } from '@eventmill/testing'
import * as z from 'zod'
import { bigInteger } from '../../schema/test/fixtures/codecs.ts'

const tillEvents = defineEvents('https://example.com/till', {
  Sold: version(z.object({ euros: z.number().positive() })).next(z.object({ cents: bigInteger }), (old) => ({
    cents: String(old.euros * 100),
  })),
  Refunded: z.object({ cents: bigInteger }),
})

const Till = defineAggregate({
  type: 'Till',
  events: tillEvents,
  initialize: (_id: string) => 0n,
  apply: {
    Sold: (sum, { data }) => sum + data.cents,
    Refunded: (sum, { data }) => sum - data.cents,
  },
  handle: { RefundAll: (cents) => tillEvents.Refunded({ cents }) },
})

const { source } = tillEvents
const sold = (data: object) => ({ source, type: 'Sold', version: 1, data })
const stream = Till.stream('a')

describe('an event of an older version', () => {
  test('is given as it was stored, beside those of today', async () => {
    await scenario(Till, 'a')
      .given(sold({ euros: 5 }), tillEvents.Sold({ cents: 7n }))
      .when(Till.commands.RefundAll('a'))
      .decides(tillEvents.Refunded({ cents: 507n }))
  })

  test('is given to several aggregates, one or a list', async () => {
    const Move = defineCommand({
      type: 'Move',
      aggregates: { from: Till, to: Till },
      handle: ({ from, to }) => ({ to: tillEvents.Sold({ cents: from + to }) }),
    })
    const ids = { from: 'a', to: 'b' }
    await scenario(Move, ids)
      .given({ from: sold({ euros: 5 }), to: [sold({ euros: 1 }), tillEvents.Sold({ cents: 7n })] })
      .when(Move(ids))
      .decides({ to: tillEvents.Sold({ cents: 607n }) })
  })

  test('is given to a projection', async () => {
    const sums = defineProjection({
      name: 'sums',
      version: 1,
      events: tillEvents,
      handle: { Sold: ({ data }, sums: bigint[]) => void sums.push(data.cents) },
    })
    await scenario(sums, () => [])
      .given({ stream, events: [sold({ euros: 5 }), tillEvents.Sold({ cents: 7n })] })
      .results([500n, 7n])
  })

  test('of another form than it could have had is a mistake of the test', async () => {
    for (const data of [{ euros: -5 }, { cents: '5' }]) {
      const told = scenario(Till, 'a').given(sold(data)).when(Till.commands.RefundAll('a'))
      const message = 'event Sold (version 1) of https://example.com/till is invalid: euros: '
      await expect(told.decides()).rejects.toThrow(message)
      await expect(told.rejects(/./)).rejects.toThrow(message)
    }
  })

  test('of a type that there never was is a mistake of the test', async () => {
    const told = scenario(Till, 'a')
      .given({ ...sold({ euros: 5 }), type: 'Solt' })
      .when(Till.commands.RefundAll('a'))
    await expect(told.decides()).rejects.toThrow(
      'event Solt (version 1) of https://example.com/till is invalid',
    )
  })

  test('that no store could keep is a mistake of the test', async () => {
    const told = scenario(Till, 'a')
      .given(sold({ euros: 5n }))
      .when(Till.commands.RefundAll('a'))
    await expect(told.decides()).rejects.toThrow(
      'the data of Sold.euros is a bigint, which JSON cannot carry',
    )
  })

  test('is not decided any more', async () => {
    const told = scenario(Till, 'a').when(Till.commands.RefundAll('a'))
    await expect(told.decides(sold({ euros: 5 }) as never)).rejects.toThrow('new events have version 2')
  })

  test('is read by whatever reads it, where nothing but that tells what it may be', async () => {
    const events = defineByHand('urn:x:sum', {
      Added: {
        version: 2,
        encode: (data: { cents: number }) => data,
        decode: (json: unknown, version: number) => {
          const { euros, cents } = json as { euros?: number; cents: number }
          if (version === 1 && euros === undefined) throw new RangeError('no euros')
          return { cents: euros === undefined ? cents : euros * 100 }
        },
      },
    })
    const Sum = defineAggregate({
      type: 'Sum',
      events,
      initialize: (_id: string) => 0,
      apply: { Added: (sum, { data }) => sum + data.cents },
      handle: { Double: (cents) => events.Added({ cents }) },
    })
    const given = (data: object) =>
      scenario(Sum, 'a').given({ ...events.Added({ cents: 0 }), version: 1, data })
    const double = Sum.commands.Double('a')
    await given({ euros: 5 })
      .when(double)
      .decides(events.Added({ cents: 500 }))
    await expect(given({}).when(double).decides()).rejects.toThrow('is invalid: no euros')
  })
})
