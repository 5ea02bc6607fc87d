import { type DomainEvent, type EventFilter, type EventStore, type ExpectedGeneration } from '@eventmill/core'
import fc from 'fast-check'
import { collect, noted, stream } from './workload.ts'

/** One call of a history. Streams are named by letters, and commits by numbers. */
export type Call =
  | {
      readonly call: 'append'
      readonly streams: readonly {
        readonly id: string
        readonly expected: ExpectedGeneration
        readonly says: readonly number[]
      }[]
      readonly commit?: number | undefined
    }
  | { readonly call: 'findCommit'; readonly id: string; readonly commit: number }
  | ({ readonly call: 'readStream'; readonly id: string } & Range)
  | ({ readonly call: 'readAll'; readonly types?: readonly string[] | undefined } & Range)

/** By sequence in a stream; in the log, by number since the history began. */
export interface Range {
  readonly after?: number | undefined
  readonly upTo?: number | undefined
  readonly limit?: number | undefined
  readonly backwards?: boolean | undefined
}

/** What a call came to, without what a store is free to choose: positions, ids and times. */
export type Outcome =
  | { readonly generations: readonly number[]; readonly says: readonly unknown[]; readonly repeated: boolean }
  | { readonly says: readonly unknown[] }
  | { readonly code: string }
  | null

/** Something that answers a history call by call: a store, or a model of one. */
export type Answer = (call: Call) => Promise<Outcome>

/** Histories of calls that are likely to meet: few streams, few commits, low generations. */
export function histories({ multiStream }: { readonly multiStream: boolean }): fc.Arbitrary<readonly Call[]> {
  const id = fc.constantFrom('a', 'b', 'c')
  const commit = fc.nat(3)
  const expected = fc.oneof(fc.nat(5), fc.constantFrom('any' as const, 'exists' as const))
  const append = fc.record(
    {
      call: fc.constant('append' as const),
      streams: fc.uniqueArray(fc.record({ id, expected, says: fc.array(fc.nat(5), { maxLength: 3 }) }), {
        minLength: 1,
        maxLength: multiStream ? 3 : 1,
        selector: ({ id: name }) => name,
      }),
      commit,
    },
    { requiredKeys: ['call', 'streams'] },
  )
  const range = { after: fc.nat(8), upTo: fc.nat(8), limit: fc.nat(4), backwards: fc.boolean() }
  const readStream = fc.record(
    { call: fc.constant('readStream' as const), id, ...range },
    { requiredKeys: ['call', 'id'] },
  )
  const readAll = fc.record(
    { call: fc.constant('readAll' as const), types: fc.subarray(['Odd', 'Even']), ...range },
    { requiredKeys: ['call'] },
  )
  const findCommit = fc.record({ call: fc.constant('findCommit' as const), id, commit })
  return fc.array(
    fc.oneof(
      { weight: 4, arbitrary: append },
      { weight: 1, arbitrary: readStream },
      { weight: 1, arbitrary: readAll },
      { weight: 1, arbitrary: findCommit },
    ),
    { maxLength: 25 },
  )
}

/** Lets a store answer. Names are prefixed, so that one store can answer many histories. */
export async function storeAnswer(store: EventStore, prefix: string): Promise<Answer> {
  const begin = await store.head()
  const target = (id: string) => stream(`${prefix}${id}`)
  const says = (events: readonly DomainEvent[]) =>
    events.map(({ data }) => (data as { readonly n: unknown }).n)
  /** The position of an event by its number since the history began. */
  const position = async (number: number) => {
    if (number === 0) return begin
    const events = await collect(store.readAll({ after: begin, limit: number }))
    return (events.at(-1)?.position ?? begin) + (events.length < number ? 1 : 0)
  }

  const answer = async (call: Call): Promise<Outcome> => {
    switch (call.call) {
      case 'append': {
        const appends = call.streams.map(({ id, expected, says: numbers }) => ({
          stream: target(id),
          expected,
          events: numbers.map((n) => noted(n, n % 2 === 0 ? 'Even' : 'Odd')),
        }))
        const options = call.commit === undefined ? {} : { commitId: `${prefix}${call.commit}` }
        const { events, generations, repeated } = await store.append(appends, options)
        return { generations, says: says(events), repeated }
      }
      case 'findCommit': {
        const result = await store.findCommit(target(call.id), `${prefix}${call.commit}`)
        return result
          ? { generations: result.generations, says: says(result.events), repeated: result.repeated }
          : null
      }
      case 'readStream': {
        const { call: _, id, ...range } = call
        return { says: says(await collect(store.readStream(target(id), range))) }
      }
      case 'readAll': {
        const { after = 0, upTo, types, ...rest } = call
        const filter: EventFilter | undefined = types && [{ types }]
        const { call: _, ...range } = rest
        const last = upTo === undefined ? undefined : await position(upTo)
        return {
          says: says(
            await collect(store.readAll({ ...range, filter, after: await position(after), upTo: last })),
          ),
        }
      }
    }
  }
  return async (call) => {
    try {
      return await answer(call)
    } catch (error) {
      if (error instanceof Error && 'code' in error) return { code: String(error.code) }
      throw error
    }
  }
}
