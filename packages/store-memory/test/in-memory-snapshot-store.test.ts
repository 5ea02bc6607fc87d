import { beforeEach, describe, expect, test } from '@jest/globals'
import { InMemorySnapshotStore } from '@eventmill/store-memory'

const stream = { aggregateType: 'Account', aggregateId: 'A' }
const other = { aggregateType: 'Account', aggregateId: 'B' }
const snapshot = (version: number, generation: number, cents = generation) => ({
  version,
  generation,
  eventId: `event ${generation}`,
  state: { cents },
})

let store: InMemorySnapshotStore
beforeEach(() => {
  store = new InMemorySnapshotStore()
})

describe('a snapshot in memory', () => {
  test('is found by its stream and its version alone', async () => {
    await store.save(stream, snapshot(1, 5))
    await store.save(stream, snapshot(2, 3))
    expect(await store.load(stream, 1)).toEqual(snapshot(1, 5))
    expect(await store.load(stream, 2)).toEqual(snapshot(2, 3))
    expect(await store.load(stream, 3)).toBeUndefined()
    expect(await store.load(other, 1)).toBeUndefined()
  })

  test('gives way to a newer one of its version only', async () => {
    await store.save(stream, snapshot(1, 5))
    await store.save(stream, snapshot(1, 4))
    await store.save(stream, snapshot(1, 5, 0))
    expect(await store.load(stream, 1)).toEqual(snapshot(1, 5))
    await store.save(stream, snapshot(1, 6))
    expect(await store.load(stream, 1)).toEqual(snapshot(1, 6))
  })

  test('is a copy, which nobody can change', async () => {
    const saved = snapshot(1, 5)
    await store.save(stream, saved)
    saved.state.cents = 0
    const loaded = await store.load(stream, 1)
    expect(loaded).toEqual(snapshot(1, 5))
    expect(() => Object.assign(loaded as object, { generation: 9 })).toThrow(TypeError)
  })

  test('is deleted with those of every version of its stream, and of no other', async () => {
    await store.save(stream, snapshot(1, 5))
    await store.save(stream, snapshot(2, 5))
    await store.save(other, snapshot(1, 5))
    await store.delete(stream)
    expect(await store.load(stream, 1)).toBeUndefined()
    expect(await store.load(stream, 2)).toBeUndefined()
    expect(await store.load(other, 1)).toEqual(snapshot(1, 5))
  })
})
