import { Core, defineAggregate, defineEvents, event } from '@eventmill/core'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SqliteStore } from './sqlite-store.ts'

const events = defineEvents('https://example.com/guest-book', { Signed: event<{ guest: string }>() })

const GuestBook = defineAggregate({
  type: 'GuestBook',
  events,
  initialize: (_place: string): readonly string[] => [],
  apply: { Signed: (guests, { data }) => [...guests, data.guest] },
  handle: { Sign: (_guests, { guest }: { guest: string }) => events.Signed({ guest }) },
})

/** Signs the book in a file, opens the file again, and prints who stands there. Without a file, in a passing one. */
export async function run(
  [file, ...guests]: readonly string[],
  print: (line: string) => void,
): Promise<void> {
  if (file !== undefined) return signAndShow(file, guests, print)
  const folder = mkdtempSync(join(tmpdir(), 'guest-book-'))
  try {
    await signAndShow(join(folder, 'guests.db'), ['Ada', 'Grace'], print)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function signAndShow(
  file: string,
  guests: readonly string[],
  print: (line: string) => void,
): Promise<void> {
  const store = new SqliteStore(file)
  const core = new Core(store)
  for (const guest of guests) await core.dispatchCommand(GuestBook.commands.Sign('hall', { guest }))
  await store.close()

  const reopened = new SqliteStore(file)
  for await (const { sequence, time, data } of reopened.readStream(GuestBook.stream('hall'))) {
    print(`${sequence}  ${time}  ${JSON.stringify(data)}`)
  }
  await reopened.close()
}
