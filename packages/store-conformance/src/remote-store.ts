import { type DomainEvent, type EventStore, type StoreCapabilities } from '@eventmill/core'
import { collect } from './workload.ts'

/** A `Worker` or its `parentPort`, of `node:worker_threads`. */
export interface Port {
  postMessage(message: unknown): void
  on(event: 'message' | 'error' | 'exit', listener: (message: unknown) => void): unknown
}

/** In the worker: lets `remoteStore` at the other end of the port call this store. */
export function serveStore(port: Port, store: EventStore): void {
  port.on('message', (message) => {
    const { id, method, args } = message as Request
    callMethod(store, method, args).then(
      (value) => {
        port.postMessage({ id, value } satisfies Response)
      },
      (error: unknown) => {
        const fields = fieldsOf(error)
        try {
          port.postMessage({ id, error: fields } satisfies Response)
        } catch {
          // Something in it cannot be passed on, such as the client of a driver.
          const { name, message: text, code, stack } = fields
          port.postMessage({ id, error: { name, message: text, code, stack } } satisfies Response)
        }
      },
    )
  })
}

/**
 * A store that another thread or process serves: the handle for a fixture's `connectElsewhere`. For tests alone, since
 * signals are not passed on, and a read is brought over as a whole.
 */
export async function remoteStore(port: Port): Promise<EventStore> {
  const waiting = new Map<number, (response: Response) => void>()
  let last = 0
  port.on('message', (message) => {
    const response = message as Response
    waiting.get(response.id)?.(response)
    waiting.delete(response.id)
  })
  for (const event of ['error', 'exit'] as const) {
    port.on(event, (reason) => {
      const error = { message: `the other end of the port is gone (${event}: ${String(reason)})` }
      for (const [id, settle] of waiting) settle({ id, error })
      waiting.clear()
    })
  }
  const call = (method: Method, ...args: readonly unknown[]) =>
    new Promise<unknown>((resolve, reject) => {
      const id = ++last
      waiting.set(id, ({ value, error }) => {
        if (error === undefined) resolve(value)
        else reject(Object.assign(new Error(), error))
      })
      port.postMessage({ id, method, args: args.map(withoutSignal) } satisfies Request)
    })
  async function* read(method: Method, ...args: readonly unknown[]): AsyncGenerator<DomainEvent, void> {
    yield* (await call(method, ...args)) as readonly DomainEvent[]
  }
  return {
    // Nothing here waits.
    capabilities: { ...((await call('capabilities')) as StoreCapabilities), push: false },
    append: (appends, options) => call('append', appends, options) as ReturnType<EventStore['append']>,
    findCommit: (stream, commitId, options) =>
      call('findCommit', stream, commitId, options) as ReturnType<EventStore['findCommit']>,
    readStream: (stream, options) => read('readStream', stream, options),
    readAll: (options) => read('readAll', options),
    head: () => call('head') as Promise<number>,
    close: () => call('close') as Promise<void>,
  }
}

type Method = 'capabilities' | 'append' | 'findCommit' | 'readStream' | 'readAll' | 'head' | 'close'

interface Request {
  readonly id: number
  readonly method: Method
  readonly args: readonly unknown[]
}

interface Response {
  readonly id: number
  readonly value?: unknown
  readonly error?: object
}

async function callMethod(store: EventStore, method: Method, args: readonly unknown[]): Promise<unknown> {
  if (method === 'capabilities') return store.capabilities
  const called = Reflect.get(store, method) as (...args: readonly unknown[]) => unknown
  const result: unknown = Reflect.apply(called, store, args)
  const reads = method === 'readStream' || method === 'readAll'
  return reads ? collect(result as AsyncIterable<DomainEvent>) : result
}

/** An error of which another realm can make its own. Only the code tells errors of a store apart. */
function fieldsOf(error: unknown): { readonly [field: string]: unknown } {
  if (!(error instanceof Error)) return { message: String(error) }
  const { name, message, stack, cause: _, ...fields } = error as Error & { readonly code?: string }
  return { ...fields, name, message, stack }
}

function withoutSignal(argument: unknown): unknown {
  if (typeof argument !== 'object' || argument === null || !('signal' in argument)) return argument
  const { signal: _, ...rest } = argument
  return rest
}
