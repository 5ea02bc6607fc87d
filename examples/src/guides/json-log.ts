import { type StructuredLog } from '@eventmill/core'

/** One line of JSON for each entry, on the standard output, from where whoever runs the process collects it. */
export const log: StructuredLog = { info: lineAt('info'), warn: lineAt('warn') }

function lineAt(level: keyof StructuredLog) {
  return (fields: object, message: string) => {
    console.log(JSON.stringify({ time: new Date(), level, message, ...fields }, withErrors))
  }
}

/** JSON leaves out what an error says, unless the error sees to it, as those of eventmill do. */
function withErrors(_key: string, value: unknown) {
  if (!(value instanceof Error)) return value
  const { name, message, stack, cause } = value
  return { name, message, stack, cause }
}
