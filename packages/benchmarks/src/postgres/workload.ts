import { type PostgresServer } from '../../../store-postgres/test/postgres-server.ts'

/** Measures some related things, row by row. */
export type Workload = (bench: Bench) => AsyncIterable<Row>

export interface Bench {
  readonly server: PostgresServer
  /** How often everything is measured, after a first time to warm up. */
  readonly rounds: number
  /** How much of the full work a round does: 1, or less for a quick look. */
  readonly size: number
  /** Tells what is under way. */
  readonly progress: (text: string) => void
}

export interface Row {
  readonly name: string
  readonly unit: Unit
  /** One for each round. */
  readonly store: readonly number[]
  /** The same of the baseline, where there is one. */
  readonly bare?: readonly number[]
  readonly bar?: Bar
}

export type Unit = '/s' | 'ms' | 'B' | 'MB'

/** What is to be reached: a ratio to the baseline at least, a value at most, or one at least. */
export type Bar = { readonly ratio: number } | { readonly atMost: number } | { readonly atLeast: number }

/** Part of a number of things, by the size of the work, but at least one. */
export function scaled({ size }: Bench, count: number): number {
  return Math.max(1, Math.round(count * size))
}
