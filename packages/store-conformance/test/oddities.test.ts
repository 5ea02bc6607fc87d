import { describe, expect, test } from '@jest/globals'
import { type AppendResult, type DomainEvent, type EventStore } from '@eventmill/core'
import { checkAppend, eventmillError } from '@eventmill/core/adapter'
import { guard } from '@eventmill/schema'
import { rules, type StoreUnderTest } from '@eventmill/store-conformance'
import { InMemoryStore } from '@eventmill/store-memory'
import { brokenRulesOf } from './mutants/broken-rules.ts'
import { delegate, underTest } from './mutants/mutant.ts'

const declined = {
  reopen: 'its events are gone with the process',
  rawEvents: 'it is its own backing store',
  faults: 'there is no connection to break',
  stalls: 'its appends are one step',
  bystander: 'it knows no transactions but its own',
  elsewhere: 'it lives in one process',
  clock: 'its clock is that of the process',
}

// That about 100,000 events takes longer than all others, and asks nothing that an oddity could get wrong.
const quick = rules.filter(({ id }) => id !== 'read/long')

/** A store that is odd, and right. */
function odd(
  name: string,
  change: (store: InMemoryStore) => Partial<EventStore>,
  more: object = {},
): StoreUnderTest {
  return {
    name,
    fixture: () => {
      const store = new InMemoryStore()
      const changed = { ...delegate(store), ...change(store) }
      return { connect: () => Promise.resolve(changed) }
    },
    declined: { ...declined, ...more },
  }
}

/** Positions that begin at 4,096 and step by 7. */
function stepped(store: InMemoryStore): Partial<EventStore> {
  const outside = (position: number) => (position === 0 ? 0 : 4096 + (position - 1) * 7)
  const inside = (position: number) => Math.max(0, Math.floor((position - 4096) / 7) + 1)
  const event = (inner: DomainEvent): DomainEvent =>
    Object.freeze({ ...inner, position: outside(inner.position) })
  const result = ({ events, ...rest }: AppendResult): AppendResult => ({ ...rest, events: events.map(event) })
  async function* each(events: AsyncIterable<DomainEvent>) {
    for await (const inner of events) yield event(inner)
  }
  const range = (position: number | undefined) =>
    position !== undefined && Number.isSafeInteger(position) && position > 0 ? inside(position) : position
  return {
    append: async (appends, options) => result(await store.append(appends, options)),
    findCommit: async (stream, commitId, options) => {
      const found = await store.findCommit(stream, commitId, options)
      return found && result(found)
    },
    readStream: (stream, options) => each(store.readStream(stream, options)),
    readAll: (options) =>
      each(store.readAll({ ...options, after: range(options?.after), upTo: range(options?.upTo) })),
    head: async () => outside(await store.head()),
    waitForAppend: (after, signal) => store.waitForAppend(range(after) ?? after, signal),
  }
}

describe('a store that is odd, and right, breaks no rule:', () => {
  test.each<StoreUnderTest>([
    odd('its positions begin at 4,096 and step by 7', stepped),
    odd(
      'it appends to one stream at a time',
      (store) => ({
        capabilities: { ...store.capabilities, multiStream: false },
        append: async (appends, options) => {
          if (appends.length > 1) {
            throw eventmillError('CAPABILITY_MISSING', 'one stream at a time', { capability: 'multiStream' })
          }
          return store.append(appends, options)
        },
      }),
      { multiStream: 'it appends to one stream at a time' },
    ),
    odd(
      'it cannot be waited for',
      (store) =>
        ({ capabilities: { ...store.capabilities, push: false }, waitForAppend: undefined }) as never,
      { push: 'readers poll' },
    ),
    odd('it wakes those who wait for nothing', (store) => ({
      waitForAppend: async (after, signal) => {
        await store
          .waitForAppend(after, AbortSignal.any([signal, AbortSignal.timeout(5)]))
          .catch((error: unknown) => {
            signal.throwIfAborted()
            if (!(error instanceof DOMException)) throw error
          })
      },
    })),
    odd('each of its answers is a fresh object, which may be changed', (store) => ({
      append: async (appends, options) => structuredClone(await store.append(appends, options)),
      async *readAll(options) {
        for await (const event of store.readAll(options)) yield structuredClone(event)
      },
    })),
    odd('its times have microseconds', (store) => ({
      append: async (appends, options) => precise(await store.append(appends, options)),
      findCommit: async (stream, commitId, options) => {
        const found = await store.findCommit(stream, commitId, options)
        return found && precise(found)
      },
      async *readStream(stream, options) {
        for await (const event of store.readStream(stream, options)) yield microseconds(event)
      },
      async *readAll(options) {
        for await (const event of store.readAll(options)) yield microseconds(event)
      },
    })),
    { ...odd('it is guarded', () => ({})), fixture: guarded },
    odd('each of its answers takes a while', (store) => ({
      append: async (appends, options) => {
        // What is taken up later is copied now.
        const taken = checkAppend(appends, options)
        await aWhile()
        return store.append(taken, options)
      },
      head: async () => {
        await aWhile()
        return store.head()
      },
      async *readAll(options) {
        for await (const event of store.readAll(options)) {
          if (event.position % 100 === 1) await aWhile()
          yield event
        }
      },
    })),
    underTest({
      name: 'it looks at generations before it sends anything',
      spoilHandle: ({ store }, handle) => ({
        async append(appends, options) {
          const taken = checkAppend(appends, options)
          if (options?.commitId === undefined) {
            await store.append(taken.map((append) => ({ ...append, events: [] })))
          }
          return handle.append(taken, options)
        },
      }),
    }),
  ])(
    '$name',
    async (store) => {
      expect(await brokenRulesOf(store, quick, 30_000)).toEqual([])
    },
    60_000,
  )
})

function aWhile(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve))
}

function microseconds(event: DomainEvent): DomainEvent {
  return { ...event, time: event.time.replace('Z', '123Z') }
}

function precise({ events, ...rest }: AppendResult): AppendResult {
  return { ...rest, events: events.map(microseconds) }
}

function guarded() {
  const store = guard(new InMemoryStore(), [], { unknown: 'pass' })
  return { connect: () => Promise.resolve(store) }
}
