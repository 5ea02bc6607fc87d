import { defineEvents, version } from '@eventmill/schema'
import * as z from 'zod'

const booked = z.object({ guest: z.email(), seats: z.int().positive() })

export const concertEvents = defineEvents('https://example.com/concert', {
  Booked: version(booked) // until 2026, when every seat was 20 euros
    .next(booked.extend({ cents: z.int() }), (old) => ({ ...old, cents: old.seats * 20_00 })),
  Refunded: z.object({ guest: z.email(), cents: z.int() }),
})
