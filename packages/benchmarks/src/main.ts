import { BadWord } from './bad-word.ts'
import { benchmark } from './benchmark.ts'
import { parseWords, usage } from './parse-words.ts'
import { documentsOf } from './report/document.ts'
import { loadResults, saveResults } from './report/results.ts'
import { writeDocuments } from './report/write-documents.ts'

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

async function main(words: readonly string[]): Promise<void> {
  const wish = parseWords(words)
  if (wish.chosen.size === 0) {
    print(usage())
    return
  }
  const { failures } = await benchmark(wish, {
    print,
    progress,
    keep: async (results) => {
      if (wish.save) await saveResults(results)
    },
  })
  const kept = wish.save ? await loadResults() : undefined
  if (kept !== undefined) await writeDocuments(documentsOf(kept))
  // What stops the throwaway server lets a process end with 0 otherwise.
  if (failures.length > 0) process.exit(1)
}
