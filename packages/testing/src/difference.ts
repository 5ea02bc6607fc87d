import { type NewEvent } from '@eventmill/core'
import { equalJson } from '@eventmill/core/adapter'

/** Whether two lists of encoded events are the same. Metadata counts only where it is expected. */
export function areSame(expected: readonly NewEvent[], found: readonly NewEvent[]): boolean {
  return expected.length === found.length && expected.every((event, index) => isSame(event, found[index]))
}

/** Both lists below each other: what is missing with a minus, what is too much with a plus, as a patch has it. */
export function difference(expected: readonly NewEvent[], found: readonly NewEvent[]): string {
  const lines: string[] = []
  let [next, at] = [0, 0]
  while (next < expected.length || at < found.length) {
    const [wanted, got] = [expected[next], found[at]]
    if (wanted !== undefined && got !== undefined && isSame(wanted, got)) {
      lines.push(`    ${lineOf(got)}`)
      ;[next, at] = [next + 1, at + 1]
      continue
    }
    // Whichever is found again further down has only been pushed there.
    const wantedLater = wanted !== undefined && found.slice(at).some((event) => isSame(wanted, event))
    if (wanted !== undefined && !wantedLater) {
      lines.push(`  - ${lineOf(wanted)}`)
      next += 1
    } else if (got !== undefined) {
      lines.push(`  + ${lineOf(got, wanted)}`)
      at += 1
    }
  }
  return lines.length === 0 ? '    (no events)' : lines.join('\n')
}

function isSame(expected: NewEvent, found: NewEvent | undefined): boolean {
  if (found === undefined) return false
  const { source, type, version, data, metadata } = expected
  return (
    source === found.source &&
    type === found.type &&
    version === found.version &&
    equalJson(data, found.data) &&
    (metadata === undefined || equalJson(metadata, found.metadata))
  )
}

function lineOf({ source, type, version, data }: NewEvent, other?: NewEvent): string {
  const from = other !== undefined && other.source !== source ? ` of ${source}` : ''
  return `${type}${version === 1 ? '' : ` (version ${version})`}${from} ${JSON.stringify(data)}`
}
