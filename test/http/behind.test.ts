import { afterAll, beforeAll, expect, test } from 'vitest'
import { openService, source, type TestService } from '../service.ts'
import { sendRaw } from './wire.ts'

// What comes behind a command on the same connection. Whatever that is, the command has done what it asked for, and is answered.

const body = JSON.stringify({ source, when: '2024-01-08T00:00:00Z', data: { type: 'curfew' } })
const declare = (id: string) =>
  `POST /v1/emergencies/${id}/declare HTTP/1.1\r\nhost: localhost\r\n` +
  `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
const chunked = (line: string, type: string, chunks: string) =>
  `${line} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n${chunks}`

let service: TestService
let url: string
beforeAll(async () => {
  service = await openService()
  url = await service.listen()
})
afterAll(() => service[Symbol.asyncDispose]())

test.each<[string, string, number]>([
  ['what is none', 'garbage\r\n\r\n', 400],
  ['one for a tunnel', 'CONNECT elsewhere.example:443 HTTP/1.1\r\nhost: elsewhere.example\r\n\r\n', 400],
  [
    'one whose body cannot be read',
    chunked('POST /v1/emergencies/e-1/declare', 'application/json', 'zz\r\n'),
    400,
  ],
  [
    'one that is answered before its body, which cannot be read',
    chunked('GET /healthz', 'text/plain', 'zz\r\n'),
    200,
  ],
  [
    'one that is answered while its body comes, which cannot be read',
    chunked('POST /v1/import', 'application/x-ndjson', '3\r\n{}\n\r\nzz\r\n'),
    200,
  ],
])('three commands are answered before %s', async (behind, bytes, status) => {
  const ids = ['one', 'two', 'three'].map((id) => `${id}-before-${behind.replaceAll(/\W+/g, '-')}`)
  const answer = await sendRaw(url, ids.map(declare).join('') + bytes)
  const told = [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, each]) => Number(each))
  expect(told).toStrictEqual([201, 201, 201, status])
  for (const id of ids) expect(answer).toContain(`"emergency-${id}"`)
  expect(service.logged.filter(({ level }) => Number(level) > 30)).toStrictEqual([])
})

test('what comes with a request for another protocol is not read, and the connection ends after its answer', async () => {
  const upgrade = 'connection: upgrade\r\nupgrade: h2c\r\n\r\n'
  const answer = await sendRaw(
    url,
    `GET /healthz HTTP/1.1\r\nhost: localhost\r\n${upgrade}${declare('unread')}`,
  )
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toStrictEqual(['HTTP/1.1 200'])
  expect((await service.get('/v1/emergencies/unread')).status).toBe(404)
  expect(answer).toMatch(/^connection: close\r$/im)
})
