import { describe, expect, test } from 'vitest'
import { type Json, openService, type TestService } from '../service.ts'
import { deployment, emergency } from './expected.ts'

const type = 'curfew'
const now = '2024-01-10T12:00:00.000Z'
const ndjson = { accept: 'application/x-ndjson' }

/** A curfew of some time on the 8th, lifted on the 9th at noon; a unit ordered on the 7th, that arrived on the 9th. */
const recordCrisis = async ({ record }: TestService) => {
  await record('/v1/emergencies/e-1/declare', { when: '2024-01-08', zone: 'UTC', data: { type } })
  await record('/v1/emergencies/e-1/lift', { when: '2024-01-09T12:00:00Z' })
  await record('/v1/deployments/d-1/order', { when: '2024-01-07T00:00:00Z', data: { unit: 'Police' } })
  await record('/v1/deployments/d-1/arrive', { when: '2024-01-09T00:00:00Z' })
}

const inForce = emergency({ status: 'in_force', title: 'e-1', type })
const ordered = deployment({ status: 'ordered', title: 'Police', unit: { name: 'Police' } })
const e1 = { kind: 'emergency', id: 'e-1' }
const d1 = { kind: 'deployment', id: 'd-1' }

const perhaps = {
  ...e1,
  from: '2024-01-08T00:00:00.000Z',
  to: '2024-01-08T23:59:59.999Z',
  candidates: [null, inForce],
}
const surely = {
  ...e1,
  from: '2024-01-08T23:59:59.999Z',
  to: '2024-01-09T12:00:00.000Z',
  candidates: [inForce],
}
const lifted = {
  ...e1,
  from: '2024-01-09T12:00:00.000Z',
  to: null,
  candidates: [{ ...inForce, status: 'lifted' }],
}
const sent = {
  ...d1,
  from: '2024-01-07T00:00:00.000Z',
  to: '2024-01-09T00:00:00.000Z',
  candidates: [ordered],
}
const there = {
  ...d1,
  from: '2024-01-09T00:00:00.000Z',
  to: null,
  candidates: [{ ...ordered, status: 'on_site' }],
}
const at = { asOf: now, knownAt: now, zone: 'UTC', position: 4 }

