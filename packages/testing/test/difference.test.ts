import { describe, expect, test } from '@jest/globals'
import { defineAggregate, defineEvents, event } from '@eventmill/core'
import { scenario } from '@eventmill/testing'

interface Line {
  readonly article: string
  readonly units: number
}

const orders = defineEvents('https://example.com/order', {
  Placed: event<{ lines: readonly Line[]; note?: string }>(),
  Counted: event<{ n: number }>(),
  Shipped: event<{ by: string }>(),
})
const { Placed, Shipped } = orders
const Counted = (n: number) => orders.Counted({ n })
type Decided = ReturnType<typeof Placed | typeof Counted | typeof Shipped>

/** It decides whatever it is told. */
const Order = defineAggregate({
  type: 'Order',
  events: orders,
  initialize: (_id: string) => 0,
  apply: { Placed: (count) => count, Counted: (count) => count, Shipped: (count) => count },
  handle: { Do: (_count, decided: readonly Decided[]) => decided },
})

async function shown(expected: readonly Decided[], decided: readonly Decided[]): Promise<string[]> {
  const told = scenario(Order, '1').when(Order.commands.Do('1', decided))
  const failure: unknown = await told.decides(...expected).catch((error: unknown) => error)
  return failure instanceof Error ? failure.message.split('\n').slice(2) : []
}

const lines = Array.from({ length: 12 }, (_, index) => ({ article: `article ${index}`, units: 99 }))
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => Counted(from + index))

describe('the difference of events', () => {
  test('of one type is where they differ', async () => {
    const changed = lines.map((line, index) => (index === 7 ? { ...line, units: 7 } : line))
    expect(await shown([Placed({ lines })], [Placed({ lines: changed, note: 'b' })])).toEqual([
      '  ~ Placed',
      '      data.lines[7].units: 99 → 7',
      '      data.note: (none) → "b"',
    ])
  })

  test('of one type is cut where there is much of it', async () => {
    const others = lines.flatMap(({ article }) => [
      { article, units: 1 },
      { article, units: 2 },
    ])
    const found = await shown([Placed({ lines })], [Placed({ lines: others })])
    expect(found).toHaveLength(22)
    expect(found.at(1)).toBe('      data.lines[0].units: 99 → 1')
    expect(found.at(2)).toBe('      data.lines[1].article: "article 1" → "article 0"')
    expect(found.at(-1)).toBe('      … 15 more differ')
  })

  test('leaves out most of what is the same', async () => {
    const found = [...numbers(1, 20), Counted(0), ...numbers(22, 40)]
    expect(await shown(numbers(1, 40), found)).toEqual([
      '    … 19 the same',
      '    Counted {"n":20}',
      '  ~ Counted',
      '      data.n: 21 → 0',
      '    Counted {"n":22}',
      '    … 18 the same',
    ])
  })

  test('finds what was added, left out, and moved', async () => {
    expect(await shown(numbers(1, 5), [Counted(0), ...numbers(1, 5)])).toEqual([
      '  + Counted {"n":0}',
      '    Counted {"n":1}',
      '    … 4 the same',
    ])
    expect(await shown([Counted(1), Counted(1), Counted(2)], [Counted(1), Counted(2)])).toEqual([
      '    Counted {"n":1}',
      '  - Counted {"n":1}',
      '    Counted {"n":2}',
    ])
    expect(await shown([Counted(1), Placed({ lines: [] })], [Placed({ lines: [] }), Counted(1)])).toEqual([
      '  - Counted {"n":1}',
      '    Placed {"lines":[]}',
      '  + Counted {"n":1}',
    ])
  })

  test('pairs events of one type among others', async () => {
    expect(
      await shown([Shipped({ by: 'a' }), Counted(1)], [Placed({ lines: [] }), Shipped({ by: 'b' })]),
    ).toEqual(['  + Placed {"lines":[]}', '  ~ Shipped', '      data.by: "a" → "b"', '  - Counted {"n":1}'])
  })
})
