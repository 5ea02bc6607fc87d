import { expect, test } from '@jest/globals'
import { runExample } from './run-example.ts'

test('the counter shows its stream, its past, and which of two rivals lost', async () => {
  const { status, stdout, stderr } = await runExample(['counter'])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(/^4 +\S+Z +Incremented +1 +\{"by":1\} +1$/m)
  expect(stdout).toContain('At generation 1 it stood at 2.')
  expect(stdout).toContain('won: 11')
  expect(stdout).toContain('Counter "clicks" was expected at generation 4, but it is at generation 5')
})
