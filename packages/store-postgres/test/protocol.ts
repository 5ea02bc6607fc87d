/** A message of PostgreSQL's frontend/backend protocol, version 3. */
export interface Message {
  /** The letter that a message begins with, or what stands for it in those that begin a connection. */
  readonly type: string
  readonly bytes: Buffer
}

/** The client asks whether it may encrypt, and waits for one letter. */
export const ENCRYPTION = 'encryption'
/** The client says who it is, or which query to cancel. */
export const STARTUP = 'startup'
/**
 * Messages of the extended protocol, which take effect together, at the Sync that ends them. A client that waits for an
 * answer before its Sync, as a Flush (H) can ask for, is not foreseen.
 */
export const EXTENDED: ReadonlySet<string> = new Set(['P', 'B', 'D', 'E', 'C', 'H', 'S'])
export const PARSE = 'P'
export const BIND = 'B'
export const SYNC = 'S'
export const QUERY = 'Q'
export const READY_FOR_QUERY = 'Z'

/**
 * Cuts what arrives in pieces of any size into messages: each is a letter and the length of the rest. Those by which a
 * client begins have no letter.
 */
export function framer(side: 'client' | 'server'): (chunk: Buffer) => readonly Message[] {
  let beginning = side === 'client'
  let chunks: Buffer[] = []
  let length = 0
  let needed = 0
  return (chunk) => {
    chunks.push(chunk)
    length += chunk.length
    // A message of many chunks is put together once.
    if (length < needed) return []
    const messages: Message[] = []
    let rest = Buffer.concat(chunks)
    for (;;) {
      const letter = beginning ? 0 : 1
      needed = rest.length < letter + 4 ? letter + 4 : letter + rest.readInt32BE(letter)
      if (rest.length < needed) break
      const bytes = rest.subarray(0, needed)
      rest = rest.subarray(needed)
      const type = beginning ? beginningType(bytes) : String.fromCharCode(bytes.readUInt8())
      if (type === STARTUP) beginning = false
      messages.push({ type, bytes })
    }
    chunks = [rest]
    length = rest.length
    return messages
  }
}

/** The strings of a message from its first byte after the length on, each of which a zero ends. */
export function stringsOf({ bytes }: Message, count: number): readonly string[] {
  let start = 5
  return Array.from({ length: count }, () => {
    const end = bytes.indexOf(0, start)
    const text = bytes.toString('utf8', start, end)
    start = end + 1
    return text
  })
}

function beginningType(bytes: Buffer): string {
  const code = bytes.readInt32BE(4)
  return code === SSL_REQUEST || code === GSSENC_REQUEST ? ENCRYPTION : STARTUP
}

const SSL_REQUEST = 80_877_103
const GSSENC_REQUEST = 80_877_104
