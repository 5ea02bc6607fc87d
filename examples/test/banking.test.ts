import { Core } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { beforeEach, describe, expect, test } from '@jest/globals'
import { Account } from '../src/banking/account.ts'
import { run } from '../src/banking/banking.ts'
import { AccountNotEmpty, AccountNotOpen, AccountTaken, InsufficientFunds } from '../src/banking/refusals.ts'
import { Transfer } from '../src/banking/transfer.ts'

const { Open, Deposit, Withdraw, Close } = Account.commands

let store: InMemoryStore
let core: Core

beforeEach(() => {
  store = new InMemoryStore()
  core = new Core(store)
})

async function open(iban: string, limit: number, cents: number): Promise<void> {
  await core.dispatchCommand(Open(iban, { owner: `the owner of ${iban}`, limit }))
  await core.dispatchCommand(Deposit(iban, { cents }))
}

async function balance(iban: string): Promise<number> {
  return (await core.load(Account, iban)).state.balance
}

describe('an account', () => {
  test('may be drawn down to exactly its credit limit, and not a cent below', async () => {
    await open('DE01', 50_00, 100_00)
    const { state } = await core.dispatchCommand(Withdraw('DE01', { cents: 150_00 }))
    expect(state.balance).toBe(-50_00)
    const overdraft = core.dispatchCommand(Withdraw('DE01', { cents: 1 }))
    await expect(overdraft).rejects.toThrow(new InsufficientFunds('DE01', 1, 0))
    await expect(overdraft).rejects.toBeInstanceOf(InsufficientFunds)
    expect((await core.load(Account, 'DE01')).generation).toBe(3)
  })

  test.each([0, -5, 1.5, NaN])('takes no deposit of %d cents', async (cents) => {
    await open('DE01', 0, 100)
    const deposit = core.dispatchCommand(Deposit('DE01', { cents }))
    await expect(deposit).rejects.toMatchObject({ code: 'EVENT_INVALID' })
    expect(await balance('DE01')).toBe(100)
  })

  test('must be open for money to come or go', async () => {
    await open('DE01', 0, 100)
    const notOpened = core.dispatchCommand(Deposit('DE02', { cents: 1 }))
    await expect(notOpened).rejects.toBeInstanceOf(AccountNotOpen)
    await core.dispatchCommand(Withdraw('DE01', { cents: 100 }))
    await core.dispatchCommand(Close('DE01'))
    for (const command of [
      Deposit('DE01', { cents: 1 }),
      Withdraw('DE01', { cents: 1 }),
      Transfer({ from: 'DE01', to: 'DE03' }, { cents: 1 }),
      Transfer({ from: 'DE03', to: 'DE01' }, { cents: 1 }),
    ]) {
      await expect(core.dispatchCommand(command)).rejects.toBeInstanceOf(AccountNotOpen)
    }
  })

  test('is opened once, and closed when it is empty', async () => {
    await open('DE01', 0, 100)
    const reopened = core.dispatchCommand(Open('DE01', { owner: 'somebody else', limit: 0 }))
    await expect(reopened).rejects.toBeInstanceOf(AccountTaken)
    await expect(core.dispatchCommand(Close('DE01'))).rejects.toBeInstanceOf(AccountNotEmpty)
  })

  test('that is closed already is closed again without a further event', async () => {
    await core.dispatchCommand(Open('DE01', { owner: 'Ada', limit: 0 }))
    const closed = await core.dispatchCommand(Close('DE01'))
    expect(closed.generation).toBe(2)
    expect(await core.dispatchCommand(Close('DE01'))).toEqual(closed)
  })
})

