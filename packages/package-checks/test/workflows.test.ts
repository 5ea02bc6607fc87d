import { describe, expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { workspace } from '../src/workspace.ts'

const scripts = Object.keys((read('package.json') as { readonly scripts: object }).scripts)

/** How a job says that it runs in this repository alone. */
const OURS = "github.repository == 'eventmill/eventmill'"

interface Workflow {
  readonly permissions: unknown
  readonly jobs: { readonly [name: string]: Job }
}

interface Job {
  readonly 'timeout-minutes': unknown
  readonly env?: { readonly [name: string]: string }
  readonly if?: string
  readonly needs?: string
  readonly permissions?: { readonly [scope: string]: string }
  readonly steps: readonly {
    readonly run?: string
    readonly with?: { readonly [input: string]: unknown }
  }[]
}

describe.each(filesIn('workflows'))('the workflow %s', (path) => {
  const { permissions, jobs } = read(path) as Workflow
  const steps = Object.values(jobs).flatMap((job) => job.steps)
  const text = readFileSync(join(workspace, path), 'utf8')

  test('may do no more than it says, and not for ever', () => {
    expect(permissions).toBeInstanceOf(Object)
    for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBeGreaterThan(0)
  })

  test('writes nothing in a fork', () => {
    const isOurs = (job: Job | undefined): boolean =>
      job !== undefined && (job.if === OURS || (job.needs !== undefined && isOurs(jobs[job.needs])))
    for (const job of Object.values(jobs)) {
      if (Object.values(job.permissions ?? {}).includes('write')) expect(isOurs(job)).toBe(true)
    }
  })

  test('uses actions by their commits, which nobody can move, and tells their versions', () => {
    for (const [use] of text.matchAll(/\buses: .*/g)) {
      expect(use).toMatch(/^uses: [\w./-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/)
    }
  })

  test('names the browser for what looks at the site, so that nothing is skipped', () => {
    for (const { env, steps } of Object.values(jobs)) {
      const looks = steps.some(({ run }) =>
        /\.ci\/run|test:matrix -- --testPathIgnorePatterns/.test(run ?? ''),
      )
      expect(env?.CHROMIUM_PATH).toBe(looks ? '/usr/bin/google-chrome' : undefined)
    }
  })

  test('runs scripts that there are', () => {
    const commands = steps.flatMap((step) => [step.run, ...Object.values(step.with ?? {})]).map(String)
    const names = commands.flatMap((command) => command.match(/(?<=\bnpm run )\S+/g) ?? [])
    expect(scripts).toEqual(expect.arrayContaining(names))
  })
})

test('actions and packages are kept up to date', () => {
  const { updates } = read('.github/dependabot.yml') as {
    readonly updates: readonly { readonly 'package-ecosystem': string }[]
  }
  expect(updates.map((update) => update['package-ecosystem'])).toEqual(['github-actions', 'npm'])
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
