import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { hasCode } from '@eventmill/core'
import { InMemoryProjectionStore, Projections } from '@eventmill/projections'
import { InMemoryStore } from '@eventmill/store-memory'
import { wrappedStore } from '../../core/test/fixtures/wrapped-store.ts'
import {
  accountEvents,
  append,
  Balances,
  balances,
  deposits,
  eventually,
  Log,
  Running,
  unreachable,
} from './fixtures.ts'

const running = new Running()

afterEach(() => running.stopAll())

describe('a projection', () => {
  test('handles what is stored, and then what arrives, in order', async () => {
    const { store, readSide, read } = await given(3)
    const projections = await running.start(store, readSide, [balances()])
    await append(store, 'DE1', accountEvents.Closed(), accountEvents.Withdrawn({ cents: 1 }))
    const position = await append(store, 'DE2', ...deposits(1))
    await projections.waitFor(balances(), position)
    expect(read.positions).toEqual([1, 2, 3, 5, 6])
    expect([...read.cents]).toEqual([
      ['DE1', 2],
      ['DE2', 1],
    ])
  })

  test('is asked for, and not left out', async () => {
    const { store, readSide } = await given(1)
    const projections = await running.start(store, readSide, [balances()])
    await expect(projections.waitFor(undefined as never, 1)).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      argument: 'projection',
    })
  })

  test('goes on where it was when it is started again', async () => {
    const { store, readSide, read } = await given(3)
    const first = await running.start(store, readSide, [balances()])
    await first.waitFor(balances(), 3)
    await first.stop()
    const position = await append(store, 'DE1', ...deposits(1))
    const second = await running.start(store, readSide, [balances()])
    await second.waitFor(balances(), position)
    expect(read.positions).toEqual([1, 2, 3, 4])
  })

  test('is live at once where nothing is left, also where nothing ever was', async () => {
    for (const count of [3, 0]) {
      const { store, readSide } = await given(count)
      const first = await running.start(store, readSide, [balances()])
      await first.waitFor(balances(), count)
      await first.stop()
      const second = await running.start(store, readSide, [balances()])
      await eventually(async () => (await second.status())[0]?.state === 'live')
    }
  })

  test('is live as long as it is within a batch of the head, and catching up where it is further behind', async () => {
    const { store, readSide } = await given(1)
    const { held, proceed } = hold()
    const slow = balances({ before: ({ position }) => (position > 1 ? held : undefined) })
    const projections = await running.start(store, readSide, [slow], { batchSize: 10 })
    const state = async () => (await projections.status())[0]?.state
    await eventually(async () => (await state()) === 'live')
    await append(store, 'DE1', ...deposits(10))
    expect(await state()).toBe('live')
    await append(store, 'DE1', ...deposits(1))
    expect(await state()).toBe('catching up')
    proceed()
    await eventually(async () => (await state()) === 'live')
  })

  test('is live again when its store can be read again', async () => {
    const { store, readSide } = await given(3)
    const log = new Log()
    let failures = 2
    const lost = wrappedStore(store, {
      head: () => (failures-- > 0 ? Promise.reject(unreachable()) : store.head()),
    })
    const projections = await running.start(lost, readSide, [balances()], { onHappening: log.add })
    await log.until('retrying', 2)
    await eventually(async () => (await projections.status())[0]?.state === 'live')
  })

  test('asks for nothing but its claims while nothing happens', async () => {
    const { store, readSide } = await given(3)
    const asked = { claims: 0, others: 0 }
    const counted = <Args extends unknown[], Result>(work: (...args: Args) => Result) => {
      return (...args: Args) => {
        asked.others += 1
        return work(...args)
      }
    }
    const claim = readSide.claim.bind(readSide)
    Object.assign(readSide, {
      claim: (...args: Parameters<typeof claim>) => {
        asked.claims += 1
        return claim(...args)
      },
      commit: counted(readSide.commit.bind(readSide)),
      states: counted(readSide.states.bind(readSide)),
    })
    const quiet = wrappedStore(store, {
      head: counted(() => store.head()),
      readAll: counted((options) => store.readAll(options)),
      waitForAppend: counted(store.waitForAppend.bind(store)),
    })
    const partitioned = balances({ partitions: 3 })
    const projections = await running.start(quiet, readSide, [partitioned], { lease: 100 })
    await projections.waitFor(partitioned, 3)
    const { claims } = asked
    await eventually(() => asked.claims >= claims + 3)
    asked.others = 0
    await eventually(() => asked.claims >= claims + 13)
    expect(asked.others).toBe(0)
  })

  test('tells how long the rest will take, of all events and not only of those that it handles', async () => {
    const { store, readSide } = await given(0)
    for (let n = 0; n < 200; n++) {
      await append(
        store,
        `DE${n}`,
        ...Array.from({ length: 9 }, () => accountEvents.Closed()),
        ...deposits(1),
      )
    }
    const { held, proceed } = hold()
    const slow = balances({ before: ({ position }) => (position > 1_000 ? held : new Promise(setImmediate)) })
    const start = performance.now()
    const projections = await running.start(store, readSide, [slow], { batchSize: 10 })
    await projections.waitFor(slow, 900)
    const [status] = await projections.status()
    const passed = (performance.now() - start) / 1_000
    // About as long again as the half before has taken, or less.
    expect(status?.secondsLeft).toBeLessThan(3 * passed)
    expect(status?.secondsLeft).toBeGreaterThan(0)
    proceed()
  })

  test('finishes the batch in hand before it stops', async () => {
    const { store, readSide, read } = await given(3)
    let begun = false
    const { held, proceed } = hold()
    const slow = balances({
      before: async ({ position }) => {
        begun = true
        if (position === 2) await held
      },
    })
    const undoing = Object.assign(readSide, { undoes: true })
    const projections = await running.start(store, undoing, [slow])
    await eventually(() => begun)
    const stopped = projections.stop()
    proceed()
    await stopped
    expect(read.positions).toEqual([1, 2, 3])
    expect(await readSide.states(['balances'])).toMatchObject([
      { checkpoints: [{ position: 3, owner: undefined }] },
    ])
  })

  test('moves its checkpoint over events that do not matter', async () => {
    const { store, readSide } = await given(0)
    await running.start(store, readSide, [balances()])
    await append(store, 'DE1', accountEvents.Closed())
    await eventually(async () => (await readSide.states(['balances']))[0]?.checkpoints[0]?.position === 1)
  })

  test('that has seen more than its store has fails', async () => {
    const { store, readSide } = await given(3)
    const first = await running.start(store, readSide, [balances()])
    await first.waitFor(balances(), 3)
    await first.stop()
    const second = await running.start(new InMemoryStore(), readSide, [balances()])
    const ahead = { code: 'CHECKPOINT_AHEAD', after: 3, head: 0 }
    await expect(second.finished()).rejects.toMatchObject(ahead)
    await second.stop()
    expect(await second.status()).toMatchObject([{ state: 'failed', error: ahead, position: 3, head: 0 }])
  })

  test('with as many partitions as when it was made', async () => {
    const { store, readSide } = await given(0)
    await running.start(store, readSide, [balances({ partitions: 2 })])
    const other = new Projections(store, { into: readSide, projections: [balances({ partitions: 3 })] })
    await expect(other.start()).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      argument: 'definition.partitions',
    })
  })
})

