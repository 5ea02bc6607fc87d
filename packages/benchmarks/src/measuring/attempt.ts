import { type Bench } from '../workload.ts'

/**
 * Does a part of what is measured of a contender. One that fails is out of the workload: from then on this does nothing and
 * resolves to `undefined`, and the others go on.
 */
export async function attempt<Result>(
  { failed }: Pick<Bench, 'failed'>,
  contender: string,
  work: () => Promise<Result>,
): Promise<Result | undefined> {
  if (failed.has(contender)) return undefined
  try {
    return await work()
  } catch (error) {
    failed.set(contender, firstLine(error))
    return undefined
  }
}

/** What is told of an error. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error && error.message !== '' ? error.message : String(error)
  return text.split('\n')[0] ?? ''
}
