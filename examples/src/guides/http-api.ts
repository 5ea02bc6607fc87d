import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { Core, type ErrorCode, hasCode } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import * as z from 'zod'
import { Concert, SoldOut } from './concert.ts'

const core = new Core(new InMemoryStore())
const { Announce, Book } = Concert.commands
await core.dispatchCommand(Announce('jazz', { title: 'Jazz night', seats: 3 }))

const booking = z.object({ guest: z.email(), seats: z.int().positive() })
const concertPath = /^\/concerts\/(\w+)\/bookings$/

// POST /concerts/jazz/bookings
const server = createServer((request, response) => {
  book(request)
    .then(({ generation, state }) => {
      response.writeHead(201, { etag: `"${generation}"` }).end(JSON.stringify({ free: state.free }))
    })
    .catch((error: unknown) => {
      const status = statusOf(error)
      if (status >= 500) console.error(error)
      response.writeHead(status).end(status < 500 ? (error as Error).message : '')
    })
})

async function book(request: IncomingMessage) {
  const [, id] = concertPath.exec(request.url ?? '') ?? []
  if (id === undefined) throw new NotFound()
  // Sent again with the same key, it is booked once. With the ETag that was shown, it counts only if nothing has changed since.
  const { 'idempotency-key': key, 'if-match': tag } = request.headers
  // Of the kind as well, so that a key that another route has seen is not taken for that request sent again.
  const commandId = typeof key === 'string' ? `book:${key}` : undefined
  const generation = tag === undefined ? undefined : Number(tag.replaceAll('"', ''))
  const data = booking.parse(await json(request))
  return core.dispatchCommand(Book(id, data, { commandId, generation }))
}

class NotFound extends Error {}

function statusOf(error: unknown): number {
  if (error instanceof NotFound) return 404
  if (error instanceof z.ZodError || error instanceof SyntaxError) return 400
  if (error instanceof SoldOut) return 409
  for (const [code, status] of STATUS) if (hasCode(error, code)) return status
  return 500
}

const STATUS: readonly (readonly [ErrorCode, number])[] = [
  ['GENERATION_CONFLICT', 412],
  ['COMMIT_ID_REUSED', 422],
  ['ARGUMENT_INVALID', 400],
  ['STORE_BUSY', 503],
  ['STORE_UNREACHABLE', 503],
  ['APPEND_OUTCOME_UNKNOWN', 503],
  ['STORE_CLOSED', 503],
]

// Some who ask for seats.
server.listen(0)
const { port } = server.address() as AddressInfo
const post = async (seats: number, headers: { readonly [name: string]: string } = {}) => {
  const body = JSON.stringify({ guest: 'ada@example.com', seats })
  const response = await fetch(`http://localhost:${port}/concerts/jazz/bookings`, {
    method: 'POST',
    headers,
    body,
  })
  console.log(response.status, await response.text())
}
await post(2, { 'idempotency-key': 'a1' })
await post(2, { 'idempotency-key': 'a1' })
await post(1, { 'if-match': '"1"' })
await post(2)
server.close()
