import { beforeEach, describe, expect, test } from '@jest/globals'
import {
  Core,
  defineAggregate,
  defineEvents as defineUnchecked,
  type DomainEvent,
  event,
  hasCode,
  type NewEvent,
  type ReadAllOptions,
} from '@eventmill/core'
import { eventCodec } from '@eventmill/core/adapter'
import { audit, type AuditReport, defineEvents, type Sample, version } from '@eventmill/schema'
import { InMemoryStore } from '@eventmill/store-memory'
import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import * as z from 'zod'

const source = 'https://example.com/account'
const accountEvents = defineEvents(source, {
  Opened: version(z.object({ limit: z.number() })).next(z.object({ cents: z.int() }), ({ limit }) => ({
    cents: limit * 100,
  })),
  Deposited: z.object({ cents: z.int().positive() }),
})
const stream = { aggregateType: 'Account', aggregateId: 'DE1' }

let store: InMemoryStore
beforeEach(() => {
  store = new InMemoryStore()
})

/** Past every check, as an older release, or somebody else, may have written. */
async function append(...events: NewEvent[]): Promise<void> {
  await store.append([{ stream, expected: 'any', events }])
}

function written(type: string, version: number, data: unknown, from = source): NewEvent {
  return { source: from, type, version, data }
}

const deposited = accountEvents.Deposited({ cents: 5 })
const wrong = written('Deposited', 1, { cents: 'five' })

