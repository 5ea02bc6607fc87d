/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  // 'import' among the conditions would break a CommonJS dependency of jest itself.
  testEnvironmentOptions: { customExportConditions: ['node', 'node-addons'] },
  testMatch: ['<rootDir>/{packages/*,examples}/test/**/*.test.ts'],
  // Copies of the packages may lie there, from `npm run mutation`.
  modulePathIgnorePatterns: ['<rootDir>/.test-results/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: 'tsconfig.check.json' }] },
  setupFilesAfterEnv: ['<rootDir>/jest.setup.ts'],
  coverageProvider: 'v8',
  // By default one core would be left idle.
  maxWorkers: '100%',
}
