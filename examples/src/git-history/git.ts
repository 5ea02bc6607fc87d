import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { BadInput } from '../bad-input.ts'

/** What a git command writes, as it comes. Throws `BadInput`, in git's own words, where git fails. */
export async function* git(
  repository: string,
  args: readonly string[],
  input = '',
): AsyncGenerator<Buffer, void> {
  const child = spawn('git', ['-C', repository, ...args], { env: ENVIRONMENT })
  await once(child, 'spawn').catch((cause: unknown) => {
    throw new BadInput('git cannot be run: install it, or put it on the PATH', { cause })
  })
  const closed = once(child, 'close')
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  // A git that fails stops reading. Its exit code tells, not the broken pipe.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  try {
    yield* child.stdout as AsyncIterable<Buffer>
    await closed
    if (child.exitCode !== 0) throw new BadInput(`git in ${repository}: ${reason(complaints)}`)
  } finally {
    child.kill()
  }
}

/** The parts of what `git … -z` writes, each ended by a NUL. They are bytes, as paths are to git. */
export async function* splitAtNul(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([rest, chunk])
    let start = 0
    for (let end = bytes.indexOf(0); end !== -1; end = bytes.indexOf(0, start)) {
      yield bytes.subarray(start, end)
      start = end + 1
    }
    rest = bytes.subarray(start)
  }
}

const ENVIRONMENT = {
  ...process.env,
  LC_ALL: 'C',
  // Git sets these for its hooks, and they would win over the repository that is asked for.
  GIT_DIR: undefined,
  GIT_WORK_TREE: undefined,
  GIT_INDEX_FILE: undefined,
}

function reason(complaints: string): string {
  const [, fatal] = /^(?:fatal|error): (.*)/m.exec(complaints) ?? []
  return fatal ?? 'it ended before its time'
}
