import { defineEvents } from '@eventmill/schema'
import * as z from 'zod'

export const concertEvents = defineEvents('https://example.com/concert', {
  Announced: z.object({ title: z.string().min(1), seats: z.int().positive() }),
  Booked: z.object({ guest: z.email(), seats: z.int().positive() }),
  Cancelled: z.object({ guest: z.email() }),
})