describe('the versions', () => {
  test('are the active ones of every kind, in the order of kinds, ids and time', async () => {
    await using service = await openService()
    await recordCrisis(service)
    const { status, headers, body } = await service.get('/v1/versions')
    expect([status, headers['cache-control']]).toStrictEqual([200, 'no-store'])
    expect(body).toStrictEqual({ ...at, versions: [perhaps, surely, sent, there], next: null })
  })

  test('overlap the window that is asked for: a date is its first or its last millisecond', async () => {
    await using service = await openService()
    await recordCrisis(service)
    const found = async (query: string) =>
      (await service.get(`/v1/versions?status=any&${query}`)).body.versions
    expect(await found('from=2024-01-09')).toStrictEqual([surely, lifted, there])
    expect(await found('to=2024-01-07')).toStrictEqual([sent])
    expect(await found('to=2024-01-07&zone=America/Lima')).toStrictEqual([perhaps, sent])
    expect(await found('from=2024-01&to=2024-01-08')).toStrictEqual([perhaps, surely, sent])
    expect(await found('from=2024-01-08T23:59:59.998Z&to=2024-01-08T23:59:59.998Z')).toStrictEqual([
      perhaps,
      sent,
    ])
    expect(await found('from=2024-01-08T23:59:59.999Z&to=2024-01-08T23:59:59.999Z')).toStrictEqual([
      surely,
      sent,
    ])
    expect(await found('from=2024-01-09T12:00:00Z&to=2024-01-09T12:00:00Z')).toStrictEqual([lifted, there])
    expect(await found('to=2024-01-06')).toStrictEqual([])
  })

  test('are those of which a candidate satisfies the filter', async () => {
    await using service = await openService()
    await recordCrisis(service)
    const found = async (query: string) => (await service.get(`/v1/versions?${query}`)).body.versions
    expect(await found('kind=emergency&status=any')).toStrictEqual([perhaps, surely, lifted])
    expect(await found('kind=deployment,emergency&status=lifted,ordered')).toStrictEqual([lifted, sent])
    expect(await found('type=curfew&certainty=possible')).toStrictEqual([perhaps])
    expect(await found('kind=emergency&certainty=certain')).toStrictEqual([surely])
    expect(await found('q=police')).toStrictEqual([sent, there])
    expect(await found('reality=exercise')).toStrictEqual([])
  })

  test('are as they were known', async () => {
    await using service = await openService()
    await recordCrisis(service)
    const { body } = await service.get('/v1/versions?knownAt=1')
    expect(body).toStrictEqual({
      ...at,
      position: 1,
      versions: [perhaps, { ...surely, to: null }],
      next: null,
    })
  })

  test('have a beginning: one that was always so is left out', async () => {
    await using service = await openService()
    await service.record('/v1/actors/a-1/describe', {
      when: '../2024-01-01',
      zone: 'UTC',
      data: { type: 'person', name: 'A' },
    })
    const { body } = await service.get('/v1/versions')
    expect(body.versions.map(({ id, from }: Json) => [id, from])).toStrictEqual([
      ['a-1', '2024-01-01T23:59:59.999Z'],
    ])
  })

  test('come in pages that keep their coordinate, whatever is recorded meanwhile', async () => {
    await using service = await openService()
    await recordCrisis(service)
    const path = '/v1/versions?from=2024-01-01&status=any'
    const pages: Json[] = []
    for (let next: string | null = null; pages.length === 0 || next !== null;) {
      const { status, body } = await service.get(
        next === null ? `${path}&limit=2` : `/v1/versions?cursor=${next}&limit=2`,
      )
      expect(status).toBe(200)
      pages.push(body)
      next = body.next
      await service.record(`/v1/emergencies/e-0${pages.length}/declare`, { data: { type } })
    }
    expect(pages.map(({ versions }) => versions)).toStrictEqual([[perhaps, surely], [lifted, sent], [there]])
    for (const { position } of pages) expect(position).toBe(4)
  })

  test('are lines for whoever asks for lines, all of them if no limit is given', async () => {
    await using service = await openService()
    await recordCrisis(service)
    const all = await service.get('/v1/versions', ndjson)
    expect([all.status, all.headers['content-type'], all.headers['cache-control']]).toStrictEqual([
      200,
      'application/x-ndjson',
      'no-store',
    ])
    expect(all.body).toStrictEqual([perhaps, surely, sent, there])
    expect((await service.get('/v1/versions?limit=1', ndjson)).body).toStrictEqual([perhaps])
    const { next } = (await service.get('/v1/versions?limit=1')).body
    expect((await service.get(`/v1/versions?cursor=${next}`, ndjson)).body).toStrictEqual([
      surely,
      sent,
      there,
    ])
  })
})

describe('versions are refused', () => {
  test.each([
    ['asOf=2024-01-08', '/query/asOf', 'unknown field "asOf": remove it'],
    ['kinds=emergency', '/query/kinds', 'unknown field "kinds": remove it'],
    ['from=2024-01-09&to=2024-01-08', '/query/to', 'is before from: the window ends before it begins'],
    ['limit=1001', '/query/limit', 'must be from 1 to 1000'],
    ['kind=fugitive&type=curfew', '/query/type', 'this kind has no types'],
    ['cursor=xyz', '/query/cursor', 'is no cursor: take `next` of the page before, unchanged'],
  ])('for %s', async (query, pointer, detail) => {
    await using service = await openService()
    const { status, body } = await service.get(`/v1/versions?${query}`)
    expect([status, body.code, body.errors]).toStrictEqual([400, 'invalid', [{ pointer, detail }]])
  })

  test.each(['from', 'to', 'knownAt', 'kind'])('for a %s that is none', async (name) => {
    await using service = await openService()
    const { status, body } = await service.get(`/v1/versions?${name}=yesterday`)
    expect([status, body.errors.map(({ pointer }: Json) => pointer)]).toStrictEqual([400, [`/query/${name}`]])
  })
})
