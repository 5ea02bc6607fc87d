import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { type Contender } from '../contenders/contender.ts'
import { type Row } from '../workload.ts'

/** What a run has measured, and where. */
export interface Results {
  /** RFC 3339. */
  readonly date: string
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
  readonly name: string
  readonly about: string
  readonly rows: readonly Row[]
}

function circumstances(results: Results | undefined) {
  return [results?.facts, results?.rounds, results?.size]
}

const FILE = new URL('../../results/latest.json', import.meta.url)

/** Keeps results. Those of workloads that were not run this time stay, if they were had on the same machine in the same way. */
export async function saveResults(results: Results): Promise<Results> {
  const found = await loadResults()
  const earlier = isDeepStrictEqual(circumstances(found), circumstances(results)) ? found : undefined
  // By their names, each in the place that it had.
  const measured = new Map([...(earlier?.measured ?? []), ...results.measured].map((one) => [one.name, one]))
  const all = { ...results, measured: [...measured.values()] }
  await mkdir(new URL('.', FILE), { recursive: true })
  await writeFile(FILE, `${JSON.stringify(all, undefined, 2)}\n`)
  return all
}

/** What was kept; `undefined` where nothing was. */
export async function loadResults(): Promise<Results | undefined> {
  const text = await readFile(FILE, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as Results)
}
