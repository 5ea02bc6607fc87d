import { expect, test } from '@jest/globals'
import { refusal, runExample } from './run-example.ts'

test('without a name the counter runs, and the other examples are listed, a line each', async () => {
  const counter = await runExample(['counter'])
  const { status, stdout } = await runExample([])
  expect(status).toBe(0)
  expect(withoutTimes(stdout).startsWith(withoutTimes(counter.stdout))).toBe(true)
  const more = stdout.slice(counter.stdout.length).trim().split('\n').slice(2)
  expect(more.map((line) => line.split(' ')[0])).toEqual([
    'turtle',
    'banking',
    'shop',
    'git-history',
    'sqlite-store',
  ])
})

/** The counter tells when its events were stored. */
function withoutTimes(text: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'some time')
}

test.each(['nope', 'toString', ''])('the name %j is refused in one line', async (name) => {
  const names = 'counter, turtle, banking, shop, git-history, sqlite-store'
  expect(await runExample([name])).toEqual(refusal(`there is no example "${name}": choose one of ${names}`))
})

test('an example refuses arguments that it would ignore', async () => {
  expect(await runExample(['counter', 'much', 'more'])).toEqual(
    refusal('this example takes no arguments: leave out much more'),
  )
})
