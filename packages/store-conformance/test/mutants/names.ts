import { type StreamAppend, type StreamId } from '@eventmill/core'
import { type Mutant } from './mutant.ts'

/** Mistakes with names. */
export const nameMutants: readonly Mutant[] = [
  naming('ids are folded to lower case', (name) => name.toLowerCase()),
  naming('ids lose their spaces at the end', (name) => name.trimEnd() || ' '),
  naming('ids are normalised', (name) => name.normalize('NFC')),
  naming('ids are cut off at 255 characters', (name) => name.slice(0, 255)),
  {
    name: 'aggregate types are folded to lower case',
    spoil: ({ store, shared }) => {
      const folded = (stream: StreamId): StreamId => {
        const { aggregateType } = stream
        if (typeof aggregateType !== 'string') return stream
        const key = aggregateType.toLowerCase()
        const first = (shared.get(key) ?? aggregateType) as string
        shared.set(key, first)
        return { ...stream, aggregateType: first }
      }
      return {
        append: async (appends, options) =>
          store.append(
            appends.map((append) => ({ ...append, stream: folded(append.stream) })),
            options,
          ),
        findCommit: (stream, commitId, options) => store.findCommit(folded(stream), commitId, options),
        readStream: (stream, options) => store.readStream(folded(stream), options),
      }
    },
  },
  naming('a type and an id run together', (name, { aggregateType }) => aggregateType + name),
  {
    name: 'an id in quotes breaks the statement',
    spoil: ({ store }) => ({
      async append(appends, options) {
        if (
          appends.some(
            ({ stream }) => typeof stream.aggregateId === 'string' && stream.aggregateId.includes(`'`),
          )
        ) {
          throw new Error('syntax error')
        }
        return store.append(appends, options)
      },
    }),
  },
  {
    name: 'percent signs in a filter are wild',
    spoil: ({ store }) => ({
      async *readAll(options = {}) {
        const wild = options.filter?.some(({ types }) => types?.includes('%') === true)
        yield* store.readAll(wild === true ? { ...options, filter: [{}] } : options)
      },
    }),
  },
  {
    name: 'names may have any length',
    spoil: ({ store, shared }) => {
      const short = (name: string) => {
        if (typeof name !== 'string' || name.length <= 1024 || name.includes('\0')) return name
        shared.set(name.slice(0, 1000), name)
        return name.slice(0, 1000)
      }
      const cut = ({ aggregateType, aggregateId }: StreamId) => ({
        aggregateType: short(aggregateType),
        aggregateId: short(aggregateId),
      })
      return {
        append: (appends, options) =>
          store.append(
            appends.map((append) => ({ ...append, stream: cut(append.stream) })),
            options,
          ),
        readStream: (stream, options) => store.readStream(cut(stream), options),
      }
    },
  },
]

function naming(name: string, change: (name: string, stream: StreamId) => string): Mutant {
  const renamed = (stream: StreamId): StreamId =>
    typeof stream.aggregateId === 'string' && stream.aggregateId.length <= 1024 && stream.aggregateId !== ''
      ? { ...stream, aggregateId: change(stream.aggregateId, stream) }
      : stream
  const renamedAppend = (append: StreamAppend): StreamAppend => ({
    ...append,
    stream: renamed(append.stream),
  })
  return {
    name,
    spoil: ({ store }) => ({
      append: (appends, options) => store.append(appends.map(renamedAppend), options),
      findCommit: (stream, commitId, options) => store.findCommit(renamed(stream), commitId, options),
      readStream: (stream, options) => store.readStream(renamed(stream), options),
    }),
  }
}
