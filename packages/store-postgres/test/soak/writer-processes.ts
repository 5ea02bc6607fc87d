import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type pg from 'pg'
import { type Deeds } from './deeds.ts'
import { JournalTail } from './journal.ts'

export interface WriterProcessesOptions {
  /** How each connects. */
  readonly connections: readonly pg.PoolConfig[]
  /** Where their journals are. */
  readonly folder: string
  readonly deeds: Deeds
  readonly seed: number
  /** The first of the numbers that their writers get. */
  readonly firstWriter: number
}

/** What a writing process is to do, as JSON in its first argument. */
export interface WriterTask {
  readonly connection: pg.PoolConfig
  readonly journal: string
  /** The numbers of its writers. */
  readonly writers: readonly number[]
  readonly seed: number
}

interface Running {
  readonly child: ChildProcess
  readonly tail: JournalTail
  readonly exited: Promise<unknown>
}

/** So many write in each process. */
const WRITERS = 2

/** Processes that write, of which each is replaced when it is killed. */
export class WriterProcesses {
  readonly #options: WriterProcessesOptions
  readonly #running: Running[] = []
  #started = 0

  constructor(options: WriterProcessesOptions) {
    this.#options = options
    options.connections.forEach((_, index) => {
      this.#start(index)
    })
  }

  /** Kills one, and starts another in its place. */
  async kill(which: number): Promise<void> {
    const index = which % this.#running.length
    const running = this.#running[index]
    if (running === undefined) return
    this.#start(index)
    running.child.kill('SIGKILL')
    await running.exited
    this.#end(running)
  }

  /** Reads what they have told so far. */
  read(): void {
    for (const { tail } of this.#running) tail.read(this.#options.deeds)
  }

  /** Resolves once the outcomes of all their appends are known. */
  async stop(): Promise<void> {
    const all = this.#running.splice(0)
    for (const { child } of all) if (child.connected) child.send('stop')
    for (const running of all) {
      await running.exited
      const { exitCode } = running.child
      if (exitCode !== 0) this.#options.deeds.found(`a writing process ended with ${exitCode ?? 'a signal'}`)
      this.#end(running)
    }
  }

  #start(index: number): void {
    const { connections, folder, seed, firstWriter } = this.#options
    const number = this.#started++
    const journal = join(folder, `${number}.journal`)
    const writers = Array.from({ length: WRITERS }, (_, each) => firstWriter + number * WRITERS + each)
    const task: WriterTask = { connection: connections[index] ?? {}, journal, writers, seed }
    const child = fork(new URL('writer-process.ts', import.meta.url), [JSON.stringify(task)])
    this.#running[index] = { child, tail: new JournalTail(journal), exited: once(child, 'exit') }
  }

  #end({ tail }: Running): void {
    tail.read(this.#options.deeds)
    tail.close()
  }
}
