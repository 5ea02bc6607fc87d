import { Core, defineAggregate, hasCode } from '@eventmill/core'
import { defineEvents, guard } from '@eventmill/schema'
import { InMemoryStore } from '@eventmill/store-memory'
import * as z from 'zod'

const instant = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
})

export const tableEvents = defineEvents('https://example.com/tables', {
  Reserved: z.object({ seats: z.int().positive(), from: instant, note: z.string().optional() }),
})

export const Table = defineAggregate({
  type: 'Table',
  events: tableEvents,
  initialize: (_number: number): readonly Date[] => [],
  apply: {
    Reserved: (starts, { data }) => [...starts, data.from],
  },
  handle: {
    Reserve: (_starts, { seats, from }: { seats: number; from: Date }) =>
      tableEvents.Reserved({ seats, from }),
  },
})

export async function run(): Promise<unknown> {
  const core = new Core(guard(new InMemoryStore(), [tableEvents]))
  const from = new Date('2026-01-31T19:30:00Z')
  const { generation } = await core.dispatchCommand(Table.commands.Reserve(7, { seats: 4, from }))
  const table = await core.load(Table, 7)
  const refused = await core.dispatchCommand(Table.commands.Reserve(7, { seats: 0, from })).then(
    () => 'not refused',
    (error: unknown) => (hasCode(error, 'EVENT_INVALID') ? error.issues.length : String(error)),
  )
  return { generation, isDate: table.state[0] instanceof Date, table, refused }
}
