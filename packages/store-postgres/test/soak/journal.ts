import { appendFileSync, closeSync, openSync, readSync } from 'node:fs'
import { type Deeds, type Mark } from './deeds.ts'

type Entry = { readonly [Deed in keyof Deeds]: readonly [Deed, ...Parameters<Deeds[Deed]>] }[keyof Deeds]

/** Deeds that outlive the process: each is handed to the system before anything else is done. */
export function journal(path: string): Deeds {
  const write = (...entry: Entry) => {
    appendFileSync(path, `${JSON.stringify(entry)}\n`)
  }
  return {
    intended: (mark) => {
      write('intended', mark)
    },
    acknowledged: (mark, position) => {
      write('acknowledged', mark, position)
    },
    rejected: (mark, reason) => {
      write('rejected', mark, reason)
    },
    wondered: (mark) => {
      write('wondered', mark)
    },
    found: (text) => {
      write('found', text)
    },
  }
}

/** Passes on what another process writes to its journal. */
export class JournalTail {
  readonly #file: number
  readonly #buffer = Buffer.alloc(2 ** 16)
  #rest = ''

  constructor(path: string) {
    this.#file = openSync(path, 'a+')
  }

  /** What has come since the last time. A line that its writer did not live to end tells nothing. */
  read(deeds: Deeds): void {
    for (;;) {
      const count = readSync(this.#file, this.#buffer)
      if (count === 0) return
      const lines = (this.#rest + this.#buffer.toString('latin1', 0, count)).split('\n')
      this.#rest = lines.pop() ?? ''
      for (const line of lines) tell(deeds, JSON.parse(line) as Entry)
    }
  }

  close(): void {
    closeSync(this.#file)
  }
}

function tell(deeds: Deeds, entry: Entry): void {
  switch (entry[0]) {
    case 'intended':
    case 'wondered': {
      const [deed, mark]: readonly ['intended' | 'wondered', Mark] = entry
      deeds[deed](mark)
      return
    }
    case 'acknowledged':
      deeds.acknowledged(entry[1], entry[2])
      return
    case 'rejected':
      deeds.rejected(entry[1], entry[2])
      return
    case 'found':
      deeds.found(entry[1])
  }
}
