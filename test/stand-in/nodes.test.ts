import { afterEach, beforeEach, expect, test } from 'vitest'
import { example, line, place, serve } from '../cli/command.ts'
import { type StandIn, startStandIn } from './server.ts'

let standIn: StandIn
beforeEach(async () => {
  standIn = await startStandIn({ isShared: true })
})
afterEach(() => standIn.close())

const settings = () => ({ LEDGER_LOG: standIn.url, LEDGER_NAME: 'crisis-2024' })

const post = (url: string, path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

const { source, data } = line('actor', 'fito', 'describe', { type: 'person', name: 'Fito' }) as {
  source: object
  data: object
}

test('two services over one log answer alike, each from a replica of its own, and end when they are told to', async () => {
  const [one, two] = [await serve(place(), settings()), await serve(place(), settings())]
  const posted = await post(one.url, '/v1/actors/fito/describe', { source, data })
  expect(posted.status).toBe(201)
  const position = posted.headers.get('ledger-position')
  const rows = await Promise.all(
    [one, two].map(async ({ url }) => {
      const answer = await fetch(`${url}/v1/actors?minPosition=${position}`)
      return ((await answer.json()) as { rows: object[] }).rows
    }),
  )
  expect(rows[0]).toMatchObject([{ id: 'fito' }])
  expect(rows[1]).toStrictEqual(rows[0])
  expect(standIn.database.rows.map(({ stream }) => stream)).toContain('crisis-2024.actor-fito')
  expect([await one.stop(), await two.stop()]).toStrictEqual([0, 0])
  await expect.poll(() => standIn.open()).toBe(0)
})

test.each([
  ['at once', 0],
  ['a moment after it took it', 60],
])(
  'the same key at two services, of a server that shows an append %s, is one event and equal receipts',
  async (_, flushAfter) => {
    await standIn.close()
    standIn = await startStandIn({ isShared: true, flushAfter })
    const nodes = [await serve(place(), settings()), await serve(place(), settings())]
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(
        nodes.map(({ url }) =>
          post(url, `/v1/actors/a-${round}/describe`, { source, data }, { 'idempotency-key': 'k' }),
        ),
      )
      expect(answers.map(({ status }) => status)).toStrictEqual([201, 201])
      const [first, second] = await Promise.all(answers.map((answer) => answer.json()))
      expect(first).toStrictEqual(second)
    }
    const written = standIn.database.rows.filter(({ stream }) => stream.startsWith('crisis-2024.'))
    expect(written).toHaveLength(10)
  },
)

test('a service ends when it is told to although its log stands still', async () => {
  const { url, stop } = await serve(place(), settings())
  expect((await post(url, '/v1/actors/fito/describe', { source, data })).status).toBe(201)
  standIn.wire.freeze()
  expect((await fetch(`${url}/v1/actors/fito`)).status).toBe(200)
  expect(await stop()).toBe(0)
})

test('a service starts and answers from its replica while its log is away, and writes when that is back', async () => {
  const at = place()
  const first = await serve(at, settings())
  expect((await post(first.url, '/v1/actors/fito/describe', { source, data })).status).toBe(201)
  expect(await first.stop()).toBe(0)
  await standIn.kill()
  const { url, stop } = await serve(at, settings())
  expect((await fetch(`${url}/v1/actors/fito`)).status).toBe(200)
  const writing = post(url, '/v1/actors/colon/describe', { source, data })
  await standIn.start()
  expect((await writing).status).toBe(201)
  expect(await stop()).toBe(0)
})

test('a service that starts anew with a replica, and one without, answer the same', async () => {
  const at = place()
  const restored = await at.run(['restore', example], { env: settings() })
  expect(restored.code).toBe(0)
  const elsewhere = place()
  for (const question of [['ask', 'picture', '--as-of', '2024-01-10'], ['export']]) {
    const [kept, filled] = [
      await at.run(question, { env: settings() }),
      await elsewhere.run(question, { env: settings() }),
    ]
    expect(kept.code).toBe(0)
    expect(kept.stdout.length).toBeGreaterThan(100)
    expect(filled).toStrictEqual(kept)
  }
})
