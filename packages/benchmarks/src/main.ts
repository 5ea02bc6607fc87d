import { memory } from './memory/memory.ts'
import { BadWord } from './bad-word.ts'
import { postgres } from './postgres/postgres.ts'

const print = (line: string) => {
  console.log(line)
}

/** One line that the next replaces, for whoever watches. */
const progress = (text: string) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof BadWord)) throw error
  console.error(error.message)
  process.exitCode = 1
}

async function main([suite = 'memory', ...words]: readonly string[]): Promise<void> {
  if (suite === 'postgres') await postgres(words, { print, progress })
  else if (suite === 'memory' && words.length === 0) await memory(print)
  else throw new BadWord(`there is no benchmark ${[suite, ...words].join(' ')}: say memory, or postgres`)
}
