import { setTimeout as sleep } from 'node:timers/promises'
import { allKinds } from '../../src/vocabulary/index.ts'
import { serveParent } from './child.ts'
import { type Post, postsAfter } from './posts.ts'
import { createRandom } from './random.ts'

// Sends writes and questions to a service that was filled with as many generated events as the argument says, each so
// often a second, and tells how long each took from when it was due.

/** For so many seconds; or so many writes and nothing else, as fast as they go; or everything there is is asked for once. */
export type Mixed = { url: string } & ({ seconds: number } | { writes: number } | { all: true })

/** What is sent, and how often a second. */
const rates = { write: 100, list: 20, 'list, past': 20, entity: 50, picture: 2 } as const
/** Writes go one by one: what is about one thing must come in its order. */
const openAtMost = { write: 1, list: 16, 'list, past': 16, entity: 16, picture: 4 } as const
export type Sent = keyof typeof rates
export const kinds = Object.keys(rates) as Sent[]

/** The milliseconds of each, by what was sent. */
export type Window = Record<string, number[]>

const events = Number(process.argv[2])
const posts = postsAfter(events)
const random = createRandom(3)
const known: string[] = []

const post = (url: string): Promise<Response> => send(url, posts.next().value as Post)
const send = async (url: string, { path, key, body }: Post): Promise<Response> => {
  const headers = { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) }
  const response = await fetch(`${url}${path}`, { method: 'POST', headers, body })
  if (!path.startsWith('/v1/events/')) known[random.below(1000)] = path.slice(0, path.lastIndexOf('/'))
  return response
}

const plural = (): string => random.pick(allKinds).plural
const past = (): string => {
  const position = 1 + random.below(events)
  const date = `${2021 + random.below(3)}-0${1 + random.below(9)}-15`
  return `asOf=${date}&knownAt=${position}`
}

const sending: Readonly<Record<Sent, (url: string) => Promise<Response>>> = {
  write: post,
  list: (url) => fetch(`${url}/v1/${plural()}`),
  'list, past': (url) => fetch(`${url}/v1/${plural()}?${past()}`),
  entity: (url) => fetch(`${url}${random.pick(known.filter(Boolean)) ?? '/v1/picture?limit=1'}`),
  picture: (url) => fetch(`${url}/v1/picture`),
}

const textOf = async (what: string, response: Response): Promise<string> => {
  const text = await response.text()
  if (!response.ok) throw new Error(`${what}: ${response.status} ${text}`)
  return text
}

/** Sends as each comes due, at most so many at a time, and counts from when it was due. */
const keepSending = async (kind: Sent, url: string, until: number, times: number[]): Promise<void> => {
  const every = 1000 / rates[kind]
  const open = new Set<Promise<void>>()
  const one = async (due: number): Promise<void> => {
    await textOf(kind, await sending[kind](url))
    times.push(performance.now() - due)
  }
  for (let due = performance.now(); due < until && performance.now() < until; due += every) {
    await sleep(Math.max(0, due - performance.now()))
    if (open.size >= openAtMost[kind]) await Promise.race(open)
    const sent: Promise<void> = one(due).finally(() => open.delete(sent))
    open.add(sent)
  }
  await Promise.all(open)
}

const answerTo = async (url: string): Promise<string> => textOf(url, await fetch(url))

/** Asks for each entity there is. */
const askAll = async (url: string): Promise<void> => {
  for (const { plural } of allKinds) {
    const first = `${url}/v1/${plural}?status=any&limit=1000`
    for (let page = first; page !== '';) {
      const { rows, next } = JSON.parse(await answerTo(page)) as {
        rows: { id: string }[]
        next: string | null
      }
      for (const { id } of rows) await answerTo(`${url}/v1/${plural}/${id}`)
      page = next === null ? '' : `${first}&cursor=${encodeURIComponent(next)}`
    }
  }
}

/** So many writes are under way at once where they go as fast as they can. */
const together = 64

/** Those of a stream one after another. */
const writeFast = async (url: string, writes: number): Promise<void> => {
  for (let left = writes; left > 0; left -= together) {
    const next = Array.from({ length: Math.min(together, left) }, () => posts.next().value as Post)
    const streams = [...Map.groupBy(next, ({ stream }) => stream).values()]
    await Promise.all(
      streams.map(async (own) => {
        for (const one of own) await textOf(one.path, await send(url, one))
      }),
    )
  }
}

serveParent(async (asked: Mixed): Promise<Window> => {
  const { url } = asked
  if ('all' in asked) {
    await askAll(url)
    return {}
  }
  if ('writes' in asked) {
    await writeFast(url, asked.writes)
    return {}
  }
  const until = performance.now() + asked.seconds * 1000
  const window: Window = Object.fromEntries(kinds.map((kind) => [kind, []]))
  await Promise.all(kinds.map((kind) => keepSending(kind, url, until, window[kind]!)))
  return window
})
