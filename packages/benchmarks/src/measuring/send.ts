import { setTimeout } from 'node:timers/promises'
import { type OpenContender } from '../contenders/contender.ts'
import { now } from './clock.ts'

/** How events are sent. */
export interface Pace {
  /** So many one after the other, before it counts. */
  readonly warmUp: number
  readonly count: number
  readonly perSecond: number
}

/** Stores events at a pace, however long each takes, to 256 aggregates. */
export async function send(
  open: Pick<OpenContender, 'send'>,
  { warmUp, count, perSecond }: Pace,
  idOf: (number: number) => string,
): Promise<void> {
  const one = async (index: number) => open.send?.(idOf(index % 256), now())
  for (let index = 0; index < warmUp; index++) await one(index)
  const begin = performance.now()
  const sending: Promise<unknown>[] = []
  while (sending.length < count) {
    const due = ((performance.now() - begin) / 1000) * perSecond
    while (sending.length < Math.min(due, count)) sending.push(one(sending.length))
    await setTimeout(1)
  }
  await Promise.all(sending)
}
