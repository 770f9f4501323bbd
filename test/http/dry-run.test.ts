import { describe, expect, test } from 'vitest'
import { eventId, type Json, openService, source, type TestService } from '../service.ts'
import { emergency, row } from './expected.ts'

const now = '2024-01-10T12:00:00.000Z'
const data = { type: 'curfew' }
const reason = 'Told'
const declare = '/v1/emergencies/e-1/declare'
const curfew = emergency({ status: 'in_force', title: 'e-1', type: 'curfew' })

const headOf = async (service: TestService): Promise<number> => (await service.get('/v1/events')).body.head

const dry = (service: TestService, path: string, body: object, headers?: Record<string, string>) =>
  service.post(`${path}?dryRun=true`, { source, ...body }, headers)

/** An event as a dry run shows it: what the log would add is not there. */
const shown = ({ id: _id, revision: _revision, position: _position, recordedAt: _at, ...rest }: Json) => rest

describe('a dry run', () => {
  test('shows the event and the rows before and after, and records nothing', async () => {
    await using service = await openService()
    const body = { when: '2024-01-08T00:00:00Z', crisis: 'c-1', data }
    const { status, headers, body: first } = await dry(service, declare, body, { 'idempotency-key': 'k-1' })
    expect(status).toBe(200)
    expect(headers['cache-control']).toBe('no-store')
    for (const name of ['location', 'etag', 'ledger-position']) expect(headers).not.toHaveProperty(name)
    expect(first).toStrictEqual({
      event: {
        type: 'EmergencyDeclared',
        schemaVersion: 1,
        kind: 'emergency',
        stream: 'emergency-e-1',
        recordedBy: 'desk',
        key: 'k-1',
        reality: 'actual',
        crisis: 'c-1',
        when: {
          text: '2024-01-08T00:00:00Z',
          zone: null,
          earliest: '2024-01-08T00:00:00.000Z',
          latest: '2024-01-08T00:00:00.000Z',
        },
        source,
        data,
      },
      before: null,
      after: row('emergency', 'e-1', { crisis: ['c-1'], state: curfew }),
      flags: [],
      problem: null,
    })
    expect(await headOf(service)).toBe(0)
    const recorded = await service.record(declare, body, { 'idempotency-key': 'k-1' })
    expect(shown(recorded.event)).toStrictEqual(first.event)
    expect(recorded.state).toStrictEqual(first.after)
  })

  test('of what is said about an event shows what it changes, and whom it flags', async () => {
    await using service = await openService()
    await service.record(declare, { when: '2024-01-08T00:00:00Z', data })
    await service.record('/v1/emergencies/e-1/lift', { when: '2024-01-09T00:00:00Z' })
    const path = `/v1/events/${eventId(1)}/retract`
    const { status, body } = await dry(service, path, { data: { reason } })
    const lifted = { ...curfew, status: 'lifted' }
    expect([status, body]).toStrictEqual([
      200,
      {
        event: {
          type: 'EntryRetracted',
          schemaVersion: 1,
          kind: 'emergency',
          stream: 'emergency-e-1',
          recordedBy: 'desk',
          reality: 'actual',
          source,
          data: { eventId: eventId(1), reason },
        },
        before: row('emergency', 'e-1', { revision: 1, state: lifted }),
        after: row('emergency', 'e-1', {
          revision: 2,
          flagged: true,
          state: { ...lifted, type: null },
        }),
        flags: [{ eventId: eventId(2), type: 'EmergencyLifted', status: null }],
        problem: null,
      },
    ])
    expect(await headOf(service)).toBe(2)
  })

  test('of what the lifecycle does not allow says so, and leaves the row as it is', async () => {
    await using service = await openService()
    await service.record(declare, { when: '2024-01-08T00:00:00Z', data })
    const { status, body } = await dry(service, declare, { data })
    expect(status).toBe(200)
    expect(body.problem).toMatchObject({
      status: 409,
      code: 'lifecycle_violation',
      allowed: ['announce', 'extend', 'amend', 'uphold', 'lift', 'supersede', 'annul'],
      decidedBy: [eventId(1)],
    })
    const before = row('emergency', 'e-1', { state: curfew })
    expect([body.before, body.after]).toStrictEqual([before, before])
    expect(body.event.type).toBe('EmergencyDeclared')
    expect(body.flags.map(({ type, status }: Json) => [type, status])).toStrictEqual([
      ['EmergencyDeclared', 'in_force'],
    ])
    const accepted = await dry(service, declare, { data, acceptAnomaly: 'Told twice' })
    expect(accepted.body.problem).toBeNull()
    expect(accepted.body.after.flagged).toBe(true)
    expect(await headOf(service)).toBe(1)
  })

  test('with a revision that is not the newest says what was missed', async () => {
    await using service = await openService()
    const { event } = await service.record(declare, { data })
    const { status, body } = await dry(service, '/v1/emergencies/e-1/lift', {}, { 'if-none-match': '*' })
    expect(status).toBe(200)
    expect(body.problem).toMatchObject({
      status: 412,
      code: 'revision_conflict',
      revision: 0,
      missed: [event],
    })
    expect(body.event.type).toBe('EmergencyLifted')
    expect(body.after).toStrictEqual(body.before)
    const seen = await dry(service, '/v1/emergencies/e-1/lift', {}, { 'if-match': '"0"' })
    expect([seen.body.problem, seen.body.after.state.status]).toStrictEqual([null, 'lifted'])
  })

  test('with a key that is taken shows the event that has it, or where it differs', async () => {
    await using service = await openService()
    const key = { 'idempotency-key': 'k-1' }
    const { event } = await service.record(declare, { data }, key)
    const same = await dry(service, declare, { data }, { ...key, 'if-none-match': '*' })
    const before = row('emergency', 'e-1', { state: curfew })
    expect([same.status, same.body]).toStrictEqual([
      200,
      { event: shown(event), before, after: before, flags: [], problem: null },
    ])
    const other = await dry(service, declare, { data, note: 'Other' }, key)
    expect([other.status, other.body.problem.status, other.body.problem.difference]).toStrictEqual([
      200,
      422,
      { pointer: '/note', was: null, is: 'Other' },
    ])
    expect(other.body.after).toStrictEqual(other.body.before)
    expect(await headOf(service)).toBe(1)
  })

  test('of an event that is too large says so', async () => {
    await using service = await openService()
    const body = { data, note: 'x'.repeat(300_000) }
    const { status, body: told } = await dry(service, declare, body)
    expect([status, told.problem.status, told.problem.code]).toStrictEqual([200, 413, 'too_large'])
    const recorded = await service.post(declare, { source, ...body })
    expect([recorded.status, recorded.body.code]).toStrictEqual([413, 'too_large'])
    expect(told.problem.detail).toBe(recorded.body.detail)
    expect(await headOf(service)).toBe(0)
  })

  test('of an unreadable body, command, event or address is refused as ever', async () => {
    await using service = await openService()
    const refused = async (path: string, body: object) => {
      const answer = await dry(service, path, body)
      return [answer.status, answer.body.errors?.[0].pointer]
    }
    expect(await refused(declare, { data: {} })).toStrictEqual([400, '/data/type'])
    expect(await refused(declare, { data, when: 'yesterday' })).toStrictEqual([400, '/when'])
    expect(await refused('/v1/emergencies/E/declare', { data })).toStrictEqual([400, '/id'])
    expect(await refused('/v1/emergencies/e-1/proclaim', { data })).toStrictEqual([404, undefined])
    expect(await refused(`/v1/events/${eventId(1)}/retract`, { data: { reason } })).toStrictEqual([
      404,
      undefined,
    ])
    for (const query of ['dryRun=yes', 'dryRun=', 'dryRun=true&dryRun=true', 'dryrun=true'])
      expect((await service.post(`${declare}?${query}`, { source, data })).status).toBe(400)
    expect((await service.post(`${declare}?dryRun=false`, { source, data })).status).toBe(201)
  })

  test('is of now', async () => {
    await using service = await openService()
    const { body } = await dry(service, declare, { data, zone: 'UTC' })
    expect(body.event.when).toStrictEqual({ text: null, zone: 'UTC', earliest: now, latest: now })
  })
})
