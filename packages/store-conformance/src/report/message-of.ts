/** What went wrong, as text that is never empty: a refused connection is an AggregateError without a message. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ')
  if (error instanceof Error) return error.message || error.name
  return typeof error === 'string' ? error : `thrown: ${JSON.stringify(error)}`
}
