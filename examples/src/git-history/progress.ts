/** Tells how far something long has got. */
export interface Progress {
  report(line: string): void
  /** Nothing more will come. */
  end(): void
}

/** On a terminal one line that is rewritten, elsewhere a line now and then. */
export function progressOn(
  stream: { readonly isTTY?: boolean; write(text: string): unknown },
  now = () => performance.now(),
): Progress {
  const rewritten = stream.isTTY === true
  const pause = rewritten ? 100 : 2000
  let due = now() + pause
  return {
    report(line) {
      if (now() < due) return
      due = now() + pause
      stream.write(rewritten ? ERASE_LINE + line : `${line}\n`)
    },
    end() {
      if (rewritten) stream.write(ERASE_LINE)
    },
  }
}

const ERASE_LINE = '\r\x1b[K'
