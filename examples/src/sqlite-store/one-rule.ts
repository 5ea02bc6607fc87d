import { rules, runRule } from '@eventmill/store-conformance'
import { store } from './sqlite-store.fixture.ts'

const rule = rules.find(({ id }) => id === 'commit/before-expectation')
if (rule !== undefined) console.log(rule.why, await runRule(rule, store))
