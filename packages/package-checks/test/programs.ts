import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A user's program under `programs/`: its `run()` resolves to `result`. */
export interface Program {
  readonly name: string
  /** What it imports beside packages of this workspace, and zod, which npm installs with them. */
  readonly drivers?: readonly string[]
  readonly result: unknown
}

export const counter: Program = {
  name: 'counter',
  result: {
    incremented: { aggregateId: 'clicks', generation: 1, position: 1, state: 2 },
    reset: { aggregateId: 'clicks', generation: 2, position: 2, state: 0 },
    before: { aggregateId: 'clicks', generation: 1, position: 1, state: 2 },
    conflict: { expected: 1, actual: 2 },
  },
}

const reservations: Program = {
  name: 'reservations',
  result: {
    generation: 1,
    isDate: true,
    table: { aggregateId: 7, generation: 1, position: 1, state: ['2026-01-31T19:30:00.000Z'] },
    refused: 1,
  },
}

const ledger: Program = {
  name: 'ledger',
  drivers: ['pg@8', '@electric-sql/pglite@0.5'],
  result: { balance: 7, head: 2, push: 'polling' },
}

export const programs: readonly Program[] = [counter, reservations, ledger]

export const drivers: readonly string[] = programs.flatMap((program) => program.drivers ?? [])

/** Puts a program into a user's project and returns its path. */
export async function copyProgram({ name }: Program, folder: string): Promise<string> {
  const path = join(folder, `${name}.ts`)
  await copyFile(join(import.meta.dirname, 'programs', `${name}.ts`), path)
  return path
}
