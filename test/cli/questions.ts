import { questions } from '../../projections/index.ts'
import type { Opened } from '../../src/main.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'
import { allKinds } from '../../src/vocabulary/index.ts'

/** An answer without positions, without what a restore adds to an event, and without a now that was not asked for. */
export const answer = async ({ app }: Opened, path: string): Promise<unknown> => {
  const response = await app.request(path)
  const left = new Set([
    'position',
    'fromPosition',
    'toPosition',
    'restored',
    ...(path.includes('asOf=') ? [] : ['asOf']),
  ])
  const text = (await response.text()).replaceAll(/position \d+/g, 'position …')
  return JSON.parse(text, (name, value: unknown) => (left.has(name) ? undefined : value))
}

/** Every list, entity and history there is, at coordinates all over both axes. */
export const everyQuestion = (events: readonly Event[]): string[] => {
  const asOfs = ['2013-06-01', '2024-01-07T03:00Z', '2024-01-09', '2024-03-08', '2025-12-01']
  const knownAts = ['2024-01-08', '2024-01-09', '2024-01-12T05:00Z', '2026-01-01']
  const coordinates = asOfs.flatMap((asOf) => knownAts.map((knownAt) => `asOf=${asOf}&knownAt=${knownAt}`))
  const lists = [...questions.keys()].map((name) => `projections/${name}`)
  const kinds = allKinds.map(({ plural }) => plural)
  const entities = [
    ...new Set(events.map(({ kind, stream }) => `${kind} ${stream.slice(kind.length + 1)}`)),
  ].map((name) => {
    const [kind, id] = name.split(' ')
    return `${allKinds.find((one) => one.name === kind)!.plural}/${id}`
  })
  return [
    ...coordinates.flatMap((at) => [
      ...lists.map((path) => `/v1/${path}?${at}`),
      ...kinds.map((plural) => `/v1/${plural}?${at}&status=any&limit=1000`),
      ...entities.map((path) => `/v1/${path}?${at}`),
    ]),
    ...knownAts.flatMap((knownAt) =>
      entities.map((path) => `/v1/${path}/history?knownAt=${knownAt}&limit=1000`),
    ),
    ...asOfs.flatMap((asOf) =>
      entities.map((path) => `/v1/${path}/history?axis=known&asOf=${asOf}&limit=1000`),
    ),
  ]
}

/** What the demo asks: the named questions for three days, as known then and today, and what stands beside them. */
export const demoQuestions = (): string[] =>
  ['2024-01-08', '2024-01-09', '2024-01-10'].flatMap((day) =>
    [`asOf=${day}&knownAt=${day}`, `asOf=${day}`].flatMap((at) => [
      ...[...questions.keys()].map((name) => `/v1/projections/${name}?${at}&zone=America/Guayaquil`),
      ...allKinds.map(({ plural }) => `/v1/${plural}?${at}&zone=America/Guayaquil`),
    ]),
  )
