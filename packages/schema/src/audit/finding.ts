import { type AnyNamespace, type DomainEvent, type Position } from '@eventmill/core'
import { eventCodec, messageOf } from '@eventmill/core/adapter'
import { toDotPath } from 'zod/v4/core'

/** Why an event cannot be read. */
export type Obstruction =
  /** None of the namespaces has its source. */
  | { readonly kind: 'unknown namespace' }
  /** Its namespace has no such type. */
  | { readonly kind: 'unknown type' }
  /** It was written under a version that is newer than the newest. */
  | { readonly kind: 'unknown version' }
  /** Its payload fails: a step between versions, a codec, or validation. */
  | { readonly kind: 'unreadable'; readonly issue: AuditIssue }

/** The first thing that stands in the way of a payload. Never the payload, which may be about people. */
export interface AuditIssue {
  /** Where in the payload, such as `lines[0].cents`; empty for all of it. */
  readonly path: string
  /** What the schema says, or what was thrown, cut to 200 characters. */
  readonly message: string
}

/** Events of one type and version that cannot be read, all for the same kind of reason. */
export type AuditFinding = Obstruction & {
  readonly source: string
  readonly type: string
  readonly version: number
  readonly count: number
  /** The position of the first of them; an `issue` is that of this one. */
  readonly first: Position
}

/** How many events of each kind have no finding of their own; without the kinds that have none. */
export type OtherEvents = { readonly [Kind in Obstruction['kind']]?: number }

/** Tells what keeps an event from being read. */
export type Judge = (event: DomainEvent) => Obstruction | undefined

/** The judge by these namespaces. Throws `DEFINITION_INVALID` where two of them share a source. */
export function judgeBy(namespaces: readonly AnyNamespace[]): Judge {
  const codec = eventCodec(namespaces)
  const sources = new Set(namespaces.map(({ source }) => source))
  return (event) => {
    const definition = codec.definitionOf(event)
    if (definition === undefined) {
      return { kind: sources.has(event.source) ? 'unknown type' : 'unknown namespace' }
    }
    const { version, data } = event
    if (version > definition.version) return { kind: 'unknown version' }
    try {
      definition.decode(data, version)
      // Reading may trust what it reads: an audit does not.
      if (version === definition.version) definition.check?.(data, version)
      return undefined
    } catch (error) {
      return { kind: 'unreadable', issue: firstIssue(error) }
    }
  }
}

function firstIssue(error: unknown): AuditIssue {
  const issues: unknown = error instanceof Error && 'issues' in error ? error.issues : undefined
  // Others than zod may throw issues as well, of whatever form.
  const [issue] = (Array.isArray(issues) ? issues : []) as readonly {
    readonly path?: unknown
    readonly message?: unknown
  }[]
  const path = Array.isArray(issue?.path) ? toDotPath(issue.path as PropertyKey[]) : ''
  const message = typeof issue?.message === 'string' ? issue.message : messageOf(error)
  return { path, message: message.slice(0, MESSAGE_LENGTH) }
}

const MESSAGE_LENGTH = 200
