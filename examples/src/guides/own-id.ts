import { Core, defineAggregate } from '@eventmill/core'
import { defineEvents } from '@eventmill/schema'
import { InMemoryStore } from '@eventmill/store-memory'
import * as z from 'zod'

const ticketEvents = defineEvents('https://example.com/ticket', {
  Issued: z.object({ barcode: z.string() }),
  Voided: z.object({}),
})

const Ticket = defineAggregate({
  type: 'Ticket',
  events: ticketEvents,
  initialize: (id: string) => ({ id, valid: false }),
  apply: {
    Issued: (ticket) => ({ ...ticket, valid: true }),
    Voided: (ticket) => ({ ...ticket, valid: false }),
  },
  handle: {
    Issue: ({ id, valid }) => (valid ? [] : ticketEvents.Issued({ barcode: `*${id}*` })),
    Void: ({ valid }) => (valid ? ticketEvents.Voided() : []),
  },
})

const store = new InMemoryStore()
const core = new Core(store)
await core.dispatchCommand(Ticket.commands.Issue('T-17'))
await core.dispatchCommand(Ticket.commands.Void('T-17'))
for await (const { type, data } of store.readStream(Ticket.stream('T-17'))) console.log(type, data)
