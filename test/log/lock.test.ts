import {
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lock } from '../../src/log/lock.ts'
import { type Child, run } from './child.ts'

let folder: string
let path: string
const children: Child[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crisis-ledger-'))
  path = join(folder, 'ledger.db')
})
afterEach(async () => {
  for (const { process } of children) process.kill('SIGKILL')
  await Promise.all(children.splice(0).map(({ end }) => end))
  rmSync(folder, { recursive: true, force: true })
})

/** Starts another process that takes the lock and says so. */
const owner = async (more = ''): Promise<Child> => {
  const child = run(`const owned = lock(path); ${more}; say('owned'); forever()`, path)
  children.push(child)
  expect(await child.line()).toBe('owned')
  return child
}

const refused = (sentence: string | RegExp) =>
  expect.objectContaining({
    name: 'LedgerError',
    code: 'unavailable',
    message: typeof sentence === 'string' ? sentence : (expect.stringMatching(sentence) as string),
  })

test('a second process is refused and told where the first answers', async () => {
  const { process } = await owner(`owned.announce('http://127.0.0.1:4680')`)
  expect(() => lock(path)).toThrow(
    refused(
      `Process ${process.pid} owns the ledger ${path} and serves it at http://127.0.0.1:4680: ` +
        'ask that one with --url http://127.0.0.1:4680, or stop it.',
    ),
  )
})

test('a folder is no ledger', () => {
  expect(() => lock(folder)).toThrow(
    refused(`${folder} is a folder: name a file in it, such as ${join(folder, 'ledger.db')}.`),
  )
  expect(existsSync(`${folder}.lock`)).toBe(false)
})

test('a file with another name is owned by nobody: who has that would not be seen', () => {
  writeFileSync(path, '')
  const other = join(folder, 'other.db')
  linkSync(path, other)
  for (const name of [path, other])
    expect(() => lock(name)).toThrow(
      refused(new RegExp(`^The ledger ${name} has another name as well \\(a hard link\\): `)),
    )
  expect(readdirSync(folder).toSorted()).toStrictEqual(['ledger.db', 'other.db'])
  rmSync(other)
  lock(path).release()
})

test('a second process is refused while the first has no address yet', async () => {
  const { process } = await owner()
  expect(() => lock(path)).toThrow(refused(new RegExp(`^Process ${process.pid} owns .* at no address yet`)))
})

test('the lock of a killed process is free at once, and its address forgotten', async () => {
  const { process, end } = await owner(`owned.announce('http://127.0.0.1:4680')`)
  process.kill('SIGKILL')
  expect(await end).toBe('SIGKILL')
  const owned = lock(path)
  const child = run(`try { lock(path) } catch (error) { say(error.message) }`, path)
  children.push(child)
  expect(await child.line()).toMatch(
    new RegExp(`^Process ${globalThis.process.pid} owns .* at no address yet`),
  )
  owned.release()
})

test('of many processes that want it at once one has it', async () => {
  const wanting = Array.from({ length: 6 }, () =>
    run(`try { lock(path); say('owned'); forever() } catch (error) { say(error.code) }`, path),
  )
  children.push(...wanting)
  const said = await Promise.all(wanting.map((child) => child.line()))
  expect(said.toSorted()).toStrictEqual(['owned', ...Array<string>(5).fill('unavailable')])
})

test('it is kept when nothing refers to it any more', async () => {
  const child = run(
    `lock(path); (await import('node:v8')).setFlagsFromString('--expose-gc')
     const collect = (await import('node:vm')).runInNewContext('gc')
     for (let count = 0; count < 5; count++) { collect(); await wait(1) }
     say('owned'); forever()`,
    path,
  )
  children.push(child)
  expect(await child.line()).toBe('owned')
  expect(() => lock(path)).toThrow(refused(/owns the ledger/))
})

test('one process has it once, until it is released', () => {
  const owned = lock(path)
  expect(() => lock(path)).toThrow(refused(/owns the ledger/))
  owned.release()
  const again = lock(path)
  // Released twice: that is of no concern to the next owner.
  owned.release()
  expect(() => lock(path)).toThrow(refused(/owns the ledger/))
  again.release()
  expect(existsSync(`${path}.owner`)).toBe(false)
})

test('a link to the ledger has the same lock', async () => {
  writeFileSync(path, '')
  const link = join(folder, 'link.db')
  symlinkSync(path, link)
  await owner()
  expect(() => lock(link)).toThrow(refused(/owns the ledger/))
})

test('what a dead process left behind, or what nobody can read, is not told', async () => {
  const dead = run('', path)
  await dead.end
  await owner()
  for (const left of [JSON.stringify({ pid: dead.process.pid, url: 'http://127.0.0.1:1' }), '{', 'null']) {
    writeFileSync(`${path}.owner`, left)
    expect(() => lock(path)).toThrow(
      refused(`Another process owns the ledger ${path}: stop it, or ask it with --url.`),
    )
  }
})

test('it makes the folder, and says so when that cannot be', () => {
  const deep = join(folder, 'a', 'b', 'ledger.db')
  const owned = lock(deep)
  expect(JSON.parse(readFileSync(`${deep}.owner`, 'utf8'))).toStrictEqual({ pid: process.pid })
  owned.release()
  writeFileSync(path, '')
  expect(() => lock(join(path, 'ledger.db'))).toThrow(refused(/cannot be written/))
})
