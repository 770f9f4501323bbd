import { describe, expect, test } from 'vitest'
import { openService } from '../service.ts'

describe('the health of the service', () => {
  test('is told to whoever watches it', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', { data: { type: 'curfew' } })
    const health = await service.get('/healthz')
    expect([health.status, health.body]).toStrictEqual([200, { status: 'ok' }])
    const readiness = await service.get('/readyz')
    const ready = { status: 'ready', position: 1, lagMs: 0 }
    expect([readiness.status, readiness.body]).toStrictEqual([200, ready])
  })

  test('is not readiness: why it cannot answer yet is a reason to come again', async () => {
    await using service = await openService({ notReady: () => 'The answers are made anew: 5 of 10.' })
    expect((await service.get('/healthz')).status).toBe(200)
    const { status, headers, body } = await service.get('/readyz')
    expect([status, headers['retry-after'], body.code, body.detail]).toStrictEqual([
      503,
      '1',
      'unavailable',
      'The answers are made anew: 5 of 10.',
    ])
  })
})

describe('the front page', () => {
  test('leads only to what is there', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', { data: { type: 'curfew' } })
    const { status, headers, body } = await service.get('/')
    expect(status).toBe(200)
    expect(headers['content-type']).toMatch(/^text\/html/)
    const links = [...body.matchAll(/href="([^"]+)"/g)].map(([, link]) => link as string)
    expect(links).toContain('/v1/picture')
    expect(links).toContain('/v1/projections/active-emergencies')
    expect(links).toContain('/v1/emergencies?status=any')
    expect(links.length).toBeGreaterThan(15)
    const answers = await Promise.all(links.map(async (link) => [link, (await service.get(link)).status]))
    expect(answers).toStrictEqual(links.map((link) => [link, 200]))
  })

  test('says how far the ledger is', async () => {
    await using service = await openService()
    expect((await service.get('/')).body).toContain('Nothing is recorded yet.')
    await service.record('/v1/emergencies/e-1/declare', { data: { type: 'curfew' } })
    expect((await service.get('/')).body).toContain('The newest event is at position 1.')
  })
})

describe('every answer', () => {
  test.each([
    '/',
    '/healthz',
    '/v1/picture',
    '/v1/emergencies',
    '/v1/events',
    '/nowhere',
    '/v1/emergencies?x=1',
  ])('(%s) tells a browser to trust nothing else, and names its request', async (path) => {
    await using service = await openService()
    const { headers } = await service.get(path, { 'x-request-id': 'mine-1' })
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-request-id': 'mine-1',
    })
    expect(headers['content-security-policy']).toContain("default-src 'none'")
  })

  test('to HEAD has no body', async () => {
    await using service = await openService()
    const answer = await service.request('/v1/emergencies', { method: 'HEAD' })
    expect([answer.status, await answer.text()]).toStrictEqual([200, ''])
  })
})
