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
  test.each<[string, unknown, boolean]>([
    ['a number', 1, true],
    ['nothing', null, true],
    ['a frozen object, all through', freezeState({ a: [{ b: 1 }] }), true],
    ['what is not frozen', { a: 1 }, false],
    ['what is frozen at its surface alone', Object.freeze({ a: { b: 1 } }), false],
    ['what is frozen in all its parts but one', Object.freeze({ a: 1, b: { c: 1 } }), false],
    ['a frozen object without a prototype', freezeState(Object.assign(Object.create(null), { a: 1 })), true],
    ['a frozen object without properties', Object.freeze({}), true],
    ['a map', freezeState({ a: new Map() }), false],
    ['a date', freezeState([new Date(0)]), false],
    ['a function', freezeState({ a: () => 1 }), false],
    ['what contains itself', freezeState(loop), false],
  ])('%s', (_, state, is) => {
    expect([isImmutable(state), isImmutable(state)]).toEqual([is, is])
  })
})
