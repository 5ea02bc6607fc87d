import { Core } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { describe, expect, test } from '@jest/globals'
import { draw, OutsideArea, run, Turtle } from '../src/turtle.ts'
import { refusal, runExample } from './run-example.ts'

const { Turn, Forward } = Turtle.commands
const area = { width: 9, height: 9 }

/** A turtle at (4, 4), facing north. */
async function turtleInTheMiddle(): Promise<Core> {
  const core = new Core(new InMemoryStore())
  await core.dispatchCommand(Forward('Tess', { steps: 4 }), { context: area })
  await core.dispatchCommand(Turn('Tess', { to: 'right' }))
  await core.dispatchCommand(Forward('Tess', { steps: 4 }), { context: area })
  await core.dispatchCommand(Turn('Tess', { to: 'left' }))
  return core
}

describe('a turtle', () => {
  test.each([
    { turns: 0, heading: 'north', place: { x: 4, y: 7 } },
    { turns: 1, heading: 'east', place: { x: 7, y: 4 } },
    { turns: 2, heading: 'south', place: { x: 4, y: 1 } },
    { turns: 3, heading: 'west', place: { x: 1, y: 4 } },
  ])('that faces $heading moves $heading', async ({ turns, heading, place }) => {
    const core = await turtleInTheMiddle()
    for (let turn = 0; turn < turns; turn++) await core.dispatchCommand(Turn('Tess', { to: 'right' }))
    const { state } = await core.dispatchCommand(Forward('Tess', { steps: 3 }), { context: area })
    expect(state).toEqual({ heading, place })
  })

  test.each(['left', 'right'] as const)('that turns %s four times faces where it did', async (to) => {
    const core = await turtleInTheMiddle()
    const seen = []
    for (let turn = 0; turn < 4; turn++) {
      seen.push((await core.dispatchCommand(Turn('Tess', { to }))).state.heading)
    }
    const clockwise = ['east', 'south', 'west', 'north']
    expect(seen).toEqual(to === 'right' ? clockwise : ['west', 'south', 'east', 'north'])
  })

  test.each([0, 1, 2, 3])('reaches the border of its area, but not beyond (%i turns)', async (turns) => {
    const core = await turtleInTheMiddle()
    for (let turn = 0; turn < turns; turn++) await core.dispatchCommand(Turn('Tess', { to: 'right' }))
    const before = await core.dispatchCommand(Forward('Tess', { steps: 4 }), { context: area })
    const beyond = core.dispatchCommand(Forward('Tess', { steps: 1 }), { context: area })
    await expect(beyond).rejects.toBeInstanceOf(OutsideArea)
    expect(await core.load(Turtle, 'Tess')).toEqual(before)
  })

  test('may go further in a larger area, which comes with the command', async () => {
    const core = await turtleInTheMiddle()
    const { state } = await core.dispatchCommand(Forward('Tess', { steps: 95 }), {
      context: { width: 5, height: 100 },
    })
    expect(state.place).toEqual({ x: 4, y: 99 })
  })
})

test('a drawing shows the way, and where the turtle looks at its end', () => {
  const way = draw({ width: 4, height: 3 }, [
    { place: { x: 0, y: 0 }, heading: 'north' },
    { place: { x: 0, y: 2 }, heading: 'north' },
    { place: { x: 0, y: 2 }, heading: 'east' },
    { place: { x: 2, y: 2 }, heading: 'east' },
  ])
  expect(way).toBe(['o o > .', 'o . . .', 'o . . .'].join('\n'))
})

describe('the example', () => {
  test('shows that a refused step takes no generation', async () => {
    const lines: string[] = []
    await run(['forward', '2', 'left', 'forward', '1', 'left'], (line) => lines.push(line))
    expect(lines.slice(0, 4)).toEqual([
      'forward 2    generation 1: at (0, 2), facing north',
      'left         generation 2: at (0, 2), facing west',
      'forward 1    refused: (-1, 2) lies outside of an area of 12 by 6',
      'left         generation 3: at (0, 2), facing south',
    ])
  })

  test('runs its own program where it is given none', async () => {
    const { status, stdout, stderr } = await runExample(['turtle'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('refused')
    expect(stdout).toContain('o . . ^ . . . . . o . .')
  })

  test.each([
    [['forward', 'far'], 'forward takes a whole number of steps, but got far'],
    [['forward', '-1'], 'forward takes a whole number of steps, but got -1'],
    [['forward', '1.5'], 'forward takes a whole number of steps, but got 1.5'],
    [['forward'], 'forward takes a whole number of steps, but got none'],
    [['left', '3'], 'the turtle knows left, right and forward <steps>, but not 3'],
  ])('refuses %j in one line', async (words, line) => {
    expect(await runExample(['turtle', ...words])).toEqual(refusal(line))
  })
})
