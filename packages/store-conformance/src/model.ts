import { equalJson, isExpected } from '@eventmill/core/adapter'
import { type Call, type Outcome, type Range } from './history.ts'

/** One event: its stream, and what it says. */
interface Entry {
  readonly id: string
  readonly says: number
}

type Append = Extract<Call, { call: 'append' }>

/** The store contract in its plainest form: a list. Answers as a conforming store would. */
export function modelAnswer(): (call: Call) => Outcome {
  const log: Entry[] = []
  const commits = new Map<string, { readonly content: unknown; readonly outcome: Outcome & object }>()
  const generation = (id: string) => log.filter((entry) => entry.id === id).length

  const append = ({ streams, commit }: Append): Outcome => {
    const key = `${streams[0]?.id ?? ''} ${commit}`
    const content = streams.map(({ id, says }) => ({ id, says }))
    const earlier = commit === undefined ? undefined : commits.get(key)
    if (earlier !== undefined) {
      return equalJson(earlier.content, content)
        ? { ...earlier.outcome, repeated: true }
        : { code: 'COMMIT_ID_REUSED' }
    }
    if (!streams.every(({ id, expected }) => isExpected(expected, generation(id)))) {
      return { code: 'GENERATION_CONFLICT' }
    }
    for (const { id, says } of streams) {
      for (const number of says) log.push({ id, says: number })
    }
    const said = streams.flatMap(({ says }) => says)
    const outcome = { generations: streams.map(({ id }) => generation(id)), says: said, repeated: false }
    if (commit !== undefined && said.length > 0) commits.set(key, { content, outcome })
    return outcome
  }

  return (call) => {
    switch (call.call) {
      case 'append':
        return append(call)
      case 'findCommit': {
        const commit = commits.get(`${call.id} ${call.commit}`)
        return commit ? { ...commit.outcome, repeated: true } : null
      }
      case 'readStream':
        return read(
          log.filter(({ id }) => id === call.id),
          call,
        )
      case 'readAll': {
        const { types } = call
        const matches = ({ says }: Entry) =>
          types === undefined || types.includes(says % 2 === 0 ? 'Even' : 'Odd')
        return read(log, call, matches)
      }
    }
  }
}

function read(
  entries: readonly Entry[],
  { after = 0, upTo = Infinity, limit = Infinity, backwards = false }: Range,
  matches: (entry: Entry) => boolean = () => true,
): Outcome {
  const range = entries.slice(after, Math.max(after, upTo))
  if (backwards) range.reverse()
  return {
    says: range
      .filter(matches)
      .slice(0, limit)
      .map(({ says }) => says),
  }
}
