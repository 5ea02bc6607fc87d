import { BadWord } from '../bad-word.ts'
import { type Workload } from './workload.ts'
import { workloads } from './workloads/workloads.ts'

/** What the words on the command line ask for. */
export interface Wish {
  /** By name; all where none is named. */
  readonly chosen: ReadonlyMap<string, Workload>
  /** Default 5. */
  readonly rounds: number
  /** Default 1. */
  readonly size: number
}

/** Each word names a workload, or sets something, as `rounds=3` and `size=0.1` do. Throws `BadWord`. */
export function parseWords(words: readonly string[]): Wish {
  const chosen = new Map<string, Workload>()
  let rounds = 5
  let size = 1
  for (const word of words) {
    const [setting, text = ''] = word.split('=')
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0
    const workload = workloads.get(word)
    if (workload !== undefined) chosen.set(word, workload)
    else if (setting === 'rounds' && Number.isInteger(value) && value > 0) rounds = value
    else if (setting === 'size' && value > 0) size = value
    else throw nothingSaid(word)
  }
  return { chosen: chosen.size === 0 ? workloads : chosen, rounds, size }
}

function nothingSaid(word: string): BadWord {
  const names = [...workloads.keys()].join(', ')
  return new BadWord(`${JSON.stringify(word)} says nothing: name workloads (${names}), rounds=3 or size=0.1`)
}
