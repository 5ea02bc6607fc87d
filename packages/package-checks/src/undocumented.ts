/**
 * The paths of what a report marks as undocumented, such as `PostgresStore.migrate`. A member that the interface of a class
 * has, in any of `reports`, is documented there, and so is one of an interface that is extended.
 */
export function undocumented(report: string, reports: readonly string[]): readonly string[] {
  const all = reports.flatMap(declarations)
  const isInherited = (inherits: readonly string[], member: string): boolean =>
    all
      .filter(({ name }) => inherits.includes(name))
      .some((one) => one.members.some(({ name }) => name === member) || isInherited(one.inherits, member))
  return declarations(report)
    .filter(({ exported }) => exported)
    .flatMap(({ name, marked, inherits, members }) => [
      ...(marked ? [name] : []),
      ...members
        .filter((member) => member.marked && !isInherited(inherits, member.name))
        .map((member) => `${name}.${member.name}`),
    ])
}

interface Declaration {
  readonly name: string
  /** What is not exported is seen in an editor alone. */
  readonly exported: boolean
  readonly marked: boolean
  /** The types that it extends or implements. */
  readonly inherits: readonly string[]
  /** Index signatures are documented by the type around them: they are not among these. */
  readonly members: readonly { readonly name: string; readonly marked: boolean }[]
}

function declarations(report: string): readonly Declaration[] {
  const found: (Declaration & { readonly members: { name: string; marked: boolean }[] })[] = []
  let marked = false
  for (const line of report.split('\n')) {
    const [, exported, name] = DECLARATION.exec(line) ?? []
    const [, member] = MEMBER.exec(line) ?? []
    if (name !== undefined) {
      found.push({ name, exported: exported !== undefined, marked, inherits: heritage(line), members: [] })
    } else if (member !== undefined) {
      found.at(-1)?.members.push({ name: member, marked })
    }
    marked = line.includes('(undocumented)')
  }
  return found
}

const DECLARATION = /^(export )?(?:declare |abstract )*(?:class|const|function|interface|type) (\w+)/
const MEMBER = /^ {4}(?:(?:abstract|get|readonly|set|static) )*([\w$]+)[?(<:]/

/** `['EventStore', 'Closable']` of `class Store<T> implements EventStore<T>, Closable {`. */
function heritage(line: string): readonly string[] {
  const lists = withoutTypeArguments(line.replaceAll('=>', '')).matchAll(
    / (?:extends|implements) ([\w, ]+?)(?= implements | \{)/g,
  )
  return [...lists].flatMap(([, names = '']) => names.split(', '))
}

function withoutTypeArguments(text: string): string {
  const outer = text.replaceAll(/<[^<>]*>/g, '')
  return outer === text ? text : withoutTypeArguments(outer)
}
