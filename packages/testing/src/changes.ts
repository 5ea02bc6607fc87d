import { shown } from './shown.ts'

/** Where two values differ, and what is there in each, for people. */
export interface Change {
  /** As `.lines[7].units`; empty for the values themselves. */
  readonly path: string
  readonly expected: string
  readonly actual: string
}

/**
 * Where two values differ. Fields that are `undefined` are as good as absent. Classes do not matter, but what hides its
 * fields is only like itself.
 */
export function* changes(
  expected: unknown,
  actual: unknown,
  path = '',
  pairs: readonly (readonly [unknown, unknown])[] = [],
): Generator<Change, void> {
  if (Object.is(expected, actual)) return
  if (pairs.some(([one, other]) => one === expected && other === actual)) return
  const [before, after] = [partsOf(expected), partsOf(actual)]
  if (before === undefined || before.kind !== after?.kind) {
    if (isValue(expected) && isValue(actual) && shown(expected) === shown(actual)) return
    yield { path, ...texts(brief(expected), brief(actual)) }
    return
  }
  for (const step of new Set([...before.byStep.keys(), ...after.byStep.keys()])) {
    const [from, to] = [before.byStep, after.byStep]
    if (from.has(step) && to.has(step)) {
      yield* changes(from.get(step), to.get(step), path + step, [...pairs, [expected, actual]])
    } else {
      const textIn = (parts: ReadonlyMap<string, unknown>) =>
        parts.has(step) ? brief(parts.get(step)) : '(none)'
      yield { path: path + step, expected: textIn(from), actual: textIn(to) }
    }
  }
}

export function areAlike(expected: unknown, actual: unknown): boolean {
  return changes(expected, actual).next().done === true
}

/** So many changes of one value are shown. */
const MOST_CHANGES = 20

/** Where two values differ, as `lines[7].units: 99 → 7`, one below the other. */
export function changeLines(expected: unknown, actual: unknown): readonly string[] {
  const all = [...changes(expected, actual)]
  const lines = all.slice(0, MOST_CHANGES).map(({ path, expected, actual }) => {
    const where = path.trim().replace(/^\./, '')
    return `${where === '' ? '' : `${where}: `}${expected} → ${actual}`
  })
  const more = all.length - lines.length
  return more > 0 ? [...lines, `… ${more} more differ`] : lines
}

/** What a value is made of, by the step that leads there from its path. */
interface Parts {
  readonly kind: 'array' | 'map' | 'set' | 'object'
  readonly byStep: ReadonlyMap<string, unknown>
}

/** Nothing for what is not made of parts, and for what hides them. */
function partsOf(value: unknown): Parts | undefined {
  if (typeof value !== 'object' || value === null || isValue(value)) return undefined
  if (Array.isArray(value)) {
    return { kind: 'array', byStep: new Map(Array.from(value, (item, index) => [`[${index}]`, item])) }
  }
  if (value instanceof Map) {
    return { kind: 'map', byStep: distinct(Array.from(value, ([key, item]) => [`[${shown(key)}]`, item])) }
  }
  if (value instanceof Set) {
    return { kind: 'set', byStep: distinct(Array.from(value, (item) => [` has ${shown(item)}`, true])) }
  }
  const entries = Object.entries(value)
  if (entries.length === 0 && !shown(value).startsWith('{')) return undefined
  const fields = entries.filter(([, item]) => item !== undefined)
  return { kind: 'object', byStep: new Map(fields.map(([key, item]) => [fieldStep(key), item])) }
}

/** Keys that look the same are told apart by their order. */
function distinct(entries: readonly (readonly [string, unknown])[]): ReadonlyMap<string, unknown> {
  const byStep = new Map<string, unknown>()
  for (const [step, item] of entries) {
    byStep.set(byStep.has(step) ? `${step} (${byStep.size + 1})` : step, item)
  }
  return byStep
}

function fieldStep(key: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}

/** Whether an object is what it looks like, and has no other parts. */
function isValue(value: unknown): boolean {
  return value instanceof Date || value instanceof Error
}

/** Two that look alike are different all the same. */
function texts(expected: string, actual: string): Pick<Change, 'expected' | 'actual'> {
  return { expected, actual: expected === actual ? `${actual} (another one)` : actual }
}

/** The longest text of an object. */
const MOST_LETTERS = 120

function brief(value: unknown): string {
  const text = shown(value)
  const isLong = typeof value === 'object' && text.length > MOST_LETTERS
  return isLong ? `${text.slice(0, MOST_LETTERS - 1)}…` : text
}
