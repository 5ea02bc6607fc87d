import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { AppendFaults } from './append-faults.ts'
import {
  BIND,
  ENCRYPTION,
  EXTENDED,
  framer,
  type Message,
  PARSE,
  QUERY,
  READY_FOR_QUERY,
  STARTUP,
  stringsOf,
  SYNC,
} from './protocol.ts'

/** A network between a client and a server, which fails when it is told to. */
export interface PostgresProxy {
  /** Where it listens, on 127.0.0.1. */
  readonly port: number
  /** What the next appends come to. All else passes. */
  readonly appends: AppendFaults
  /** Breaks all connections, and takes no more. What is held is never delivered. */
  close(): Promise<void>
}

/**
 * Passes on what clients and the server say to each other. It declines encryption, so that it knows an append when it
 * sees one.
 */
export async function startProxy(server: {
  readonly host: string
  readonly port: number
}): Promise<PostgresProxy> {
  const appends = new AppendFaults()
  const sockets = new Set<Socket>()
  const open = (socket: Socket) => {
    sockets.add(socket)
    // That connections break is no error here.
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    return socket
  }
  const listener = createServer({ noDelay: true }, (client) => {
    const { host, port } = server
    new Connection(open(client), open(connect({ host, port, noDelay: true })), appends).run()
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    appends,
    close: async () => {
      if (!listener.listening) return
      const closed = once(listener, 'close')
      listener.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** One connection of a client, and the one to the server that belongs to it. */
class Connection {
  readonly #client: Socket
  readonly #server: Socket
  readonly #appends: AppendFaults
  /** The texts of prepared statements: they are sent once, and later only named. */
  readonly #texts = new Map<string, string>()
  /** What the server still owes, the oldest first. */
  readonly #answers: Answer[] = []

  constructor(client: Socket, server: Socket, appends: AppendFaults) {
    this.#client = client
    this.#server = server
    this.#appends = appends
  }

  run(): void {
    void this.#listenToClient()
    void this.#listenToServer()
  }

  /** Reads on only when what it has read is dealt with: a client behind an append that is held up is not heard. */
  async #listenToClient(): Promise<void> {
    const messagesOf = framer('client')
    let group: Message[] = []
    try {
      for await (const chunk of this.#client as AsyncIterable<Buffer>) {
        for (const message of messagesOf(chunk)) {
          if (this.#client.destroyed) return
          if (message.type === ENCRYPTION) this.#client.write('N')
          else if (EXTENDED.has(message.type)) group.push(message)
          else if (message.type === QUERY) await this.#pass([message])
          else if (message.type === STARTUP) void this.#send([message])
          else this.#server.write(message.bytes)
          if (message.type !== SYNC) continue
          await this.#pass(group)
          group = []
        }
      }
    } catch {
      // The client is gone.
    } finally {
      // What has been sent still arrives.
      this.#server.end()
    }
  }

  async #listenToServer(): Promise<void> {
    const messagesOf = framer('server')
    try {
      for await (const chunk of this.#server as AsyncIterable<Buffer>) {
        this.#client.cork()
        for (const { type, bytes } of messagesOf(chunk)) {
          if (this.#answers[0]?.lost !== true) this.#client.write(bytes)
          if (type === READY_FOR_QUERY) this.#answers.shift()?.end()
        }
        this.#client.uncork()
      }
    } catch {
      // The server is gone.
    } finally {
      this.#client.end()
      for (const answer of this.#answers.splice(0)) answer.end()
    }
  }

  /** Sends what belongs together, unless it is an append that meets its fate. */
  async #pass(group: readonly Message[]): Promise<void> {
    const fate = this.#isAppend(group) ? this.#appends.next() : undefined
    switch (fate?.kind) {
      case undefined:
        void this.#send(group)
        return
      case 'cut before':
        this.#client.destroy()
        return
      case 'cut during':
        this.#client.destroy()
        // Without its Sync it is run, and rolled back once the server notices that nobody is there.
        void this.#send(fate.whole ? group : group.filter(({ type }) => type !== SYNC))
        return
      case 'cut after':
        await this.#send(group, { lost: true })
        this.#client.destroy()
        return
      case 'held up':
      case 'late':
        if (fate.kind === 'late') this.#client.destroy()
        await fate.stop()
        await this.#send(group)
        fate.done()
    }
  }

  #isAppend(group: readonly Message[]): boolean {
    let found = false
    for (const message of group) {
      if (message.type === PARSE) {
        const [name = '', text = ''] = stringsOf(message, 2)
        this.#texts.set(name, text)
      } else if (message.type === BIND) {
        const [, name = ''] = stringsOf(message, 2)
        found ||= isAppend(this.#texts.get(name))
      } else if (message.type === QUERY) {
        found ||= isAppend(stringsOf(message, 1)[0])
      }
    }
    return found
  }

  /** Resolves once the server has answered, or is gone. */
  async #send(group: readonly Message[], { lost = false } = {}): Promise<void> {
    if (this.#server.destroyed) return
    await new Promise<void>((end) => {
      this.#answers.push({ lost, end })
      this.#server.write(Buffer.concat(group.map(({ bytes }) => bytes)))
    })
  }
}

/** What a server says until it is ready for the next query. */
interface Answer {
  /** Whether it never gets to the client. */
  readonly lost: boolean
  end(): void
}

function isAppend(text: string | undefined): boolean {
  return text?.includes('.append(') === true
}
