import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { apiReports } from './api-report.ts'
import { workspace } from './workspace.ts'

// Writes down what may be imported from each package: `npm run api`. What changes in the reports changes for users.

const folder = mkdtempSync(join(tmpdir(), 'eventmill-api-'))
try {
  const reports = apiReports(folder)
  // A report whose entry point is gone goes with it.
  for (const reported of new Set(reports.map(({ path }) => dirname(path)))) {
    rmSync(reported, { recursive: true, force: true })
    mkdirSync(reported)
  }
  for (const { path, text, complaints } of reports) {
    writeFileSync(path, text)
    console.log(relative(workspace, path))
    for (const complaint of complaints) console.error(`  ${complaint}`)
    if (complaints.length > 0) process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true })
}
