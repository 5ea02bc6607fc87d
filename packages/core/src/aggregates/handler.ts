import { eventmillError } from '../errors.ts'
import { type NewEvent } from '../events/event.ts'

/** What a handler decides for one aggregate: an event, several, or `[]` for none. */
export type Decision<Event = NewEvent> = Event | readonly Event[]

/** The type of a handler's argument at `Index`; `None` where the handler takes none. */
type Argument<Handler, Index extends '1' | '2', None> = Handler extends (...args: infer Arguments) => unknown
  ? Index extends keyof Arguments
    ? Arguments[Index]
    : None
  : never

/** What a handler's command carries. */
export type DataOf<Handler> = Annotated<
  Argument<Handler, '1', undefined>,
  "annotate the handler's second parameter with the type of the command's data"
>

/** What a handler asks the dispatcher for; `unknown`, which anything is, where it asks for nothing. */
export type ContextOf<Handler> = Annotated<
  Argument<Handler, '2', unknown>,
  "annotate the handler's third parameter with the type of its context"
>

/** A parameter without a type is `never`: whoever then makes the command reads what is to be done. */
type Annotated<Type, Advice> = [Type] extends [never] ? Advice : Type

/** The context that serves any of these handlers: what arguments of functions are inferred together is met by all. */
export type ContextOfAny<Handlers> = {
  [Name in keyof Handlers]: (context: ContextOf<Handlers[Name]>) => void
}[keyof Handlers] extends (context: infer Context) => void
  ? Context
  : unknown

/** A decision as a list. Throws `DECISION_INVALID` where a handler returned anything else. */
export function decisionList(decision: unknown, type: string): readonly NewEvent[] {
  // Array.from turns the holes of a list into undefined, over which `every` would pass.
  const events: readonly unknown[] = Array.isArray(decision) ? Array.from(decision as unknown[]) : [decision]
  if (events.every(isEvent)) return events
  const message = `the handler of ${type} returned something else than events: return an event, a list, or []`
  throw eventmillError('DECISION_INVALID', message, { type })
}

/** What follows from a decision, at once or later as the decision itself. */
export function whenDecided<Value, Result>(
  decision: Value | PromiseLike<Value>,
  follow: (decision: Value) => Result,
): Result | PromiseLike<Result> {
  return isPromise(decision) ? decision.then(follow) : follow(decision)
}

/** Whether a handler will answer later. */
export function isPromise<Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function isEvent(value: unknown): value is NewEvent {
  return typeof value === 'object' && value !== null && 'source' in value && 'type' in value
}
