import {
  type DomainEvent,
  type ErrorCode,
  type EventFilter,
  type EventStore,
  type ExpectedGeneration,
  hasCode,
} from '@eventmill/core'
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
export type Answer = (call: Call) => Outcome | Promise<Outcome>

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
      const code = REFUSALS.find((each) => hasCode(error, each))
      if (code === undefined) throw error
      return { code }
    }
  }
}

/** Errors that are answers. */
const REFUSALS: readonly ErrorCode[] = ['GENERATION_CONFLICT', 'COMMIT_ID_REUSED']