describe('a lost connection', () => {
  test('is no longer told of once the checkpoint has moved', async () => {
    const { store, readSide } = await given(3)
    const log = new Log()
    const commit = readSide.commit.bind(readSide)
    let failures = 1
    const projections = await running.start(store, readSide, [balances()], { onHappening: log.add })
    await projections.waitFor(balances(), 3)
    readSide.commit = (...args) => (failures-- > 0 ? Promise.reject(unreachable()) : commit(...args))
    // Only the checkpoint moves: the event does not matter.
    await append(store, 'DE1', accountEvents.Closed())
    await log.until('retrying')
    await eventually(async () => (await projections.status())[0]?.state === 'live')
  })

  test('to what it writes to is waited out', async () => {
    const { store, readSide, read } = await given(3)
    const log = new Log()
    let failures = 3
    const commit = readSide.commit.bind(readSide)
    readSide.commit = (...work) => (failures-- > 0 ? Promise.reject(unreachable()) : commit(...work))
    const projections = await running.start(store, readSide, [balances()], { onHappening: log.add })
    await projections.waitFor(balances(), 3)
    expect(read.positions).toEqual([1, 2, 3])
    expect(log.of('retrying').map(({ error }) => error)).toEqual([
      unreachable(),
      unreachable(),
      unreachable(),
    ])
  })

  test('whose answer alone was lost leads to nothing twice', async () => {
    const { store, readSide, read } = await given(3)
    let failures = 1
    const commit = readSide.commit.bind(readSide)
    readSide.commit = async (...work) => {
      await commit(...work)
      if (failures-- > 0) throw unreachable()
    }
    const projections = await running.start(store, readSide, [balances()])
    await projections.waitFor(balances(), 3)
    expect(read.positions).toEqual([1, 2, 3])
  })

  test('to the leases is told, and does not end it', async () => {
    const { store, readSide, read } = await given(0)
    const log = new Log()
    const projections = await running.start(store, readSide, [balances()], { onHappening: log.add })
    const claim = readSide.claim.bind(readSide)
    let failures = 2
    readSide.claim = (...asked) => (failures-- > 0 ? Promise.reject(unreachable()) : claim(...asked))
    await log.until('unreachable', 2)
    const position = await append(store, 'DE1', ...deposits(1))
    await projections.waitFor(balances(), position)
    expect(read.positions).toEqual([1])
  })
})

