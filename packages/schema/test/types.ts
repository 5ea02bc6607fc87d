// Nothing here runs: the type check of the tests proves what must compile, and with `@ts-expect-error` what must not.
import { Core, defineAggregate, type EventNamespace, type EventOf, type NewEvent } from '@eventmill/core'
import {
  audit,
  type AuditReport,
  compareSchemas,
  defineEvents,
  guard,
  type SchemaComparison,
  storedSchemas,
  version,
} from '@eventmill/schema'
import { InMemoryStore } from '@eventmill/store-memory'
import { expectTypeOf } from 'expect-type'
import * as z from 'zod'
import { isoDate } from './fixtures/codecs.ts'
import * as mini from 'zod/mini'

export const accountEvents = defineEvents('https://example.com/account', {
  Opened: version(z.object({ limit: z.number() })).next(
    z.object({ cents: z.int(), kind: z.enum(['debit', 'credit']) }),
    ({ limit }) => ({ cents: limit * 100, kind: 'credit' }),
  ),
  Deposited: z.object({ cents: z.int().positive(), at: isoDate }),
  Closed: z.object({}),
  Small: mini.object({ n: mini.number() }),
})

// ---- the producer and the reader share zod's output

expectTypeOf(accountEvents.source).toEqualTypeOf<'https://example.com/account'>()
expectTypeOf<Parameters<typeof accountEvents.Opened>>().toEqualTypeOf<
  [data: { cents: number; kind: 'debit' | 'credit' }]
>()
expectTypeOf<Parameters<typeof accountEvents.Deposited>>().toEqualTypeOf<
  [data: { cents: number; at: Date }]
>()
expectTypeOf(accountEvents.Small({ n: 1 })).toEqualTypeOf<
  NewEvent<'https://example.com/account', 'Small', { n: number }>
>()
expectTypeOf<EventOf<typeof accountEvents>['type']>().toEqualTypeOf<
  'Opened' | 'Deposited' | 'Closed' | 'Small'
>()
accountEvents.Closed()
// @ts-expect-error the encoded form is not what a producer passes
accountEvents.Deposited({ cents: 5, at: '2026-01-31T12:00:00Z' })
// @ts-expect-error the payload is missing
accountEvents.Deposited()
// @ts-expect-error no such kind
accountEvents.Opened({ cents: 5, kind: 'other' })

export const asCore: EventNamespace<'urn:x:y', { Made: { n: number } }> = defineEvents('urn:x:y', {
  Made: z.object({ n: z.number() }),
})

// ---- the chain of versions is typed end to end, over the stored JSON

version(z.object({ at: isoDate })).next(z.object({ day: z.string() }), (json) => {
  expectTypeOf(json).toEqualTypeOf<{ at: string }>()
  return { day: json.at.slice(0, 10) }
})
// @ts-expect-error a number is no text
version(z.object({ n: z.number() })).next(z.object({ n: z.string() }), ({ n }) => ({ n }))
version(z.object({ n: z.number() }))
  .next(z.object({ m: z.number() }), ({ n }) => ({ m: n }))
  // @ts-expect-error version 2 has no n
  .next(z.object({ o: z.number() }), ({ n }) => ({ o: n }))

// ---- aggregates and guards take such a namespace

export const Account = defineAggregate({
  type: 'Account',
  events: accountEvents,
  initialize: (_iban: string): { readonly since: Date | undefined; readonly kind: 'debit' | 'credit' } => ({
    since: undefined,
    kind: 'debit',
  }),
  apply: {
    Opened: (account, { data }) => ({ ...account, kind: data.kind }),
    Deposited: (account, { data }) => ({ ...account, since: account.since ?? data.at }),
    Closed: (account) => account,
    Small: (account, { data }) => (data.n > 0 ? account : { ...account, kind: 'debit' }),
  },
  handle: { Close: () => accountEvents.Closed() },
})
const core = new Core(guard(new InMemoryStore(), [accountEvents, asCore], { unknown: 'reject' }))
expectTypeOf((await core.dispatchCommand(Account.commands.Close('DE1'))).state.since).toEqualTypeOf<
  Date | undefined
>()
// @ts-expect-error no such option
guard(new InMemoryStore(), [accountEvents], { unknown: 'ignore' })

// ---- so do schemas on file and audits

const onFile = storedSchemas([accountEvents, asCore])
expectTypeOf(compareSchemas({}, onFile)).toEqualTypeOf<SchemaComparison>()
const report = await audit(new InMemoryStore(), [accountEvents, asCore], { sample: { share: 0.5 } })
expectTypeOf(report).toEqualTypeOf<AuditReport>()
for (const finding of report.findings) {
  // @ts-expect-error only a payload that fails has an issue
  expectTypeOf(finding.issue).toBeObject()
  if (finding.kind === 'unreadable') expectTypeOf(finding.issue.path).toEqualTypeOf<string>()
}
// @ts-expect-error no such sample
await audit(new InMemoryStore(), [accountEvents], { sample: { first: 5 } })
