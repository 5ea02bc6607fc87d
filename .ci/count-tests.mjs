// Sums Jest's result files in a folder into the line `N passed, N failed, N skipped`. Fails where a test did, or a suite
// that could not be run, or where one of the files is missing: each of these counts as a failure.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

const folder = process.argv[2] ?? '.test-results'

// A run that broke before its first test has left nothing.
const files = ['npm-test.json', 'matrix.json'].map((file) => join(folder, file)).filter(existsSync)
const missing = 2 - files.length
const results = files.map((file) => JSON.parse(readFileSync(file, 'utf8')))
const sum = (count) => results.reduce((total, result) => total + count(result), 0)

const passed = sum((result) => result.numPassedTests)
const failed = missing + sum((result) => result.numFailedTests + result.numRuntimeErrorTestSuites)
const skipped = sum((result) => result.numPendingTests + result.numTodoTests)
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
