import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { GroupCommit, type Outcome, type Queued } from '../src/group-commit.ts'

interface Work extends Queued {
  readonly name: string
}

function work(name: string, ...keys: readonly string[]): Work {
  return { name, keys, bytes: 1 }
}

const OPTIONS = { batches: 2, most: 500, timeout: 60_000 }

/** A group commit whose batches come back when they are told to. */
function harness({ timeout = OPTIONS.timeout } = {}) {
  const batches: {
    readonly names: readonly string[]
    readonly patient: boolean
    back(outcomes?: readonly Outcome<string>[]): void
    fail(): void
  }[] = []
  const group = new GroupCommit<Work, string>(
    {
      send: (batch, patient) => {
        const { promise, resolve, reject } = Promise.withResolvers<readonly Outcome<string>[]>()
        const names = batch.map(({ name }) => name)
        batches.push({
          names,
          patient,
          back: (outcomes = names.map((result) => ({ result }))) => {
            resolve(outcomes)
          },
          fail: () => {
            reject(new Error('the connection is gone'))
          },
        })
        return promise
      },
      abandoned: ({ name }) => new Error(`nobody knows what became of ${name}`),
      givenUp: (_, reason) => reason,
      late: ({ name }, waiting) => new Error(`${name} is late, of ${waiting}`),
    },
    { ...OPTIONS, timeout },
  )
  return { group, batches, sent: () => batches.map(({ names }) => names) }
}

