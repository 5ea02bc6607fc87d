import { inMemoryDispatch } from './in-memory-dispatch.ts'

const perSecond = (rate: number) => `${Math.round(rate).toLocaleString('en')}/s`

console.log('Commands one at a time on an InMemoryStore, aggregates of up to 20 events, no cache\n')
console.log(
  'events stored'.padStart(14),
  'dispatches'.padStart(12),
  'bare appends'.padStart(14),
  'ratio'.padStart(8),
)
for (const stored of [1_000, 100_000, 1_000_000]) {
  const { dispatches, appends } = await inMemoryDispatch(stored)
  console.log(
    stored.toLocaleString('en').padStart(14),
    perSecond(dispatches).padStart(12),
    perSecond(appends).padStart(14),
    (dispatches / appends).toFixed(2).padStart(8),
  )
}
