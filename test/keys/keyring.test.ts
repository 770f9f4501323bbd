import * as crypto from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { changeKeys, type KeyEntry } from '../../src/keys/file.ts'
import { hashOf, newKey } from '../../src/keys/key.ts'
import { openKeyring } from '../../src/keys/keyring.ts'

vi.mock(import('node:crypto'), async (original) => {
  const real = await original()
  return { ...real, timingSafeEqual: vi.fn(real.timingSafeEqual) }
})

const keys = { desk: newKey(), night: newKey() }
const entry = (name: keyof typeof keys, role: KeyEntry['role'] = 'read'): KeyEntry => ({
  name,
  role,
  madeAt: '2024-01-10T12:00:00.000Z',
  sha256: hashOf(keys[name]).toString('hex'),
})

/** A keyring over a file with these keys; `failures` are the errors it was told of. */
const opened = (entries: readonly KeyEntry[], { interval }: { interval?: number } = { interval: 5 }) => {
  const folder = mkdtempSync(join(tmpdir(), 'crisis-ledger-keys-'))
  const path = join(folder, 'keys.json')
  changeKeys(path, () => entries)
  const failures: string[] = []
  const keyring = openKeyring(path, {
    ...(interval !== undefined && { interval }),
    failed: (error) => void failures.push((error as Error).message),
  })
  onTestFinished(() => {
    keyring.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { path, keyring, failures, change: (...next: KeyEntry[]) => changeKeys(path, () => next) }
}

const eventually = async (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 5 })

describe('a key', () => {
  test('is found with its name and its role, and no other is', () => {
    const { keyring } = opened([entry('desk', 'write'), entry('night')])
    expect(keyring.find(keys.desk)).toStrictEqual({ name: 'desk', role: 'write' })
    expect(keyring.find(keys.night)).toStrictEqual({ name: 'night', role: 'read' })
    const wrong = [
      '',
      'cl_',
      newKey(),
      keys.desk.slice(0, -1),
      `${keys.desk}A`,
      keys.desk.toUpperCase(),
      entry('desk').sha256,
    ]
    expect(wrong.filter((key) => keyring.find(key) !== null)).toStrictEqual([])
  })

  test('is compared with every one there is, each in constant time, whether it is found or not', () => {
    const { keyring } = opened([entry('desk'), entry('night')])
    const compare = vi.mocked(crypto.timingSafeEqual)
    for (const key of [keys.desk, keys.night, newKey(), '']) {
      compare.mockClear()
      keyring.find(key)
      expect(compare.mock.calls.map(([one, other]) => [one.byteLength, other.byteLength])).toStrictEqual([
        [32, 32],
        [32, 32],
      ])
    }
  })
})

describe('a keyring follows its file', () => {
  test('a key that is added counts, and one that is revoked no more', async () => {
    const { keyring, change } = opened([entry('desk')])
    change(entry('desk'), entry('night'))
    await eventually(() => expect(keyring.find(keys.night)?.name).toBe('night'))
    change(entry('night'))
    await eventually(() => expect(keyring.find(keys.desk)).toBeNull())
    expect(keyring.find(keys.night)?.name).toBe('night')
  })

  test('what follows an access is ended when that is taken away or its role changed, and nothing else', async () => {
    const { keyring, change } = opened([entry('desk'), entry('night')])
    const ended: string[] = []
    const follow = (name: keyof typeof keys, what: string) =>
      keyring.follow(keyring.find(keys[name])!, () => void ended.push(what))
    follow('desk', 'stream of the desk')
    follow('night', 'stream of the night')
    follow('desk', 'what is over already')()
    change(entry('night'))
    await eventually(() => expect(ended).toStrictEqual(['stream of the desk']))
    change(entry('night', 'write'), entry('desk'))
    await eventually(() => expect(ended).toStrictEqual(['stream of the desk', 'stream of the night']))
    expect(keyring.find(keys.desk)?.name).toBe('desk')
  })

  test.each([
    ['is broken', '{"keys": ['],
    ['is empty', ''],
    ['lacks its list', '{}'],
  ])('while it %s, the keys it last had count and no other, and that is told once', async (_, text) => {
    const { path, keyring, failures, change } = opened([entry('desk')])
    writeFileSync(path, text)
    await eventually(() => expect(failures).toHaveLength(1))
    expect(failures[0]).toContain(`The access keys cannot be read from ${path}: `)
    expect([keyring.find(keys.desk)?.name, keyring.find(keys.night), keyring.find('')]).toStrictEqual([
      'desk',
      null,
      null,
    ])
    rmSync(path)
    change(entry('night'))
    await eventually(() => expect(keyring.find(keys.night)?.name).toBe('night'))
    expect([keyring.find(keys.desk), failures.length]).toStrictEqual([null, 1])
  })

  test('where it is removed, no key counts until it is back', async () => {
    const { path, keyring, failures, change } = opened([entry('desk')])
    rmSync(path)
    await eventually(() => expect(keyring.find(keys.desk)).toBeNull())
    change(entry('desk'))
    await eventually(() => expect(keyring.find(keys.desk)?.name).toBe('desk'))
    expect(failures).toStrictEqual([])
  })
})

test('a key that is revoked counts no more within half a second', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { keyring, change } = opened([entry('desk'), entry('night')], {})
  change(entry('night'))
  vi.advanceTimersByTime(500)
  expect([keyring.find(keys.desk), keyring.find(keys.night)?.name]).toStrictEqual([null, 'night'])
})

test('a keyring is not opened without its file', () => {
  expect(() => openKeyring('/nowhere/keys.json', { failed: () => undefined })).toThrow(
    'There are no access keys at /nowhere/keys.json, which LEDGER_KEYS names: make the first with "crisis-ledger key add',
  )
})
