import { readdir, readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { type Alternative, ALTERNATIVES, chosenBy, isChosen } from './alternatives.ts'
import { type Choices } from './choices.ts'
import { manifestOf } from './manifest.ts'

/**
 * The files of a project, as text by path. They are those of the folder `template`, a project as well, where a file that
 * depends on a choice is there once for each: `store.memory.ts`, `store.postgres.ts`. The one that was chosen loses
 * that part of its name, also where it is imported. Lines for one alternative stand between `// tables` and `// /tables`.
 */
export async function projectFiles(name: string, choices: Choices): Promise<ReadonlyMap<string, string>> {
  const chosen = chosenBy(choices)
  const files = new Map<string, string>()
  for (const source of await templateFiles()) {
    const path = pathOf(source, chosen)
    if (path === undefined) continue
    const text = await readFile(join(TEMPLATE, source), 'utf8')
    files.set(
      path,
      path === 'package.json'
        ? manifestOf(text, name, chosen, await ownVersion())
        : textOf(text, name, chosen),
    )
  }
  return files
}

const TEMPLATE = join(import.meta.dirname, '../template')

/** In the repository, the template is a package with dependencies installed. */
async function templateFiles(): Promise<readonly string[]> {
  const entries = await readdir(TEMPLATE, { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(TEMPLATE.length + 1)
        .split(sep)
        .join('/'),
    )
    .filter((path) => !path.startsWith('node_modules/'))
    .sort()
}

const ANY = `(${ALTERNATIVES.join('|')})`
const ALTERNATIVE_FILE = new RegExp(String.raw`\.${ANY}(?=\.\w+$)`)
const ALTERNATIVE_IMPORT = new RegExp(String.raw`(?<= from '\.[^']*)\.${ANY}(?=\.ts'$)`, 'gm')
// A blank line after the first mark is left out with it, as is the one after the last.
const ALTERNATIVE_LINES = new RegExp(
  String.raw`^(?:<!-- |// )${ANY}(?: -->)?\n(\n?)(.*?)^(?:<!-- |// )/\1(?: -->)?\n\2`,
  'gms',
)

/** Where a file of the template goes to, if it was chosen. */
function pathOf(source: string, chosen: ReadonlySet<Alternative>): string | undefined {
  // npm publishes no file that has this name.
  if (source === 'gitignore') return '.gitignore'
  const alternative = ALTERNATIVE_FILE.exec(source)?.[1] as Alternative | undefined
  return isChosen(alternative, chosen) ? source.replace(ALTERNATIVE_FILE, '') : undefined
}

function textOf(template: string, name: string, chosen: ReadonlySet<Alternative>): string {
  return template
    .replaceAll('{{name}}', name)
    .replaceAll(ALTERNATIVE_IMPORT, '')
    .replaceAll(ALTERNATIVE_LINES, (_, alternative: Alternative, _blank, lines: string) =>
      isChosen(alternative, chosen) ? lines : '',
    )
}

async function ownVersion(): Promise<string> {
  const manifest = await readFile(join(import.meta.dirname, '../package.json'), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}
