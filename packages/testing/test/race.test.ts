import { describe, expect, test } from '@jest/globals'
import { type EventStore } from '@eventmill/core'
import { everySchedule, type Race } from '@eventmill/testing'
import { InMemoryStore } from '@eventmill/store-memory'

const race: Race = {
  prepare: () => new InMemoryStore(),
  commands: [(store: EventStore) => store.head()],
  check: () => undefined,
}

describe('a race', () => {
  test.each([
    ['another option', { sead: 3 }, 'race.sead must be absent'],
    ['no commands', { commands: [] }, 'race.commands must be a list of at least one function'],
    ['one that is no function', { commands: [7] }, 'race.commands[0] must be a function, but it is 7'],
    ['no way to prepare', { prepare: undefined }, 'race.prepare must be a function, but it is undefined'],
    ['no check', { check: 'fine' }, 'race.check must be a function, but it is "fine"'],
    ['a schedule that is no list', { schedule: '1' }, 'race.schedule must be a list of turns'],
    ['no schedules', { limit: 0 }, 'race.limit must be a safe integer from 1'],
    ['half a seed', { seed: 0.5 }, 'race.seed must be a safe integer from 0'],
    ['neither yes nor no', { lostAnswers: 1 }, 'race.lostAnswers must be a boolean, but it is 1'],
  ])('with %s is refused', async (_, wrong, message) => {
    const tried = everySchedule({ ...race, ...wrong } as never)
    await expect(tried).rejects.toThrow(message)
    await expect(tried).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })

  test.each([
    ['at once', () => false],
    ['later', async () => false],
  ])('whose check answers %s, with a boolean, is refused: it would pass for success', async (_, check) => {
    await expect(everySchedule({ ...race, check: check as never })).rejects.toThrow(
      'race.check must be a function that throws where something is wrong, and returns nothing',
    )
  })

  test('shows what is thrown, also where it is no error', async () => {
    const thrown: unknown = { code: 'X', amount: 5n }
    const check = () => {
      throw thrown
    }
    const failing = async () => check()
    const told = everySchedule({ ...race, commands: [failing], check })
    await expect(told).rejects.toThrow(
      'the check fails with schedule []: {"code":"X","amount":5n}\n  1 fails: {"code":"X","amount":5n}',
    )
    await expect(told).rejects.toMatchObject({ cause: thrown })
  })
})
