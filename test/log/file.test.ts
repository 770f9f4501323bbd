import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { marks, openFile, version } from '../../src/log/file.ts'
import { type SqliteLog, sqliteLog } from '../../src/log/sqlite.ts'
import { draft, drafts } from '../contract/draft.ts'

const clock = () => '2024-01-10T12:00:00.000Z'
const stream = 'fugitive-fito-2024'
let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crisis-ledger-'))
  path = join(folder, 'ledger.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Everything a statement gives, on a connection of another program that set nothing. */
const elsewhere = (sql: string): unknown[] => {
  using database = new DatabaseSync(path)
  return database.prepare(sql).all()
}

describe('in the file of a ledger nothing is changed or removed:', () => {
  let log: SqliteLog
  let contents: string

  beforeEach(async () => {
    log = await sqliteLog({ path, clock })
    await log.append(stream, drafts(stream, 3), 'no_stream')
    await log.append('fugitive-b', [draft('fugitive-b')], 'no_stream')
    contents = read()
  })
  afterEach(() => log.close())

  const read = () =>
    JSON.stringify(
      ['streams', 'events', 'heads'].map((table) => elsewhere(`SELECT * FROM ${table} ORDER BY 1`)),
    )
  const columns = 'position, id, stream, revision, previous, recordedAt, text'
  /** The row of an event, some columns replaced. */
  const row = (position: number, replaced: Record<string, string> = {}) =>
    `SELECT ${columns
      .split(', ')
      .map((name) => replaced[name] ?? name)
      .join(', ')} FROM events WHERE position = ${position}`
  const fresh = { position: '5', id: "'new'" }

  const refused = {
    'UPDATE of an event': `UPDATE events SET text = '{}' WHERE position = 1`,
    'UPDATE that changes nothing': 'UPDATE events SET text = text',
    'UPDATE OR REPLACE of a position': 'UPDATE OR REPLACE events SET position = 2 WHERE position = 1',
    'UPDATE OR IGNORE': `UPDATE OR IGNORE events SET id = 'x'`,
    'UPDATE FROM': 'UPDATE events SET text = other.text FROM events AS other WHERE other.position = 2',
    'DELETE of an event': 'DELETE FROM events WHERE position = 4',
    'DELETE of all events': 'DELETE FROM events',
    'INSERT OR REPLACE of a position': `INSERT OR REPLACE INTO events ${row(1, { id: "'new'" })}`,
    'REPLACE of an id': `REPLACE INTO events ${row(1, { position: '5', previous: '3', revision: '3' })}`,
    'REPLACE of a position by what follows in another stream': `REPLACE INTO events ${row(3, { position: '4', id: "'new'", previous: '3', revision: '3' })}`,
    'REPLACE of a whole row': `REPLACE INTO events ${row(4)}`,
    'INSERT OR IGNORE of a position': `INSERT OR IGNORE INTO events ${row(1, { id: "'new'" })}`,
    'UPSERT of a position': `INSERT INTO events ${row(1)} ON CONFLICT (position) DO UPDATE SET text = '{}'`,
    'UPSERT of an id': `INSERT INTO events ${row(4, { position: '5' })} ON CONFLICT (id) DO UPDATE SET text = '{}'`,
    'INSERT of an event before the others': `INSERT INTO events ${row(1, { ...fresh, position: '-1' })}`,
    'INSERT of a revision that is there': `INSERT INTO events ${row(2, fresh)}`,
    'INSERT OR REPLACE of a revision that is there': `INSERT OR REPLACE INTO events ${row(2, fresh)}`,
    'INSERT of the last revision again': `INSERT INTO events ${row(3, { ...fresh, previous: '3' })}`,
    'INSERT of a second beginning': `INSERT INTO events ${row(1, fresh)}`,
    'INSERT beside the last of its stream': `INSERT INTO events ${row(3, { ...fresh, revision: '3' })}`,
    'INSERT into a stream without a name': `INSERT INTO events ${row(1, { ...fresh, stream: '9' })}`,
    'INSERT recorded before the newest': `INSERT INTO events ${row(3, { ...fresh, previous: '3', revision: '3', recordedAt: "'2024-01-10T11:59:59.999Z'" })}`,
    'INSERT of an id that is there': `INSERT INTO events ${row(3, { position: '5', previous: '3', revision: '3' })}`,
    'UPDATE of a stream': `UPDATE streams SET name = 'other'`,
    'UPDATE OR REPLACE of a stream': `UPDATE OR REPLACE streams SET name = 'fugitive-b' WHERE number = 1`,
    'DELETE of a stream': 'DELETE FROM streams',
    'REPLACE of the number of a stream': `REPLACE INTO streams VALUES (1, 'other')`,
    'REPLACE of the name of a stream': `REPLACE INTO streams VALUES (9, '${stream}')`,
    'UPDATE of a head back': 'UPDATE heads SET position = 1, revision = 0 WHERE stream = 1',
    'UPDATE of a head beyond the end': 'UPDATE heads SET position = 9, revision = 9 WHERE stream = 1',
    'UPDATE of a head to another stream': 'UPDATE OR REPLACE heads SET stream = 2 WHERE stream = 1',
    'DELETE of a head': 'DELETE FROM heads',
    'REPLACE of a head': 'REPLACE INTO heads VALUES (1, 1, 0)',
    'UPSERT of a head':
      'INSERT INTO heads VALUES (1, 1, 0) ON CONFLICT DO UPDATE SET position = 1, revision = 0',
    'INSERT of a head without its event': 'INSERT INTO heads VALUES (9, 9, 0)',
  }

  test.each(Object.entries(refused))('%s is refused', (_, sql) => {
    expect(() => elsewhere(sql)).toThrow(expect.objectContaining({ errcode: 1811 }))
    expect(read()).toBe(contents)
  })

  const hasShell = spawnSync('sqlite3', ['--version']).status === 0
  test.skipIf(!hasShell).each(Object.entries(refused))('%s is refused in the shell of SQLite', (_, sql) => {
    const { status, stderr } = spawnSync('sqlite3', [path, sql], { encoding: 'utf8' })
    expect(stderr).toMatch(/once|never|only|follows|last event/)
    expect(status).not.toBe(0)
    expect(read()).toBe(contents)
  })

  test('what another program appends in its proper place is taken, and the log goes on after it', async () => {
    elsewhere(
      `INSERT INTO events ${row(3, { ...fresh, revision: '3', previous: '3', text: `replace(text, '"revision":2', '"revision":3')` })}`,
    )
    await expect(log.append(stream, [draft(stream)], 2)).rejects.toMatchObject({ members: { revision: 3 } })
    expect((await log.append(stream, [draft(stream)], 3)).position).toBe(6)
    expect(log.events.stream(stream).map(({ revision }) => revision)).toStrictEqual([0, 1, 2, 3, 4])
  })

  test('who subscribes is told also of what another program appended', async () => {
    const seen: number[] = []
    await log.subscribe(0, (events) => void seen.push(...events.map(({ position }) => position)))
    await expect.poll(() => seen).toStrictEqual([1, 2, 3, 4])
    elsewhere(`INSERT INTO events ${row(3, { ...fresh, revision: '3', previous: '3' })}`)
    await log.append(stream, [draft(stream)], 3)
    await expect.poll(() => seen).toStrictEqual([1, 2, 3, 4, 5, 6])
  })
})

describe('opening the file of a ledger', () => {
  const pragma = (database: DatabaseSync, name: string) =>
    Object.values(database.prepare(`PRAGMA ${name}`).get()!)[0]

  test('syncs every commit of a log to the disk, and asks the triggers about REPLACE', () => {
    using database = openFile(path, 'log')
    expect(
      [
        'journal_mode',
        'synchronous',
        'fullfsync',
        'checkpoint_fullfsync',
        'recursive_triggers',
        'wal_autocheckpoint',
      ].map((name) => pragma(database, name)),
    ).toStrictEqual(['wal', 2, 1, 1, 1, 8000])
  })

  test('leaves it to the disk when a replica is written', () => {
    using database = openFile(path, 'replica')
    expect([pragma(database, 'journal_mode'), pragma(database, 'synchronous')]).toStrictEqual(['wal', 1])
  })

  test('marks it, and takes it again', () => {
    openFile(path, 'log').close()
    using database = openFile(path, 'log')
    expect([pragma(database, 'application_id'), pragma(database, 'user_version')]).toStrictEqual([
      marks.log,
      version,
    ])
  })

  test('makes the folders above it', () => {
    const deep = join(folder, 'a', 'b', 'ledger.db')
    openFile(deep, 'log').close()
    expect(existsSync(deep)).toBe(true)
  })

  const unavailable = (sentence: RegExp) =>
    expect.objectContaining({
      name: 'LedgerError',
      code: 'unavailable',
      message: expect.stringMatching(sentence) as string,
    })

  test('refuses the file of another program and leaves it as it is', () => {
    using database = new DatabaseSync(path)
    database.exec('CREATE TABLE mails (text)')
    expect(() => openFile(path, 'log')).toThrow(unavailable(/is not the log of a crisis ledger/))
    expect(pragma(database, 'journal_mode')).toBe('delete')
    expect(database.prepare('SELECT name FROM sqlite_schema').all()).toMatchObject([{ name: 'mails' }])
  })

  test('refuses a file that is no database and leaves it as it is', () => {
    writeFileSync(path, 'Dear diary, '.repeat(1000))
    expect(() => openFile(path, 'log')).toThrow(unavailable(/is not a sound SQLite file/))
  })

  test('refuses a replica as a log, and a log as a replica', () => {
    openFile(path, 'log').close()
    expect(() => openFile(path, 'replica')).toThrow(unavailable(/is not the replica of a crisis ledger/))
  })

  test('refuses what a newer version made', () => {
    openFile(path, 'log').close()
    elsewhere(`PRAGMA user_version = ${version + 1}`)
    expect(() => openFile(path, 'log')).toThrow(unavailable(/was made by a newer version of Crisis Ledger/))
  })

  test('refuses a folder as a file, and a file as a folder', () => {
    expect(() => openFile(folder, 'log')).toThrow(unavailable(/cannot be written/))
    writeFileSync(path, '')
    expect(() => openFile(join(path, 'ledger.db'), 'log')).toThrow(unavailable(/cannot be written/))
  })
})
