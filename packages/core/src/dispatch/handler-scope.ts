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
  /** Knows a handler also after its first `await`. Not so in browsers. */
  readonly #storage = asyncStorage<HandlerScope>()
  /** Whether a handler has always answered at once so far: to follow it further would cost a fifth of a dispatch. */
  readonly #answersAtOnce = new WeakMap<object, boolean>()
  /** The scope of the handler that runs right now, as far as it is not followed further. */
  #now: HandlerScope | undefined

  /** The scope of the handler inside of which this is called. */
  current(): HandlerScope | undefined {
    let scope = this.#now ?? this.#storage?.getStore()
    while (scope !== undefined && !scope.deciding) scope = scope.around
    return scope
  }

  /**
   * Runs a handler, whether it answers at once or later, in a scope of its own. `owner` tells it from others. Where it
   * answers later and is not followed, `onUnfollowed` is called.
   */
  run<Result>(
    keys: readonly string[],
    owner: object,
    handler: () => Result | PromiseLike<Result>,
    onUnfollowed: () => void,
  ): Result | Promise<Result> {
    const around = this.current()
    const scope = { keys: around === undefined ? keys : [...around.keys, ...keys], deciding: true, around }
    const known = this.#answersAtOnce.get(owner)
    const storage = known === true ? undefined : this.#storage
    let later = false
    try {
      const result = storage === undefined ? this.#runNow(scope, handler) : storage.run(scope, handler)
      if (!isPromise(result)) {
        if (known === undefined) this.#answersAtOnce.set(owner, true)
        return result
      }
      later = true
      if (known !== false) this.#answersAtOnce.set(owner, false)
      if (storage === undefined) onUnfollowed()
      return Promise.resolve(result).finally(() => {
        scope.deciding = false
      })
    } finally {
      if (!later) scope.deciding = false
    }
  }

  #runNow<Result>(scope: HandlerScope, handler: () => Result): Result {
    const around = this.#now
    this.#now = scope
    try {
      return handler()
    } finally {
      this.#now = around
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
