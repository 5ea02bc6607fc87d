import { describe, expect, test } from '@jest/globals'
import { type DomainEvent } from '@eventmill/core'
import { type Claim, type ProjectionStore, type SwitchGoal, type VersionId } from '@eventmill/projections'
import { eventually } from './fixtures.ts'

/** A store whose handlers write words. */
export interface StoreOfWords<Target> {
  readonly store: ProjectionStore<Target>
  readonly write: (target: Target, word: string) => Promise<void>
  /** What is written, in order. */
  readonly read: () => Promise<readonly string[]>
}

export interface StoreRules<Target> {
  /** A fresh one. */
  readonly create: () => Promise<StoreOfWords<Target>>
  /** Whether it undoes what a handler wrote before it failed. */
  readonly undoes: boolean
  /** Whether anything can be done in it while handlers run. */
  readonly concurrent: boolean
}

const LONG = 60_000
const none = async () => undefined
const NO_HOOKS = { create: async () => undefined, serve: async () => undefined }
/** With everything that the one that serves has. */
const goal = (atLeast: number): SwitchGoal => ({ atLeast, lost: [] })
const v1: VersionId = { name: 'words', version: 1 }
const v2: VersionId = { name: 'words', version: 2 }

/** What every store of projections must do. */
export function projectionStoreRules<Target>(
  name: string,
  { create, undoes, concurrent }: StoreRules<Target>,
): void {
  describe(name, () => {
    test('makes a version once, however many begin with it, and lets the first one serve', async () => {
      const { store, write, read } = await create()
      const hooks = {
        create: (target: Target) => write(target, 'created'),
        serve: (target: Target) => write(target, 'served'),
      }
      const prepare = () => store.prepare(v1, [0, 0], hooks)
      await Promise.all([prepare(), prepare(), prepare(), prepare(), prepare()])
      await store.prepare(v2, [0], { ...hooks, create: none })
      expect(await read()).toEqual(['created', 'served'])
      expect(await store.states(['words', 'others'])).toEqual([
        {
          ...v1,
          serving: true,
          parked: 0,
          checkpoints: [0, 1].map((partition) => ({ ...v1, partition, position: 0, owner: undefined })),
        },
        {
          ...v2,
          serving: false,
          parked: 0,
          checkpoints: [{ ...v2, partition: 0, position: 0, owner: undefined }],
        },
      ])
      expect(await store.states(['others'])).toEqual([])
    })

    test('refuses a version with another number of partitions than it was made with', async () => {
      const { store } = await create()
      await store.prepare(v1, [0, 0], NO_HOOKS)
      await expect(store.prepare(v1, [0, 0, 0], NO_HOOKS)).rejects.toMatchObject({
        code: 'ARGUMENT_INVALID',
      })
    })

    test('makes nothing where making it fails', async () => {
      const { store } = await create()
      const failing = () => Promise.reject(new Error('no room'))
      await expect(store.prepare(v1, [0], { create: failing, serve: none })).rejects.toThrow('no room')
      await expect(store.prepare(v1, [0], { create: none, serve: failing })).rejects.toThrow('no room')
      expect(await store.states(['words'])).toEqual([])
    })

    test('gives a partition to one runner, which keeps it as long as it asks', async () => {
      const { store } = await create()
      await store.prepare(v1, [0], NO_HOOKS)
      const claim = { ...v1, partition: 0, epoch: 1, position: 0 }
      expect(await store.claim('a', [v1], LONG)).toEqual([claim])
      expect(await store.claim('b', [v1], LONG)).toEqual([])
      expect(await store.claim('a', [v1], LONG)).toEqual([claim])
      expect(await store.states(['words'])).toMatchObject([{ checkpoints: [{ owner: 'a' }] }])
    })

    test('gives it to another one when its lease is over, and to the first no more', async () => {
      const { store } = await create()
      await store.prepare(v1, [0], NO_HOOKS)
      await store.claim('a', [v1], 1)
      await eventually(async () => (await store.claim('b', [v1], LONG)).length === 1)
      expect(await store.claim('b', [v1], LONG)).toMatchObject([{ epoch: 2 }])
      expect(await store.claim('a', [v1], LONG)).toEqual([])
    })

    test('gives what is left to another one at once', async () => {
      const { store } = await create()
      await store.prepare(v1, [0], NO_HOOKS)
      await store.claim('a', [v1], LONG)
      await store.leave('b')
      expect(await store.claim('b', [v1], LONG)).toEqual([])
      await store.leave('a', v2)
      expect(await store.claim('b', [v1], LONG)).toEqual([])
      await store.leave('a', v1)
      expect(await store.claim('b', [v1], LONG)).toMatchObject([{ epoch: 2 }])
      expect(await store.states(['words'])).toMatchObject([{ checkpoints: [{ owner: 'b' }] }])
    })

    test('shares the partitions of each version among those who ask', async () => {
      const { store } = await create()
      await store.prepare(v1, [0, 0, 0, 0, 0], NO_HOOKS)
      await store.prepare(v2, [0], NO_HOOKS)
      expect(await store.claim('a', [v1, v2], LONG)).toHaveLength(6)
      expect(await store.claim('b', [v1], LONG)).toEqual([])
      const kept = await store.claim('a', [v1, v2], LONG)
      const given = await store.claim('b', [v1], LONG)
      const count = (claims: readonly Claim[], version: number) =>
        claims.filter((claim) => claim.version === version).length
      expect([count(kept, 1), count(given, 1), count(kept, 2)]).toEqual([3, 2, 1])
      const partitions = [...kept, ...given]
        .filter(({ version }) => version === 1)
        .map(({ partition }) => partition)
      expect(partitions.sort()).toEqual([0, 1, 2, 3, 4])
    })

    test('leaves a partition with who has it when another one joins, whoever that is', async () => {
      const { store } = await create()
      await store.prepare(v1, [0], NO_HOOKS)
      expect(await store.claim('m', [v1], LONG)).toHaveLength(1)
      for (const other of ['a', 'z']) {
        expect(await store.claim(other, [v1], LONG)).toEqual([])
        expect(await store.claim('m', [v1], LONG)).toMatchObject([{ epoch: 1 }])
      }
    })

    test('shares so that none has two more than another, however many there are', async () => {
      const { store } = await create()
      await store.prepare(v1, [0, 0, 0, 0], NO_HOOKS)
      const runners = ['a', 'b', 'c']
      for (let times = 0; times < 3; times++) {
        for (const runner of runners) await store.claim(runner, [v1], LONG)
      }
      const claims = await Promise.all(runners.map((runner) => store.claim(runner, [v1], LONG)))
      expect(claims.map(({ length }) => length).sort()).toEqual([1, 1, 2])
      await store.leave('a')
      for (const runner of ['b', 'c', 'b', 'c']) await store.claim(runner, [v1], LONG)
      expect(await store.claim('b', [v1], LONG)).toHaveLength(2)
      expect(await store.claim('c', [v1], LONG)).toHaveLength(2)
    })

    test('keeps a claim whose lease is over, unless somebody has taken over', async () => {
      const { store } = await create()
      await store.prepare(v1, [0], NO_HOOKS)
      await store.claim('a', [v1], 1)
      await new Promise((resolve) => setTimeout(resolve, 5))
      expect(await store.claim('a', [v1], LONG)).toMatchObject([{ epoch: 1 }])
    })

    test('of two who claim at once gives to one', async () => {
      const { store } = await create()
      await store.prepare(v1, [0], NO_HOOKS)
      const claims = await Promise.all(['a', 'b', 'c', 'd'].map((runner) => store.claim(runner, [v1], LONG)))
      expect(claims.flat()).toHaveLength(1)
    })

    test('moves the checkpoint with what is written', async () => {
      const { store, write, read } = await create()
      const claim = await claimed(store)
      await store.commit(claim, 7, ({ target }) => write(target, 'seven'))
      expect(await read()).toEqual(['seven'])
      expect(await positions(store)).toEqual([7])
      expect(await store.claim('a', [v1], LONG)).toMatchObject([{ epoch: 1, position: 7 }])
    })

    test('does neither where a handler fails, and passes its error on unchanged', async () => {
      const { store, write, read } = await create()
      const claim = await claimed(store)
      const failure = new Error('mine')
      const failing = store.commit(claim, 7, async ({ target }) => {
        await write(target, 'seven')
        throw failure
      })
      await expect(failing).rejects.toBe(failure)
      expect(await positions(store)).toEqual([0])
      if (undoes) expect(await read()).toEqual([])
    })

    test('writes nothing for who has lost the claim', async () => {
      const { store, write, read } = await create()
      const old = await claimed(store)
      await store.leave('a')
      await store.claim('b', [v1], LONG)
      const lost = store.commit(old, 7, ({ target }) => write(target, 'seven'))
      await expect(lost).rejects.toMatchObject({
        code: 'CLAIM_LOST',
        projection: 'words',
        version: 1,
        partition: 0,
      })
      expect([await positions(store), await read()]).toEqual([[0], []])
    })

    const lost = 'writes nothing for who loses the claim while its handlers run'
    const skipped = `${lost} (skipped: nothing can be done in it meanwhile)`
    ;(concurrent ? test : test.skip)(concurrent ? lost : skipped, async () => {
      const { store, write, read } = await create()
      const old = await claimed(store)
      const lost = store.commit(old, 7, async ({ target }) => {
        await write(target, 'seven')
        await store.leave('a')
        await store.claim('b', [v1], LONG)
      })
      await expect(lost).rejects.toMatchObject({ code: 'CLAIM_LOST' })
      expect(await positions(store)).toEqual([0])
      if (undoes) expect(await read()).toEqual([])
    })

    test('takes a handler that fails on what was written already for one that has lost its claim', async () => {
      const { store, write, read } = await create()
      const claim = await claimed(store)
      await store.commit(claim, 1, ({ target }) => write(target, 'one'))
      const again = store.commit(claim, 1, () => Promise.reject(new Error('one is there already')))
      await expect(again).rejects.toMatchObject({ code: 'CLAIM_LOST' })
      expect(await read()).toEqual(['one'])
    })

    test('writes nothing twice from the same checkpoint', async () => {
      const { store, write, read } = await create()
      const claim = await claimed(store)
      await store.commit(claim, 7, ({ target }) => write(target, 'seven'))
      const again = store.commit(claim, 8, ({ target }) => write(target, 'eight'))
      await expect(again).rejects.toMatchObject({ code: 'CLAIM_LOST' })
      expect(await positions(store)).toEqual([7])
      if (undoes) expect(await read()).toEqual(['seven'])
    })

    test('puts events aside, lists them in their order, and knows their streams', async () => {
      const { store } = await create()
      const claim = await claimed(store)
      await store.commit(claim, 9, async ({ park }) => {
        await park(eventAt(5, 'x'), 'why\0not')
        await park(eventAt(3, 'y'), 'because')
      })
      const parked = await store.parked(v1, 10)
      expect(parked).toEqual([
        expect.objectContaining({
          ...v1,
          partition: 0,
          position: 3,
          sequence: 3,
          type: 'Said',
          error: 'because',
        }),
        expect.objectContaining({ position: 5, stream: { aggregateType: 'Word', aggregateId: 'x' } }),
      ])
      expect(parked[1]?.error).toMatch(/^why\0?not$/)
      expect(Math.abs(Date.parse(parked[0]?.time ?? '') - Date.now())).toBeLessThan(60_000)
      expect(await store.parked(v1, 1)).toEqual(parked.slice(0, 1))
      expect(await store.parked(v1, 10, 3)).toEqual(parked.slice(1))
      expect(await store.parked(v2, 10)).toEqual([])
      expect(await store.states(['words'])).toMatchObject([{ parked: 2 }])
      const streams: string[] = []
      await store.commit({ ...claim, position: 9 }, 10, async ({ parkedStreams }) => {
        streams.push(...(await parkedStreams([eventAt(6, 'x'), eventAt(7, 'x'), eventAt(8, 'z')])))
      })
      expect(streams).toEqual(['Word\0x'])
    })

    test('takes back what was put aside with what is written', async () => {
      const { store, write, read } = await create()
      await store.commit(await claimed(store), 9, ({ park }) => park(eventAt(5, 'x'), 'why'))
      const [parked] = await store.parked(v1, 10)
      if (parked === undefined) throw new Error('nothing is parked')
      await expect(store.unpark(parked, () => Promise.reject(new Error('again')))).rejects.toThrow('again')
      expect(await store.parked(v1, 10)).toEqual([parked])
      expect(await store.unpark(parked, (target) => write(target, 'five'))).toBe(true)
      expect(await store.unpark(parked, (target) => write(target, 'five again'))).toBe(false)
      expect([await store.parked(v1, 10), await read()]).toEqual([[], ['five']])
    })

    test('lets a new version serve when it has got to where the old one is, and not before', async () => {
      const { store, write, read } = await create()
      const old = await claimed(store)
      await store.commit(old, 7, none)
      await store.prepare(v2, [0], NO_HOOKS)
      const [next] = await store.claim('b', [v2], LONG)
      if (next === undefined) throw new Error('nothing is claimed')
      const serve = (atLeast: number) => store.serve(v2, goal(atLeast), (target) => write(target, 'served'))
      expect(await serve(0)).toBe('behind')
      await store.commit(next, 8, none)
      expect(await serve(9)).toBe('behind')
      expect(await serve(8)).toBe('switched')
      expect(await serve(8)).toBe('served before')
      expect(await store.serve(v1, goal(0), none)).toBe('served before')
      expect(await read()).toEqual(['served'])
      expect(await store.states(['words'])).toMatchObject([{ serving: false }, { serving: true }])
    }, 20_000)

    test('waits for no checkpoint that is lost, as long as it does not move', async () => {
      const { store } = await create()
      const old = await claimed(store)
      await store.commit(old, 7, none)
      const lost = (await store.states(['words'])).flatMap(({ checkpoints }) => checkpoints)
      await store.prepare(v2, [0], NO_HOOKS)
      const [next] = await store.claim('b', [v2], LONG)
      if (next === undefined) throw new Error('nothing is claimed')
      await store.commit(next, 5, none)
      expect(await store.serve(v2, { atLeast: 6, lost }, none)).toBe('behind')
      await store.commit({ ...old, position: 7 }, 8, none)
      expect(await store.serve(v2, { atLeast: 5, lost }, none)).toBe('behind')
      const moved = (await store.states(['words'])).flatMap(({ checkpoints }) => checkpoints)
      expect(await store.serve(v2, { atLeast: 5, lost: moved }, none)).toBe('switched')
    })

    test('lets no version serve that has parked events', async () => {
      const { store } = await create()
      await claimed(store)
      await store.prepare(v2, [0], NO_HOOKS)
      const [next] = await store.claim('b', [v2], LONG)
      if (next === undefined) throw new Error('nothing is claimed')
      await store.commit(next, 8, ({ park }) => park(eventAt(5, 'x'), 'why'))
      expect(await store.serve(v2, goal(8), none)).toBe('parked')
      const [parked] = await store.parked(v2, 10)
      if (parked === undefined) throw new Error('nothing is parked')
      await store.unpark(parked, none)
      expect(await store.serve(v2, goal(8), none)).toBe('switched')
    })

    test('lets no version serve that is not there', async () => {
      const { store } = await create()
      await claimed(store)
      expect(await store.serve(v2, goal(0), none)).toBe('behind')
      expect(await store.states(['words'])).toMatchObject([{ version: 1, serving: true }])
    })

    if (concurrent) {
      test('removes no version that somebody begins with meanwhile', async () => {
        const { store } = await create()
        await claimed(store)
        await store.prepare(v2, [0], NO_HOOKS)
        const begin = async () => {
          await store.claim('b', [v2], LONG)
        }
        await expect(store.drop(v2, false, begin)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
        expect(await store.states(['words'])).toHaveLength(2)
      })
    }

    test('begins a version where it is told', async () => {
      const { store } = await create()
      await store.prepare(v1, [7, 9], NO_HOOKS)
      expect(await positions(store)).toEqual([7, 9])
      expect(await store.claim('a', [v1], LONG)).toMatchObject([{ position: 7 }, { position: 9 }])
    })

    test('retires a projection with the version that serves, and with nothing else', async () => {
      const { store, write, read } = await create()
      await claimed(store)
      const retire = () => store.drop(v1, true, (target) => write(target, 'retired'))
      await expect(retire()).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
      await store.leave('a')
      await expect(store.drop(v1, false, none)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
      await store.prepare(v2, [0], NO_HOOKS)
      await expect(retire()).rejects.toThrow('first drop those beside version 1')
      await store.drop(v2, false, none)
      await retire()
      expect(await store.states(['words'])).toEqual([])
      expect(await read()).toEqual(['retired'])
      await store.prepare(v1, [0], NO_HOOKS)
      expect(await store.states(['words'])).toMatchObject([{ version: 1, serving: true }])
    })

    test('makes no version again that was dropped for a newer one', async () => {
      const { store } = await create()
      await store.prepare(v2, [0], NO_HOOKS)
      await expect(store.prepare(v1, [0], NO_HOOKS)).rejects.toMatchObject({
        code: 'ARGUMENT_INVALID',
      })
      expect(await store.states(['words'])).toMatchObject([{ version: 2 }])
    })

    test('leaves the old version serving where the switch fails', async () => {
      const { store } = await create()
      await claimed(store)
      await store.prepare(v2, [0], NO_HOOKS)
      await expect(store.serve(v2, goal(0), () => Promise.reject(new Error('no view')))).rejects.toThrow(
        'no view',
      )
      expect(await store.states(['words'])).toMatchObject([{ serving: true }, { serving: false }])
    })

    test('removes a version that does not serve, and whoever works on it writes nothing more', async () => {
      const { store, write, read } = await create()
      await claimed(store)
      await store.prepare(v2, [0], NO_HOOKS)
      const [claim] = await store.claim('b', [v2], LONG)
      if (claim === undefined) throw new Error('nothing is claimed')
      await store.commit(claim, 5, ({ park }) => park(eventAt(5, 'x'), 'why'))
      await expect(store.drop(v2, false, none)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
      // It is heard of for the last time.
      await store.claim('b', [v2], 1)
      await eventually(async () => (await store.states(['words']))[1]?.checkpoints[0]?.owner === undefined)
      await store.drop(v2, false, (target) => write(target, 'dropped'))
      await store.drop(v2, false, (target) => write(target, 'dropped again'))
      const late = store.commit({ ...claim, position: 5 }, 6, ({ target }) => write(target, 'late'))
      await expect(late).rejects.toMatchObject({ code: 'CLAIM_LOST' })
      expect(await read()).toEqual(['dropped'])
      expect(await store.parked(v2, 10)).toEqual([])
      await expect(store.drop(v1, false, none)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
      expect(await store.states(['words'])).toMatchObject([{ version: 1 }])
    })
  })
}

async function claimed<Target>(store: ProjectionStore<Target>): Promise<Claim> {
  await store.prepare(v1, [0], NO_HOOKS)
  const [claim] = await store.claim('a', [v1], LONG)
  if (claim === undefined) throw new Error('nothing is claimed')
  return claim
}

async function positions<Target>(store: ProjectionStore<Target>): Promise<readonly number[]> {
  const states = await store.states(['words'])
  return states.flatMap(({ checkpoints }) => checkpoints.map(({ position }) => position))
}

function eventAt(position: number, aggregateId: string): DomainEvent {
  return {
    source: 'urn:x:words',
    type: 'Said',
    version: 1,
    data: {},
    metadata: {},
    id: `${position}`,
    aggregateType: 'Word',
    aggregateId,
    sequence: position,
    position,
    time: '2026-01-31T12:00:00.000Z',
  }
}
