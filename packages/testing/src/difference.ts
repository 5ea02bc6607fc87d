import { type NewEvent } from '@eventmill/core'
import { areAlike, changeLines } from './changes.ts'
import { shown } from './shown.ts'

/** Whether two lists of encoded events are the same. Metadata counts only where it is expected. */
export function areSame(expected: readonly NewEvent[], found: readonly NewEvent[]): boolean {
  return expected.length === found.length && expected.every((event, index) => isSame(event, found[index]))
}

/**
 * Both lists below each other: what is missing with a minus, what is too much with a plus, as a patch has it; where events
 * of one type have come to differ, what differs in them.
 */
export function difference(expected: readonly NewEvent[], found: readonly NewEvent[]): string {
  const lines: Line[] = []
  let [missing, extra]: [NewEvent[], NewEvent[]] = [[], []]
  const close = () => {
    for (const wanted of missing) {
      const other = extra.findIndex((got) => isKin(wanted, got))
      const before = extra.splice(0, Math.max(other, 0))
      lines.push(...before.map((event) => plus(event, expected)))
      const got = other < 0 ? undefined : extra.shift()
      lines.push(got === undefined ? minus(wanted, found) : changed(wanted, got))
    }
    lines.push(...extra.map((event) => plus(event, expected)))
    ;[missing, extra] = [[], []]
  }
  for (const { wanted, got } of aligned(expected, found)) {
    if (wanted !== undefined && got !== undefined) {
      close()
      lines.push({ isSame: true, text: `    ${textOf(got)}` })
    } else if (wanted !== undefined) {
      missing.push(wanted)
    } else if (got !== undefined) {
      extra.push(got)
    }
  }
  close()
  return lines.length === 0 ? '    (no events)' : folded(lines).join('\n')
}

export function countOf({ length }: readonly NewEvent[]): string {
  return length === 1 ? '1 event' : `${length === 0 ? 'no' : length} events`
}

interface Line {
  readonly isSame: boolean
  readonly text: string
}

function minus(event: NewEvent, others: readonly NewEvent[]): Line {
  const metadata = event.metadata === undefined ? '' : ` with metadata ${shown(event.metadata)}`
  return { isSame: false, text: `  - ${textOf(event, others)}${metadata}` }
}

function plus(event: NewEvent, others: readonly NewEvent[]): Line {
  return { isSame: false, text: `  + ${textOf(event, others)}` }
}

function changed(wanted: NewEvent, got: NewEvent): Line {
  const [before, after] = compared(wanted, got)
  const paths = changeLines(before, after).map((line) => `      ${line}`)
  return { isSame: false, text: [`  ~ ${got.type}`, ...paths].join('\n') }
}

/** An event, with its namespace where another one has an event of that name. */
function textOf({ source, type, version, data }: NewEvent, others: readonly NewEvent[] = []): string {
  const namesake = others.some((other) => other.type === type && other.source !== source)
  return `${type}${version === 1 ? '' : ` (version ${version})`}${namesake ? ` of ${source}` : ''} ${shown(data)}`
}

function isKin(wanted: NewEvent, got: NewEvent): boolean {
  return wanted.source === got.source && wanted.type === got.type
}

function isSame(wanted: NewEvent, got: NewEvent | undefined): boolean {
  return got !== undefined && isKin(wanted, got) && areAlike(...compared(wanted, got))
}

/** What counts in two events of one type. */
function compared(wanted: NewEvent, got: NewEvent): [object, object] {
  const parts = ({ version, data, metadata }: NewEvent) => {
    return { version, data, metadata: wanted.metadata && metadata }
  }
  return [parts(wanted), parts(got)]
}

/** Events of both lists that are the same, as many as possible, and between them those of one list alone. */
function* aligned(
  expected: readonly NewEvent[],
  found: readonly NewEvent[],
): Generator<{ readonly wanted?: NewEvent | undefined; readonly got?: NewEvent | undefined }> {
  // How many pairs there are from both indexes on, as in "longest common subsequence".
  const pairs = Array.from({ length: expected.length + 1 }, () => new Uint32Array(found.length + 1))
  const pairsFrom = (next: number, at: number) => pairs[next]?.[at] ?? 0
  for (const [next, wanted] of [...expected.entries()].reverse()) {
    for (const [at, got] of [...found.entries()].reverse()) {
      const row = pairs[next] ?? []
      row[at] = isSame(wanted, got)
        ? pairsFrom(next + 1, at + 1) + 1
        : Math.max(pairsFrom(next + 1, at), pairsFrom(next, at + 1))
    }
  }
  for (let [next, at] = [0, 0]; next < expected.length || at < found.length;) {
    const [wanted, got] = [expected[next], found[at]]
    if (wanted !== undefined && isSame(wanted, got)) {
      yield { wanted, got }
      ;[next, at] = [next + 1, at + 1]
    } else if (wanted !== undefined && pairsFrom(next + 1, at) >= pairsFrom(next, at + 1)) {
      yield { wanted }
      next += 1
    } else {
      yield { got }
      at += 1
    }
  }
}

/** Of many events in a row that are the same, those beside a difference will do. */
function folded(lines: readonly Line[]): readonly string[] {
  const isNear = (index: number) => [index - 1, index + 1].some((other) => lines[other]?.isSame === false)
  const texts: string[] = []
  let hidden: string[] = []
  const unhide = () => {
    texts.push(...(hidden.length > 1 ? [`    … ${hidden.length} the same`] : hidden))
    hidden = []
  }
  for (const [index, { isSame, text }] of lines.entries()) {
    if (isSame && !isNear(index)) {
      hidden.push(text)
      continue
    }
    unhide()
    texts.push(text)
  }
  unhide()
  return texts
}