describe('audit', () => {
  test('finds nothing in a log that can be read, older versions included', async () => {
    await append(accountEvents.Opened({ cents: 500 }), written('Opened', 1, { limit: 5 }), deposited)
    expect(await audit(store, [accountEvents])).toEqual({
      complete: true,
      position: 3,
      head: 3,
      read: 3,
      judged: 3,
      findings: [],
      others: {},
    })
  })

  test('tells what cannot be read by type and version, how many, where first, and why', async () => {
    await append(
      deposited,
      wrong,
      written('Opened', 1, { limit: 0.001 }),
      written('Deposited', 1, { cents: -1 }),
      written('Opened', 3, { cents: 5 }),
      written('Burnt', 1, {}),
      written('Burnt', 2, {}),
      written('Opened', 1, {}, 'urn:x:door'),
      written('Opened', 3, {}),
    )
    const { findings } = await audit(store, [accountEvents])
    expect(findings).toEqual([
      {
        kind: 'unreadable',
        source,
        type: 'Deposited',
        version: 1,
        count: 2,
        first: 2,
        issue: { path: 'cents', message: 'Invalid input: expected number, received string' },
      },
      expect.objectContaining({
        kind: 'unreadable',
        type: 'Opened',
        version: 1,
        count: 1,
        first: 3,
        issue: { path: 'cents', message: 'Invalid input: expected int, received number' },
      }),
      { kind: 'unknown version', source, type: 'Opened', version: 3, count: 2, first: 5 },
      { kind: 'unknown type', source, type: 'Burnt', version: 1, count: 1, first: 6 },
      { kind: 'unknown type', source, type: 'Burnt', version: 2, count: 1, first: 7 },
      { kind: 'unknown namespace', source: 'urn:x:door', type: 'Opened', version: 1, count: 1, first: 8 },
    ])
  })

  test('tells the path to a part, and what a step or codec throws, cut short, but never the payload', async () => {
    const events = defineEvents(source, {
      Deep: z.object({ lines: z.array(z.object({ cents: z.int() })) }),
      Stepped: version(z.object({ text: z.string() })).next(z.object({ n: z.int() }), ({ text }) => {
        throw new Error(text)
      }),
    })
    await append(
      written('Deep', 1, { lines: [{ cents: 1 }, { cents: 'secret' }] }),
      written('Stepped', 1, { text: 'x'.repeat(100_000) }),
    )
    const { findings } = await audit(store, [events])
    expect(findings).toEqual([
      expect.objectContaining({ issue: expect.objectContaining({ path: 'lines[1].cents' }) }),
      expect.objectContaining({ issue: { path: '', message: 'x'.repeat(200) } }),
    ])
    expect(JSON.stringify(findings)).not.toContain('secret')
  })

  test('has a finding for each of the first thousand types, and counts the events of others by kind', async () => {
    const many = Array.from({ length: 1_000 }, (_, index) => written(`Burnt${index}`, 1, {}))
    await append(
      ...many,
      wrong,
      written('Opened', 1, {}, 'urn:x:door'),
      written('Burnt0', 1, {}),
      written('Burnt1000', 1, {}),
      wrong,
    )
    const { findings, others } = await audit(store, [accountEvents])
    expect(findings).toHaveLength(1_000)
    expect(findings[0]).toEqual(expect.objectContaining({ type: 'Burnt0', count: 2, first: 1 }))
    expect(findings[999]).toEqual(expect.objectContaining({ type: 'Burnt999', count: 1, first: 1_000 }))
    expect(others).toEqual({ unreadable: 2, 'unknown namespace': 1, 'unknown type': 1 })
  })

  test('does not trust what the namespace trusts', async () => {
    const trusting = defineEvents(source, { Deposited: z.object({ cents: z.int() }) }, { trustStored: true })
    await append(wrong)
    expect((await audit(store, [trusting])).findings).toEqual([
      expect.objectContaining({ kind: 'unreadable' }),
    ])
  })

  test('lets pass what its own version would refuse by now, as long as it is read', async () => {
    const lenient = defineEvents(source, {
      Opened: version(z.object({ limit: z.number() })).next(z.object({ cents: z.int() }), ({ limit }) => ({
        cents: limit * 100,
      })),
    })
    await append(written('Opened', 1, { limit: '5' }))
    const [stored] = await Array.fromAsync(store.readAll())
    expect(stored && eventCodec([lenient]).decode(stored).data).toEqual({ cents: 500 })
    expect((await audit(store, [lenient])).findings).toEqual([])
  })

  test('judges namespaces without schemas by what they read', async () => {
    const doorEvents = defineUnchecked('urn:x:door', { Opened: event() })
    await append(written('Opened', 1, {}, 'urn:x:door'), written('Opened', 2, {}, 'urn:x:door'))
    const [finding, ...others] = (await audit(store, [doorEvents])).findings
    expect([finding, ...others]).toEqual([expect.objectContaining({ kind: 'unknown version', version: 2 })])
  })

  test('ends where the store ended when it began, and goes on from there', async () => {
    await append(deposited, deposited)
    const growing = {
      head: async () => {
        const head = await store.head()
        await append(wrong, wrong)
        return head
      },
      readAll: (options?: ReadAllOptions) => store.readAll(options),
    }
    const first = await audit(growing, [accountEvents])
    expect(first).toEqual(expect.objectContaining({ position: 2, head: 2, read: 2, findings: [] }))
    const second = await audit(store, [accountEvents], { after: first.position })
    expect(second).toEqual(
      expect.objectContaining({
        position: 4,
        read: 2,
        findings: [expect.objectContaining({ count: 2, first: 3 })],
      }),
    )
  })

  test.each<[string, object, string]>([
    ['an unknown option', { upTo: 5 }, 'ARGUMENT_INVALID'],
    ['a position that is none', { after: -1 }, 'ARGUMENT_INVALID'],
    ['a position between two', { after: 0.5 }, 'ARGUMENT_INVALID'],
    ['progress that is no function', { onProgress: true }, 'ARGUMENT_INVALID'],
    ['every zeroth', { sample: { every: 0 } }, 'ARGUMENT_INVALID'],
    ['a share of less than none', { sample: { share: -0.1 } }, 'ARGUMENT_INVALID'],
    ['a share of more than all', { sample: { share: 1.1 } }, 'ARGUMENT_INVALID'],
    ['a share that is no number', { sample: { share: NaN } }, 'ARGUMENT_INVALID'],
    ['a seed that is none', { sample: { share: 1, seed: 0.5 } }, 'ARGUMENT_INVALID'],
    ['two samples at once', { sample: { every: 1, share: 1 } }, 'ARGUMENT_INVALID'],
  ])('refuses %s', async (_, options, code) => {
    await expect(audit(store, [accountEvents], options)).rejects.toHaveProperty('code', code)
  })

  test('refuses a position beyond the head, and tells both', async () => {
    await append(deposited)
    await expect(audit(store, [accountEvents], { after: 5 })).rejects.toEqual(
      expect.objectContaining({ code: 'CHECKPOINT_AHEAD', after: 5, head: 1 }),
    )
  })

  test('refuses two namespaces of one source', async () => {
    await expect(audit(store, [accountEvents, { ...accountEvents }])).rejects.toHaveProperty(
      'code',
      'DEFINITION_INVALID',
    )
  })

  test('fails with what reading fails with', async () => {
    await store.close()
    await expect(audit(store, [accountEvents])).rejects.toHaveProperty('code', 'STORE_CLOSED')
  })

  test('finds exactly what Core cannot load, wherever it is planted, always', async () => {
    const sound = fc.oneof(
      fc.record({
        type: fc.constant('Deposited'),
        version: fc.constant(1),
        data: fc.record({ cents: fc.nat().map((n) => n + 1) }),
      }),
      fc.record({
        type: fc.constant('Opened'),
        version: fc.constantFrom(1, 2),
        data: fc.constant({ limit: 1, cents: 1 }),
      }),
    )
    const planted = fc.record({
      type: fc.constantFrom('Deposited', 'Opened', 'Burnt'),
      version: fc.integer({ min: 1, max: 3 }),
      data: fc.record(
        {
          cents: fc.oneof(fc.integer(), fc.double(), fc.string()),
          limit: fc.oneof(fc.integer(), fc.string()),
        },
        { requiredKeys: [] },
      ),
    })
    const Account = defineAggregate({
      type: 'Account',
      events: accountEvents,
      initialize: (_id: string) => 0,
      apply: { Opened: (count) => count + 1, Deposited: (count) => count + 1 },
      handle: {},
    })
    let found = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ arbitrary: sound, weight: 3 }, planted), { maxLength: 20 }),
        async (events) => {
          const log = new InMemoryStore()
          const core = new Core(log)
          const expected = new Map<string, number[]>()
          for (const [index, { type, version, data }] of events.entries()) {
            // Each in a stream of its own, to be loaded alone.
            const own = Account.stream(String(index))
            const json: unknown = JSON.parse(JSON.stringify(data))
            const appended = [written(type, version, json)]
            await log.append([{ stream: own, expected: 0, events: appended }])
            await core.load(Account, String(index)).catch((error: unknown) => {
              if (!hasCode(error, 'EVENT_UNREADABLE')) throw error
              const key = `${type} ${version}`
              expected.set(key, [...(expected.get(key) ?? []), error.position])
            })
          }
          const { findings } = await audit(log, [accountEvents])
          found += findings.length
          expect(
            findings.map(({ type, version, count, first }) => [`${type} ${version}`, count, first]),
          ).toEqual([...expected].map(([key, positions]) => [key, positions.length, positions[0]]))
        },
      ),
    )
    expect(found).toBeGreaterThan(50)
  })
})

