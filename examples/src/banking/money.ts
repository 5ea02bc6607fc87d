import { z } from 'zod'

/** An amount that changes hands. Whole cents add up exactly, which fractions of euros do not. */
export const Cents = z.int().positive()

/** An amount for people to read: `-12.30`. */
export function euros(cents: number): string {
  return (cents / 100).toFixed(2)
}
