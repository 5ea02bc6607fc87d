import { type ExpectedGeneration } from '@eventmill/core'
import fc from 'fast-check'
import { type Call } from './history.ts'
import { modelAnswer } from './model.ts'

/**
 * Histories of calls that meet: few streams, expectations that are mostly met, appends that are repeated, reads of
 * what is there.
 */
export function histories({ multiStream }: { readonly multiStream: boolean }): fc.Arbitrary<readonly Call[]> {
  const id = fc.constantFrom('a', 'b', 'c')
  const expects = fc.oneof(
    { weight: 3, arbitrary: fc.constant<Expects>('here') },
    { weight: 2, arbitrary: fc.constantFrom<Expects>('any', 'exists', 'none', 'behind', 'ahead') },
  )
  const target = fc.record({ id, expects, says: fc.array(fc.nat(5), { maxLength: 3 }) })
  const append = fc.record({
    step: fc.constant('append' as const),
    targets: fc.uniqueArray(target, {
      minLength: 1,
      maxLength: multiStream ? 3 : 1,
      selector: ({ id: name }) => name,
    }),
    committed: fc.boolean(),
  })
  const again = fc.record({
    step: fc.constant('again' as const),
    nth: fc.nat(),
    change: fc.constantFrom<Change>('none', 'none', 'expected', 'says', 'order'),
  })
  const find = fc.record({ step: fc.constant('find' as const), nth: fc.nat(), under: fc.nat(2) })
  const range = { after: fc.nat(6), upTo: fc.nat(24), limit: fc.nat(6), backwards: fc.boolean() }
  const readStream = fc.record(
    { call: fc.constant('readStream' as const), id, ...range },
    { requiredKeys: ['call', 'id'] },
  )
  const readAll = fc.record(
    { call: fc.constant('readAll' as const), types: fc.subarray(['Odd', 'Even']), ...range },
    { requiredKeys: ['call'] },
  )
  const read = fc.record({ step: fc.constant('read' as const), call: fc.oneof(readStream, readAll) })
  const step = fc.oneof(
    { weight: 4, arbitrary: append },
    { weight: 2, arbitrary: again },
    { weight: 1, arbitrary: find },
    { weight: 3, arbitrary: read },
  )
  return fc.array(step, { maxLength: 30, size: 'max' }).map(callsOf)
}

/** Where an append expects a stream, told by where that stands. */
type Expects = 'here' | 'any' | 'exists' | 'none' | 'behind' | 'ahead'

/** In what an append differs from the earlier one whose commit it names. */
type Change = 'none' | 'expected' | 'says' | 'order'

type Append = Extract<Call, { call: 'append' }>

/** What a history is drawn as: its steps refer to what came before them. */
type Step =
  | {
      readonly step: 'append'
      readonly targets: readonly {
        readonly id: string
        readonly expects: Expects
        readonly says: readonly number[]
      }[]
      readonly committed: boolean
    }
  | { readonly step: 'again'; readonly nth: number; readonly change: Change }
  | { readonly step: 'find'; readonly nth: number; readonly under: number }
  | { readonly step: 'read'; readonly call: Call }

/** The calls that steps come to, each in the place where a model of the store then stands. */
function callsOf(steps: readonly Step[]): readonly Call[] {
  const answer = modelAnswer()
  const generations = new Map<string, number>()
  const committed: Append[] = []
  const calls = steps.map((step): Call => {
    const earlier = 'nth' in step ? committed[step.nth % Math.max(1, committed.length)] : undefined
    switch (step.step) {
      case 'append': {
        const streams = step.targets.map(({ id, expects, says }) => ({
          id,
          expected: expectation(expects, generations.get(id) ?? 0),
          says,
        }))
        const call = { call: 'append' as const, streams, ...(step.committed && { commit: committed.length }) }
        if (step.committed) committed.push(call)
        return noted(call)
      }
      case 'again':
        return noted(earlier === undefined ? EMPTY : changed(earlier, step.change))
      case 'find': {
        const { streams, commit = 0 } = earlier ?? EMPTY
        return { call: 'findCommit', id: streams[step.under]?.id ?? 'a', commit }
      }
      case 'read':
        return step.call
    }
  })
  return calls

  /** Notes what generations the append leaves behind. */
  function noted(append: Append): Append {
    const outcome = answer(append)
    if (outcome !== null && 'generations' in outcome && !outcome.repeated) {
      append.streams.forEach(({ id }, index) => generations.set(id, outcome.generations[index] ?? 0))
    }
    return append
  }
}

const EMPTY: Append = { call: 'append', streams: [{ id: 'a', expected: 'any', says: [] }] }

function expectation(expects: Expects, generation: number): ExpectedGeneration {
  switch (expects) {
    case 'here':
      return generation
    case 'behind':
      return Math.max(0, generation - 1)
    case 'ahead':
      return generation + 1
    case 'none':
      return 0
    default:
      return expects
  }
}

function changed(append: Append, change: Change): Append {
  const { streams } = append
  switch (change) {
    case 'none':
      return append
    case 'expected':
      return { ...append, streams: streams.map((each) => ({ ...each, expected: 7 })) }
    case 'says':
      return {
        ...append,
        streams: streams.map((each, index) => (index === 0 ? { ...each, says: [9] } : each)),
      }
    case 'order':
      return { ...append, streams: streams.toReversed() }
  }
}
