import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A network that passes everything on, until it swallows everything: connections stay, and nothing comes back. */
export interface BlackHole {
  /** Where it listens, on 127.0.0.1. */
  readonly port: number
  /** Whether it swallows what comes from now on. */
  swallows: boolean
  /** Breaks all connections. */
  close(): Promise<void>
}

export async function startBlackHole(server: {
  readonly host: string
  readonly port: number
}): Promise<BlackHole> {
  const sockets = new Set<Socket>()
  const open = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    return socket
  }
  const listener = createServer((near) => {
    const far = open(connect(server.port, server.host))
    const pass = (from: Socket, to: Socket) => {
      from.on('data', (chunk) => {
        if (!hole.swallows) to.write(chunk)
      })
      from.on('end', () => {
        if (!hole.swallows) to.end()
      })
    }
    pass(open(near), far)
    pass(far, near)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const hole: BlackHole = {
    port: (listener.address() as AddressInfo).port,
    swallows: false,
    close: async () => {
      const closed = once(listener, 'close')
      listener.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  return hole
}
