import { type EventStore, type Position } from '@eventmill/core'
import { offered, type Rule } from '../rule.ts'
import { verify, verifyEqual, verifyRejects, verifyRejectsWith } from '../verify.ts'
import { grow, noted, numbers, oneTo, stream, to } from '../workload.ts'

/** What `waitForAppend` promises. */
export const pushRules: readonly Rule[] = [
  {
    id: 'push/resolves',
    title: 'waitForAppend resolves with the next append, through whichever handle that comes',
    why: 'Read models lag behind by the interval of a poll.',
    level: 'must',
    needs: ['push'],
    run: async (fixture) => {
      const [reader, writer] = await Promise.all([fixture.connect(), fixture.connect()])
      for (const n of oneTo(10)) {
        const after = await reader.head()
        const waiting = wait(reader, after, new AbortController().signal)
        await writer.append([to(stream('a'), [noted(n)])])
        await waiting
        verify((await reader.head()) > after, 'the head should have grown once waitForAppend resolves')
      }
    },
  },
  {
    id: 'push/at-once',
    title: 'waitForAppend resolves at once when the head is further already',
    why: 'A reader that looks away for a moment waits for an event that it could have.',
    level: 'must',
    needs: ['push'],
    run: async (fixture) => {
      const [reader, writer] = await Promise.all([fixture.connect(), fixture.connect()])
      await grow(writer, stream('a'), 2)
      await wait(reader, 0, new AbortController().signal)
      await wait(reader, (await reader.head()) - 1, new AbortController().signal)
    },
  },
  {
    id: 'push/aborted',
    title: 'waitForAppend fails with the reason of its signal, at once or while it waits',
    why: 'A subscription cannot be stopped until somebody writes.',
    level: 'must',
    needs: ['push'],
    run: async (fixture) => {
      const store = await fixture.connect()
      await grow(store, stream('a'), 1)
      const reason = new Error('enough')
      const head = await store.head()
      await verifyRejectsWith(wait(store, head, AbortSignal.abort(reason)), reason, 'waitForAppend')
      const controller = new AbortController()
      const waiting = wait(store, head, controller.signal)
      controller.abort(reason)
      await verifyRejectsWith(waiting, reason, 'waitForAppend, aborted while it waits,')
    },
  },
  {
    id: 'push/missed-nothing',
    title: 'a reader that reads, waits and reads again sees every event, whenever it comes',
    why: 'An event that comes between reading and waiting is seen only with the next one, perhaps never.',
    level: 'must',
    needs: ['push'],
    run: async (fixture) => {
      const [reader, writer] = await Promise.all([fixture.connect(), fixture.connect()])
      const total = 200
      const seen: unknown[] = []
      let after = 0
      const read = async () => {
        for await (const event of reader.readAll({ after, limit: total })) {
          seen.push((event.data as { readonly n: number }).n)
          after = event.position
        }
      }
      const done = new AbortController()
      const reading = async () => {
        while (!done.signal.aborted && seen.length < total) {
          await read()
          await wait(reader, after, done.signal).catch(() => undefined)
          // Lets timers run, also where a store answers at once.
          await new Promise((resolve) => setTimeout(resolve))
        }
        await read()
      }
      const writing = async () => {
        try {
          for (const n of oneTo(total)) await writer.append([to(stream(`s${n % 7}`), [noted(n)])])
        } finally {
          done.abort()
        }
      }
      await Promise.all([reading(), writing()])
      verifyEqual(seen, oneTo(total), 'what a reader that waits has seen')
    },
  },
  {
    id: 'push/several-waits',
    title: 'several may wait on one handle: each is woken, and none ends with the wait of another',
    why: 'Of two subscriptions in one process one stands still, or both end when one is stopped.',
    level: 'must',
    needs: ['push'],
    run: async (fixture) => {
      const [reader, writer] = await Promise.all([fixture.connect(), fixture.connect()])
      await grow(writer, stream('a'), 1)
      const reason = new Error('enough')
      for (const aborted of [0, 1, 2]) {
        const after = await reader.head()
        const controllers = [new AbortController(), new AbortController(), new AbortController()]
        const waits = controllers.map(({ signal }) => wait(reader, after, signal))
        controllers[aborted]?.abort(reason)
        // What the abort has set off comes first.
        await new Promise((resolve) => setTimeout(resolve))
        await writer.append([to(stream('a'), [noted(2)])])
        const ends = await Promise.allSettled(waits)
        verifyEqual(
          ends.map(({ status }) => status),
          [0, 1, 2].map((number) => (number === aborted ? 'rejected' : 'fulfilled')),
          `how three waits on one handle end, of which number ${aborted + 1} is aborted,`,
        )
      }
    },
  },
  {
    id: 'push/aborted-often',
    title: 'waits may be aborted many times, and the store goes on',
    why: 'Each subscription that is stopped leaks a connection, until none is left.',
    level: 'must',
    needs: ['push'],
    run: async (fixture) => {
      const store = await fixture.connect()
      await grow(store, stream('a'), 1)
      const head = await store.head()
      for (const round of oneTo(100)) {
        const controller = new AbortController()
        const waiting = wait(store, head, controller.signal)
        if (round % 2 === 0) await Promise.resolve()
        controller.abort(new Error('enough'))
        await waiting.catch(() => undefined)
      }
      verifyEqual(await numbers(store.readAll()), [1], 'the log after 100 aborted waits')
    },
  },
  {
    id: 'push/elsewhere',
    title: 'waitForAppend resolves with an append of another process or thread',
    why: 'Read models of one service stand still while another one writes.',
    level: 'must',
    needs: ['push', 'elsewhere'],
    run: async (fixture) => {
      const [reader, writer] = await Promise.all([
        fixture.connect(),
        offered(fixture.connectElsewhere?.(), 'elsewhere'),
      ])
      for (const n of oneTo(5)) {
        const waiting = wait(reader, await reader.head(), new AbortController().signal)
        await writer.append([to(stream('a'), [noted(n)])])
        await waiting
      }
    },
  },
  {
    id: 'push/no-gap',
    title: 'an append that comes just as waitForAppend is called wakes it, without another one',
    why: 'A read model that is up to date stays behind by one event until the next one comes, perhaps for a night.',
    level: 'must',
    needs: ['push'],
    run: async (fixture) => {
      const [reader, writer] = await Promise.all([fixture.connect(), fixture.connect()])
      for (const round of oneTo(30)) {
        const after = await reader.head()
        const waiting = wait(reader, after, new AbortController().signal)
        // From append to append a little later, as the steps of waiting go by.
        for (let turn = 0; turn < Math.floor(round / 5); turn++) await Promise.resolve()
        for (let turn = 0; turn < round % 5; turn++) await new Promise((resolve) => setTimeout(resolve))
        await writer.append([to(stream('a'), [noted(round)])])
        await waiting
      }
    },
  },
  {
    id: 'push/arguments',
    title: 'waitForAppend refuses what is no position as ARGUMENT_INVALID',
    why: 'A checkpoint that was never loaded waits for ever.',
    level: 'must',
    needs: ['push'],
    run: async (fixture) => {
      const store = await fixture.connect()
      for (const after of [-1, 0.5, NaN]) {
        const waiting = wait(store, after, new AbortController().signal)
        await verifyRejects(waiting, 'ARGUMENT_INVALID', `waitForAppend after ${after}`)
      }
    },
  },
]

export function wait(store: EventStore, after: Position, signal: AbortSignal): Promise<void> {
  verify(store.waitForAppend !== undefined, 'a store with the capability push should have waitForAppend')
  const waiting = store.waitForAppend(after, signal)
  // It may fail before it is waited for.
  waiting.catch(() => undefined)
  return waiting
}
