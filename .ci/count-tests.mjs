// Sums Jest's result files in a folder into the line `N passed, N failed, N skipped`. Fails where a test did, or none
// ran.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

const folder = process.argv[2] ?? '.test-results'

// A run that broke before its first test has left nothing.
const results = (existsSync(folder) ? readdirSync(folder) : [])
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')))
const sum = (count) => results.reduce((total, result) => total + count(result), 0)

const passed = sum((result) => result.numPassedTests)
const failed = sum((result) => result.numFailedTests)
const skipped = sum((result) => result.numPendingTests + result.numTodoTests)
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
