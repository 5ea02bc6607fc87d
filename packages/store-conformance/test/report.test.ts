import { describe, expect, test } from '@jest/globals'
import { type Rule, type Verdict } from '@eventmill/store-conformance'
import { messageOf } from '../src/report/message-of.ts'
import {
  conclusionOf,
  reportedRule,
  reportMarkdown,
  reportOf,
  reportRowEnd,
  reportRowStart,
  reportSummary,
} from '../src/report/report.ts'

function rule(id: string, level: Rule['level'] = 'must'): Rule {
  return { id, level, title: `${id} holds`, why: '', needs: [], run: () => Promise.resolve() }
}

const passed: Verdict = { rule: rule('log/head'), verdict: 'passed', milliseconds: 1.6 }
const failed: Verdict = {
  rule: rule('log/order'),
  verdict: 'failed',
  milliseconds: 20,
  error: new Error('expected 1 | 2,\n  found 3'),
}
const skipped: Verdict = {
  rule: rule('store/raw'),
  verdict: 'skipped',
  reason: 'rawEvents is declined: none',
}
const warned: Verdict = { ...failed, rule: rule('read/pages', 'should') }

function report(...verdicts: Verdict[]) {
  return reportOf('Mine', verdicts, { complete: true, date: new Date(0) })
}

describe('a report', () => {
  test('counts the verdicts, and keeps each with its time and its reason or error', () => {
    expect(report(passed, failed, skipped)).toEqual({
      store: 'Mine',
      date: '1970-01-01T00:00:00.000Z',
      complete: true,
      milliseconds: 21.6,
      passed: 1,
      failed: 1,
      skipped: 1,
      rules: [
        { id: 'log/head', level: 'must', title: 'log/head holds', verdict: 'passed', milliseconds: 1.6 },
        {
          id: 'log/order',
          level: 'must',
          title: 'log/order holds',
          verdict: 'failed',
          milliseconds: 20,
          error: 'expected 1 | 2,\n  found 3',
        },
        {
          id: 'store/raw',
          level: 'must',
          title: 'store/raw holds',
          verdict: 'skipped',
          milliseconds: 0,
          reason: 'rawEvents is declined: none',
        },
      ],
    })
  })

  test('is of a conforming store unless a rule failed that must be kept', () => {
    expect(conclusionOf(report(passed, skipped, warned))).toBe('conforms')
    expect(conclusionOf(report(passed, failed))).toBe('does not conform')
  })

  test('says no more than what was tried', () => {
    expect(conclusionOf({ ...report(passed), complete: false })).toBe('obeys these rules')
    expect(conclusionOf(report(skipped))).toBe('was not tried')
  })

  test('is summed up in one line', () => {
    expect(reportSummary(report(passed, passed, failed, skipped))).toBe('2 passed, 1 failed, 1 skipped')
  })

  test('as a page is a table whose cells hold no line break and no bar of their own', () => {
    expect(reportMarkdown(report(passed, failed))).toBe(
      [
        '# Mine: does not conform',
        '',
        '1 passed, 1 failed, 0 skipped (1970-01-01T00:00:00.000Z)',
        '',
        '| rule | what a conforming store does | level | verdict | time | note |',
        '| --- | --- | --- | --- | ---: | --- |',
        '| `log/head` | log/head holds | must | passed | 2 ms |  |',
        String.raw`| ${'`log/order`'} | log/order holds | must | failed | 20 ms | expected 1 \| 2, found 3 |`,
        '',
      ].join('\n'),
    )
  })
})

describe('a line of the table', () => {
  test.each<[string, Verdict, string]>([
    ['a rule that passed', passed, 'log/head                         passed        2 ms'],
    [
      'a failure in one line',
      failed,
      'log/order                        failed       20 ms  expected 1 | 2, found 3',
    ],
    [
      'a failed should as a warning',
      warned,
      'read/pages                       warning      20 ms  expected 1 | 2, found 3',
    ],
    [
      'why a rule was skipped',
      skipped,
      'store/raw                        skipped             rawEvents is declined: none',
    ],
  ])('shows %s', (_, verdict, line) => {
    expect(reportRowStart(verdict.rule) + reportRowEnd(reportedRule(verdict))).toBe(line)
  })
})

describe('the message of an error is never empty', () => {
  test.each<[string, unknown, string]>([
    ['that has one', new Error('lost'), 'lost'],
    ['that has none', new TypeError(), 'TypeError'],
    ['of several without one', new AggregateError([new Error('a'), new Error('b')]), 'a; b'],
    ['that is a string', 'lost', 'lost'],
    ['that is an object', { code: 7 }, 'thrown: {"code":7}'],
    ['that is nothing', undefined, 'thrown: undefined'],
  ])('for one %s', (_, error, message) => {
    expect(messageOf(error)).toBe(message)
  })
})
