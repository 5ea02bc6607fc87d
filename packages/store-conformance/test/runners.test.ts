import { describe, expect, test } from '@jest/globals'
import { rules } from '@eventmill/store-conformance'
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '../../..')
const folder = join(import.meta.dirname, 'runners')

/** What a runner says of the rules on a right or a wrong store. */
interface Outcome {
  readonly status: number | null
  readonly passed: number
  readonly skipped: number
  /** The ids of the rules that failed. */
  readonly failed: readonly string[]
}

function run(store: 'right' | 'wrong', cwd: string, ...args: readonly string[]) {
  return spawnSync(process.execPath, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', STORE: store },
    maxBuffer: 2 ** 26,
    timeout: 120_000,
  })
}

function nodeTest(store: 'right' | 'wrong'): Outcome {
  const { status, stdout } = run(store, folder, '--test', '--test-reporter=tap', 'node-test.mjs')
  const count = (word: string) => Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(stdout)?.[1])
  const failed = [...stdout.matchAll(/^ +not ok \d+ - (\S+): /gm)].map(([, id = '']) => id)
  return { status, passed: count('pass'), skipped: count('skipped'), failed }
}

function jest(store: 'right' | 'wrong'): Outcome {
  const args = ['--experimental-vm-modules', programOf('jest', 'bin/jest.js'), '--json']
  return fromJson(run(store, root, ...args, '--testMatch', '**/runners/jest.ts'))
}

function vitest(store: 'right' | 'wrong'): Outcome {
  return fromJson(run(store, folder, programOf('vitest', 'vitest.mjs'), 'run', '--reporter=json'))
}

function programOf(name: string, file: string): string {
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`)
  return join(dirname(manifest), file)
}

/** The report that Jest and Vitest write alike. */
function fromJson({ status, stdout }: { readonly status: number | null; readonly stdout: string }): Outcome {
  const report = JSON.parse(stdout) as {
    readonly numPassedTests: number
    readonly numPendingTests: number
    readonly testResults: readonly {
      readonly assertionResults: readonly { readonly title: string; readonly status: string }[]
    }[]
  }
  const failed = report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter((result) => result.status === 'failed')
    .map(({ title }) => title.split(':')[0] ?? title)
  return { status, passed: report.numPassedTests, skipped: report.numPendingTests, failed }
}

describe.each([
  ['Jest', jest],
  ['node:test', nodeTest],
  ['Vitest', vitest],
])('under %s', (_, outcome) => {
  test('every rule is run, or skipped with its reason', () => {
    expect(outcome('right')).toEqual({
      status: 0,
      passed: rules.length - SKIPPED,
      skipped: SKIPPED,
      failed: [],
    })
  }, 120_000)

  test('the rules that a wrong store breaks fail', () => {
    const { status, failed } = outcome('wrong')
    expect(status).toBe(1)
    expect(failed.toSorted()).toEqual(BROKEN)
  }, 120_000)
})

/** Those that need what the fixture declines. */
const SKIPPED = rules.filter(({ needs }) =>
  needs.some((need) =>
    ['reopen', 'rawEvents', 'faults', 'stalls', 'clock', 'bystander', 'elsewhere'].includes(need),
  ),
).length

/** Those about `'exists'`, which the wrong store takes for `'any'`. */
const BROKEN = [
  'append/check-only',
  'commit/rejected',
  'expected/conflict-tells',
  'expected/exists',
  'model/any-history',
  'race/log-is-legal',
]
