import { mkdir, rm, writeFile } from 'node:fs/promises'
import { type Documents } from './document.ts'

export const DOCS = new URL('../../../../docs/', import.meta.url)

/** Writes documents, and removes charts that are not among them. */
export async function writeDocuments(documents: Documents): Promise<void> {
  await rm(new URL('benchmarks/', DOCS), { recursive: true, force: true })
  await mkdir(new URL('benchmarks/', DOCS))
  for (const [path, text] of documents) await writeFile(new URL(path, DOCS), text)
}
