import { describe, expect, test } from '@jest/globals'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiReports } from '../src/api-report.ts'
import { publicPackages } from '../src/public-packages.ts'
import { temporaryFolder } from './temporary-folder.ts'

const reports = apiReports(temporaryFolder())

test('every entry point that has types has a report, and nothing else has', () => {
  const committed = publicPackages().flatMap(({ folder }) => {
    const api = join(folder, 'api')
    return existsSync(api) ? readdirSync(api).map((file) => join(api, file)) : []
  })
  expect(committed.sort()).toEqual(reports.map(({ path }) => path).sort())
})

describe.each(reports)('the public surface of $name', ({ path, text, complaints }) => {
  test('is the one on record: where it changed on purpose, `npm run api` writes it down', () => {
    expect(text).toBe(existsSync(path) ? readFileSync(path, 'utf8') : '')
  })

  test('has a doc comment on every name and member, and exports every type that a user may name', () => {
    expect(complaints).toEqual([])
  })
})
