import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { Rate } from '../src/running/rate.ts'

describe('a rate', () => {
  jest.useFakeTimers({ now: 0 })
  afterEach(() => {
    jest.setSystemTime(0)
  })

  test('is right from the beginning', () => {
    const rate = new Rate()
    expect(rate.perSecond()).toBe(0)
    for (let tenth = 0; tenth < 20; tenth++) {
      jest.advanceTimersByTime(100)
      rate.add(5)
      expect(rate.perSecond()).toBeGreaterThan(45)
      expect(rate.perSecond()).toBeLessThan(60)
    }
  })

  test('follows what changes, and forgets what is long over', () => {
    const rate = new Rate()
    rate.add(1_000)
    jest.advanceTimersByTime(10_000)
    const after = rate.perSecond()
    jest.advanceTimersByTime(10_000)
    expect(rate.perSecond()).toBeLessThan(after / 2)
    jest.advanceTimersByTime(100_000)
    expect(rate.perSecond()).toBeLessThan(0.01)
  })
})
