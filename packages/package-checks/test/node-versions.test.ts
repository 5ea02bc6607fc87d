import { beforeAll, describe, expect, jest, test } from '@jest/globals'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundle } from '../src/bundle.ts'
import { installPackages } from '../src/install-packages.ts'
import { packPackages } from '../src/pack-packages.ts'
import { run } from '../src/run.ts'
import { copyProgram, drivers, programs } from './programs.ts'
import { temporaryFolder } from './temporary-folder.ts'

// Longer than the programs that a test runs, so that their output tells why it failed.
jest.setTimeout(300_000)

const folder = temporaryFolder()
const workspaceVersion = major(process.versions.node)
const versions = (process.env.PACKAGE_CHECKS_NODE_VERSIONS ?? workspaceVersion).split(',')

beforeAll(async () => {
  await installPackages(folder, await packPackages(folder), drivers)
  for (const program of programs) {
    const source = await copyProgram(program, folder)
    const esm = await bundle(source, { format: 'esm', packages: 'external' })
    await writeFile(join(folder, `${program.name}.js`), esm)
    const commonJs = await bundle(source, { format: 'cjs', packages: 'external' })
    await writeFile(join(folder, `${program.name}.cjs`), commonJs)
  }
})

describe.each(versions)('on Node %s', (version) => {
  let node = ''

  beforeAll(async () => {
    node = version === workspaceVersion ? process.execPath : await installedNode(version)
  })

  test.each(programs)('the program $name runs as an ES module', async ({ name, result }) => {
    const main = `import { run } from './${name}.js'\n${print('await run()')}`
    expect(await runOn(node, `${name}-main.js`, main)).toEqual({ version, result })
  })

  test.each(programs)(
    'the program $name runs as CommonJS, which requires the packages',
    async ({ name, result }) => {
      const main = `require('./${name}.cjs').run().then((result) => {\n${print('result')}})\n`
      expect(await runOn(node, `${name}-main.cjs`, main)).toEqual({ version, result })
    },
  )
})

/** The path of a Node that npm has, or downloads. */
async function installedNode(version: string): Promise<string> {
  const npx = ['--yes', '--prefer-offline', `node@${version}`, '--print', 'process.execPath']
  return (await run('npx', npx, { folder })).trim()
}

/** Runs a program that prints JSON, with the version of its Node. */
async function runOn(node: string, file: string, text: string): Promise<unknown> {
  await writeFile(join(folder, file), text)
  const printed = JSON.parse(await run(node, [file], { folder })) as Printed
  return { version: major(printed.node), result: printed.result }
}

interface Printed {
  readonly node: string
  readonly result: unknown
}

function print(expression: string): string {
  return `console.log(JSON.stringify({ node: process.versions.node, result: ${expression} }))\n`
}

function major(version: string): string {
  return version.split('.')[0] ?? version
}