describe('an event that a handler cannot take', () => {
  test('is tried again, and then it is told why the projection stopped', async () => {
    const { store, readSide, read } = await given(4)
    const log = new Log()
    const failing = balances({ onFailure: { retries: 1 }, before: poison(3) })
    const projections = await running.start(store, readSide, [failing], { onHappening: log.add })
    const error = {
      code: 'PROJECTION_FAILED',
      projection: 'balances',
      version: 1,
      position: 3,
      cause: new Error('poison'),
    }
    await expect(projections.finished()).rejects.toMatchObject(error)
    await expect(projections.waitFor(failing, 4)).rejects.toMatchObject(error)
    expect(await projections.status()).toMatchObject([{ state: 'failed', error, position: 2 }])
    expect(log.of('retrying')).toHaveLength(1)
    expect(log.of('failed')).toMatchObject([{ error }])
    expect(read.positions.filter((position) => position >= 3)).toEqual([])
  })

  test('is told on the console where nobody else is told', async () => {
    const { store, readSide } = await given(1)
    const failing = balances({ onFailure: { retries: 0 }, before: poison(1) })
    const print = jest.spyOn(console, 'error').mockImplementation(() => undefined)
    const projections = new Projections(store, { into: readSide, projections: [failing] })
    await projections.start()
    await expect(projections.finished()).rejects.toMatchObject({ code: 'PROJECTION_FAILED' })
    await projections.stop()
    expect(print.mock.calls).toEqual([[expect.objectContaining({ code: 'PROJECTION_FAILED' })]])
    print.mockRestore()
  })

  test('that takes long is handled with fewer others at once', async () => {
    const { store, readSide } = await given(200)
    let now = performance.now()
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now)
    // Only where what was written is undone, several are handled at once.
    const undoing = Object.assign(readSide, { undoes: true })
    const slow = balances({ before: ({ position }) => void (now += position <= 100 ? 100 : 0) })
    const log = new Log()
    const projections = await running.start(store, undoing, [slow], { onHappening: log.add, lease: 60_000 })
    await projections.waitFor(slow, 200)
    clock.mockRestore()
    const sizes = log.of('projected').map(({ events }) => events)
    expect(sizes.slice(0, 4)).toEqual([16, 8, 8, 8])
    expect(sizes.at(-2)).toBeGreaterThan(16)
  })

  test('waits for its turn without being handled with fewer others', async () => {
    const { store, readSide } = await given(200)
    let now = performance.now()
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now)
    const commit = readSide.commit.bind(readSide)
    const waiting = Object.assign(readSide, {
      undoes: true,
      commit: (...work: Parameters<typeof commit>) => {
        now += 5_000
        return commit(...work)
      },
    })
    const log = new Log()
    const projections = await running.start(store, waiting, [balances()], {
      onHappening: log.add,
      lease: 10_000_000,
    })
    await projections.waitFor(balances(), 200)
    clock.mockRestore()
    expect(log.of('projected').map(({ events }) => events)).toEqual([16, 32, 64, 88])
  })

  test('leaves those before it counted once, also where nothing is undone', async () => {
    const { store, readSide, read } = await given(20)
    const skipping = balances({ onFailure: { retries: 1, then: 'skip' }, before: poison(15) })
    const projections = await running.start(store, readSide, [skipping])
    await projections.waitFor(skipping, 20)
    expect(read.positions).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1).filter((one) => one !== 15),
    )
  })

  test('does not stop its neighbours', async () => {
    const { store, readSide } = await given(4)
    const failing = { ...balances({ onFailure: { retries: 0 }, before: poison(1) }), name: 'failing' }
    const projections = await running.start(store, readSide, [failing, balances()])
    await projections.waitFor(balances(), 4)
    const position = await append(store, 'DE1', ...deposits(1))
    await projections.waitFor(balances(), position)
    await expect(projections.finished()).rejects.toMatchObject({ projection: 'failing' })
  })

  test('is one whose handler cannot reach something of its own', async () => {
    const { store, readSide } = await given(2)
    const failing = balances({
      onFailure: { retries: 0, then: 'skip' },
      before: ({ position }) => {
        if (position === 1) throw unreachable()
      },
    })
    const projections = await running.start(store, readSide, [failing])
    await projections.waitFor(failing, 2)
    expect((await projections.status())[0]).toMatchObject({ state: 'live', position: 2 })
  })

  test('is tried for ever where it is to wait for another system', async () => {
    expect(balances({ onFailure: { retries: Infinity } }).onFailure.retries).toBe(Infinity)
    expect(() => balances({ onFailure: { retries: NaN } })).toThrow('onFailure.retries')
  })

  test('is skipped where it may be', async () => {
    const { store, readSide } = await given(4)
    const log = new Log()
    const skipping = balances({ onFailure: { retries: 0, then: 'skip' }, before: poison(3) })
    const projections = await running.start(store, readSide, [skipping], { onHappening: log.add })
    await projections.waitFor(skipping, 4)
    expect(log.of('skipped')).toMatchObject([{ event: { position: 3 }, error: new Error('poison') }])
    expect(await projections.parked(skipping)).toEqual([])
  })

  test('is parked where it may be, and can be handled again', async () => {
    const { store, readSide, read } = await given(4)
    let poisonous = true
    const parking = balances({
      onFailure: { retries: 0, then: 'park' },
      before: (event) => {
        if (poisonous) poison(3)(event)
      },
    })
    const projections = await running.start(store, readSide, [parking])
    await projections.waitFor(parking, 4)
    const stream = { aggregateType: 'Account', aggregateId: 'DE1' }
    expect(await projections.parked(parking)).toMatchObject([
      { stream, sequence: 3, position: 3, type: 'Deposited', error: 'poison' },
    ])
    expect(await projections.status()).toMatchObject([{ parked: 1, state: 'live' }])
    expect((await projections.retryParked(parking)).errors).toEqual(new Map([[3, new Error('poison')]]))
    poisonous = false
    expect(await projections.retryParked(parking)).toEqual({ handled: 1, errors: new Map() })
    expect(await projections.parked(parking)).toEqual([])
    expect(read.positions.filter((position) => position === 3)).toEqual([3])
  })

  test('that is parked can be given up', async () => {
    const { store, readSide } = await given(1)
    const parking = balances({ onFailure: { retries: 0, then: 'park' }, before: poison(1) })
    const projections = await running.start(store, readSide, [parking])
    await projections.waitFor(parking, 1)
    const [event] = await projections.parked(parking)
    if (event === undefined) throw new Error('nothing is parked')
    expect([await projections.dropParked(event), await projections.dropParked(event)]).toEqual([true, false])
  })

  test('holds back those of its aggregate after it, and them alone, where it is wanted', async () => {
    const { store, readSide, read } = await given(0)
    let poisonous = true
    const parking = balances({
      onFailure: { retries: 0, then: 'park', holdBack: true },
      before: (event) => {
        if (poisonous) poison(1)(event)
      },
    })
    const projections = await running.start(store, readSide, [parking])
    await append(store, 'DE1', ...deposits(2))
    await append(store, 'DE2', ...deposits(1))
    const position = await append(store, 'DE1', ...deposits(1))
    await projections.waitFor(parking, position)
    const parked = await projections.parked(parking)
    expect(parked.map((event) => event.position)).toEqual([1, 2, 4])
    expect(parked[2]?.error).toContain('held back')
    expect([...read.cents]).toEqual([['DE2', 1]])
    expect((await projections.retryParked(parking)).errors.size).toBe(1)
    poisonous = false
    expect(await projections.retryParked(parking)).toMatchObject({ handled: 3 })
    expect(read.positions.slice(-3)).toEqual([1, 2, 4])
  })

  test('is one that no schema can read, which is not tried twice', async () => {
    const { store, readSide } = await given(1)
    await append(store, 'DE1', { ...accountEvents.Deposited({ cents: 1 }), version: 9 }, ...deposits(1))
    const log = new Log()
    const skipping = balances({ onFailure: { retries: 5, then: 'skip' } })
    const projections = await running.start(store, readSide, [skipping], { onHappening: log.add })
    await projections.waitFor(skipping, 3)
    expect(log.of('retrying')).toEqual([])
    expect(log.of('skipped').map(({ error }) => hasCode(error, 'EVENT_UNREADABLE'))).toEqual([true])
  })
})

