import { BadWord } from './bad-word.ts'
import { type Workload } from './workload.ts'
import { workloads } from './workloads/workloads.ts'

/** What the words on the command line ask for. */
export interface Wish {
  /** By name. */
  readonly chosen: ReadonlyMap<string, Workload>
  /** Default 3. */
  readonly rounds: number
  /** Default 1. */
  readonly size: number
  /** Whether other libraries are measured as well. */
  readonly peers: boolean
  /** Whether the results are kept. */
  readonly save: boolean
}

/** Each word names a workload, or sets something. Throws `BadWord`. */
export function parseWords(words: readonly string[]): Wish {
  const chosen = new Map<string, Workload>()
  const wish = { rounds: 3, size: 1, peers: false, save: false }
  for (const word of words) {
    const [setting, text = ''] = word.split('=')
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0
    const workload = workloads.get(word)
    if (workload !== undefined) chosen.set(word, workload)
    else if (word === 'all') for (const [name, one] of workloads) chosen.set(name, one)
    else if (word === 'peers') wish.peers = true
    else if (word === 'save') wish.save = true
    else if (setting === 'rounds' && Number.isInteger(value) && value > 0) wish.rounds = value
    else if (setting === 'size' && value > 0) wish.size = value
    else throw new BadWord(`${JSON.stringify(word)} says nothing\n\n${usage()}`)
  }
  return { chosen, ...wish }
}

/** What may be said. */
export function usage(): string {
  const lines = [...workloads].map(([name, { about }]) => `  ${name.padEnd(20)}${about}`)
  return [
    'Name what is to be measured:',
    '',
    ...lines,
    '  all',
    '',
    'and, if you like:',
    '',
    '  peers               other libraries as well (npm run bench:install installs them, apart from the workspace)',
    '  rounds=3            how often, after a first time to warm up',
    '  size=1              how much: less for a quick look',
    '  save                keeps the results, and writes docs/benchmarks.md from them',
  ].join('\n')
}
