// Prints which rules find which mistakes: `node packages/store-conformance/test/mutant-table.ts`.
import { rules } from '@eventmill/store-conformance'
import { brokenRules } from './mutants/broken-rules.ts'
import { mutants } from './mutants/mutants.ts'

const finds = new Map(rules.map(({ id }) => [id, 0]))
let survivors = 0
for (const mutant of mutants) {
  const broken = await brokenRules(mutant)
  for (const id of broken) finds.set(id, (finds.get(id) ?? 0) + 1)
  if (broken.length === 0) survivors += 1
  console.log(`${mutant.name}\n    ${broken.join(', ') || 'SURVIVES'}`)
}

console.log('\nrule'.padEnd(34), 'mutants that it finds')
for (const [id, count] of finds) console.log(id.padEnd(33), count)
const idle = [...finds.values()].filter((count) => count === 0).length
console.log(`\n${mutants.length} mutants, ${survivors} survive; ${rules.length} rules, ${idle} find nothing`)
process.exitCode = survivors + idle === 0 ? 0 : 1
