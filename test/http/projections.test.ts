import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { readSettings } from '../../src/config.ts'
import { open, type Opened } from '../../src/main.ts'
import { testSettings } from '../engine.ts'

const logger = pino({ level: 'silent' })
const source = { publisher: 'Ministry', medium: 'official_statement' }

const folder = async () => {
  const path = mkdtempSync(join(tmpdir(), 'crisis-ledger-projections-'))
  const { env, close } = await testSettings(path)
  return {
    env,
    readModels: () => readdirSync(path).flatMap((name) => /readmodel-\d\.db$/.exec(name)?.[0] ?? []),
    [Symbol.asyncDispose]: async () => {
      await close()
      rmSync(path, { recursive: true, force: true })
    },
  }
}

const openAt = async ({ env }: { env: Record<string, string> }): Promise<Opened> =>
  open(readSettings(env), logger)

const get = async ({ app }: Opened, path: string): Promise<Record<string, unknown>> =>
  (await app.request(path)).json() as Promise<Record<string, unknown>>

const record = async ({ app }: Opened, path: string, body: object): Promise<Response> =>
  app.request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ source, ...body }),
  })

const declare = async (opened: Opened, id: string): Promise<Response> =>
  record(opened, `/v1/emergencies/${id}/declare`, { when: '2024-01-08T12:00:00Z', data: { type: 'curfew' } })

const rebuild = async ({ app }: Opened): Promise<Response> =>
  app.request('/v1/projections/rebuild', { method: 'POST' })

const live = async (opened: Opened): Promise<Record<string, unknown>> => {
  for (;;) {
    const now = await get(opened, '/v1/projections')
    if (now['status'] === 'live') return now
    await pause(20)
  }
}

const asked = '/v1/emergencies?status=any&asOf=2024-01-09'

describe('the projections', () => {
  test('say how far they are, and with what they are made', async () => {
    await using at = await folder()
    const opened = await openAt(at)
    await declare(opened, 'a-1')
    const said = await get(opened, '/v1/projections')
    expect(said).toStrictEqual({
      position: 1,
      head: 1,
      lagMs: 0,
      status: 'live',
      fingerprint: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      unknownTypes: {},
      lastError: null,
      ...(at.env['LEDGER_LOG']!.startsWith('esdb:') && {
        log: { isFollowing: true, isFilled: true, lastError: null },
      }),
    })
    await opened.close()
  })

  test('are made anew while it goes on, and answer the same', async () => {
    await using at = await folder()
    const opened = await openAt(at)
    for (let number = 1; number <= 20; number++) await declare(opened, `a-${number}`)
    const answer = await rebuild(opened)
    expect(answer.status).toBe(202)
    expect(await answer.json()).toMatchObject({ status: 'rebuilding', progress: { head: 20 } })
    // What is recorded meanwhile is in both.
    for (let number = 21; number <= 30; number++)
      expect((await declare(opened, `a-${number}`)).status).toBe(201)
    const before = await get(opened, asked)
    expect((before['rows'] as unknown[]).length).toBe(30)
    expect(await live(opened)).toMatchObject({ position: 30, head: 30, lastError: null })
    expect(at.readModels()).toStrictEqual(['readmodel-2.db'])
    expect(await get(opened, asked)).toStrictEqual({ ...before, knownAt: before['knownAt'] })
    expect((await declare(opened, 'a-31')).status).toBe(201)
    expect((await get(opened, asked))['rows']).toHaveLength(31)
    await opened.close()

    const again = await openAt(at)
    expect((await get(again, asked))['rows']).toHaveLength(31)
    await again.close()
  })

  test('are made anew twice, the second time in the place of the first', async () => {
    await using at = await folder()
    const opened = await openAt(at)
    await declare(opened, 'a-1')
    for (const left of ['readmodel-2.db', 'readmodel-1.db']) {
      await rebuild(opened)
      await live(opened)
      expect(at.readModels()).toStrictEqual([left])
    }
    expect((await get(opened, asked))['rows']).toHaveLength(1)
    await opened.close()
  })
})
