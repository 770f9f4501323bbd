import { readdirSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { jsonLines, line, type Place, place, restoreExample, template } from './command.ts'

const exampleLedger = template(restoreExample)

/** An event as a text that may be spoilt. */
type Spoilable = { id: string; stream: string; data: Record<string, unknown>; [field: string]: unknown }

/** The events of a ledger, found sound, to be spoilt. */
const exported = async (at: Place): Promise<Spoilable[]> => jsonLines((await at.run(['export'])).stdout)

describe('verify', () => {
  test('finds nothing in a ledger, or in an export of it', async () => {
    const at = await exampleLedger()
    const log = await at.run(['verify'])
    expect([log.code, log.stdout]).toStrictEqual([0, '122 events in 44 streams: no findings\n'])
    const backup = await at.run(['export'])
    const file = await at.run(['verify', '-'], { input: backup.stdout })
    expect([file.code, file.stdout]).toStrictEqual([0, '122 events in 44 streams: no findings\n'])
  })

  test('finds everything that is wrong with an export, and where', async () => {
    const at = await exampleLedger()
    const events = await exported(at)
    const lines: unknown[] = [...events]
    const spoil = (index: number, change: object) => (lines[index] = { ...events[index], ...change })
    const missing = '00000000-0000-7000-8000-000000000000'
    const meta = events.findIndex(({ type }) => type === 'EntryDisputed')
    const second = events.findIndex(({ revision }) => revision === 1)
    const first = events.find(({ stream }) => stream === events[second]!.stream)!
    const withRefs = events.findIndex(({ refs }) => refs !== undefined)

    spoil(0, { when: { text: null, zone: null, earliest: null, latest: 'Monday' } })
    spoil(6, { id: events[1]!.id })
    spoil(4, { data: { ...events[4]!.data, colour: 'red' } })
    spoil(5, { recordedAt: '2024-01-01T00:00:00.000Z' })
    spoil(meta, { data: { ...events[meta]!.data, eventId: missing } })
    spoil(second, { reality: 'exercise', revision: 5, key: first['key'] })
    spoil(withRefs, { refs: { causedBy: [missing] } })
    lines.push('no event', '{"cut":"of', [], { type: 'ActorDescribed' })

    const { code, stdout } = await at.run(['verify', at.file('spoilt.ndjson', lines), '--json'])
    const findings = jsonLines<{ line: number; finding: string }>(stdout)
    const summary = findings.pop()
    const findingsAt = (index: number) =>
      findings.filter(({ line }) => line === index + 1).map(({ finding }) => finding)
    expect(findingsAt(0)).toStrictEqual(['/when/latest: must be an instant as the ledger writes it'])
    expect(findingsAt(6)).toStrictEqual(['id is taken by the event at 2'])
    expect(findingsAt(4)).toStrictEqual(['/data: Unrecognized key: "colour"'])
    expect(findingsAt(5)).toStrictEqual([
      expect.stringMatching(/^recordedAt 2024-01-01T00:00:00\.000Z goes back: .* was before$/),
    ])
    expect(findingsAt(meta)).toStrictEqual([`/data/eventId names ${missing}, which is not before it`])
    expect(findingsAt(second)).toStrictEqual([
      'revision 5 where 1 comes next',
      'reality "exercise" on a stream that is "actual"',
      `key ${JSON.stringify(first['key'])} is taken on this stream`,
    ])
    expect(findingsAt(withRefs)).toStrictEqual([`/refs/causedBy/0 names ${missing}, which does not exist`])
    expect([122, 123, 124].map(findingsAt)).toStrictEqual([['is no JSON'], ['is no JSON'], ['is no object']])
    expect(findingsAt(125)).toContain('/id: is required')
    expect(summary).toMatchObject({ done: true, events: 123, findings: findings.length })
    const places = findings.map(({ line }) => line)
    expect(places).toStrictEqual(places.toSorted((a, b) => a - b))
    expect(code).toBe(1)

    const told = await at.run(['verify', at.path('spoilt.ndjson')])
    expect(told.stdout).toMatch(/^line 7: \S+: id is taken by the event at 2 \(event [0-9a-f-]{36}\)$/m)
    expect(told.stdout).toMatch(new RegExp(`^123 events in \\d+ streams: ${findings.length} findings$`, 'm'))
  })

  test('finds what was changed in the file of a ledger by force, and so does whoever makes its answers anew', async () => {
    const at = await exampleLedger()
    const file = new DatabaseSync(at.path('ledger.db'))
    file.exec('DROP TRIGGER events_update; DROP TRIGGER events_delete')
    const change = file.prepare('UPDATE events SET text = replace(text, ?, ?) WHERE position = ?')
    change.run('"reality":"actual"', '"reality":"test"', 22)
    change.run('"Radio La Calle"', '"Radio \\u0001"', 4)
    change.run('{', '', 50)
    file.exec('DELETE FROM events WHERE position = 30')
    file.exec("UPDATE events SET recordedAt = '2020-01-01T00:00:00.000Z' WHERE position = 40")
    file.exec('UPDATE events SET stream = 9 WHERE position = 60')
    file.close()

    const { code, stdout } = await at.run(['verify'])
    expect(stdout).toMatch(/^position 4: emergency-ec-110-2024: \/source\/publisher: must not hold control/m)
    expect(stdout).toMatch(
      /^position 22: emergency-ec-110-2024: reality "test" on a stream that is "actual"/m,
    )
    expect(stdout).toMatch(/^position 50: is no JSON$/m)
    expect(stdout).toMatch(
      /^position 40: .*: recordedAt is "2020-01-01T00:00:00.000Z" in the table, and "2024-/m,
    )
    expect(stdout).toMatch(/^position 60: .*: stream is ".*" in the table, and ".*" in the event/m)
    expect(stdout).toMatch(/^12[01] events in \d+ streams: \d+ findings$/m)
    expect(code).toBe(1)
    for (const name of readdirSync(at.path('.')).filter((one) => one.includes('readmodel')))
      rmSync(at.path(name))
    const asked = await at.run(['ask', 'actors'])
    expect(asked.stderr).toMatch(/^crisis-ledger: .*crisis-ledger verify lists what is wrong with it\.$/m)
    expect([asked.code, asked.stderr.trimEnd().split('\n').length]).toStrictEqual([1, 1])
  })

  test('finds an event about one of another stream, or about a correction', async () => {
    const at = place()
    const person = { type: 'person', name: 'A' }
    await at.run([
      'import',
      at.file('lines.ndjson', [
        line('actor', 'a', 'describe', person, { key: 'k' }),
        line('actor', 'b', 'describe', person),
        { command: 'correct', data: { eventId: 'actor-a#k', note: 'n', reason: 'r' } },
        { command: 'rate', data: { eventId: 'actor-a#k', reliability: 'B', credibility: '2' } },
      ]),
    ])
    const events = await exported(at)
    const about = (index: number, target: number) => ({
      ...events[index],
      data: { ...events[index]!.data, eventId: events[target]!.id },
    })
    const bogus = { ...events[2], data: { ...events[2]!.data, data: { type: 'person', name: '' } } }
    const badly = await at.run(['verify', at.file('badly.ndjson', [events[0], events[1], bogus])])
    expect(badly.stdout).toMatch(/^line 3: actor-a: \/data\/data\/name: must not be empty/m)

    const spoilt = at.file('spoilt.ndjson', [events[0], events[1], about(2, 1), about(3, 2)])
    const { stdout } = await at.run(['verify', spoilt])
    expect(stdout).toMatch(/^line 3: actor-a: \/data\/eventId names an event of actor-b/m)
    expect(stdout).toMatch(
      /^line 4: actor-a: \/data\/eventId names an event about an event, which only a retraction may/m,
    )
    expect(stdout).toMatch(/^4 events in 2 streams: 2 findings$/m)
  })
})
