import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { type Tarball } from './pack-packages.ts'
import { run } from './run.ts'

/** A registry on this machine: it has what is published to it, and asks the usual one for everything else. */
export interface LocalRegistry {
  readonly url: string
  /** With these in their environment, npm and pnpm use no other registry, and no cache of another one. */
  readonly variables: NodeJS.ProcessEnv
  stop(): Promise<void>
}

/** Starts one that keeps everything in `folder`. */
export async function startLocalRegistry(folder: string): Promise<LocalRegistry> {
  const url = `http://127.0.0.1:${await freePort()}/`
  const usual = (await run('npm', ['config', 'get', 'registry'], { folder: '.' })).trim()
  const config = join(folder, 'verdaccio.yaml')
  await mkdir(folder, { recursive: true })
  // JSON is YAML.
  await writeFile(config, JSON.stringify(configuration(folder, usual)))
  const server = fork(VERDACCIO, ['--config', config, '--listen', url], {
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  await started(server)
  return {
    url,
    variables: await variablesOf(folder, url),
    stop: async () => {
      const ended = once(server, 'exit')
      server.kill()
      await ended
    },
  }
}

/** Publishes packages to a registry, in their order. */
export async function publish(
  tarballs: readonly Tarball[],
  { variables }: LocalRegistry,
  folder: string,
): Promise<void> {
  for (const { path } of tarballs) await run('npm', ['publish', path], { folder, variables })
}

const VERDACCIO = join(import.meta.dirname, '../node_modules/verdaccio/bin/verdaccio')

function configuration(folder: string, usual: string): object {
  const everybody = { access: '$all', publish: '$all' }
  return {
    storage: join(folder, 'storage'),
    auth: { htpasswd: { file: join(folder, 'users') } },
    uplinks: { usual: { url: usual, maxage: '1h' } },
    packages: {
      '@eventmill/*': everybody,
      'create-eventmill': everybody,
      '**': { access: '$all', proxy: 'usual' },
    },
    web: { enable: false },
    log: { type: 'stdout', level: 'fatal' },
  }
}

/** Rejects where it ends before. */
async function started(server: ChildProcess): Promise<void> {
  const printed: string[] = []
  for (const stream of [server.stdout, server.stderr]) {
    stream?.on('data', (text) => printed.push(String(text)))
  }
  const signal = AbortSignal.timeout(60_000)
  const ended = once(server, 'exit').then(() => {
    throw new Error(`the registry could not be started:\n${printed.join('')}`)
  })
  // When it is stopped, nobody waits for this any more.
  ended.catch(() => undefined)
  await Promise.race([once(server, 'message', { signal }), ended])
}

async function variablesOf(folder: string, url: string): Promise<NodeJS.ProcessEnv> {
  const userConfig = join(folder, 'npmrc')
  // npm publishes nothing without a token, whatever it is.
  await writeFile(userConfig, `${url.slice('http:'.length)}:_authToken=anybody\naudit=false\nfund=false\n`)
  return {
    npm_config_userconfig: userConfig,
    npm_config_registry: url,
    pnpm_config_registry: url,
    npm_config_cache: join(folder, 'cache'),
    // The Node of this workspace, also for npm itself.
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
