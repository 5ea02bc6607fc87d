/** How it is told why nothing was created: set off from the lines that npm adds of its own, whatever has failed. */
export function refusal(message: string, { npm_command }: NodeJS.ProcessEnv): string {
  const others = npm_command === 'init' ? '\n  What npm tells below is only that nothing was created.\n' : ''
  return `\n  ${message}\n${others}\n`
}
