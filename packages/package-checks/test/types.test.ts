import { beforeAll, expect, jest, test } from '@jest/globals'
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { installPackages } from '../src/install-packages.ts'
import { packPackages } from '../src/pack-packages.ts'
import { publicPackages } from '../src/public-packages.ts'
import { run } from '../src/run.ts'
import { copyProgram, drivers, type Program, programs } from './programs.ts'
import { temporaryFolder } from './temporary-folder.ts'

// Longer than the programs that a test runs, so that their output tells why it failed.
jest.setTimeout(300_000)

const folder = temporaryFolder()

/**
 * As strict as a user may be. The packages' types name one type that is not JavaScript's own, AbortSignal: it comes
 * with Node's types or with those of a browser.
 */
const strict = {
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  declaration: true,
  noEmit: true,
  target: 'es2022',
}
const environments = {
  node: { ...strict, module: 'nodenext', lib: ['es2023'], types: ['node'] },
  bundler: { ...strict, module: 'es2022', moduleResolution: 'bundler', lib: ['es2023', 'dom'], types: [] },
}

/** Their configuration files. */
const projects: string[] = []

beforeAll(async () => {
  await installPackages(folder, await packPackages(folder), [...drivers, '@types/pg@8', '@types/node@20'])
  const imports = publicPackages().flatMap(({ imports }) => imports.map((path) => `import '${path}'\n`))
  await writeFile(join(folder, 'everything.ts'), imports.join(''))
  const [plain, withDrivers] = await Promise.all(
    [false, true].map((has) => copyPrograms(programs.filter((program) => 'drivers' in program === has))),
  )
  for (const [name, options] of Object.entries(environments)) {
    await writeProject(`plain-${name}`, options, ['everything.ts', ...(plain ?? [])])
    // The types of the drivers themselves are not right in every environment.
    await writeProject(`drivers-${name}`, { ...options, skipLibCheck: true }, withDrivers ?? [])
  }
})

test.each(['5.4', '5.9', '6.0', '7.0'])(
  "TypeScript %s compiles a strict user's programs for Node and for a bundler",
  async (version) => {
    const compiler = join(import.meta.dirname, `../node_modules/typescript-${version}/bin/tsc`)
    expect(await run(process.execPath, [compiler, '--version'], { folder })).toContain(`Version ${version}.`)
    await Promise.all(
      projects.map((project) => run(process.execPath, [compiler, '--project', project], { folder })),
    )
  },
)

async function copyPrograms(chosen: readonly Program[]): Promise<readonly string[]> {
  const files = await Promise.all(chosen.map((program) => copyProgram(program, folder)))
  return files.map((file) => basename(file))
}

async function writeProject(name: string, compilerOptions: object, files: readonly string[]): Promise<void> {
  const project = `tsconfig.${name}.json`
  await writeFile(join(folder, project), JSON.stringify({ compilerOptions, files }))
  projects.push(project)
}
