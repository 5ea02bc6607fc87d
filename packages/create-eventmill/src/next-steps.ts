import { relative, resolve } from 'node:path'
import { type Choices, type Store } from './choices.ts'

/** What to type in a project that was just created. */
export function nextSteps({ folder, store, schema }: Choices): string {
  const path = relative('.', resolve(folder))
  const steps = [
    ...(path === '' ? [] : [`cd ${path.includes(' ') ? JSON.stringify(path) : path}`]),
    'npm install',
    ...(store === 'postgres' ? ['docker compose up --detach --wait   # or set DATABASE_URL'] : []),
    store === 'memory' ? 'npm start' : 'npm start   # goes on until Ctrl-C',
    'npm test',
  ]
  const events = schema === 'zod' ? ', validated by zod' : ''
  return `
The project is there. Its events are kept ${KEPT[store]}${events}. Now:

${steps.map((step) => `  ${step}\n`).join('')}${tooOld() ? `\n${tooOld()}\n` : ''}`
}

const KEPT: { readonly [store in Store]: string } = {
  memory: 'in memory',
  postgres: 'in PostgreSQL',
  pglite: 'in a folder, by PGlite',
}

/** The projects run TypeScript as it is. */
function tooOld(): string {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return ''
  return `It needs Node 22.18 or newer, and this is ${process.versions.node}: install a newer one first.`
}
