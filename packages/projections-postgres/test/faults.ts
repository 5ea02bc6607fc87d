import { expect } from '@jest/globals'
import { pause } from '@eventmill/core/adapter'
import { PostgresProjectionStore } from '@eventmill/projections-postgres'
import { PostgresStore } from '@eventmill/store-postgres'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { Projections } from '@eventmill/projections'
import type pg from 'pg'
import { type PostgresServer } from '../../store-postgres/test/postgres-server.ts'
import { balances, book, folded, readModels, turnover } from './accounts.ts'

/** What is done to a process that projects, when it has handled some events. */
export type Fault = 'kill' | 'cut' | 'pause'

/**
 * While events are appended, processes project them, one after the other meeting a fault; two at a time where one is paused.
 * In the end the read models must be what the log says.
 */
export async function projectUnderFaults(server: PostgresServer, faults: readonly Fault[]): Promise<void> {
  const pool = server.pool({ max: 5 })
  const store = new PostgresStore({ client: pool })
  const readSide = new PostgresProjectionStore({ client: pool })
  await store.migrate()
  await readSide.migrate()
  const appending = new AbortController()
  const appended = appendUntil(store, appending.signal)
  const processes = new Processes(server.url)
  try {
    let process = processes.start()
    for (const fault of faults) {
      await progress(pool, randomInt(1, 60))
      if (fault === 'cut') await cut(pool)
      else if (fault === 'kill') {
        await processes.kill(process)
        process = processes.start()
      } else {
        process.kill('SIGSTOP')
        const other = processes.start()
        await progress(pool, 20)
        process.kill('SIGCONT')
        await progress(pool, 20)
        await processes.kill(process)
        process = other
      }
    }
    appending.abort()
    const position = await appended
    const watching = new Projections(store, { into: readSide, projections: [balances(1, 2), turnover] })
    await watching.waitFor(balances(1, 2), position, { timeout: 30_000 })
    await watching.waitFor(turnover, position, { timeout: 30_000 })
    expect(await readModels(pool)).toEqual(await folded(store))
  } finally {
    appending.abort()
    await appended.catch(() => undefined)
    await processes.killAll()
    await store.close()
  }
}

/** Resolves to the position of the last event. Slow enough for the processes to keep up. */
async function appendUntil(store: PostgresStore, signal: AbortSignal): Promise<number> {
  let position = 0
  for (let number = 1; !signal.aborted; number++) {
    position = await book(store, number)
    await pause(2, signal).catch(() => undefined)
  }
  return position
}

class Processes {
  readonly #url: string
  readonly #running = new Set<ChildProcess>()

  constructor(url: string) {
    this.#url = url
  }

  start(): ChildProcess {
    const script = join(import.meta.dirname, 'projecting.ts')
    const started = spawn(process.execPath, [script, this.#url], { stdio: ['ignore', 'ignore', 'inherit'] })
    this.#running.add(started)
    return started
  }

  async kill(running: ChildProcess): Promise<void> {
    const ended = new Promise((resolve) => running.once('exit', resolve))
    running.kill('SIGKILL')
    await ended
    this.#running.delete(running)
  }

  async killAll(): Promise<void> {
    await Promise.all([...this.#running].map((running) => this.kill(running)))
  }
}

/** Resolves when so many events more have been handled. */
async function progress(pool: pg.Pool, events: number): Promise<void> {
  const handled = async () => {
    const { rows } = await pool.query<{ known: boolean }>(
      `select to_regclass('turnover') is not null as known`,
    )
    if (rows[0]?.known !== true) return 0
    const sum = await pool.query<{ events: string | null }>('select sum(events) as events from turnover')
    return Number(sum.rows[0]?.events ?? 0)
  }
  const before = await handled()
  while ((await handled()) < before + events) await pause(5, undefined)
}

/** Ends the connections of the processes, wherever they are. */
async function cut(pool: pg.Pool): Promise<void> {
  await pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'projecting'`,
  )
}
