import { describe, expect, test } from '@jest/globals'
import { pause } from '@eventmill/core/adapter'
import { Lanes } from '../src/dispatch/lanes.ts'

/** Enters, and tells whether that has happened yet. */
function entering(lanes: Lanes, keys: readonly string[], signal?: AbortSignal) {
  const state = { entered: false, leave: () => undefined as unknown }
  const done = Promise.resolve(lanes.enter(keys, signal)).then((leave) => {
    state.entered = true
    state.leave = leave
  })
  return { state, done }
}

describe('lanes', () => {
  test.each([
    ['one', ['a']],
    ['several', ['a', 'b']],
  ])('%s that were left twice are left once: nobody else is let in by it', async (_, keys) => {
    const lanes = new Lanes()
    const leave = await lanes.enter(keys, undefined)
    const second = entering(lanes, ['a'])
    const third = entering(lanes, ['a'])
    leave()
    leave()
    await second.done
    await new Promise(setImmediate)
    expect(third.state.entered).toBe(false)
    second.state.leave()
    await third.done
  })

  test('that were entered before an abort are free again', async () => {
    const lanes = new Lanes()
    const leave = await lanes.enter(['b'], undefined)
    const controller = new AbortController()
    const aborted = entering(lanes, ['a', 'b'], controller.signal)
    controller.abort(new Error('enough'))
    await expect(aborted.done).rejects.toThrow('enough')
    const first = entering(lanes, ['a'])
    await first.done
    leave()
    await lanes.enter(['b'], undefined)
  })

  test('are entered in one order, whatever the order of their names', async () => {
    const lanes = new Lanes()
    const leave = await lanes.enter(['a'], undefined)
    const waiting = entering(lanes, ['b', 'a'])
    const other = entering(lanes, ['b'])
    await other.done
    expect(waiting.state.entered).toBe(false)
    other.state.leave()
    leave()
    await waiting.done
  })

  test('are not waited for by who has given up already', async () => {
    const lanes = new Lanes()
    const leave = await lanes.enter(['a'], undefined)
    const aborted = AbortSignal.abort(new Error('enough'))
    await expect(lanes.enter(['a'], aborted)).rejects.toThrow('enough')
    leave()
    await lanes.enter(['a'], undefined)
  })
})

test('a pause is not begun by who has given up already', async () => {
  await expect(pause(60_000, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
})

test('a pause is ended by who gives up during it, and leaves no timer behind', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
  const counts = [timers()]
  const controller = new AbortController()
  const pausing = pause(60_000, controller.signal)
  counts.push(timers())
  controller.abort(new Error('enough'))
  counts.push(timers())
  await expect(pausing).rejects.toThrow('enough')
  const [before = 0, ...others] = counts
  expect(others).toEqual([before + 1, before])
})
