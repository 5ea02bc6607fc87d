import { eventmillError } from '../errors.ts'
import { type NewEvent } from '../events/event.ts'

/** What a handler decides for one aggregate: an event, several, or `[]` for none. */
export type Decision<Event = NewEvent> = Event | readonly Event[]

/** The type of a handler's argument at `Index`; `undefined` where the handler takes none. */
type Argument<Handler, Index extends '1' | '2'> = Handler extends (...args: infer Arguments) => unknown
  ? Index extends keyof Arguments
    ? Arguments[Index]
    : undefined
  : never

/** What a handler's command carries. */
export type DataOf<Handler> = Annotated<
  Argument<Handler, '1'>,
  "annotate the handler's second parameter with the type of the command's data"
>

/** What a handler asks the dispatcher for. */
export type ContextOf<Handler> = Annotated<
  Argument<Handler, '2'>,
  "annotate the handler's third parameter with the type of its context"
>

/** A parameter without a type is `never`: whoever then makes the command reads what is to be done. */
type Annotated<Type, Advice> = [Type] extends [never] ? Advice : Type

/** The context that serves any of these handlers. */
export type ContextOfAny<Handlers> = Intersection<
  { [Name in keyof Handlers]: [ContextOf<Handlers[Name]>] }[keyof Handlers]
>

type Intersection<Tuples> = (Tuples extends [infer Context] ? (context: Context) => void : never) extends (
  context: infer All,
) => void
  ? All
  : undefined

/** A decision as a list. Throws `DECISION_INVALID` where a handler returned anything else. */
export function decisionList(decision: unknown, type: string): readonly NewEvent[] {
  const events: readonly unknown[] = Array.isArray(decision) ? decision : [decision]
  if (events.every(isEvent)) return events
  const message = `the handler of ${type} returned something else than events: return an event, a list, or []`
  throw eventmillError('DECISION_INVALID', message, { type })
}

/** Whether a handler, or a reader, will answer later. */
export function isPromise<Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function isEvent(value: unknown): value is NewEvent {
  return typeof value === 'object' && value !== null && 'source' in value && 'type' in value
}
