import { describe, expect, jest, test } from '@jest/globals'
import { type Progress } from '../src/event-log.ts'
import { type OwnDatabase } from '../src/database/database.ts'
import { Push } from '../src/push.ts'

/** A push whose questions for the head are answered by hand, and which hears of nothing, unless it is told how. */
function harness(ways: Partial<OwnDatabase> = {}) {
  const unreachable = () => Promise.reject(new Error('there is no database'))
  const database: OwnDatabase = {
    query: unreachable,
    attempt: unreachable,
    script: unreachable,
    listen: unreachable,
    load: undefined,
    ...ways,
  }
  const questions: ((progress: Progress) => void)[] = []
  const push = new Push(database, '"any"', () => new Promise((resolve) => questions.push(resolve)))
  const question = async () => {
    while (questions.length === 0) await new Promise(setImmediate)
    return questions.shift() ?? (() => undefined)
  }
  return {
    push,
    answer: async (head: number, newest = head) => {
      ;(await question())({ head, newest })
    },
  }
}

const { signal } = new AbortController()

describe('a reader that waits', () => {
  test('is judged by no answer that is older than itself', async () => {
    const { push, answer } = harness()
    const early = push.wait(5, signal)
    // It has read an event that came after the question was sent, whose answer knows nothing of it.
    await new Promise(setImmediate)
    const late = push.wait(9, signal)
    await answer(5)
    await answer(9)
    await early
    await answer(10)
    await late
    await push.close(new Error('closed'))
  })

  test('beyond the last event is told so', async () => {
    const { push, answer } = harness()
    const waiting = push.wait(9, signal)
    await answer(7)
    await expect(waiting).rejects.toMatchObject({ code: 'CHECKPOINT_AHEAD', after: 9, head: 7 })
    await push.close(new Error('closed'))
  })

  test('is not told so while what it has seen is held back', async () => {
    const { push, answer } = harness()
    const waiting = push.wait(9, signal)
    await answer(7, 9)
    while (push.readers[0]?.reason !== 'held back') await new Promise(setImmediate)
    await answer(10)
    await waiting
    await push.close(new Error('closed'))
  })

  test('ends with its signal, at once where that is aborted already', async () => {
    const { push, answer } = harness()
    await expect(push.wait(9, AbortSignal.abort(new Error('before')))).rejects.toThrow('before')
    const controller = new AbortController()
    const waiting = push.wait(0, controller.signal)
    controller.abort(new Error('meanwhile'))
    await expect(waiting).rejects.toThrow('meanwhile')
    expect(push.readers).toEqual([])
    await answer(1)
    await push.close(new Error('closed'))
  })
})

test('a connection over which nothing was ever heard is given up, and tried again later and later', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate'] })
  let connections = 0
  let closed = 0
  const { push, answer } = harness({
    query: () => Promise.resolve([['channel']]),
    attempt: () => Promise.resolve([]),
    listen: () => {
      connections += 1
      return Promise.resolve(() => {
        closed += 1
      })
    },
  })
  const waiting = push.wait(5, signal)
  const polls = async (milliseconds: number) => {
    for (let time = 0; time < milliseconds; time += 1_250) {
      await answer(5)
      for (let n = 0; n < 5; n++) await new Promise(setImmediate)
      jest.advanceTimersByTime(1_250)
    }
  }
  await polls(60_000)
  expect([connections, closed]).toEqual([3, 3])
  await answer(6)
  await waiting
  const ended = push.close(new Error('closed'))
  await jest.advanceTimersByTimeAsync(10)
  await ended
  jest.useRealTimers()
})

test('a connection over which nothing is heard, although something has come, is given up for another one', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance'] })
  const connections: { hear: () => void; closed: boolean }[] = []
  const { push, answer } = harness({
    query: () => Promise.resolve([['channel']]),
    attempt: () => Promise.resolve([]),
    listen: (_channel, hear) => {
      const connection = { hear, closed: false }
      connections.push(connection)
      return Promise.resolve(() => {
        connection.closed = true
      })
    },
  })
  const waiting = push.wait(5, signal)
  await answer(5)
  while (connections.length < 1) await new Promise(setImmediate)
  await answer(5)
  connections[0]?.hear()
  await answer(5)
  expect(push.listening).toBe(true)
  // Its next question is due in five seconds, and nobody tells it of what comes meanwhile.
  for (let n = 0; n < 10; n++) await new Promise(setImmediate)
  jest.advanceTimersByTime(5_000)
  await answer(6)
  await waiting
  expect(connections[0]?.closed).toBe(true)
  const again = push.wait(6, signal)
  while (connections.length < 2) await new Promise(setImmediate)
  await answer(7)
  await again
  const closed = push.close(new Error('closed'))
  // What it announces is due in some milliseconds.
  await jest.advanceTimersByTimeAsync(10)
  await closed
  jest.useRealTimers()
})
