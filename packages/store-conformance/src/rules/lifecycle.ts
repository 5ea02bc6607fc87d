import { hasCode } from '@eventmill/core'
import { offered, type Rule } from '../rule.ts'
import { wait } from './push.ts'
import { verify, verifyEqual, verifyRejects } from '../verify.ts'
import { collect, grow, noted, notes, numbers, stream, to, oneTo } from '../workload.ts'

/** What a store says of itself, and what closing it does. */
export const lifecycleRules: readonly Rule[] = [
  {
    id: 'store/capabilities',
    title: 'a store says what it can, and has waitForAppend where it says push',
    why: 'Dispatchers and subscriptions count on what is not there.',
    level: 'must',
    needs: [],
    run: async (fixture, declined = {}) => {
      const store = await fixture.connect()
      const { durable, multiStream, push, commitIds } = store.capabilities
      verify(
        ['none', 'process', 'machine'].includes(durable),
        `durable should be none, process or machine, but is ${durable}`,
      )
      verifyEqual(
        [typeof multiStream, typeof push],
        ['boolean', 'boolean'],
        'the types of multiStream and push',
      )
      verify(
        commitIds === 'forever' || (Number.isSafeInteger(commitIds.seconds) && commitIds.seconds > 0),
        `commitIds should be 'forever' or a number of seconds, but is ${JSON.stringify(commitIds)}`,
      )
      verifyEqual(store.waitForAppend !== undefined, push, 'whether waitForAppend is there')
      verifyEqual(declined.multiStream === undefined, multiStream, 'multiStream, as it is declined or not,')
      verifyEqual(declined.push === undefined, push, 'push, as it is declined or not,')
    },
  },
  {
    id: 'store/closed',
    title: 'every call after close fails with STORE_CLOSED',
    why: 'A request that comes during a shutdown hangs, or fails with a riddle.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await grow(store, stream('a'), 2)
      await store.close()
      await verifyRejects(store.append([to(stream('a'), [noted(3)])]), 'STORE_CLOSED', 'append after close')
      await verifyRejects(store.findCommit(stream('a'), 'c'), 'STORE_CLOSED', 'findCommit after close')
      await verifyRejects(collect(store.readStream(stream('a'))), 'STORE_CLOSED', 'readStream after close')
      await verifyRejects(collect(store.readAll()), 'STORE_CLOSED', 'readAll after close')
      await verifyRejects(store.head(), 'STORE_CLOSED', 'head after close')
      const waiting = store.waitForAppend?.(0, new AbortController().signal)
      if (waiting !== undefined) await verifyRejects(waiting, 'STORE_CLOSED', 'waitForAppend after close')
    },
  },
  {
    id: 'store/closed-twice',
    title: 'a store may be closed twice',
    why: 'A shutdown with two owners fails.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await store.close()
      await store.close()
    },
  },
  {
    id: 'store/closed-while-waiting',
    title: 'what waits for an append when the store is closed fails with STORE_CLOSED',
    why: 'A process cannot end, since a subscription still waits.',
    level: 'must',
    needs: ['push'],
    run: async (fixture) => {
      const store = await fixture.connect()
      await grow(store, stream('a'), 1)
      const waiting = wait(store, await store.head(), new AbortController().signal)
      await store.close()
      await verifyRejects(waiting, 'STORE_CLOSED', 'waitForAppend when the store is closed')
    },
  },
  {
    id: 'store/closed-while-reading',
    title: 'a read that is under way when the store is closed fails with STORE_CLOSED',
    why: 'A long export keeps the connection of a process that should have ended.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      for (const round of oneTo(5)) await store.append([to(stream('a'), notes(1_000), (round - 1) * 1_000)])
      const filter = [{ types: ['Noted'] }]
      const reads = [store.readStream(stream('a')), store.readAll(), store.readAll({ filter })].map((read) =>
        read[Symbol.asyncIterator](),
      )
      for (const read of reads) await read.next()
      await store.close()
      for (const read of reads) {
        const rest = collect({ [Symbol.asyncIterator]: () => read })
        await verifyRejects(rest, 'STORE_CLOSED', 'a read of 5,000 events that is closed after the first')
      }
    },
  },
  {
    id: 'store/closed-alone',
    title: 'closing one handle leaves the others as they are',
    why: 'The end of one request, or of one test, ends the connections of all.',
    level: 'must',
    needs: ['reopen'],
    run: async (fixture) => {
      const [store, other] = await Promise.all([fixture.connect(), fixture.connect()])
      await grow(store, stream('a'), 2)
      const read = other.readAll()[Symbol.asyncIterator]()
      await read.next()
      await store.close()
      verifyEqual((await read.next()).done, false, 'whether the read of another handle is done')
      await read.return?.()
      verifyEqual(await numbers(other.readStream(stream('a'))), [1, 2], 'a stream through another handle')
      const { generations } = await other.append([to(stream('a'), [noted(3)], 2)])
      verifyEqual(generations, [3], 'the generations of an append through another handle')
    },
  },
  {
    id: 'store/closed-in-flight',
    title: 'an append that is in flight when its handle is closed is stored or not, as it is reported',
    why: 'Orders that were confirmed during a shutdown are gone, or those that were not are doubled by a repeat.',
    level: 'must',
    needs: ['reopen'],
    run: async (fixture) => {
      const other = await fixture.connect()
      const stored: number[] = []
      for (const n of oneTo(10)) {
        const store = await fixture.connect()
        const append = [to(stream(`s${n % 3}`), [noted(n)])]
        const appending = store.append(append).then(
          () => stored.push(n),
          async (error: unknown) => {
            // Nothing was stored, or it can be learned.
            if (hasCode(error, 'STORE_CLOSED')) return
            verify(
              hasCode(error, 'APPEND_OUTCOME_UNKNOWN'),
              `an append in flight failed with ${String(error)}`,
            )
            await other.append(append, { commitId: error.commitId })
            stored.push(n)
          },
        )
        if (n % 2 === 0) await Promise.resolve()
        await store.close()
        await appending
      }
      const sorted = (await numbers(other.readAll())).toSorted((x, y) => Number(x) - Number(y))
      verifyEqual(sorted, stored, 'the appends that are stored, against those that were reported so,')
    },
  },
  {
    id: 'store/reopened',
    title: 'what was acknowledged is there after closing and reopening, commit ids and order included',
    why: 'A restart loses orders.',
    level: 'must',
    needs: ['reopen'],
    run: async (fixture) => {
      const store = await fixture.connect()
      for (const n of oneTo(10)) {
        await store.append([to(stream(`s${n % 3}`), [noted(n)])], { commitId: `c${n}` })
      }
      const before = await collect(store.readAll())
      const head = await store.head()
      await store.close()
      const reopened = await fixture.connect()
      verifyEqual(await collect(reopened.readAll()), before, 'the log after reopening')
      verifyEqual(await reopened.head(), head, 'the head after reopening')
      verifyEqual(await numbers(reopened.readStream(stream('s1'))), [1, 4, 7, 10], 'a stream after reopening')
      const again = await reopened.append([to(stream('s1'), [noted(1)])], { commitId: 'c1' })
      verifyEqual(again.repeated, true, 'repeated, after reopening,')
      const { generations } = await reopened.append([to(stream('s1'), [noted(11)], 4)])
      verifyEqual(generations, [5], 'the generations of an append after reopening')
    },
  },
  {
    id: 'store/raw',
    title: 'what the backing store holds is what was acknowledged, once each',
    why: 'What one handle keeps for itself is lost with it.',
    level: 'must',
    needs: ['rawEvents'],
    run: async (fixture) => {
      const store = await fixture.connect()
      for (const n of oneTo(10)) {
        await store.append([to(stream(`s${n % 3}`), [noted(n)])], { commitId: `c${n}` })
      }
      await store.append([to(stream('s1'), [noted(1)])], { commitId: 'c1' })
      await store.append([to(stream('s1'), [noted(99)], 0)]).catch(() => undefined)
      const rawEvents = await offered(fixture.rawEvents?.(), 'rawEvents')
      verifyEqual(rawEvents, await collect(store.readAll()), 'what the backing store holds')
    },
  },
]
