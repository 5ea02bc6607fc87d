import { describe, expect, test } from '@jest/globals'
import { type Declined, type Fixture, type Rule, rules, runRule } from '@eventmill/store-conformance'
import { InMemoryStore } from '@eventmill/store-memory'

const rule: Rule = {
  id: 'made/up',
  title: 'it is made up',
  why: 'it is not',
  level: 'must',
  needs: [],
  run: () => Promise.resolve(),
}

function fixture(): Fixture {
  const store = new InMemoryStore()
  return { connect: () => Promise.resolve(store) }
}

async function errorOf(broken: Rule, opened: () => Fixture | Promise<Fixture>, more: object = {}) {
  const verdict = await runRule(broken, { name: 'X', fixture: opened, ...more })
  return verdict.verdict === 'failed' ? String(verdict.error) : verdict.verdict
}

describe('a rule that needs a back door', () => {
  const needing = rules.filter(({ needs }) =>
    needs.some((need) => ['rawEvents', 'faults', 'stalls', 'clock', 'bystander', 'elsewhere'].includes(need)),
  )

  test.each(needing.map((each) => [each.id, each] as const))(
    'fails where the fixture neither offers nor declines it: %s',
    async (_, each) => {
      expect(await errorOf(each, fixture)).toMatch(/the fixture should offer \w+, or decline it/)
    },
  )

  test('is skipped with the reason where it is declined', async () => {
    const declined: Declined = { faults: 'it is a list' }
    expect(await runRule({ ...rule, needs: ['faults'] }, { name: 'X', fixture, declined })).toEqual(
      expect.objectContaining({ verdict: 'skipped', reason: 'faults is declined: it is a list' }),
    )
  })

  test.each([{ faults: '' }, { fualts: 'none' }, { clock: 7 }])(
    'fails where %j is declined',
    async (declined) => {
      expect(await errorOf(rule, fixture, { declined })).toContain('X declines')
    },
  )

  test('is not satisfied by faults that do nothing', async () => {
    const hold = { reached: Promise.resolve(), release: () => Promise.resolve() }
    const faults = {
      cut: () => undefined,
      holdUp: () => hold,
      deliverLate: () => hold,
      crash: () => undefined,
    }
    const idle = () => ({ ...fixture(), faults, stall: () => hold })
    const judged = rules.filter(({ id }) =>
      [
        'fault/out-of-reach',
        'fault/late-statement',
        'fault/aborted-in-flight',
        'fault/crash',
        'stall/aborted',
        'stall/positions',
      ].includes(id),
    )
    expect(judged).toHaveLength(6)
    for (const each of judged) expect(await errorOf(each, idle)).toContain('Violation')
  })
})

describe('a capability', () => {
  test.each(['push', 'multiStream'])('that is declined, but offered, breaks a rule: %s', async (need) => {
    const capabilities = rules.filter(({ id }) => id === 'store/capabilities')
    for (const each of capabilities) {
      expect(await errorOf(each, fixture, { declined: { [need]: 'no' } })).toContain(
        `${need}, as it is declined`,
      )
    }
  })
})

describe('what a rule has found', () => {
  const failing = { ...rule, run: () => Promise.reject(new Error('found')) }

  test('is told, also where the fixture cannot be disposed of', async () => {
    const dispose = () => Promise.reject(new Error('busy'))
    expect(await errorOf(failing, () => ({ ...fixture(), dispose }))).toBe('Error: found')
    expect(await errorOf(rule, () => ({ ...fixture(), dispose }))).toBe('Error: busy')
  })

  test.each([0, -1, NaN, Infinity, 100_000])(
    'is nothing where the timeoutFactor is %j',
    async (timeoutFactor) => {
      expect(await errorOf(rule, fixture, { timeoutFactor })).toContain('the timeoutFactor of X must be')
    },
  )

  test('is that it took too long, as long as the store may take', async () => {
    const slow = { ...rule, timeout: 10, run: () => new Promise<void>(() => undefined) }
    expect(await errorOf(slow, fixture)).toBe('Error: it did not end within 10 ms')
    expect(await errorOf(slow, fixture, { timeoutFactor: 2 })).toBe('Error: it did not end within 20 ms')
  })
})
