import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const top = join(import.meta.dirname, '..')
const text = (file: string): string => readFileSync(join(top, file), 'utf8')

type Package = Record<'dependencies' | 'devDependencies' | 'engines' | 'bin', Record<string, string>>
const project = JSON.parse(text('package.json')) as Package

describe('the installation', () => {
  test('names an exact version of every dependency', () => {
    const versions = Object.entries({ ...project.dependencies, ...project.devDependencies })
    expect(versions.length).toBeGreaterThan(0)
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toStrictEqual([])
  })

  test('takes every package from the registry of whoever installs', () => {
    const lock = text('package-lock.json')
    expect(lock).not.toMatch(/"resolved"/)
    expect(lock).not.toMatch(/registry|npmjs|nexus|artifactory|verdaccio/i)
    expect(lock).toMatch(/"integrity": "sha512-/)
  })

  test('keeps it that way when a package is added', () => {
    expect(text('.npmrc').trim().split('\n').sort()).toStrictEqual([
      'audit=false',
      'fund=false',
      'loglevel=error',
      'omit-lockfile-registry-resolved=true',
      'save-exact=true',
    ])
  })

  test('brings the Node on which everything runs, this test too', () => {
    expect(project.engines).toStrictEqual({ node: '>=26' })
    expect(project.devDependencies['node']).toMatch(/^26\./)
    expect(Number.parseInt(process.versions.node)).toBeGreaterThanOrEqual(26)
  })

  test('brings the command', () => {
    const command = join(top, project.bin['crisis-ledger'] ?? '')
    expect(readFileSync(command, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
  })
})

// A copy without its history, or a machine without git, cannot tell the project's files from those of its user.
const files = projectFiles()

describe.skipIf(files === undefined)('the repository', () => {
  test('names no path of the machines on which it was made', () => {
    const ofMachines = /(?<![\w.-])(?:\/(?:work|root|home|Users)\/|[A-Z]:\\Users\\)/
    expect(files).toContain('package.json')
    const lines = (files ?? []).flatMap((file) =>
      text(file)
        .split('\n')
        .map((line, index) => `${file}:${index + 1} ${line}`),
    )
    expect(lines.filter((line) => ofMachines.test(line))).toStrictEqual([])
  })
})

/** What is in the repository or would be added to it now; undefined where git cannot tell. */
function projectFiles(): string[] | undefined {
  // Whoever owns the folder: git refuses another user's, and a container often is another user.
  const listing = ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const { status, stdout } = spawnSync('git', listing, { cwd: top, encoding: 'utf8' })
  if (status !== 0) return undefined
  return stdout.split('\0').filter((file) => file !== '' && existsSync(join(top, file)))
}