describe('a projection that is stopped', () => {
  test.each([1, 2, 500])(
    'while an event is tried again leaves nothing out, with %d in a batch',
    async (batchSize) => {
      const { store, readSide, read } = await given(3)
      let broken = true
      const projection = balances({
        before: ({ position }) => {
          if (broken && position === 1) throw new Error('not yet')
        },
      })
      const log = new Log()
      const first = await running.start(store, readSide, [projection], { batchSize, onHappening: log.add })
      await log.until('retrying')
      await first.stop()
      broken = false
      const second = await running.start(store, readSide, [projection], { batchSize })
      await second.waitFor(projection, 3)
      expect(read.positions).toEqual([1, 2, 3])
    },
  )

  test('as it could not start has not finished', async () => {
    const { store, readSide } = await given(1)
    const create = () => Promise.reject(new Error('no table'))
    const projections = new Projections(store, { into: readSide, projections: [{ ...balances(), create }] })
    await expect(projections.start()).rejects.toThrow('no table')
    await expect(projections.finished()).rejects.toThrow('no table')
  })

  test('while it starts does not go on', async () => {
    const { store, readSide } = await given(3)
    const log = new Log()
    const projections = new Projections(store, {
      into: readSide,
      projections: [balances()],
      onHappening: log.add,
    })
    const started = projections.start()
    await projections.stop()
    await started
    await append(store, 'DE1', ...deposits(1))
    await new Promise(setImmediate)
    expect(log.of('claimed')).toHaveLength(log.of('released').length)
  })

  test('has finished; one that was never started cannot have', async () => {
    const { store, readSide } = await given(0)
    const projections = new Projections(store, { into: readSide, projections: [balances()] })
    await expect(projections.finished()).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await projections.start()
    const finished = projections.finished()
    await projections.stop()
    await finished
    await projections.finished()
  })
})

