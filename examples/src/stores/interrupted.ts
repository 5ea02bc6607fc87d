/** This process was told to end, as by Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  readonly signal: NodeJS.Signals

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`)
    this.signal = signal
  }
}

/** Rejects with `Interrupted` where the process would end at once, which it does not until the stack is disposed. */
export function untilInterrupted(opened: AsyncDisposableStack): Promise<never> {
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      const interrupt = () => {
        reject(new Interrupted(signal))
      }
      // Not once: npm passes on the Ctrl-C that reaches this process by itself.
      process.on(signal, interrupt)
      opened.defer(() => {
        process.off(signal, interrupt)
      })
    }
  })
  // It may come before anybody waits for it.
  interrupted.catch(() => undefined)
  return interrupted
}
