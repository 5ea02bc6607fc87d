import { type Line } from './events.ts'

/** What an order comes to, and on which day, in UTC. */
export interface Booking {
  readonly id: string
  readonly day: string
  readonly cents: number
}

/** The booking of an order that was placed. */
export function bookingOf(placed: {
  readonly aggregateId: string
  readonly time: string
  readonly data: { readonly lines: readonly Line[] }
}): Booking {
  const { aggregateId, time, data } = placed
  const cents = data.lines.reduce((sum, line) => sum + line.units * line.cents, 0)
  return { id: aggregateId, day: time.slice(0, 10), cents }
}
