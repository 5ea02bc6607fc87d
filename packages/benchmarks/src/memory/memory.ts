import { inMemoryDispatch } from './in-memory-dispatch.ts'

/** Commands on an `InMemoryStore`, beside bare appends to it. */
export async function memory(print: (line: string) => void): Promise<void> {
  print('Commands one at a time on an InMemoryStore, aggregates of up to 20 events, no cache\n')
  print(line('events stored', 'dispatches', 'bare appends', 'ratio'))
  for (const stored of [1_000, 100_000, 1_000_000]) {
    const { dispatches, appends } = await inMemoryDispatch(stored)
    const ratio = (dispatches / appends).toFixed(2)
    print(line(stored.toLocaleString('en'), perSecond(dispatches), perSecond(appends), ratio))
  }
}

function line(stored: string, dispatches: string, appends: string, ratio: string): string {
  return [stored.padStart(14), dispatches.padStart(12), appends.padStart(14), ratio.padStart(8)].join(' ')
}

function perSecond(rate: number): string {
  return `${Math.round(rate).toLocaleString('en')}/s`
}
