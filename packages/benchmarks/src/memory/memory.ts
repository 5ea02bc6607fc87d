import { cacheMemory } from './cache-memory.ts'
import { memoryCatchUp } from './catch-up.ts'
import { inMemoryDispatch } from './in-memory-dispatch.ts'

/** Commands and subscribers on an `InMemoryStore`, beside what is the least that they do. */
export async function memory(print: (line: string) => void): Promise<void> {
  print('Commands one at a time on an InMemoryStore, to 1,000 aggregates of up to 50 events\n')
  print(line('events stored', 'cached', 'no cache', 'bare appends', 'cached to bare'))
  for (const stored of [1_000, 100_000, 1_000_000]) {
    const { cached, uncached, appends } = await inMemoryDispatch(stored)
    const ratio = (cached / appends).toFixed(2)
    print(line(stored.toLocaleString('en'), ...[cached, uncached, appends].map(perSecond), ratio))
  }
  print('\nA subscriber that catches up with an InMemoryStore, beside an async generator over an array\n')
  print(line('events stored', 'one by one', 'in batches', 'generator', 'one to bare'))
  for (const stored of [100_000, 1_000_000]) {
    const { events, batches, bare } = await memoryCatchUp(stored)
    const rates = [events, batches, bare].map(perSecond)
    print(line(stored.toLocaleString('en'), ...rates, (events / bare).toFixed(2)))
  }
  print('\nMemory that a Core holds after commands to 50,000 aggregates, whose states take 1,000 bytes\n')
  for (const cache of [0, 1_000, 10_000]) {
    const megabytes = (await cacheMemory(cache, 50_000)).toFixed(1)
    print(line(`cache: ${cache.toLocaleString('en')}`, `${megabytes} MB`))
  }
}

function line(...cells: readonly string[]): string {
  return cells.map((cell) => cell.padStart(14)).join(' ')
}

function perSecond(rate: number): string {
  return `${Math.round(rate).toLocaleString('en')}/s`
}
