import { expect, test } from '@jest/globals'
import { argumentsOf, keptByNpm } from '../src/arguments.ts'
import { BadInput } from '../src/bad-input.ts'

test.each([
  ['', {}],
  ['my-app', { folder: 'my-app' }],
  ['my-app --store postgres --no-zod', { folder: 'my-app', store: 'postgres', schema: 'plain' }],
  ['--zod --store=pglite ../my-app', { folder: '../my-app', store: 'pglite', schema: 'zod' }],
  // Where npm keeps the flags to itself, their values arrive alone.
  ['my-app postgres no-zod', { folder: 'my-app', store: 'postgres', schema: 'plain' }],
  ['pglite zod', { store: 'pglite', schema: 'zod' }],
  ['my-app postgres --store postgres', { folder: 'my-app', store: 'postgres' }],
  ['my-app --zod=false', { folder: 'my-app', schema: 'plain' }],
  ['my-app --zod=true', { folder: 'my-app', schema: 'zod' }],
  // Whoever wants a folder of that name says so.
  ['./postgres', { folder: './postgres' }],
])('"%s" says so much and no more', (words, said) => {
  expect(argumentsOf(words.split(' ').filter(Boolean))).toEqual({ task: 'create', said })
})

test.each<[NodeJS.ProcessEnv, readonly string[]]>([
  [{}, []],
  [{ npm_config_store: 'postgres', npm_config_zod: '' }, ['--store', 'postgres', '--zod=false']],
  [{ npm_config_store: 'true', npm_config_zod: 'true' }, ['--zod=true']],
  [{ npm_config_zod: 'maybe' }, ['--zod=maybe']],
])('of what npm kept to itself, as %j, the flags are made again', (variables, flags) => {
  expect(keptByNpm(variables)).toEqual(flags)
})

test('a folder may be called like something that every object has', () => {
  expect(argumentsOf(['constructor'])).toEqual({ task: 'create', said: { folder: 'constructor' } })
})

test.each(['--help', '-h', 'my-app --help'])('"%s" asks for help', (words) => {
  expect(argumentsOf(words.split(' '))).toEqual({ task: 'help' })
})

test.each([
  ['my-app --foo', "Unknown option '--foo': see --help"],
  ['my-app --zod=maybe', "Option '--zod' does not take an argument: see --help"],
  ['my-app --store', "Option '--store <value>' argument missing: see --help"],
  ['my-app --store sqlite', 'there is no store "sqlite": choose one of memory, postgres, pglite'],
  ['my-app postgres memory', 'one store can be chosen, not postgres and memory'],
  ['my-app --store postgres --store memory', 'one store can be chosen, not postgres and memory'],
  ['my-app zod --no-zod', 'one way to describe events can be chosen, not no-zod and zod'],
  ['my-app --no-zod --zod', 'one way to describe events can be chosen, not no-zod and zod'],
  [
    'my-app mysql',
    'one folder can be created, not my-app and mysql: the other words are memory, postgres, pglite, zod, no-zod',
  ],
])('"%s" is refused in one line', (words, message) => {
  expect(() => argumentsOf(words.split(' '))).toThrow(new BadInput(message))
})