describe('an audit of many events', () => {
  const bad = 7

  /** A log that exists only as it is read. Each seventh event is wrong. */
  function endless(length: number) {
    return {
      head: async () => length,
      async *readAll({ after = 0, upTo = length, signal }: ReadAllOptions = {}) {
        for (let position = after + 1; position <= Math.min(upTo, length); position++) {
          signal?.throwIfAborted()
          const each: DomainEvent = {
            ...(position % bad === 0 ? wrong : deposited),
            ...stream,
            id: 'x',
            sequence: position,
            position,
            time: '2026-01-31T12:00:00.000Z',
            metadata: {},
          }
          yield each
        }
      },
    }
  }

  test('tells how far it has got', async () => {
    const length = 50_000
    const told: Partial<AuditReport>[] = []
    await audit(endless(length), [accountEvents], {
      onProgress: ({ complete, position, read, findings }) => {
        told.push({ complete, position, read })
        expect(findings).toEqual([expect.objectContaining({ count: Math.floor(position / bad), first: bad })])
      },
    })
    expect(told).toEqual(
      [10_000, 20_000, 30_000, 40_000, 50_000].map((read) => ({ complete: false, position: read, read })),
    )
  })

  test('holds none of them: a million pass through a heap that has no room for a tenth', () => {
    const program = `
      import { audit, defineEvents } from '@eventmill/schema'
      import * as z from 'zod'
      const events = defineEvents('urn:x:y', { Made: z.object({ text: z.string(), n: z.int().nonnegative() }) })
      const store = {
        head: async () => 1_000_000,
        async *readAll() {
          for (let position = 1; position <= 1_000_000; position++) {
            const data = { text: String(position).padEnd(500), n: position % 2 === 0 ? position : -position }
            yield { source: 'urn:x:y', type: 'Made', version: 1, data, position }
          }
        },
      }
      const { read, findings } = await audit(store, [events])
      console.log(read, findings[0].count)`
    const options = ['--max-old-space-size=32', '--input-type=module', '--eval', program]
    const { status, stdout } = spawnSync(process.execPath, options, {
      // Inside this package, so that its dependencies are found.
      cwd: import.meta.dirname,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    expect({ status, stdout }).toEqual({ status: 0, stdout: '1000000 500000\n' })
  }, 60_000)

  test('resolves to what it has found when it is aborted, and the rest is found by going on from there', async () => {
    const log = endless(50_000)
    const controller = new AbortController()
    const first = await audit(log, [accountEvents], {
      after: 7_000,
      signal: controller.signal,
      onProgress: ({ position }) => {
        if (position === 27_000) controller.abort()
      },
    })
    expect(first).toEqual(expect.objectContaining({ complete: false, position: 27_000, read: 20_000 }))
    const second = await audit(log, [accountEvents], { after: first.position })
    expect(second).toEqual(expect.objectContaining({ complete: true, position: 50_000, read: 23_000 }))
    const count = ({ findings }: AuditReport) => findings[0]?.count ?? 0
    expect(count(first) + count(second)).toBe(Math.floor(50_000 / bad) - 7_000 / bad)
  })

  test('is aborted by a timer, also where its store never waits for anything', async () => {
    const controller = new AbortController()
    setTimeout(() => {
      controller.abort()
    })
    const { complete, read } = await audit(endless(1_000_000), [accountEvents], { signal: controller.signal })
    expect({ complete, early: read < 500_000 }).toEqual({ complete: false, early: true })
  })

  test('reads nothing where it was aborted before', async () => {
    const signal = AbortSignal.abort()
    expect(await audit(endless(10), [accountEvents], { signal, after: 3 })).toEqual(
      expect.objectContaining({ complete: false, position: 3, read: 0 }),
    )
  })

  test('fails with what its progress throws', async () => {
    const onProgress = () => {
      throw new Error('no more')
    }
    await expect(audit(endless(10_000), [accountEvents], { onProgress })).rejects.toThrow('no more')
  })

  test('fails with what its progress throws also when that has aborted it', async () => {
    const controller = new AbortController()
    const onProgress = () => {
      controller.abort()
      throw new Error('no more')
    }
    const options = { signal: controller.signal, onProgress }
    await expect(audit(endless(10_000), [accountEvents], options)).rejects.toThrow('no more')
  })

  test('judges every n-th of a sample, beginning with the first, and reads the others', async () => {
    const report = await audit(endless(100), [accountEvents], { sample: { every: 3 } })
    expect(report).toEqual(expect.objectContaining({ read: 100, judged: 34 }))
    // The multiples of 7 among 1, 4, 7, …: the first is 7, and every 21st from there.
    expect(report.findings).toEqual([expect.objectContaining({ count: 5, first: 7 })])
  })

  test('judges all where every single one is to be judged', async () => {
    const report = await audit(endless(100), [accountEvents], { sample: { every: 1 } })
    expect(report).toHaveProperty('judged', 100)
  })

  test('judges about the share that was asked for, and the same events for the same seed', async () => {
    const judgedOf = async (sample: Sample, after = 0) =>
      (await audit(endless(10_000), [accountEvents], { sample, after })).judged
    for (const share of [0, 0.01, 0.3, 1]) {
      const judged = await judgedOf({ share, seed: 5 })
      expect(Math.abs(judged - share * 10_000)).toBeLessThanOrEqual(
        5 * Math.sqrt(10_000 * share * (1 - share)),
      )
    }
    const found = async (seed: number) =>
      (await audit(endless(10_000), [accountEvents], { sample: { share: 0.01, seed } })).findings
    expect(await found(5)).toEqual(await found(5))
    expect(await found(5)).not.toEqual(await found(6))
  })

  test.each([
    ['a seed', 2 ** 32, 0],
    ['a position', 0, 2 ** 32],
  ])('heeds all of %s, also what is beyond 32 bits', async (_, seed, after) => {
    const chosen = async (sample: Sample, after: number) => {
      const { findings } = await audit(endless(after + 1_000), [], { sample, after })
      return findings.map(({ count, first }) => ({ count, first: first - after }))
    }
    expect(await chosen({ share: 0.01, seed }, after)).not.toEqual(await chosen({ share: 0.01 }, 0))
  })

  test('chooses the same events of a seed wherever it begins', async () => {
    const sample = { share: 0.1, seed: 7 }
    const judged = async (length: number, after: number) =>
      (await audit(endless(length), [accountEvents], { sample, after })).judged
    expect((await judged(4_321, 0)) + (await judged(10_000, 4_321))).toBe(await judged(10_000, 0))
  })
})

test('a step that throws whatever it likes, or issues of whatever form, ends no audit', async () => {
  const issues = [undefined, ['odd'], [{ path: 3 }], []]
  const thrown = [
    ...issues.map((each) => Object.assign(new Error('no way'), { issues: each })),
    'no way',
    null,
  ]
  for (const error of thrown) {
    const step = () => {
      throw error as Error
    }
    const events = defineEvents('https://example.com/odd', {
      Happened: version(z.object({})).next(z.object({ a: z.int() }), step),
    })
    const store = new InMemoryStore()
    const stored = { source: 'https://example.com/odd', type: 'Happened', version: 1, data: {} }
    await store.append([
      { stream: { aggregateType: 'Odd', aggregateId: 'a' }, expected: 0, events: [stored] },
    ])
    const { findings } = await audit(store, [events])
    expect(findings).toMatchObject([{ kind: 'unreadable', count: 1, issue: { path: '' } }])
  }
})