describe('of several runners', () => {
  test('one works, and another takes over when it stops', async () => {
    const { store, readSide, read } = await given(3)
    const first = await running.start(store, readSide, [balances()])
    const second = await running.start(store, readSide, [balances()])
    await first.waitFor(balances(), 3)
    expect((await second.status())[0]).toMatchObject({
      state: 'standby',
      partitions: [{ heldBy: 'another' }],
    })
    await first.stop()
    const position = await append(store, 'DE1', ...deposits(1))
    await second.waitFor(balances(), position)
    expect((await second.status())[0]).toMatchObject({
      state: 'live',
      partitions: [{ heldBy: 'this process' }],
    })
    expect(read.positions).toEqual([1, 2, 3, 4])
  })

  test('one whose handler takes longer than its lease keeps it', async () => {
    const { store, readSide, read } = await given(1)
    const { held, proceed } = hold()
    const logs = [new Log(), new Log()] as const
    let claims = 0
    const claim = readSide.claim.bind(readSide)
    readSide.claim = (...args) => {
      claims += 1
      return claim(...args)
    }
    const slow = balances({ before: () => held })
    const lease = 1_000
    const first = await running.start(store, readSide, [slow], { lease, onHappening: logs[0].add })
    await running.start(store, readSide, [slow], { lease, onHappening: logs[1].add })
    // Each of both asks three times in a lease.
    await eventually(() => claims >= 10)
    proceed()
    await first.waitFor(slow, 1)
    expect(read.positions).toEqual([1])
    expect([logs[0].of('released'), logs[1].of('claimed')]).toEqual([[], []])
  })

  test('one that is paused writes nothing after it was replaced', async () => {
    const { store, readSide, read } = await given(1)
    const { held, proceed } = hold()
    // A leader that sleeps between its handlers and its commit, while its lease ends.
    const sleeping = new InMemoryProjectionStore(read)
    Object.assign(sleeping, {
      prepare: readSide.prepare.bind(readSide),
      states: readSide.states.bind(readSide),
      claim: (() => {
        let asked = 0
        return async (...args: Parameters<typeof readSide.claim>) =>
          asked++ === 0 ? readSide.claim(...args) : []
      })(),
      leave: async () => undefined,
      commit: async (...args: Parameters<typeof readSide.commit>) => {
        await held
        await readSide.commit(...args)
      },
    })
    const old = await running.start(store, sleeping, [balances()])
    const next = await running.start(store, readSide, [balances()])
    await next.waitFor(balances(), 1)
    proceed()
    await old.stop()
    expect(read.positions).toEqual([1])
  })

  test('each has its share of the partitions, and order is kept for each aggregate', async () => {
    const { store, readSide, read } = await given(0)
    const split = balances({ partitions: 4 })
    const both = [
      await running.start(store, readSide, [split]),
      await running.start(store, readSide, [split]),
    ]
    const shares = async () =>
      (await both[0]?.status())?.[0]?.partitions
        .map(({ heldBy }) => heldBy)
        .sort()
        .join()
    await eventually(async () => (await shares()) === 'another,another,this process,this process')
    let position = 0
    for (let n = 0; n < 200; n++) position = await append(store, `DE${n % 20}`, ...deposits(1))
    await both[1]?.waitFor(split, position)
    expect(read.positions.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 200 }, (_, index) => index + 1),
    )
    for (let account = 0; account < 20; account++) {
      const own = read.positions.filter((one) => (one - 1) % 20 === account)
      expect(own).toEqual(own.toSorted((a, b) => a - b))
    }
  })
})

