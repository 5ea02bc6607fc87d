import { describe, expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { workspace } from '../src/workspace.ts'

const scripts = Object.keys((read('package.json') as { readonly scripts: object }).scripts)

interface Workflow {
  readonly permissions: unknown
  readonly jobs: { readonly [name: string]: Job }
}

interface Job {
  readonly 'timeout-minutes': unknown
  readonly steps: readonly {
    readonly uses?: string
    readonly run?: string
    readonly with?: { readonly [input: string]: unknown }
  }[]
}

describe.each(filesIn('workflows'))('the workflow %s', (path) => {
  const { permissions, jobs } = read(path) as Workflow
  const steps = Object.values(jobs).flatMap((job) => job.steps)

  test('may do no more than it says, and not for ever', () => {
    expect(permissions).toBeInstanceOf(Object)
    for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBeGreaterThan(0)
  })

  test('uses actions of a version that it names', () => {
    for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/@v\d+(\.\d+\.\d+)?$/)
  })

  test('runs scripts that there are', () => {
    const commands = steps.flatMap((step) => [step.run, ...Object.values(step.with ?? {})]).map(String)
    const names = commands.flatMap((command) => command.match(/(?<=\bnpm run )\S+/g) ?? [])
    expect(scripts).toEqual(expect.arrayContaining(names))
  })
})

test.each(filesIn('ISSUE_TEMPLATE').filter((path) => !path.endsWith('config.yml')))(
  'the form %s asks for something, under names that differ',
  (path) => {
    const form = read(path) as { readonly name: string; readonly body: readonly { readonly id?: string }[] }
    const ids = form.body.flatMap(({ id }) => id ?? [])
    expect(form).toMatchObject({ name: expect.any(String), description: expect.any(String) })
    expect(ids.length).toBeGreaterThan(0)
    expect(new Set(ids).size).toBe(ids.length)
  },
)

function filesIn(folder: string): readonly string[] {
  return readdirSync(join(workspace, '.github', folder)).map((name) => `.github/${folder}/${name}`)
}

/** JSON is YAML as well. */
function read(path: string): unknown {
  return parse(readFileSync(join(workspace, path), 'utf8'))
}
