/**
 * Whose turn it is: the number of a command, from 1. Where several calls of a command wait, `'1.2'` is the second of them,
 * in the order in which they were made. `'1!'`, or `'1.2!'`, is an append whose answer is lost.
 */
export type Turn = number | string

/** What one of several commands has done with its store. */
export interface Step {
  readonly turn: Turn
  readonly text: string
}

export function linesOf(steps: readonly Step[]): readonly string[] {
  return steps.map(({ turn, text }) => `  ${turn} ${text}`)
}

/** So many steps tell how commands got stuck. */
const MOST_LINES = 20

/** A message, and below it the last steps. */
export function withLastSteps(message: string, steps: readonly Step[]): string {
  const lines = linesOf(steps.slice(-MOST_LINES))
  const earlier = steps.length - lines.length
  return [message, ...(earlier > 0 ? [`  … ${earlier} earlier steps`] : []), ...lines].join('\n')
}

/** The turns as a list that can be pasted into a program, as `[1, '1.2', 2]`. */
export function scheduleOf(steps: readonly Step[]): string {
  return `[${steps.map(({ turn }) => (typeof turn === 'number' ? turn : `'${turn}'`)).join(', ')}]`
}

/** Whose turn it may be, as `command 1 or 2`. */
export function anyOf(turns: readonly Turn[]): string {
  return `command ${turns.join(' or ')}`
}
