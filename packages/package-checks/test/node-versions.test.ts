import { beforeAll, describe, expect, test } from '@jest/globals'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundle } from '../src/bundle.ts'
import { installPackages } from '../src/install-packages.ts'
import { packPackages } from '../src/pack-packages.ts'
import { run } from '../src/run.ts'
import { copyProgram, programs } from './programs.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()
const workspaceVersion = major(process.versions.node)
const versions = (process.env.PACKAGE_CHECKS_NODE_VERSIONS ?? workspaceVersion).split(',')

beforeAll(async () => {
  await installPackages(folder, await packPackages(folder))
  for (const program of programs) {
    const source = await copyProgram(program, folder)
    const esm = await bundle(source, { format: 'esm', packages: 'external', platform: 'node' })
    await writeFile(join(folder, `${program.name}.js`), esm)
    const commonJs = await bundle(source, { format: 'cjs', packages: 'external', platform: 'node' })
    await writeFile(join(folder, `${program.name}.cjs`), commonJs)
  }
}, 120_000)

describe.each(versions)('on Node %s', (version) => {
  test.each(programs)(
    'the program $name runs as an ES module',
    async ({ name, result }) => {
      const main = `import { run } from './${name}.js'\n${print('await run()')}`
      expect(await runOnNode(version, `${name}-main.js`, main)).toEqual({ version, result })
    },
    120_000,
  )

  test.each(programs)(
    'the program $name runs as CommonJS, which requires the packages',
    async ({ name, result }) => {
      const main = `require('./${name}.cjs').run().then((result) => {\n${print('result')}})\n`
      expect(await runOnNode(version, `${name}-main.cjs`, main)).toEqual({ version, result })
    },
    120_000,
  )
})

/** Runs a program that prints JSON, with the major version of its Node. */
async function runOnNode(version: string, file: string, text: string): Promise<unknown> {
  await writeFile(join(folder, file), text)
  const printed =
    version === workspaceVersion
      ? await run(process.execPath, [file], { folder })
      : await run('npx', ['--yes', '--prefer-offline', `node@${version}`, file], { folder })
  const { node, result } = JSON.parse(printed) as { readonly node: string; readonly result: unknown }
  return { version: major(node), result }
}

function print(expression: string): string {
  return `console.log(JSON.stringify({ node: process.versions.node, result: ${expression} }))\n`
}

function major(version: string): string {
  return version.split('.')[0] ?? version
}
