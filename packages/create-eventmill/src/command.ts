#!/usr/bin/env node
import { argumentsOf, keptByNpm } from './arguments.ts'
import { ask } from './ask.ts'
import { BadInput } from './bad-input.ts'
import { DEFAULTS } from './choices.ts'
import { createProject } from './create-project.ts'
import { nextSteps } from './next-steps.ts'
import { refusal } from './refusal.ts'

const HELP = `Usage: npm create eventmill [folder] -- [options]

  --store <store>   where events are kept: memory (the default), postgres (a server, by DATABASE_URL),
                    or pglite (PostgreSQL within the process, in a folder)
  --zod, --no-zod   whether zod validates events (the default), or they have types alone
  --help            show this

Plain words do as well: npm create eventmill my-app postgres no-zod
In a terminal it asks for whatever you leave out. It writes into a folder that is empty or not there yet, and installs nothing.
`

try {
  const wanted = argumentsOf([...process.argv.slice(2), ...keptByNpm(process.env)])
  if (wanted.task === 'help') {
    process.stdout.write(HELP)
  } else {
    const { stdin, stdout } = process
    const asking = stdin.isTTY && stdout.isTTY
    const choices = asking ? await ask(wanted.said, stdin, stdout) : { ...DEFAULTS, ...wanted.said }
    if (choices === undefined) {
      stdout.write('Nothing was created.\n')
    } else {
      await createProject(choices)
      stdout.write(nextSteps(choices))
    }
  }
} catch (error) {
  if (!(error instanceof BadInput)) throw error
  process.stderr.write(refusal(error.message, process.env))
  process.exitCode = 2
}
