import { Core, defineAggregate, defineEvents, event, type StateOf } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { BadInput } from './bad-input.ts'

const turtleEvents = defineEvents('https://example.com/turtle', {
  Turned: event<{ to: Heading }>(),
  Moved: event<{ to: Place }>(),
})

/** Clockwise: turning right is the next one. */
const HEADINGS = ['north', 'east', 'south', 'west'] as const

export type Heading = (typeof HEADINGS)[number]

/** `x` grows eastwards, `y` northwards. */
export interface Place {
  readonly x: number
  readonly y: number
}

/** Where a turtle may go: from 0 to below these. The turtle does not own it, so it comes with each command. */
export interface Area {
  readonly width: number
  readonly height: number
}

export const Turtle = defineAggregate({
  type: 'Turtle',
  events: turtleEvents,
  initialize: (_name: string): { place: Place; heading: Heading } => ({
    place: { x: 0, y: 0 },
    heading: 'north',
  }),
  apply: {
    Turned: (turtle, { data }) => ({ ...turtle, heading: data.to }),
    Moved: (turtle, { data }) => ({ ...turtle, place: data.to }),
  },
  handle: {
    Turn: ({ heading }, { to }: { to: 'left' | 'right' }) => {
      const turned = HEADINGS.indexOf(heading) + (to === 'right' ? 1 : -1)
      return turtleEvents.Turned({ to: HEADINGS.at(turned % HEADINGS.length) ?? heading })
    },
    Forward: ({ place, heading }, { steps }: { steps: number }, area: Area) => {
      const to = ahead(place, heading, steps)
      if (!isInside(area, to)) throw new OutsideArea(to, area)
      return turtleEvents.Moved({ to })
    },
  },
})

export class OutsideArea extends Error {
  override readonly name = 'OutsideArea'

  constructor({ x, y }: Place, { width, height }: Area) {
    super(`(${x}, ${y}) lies outside of an area of ${width} by ${height}`)
  }
}

function ahead({ x, y }: Place, heading: Heading, steps: number): Place {
  switch (heading) {
    case 'north':
      return { x, y: y + steps }
    case 'east':
      return { x: x + steps, y }
    case 'south':
      return { x, y: y - steps }
    case 'west':
      return { x: x - steps, y }
  }
}

function isInside({ width, height }: Area, { x, y }: Place): boolean {
  return x >= 0 && x < width && y >= 0 && y < height
}

/** Lets a turtle follow its program, and draws the way it took. */
export async function run(words: readonly string[], print: (line: string) => void): Promise<void> {
  const area = { width: 12, height: 6 }
  const core = new Core(new InMemoryStore())
  const program = parse(words.length > 0 ? words : PROGRAM.split(' '))

  for (const { line, command } of program) {
    try {
      const { generation, state } = await core.dispatchCommand(command, { context: area })
      print(`${line.padEnd(12)} generation ${generation}: at ${name(state.place)}, facing ${state.heading}`)
    } catch (error) {
      if (!(error instanceof OutsideArea)) throw error
      print(`${line.padEnd(12)} refused: ${error.message}`)
    }
  }

  // The way to the present is the state after each event.
  const { generation } = await core.load(Turtle, TURTLE)
  const path: TurtleState[] = []
  for (let past = 0; past <= generation; past++) {
    const { state } = await core.load(Turtle, TURTLE, { generation: past })
    path.push(state)
  }
  print(`\n${draw(area, path)}`)
}

const TURTLE = 'Tess'

const PROGRAM = 'forward 4 right forward 9 right forward 3 right forward 6 forward 9 right forward 1'

/** The commands that these words stand for, each with the words as a line. */
function parse(words: readonly string[]) {
  const { Turn, Forward } = Turtle.commands
  const program = []
  for (let next = 0; next < words.length; next++) {
    const word = words[next]
    if (word === 'left' || word === 'right') {
      program.push({ line: word, command: Turn(TURTLE, { to: word }) })
    } else if (word === 'forward') {
      const steps = words[++next] ?? 'none'
      if (!/^[0-9]{1,9}$/.test(steps)) {
        throw new BadInput(`forward takes a whole number of steps, but got ${steps}`)
      }
      program.push({ line: `forward ${steps}`, command: Forward(TURTLE, { steps: Number(steps) }) })
    } else {
      throw new BadInput(`the turtle knows left, right and forward <steps>, but not ${word}`)
    }
  }
  return program
}

/** The area seen from above, north at the top. */
export function draw({ width, height }: Area, path: readonly TurtleState[]): string {
  const marks = new Map<string, string>()
  path.forEach(({ place, heading }, index) => {
    for (const passed of line(path[index - 1]?.place ?? place, place)) marks.set(name(passed), 'o')
    marks.set(name(place), index === path.length - 1 ? ARROWS[heading] : 'o')
  })
  const row = (y: number) =>
    Array.from({ length: width }, (_, x) => marks.get(name({ x, y })) ?? '.').join(' ')
  return Array.from({ length: height }, (_, fromTop) => row(height - 1 - fromTop)).join('\n')
}

type TurtleState = StateOf<typeof Turtle>

const ARROWS = { north: '^', east: '>', south: 'v', west: '<' }

function line(from: Place, to: Place): Place[] {
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  const length = Math.abs(dx) + Math.abs(dy) + 1
  return Array.from({ length }, (_, step) => ({
    x: from.x + Math.sign(dx) * step,
    y: from.y + Math.sign(dy) * step,
  }))
}

function name({ x, y }: Place): string {
  return `(${x}, ${y})`
}
