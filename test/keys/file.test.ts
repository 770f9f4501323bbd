import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { changeKeys, type KeyEntry, keyName, readKeys } from '../../src/keys/file.ts'
import { hashOf, newKey } from '../../src/keys/key.ts'

const madeAt = '2024-01-10T12:00:00.000Z'

const entry = (name: string, key = newKey(), role: KeyEntry['role'] = 'read'): KeyEntry => ({
  name,
  role,
  madeAt,
  sha256: hashOf(key).toString('hex'),
})

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'crisis-ledger-keys-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

describe('a key', () => {
  test('is 256 random bits behind a prefix that gives it away where it leaks', () => {
    const keys = Array.from({ length: 100 }, newKey)
    expect(keys.filter((key) => !/^cl_[\w-]{43}$/.test(key))).toStrictEqual([])
    expect(new Set(keys).size).toBe(100)
    expect(Buffer.from(keys[0]!.slice(3), 'base64url')).toHaveLength(32)
  })

  test.each(['desk', 'María José (night)', '夜勤', 'x'.repeat(100)])('may have the name %s', (name) => {
    expect(keyName.parse(name)).toBe(name)
  })

  test.each([
    ['', 'must not be empty'],
    [' desk', 'must not begin or end with a space'],
    ['night\ndesk', 'must be one line of visible characters'],
    ['night\tdesk', 'must be one line of visible characters'],
    ['ksed\u202E', 'must be one line of visible characters'],
    ['\uD800', 'must be well-formed Unicode: it holds a lone surrogate'],
    ['x'.repeat(101), 'must have at most 100 characters'],
  ])('may not have the name %j', (name, message) => {
    expect(keyName.safeParse(name).error?.issues.map((issue) => issue.message)).toContain(message)
  })
})

describe('a file of keys', () => {
  test('is made with its folder, and only its owner may read it, whatever it was before', () => {
    const path = join(folder(), 'some/where/keys.json')
    expect(readKeys(path)).toBeNull()
    const desk = entry('desk')
    changeKeys(path, () => [desk])
    expect(modeOf(path)).toBe('600')
    expect(readKeys(path)).toStrictEqual([desk])

    const open = join(folder(), 'open.json')
    writeFileSync(open, readFileSync(path), { mode: 0o644 })
    changeKeys(open, (keys) => [...keys, entry('night')])
    expect(modeOf(open)).toBe('600')
    expect(readKeys(open)!.map(({ name }) => name)).toStrictEqual(['desk', 'night'])
  })

  test('is replaced whole, also where one that was broken off left something behind', () => {
    const at = folder()
    const path = join(at, 'keys.json')
    changeKeys(path, () => [entry('desk')])
    const before = statSync(path).ino
    writeFileSync(`${path}.new`, '{"keys": [', { mode: 0o666 })
    changeKeys(path, (keys) => [...keys, entry('night')])
    expect(statSync(path).ino).not.toBe(before)
    expect(modeOf(path)).toBe('600')
    expect(readdirSync(at).toSorted()).toStrictEqual(['keys.json', 'keys.json.lock'])
    expect(modeOf(`${path}.lock`)).toBe('600')
  })

  test.skipIf(process.getuid?.() !== 0)("stays its owner's when root changes it", () => {
    const path = join(folder(), 'keys.json')
    changeKeys(path, () => [entry('desk')])
    chownSync(path, 1234, 5678)
    changeKeys(path, (keys) => [...keys, entry('night')])
    const { uid, gid } = statSync(path)
    expect([uid, gid, modeOf(path)]).toStrictEqual([1234, 5678, '600'])
    // Otherwise its owner could change it no more.
    const lock = statSync(`${path}.lock`)
    expect([lock.uid, lock.gid, modeOf(`${path}.lock`)]).toStrictEqual([1234, 5678, '600'])
  })

  test('that a link leads to stays where it is', () => {
    const at = folder()
    const link = join(at, 'link.json')
    changeKeys(join(at, 'keys.json'), () => [entry('desk')])
    symlinkSync('keys.json', link)
    changeKeys(link, (keys) => [...keys, entry('night')])
    expect(readKeys(join(at, 'keys.json'))).toHaveLength(2)
    expect(readKeys(link)).toHaveLength(2)
  })

  test('is as it was where the change is refused, and the next change need not wait', () => {
    const path = join(folder(), 'keys.json')
    changeKeys(path, () => [entry('desk')])
    const before = readFileSync(path, 'utf8')
    const refuse = () =>
      changeKeys(path, () => {
        throw Object.assign(new Error('No.'), { name: 'LedgerError', code: 'invalid' })
      })
    expect(refuse).toThrow('No.')
    expect(readFileSync(path, 'utf8')).toBe(before)
    changeKeys(path, () => [])
    expect(readKeys(path)).toStrictEqual([])
  })

  test.each([
    ['not JSON', '{"keys": [', 'it is not JSON'],
    ['empty', '', 'it is not JSON'],
    ['no list', '{}', 'keys Invalid input: expected array, received undefined'],
    ['a role that is none', { ...entry('desk'), role: 'root' }, 'keys.0.role Invalid option'],
    ['a hash that is none', { ...entry('desk'), sha256: 'abc' }, 'keys.0.sha256 must be a SHA-256'],
    ['a key itself', { ...entry('desk'), key: newKey() }, 'keys.0 Unrecognized key: "key"'],
  ])('with %s in it is refused in a sentence, and is not overwritten', (_, contents, why) => {
    const path = join(folder(), 'keys.json')
    const text = typeof contents === 'string' ? contents : JSON.stringify({ keys: [contents] })
    writeFileSync(path, text)
    const sentence = `The access keys cannot be read from ${path}: ${why}`
    expect(() => readKeys(path)).toThrow(sentence)
    expect(() => changeKeys(path, () => [])).toThrow(sentence)
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  test.each([
    ['name', [entry('desk'), entry('desk')]],
    ['key', [entry('desk', 'cl_x'), entry('night', 'cl_x')]],
  ])('that has a %s twice is refused', (what, keys) => {
    const path = join(folder(), 'keys.json')
    writeFileSync(path, JSON.stringify({ keys }))
    expect(() => readKeys(path)).toThrow(`each ${what} must be there once`)
  })

  test('takes the changes of processes that come at once, one after the other', async () => {
    const path = join(folder(), 'keys.json')
    const code = `
      import { changeKeys } from ${JSON.stringify(join(import.meta.dirname, '../../src/keys/file.ts'))}
      import { hashOf, newKey } from ${JSON.stringify(join(import.meta.dirname, '../../src/keys/key.ts'))}
      for (let count = 0; count < 20; count++)
        changeKeys(process.argv[1], (keys) => [...keys, {
          name: process.argv[2] + count, role: 'read', madeAt: '${madeAt}', sha256: hashOf(newKey()).toString('hex')
        }])`
    const names = ['a', 'b', 'c']
    const children = names.map((name) =>
      spawn(process.execPath, ['--input-type=module-typescript', '-e', code, path, name], {
        stdio: 'inherit',
      }),
    )
    expect(await Promise.all(children.map(async (child) => (await once(child, 'close'))[0]))).toStrictEqual([
      0, 0, 0,
    ])
    const expected = names.flatMap((name) => Array.from({ length: 20 }, (_, count) => `${name}${count}`))
    expect(
      readKeys(path)!
        .map(({ name }) => name)
        .toSorted(),
    ).toStrictEqual(expected.toSorted())
  })
})
