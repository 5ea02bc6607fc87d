import { type PostgresServer } from '../../store-postgres/test/postgres-server.ts'
import { type Contender, type Installation, type MemoryContender } from './contenders/contender.ts'

/** Something that is measured, row by row. */
export interface Workload {
  /** In a few words, for whoever reads the results. */
  readonly about: string
  readonly run: (bench: Bench) => AsyncIterable<Row>
}

export interface Bench {
  readonly server: PostgresServer
  /** Who is compared on PostgreSQL; the baseline is one of them. */
  readonly contenders: readonly Contender[]
  readonly memoryContenders: readonly MemoryContender[]
  readonly installations: readonly Installation[]
  /** How often everything is measured, after a first time to warm up. */
  readonly rounds: number
  /** How much of the full work a round does: 1, or less for a quick look. */
  readonly size: number
  /** Who has failed in this workload, and with what. */
  readonly failed: Map<string, string>
  /** Tells what is under way. */
  readonly progress: (text: string) => void
}

/** One thing that was measured, of each contender that can do it. */
export interface Row {
  readonly name: string
  readonly unit: Unit
  /** By the names of the contenders, a value for each round. */
  readonly values: { readonly [contender: string]: readonly number[] }
  readonly bar?: Bar
  /** By the names of the contenders that have failed, here or before in the same workload, the first line of the error. */
  readonly failed?: { readonly [contender: string]: string }
}

export type Unit = '/s' | 'ms' | 'B' | 'MB' | ''

/** What eventmill has to reach: a ratio to the baseline at least, a value at most, or one at least. */
export type Bar = {
  readonly of: string
  /** What limits it, where it is missed: what was tried and measured. */
  readonly why?: string
} & ({ readonly ratio: number } | { readonly atMost: number } | { readonly atLeast: number })

/** Part of a number of things, by the size of the work, but at least one. */
export function scaled({ size }: Pick<Bench, 'size'>, count: number): number {
  return Math.max(1, Math.round(count * size))
}
