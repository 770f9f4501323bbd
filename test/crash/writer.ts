import type { Event } from '../../src/vocabulary/envelope.ts'
import type { Random } from '../bench/random.ts'
import type { Book, Said } from './book.ts'

/** One who records at a service that may die at any moment. What the service does wrong is told as faults. */
export type Writer = {
  /** Sends a request by itself, with its key. Undefined: the service died before it answered. */
  post(said: Said): Promise<Answer | undefined>
  /** Sends requests as one file and gives the result of each line that was answered. */
  import(file: readonly Said[]): Promise<LineResult[]>
  /** Resolves when so many more have been acknowledged, or when something is wrong. */
  hasAcknowledged(count: number): Promise<void>
  faults: string[]
}

export type Answer = { receipt: { event: Event }; replayed: boolean }
export type LineResult = { line: number; result: string; eventId: string; position: number }

/** `isDead` tells whether the service was killed: from then on an answer may fail to come. */
export const createWriter = (url: string, book: Book, isDead: () => boolean): Writer => {
  const faults: string[] = []
  let acknowledgements = 0
  let waiter: { until: number; resolve: () => void } | undefined

  const acknowledged: Book['acknowledged'] = (said, by) => {
    book.acknowledged(said, by)
    acknowledgements++
    if (waiter && acknowledgements >= waiter.until) waiter.resolve()
  }

  const fault = (text: string): void => {
    faults.push(text)
    waiter?.resolve()
  }

  const unlessDead = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (!isDead()) fault(`no answer from a living service: ${String(error)}`)
      return undefined
    }
  }

  return {
    faults,
    hasAcknowledged: (count) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiter = { until: acknowledgements + count, resolve }
      if (count === 0 || faults.length > 0) resolve()
      return promise
    },
    post: (said) =>
      unlessDead(async () => {
        book.sending(said)
        const { path, body } = requestOf(said)
        const headers = { 'content-type': 'application/json', 'idempotency-key': said.key }
        const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
        const receipt = (await response.json()) as { event: Event }
        if (response.status !== 201) {
          fault(`${path}: ${response.status} ${JSON.stringify(receipt)}`)
          return undefined
        }
        acknowledged(said, receipt.event)
        return { receipt, replayed: response.headers.get('idempotency-replayed') === 'true' }
      }),
    async import(file) {
      const results: LineResult[] = []
      await unlessDead(async () => {
        for (const said of file) book.sending(said)
        const response = await fetch(`${url}/v1/import?results=all`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-ndjson' },
          body: file.map((said) => JSON.stringify(lineOf(said))).join('\n'),
        })
        for await (const line of linesOf(response.body!)) {
          const result = JSON.parse(line) as LineResult & { done?: true }
          if (result.done) break
          results.push(result)
          const said = file[result.line - 1]!
          if (result.result === 'refused') fault(`import: ${line}`)
          else acknowledged(said, { id: result.eventId, position: result.position })
        }
      })
      return results
    },
  }
}

/** The lines of a body that have come whole. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop()!
    yield* lines
  }
}

const source = { publisher: 'Ministry of the Interior', medium: 'official_statement' } as const
const measures = ['held', 'freed', 'killed', 'injured'] as const
/** Enough streams that most keep to a dozen events or so, as in life. */
const streams = 1500

/** A figure reported of one of many incidents, in a few bytes or in thousands: legal wherever it stands. */
export const figure = (random: Random, key: string): Said => {
  const id = `riot-${random.below(streams)}`
  return {
    kind: 'incident',
    stream: `incident-${id}`,
    type: 'IncidentFigureReported',
    source: { ...source },
    note: `${key} ${'ñ'.repeat(random.chance(0.05) ? random.below(4000) : random.below(60))}`,
    data: {
      measure: random.pick(measures),
      value: { min: null, best: random.below(1000), max: null, text: null },
    },
    key,
    when: { text: '2024-01-09', zone: 'America/Guayaquil' },
  }
}

/** One more source for an event. */
export const corroboration = (of: Event, key: string): Said => ({
  kind: of.kind,
  stream: of.stream,
  type: 'EntryCorroborated',
  source: { ...source, publisher: 'A newspaper' },
  note: key,
  data: { eventId: of.id },
  key,
})

const requestOf = ({ stream, kind, type, source, note, data, when }: Said) => {
  if (type === 'EntryCorroborated')
    return { path: `/v1/events/${String(data['eventId'])}/corroborate`, body: { source, note } }
  const id = stream.slice(kind.length + 1)
  return {
    path: `/v1/incidents/${id}/report-figure`,
    body: { when: when!.text, zone: when!.zone, source, note, data },
  }
}

const lineOf = (said: Said): object => {
  const { kind, stream, key, type } = said
  const { body } = requestOf(said)
  if (type === 'EntryCorroborated') return { command: 'corroborate', key, ...body, data: said.data }
  return { kind, id: stream.slice(kind.length + 1), command: 'report-figure', key, ...body }
}
