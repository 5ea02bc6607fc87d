import { afterAll } from '@jest/globals'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** An empty folder that is removed after the last test of the file. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'eventmill-')))
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}
