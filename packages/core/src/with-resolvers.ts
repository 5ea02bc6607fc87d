/** A promise, with what settles it. */
export interface Resolvers<Value = void> {
  /** Pending until one of the others is called. */
  readonly promise: Promise<Value>
  /** Fulfils the promise. */
  readonly resolve: (value: Value) => void
  /** Rejects the promise. */
  readonly reject: (reason: unknown) => void
}

/** `Promise.withResolvers`, which Node 20 lacks. */
export function withResolvers<Value = void>(): Resolvers<Value> {
  let settle!: [Resolvers<Value>['resolve'], Resolvers['reject']]
  const promise = new Promise<Value>((...both) => {
    settle = both
  })
  const [resolve, reject] = settle
  return { promise, resolve, reject }
}
