import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { projections } from '../../projections/index.ts'
import { readSettings } from '../../src/config.ts'
import { openEvents } from '../../src/log/events.ts'
import { open, type Opened } from '../../src/main.ts'
import { openReadModelFile } from '../../src/readmodel/file.ts'
import { stateFileOf } from '../../src/readmodel/files.ts'
import { step } from '../../src/readmodel/state-file.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'
import { generated } from '../bench/generator.ts'

/** A folder for whoever removes it. */
export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'crisis-ledger-readmodel-'))

/** A folder that is gone when the test has finished. */
export const folder = (): string => {
  const path = newFolder()
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Opens the ledger in a folder, for whoever closes it. */
export const openAt = (path: string, log = join(path, 'ledger.db')): Promise<Opened> =>
  open(readSettings({ LEDGER_LOG: `sqlite:${log}` }), pino({ level: 'silent' }))

/** Opens the ledger in a folder; it is closed when the test has finished. */
export const openIn = async (path: string): Promise<Opened> => {
  const opened = await openAt(path)
  let closed: Promise<void> | undefined
  const close = () => (closed ??= opened.close())
  onTestFinished(close)
  return { ...opened, close }
}

/** Records so many lines of a long crisis. */
export const fill = async ({ app }: Opened, count: number, seed = 1): Promise<void> => {
  const lines = [...generated(count, seed)].map(({ recordedAt: _recordedAt, ...line }) =>
    JSON.stringify(line),
  )
  const response = await app.request('/v1/import', {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.join('\n'),
  })
  const summary = JSON.parse((await response.text()).trimEnd().split('\n').at(-1)!) as { recorded: number }
  if (summary.recorded !== count) throw new Error(`Recorded were ${summary.recorded} of ${count}.`)
}

/** A copy of the files of a ledger, in a folder of its own. */
export const copied = (from: string): string => {
  const to = folder()
  for (const name of readdirSync(from))
    if (/^ledger\.(db|readmodel-\d\.(db|states))(-wal)?$/.test(name))
      copyFileSync(join(from, name), join(to, name))
  return to
}

/** The position up to which a file has a read model, of whatever fingerprint. */
export const savedIn = (path: string): number => {
  if (!existsSync(path)) return 0
  const file = openReadModelFile(path)
  const position = file.checkpoint()?.position ?? 0
  void file.close()
  return position
}

/** The file of the read model in a folder. */
export const fileIn = (path: string): string => {
  const found = [1, 2]
    .map((number) => join(path, `ledger.readmodel-${number}.db`))
    .find((one) => existsSync(one))
  if (found === undefined) throw new Error(`There is no read model in ${path}.`)
  return found
}

/** Changes the bytes of each text of a state in a read model's file, without those beside them. */
export const changeStates = (file: string, change: (text: Buffer, place: number) => void): void => {
  const path = stateFileOf(file)
  const bytes = readFileSync(path)
  for (let offset = step, place = 0; offset < bytes.length; place++) {
    const length = bytes.readUInt32LE(offset)
    change(bytes.subarray(offset + 8, offset + 8 + length), place)
    offset = Math.ceil((offset + 8 + length) / step) * step
  }
  writeFileSync(path, bytes)
}

/** Gives each text of a state in a read model's file its checksum again. */
export const signStates = (file: string): void => {
  const path = stateFileOf(file)
  const bytes = readFileSync(path)
  for (let offset = step; offset < bytes.length;) {
    const end = offset + 8 + bytes.readUInt32LE(offset)
    bytes.writeUInt32LE(crc32(bytes.subarray(offset + 8, end), offset / step), offset + 4)
    offset = Math.ceil(end / step) * step
  }
  writeFileSync(path, bytes)
}

export const get = async ({ app }: Opened, path: string): Promise<{ status: number; text: string }> => {
  const response = await app.request(path)
  return { status: response.status, text: await response.text() }
}

/** The lists of every kind at a few coordinates, and the picture. */
export const answersOf = async (opened: Opened, head: number): Promise<string[]> => {
  const answers: string[] = []
  for (const knownAt of [head, Math.ceil(head / 2)])
    for (const asOf of ['2024-03-01', '2026-01-01', '2026-11-01'])
      for (const path of [
        `/v1/picture?asOf=${asOf}&knownAt=${knownAt}`,
        ...projections.map(
          ({ kind }) => `/v1/${kind.plural}?status=any&limit=500&asOf=${asOf}&knownAt=${knownAt}`,
        ),
      ]) {
        const { status, text } = await get(opened, path)
        answers.push(`${path} ${status} ${text}`)
      }
  return answers
}

/** Puts so many small events straight into the log of a folder, after those it has: figures of incidents, ten of each. */
export const fillLog = (path: string, count: number): void => {
  const events = openEvents(join(path, 'ledger.db'), 'log')
  events.commit(() => {
    const first = events.head()
    for (let number = first; number < first + count; number++) {
      const event: Omit<Event, 'position'> = {
        id: `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`,
        schemaVersion: 1,
        revision: number % 10,
        recordedAt: '2024-02-01T00:00:00.000Z',
        recordedBy: 'desk',
        reality: 'actual',
        kind: 'incident',
        stream: `incident-i-${Math.floor(number / 10)}`,
        type: 'IncidentFigureReported',
        source: { publisher: 'Ministry', medium: 'official_statement' },
        data: { measure: 'held', value: { min: null, best: number, max: null, text: null } },
        when: {
          text: '2024-01-09',
          zone: 'UTC',
          earliest: `2024-01-09T00:00:0${number % 10}.000Z`,
          latest: `2024-01-09T00:00:0${number % 10}.000Z`,
        },
      }
      const { id, stream, revision, recordedAt } = event
      events.insert({ id, stream, revision, position: number + 1, recordedAt, text: JSON.stringify(event) })
    }
  })
  events.close()
}
