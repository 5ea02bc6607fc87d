import { expect } from '@jest/globals'
import type pg from 'pg'
import { type Change, createVariant } from './schema-variant.ts'
import { Session } from './session.ts'

/** A schema for one scenario. */
export interface Scratch {
  readonly schema: string
  readonly session: () => Promise<Session>
  /** Closes the gate. */
  readonly gate: () => Promise<Gate>
}

export interface Gate {
  open(): Promise<void>
  /** Resolves once somebody waits at it. */
  reached(): Promise<void>
}

/** What a reader has got who read up to the horizon once, and goes on from there. */
export interface Pass {
  readonly horizon: number
  readonly seen: readonly number[]
}

/** SQL within a function of the schema, which waits there while the gate is closed. */
export const GATE = `perform pg_advisory_xact_lock_shared('$schema.streams'::regclass::oid::bigint);`

export interface Proof {
  readonly scenario: (scratch: Scratch) => Promise<unknown>
  /** Changes that break nothing, such as a gate. */
  readonly shipped?: readonly Change[]
  readonly holds: unknown
  readonly broken: readonly Change[]
  readonly fails: unknown
}

/** Shows that a scenario goes well on the schema as it is shipped, and that it would not if that were broken. */
export async function proveOn(pool: pg.Pool, proof: Proof): Promise<void> {
  const { scenario, shipped = [], holds, broken, fails } = proof
  expect(await inScratch(pool, shipped, scenario)).toEqual(holds)
  expect(await inScratch(pool, broken, scenario)).toEqual(fails)
}

/** One append is in flight, another one is stored after it; a reader reads, and then the first one is stored as well. */
export async function lostBehindAnAppendInFlight({ session }: Scratch): Promise<readonly number[]> {
  const [slow, fast, reader] = [await session(), await session(), await session()]
  await slow.run('begin')
  await slow.append(['slow'])
  await fast.append(['fast'])
  const pass = await readPass(reader)
  await slow.run('commit')
  return lostTo(pass, reader)
}

let scratches = 0

/** Runs a scenario in a schema with these changes. */
export async function inScratch<Outcome>(
  pool: pg.Pool,
  changes: readonly Change[],
  scenario: (scratch: Scratch) => Promise<Outcome>,
): Promise<Outcome> {
  // Other processes may prove something on the same server.
  const schema = `scratch ${process.pid}.${++scratches}`
  await createVariant(pool, schema, changes)
  await pool.query(`insert into "${schema}".types values (1, 'urn:x:test', 'Tested', 1)`)
  const sessions: Session[] = []
  const session = async () => {
    const opened = await Session.open(pool, schema)
    sessions.push(opened)
    return opened
  }
  const gate = async () => closedGate(await session())
  try {
    return await scenario({ schema, session, gate })
  } finally {
    for (const opened of sessions) opened.close()
    await pool.query(`drop schema "${schema}" cascade`)
  }
}

async function closedGate(keeper: Session): Promise<Gate> {
  const key = `'$schema.streams'::regclass::oid`
  await keeper.run(`select pg_advisory_lock(${key}::bigint)`)
  return {
    open: async () => {
      await keeper.run(`select pg_advisory_unlock(${key}::bigint)`)
    },
    reached: async () => {
      for (const deadline = performance.now() + 5_000; performance.now() < deadline;) {
        const waiting = await keeper.run(
          `select pid from pg_locks where locktype = 'advisory' and objsubid = 1 and objid = ${key} and not granted`,
        )
        if (waiting.length > 0) return
      }
      throw new Error('nobody waits at the gate')
    },
  }
}

/** Reads everything up to the horizon. */
export async function readPass(reader: Session): Promise<Pass> {
  const [horizon] = await reader.run('select $schema.horizon()')
  return { horizon: Number(horizon), seen: await seenUpTo(reader, Number(horizon)) }
}

/** The positions that are there at or below the horizon of a pass, and were not when it read. */
export async function lostTo({ horizon, seen }: Pass, reader: Session): Promise<readonly number[]> {
  return (await seenUpTo(reader, horizon)).filter((position) => !seen.includes(position))
}

async function seenUpTo(reader: Session, horizon: number): Promise<readonly number[]> {
  const positions = await reader.run(
    'select position from $schema.events where position <= $1 order by position',
    [horizon],
  )
  return positions.map(Number)
}
