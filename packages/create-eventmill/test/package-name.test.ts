import { expect, test } from '@jest/globals'
import { packageName } from '../src/package-name.ts'

test.each([
  ['my-app', 'my-app'],
  ['work/my_app.2', 'my_app.2'],
  ['My App', 'my-app'],
  ['.hidden', 'hidden'],
  ['Café & Bar (new)', 'cafe-bar-new'],
  ['x'.repeat(300), 'x'.repeat(214)],
  // Where nothing is left of it.
  ['商店', 'eventmill-app'],
])('the package in %s is called %s', (folder, name) => {
  expect(packageName(folder)).toBe(name)
})