describe('a new version', () => {
  test('is built beside the one that serves, and takes its place when it has caught up', async () => {
    const { store, readSide } = await given(3)
    const log = new Log()
    const served: number[] = []
    const old = balances({ version: 1 })
    const next = { ...balances({ version: 2 }), serve: async () => void served.push(2) }
    const first = await running.start(store, readSide, [old])
    await first.waitFor(old, 3)
    expect(await first.serving('balances')).toBe(1)
    const both = await running.start(store, readSide, [old, next], { onHappening: log.add })
    await log.until('serving')
    expect(await both.serving('balances')).toBe(2)
    expect(served).toEqual([2])
    expect(await both.status()).toMatchObject([
      { version: 1, serving: false },
      { version: 2, serving: true, position: 3, percent: 100, lag: { events: 0, milliseconds: 0 } },
    ])
  })

  test('serves also where there is nothing to be built from', async () => {
    const { store, readSide } = await given(0)
    const log = new Log()
    await running.start(store, readSide, [balances()])
    await running.start(store, readSide, [balances({ version: 2 })], { onHappening: log.add })
    await log.until('serving')
  })

  test('serves as soon as it has caught up, whatever the lease', async () => {
    const { store, readSide } = await given(3)
    const log = new Log()
    await running.start(store, readSide, [balances()])
    const options = { lease: 600_000, onHappening: log.add }
    await running.start(store, readSide, [balances({ version: 2 })], options)
    await log.until('serving')
  })

  test('that has parked events does not serve before they are handled or dropped', async () => {
    const { store, readSide } = await given(3)
    const log = new Log()
    let broken = true
    const before = () => {
      if (broken) throw new Error('broken')
    }
    const next = balances({ version: 2, onFailure: { retries: 0, then: 'park' }, before })
    await running.start(store, readSide, [balances({ version: 1 })])
    const projections = await running.start(store, readSide, [next], { onHappening: log.add })
    await log.until('withheld')
    await projections.waitFor(next, 3)
    expect(await projections.serving('balances')).toBe(1)
    broken = false
    expect(await projections.retryParked(next)).toMatchObject({ handled: 3 })
    await log.until('serving')
    expect(log.of('withheld')).toHaveLength(1)
  })

  test('that was dropped is not made again', async () => {
    const { store, readSide } = await given(3)
    const log = new Log()
    const both = [balances({ version: 1 }), balances({ version: 2 })] as const
    const projections = await running.start(store, readSide, both, { onHappening: log.add })
    await log.until('serving')
    await projections.drop(both[0])
    expect(await projections.status()).toMatchObject([
      { state: 'dropped', error: undefined },
      { state: 'live' },
    ])
    const late = new Projections(store, { into: readSide, projections: [both[0]] })
    await expect(late.start()).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      argument: 'options.projections',
    })
    expect(await readSide.states(['balances'])).toMatchObject([{ version: 2 }])
  })

  test('is not dropped as long as another process runs the old one', async () => {
    const { store, readSide } = await given(3)
    const [old, next] = [balances({ version: 1 }), balances({ version: 2 })]
    const first = await running.start(store, readSide, [old])
    const log = new Log()
    const second = await running.start(store, readSide, [next], { onHappening: log.add })
    await log.until('serving')
    await expect(second.drop(old)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID', argument: 'projection' })
    await first.waitFor(old, await append(store, 'DE1', ...deposits(1)))
    await first.stop()
    await second.drop(old)
    expect(await first.status()).toMatchObject([{ state: 'dropped', lag: { events: 0 }, percent: 100 }])
  })

  test('can be dropped at once, also while its claims are renewed', async () => {
    const { store, readSide } = await given(3)
    const [old, next] = [balances({ version: 1 }), balances({ version: 2 })]
    const log = new Log()
    const projections = await running.start(store, readSide, [old, next], { onHappening: log.add })
    await log.until('serving')
    const [claim, drop] = [readSide.claim.bind(readSide), readSide.drop.bind(readSide)]
    let renew: (() => void) | undefined
    let renewed: Promise<unknown> | undefined
    readSide.claim = (...asked) => {
      readSide.claim = claim
      renewed = new Promise<void>((resolve) => (renew = resolve)).then(() => readSide.claim(...asked))
      return renewed as ReturnType<typeof claim>
    }
    // Whoever did not wait for the claims would make them after having left.
    readSide.drop = async (...dropped) => {
      renew?.()
      await renewed
      await drop(...dropped)
    }
    await eventually(() => renew !== undefined)
    const dropped = projections.drop(old)
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
    renew?.()
    await dropped
    expect(await readSide.states(['balances'])).toMatchObject([{ version: 2 }])
  })

  test('begins with what comes, or where the one before is, where nothing is to be done again', async () => {
    const { store, readSide, read } = await given(3)
    const [first, second] = [balances({ version: 1, replay: false }), balances({ version: 2, replay: false })]
    const before = await running.start(store, readSide, [first])
    await before.waitFor(first, await append(store, 'DE1', ...deposits(1)))
    await before.stop()
    await append(store, 'DE1', ...deposits(1))
    const log = new Log()
    const after = await running.start(store, readSide, [second], { onHappening: log.add })
    await log.until('serving')
    await after.waitFor(second, await append(store, 'DE1', ...deposits(1)))
    expect(read.positions).toEqual([4, 5, 6])
  })

  test('begins where the newest one before is, also one that does not serve, in each of its partitions', async () => {
    const { store, readSide } = await given(9)
    const parts = (version: number) => balances({ version, partitions: 2, replay: false })
    const name = 'balances'
    await readSide.prepare({ name, version: 1 }, [1, 2], parts(1))
    await readSide.prepare({ name, version: 2 }, [7, 5], parts(2))
    const three = new Projections(store, { into: readSide, projections: [parts(3)] })
    await three.prepare()
    const four = balances({ version: 4, partitions: 3, replay: false })
    await new Projections(store, { into: readSide, projections: [four] }).prepare()
    const { store: standby } = await given(4)
    await new Projections(standby, { into: readSide, projections: [parts(5)] }).prepare()
    await new Projections(standby, {
      into: readSide,
      projections: [{ ...parts(6), name: 'other' }],
    }).prepare()
    const states = await readSide.states([name, 'other'])
    const of = (version: number) =>
      states.find((state) => state.version === version)?.checkpoints.map(({ position }) => position)
    expect([of(3), of(4), of(5), of(6)]).toEqual([
      [7, 5],
      [5, 5, 5],
      [4, 4],
      [4, 4],
    ])
  })

  test('that may not be dropped is gone on with, and whoever waits for it hears of nothing', async () => {
    const { store, readSide } = await given(3)
    const projections = await running.start(store, readSide, [balances()])
    const waiting = projections.waitFor(balances(), 4)
    await expect(projections.drop(balances())).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await append(store, 'DE1', ...deposits(1))
    await waiting
  })

  test('that cannot be left is not dropped, and gone on with', async () => {
    const { store, readSide } = await given(3)
    const projections = await running.start(store, readSide, [balances()])
    const leave = readSide.leave.bind(readSide)
    readSide.leave = () => Promise.reject(unreachable())
    await expect(projections.drop(balances())).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' })
    readSide.leave = leave
    await projections.waitFor(balances(), await append(store, 'DE1', ...deposits(1)))
  })

  test('is made by a step of its own, which begins nothing', async () => {
    const { store, readSide, read } = await given(3)
    const made: string[] = []
    const projection = { ...balances(), create: async () => void made.push('created') }
    const step = new Projections(store, { into: readSide, projections: [projection] })
    await step.prepare()
    await step.prepare()
    expect(await step.status()).toMatchObject([{ state: 'stopped', serving: true, position: 0 }])
    expect(read.positions).toEqual([])
    const projections = await running.start(store, readSide, [projection])
    await projections.waitFor(projection, 3)
    expect(made).toEqual(['created'])
  })

  test('is the last one of a projection that is retired', async () => {
    const { store, readSide } = await given(3)
    const projections = await running.start(store, readSide, [balances()])
    await projections.waitFor(balances(), 3)
    await projections.drop(balances(), { retire: true })
    expect(await readSide.states(['balances'])).toEqual([])
    expect(await projections.serving('balances')).toBeUndefined()
  })

  test('whose switch takes long costs nobody a lease', async () => {
    const { store, readSide } = await given(3)
    const log = new Log()
    const { held, proceed } = hold()
    let claims = 0
    const [serve, claim] = [readSide.serve.bind(readSide), readSide.claim.bind(readSide)]
    readSide.serve = async (...args) => {
      await held
      return serve(...args)
    }
    readSide.claim = (...args) => {
      claims += 1
      return claim(...args)
    }
    const both = [balances({ version: 1 }), balances({ version: 2 })]
    await running.start(store, readSide, both, { onHappening: log.add })
    await eventually(() => claims >= 5)
    expect(log.of('released')).toEqual([])
    proceed()
    await log.until('serving')
  })

  test('whose switch could not reach its store is tried again', async () => {
    const { store, readSide } = await given(3)
    const log = new Log()
    let failures = 2
    const serve = readSide.serve.bind(readSide)
    readSide.serve = (...args) => (failures-- > 0 ? Promise.reject(unreachable()) : serve(...args))
    const both = [balances({ version: 1 }), balances({ version: 2 })]
    await running.start(store, readSide, both, { onHappening: log.add })
    await log.until('serving')
    expect(log.of('unreachable')).toHaveLength(2)
  })

  test('whose switch fails does not take the others with it', async () => {
    const { store, readSide } = await given(3)
    const old = balances({ version: 1 })
    const next = { ...balances({ version: 2 }), serve: () => Promise.reject(new Error('no view')) }
    const projections = await running.start(store, readSide, [old, next])
    await expect(projections.finished()).rejects.toThrow('no view')
    await projections.waitFor(old, await append(store, 'DE1', ...deposits(1)))
    await expect(projections.waitFor(next, 1)).rejects.toThrow('no view')
  })

  test('does not serve before it has got to where the old one is', async () => {
    const { store, readSide } = await given(3)
    const old = balances({ version: 1 })
    const first = await running.start(store, readSide, [old])
    await first.waitFor(old, 3)
    await readSide.prepare({ name: 'balances', version: 2 }, [0], balances())
    const none = async () => undefined
    expect(await readSide.serve({ name: 'balances', version: 2 }, { atLeast: 0, lost: [] }, none)).toBe(
      'behind',
    )
  })

  test('takes over from one that is beyond the head, as after a failover that has lost events', async () => {
    const { store, readSide } = await given(5)
    const [old, next] = [balances({ version: 1 }), balances({ version: 2 })]
    const before = await running.start(store, readSide, [old])
    await before.waitFor(old, 5)
    await before.stop()
    const { store: standby } = await given(3)
    const log = new Log()
    const after = await running.start(standby, readSide, [next], { onHappening: log.add })
    await log.until('serving')
    await after.waitFor('balances', 3)
    expect(await after.serving('balances')).toBe(2)
  })

  test('does not take over meanwhile from one whose events the log still has', async () => {
    const { store, readSide } = await given(5)
    const [old, next] = [balances({ version: 1 }), balances({ version: 2 })]
    const first = await running.start(store, readSide, [old])
    await first.waitFor(old, 5)
    let asked = 0
    const serve = readSide.serve.bind(readSide)
    readSide.serve = async (version, goal, hook) => {
      asked += 1
      expect(goal.lost).toEqual([])
      return asked < 3 ? 'behind' : serve(version, goal, hook)
    }
    await running.start(store, readSide, [next])
    await eventually(async () => (await first.serving('balances')) === 2)
  })

  test('that cannot be created, serve or be dropped says which one it is, and why', async () => {
    const { store, readSide } = await given(3)
    const refuse = () => Promise.reject(new Error('no such table'))
    const failed = { code: 'PROJECTION_FAILED', projection: 'balances', position: undefined }
    const uncreated = new Projections(store, {
      into: readSide,
      projections: [{ ...balances({ version: 1 }), create: refuse }],
    })
    await expect(uncreated.start()).rejects.toMatchObject({
      ...failed,
      version: 1,
      message: 'version 1 of the projection balances could not be created: no such table',
    })
    const first = await running.start(store, readSide, [balances({ version: 2 })])
    await first.waitFor('balances', 3)
    const next = { ...balances({ version: 3 }), serve: refuse, drop: refuse }
    const second = await running.start(store, readSide, [next])
    await expect(second.finished()).rejects.toMatchObject({
      ...failed,
      version: 3,
      message: 'version 3 of the projection balances could not begin to serve: no such table',
    })
    await expect(second.drop(next)).rejects.toMatchObject({
      ...failed,
      version: 3,
      message: 'version 3 of the projection balances could not be dropped: no such table',
    })
  })

  test('can be dropped while it is built, but not when it serves', async () => {
    const { store, readSide } = await given(3)
    const dropped: number[] = []
    const next = {
      ...balances({ version: 2, before: () => new Promise(setImmediate) }),
      drop: async () => void dropped.push(2),
    }
    const old = balances({ version: 1 })
    const first = await running.start(store, readSide, [old])
    await first.waitFor(old, 3)
    await expect(first.drop(old)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    // It goes on as if nobody had asked.
    await first.waitFor(balances({ version: 1 }), await append(store, 'DE1', ...deposits(1)))
    await readSide.prepare(next, [0], next)
    const projections = new Projections(store, { into: readSide, projections: [old, next] })
    await projections.drop(next)
    expect(dropped).toEqual([2])
    expect(await readSide.states(['balances'])).toMatchObject([{ version: 1 }])
  })

  test('that has failed is not begun again where it cannot be dropped', async () => {
    const { store, readSide } = await given(1)
    let tries = 0
    const before = () => {
      tries += 1
      throw new Error('poison')
    }
    const failing = balances({ onFailure: { retries: 0 }, before })
    const projections = await running.start(store, readSide, [failing])
    await expect(projections.finished()).rejects.toThrow('poison')
    const failed = tries
    await expect(projections.drop(failing)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    expect(await projections.status()).toMatchObject([{ state: 'failed' }])
    expect(tries).toBe(failed)
  })

  test('that is dropped while it runs is no failure, and has nobody waiting for it', async () => {
    const { store, readSide } = await given(3)
    readSide.serve = async () => 'behind'
    const [old, next] = [balances({ version: 1 }), balances({ version: 2 })]
    const projections = await running.start(store, readSide, [old, next])
    await projections.waitFor(next, 3)
    const waiting = expect(projections.waitFor(next, 4)).rejects.toMatchObject({ code: 'PROJECTION_FAILED' })
    await projections.drop(next)
    await waiting
    expect(await projections.status()).toMatchObject([
      { version: 1, state: 'live' },
      { version: 2, state: 'stopped', error: undefined },
    ])
  })
})

describe('waiting for a projection', () => {
  test('works where it does not run', async () => {
    const { store, readSide } = await given(3)
    const elsewhere = new Projections(store, { into: readSide, projections: [balances()] })
    const waiting = elsewhere.waitFor(balances(), 3)
    await running.start(store, readSide, [balances()])
    await waiting
  })

  test('ends with an error when it takes too long', async () => {
    const { store, readSide } = await given(3)
    const projections = new Projections(store, { into: readSide, projections: [balances()] })
    await expect(projections.waitFor(balances(), 3, { timeout: 20 })).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
      projection: 'balances',
      position: 3,
      reached: 0,
    })
  })

  test('takes no time that a timer cannot wait', async () => {
    const { store, readSide } = await given(0)
    const projections = new Projections(store, { into: readSide, projections: [balances()] })
    const waiting = projections.waitFor(balances(), 3, { timeout: 2 ** 31 })
    await expect(waiting).rejects.toMatchObject({ code: 'ARGUMENT_INVALID', argument: 'options.timeout' })
  })

  test('ends with the reason of its signal', async () => {
    const { store, readSide } = await given(3)
    const projections = new Projections(store, { into: readSide, projections: [balances()] })
    const controller = new AbortController()
    const waiting = projections.waitFor(balances(), 3, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })
})

