import { describe, expect, jest, test } from '@jest/globals'
import { Core, type EventStore } from '@eventmill/core'
import { generationConflict } from '@eventmill/core/adapter'
import { InMemoryStore } from '@eventmill/store-memory'
import { Account, Transfer } from './fixtures/account.ts'
import { wrappedStore } from './fixtures/wrapped-store.ts'

describe('an aborted dispatch', () => {
  const aborted = AbortSignal.abort(new Error('enough'))

  test('is not begun', async () => {
    const store = new InMemoryStore()
    const dispatched = new Core(store).dispatchCommand(Account.commands.Close('DE1'), { signal: aborted })
    await expect(dispatched).rejects.toThrow('enough')
    expect(await store.head()).toBe(0)
  })

  test('while its handler decides stores nothing', async () => {
    const store = new InMemoryStore()
    const controller = new AbortController()
    const ask = () => {
      controller.abort(new Error('enough'))
      return Promise.resolve(true)
    }
    const check = Account.commands.Check('DE1')
    const dispatched = new Core(store).dispatchCommand(check, { context: { ask }, signal: controller.signal })
    await expect(dispatched).rejects.toThrow('enough')
    expect(await store.head()).toBe(0)
  })

  test.each<[string, (abort: () => void) => unknown]>([
    [
      'by it at once',
      (abort) => {
        abort()
      },
    ],
    ['later', setImmediate],
  ])('does not wait for its handler, nor does the next command: aborted %s', async (_, when) => {
    const core = new Core(new InMemoryStore())
    const controller = new AbortController()
    const ask = () => {
      when(() => {
        controller.abort(new Error('enough'))
      })
      return new Promise<boolean>(() => undefined)
    }
    const check = Account.commands.Check('DE1')
    const dispatched = core.dispatchCommand(check, { context: { ask }, signal: controller.signal })
    const next = core.dispatchCommand(Account.commands.Close('DE1'))
    await expect(dispatched).rejects.toThrow('enough')
    expect(await next).toHaveProperty('generation', 1)
  })

  test('does not wait for its next try', async () => {
    const store = new InMemoryStore()
    const controller = new AbortController()
    const rival = new Core(store)
    const ask = async () => {
      await rival.dispatchCommand(Account.commands.Deposit('DE1', { cents: 1 }))
      queueMicrotask(() => {
        setImmediate(() => {
          controller.abort(new Error('enough'))
        })
      })
      return true
    }
    const check = Account.commands.Check('DE1')
    const dispatched = new Core(store, { retries: 1_000_000 }).dispatchCommand(check, {
      context: { ask },
      signal: controller.signal,
    })
    await expect(dispatched).rejects.toThrow('enough')
  })
})

describe('the signal of a dispatch', () => {
  /** A store that notes with which signal each of its methods is called. */
  function listening(store: EventStore) {
    const calls: [method: string, signal: AbortSignal | undefined][] = []
    const wrapped = wrappedStore(store, {
      append(appends, options) {
        calls.push(['append', options?.signal])
        return store.append(appends, options)
      },
      findCommit(stream, commitId, options) {
        calls.push(['findCommit', options?.signal])
        return store.findCommit(stream, commitId, options)
      },
      readStream(stream, options) {
        calls.push(['readStream', options?.signal])
        return store.readStream(stream, options)
      },
    })
    return { calls, wrapped }
  }

  test('reaches the store with every call, so that none outlives it', async () => {
    const { calls, wrapped } = listening(new InMemoryStore())
    const core = new Core(wrapped)
    const { signal } = new AbortController()
    const command = Account.commands.Deposit('DE1', { cents: 1 }, { commandId: 'c' })
    await core.dispatchCommand(command, { signal })
    await core.dispatchCommand(command, { signal })
    await core.dispatchCommand(Transfer({ from: 'DE1', to: 'DE2' }, { cents: 9 }), { signal }).catch(() => 0)
    await core.load(Account, 'DE1', { signal })
    expect(calls.map(([method]) => method)).toEqual([
      ...['findCommit', 'readStream', 'append'],
      ...['findCommit', 'readStream'],
      ...['readStream', 'readStream', 'append'],
      'readStream',
    ])
    for (const [, passed] of calls) expect(passed).toBe(signal)
  })

  test('is let go of in the end, however often it was waited upon', async () => {
    const store = new InMemoryStore()
    let conflicts = 3
    const overtaken = wrappedStore(store, {
      append(appends, options) {
        if (conflicts-- <= 0) return store.append(appends, options)
        return Promise.reject(generationConflict({ aggregateType: 'Account', aggregateId: 'DE1' }, 0, 1))
      },
    })
    const core = new Core(overtaken)
    const { signal } = new AbortController()
    const added = jest.spyOn(signal, 'addEventListener')
    const removed = jest.spyOn(signal, 'removeEventListener')
    const context = { ask: () => Promise.resolve(true) }
    await Promise.all([
      core.dispatchCommand(Account.commands.Check('DE1'), { context, signal }),
      core.dispatchCommand(Account.commands.Check('DE1'), { context, signal }),
    ])
    const listeners = (calls: readonly (readonly unknown[])[]) =>
      new Set(calls.map(([, listener]) => listener))
    expect(added.mock.calls.length).toBeGreaterThanOrEqual(5)
    expect(listeners(removed.mock.calls)).toEqual(listeners(added.mock.calls))
  })

  test('must be one', async () => {
    const signal = { aborted: true } as AbortSignal
    const dispatched = new Core(new InMemoryStore()).dispatchCommand(Account.commands.Close('DE1'), {
      signal,
    })
    await expect(dispatched).rejects.toHaveProperty('argument', 'options.signal')
  })
})
