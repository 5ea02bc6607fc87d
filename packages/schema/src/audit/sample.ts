import { type Position } from '@eventmill/core'
import { checkKeys, invalidArgument } from '@eventmill/core/adapter'

/** Which events are judged: every n-th, beginning with the first that is read, or a random share of them. */
export type Sample =
  | { readonly every: number }
  | {
      /** From 0, none of them, to 1, all of them. */
      readonly share: number
      /** An integer. The same seed chooses the same events, wherever reading begins. Default 0. */
      readonly seed?: number | undefined
    }

/** Whether an event is chosen: by how many were read before it, and by its position. */
export type Choice = (index: number, position: Position) => boolean

/** How a sample chooses; all are chosen where there is none. Throws `ARGUMENT_INVALID`. */
export function choiceOf(sample: Sample | undefined): Choice {
  if (sample === undefined) return () => true
  if ('every' in sample) {
    checkKeys(sample, new Set(['every']), 'options.sample')
    const { every } = sample
    if (!Number.isSafeInteger(every) || every < 1) {
      throw invalidArgument('options.sample.every', 'a safe integer from 1', every)
    }
    return (index) => index % every === 0
  }
  checkKeys(sample, new Set(['share', 'seed']), 'options.sample')
  const { share, seed = 0 } = sample
  const isShare = share >= 0 && share <= 1
  if (!isShare) throw invalidArgument('options.sample.share', 'a number from 0 to 1', share)
  if (!Number.isSafeInteger(seed)) throw invalidArgument('options.sample.seed', 'a safe integer', seed)
  return (_, position) => fraction(seed, position) < share
}

/** A number from 0 up to 1 that looks drawn by chance, but is the same for the same seed and position. */
function fraction(seed: number, position: Position): number {
  const words = [seed, seed / WORD, position, position / WORD]
  return words.reduce((hash, word) => mixed(hash ^ Math.floor(word)), 0) / WORD
}

const WORD = 2 ** 32

/** The finalizer of MurmurHash3, by Austin Appleby: each bit of the result depends on each bit of the word. */
function mixed(word: number): number {
  let hash = (word + 0x9e3779b9) | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
