import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installPackages } from '../../../package-checks/src/install-packages.ts'
import { packPackages } from '../../../package-checks/src/pack-packages.ts'
import { run } from '../../../package-checks/src/run.ts'
import { type Installation } from '../contenders/contender.ts'
import { attempt } from '../measuring/attempt.ts'
import { type Bench, type Row, type Workload } from '../workload.ts'

export const install: Workload = {
  about: 'what is installed to store events in PostgreSQL, and how long Node takes to import it',
  run: measure,
}

async function* measure(bench: Bench): AsyncGenerator<Row, void> {
  const sizes: { [contender: string]: readonly number[] } = {}
  const packages: { [contender: string]: readonly number[] } = {}
  const times: { [contender: string]: readonly number[] } = {}
  const folder = await mkdtemp(join(tmpdir(), 'install-'))
  try {
    const tarballs = await packPackages(folder)
    for (const { name, own = [], others, imports } of bench.installations) {
      bench.progress(`install: ${name}`)
      await attempt(bench, name, async () => {
        const project = await mkdtemp(join(folder, 'project-'))
        await installPackages(
          project,
          tarballs.filter((one) => own.includes(one.name)),
          others,
        )
        sizes[name] = [(await bytesIn(join(project, 'node_modules'))) / 2 ** 20]
        packages[name] = [await packagesIn(project)]
        times[name] = await importTimes(project, imports, bench.rounds)
      })
    }
  } finally {
    await rm(folder, { recursive: true })
  }
  yield { name: 'installed', unit: 'MB', values: sizes } satisfies Row
  yield { name: 'packages installed', unit: '', values: packages } satisfies Row
  yield { name: 'import', unit: 'ms', values: times } satisfies Row
}

async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

async function packagesIn(project: string): Promise<number> {
  const lock = JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8')) as {
    readonly packages: { readonly [path: string]: unknown }
  }
  // The project itself is one of them.
  return Object.keys(lock.packages).length - 1
}

/** In milliseconds, in processes of their own, after one that warms up the disk. */
async function importTimes(
  project: string,
  imports: Installation['imports'],
  rounds: number,
): Promise<readonly number[]> {
  const importing = imports.map((name) => `await import(${JSON.stringify(name)})`).join('; ')
  const program = `const start = performance.now(); ${importing}; console.log(performance.now() - start); process.exit(0)`
  const times: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const text = await run(process.execPath, ['--input-type=module', '--eval', program], { folder: project })
    if (round > 0) times.push(Number(text))
  }
  return times
}
