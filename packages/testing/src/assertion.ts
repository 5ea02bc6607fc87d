import { invalidArgument } from '@eventmill/core/adapter'

/** What throws where something is wrong. Whatever its type says, it may return something. */
type Assertion<Arguments extends readonly unknown[]> = (...asked: Arguments) => unknown

/**
 * Runs an assertion that a user gives, as `argument`. Throws what it throws, and `ARGUMENT_INVALID` where it returns
 * anything: `false` would be taken for success.
 */
export async function assertBy<Arguments extends readonly unknown[]>(
  argument: string,
  assertion: Assertion<Arguments>,
  ...asked: Arguments
): Promise<void> {
  const answer = await assertion(...asked)
  if (answer === undefined) return
  throw invalidArgument(argument, 'a function that throws where something is wrong, and returns nothing')
}
