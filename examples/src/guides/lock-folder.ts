import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Keeps other processes out of a folder. PGlite lets them in, and a second one overwrites what the first has stored. Node has
 * no locks on files, but its SQLite has: the system frees them with the process, however it ends. Returns what frees it earlier.
 */
export function lockFolder(folder: string): () => void {
  const lock = new DatabaseSync(`${resolve(folder)}.lock`)
  try {
    // Of several at once one gets in, where `begin exclusive` may refuse them all.
    lock.exec('begin immediate')
  } catch (cause) {
    lock.close()
    throw new Error(`the folder ${folder} is in use: one process at a time may open it`, { cause })
  }
  held.add(lock)
  return () => {
    lock.close()
    held.delete(lock)
  }
}

/** A handle that nothing refers to is collected, and its lock is free: here it is kept for whoever keeps nothing. */
const held = new Set<DatabaseSync>()