describe('group commit', () => {
  test('sends at once what finds nothing under way, and then together what came meanwhile', async () => {
    const { group, batches, sent } = harness()
    const all = ['a', 'b', 'c', 'd', 'e'].map((name) => group.run(work(name, name)))
    expect(sent()).toEqual([['a'], ['b']])
    batches[0]?.back()
    await all[0]
    expect(sent()).toEqual([['a'], ['b'], ['c', 'd', 'e']])
    for (const batch of batches) batch.back()
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('never has work about the same under way twice, nor lets it be overtaken', async () => {
    const { group, batches, sent } = harness()
    const all = [
      group.run(work('1', 'a')),
      group.run(work('2', 'a', 'b')),
      group.run(work('3', 'b')),
      group.run(work('4', 'c')),
    ]
    // 3 is free, but 2 came first.
    expect(sent()).toEqual([['1'], ['4']])
    batches[0]?.back()
    await all[0]
    expect(sent()).toEqual([['1'], ['4'], ['2', '3']])
    for (const batch of batches) batch.back()
    await Promise.all(all)
  })

  test('tells each its own outcome, and all where the batch as a whole fails', async () => {
    const { group, batches } = harness()
    const first = group.run(work('a', 'a'))
    const second = group.run(work('b', 'b'))
    batches[0]?.back([{ error: new Error('no') }])
    batches[1]?.fail()
    await expect(first).rejects.toThrow('no')
    await expect(second).rejects.toThrow('the connection is gone')
    const third = group.run(work('c', 'a', 'b'))
    batches[2]?.back()
    expect(await third).toBe('c')
  })

  test('lets go of what is aborted while it waits, and not of what has left', async () => {
    const { group, batches, sent } = harness()
    const controller = new AbortController()
    const { signal } = controller
    const left = group.run({ ...work('left', 'a'), signal })
    const lost = expect(left).rejects.toThrow('nobody knows what became of left')
    const other = group.run(work('other', 'b'))
    const waiting = group.run({ ...work('waiting', 'a'), signal })
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(group.run({ ...work('late', 'd'), signal })).rejects.toThrow('enough')
    for (const batch of batches) batch.back()
    expect(await other).toBe('other')
    await lost
    expect(sent()).toEqual([['left'], ['other']])
  })

  test('brings back what has left before it closes, and fails the rest', async () => {
    const { group, batches } = harness()
    const left = group.run(work('left', 'a'))
    const waiting = group.run(work('waiting', 'a'))
    let closed = false
    const closing = group.close(new Error('closed')).then(() => {
      closed = true
    })
    await expect(waiting).rejects.toThrow('closed')
    expect(closed).toBe(false)
    batches[0]?.back()
    expect(await left).toBe('left')
    await closing
  })

  test('sends no more than 500 pieces, or 4 MiB, together', async () => {
    const { group, batches, sent } = harness()
    const all = [group.run(work('a', 'a')), group.run(work('b', 'b'))]
    for (let n = 0; n < 600; n++) all.push(group.run(work(`${n}`, `${n}`)))
    for (let n = 0; n < 3; n++) {
      all.push(group.run({ ...work(`large ${n}`, `large ${n}`), bytes: 3 * 2 ** 20 }))
    }
    for (let n = 0; n < 8; n++) {
      batches[n]?.back()
      await new Promise(setImmediate)
    }
    await Promise.all(all)
    expect(sent().map(({ length }) => length)).toEqual([1, 1, 500, 101, 1, 1])
  })

  test('sends what is blocked apart and patiently, all that is about the same together', async () => {
    const { group, batches, sent } = harness()
    const all = [group.run(work('0', 'z')), group.run(work('1', 'y'))]
    for (const name of ['a1', 'a2', 'b1', 'c1', 'd1']) all.push(group.run(work(name, name.slice(0, 1))))
    batches[0]?.back()
    await all[0]
    // All but one are blocked; there is room for two patient batches.
    batches[2]?.back(['blocked', 'blocked', 'blocked', 'blocked', { result: 'd1' }])
    await all[6]
    const next = group.run(work('a3', 'a'))
    const other = group.run(work('e1', 'e'))
    expect(sent().slice(2)).toEqual([['a1', 'a2', 'b1', 'c1', 'd1'], ['a1', 'a2'], ['b1'], ['e1']])
    expect(batches.map(({ patient }) => patient)).toEqual([false, false, false, true, true, false])
    batches[4]?.back(['blocked'])
    batches[3]?.back()
    expect(await Promise.all(all.slice(2, 4))).toEqual(['a1', 'a2'])
    await new Promise(setImmediate)
    // b had its turn, and waits behind c.
    expect(sent().slice(6)).toEqual([['c1'], ['b1']])
    for (const batch of batches) batch.back()
    await new Promise(setImmediate)
    for (const batch of batches) batch.back()
    expect(await Promise.all([...all, next, other])).toEqual([
      '0',
      '1',
      'a1',
      'a2',
      'b1',
      'c1',
      'd1',
      'a3',
      'e1',
    ])
  })

  test('lets go of what is aborted while it is blocked', async () => {
    const { group, batches, sent } = harness()
    const controller = new AbortController()
    const { signal } = controller
    const all = ['a', 'b', 'c'].map((name) => group.run({ ...work(name, name), signal }))
    const told = Promise.allSettled(all)
    batches[0]?.back(['blocked'])
    batches[1]?.back(['blocked'])
    await new Promise(setImmediate)
    batches[2]?.back(['blocked'])
    await new Promise(setImmediate)
    expect(sent()).toEqual([['a'], ['b'], ['c'], ['a'], ['b']])
    controller.abort(new Error('enough'))
    const after = group.run(work('after', 'c'))
    expect(sent().at(-1)).toEqual(['after'])
    for (const batch of batches) batch.back()
    expect(await after).toBe('after')
    expect((await told).map((outcome) => String('reason' in outcome && outcome.reason))).toEqual([
      'Error: nobody knows what became of a',
      'Error: nobody knows what became of b',
      'Error: enough',
    ])
  })

  test('gives up what comes back blocked after it was closed', async () => {
    const { group, batches, sent } = harness()
    const left = group.run(work('left', 'a'))
    const told = expect(left).rejects.toThrow('closed')
    const closing = group.close(new Error('closed'))
    batches[0]?.back(['blocked'])
    await closing
    await told
    await expect(group.run(work('late', 'b'))).rejects.toThrow('closed')
    expect(sent()).toEqual([['left']])
  })

  test('tells who waits beyond the timeout, and lets the others go on', async () => {
    const { group, batches } = harness({ timeout: 1 })
    const left = group.run(work('left', 'a'))
    const other = group.run(work('other', 'b'))
    const waiting = group.run(work('waiting', 'a'))
    await expect(waiting).rejects.toThrow('waiting is late, of 1')
    expect(group.load).toEqual({ waiting: 0, blocked: 0, batches: 2 })
    for (const batch of batches) batch.back()
    expect(await Promise.all([left, other])).toEqual(['left', 'other'])
  })

  test('tells who comes back blocked beyond the timeout, and frees what that was about', async () => {
    const { group, batches, sent } = harness({ timeout: 1 })
    const blocked = group.run(work('blocked', 'a'))
    const start = performance.now()
    while (performance.now() <= start + 1) await new Promise(setImmediate)
    batches[0]?.back(['blocked'])
    await expect(blocked).rejects.toThrow('blocked is late, of 1')
    const after = group.run(work('after', 'a'))
    batches[1]?.back()
    expect(await after).toBe('after')
    expect(sent()).toEqual([['blocked'], ['after']])
  })

  test('tells all that are late at once, so that none is told so that has left in the place of another', async () => {
    const { group, batches, sent } = harness({ timeout: 50 })
    const others = [group.run(work('1', '1')), group.run(work('2', '2'))]
    const under = group.run(work('under way', 'a'))
    const between = expect(group.run(work('between', 'a', 'b'))).rejects.toThrow('between is late, of 2')
    const behind = expect(group.run(work('behind', 'b'))).rejects.toThrow('behind is late, of 2')
    batches[0]?.back()
    await others[0]
    batches[2]?.back(['blocked', 'blocked', 'blocked'])
    await Promise.all([between, behind])
    expect(sent().slice(2)).toEqual([['under way', 'between', 'behind'], ['under way']])
    for (const batch of batches) batch.back()
    await Promise.all([...others, under])
  })

  test('does not let what follows go while what it follows is under way, although one in between was let go', async () => {
    const { group, batches, sent } = harness()
    const controller = new AbortController()
    const others = [group.run(work('1', '1')), group.run(work('2', '2'))]
    const under = group.run(work('under way', 'a'))
    const between = group.run({ ...work('between', 'a', 'b'), signal: controller.signal })
    const letGo = expect(between).rejects.toThrow('enough')
    batches[0]?.back()
    await others[0]
    batches[2]?.back(['blocked', 'blocked'])
    await new Promise(setImmediate)
    const behind = group.run(work('behind', 'a'))
    controller.abort(new Error('enough'))
    await letGo
    expect(sent().slice(2)).toEqual([['under way', 'between'], ['under way']])
    for (const batch of batches) batch.back()
    await Promise.all([...others, under])
    await new Promise(setImmediate)
    expect(sent().slice(4)).toEqual([['behind']])
    batches[4]?.back()
    expect(await behind).toBe('behind')
  })

  test('keeps the order of what is about the same, whatever comes back when', async () => {
    const item = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 2 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(item, { maxLength: 30 }),
        fc.infiniteStream(fc.nat(3)),
        async (items, delays) => {
          const done: number[] = []
          const next = () => delays.next().value as number
          const send = async (batch: readonly (Work & { n: number })[]) => {
            for (let turns = next(); turns > 0; turns--) await Promise.resolve()
            const held = new Set(next() === 0 ? batch[0]?.keys.slice(0, 1) : [])
            return batch.map(({ n, keys }): Outcome<number> => {
              if (keys.some((key) => held.has(key))) {
                for (const key of keys) held.add(key)
                return 'blocked'
              }
              done.push(n)
              return { result: n }
            })
          }
          const group = new GroupCommit<Work & { n: number }, number>(
            { send, abandoned: () => new Error(), givenUp: () => new Error(), late: () => new Error() },
            OPTIONS,
          )
          const all = items.map((keys, n) => group.run({ ...work(`${n}`, ...keys), n }))
          expect(await Promise.all(all)).toEqual(items.map((_, n) => n))
          for (const key of ['a', 'b', 'c'] as const) {
            const own = done.filter((n) => items[n]?.includes(key))
            expect(own).toEqual(own.toSorted((x, y) => x - y))
          }
        },
      ),
    )
  })
})
