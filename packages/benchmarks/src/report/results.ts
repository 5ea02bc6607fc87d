import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { type Contender } from '../contenders/contender.ts'
import { type Row } from '../workload.ts'

/** What a run has measured, and where. */
export interface Results {
  /** The machine, the server and their settings, a line each. */
  readonly facts: readonly string[]
  readonly rounds: number
  readonly size: number
  readonly contenders: readonly Entrant[]
  readonly memoryContenders: readonly Entrant[]
  readonly measured: readonly Measured[]
}

/** What is told of a contender. */
export type Entrant = Pick<Contender, 'name' | 'version' | 'notes'>

export interface Measured {
  /** RFC 3339. */
  readonly date: string
  /** Of this repository. */
  readonly commit: string
  readonly name: string
  readonly about: string
  readonly rows: readonly Row[]
}

function circumstances(results: Results | undefined) {
  return [results?.facts, results?.rounds, results?.size]
}

const FILE = new URL('../../results/latest.json', import.meta.url)

/** Keeps results. Those of workloads that were not run this time stay, if they were had on the same machine in the same way. */
export async function saveResults(results: Results): Promise<void> {
  const found = await loadResults()
  const earlier = isDeepStrictEqual(circumstances(found), circumstances(results)) ? found : undefined
  const all = {
    ...results,
    contenders: byName(earlier?.contenders, results.contenders),
    memoryContenders: byName(earlier?.memoryContenders, results.memoryContenders),
    measured: byName(earlier?.measured, results.measured),
  }
  await mkdir(new URL('.', FILE), { recursive: true })
  await writeFile(FILE, `${JSON.stringify(all, finite, 2)}\n`)
}

/** Each in the place that it had, the newer one of a name. */
function byName<One extends { readonly name: string }>(
  earlier: readonly One[] = [],
  newer: readonly One[],
): readonly One[] {
  return [...new Map([...earlier, ...newer].map((one) => [one.name, one])).values()]
}

/** JSON would take what is no number for nothing. */
function finite(name: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Error(`${name} is ${value} in the results`)
  }
  return value
}

/** What was kept; `undefined` where nothing was. */
export async function loadResults(): Promise<Results | undefined> {
  const text = await readFile(FILE, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as Results)
}