test.each([
  ['options.projections', { projections: [] }],
  ['options.projections', { projections: [balances(), balances()] }],
  ['options.readSide', { readSide: {} }],
  ['options.batchSize', { batchSize: 0 }],
  ['options.lease', { lease: 99 }],
  ['options.lease', { lease: 2 ** 31 }],
  ['options.onHappening', { onHappening: 'log' }],
  ['options.into', { into: 1 }],
])('%s of the wrong form is refused', (argument, options) => {
  const readSide = new InMemoryProjectionStore(new Balances())
  const create = () =>
    new Projections(new InMemoryStore(), {
      into: readSide,
      projections: [balances()],
      ...(options as object),
    })
  expect(create).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID', argument }))
})

/** A store with so many deposits, and what to project them into. */
async function given(count: number): Promise<{
  readonly store: InMemoryStore
  readonly readSide: InMemoryProjectionStore<Balances>
  readonly read: Balances
}> {
  const store = new InMemoryStore()
  if (count > 0) await append(store, 'DE1', ...deposits(count))
  const read = new Balances()
  return { store, readSide: new InMemoryProjectionStore(read), read }
}

/** A promise, and what fulfils it. */
function hold(): { readonly held: Promise<void>; readonly proceed: () => void } {
  let fulfil: (() => void) | undefined
  const held = new Promise<void>((resolve) => {
    fulfil = resolve
  })
  return { held, proceed: () => fulfil?.() }
}

/** Throws at an event. */
function poison(at: number): (event: { readonly position: number }) => void {
  return ({ position }) => {
    if (position === at) throw new Error('poison')
  }
}
