import { readFileSync } from 'node:fs'

/** The version of an installed package. */
export function versionOf(name: string): string {
  const manifest = readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}

/** Does something with so many things, one batch after the other. */
export async function batches(
  count: number,
  most: number,
  work: (many: number) => Promise<unknown>,
): Promise<void> {
  for (let done = 0; done < count; done += most) await work(Math.min(most, count - done))
}

/** Tries again what fails with an error of a kind, as a conflict is. */
export async function retried<Result>(
  work: () => Promise<Result>,
  isConflict: (error: unknown) => boolean,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (tries === 10 || !isConflict(error)) throw error
    }
  }
}
