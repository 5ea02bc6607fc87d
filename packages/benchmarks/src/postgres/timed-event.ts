import { defineEvents, type DomainEvent, event } from '@eventmill/core'

const timedEvents = defineEvents('https://example.com/timed', { Sent: event<{ sentAt: number }>() })

/** An event that knows when it was made. */
export function timedEvent() {
  return timedEvents.Sent({ sentAt: now() })
}

/** How many milliseconds ago a timed event was made, in whatever process of this machine. */
export function ageOf({ data }: DomainEvent): number {
  return now() - (data as ReturnType<typeof timedEvent>['data']).sentAt
}

/** By the clock that all processes share, and that nobody sets. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
