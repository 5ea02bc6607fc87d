import { type NewEvent } from '@eventmill/core'
import { equalJson } from '@eventmill/core/adapter'
import { differences } from './differences.ts'

/** Whether two lists of encoded events are the same. Metadata counts only where it is expected. */
export function areSame(expected: readonly NewEvent[], found: readonly NewEvent[]): boolean {
  return expected.length === found.length && expected.every((event, index) => isSame(event, found[index]))
}

/**
 * Both lists below each other, as a patch has it: what is missing with a minus, what is too much with a plus, and with a tilde
 * what differs within an event.
 */
export function difference(expected: readonly NewEvent[], found: readonly NewEvent[]): string {
  const lines: Line[] = []
  let [next, at] = [0, 0]
  while (next < expected.length || at < found.length) {
    const [wanted, got] = [expected[next], found[at]]
    // Whichever is found again further down has only been pushed there.
    const wantedLater = wanted !== undefined && found.slice(at + 1).some((event) => isSame(wanted, event))
    const gotLater = got !== undefined && expected.slice(next + 1).some((event) => isSame(event, got))
    if (wanted !== undefined && got !== undefined && isSame(wanted, got)) {
      lines.push({ sign: ' ', text: lineOf(got) })
      ;[next, at] = [next + 1, at + 1]
    } else if (
      wanted !== undefined &&
      got !== undefined &&
      !wantedLater &&
      !gotLater &&
      isOfType(wanted, got)
    ) {
      lines.push(...within(wanted, got))
      ;[next, at] = [next + 1, at + 1]
    } else if (wanted !== undefined && !wantedLater) {
      lines.push({ sign: '-', text: lineOf(wanted) })
      next += 1
    } else if (got !== undefined) {
      lines.push({ sign: '+', text: lineOf(got, wanted) })
      at += 1
    }
  }
  return lines.length === 0 ? '    (no events)' : folded(lines).join('\n')
}

interface Line {
  readonly sign: ' ' | '-' | '+' | '~'
  readonly text: string
}

/** So many equal events in a row are shown one by one. */
const MOST_EQUAL = 3

function folded(lines: readonly Line[]): readonly string[] {
  const text = lines.map(({ sign, text }) => `  ${sign} ${text}`)
  for (let end = lines.length; end > 0; end--) {
    let start = end
    while (lines[start - 1]?.sign === ' ') start -= 1
    if (end - start > MOST_EQUAL) {
      text.splice(start + 1, end - start - 2, `    … ${end - start - 2} more that are the same`)
    }
    end = Math.max(start, 1)
  }
  return text
}

function isOfType(one: NewEvent, other: NewEvent): boolean {
  return one.source === other.source && one.type === other.type && one.version === other.version
}

function isSame(expected: NewEvent, found: NewEvent | undefined): boolean {
  if (found === undefined) return false
  const { data, metadata } = expected
  return (
    isOfType(expected, found) &&
    equalJson(data, found.data) &&
    (metadata === undefined || equalJson(metadata, found.metadata))
  )
}

/** What differs within two events of one type. */
function within(expected: NewEvent, found: NewEvent): readonly Line[] {
  const metadata = expected.metadata === undefined ? {} : { metadata: expected.metadata }
  const wanted = { data: expected.data, ...metadata }
  const got = { data: found.data, ...(expected.metadata !== undefined && { metadata: found.metadata }) }
  return differences(wanted, got).map((text) => ({ sign: '~', text: `${expected.type} ${text}` }))
}

function lineOf({ source, type, version, data }: NewEvent, other?: NewEvent): string {
  const from = other !== undefined && other.source !== source ? ` of ${source}` : ''
  return `${type}${version === 1 ? '' : ` (version ${version})`}${from} ${JSON.stringify(data)}`
}
