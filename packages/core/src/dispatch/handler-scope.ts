import { isPromise } from '../aggregates/handler.ts'

/** The keys that a handler holds while it decides, its own and those of the handlers around it. */
export interface HandlerScope {
  readonly keys: readonly string[]
  /** What a handler started, and did not wait for, still carries the scope but is not inside of it any more. */
  deciding: boolean
  /** The scope inside of which this one was entered. */
  readonly around: HandlerScope | undefined
}

/** Tells a dispatch whether it comes from inside a handler, which must not wait for what that handler holds. */
export class HandlerScopes {
  readonly #storage: ContextStorage<HandlerScope>

  /** Whether a handler is still known by its scope after its first `await`. Not so in browsers. */
  readonly followsPromises: boolean

  constructor() {
    const storage = asyncStorage<HandlerScope>()
    this.followsPromises = storage !== undefined
    this.#storage = storage ?? synchronousStorage()
  }

  /** The scope of the handler inside of which this is called. */
  current(): HandlerScope | undefined {
    let scope = this.#storage.getStore()
    while (scope !== undefined && !scope.deciding) scope = scope.around
    return scope
  }

  /** Runs a handler, whether it answers at once or later, in a scope of its own. */
  run<Result>(
    keys: readonly string[],
    handler: () => Result | PromiseLike<Result>,
  ): Result | Promise<Result> {
    const around = this.current()
    const scope = { keys: around === undefined ? keys : [...around.keys, ...keys], deciding: true, around }
    let later = false
    try {
      const result = this.#storage.run(scope, handler)
      if (!isPromise(result)) return result
      later = true
      return Promise.resolve(result).finally(() => {
        scope.deciding = false
      })
    } finally {
      if (!later) scope.deciding = false
    }
  }
}

interface ContextStorage<Value> {
  run<Result>(value: Value, callback: () => Result): Result
  getStore(): Value | undefined
}

/** Node's `AsyncLocalStorage`, which Deno, Bun and edge workers have too; looked up without importing it. */
function asyncStorage<Value>(): ContextStorage<Value> | undefined {
  interface Runtime {
    process?: {
      getBuiltinModule?: (name: string) => { AsyncLocalStorage?: new () => ContextStorage<Value> } | undefined
    }
  }
  const hooks = (globalThis as Runtime).process?.getBuiltinModule?.('async_hooks')
  return hooks?.AsyncLocalStorage && new hooks.AsyncLocalStorage()
}

function synchronousStorage<Value>(): ContextStorage<Value> {
  let current: Value | undefined
  return {
    getStore: () => current,
    run(value, callback) {
      const around = current
      current = value
      try {
        return callback()
      } finally {
        current = around
      }
    },
  }
}
