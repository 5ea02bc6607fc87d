import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { extname, join, relative } from 'node:path'

/** A built site that is served on this machine alone. */
export interface ServedSite {
  /** Its home page, with a slash at the end. */
  readonly url: string
  readonly close: () => void
}

/** Serves a folder under a path such as `/eventmill/`, as a static host does. */
export async function serveSite(folder: string, base: string): Promise<ServedSite> {
  const server = createServer(({ url = '/' }, response) => {
    const path = requestedPath(url, base)
    if (path === undefined) {
      response.writeHead(404).end()
      return
    }
    readFile(join(folder, path)).then(
      (body) => response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'text/plain' }).end(body),
      () => response.writeHead(404).end(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}${base}`, close: () => server.close() }
}

/** The path of a file in the site's folder; `undefined` where a URL leads out of that, or is none. */
function requestedPath(url: string, base: string): string | undefined {
  try {
    const { pathname } = new URL(url, 'http://site')
    if (!pathname.startsWith(base)) return undefined
    const path = decodeURIComponent(pathname.slice(base.length)).replace(/(^|\/)$/, '$1index.html')
    return relative('.', path).startsWith('..') ? undefined : path
  } catch {
    return undefined
  }
}

const TYPES: { readonly [extension: string]: string } = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
}
