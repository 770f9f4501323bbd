import { expect, test } from 'vitest'
import { openService, source } from '../service.ts'

test('every request is a line of the log, with its id, and nothing that was sent in it', async () => {
  await using service = await openService()
  const declare = '/v1/emergencies/e-1/declare'
  const body = { source, note: 'A secret note', data: { type: 'curfew' } }
  const answers = [
    await service.get('/healthz', { 'x-request-id': 'mine-1' }),
    await service.post(declare, body),
    await service.post(declare, body),
    await service.post(declare, '{'),
    await service.get('/v1/emergencies?q=secret'),
    await service.get('/nowhere'),
    await service.get('/v1/picture', { origin: 'https://elsewhere.example' }),
    await service.post('/v1/import', '', { 'content-type': 'application/x-ndjson' }),
  ]
  expect(service.logged).toHaveLength(answers.length)
  const lines = service.logged.map(({ level, requestId, method, path, status, msg }) => ({
    level,
    requestId,
    method,
    path,
    status,
    msg,
  }))
  const line = (index: number, method: string, path: string, status: number) => ({
    level: 30,
    requestId: answers[index]!.headers['x-request-id'],
    method,
    path,
    status,
    msg: 'request',
  })
  expect(lines).toStrictEqual([
    line(0, 'GET', '/healthz', 200),
    line(1, 'POST', declare, 201),
    line(2, 'POST', declare, 409),
    line(3, 'POST', declare, 400),
    line(4, 'GET', '/v1/emergencies', 200),
    line(5, 'GET', '/nowhere', 404),
    line(6, 'GET', '/v1/picture', 403),
    line(7, 'POST', '/v1/import', 200),
  ])
  expect(lines[0]!.requestId).toBe('mine-1')
  expect(new Set(lines.map(({ requestId }) => requestId)).size).toBe(answers.length)
  for (const logged of service.logged) expect(logged['milliseconds']).toBeGreaterThanOrEqual(0)
  expect(JSON.stringify(service.logged)).not.toContain('secret')
})
