import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/**
 * Starts a server that is stopped, and its files removed, with the stack. Its keeper is a process beside this one, which
 * does so as well where this one ends in any other way. Resolves to the URL of its database.
 */
export async function startThrowawayServer(opened: AsyncDisposableStack): Promise<string> {
  // Detached: a Ctrl-C in the terminal is for this process only, which still needs the server to end well.
  const keeper = fork(KEEPER, { detached: true, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const ended = once(keeper, 'exit')
  opened.defer(async () => {
    if (keeper.connected) keeper.disconnect()
    await ended
  })
  const [url] = (await Promise.race([once(keeper, 'message'), ended])) as readonly unknown[]
  if (typeof url !== 'string') throw new Error('no PostgreSQL server could be started: see above')
  return url
}

const KEEPER = join(import.meta.dirname, 'throwaway-server.keeper.ts')
