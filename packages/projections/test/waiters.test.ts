import { afterEach, describe, expect, test } from '@jest/globals'
import { InMemoryProjectionStore, Projections } from '@eventmill/projections'
import { InMemoryStore } from '@eventmill/store-memory'
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

describe('those who wait for what another process does', () => {
  test('share their looks at it', async () => {
    const { store, readSide, elsewhere } = await given()
    let looks = 0
    const states = readSide.states.bind(readSide)
    readSide.states = (names) => {
      looks += 1
      return states(names)
    }
    const waiting = Array.from({ length: 100 }, (_, index) => elsewhere.waitFor(balances(), 1 + (index % 3)))
    await eventually(() => looks >= 5)
    // Each by itself would have looked 500 times.
    expect(looks).toBeLessThan(10)
    await running.start(store, readSide, [balances()])
    await Promise.all(waiting)
  })

  test('do not look more often the more of them come', async () => {
    const { readSide, elsewhere } = await given()
    let looks = 0
    const states = readSide.states.bind(readSide)
    readSide.states = (names) => {
      looks += 1
      return states(names)
    }
    const waiting: Promise<unknown>[] = []
    for (let n = 0; n < 200; n++) {
      waiting.push(elsewhere.waitFor(balances(), 100, { timeout: 1 }).catch(() => undefined))
      await new Promise(setImmediate)
    }
    await Promise.all(waiting)
    expect(looks).toBeLessThan(100)
  })

  test('wait out a lost connection, and are told of it when it takes too long', async () => {
    const { store, readSide, elsewhere } = await given()
    const states = readSide.states.bind(readSide)
    const lost = unreachable()
    readSide.states = () => Promise.reject(lost)
    await expect(elsewhere.waitFor(balances(), 3, { timeout: 30 })).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
      cause: lost,
    })
    const waiting = elsewhere.waitFor(balances(), 3)
    await running.start(store, Object.assign(readSide, { states }), [balances()])
    await waiting
  })

  test('are told that what they wait for was dropped', async () => {
    const { store, readSide, elsewhere } = await given()
    const [old, next] = [balances({ version: 1 }), balances({ version: 2 })]
    const log = new Log()
    const projections = await running.start(store, readSide, [old, next], { onHappening: log.add })
    await log.until('serving')
    const waiting = elsewhere.waitFor(old, 4)
    await projections.drop(old)
    await expect(waiting).rejects.toMatchObject({ code: 'PROJECTION_FAILED', version: 1 })
  })

  test('wait by name for the version that serves, whichever it is', async () => {
    const { store, readSide, elsewhere } = await given()
    await expect(elsewhere.waitFor('balances', 3, { timeout: 20 })).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
      projection: 'balances',
      version: undefined,
      reached: 0,
    })
    const first = await running.start(store, readSide, [balances({ version: 1 })])
    await elsewhere.waitFor('balances', 3)
    const log = new Log()
    await running.start(store, readSide, [balances({ version: 2 })], { onHappening: log.add })
    await log.until('serving')
    await first.stop()
    await elsewhere.waitFor('balances', await append(store, 'DE1', ...deposits(1)))
  })

  test('fail with what else there is', async () => {
    const { readSide, elsewhere } = await given()
    const broken = new Error('the tables are gone')
    readSide.states = () => Promise.reject(broken)
    await expect(elsewhere.waitFor(balances(), 3)).rejects.toBe(broken)
  })
})

describe('those who wait for what this process does', () => {
  test('are told without a look', async () => {
    const { store, readSide } = await given()
    const projections = await running.start(store, readSide, [balances()])
    readSide.states = () => Promise.reject(new Error('it was looked'))
    await projections.waitFor(balances(), 3)
    const waiting = projections.waitFor(balances(), 4)
    await append(store, 'DE1', ...deposits(1))
    await waiting
  })

  test('are told by name without waiting for the next look', async () => {
    const { store, readSide } = await given()
    const projections = await running.start(store, readSide, [balances()])
    await projections.waitFor('balances', 3)
    let looks = 0
    const states = readSide.states.bind(readSide)
    readSide.states = (names) => {
      looks += 1
      return states(names)
    }
    const waiting = projections.waitFor('balances', 23)
    await eventually(() => looks >= 6)
    for (let n = 1; n <= 20; n++) {
      const looked = looks
      await append(store, 'DE1', ...deposits(1))
      await eventually(() => looks > looked)
    }
    await waiting
    // By then one look comes 200 ms after the other, where nothing tells.
  }, 3_000)

  test('are told by name of what is committed, which another version that serves later has as well', async () => {
    const { store, readSide } = await given()
    const projections = await running.start(store, readSide, [balances()])
    await projections.waitFor('balances', 3)
    const commit = readSide.commit.bind(readSide)
    readSide.commit = () => Promise.reject(unreachable())
    // It does not matter to this version, which has passed it at once.
    const position = await append(store, 'DE1', accountEvents.Closed())
    await projections.waitFor(balances(), position)
    await expect(projections.waitFor('balances', position, { timeout: 50 })).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
    })
    readSide.commit = commit
    await projections.waitFor('balances', position)
  })

  test('are told by name of what others have done, also where it has failed here', async () => {
    const { store, readSide } = await given()
    const before = () => {
      throw new Error('poison')
    }
    const failing = balances({ onFailure: { retries: 0 }, before })
    const old = await running.start(store, readSide, [failing])
    await expect(old.finished()).rejects.toMatchObject({ code: 'PROJECTION_FAILED' })
    const mended = await running.start(store, readSide, [balances()])
    await mended.waitFor('balances', 3)
    await old.waitFor('balances', 3)
  })

  test('are told by name when it fails', async () => {
    const { store, readSide } = await given()
    const before = () => {
      throw new Error('poison')
    }
    const failing = balances({ onFailure: { retries: 0 }, before })
    const projections = await running.start(store, readSide, [failing])
    await expect(projections.waitFor('balances', 3)).rejects.toMatchObject({ code: 'PROJECTION_FAILED' })
  })

  test('are told when it fails', async () => {
    const { store, readSide } = await given()
    const before = () => {
      throw new Error('poison')
    }
    const failing = balances({ onFailure: { retries: 0 }, before })
    const projections = await running.start(store, readSide, [failing])
    await expect(projections.waitFor(failing, 3)).rejects.toMatchObject({ code: 'PROJECTION_FAILED' })
  })
})

/** A store with three events, what they are projected into, and another process's view of it. */
async function given() {
  const store = new InMemoryStore()
  await append(store, 'DE1', ...deposits(3))
  const readSide = new InMemoryProjectionStore(new Balances())
  return { store, readSide, elsewhere: new Projections(store, { into: readSide, projections: [balances()] }) }
}
