import { FAULTS } from './faults.ts'
import { soak } from './soak.ts'

const stopping = new AbortController()

const { minutes, seed, faults, unknown } = wordsOf(process.argv.slice(2))
if (unknown === undefined) {
  endInOrder()
  console.log(`seed=${seed}, for ${minutes} minutes, with ${faults.join(', ')}`)
  const findings = await soak({ minutes, seed, faults, print: console.log, signal: stopping.signal })
  console.log(
    findings === 0
      ? 'nothing was found'
      : `${findings} findings: npm run soak minutes=${minutes} seed=${seed} ${faults.join(' ')}`,
  )
  // Left to itself, the process would end with 0: what stops servers at its end says so.
  process.exit(findings === 0 ? 0 : 1)
} else {
  console.error(
    `there is no ${unknown}: say minutes=10, seed=1, and faults of ${Object.keys(FAULTS).join(', ')}; by default all`,
  )
  process.exitCode = 1
}

function wordsOf(words: readonly string[]) {
  const numberOf = (name: string) => {
    const word = words.find((each) => each.startsWith(`${name}=`))
    return word === undefined ? undefined : Number(word.slice(name.length + 1))
  }
  const isNumber = (word: string) => /^(minutes|seed)=\d+(\.\d+)?$/.test(word)
  const named = words.filter((word) => word in FAULTS)
  return {
    minutes: numberOf('minutes') ?? 10,
    seed: numberOf('seed') ?? Math.floor(Math.random() * 1_000_000),
    faults: named.length === 0 ? Object.keys(FAULTS) : named,
    unknown: words.find((word) => !isNumber(word) && !(word in FAULTS)),
  }
}

/** Ctrl-C ends the soak in order, and a second one at once. Otherwise the server would be taken from it. */
function endInOrder(): void {
  process.removeAllListeners('SIGINT')
  process.once('SIGINT', () => {
    console.log('ends, when all outcomes are known')
    stopping.abort()
    process.once('SIGINT', () => process.exit(130))
  })
}
