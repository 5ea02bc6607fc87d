import { afterEach, beforeEach, expect, jest } from '@jest/globals'

// Whatever a test prints is either forgotten debugging or an unheard warning: both fail it.
const printed: string[] = []

beforeEach(() => {
  printed.length = 0
  for (const level of ['debug', 'error', 'info', 'log', 'warn'] as const) {
    jest.spyOn(console, level).mockImplementation((...values: unknown[]) => {
      printed.push(`console.${level}: ${values.map(String).join(' ')}`)
    })
  }
})

afterEach(() => {
  expect(printed).toEqual([])
})
