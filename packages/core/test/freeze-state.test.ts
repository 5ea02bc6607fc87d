import { describe, expect, test } from '@jest/globals'
import { Core, defineAggregate, defineEvents, event } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { freezeState, isImmutable } from '../src/aggregates/freeze-state.ts'
import { afterEachLoad } from './fixtures/wrapped-store.ts'

const listEvents = defineEvents('https://example.com/list', { Added: event<{ item: string }>() })

interface ListState {
  readonly title: string
  readonly items: string[]
  readonly seen: Map<string, number>
}

const List = defineAggregate({
  type: 'List',
  events: listEvents,
  initialize: (title: string): ListState => ({ title, items: [], seen: new Map() }),
  apply: {
    Added: (list, { data }) => ({ ...list, items: [...list.items, data.item] }),
  },
  handle: {
    Add: (_list, item: string) => listEvents.Added({ item }),
    AddRashly: (list, item: string) => {
      list.items.push(item)
      return listEvents.Added({ item: list.items.join() })
    },
  },
})

describe('a state', () => {
  test('is frozen, before its first event and after each', async () => {
    const core = new Core(new InMemoryStore())
    for (const list of [
      await core.load(List, 'L'),
      await core.dispatchCommand(List.commands.Add('L', 'a')),
      await core.load(List, 'L'),
    ]) {
      expect(Object.isFrozen(list.state)).toBe(true)
      expect(() => list.state.items.push('b')).toThrow(TypeError)
    }
  })

  test('keeps what is no plain data as it is', async () => {
    const { state } = await new Core(new InMemoryStore()).load(List, 'L')
    expect(state.seen.set('a', 1).get('a')).toBe(1)
  })

  test('that a handler would change in passing is not decided upon', async () => {
    const store = new InMemoryStore()
    let rivals = 1
    const core = new Core(
      afterEachLoad(store, async () => {
        if (rivals-- > 0) await new Core(store).dispatchCommand(List.commands.Add('L', 'rival'))
      }),
    )
    await expect(core.dispatchCommand(List.commands.AddRashly('L', 'x'))).rejects.toBeInstanceOf(TypeError)
    expect(await store.head()).toBe(1)
  })

  test('that an applier would change in place says so', async () => {
    const Rash = defineAggregate({
      type: 'Rash',
      events: listEvents,
      initialize: (_id: string): string[] => [],
      apply: {
        Added: (items, { data }) => {
          items.push(data.item)
          return items
        },
      },
      handle: { Add: () => listEvents.Added({ item: 'x' }) },
    })
    const core = new Core(new InMemoryStore())
    await expect(core.dispatchCommand(Rash.commands.Add('R'))).rejects.toHaveProperty(
      'code',
      'STATE_UNREADABLE',
    )
    await expect(core.load(Rash, 'R')).rejects.toHaveProperty(
      'message',
      expect.stringContaining('states are frozen: return a new one'),
    )
  })

  test('is frozen once: what it shares with the one before is not visited again', async () => {
    let visits = 0
    const shared = Object.freeze({
      get part() {
        visits += 1
        return {}
      },
    })
    const Sharing = defineAggregate({
      type: 'Sharing',
      events: listEvents,
      initialize: (_id: string): { readonly shared: object; readonly n: number } => ({ shared, n: 0 }),
      apply: { Added: (state) => ({ ...state, n: state.n + 1 }) },
      handle: { Add: () => listEvents.Added({ item: 'x' }) },
    })
    await new Core(new InMemoryStore()).dispatchCommand(Sharing.commands.Add('S'))
    expect(visits).toBe(0)
  })
})

describe('a state that nobody can change', () => {
  const loop: { self?: unknown } = {}
  loop.self = loop
  test.each<[string, unknown]>([
    ['a number', 1],
    ['nothing', null],
    ['an object of lists of objects', { a: [{ b: 1 }], c: [[{ d: 1 }]] }],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: { b: 1 } })],
    ['an object without properties', {}],
  ])('%s, once it is frozen', (_, state) => {
    const frozen = freezeState(state)
    expect([isImmutable(frozen), isImmutable(frozen)]).toEqual([true, true])
  })

  test.each<[string, unknown]>([
    ['a map', { a: new Map() }],
    ['a date', [new Date(0)]],
    ['a function', { a: () => 1 }],
    ['what contains itself', loop],
  ])('is none with %s in it, although it is frozen', (_, state) => {
    const frozen = freezeState(state)
    expect([isImmutable(frozen), isImmutable(frozen)]).toEqual([false, false])
  })

  test('is none that is nested deeper than 1,000 levels, and none that nobody can look through', () => {
    const nested = (depth: number) => {
      let state: object = {}
      for (let level = 1; level < depth; level++) state = freezeState({ within: state })
      return freezeState(state)
    }
    expect([isImmutable(nested(1_000)), isImmutable(nested(100_000))]).toEqual([true, false])
  })

  test.each<[string, unknown]>([
    ['nowhere', { a: 1 }],
    ['at its surface alone', Object.freeze({ a: { b: 1 } })],
    ['in all its parts but one', Object.freeze({ a: 1, b: { c: 1 } })],
  ])('is none that is frozen %s', (_, state) => {
    expect([isImmutable(state), isImmutable(state)]).toEqual([false, false])
  })
})
