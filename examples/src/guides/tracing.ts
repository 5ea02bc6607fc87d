import { Core, type Middleware } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api'
import { Concert } from './concert.ts'

const tracer = trace.getTracer('concerts')

/** A span for each dispatch. Its events carry the `traceparent`, so that whoever handles them goes on with the trace. */
const traced: Middleware = (command, next, dispatch) =>
  tracer.startActiveSpan(`dispatch ${command.type}`, async (span) => {
    const metadata: { [field: string]: string } = {}
    propagation.inject(context.active(), metadata)
    try {
      const result = await next({ metadata })
      span.setAttribute('eventmill.events', dispatch.events.length)
      return result
    } catch (error) {
      if (!dispatch.rejected) span.setStatus({ code: SpanStatusCode.ERROR })
      throw error
    } finally {
      span.setAttribute('eventmill.attempts', dispatch.attempts)
      span.end()
    }
  })

const core = new Core(new InMemoryStore(), { middleware: [traced] })
await core.dispatchCommand(Concert.commands.Announce('jazz', { title: 'Jazz night', seats: 3 }))
