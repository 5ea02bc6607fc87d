import { Stryker } from '@stryker-mutator/core'

// `npm run mutation` tests the tests: it changes the source in one place at a time, and lists what no test noticed.
// After it comes a package (core), or a path or glob (packages/core/src/json.ts). Without either, every package is run.

/** What is changed in each package. The command of schema is left out: its tests start processes of their own. */
const sources: { readonly [name: string]: readonly string[] } = {
  core: ['packages/core/src/**/*.ts'],
  'store-memory': ['packages/store-memory/src/**/*.ts'],
  schema: ['packages/schema/src/**/*.ts', '!packages/schema/src/command{.ts,/**}'],
}

const wish = process.argv[2]
const chosen = Object.entries(sources).flatMap(([name, files]) => {
  if (wish === undefined || wish === name) return [{ name, files }]
  return wish.startsWith(`packages/${name}/`) ? [{ name, files: [wish] }] : []
})
if (chosen.length === 0) {
  throw new Error(`${wish} is none of ${Object.keys(sources).join(', ')}, nor a path in them`)
}
for (const { name, files } of chosen) await testTheTests(name, files)

/** Judges each change of `files` by the tests of their own package alone. */
async function testTheTests(name: string, files: readonly string[]): Promise<void> {
  const results = `.test-results/mutation/${name}`
  await new Stryker({
    mutate: [...files],
    plugins: ['@stryker-mutator/jest-runner'],
    testRunner: 'jest',
    testRunnerNodeArgs: ['--experimental-vm-modules'],
    jest: {
      // Nearly every test imports nearly every file: to look for those that do would gain nothing.
      enableFindRelatedTests: false,
      config: {
        testMatch: [`<rootDir>/packages/${name}/test/**/*.test.ts`],
        testPathIgnorePatterns: ['/schema/test/command.test.ts'],
        // Through node_modules the tests would find the packages as they are, without the change.
        moduleNameMapper: {
          '^@eventmill/([a-z-]+)$': '<rootDir>/packages/$1/src/index.ts',
          '^@eventmill/([a-z-]+)/([a-z-]+)$': '<rootDir>/packages/$1/src/$2.ts',
        },
      },
    },
    // Most texts are messages, whose wording is free; what else is text, the compiler checks.
    mutator: { excludedMutations: ['StringLiteral'] },
    // Each change is judged by the tests that reach it. What runs when a module is loaded would need all of them.
    coverageAnalysis: 'perTest',
    ignoreStatic: true,
    concurrency: 2,
    timeoutMS: 10_000,
    // Each run leaves its modules in memory.
    maxTestRunnerReuse: 50,
    // What was found is kept: the next run repeats only what a change of source or tests concerns.
    incremental: true,
    incrementalFile: `${results}.json`,
    reporters: ['clear-text', 'html'],
    htmlReporter: { fileName: `${results}.html` },
    clearTextReporter: { reportTests: false, logTests: false },
    tempDirName: '.test-results/stryker',
    ignorePatterns: ['dist', '.test-results', 'coverage'],
  }).runMutationTest()
}
