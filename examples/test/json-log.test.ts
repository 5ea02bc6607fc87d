import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { Core, defineAggregate, defineEvents, event, logDispatches } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { log } from '../src/guides/json-log.ts'

let printed: unknown[] = []
beforeEach(() => {
  printed = []
  jest.spyOn(console, 'log').mockImplementation((line) => {
    printed.push(JSON.parse(String(line)))
  })
})
afterEach(() => {
  jest.restoreAllMocks()
})

test('a line tells name, message, stack and cause of an error, and of what caused it', () => {
  const cause = new RangeError('below zero')
  const err = new Error('not withdrawn', { cause })
  log.warn({ err }, 'Withdraw failed')
  expect(printed).toEqual([
    {
      time: expect.any(String),
      level: 'warn',
      message: 'Withdraw failed',
      err: {
        name: 'Error',
        message: 'not withdrawn',
        stack: err.stack,
        cause: { name: 'RangeError', message: 'below zero', stack: cause.stack },
      },
    },
  ])
})

test('a line tells of a mistake in a handler where it is, and of an error of eventmill its fields', async () => {
  const doorEvents = defineEvents('urn:x:door', { Opened: event<{ by: string }>() })
  const Door = defineAggregate({
    type: 'Door',
    events: doorEvents,
    initialize: (_id: string) => 0,
    apply: { Opened: (times) => times + 1 },
    handle: { Open: (_times, by: string) => doorEvents.Opened({ by: by.trim() }) },
  })
  const store = new InMemoryStore()
  const core = new Core(store, { middleware: [logDispatches(log)] })
  const nobody = undefined as never
  await expect(core.dispatchCommand(Door.commands.Open('front', nobody))).rejects.toThrow(TypeError)
  await store.close()
  const closed = { code: 'STORE_CLOSED' }
  await expect(core.dispatchCommand(Door.commands.Open('front', 'me'))).rejects.toMatchObject(closed)
  expect(printed).toMatchObject([
    { outcome: 'failed', err: { name: 'TypeError', stack: expect.stringContaining('json-log.test.ts') } },
    { outcome: 'failed', err: { name: 'EventmillError', ...closed } },
  ])
})