describe('a transfer', () => {
  beforeEach(async () => {
    await open('DE01', 50, 100)
    await open('DE02', 0, 100)
  })

  test('takes from one account what it gives to the other', async () => {
    const { from, to } = await core.dispatchCommand(Transfer({ from: 'DE01', to: 'DE02' }, { cents: 150 }))
    expect([from.state.balance, to.state.balance]).toEqual([-50, 250])
  })

  test('that is refused leaves both accounts as they were', async () => {
    const refused = core.dispatchCommand(Transfer({ from: 'DE01', to: 'DE02' }, { cents: 151 }))
    await expect(refused).rejects.toBeInstanceOf(InsufficientFunds)
    expect([await balance('DE01'), await balance('DE02'), await store.head()]).toEqual([100, 100, 4])
  })

  test('that is sent twice under one command id is applied once', async () => {
    const transfer = Transfer({ from: 'DE01', to: 'DE02' }, { cents: 60 }, { commandId: 'rent' })
    const [first, second] = await Promise.all([
      core.dispatchCommand(transfer),
      core.dispatchCommand(transfer),
    ])
    expect(second).toEqual(first)
    expect(await new Core(store).dispatchCommand(transfer)).toEqual(first)
    expect([await balance('DE01'), await balance('DE02')]).toEqual([40, 160])
  })

  test('from an account to itself is refused', async () => {
    const circle = core.dispatchCommand(Transfer({ from: 'DE01', to: 'DE01' }, { cents: 1 }))
    await expect(circle).rejects.toMatchObject({ code: 'STREAM_REPEATED' })
  })
})

describe.each([
  { over: 'one core', cores: 1 },
  { over: 'several cores on one store', cores: 4 },
])('1,000 transfers among ten accounts at once, over $over', ({ cores }) => {
  const limit = 100
  const ibans = Array.from({ length: 10 }, (_, index) => `DE${index}`)
  let outcomes: PromiseSettledResult<unknown>[]

  beforeEach(async () => {
    for (const iban of ibans) await open(iban, limit, 200)
    // More patience than by default: no transfer is to fail because others were faster.
    const rivals = Array.from({ length: cores }, () => new Core(store, { retries: 100 }))
    outcomes = await Promise.allSettled(
      Array.from({ length: 1000 }, (_, n) => {
        const from = ibans[n % 10] ?? ''
        const to = ibans[(n + 1 + ((n * 7) % 9)) % 10] ?? ''
        const transfer = Transfer(
          { from, to },
          { cents: 1 + ((n * 37) % 300) },
          { commandId: `transfer ${n}` },
        )
        return (rivals[n % cores] ?? core).dispatchCommand(transfer)
      }),
    )
  })

  /** The balance after each event of an account, by its events alone. */
  async function balances(iban: string): Promise<number[]> {
    const signs: { [key: string]: number } = { Deposited: 1, Received: 1, Withdrawn: -1, Sent: -1 }
    const seen = [0]
    for await (const { type, data } of store.readStream({ aggregateType: 'Account', aggregateId: iban })) {
      const { cents = 0 } = data as { cents?: number }
      seen.push((seen.at(-1) ?? 0) + (signs[type] ?? 0) * cents)
    }
    return seen
  }

  test('are applied, or refused for want of funds', () => {
    const reasons = outcomes
      .filter((outcome) => outcome.status === 'rejected')
      .map(({ reason }) => reason as unknown)
    expect(reasons.filter((reason) => !(reason instanceof InsufficientFunds))).toEqual([])
    // Enough of each to tell something.
    expect(reasons.length).toBeGreaterThan(100)
    expect(outcomes.length - reasons.length).toBeGreaterThan(100)
  })

  test('never overdraw an account', async () => {
    for (const iban of ibans) expect(Math.min(...(await balances(iban)))).toBeGreaterThanOrEqual(-limit)
  })

  test('neither make money nor lose any', async () => {
    const all = await Promise.all(ibans.map(balance))
    expect(all.reduce((sum, each) => sum + each)).toBe(10 * 200)
  })

  test('leave every account with what its events add up to', async () => {
    for (const iban of ibans) expect((await balances(iban)).at(-1)).toBe(await balance(iban))
  })

  test('store two events for each transfer that was applied', async () => {
    const applied = outcomes.filter(({ status }) => status === 'fulfilled').length
    expect(await store.head()).toBe(10 * 2 + applied * 2)
  })
})

test('the story tells of a transfer applied once, of refusals, and of every booking', async () => {
  const lines: string[] = []
  await run(store, (line) => lines.push(line))
  const story = lines.join('\n')
  expect(story).toContain('applied once: she stands at -500.00')
  expect(story).toContain('InsufficientFunds: DE01 has 0.00 to spend')
  expect(story).toContain('AccountNotOpen: DE02 is closed')
  expect(story).toMatch(/^ {2}4 {2}Sent +DE02 +30\.00 +-500\.00$/m)
  expect(story).toMatch(/^ {2}5 {2}Closed +0\.00$/m)
})
