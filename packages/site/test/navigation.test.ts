import { publicPackages } from '@eventmill/package-checks/public-packages'
import { workspace } from '@eventmill/package-checks/workspace'
import { expect, test } from '@jest/globals'
import { existsSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pages } from '../src/pages.ts'

const sources = pages.map(({ source }) => source)

test('every guide in docs, and the README of every public package, is in the navigation', () => {
  const guides = readdirSync(join(workspace, 'docs')).filter((file) => file.endsWith('.md'))
  const packages = publicPackages().map(({ folder }) => relative(workspace, folder))
  expect(sources).toEqual(
    expect.arrayContaining([
      ...guides.map((file) => `docs/${file}`),
      ...packages.map((folder) => `${folder}/README.md`),
    ]),
  )
})

test('every page of the navigation is there, once', () => {
  expect(sources.filter((source) => !existsSync(join(workspace, source)))).toEqual([])
  expect(sources.length).toBe(new Set(sources).size)
})
