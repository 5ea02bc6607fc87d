// Prints which rules find which mistakes, as a table: `npm run mutants`. Ends with 1 where a mutant survives, where a rule
// finds none, and where others find it than are listed in found-by.ts.
import { rules } from '@eventmill/store-conformance'
import { brokenRules } from './mutants/broken-rules.ts'
import { foundBy, isSteady } from './mutants/found-by.ts'
import { mutants } from './mutants/mutants.ts'

const ids = rules.map(({ id }) => id)
const finds = new Map(ids.map((id) => [id, 0]))
let survivors = 0
let surprises = 0

ids.forEach((id, index) => {
  console.log(
    `${'\u00b7'.repeat(index)}${String(index % 10)}${'\u00b7'.repeat(ids.length - index - 1)}  ${id}`,
  )
})
console.log()
for (const { name, ...mutant } of mutants) {
  const broken = new Set(await brokenRules({ name, ...mutant }))
  for (const id of broken) finds.set(id, (finds.get(id) ?? 0) + 1)
  const listed = new Set(foundBy[name])
  const surprise = ids.filter((id) => isSteady(id) && broken.has(id) !== listed.has(id))
  if (broken.size === 0) survivors += 1
  if (surprise.length > 0) surprises += 1
  const row = ids.map((id) => (broken.has(id) ? '\u2716' : '\u00b7')).join('')
  const note =
    broken.size === 0 ? '  SURVIVES' : surprise.length > 0 ? `  UNLIKE ITS LIST: ${surprise.join(', ')}` : ''
  console.log(`${row}  ${name}${note}`)
}

const idle = ids.filter((id) => finds.get(id) === 0)
if (idle.length > 0) console.log(`\nrules that find nothing: ${idle.join(', ')}`)
const counts = [
  `${mutants.length} mutants, ${survivors} survive, ${surprises} are found by other rules than listed`,
  `${rules.length} rules, ${idle.length} find nothing`,
]
console.log(`\n${counts.join('; ')}`)
process.exit(survivors + surprises + idle.length === 0 ? 0 : 1)
