import { join } from 'node:path'
import { writeApiReference } from './api-reference.ts'
import { writePages } from './write-pages.ts'

// Lays out what VitePress makes a site of: the pages of the repository, and the API reference.

await writeApiReference(join(writePages(), 'api'))
