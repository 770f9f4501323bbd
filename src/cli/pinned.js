import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Plain JavaScript for any Node: it runs before there is one that reads TypeScript.

/** Whether this Node runs TypeScript as it is and has `node:sqlite` and `Temporal`. */
export const isNewEnough = () => Number.parseInt(process.versions.node) >= 26

/** What to do when this Node is too old and the pinned one, which a script of its package fetches, is not installed. */
export const notInstalled =
  `Crisis Ledger needs Node 26 and this is ${process.version}: ` +
  'run "npm ci" in its folder, without --ignore-scripts, to get the one it pins.'

/** What to do when the pinned Node is installed and cannot start. */
export const doesNotStart =
  'The pinned Node 26 is installed but does not start: ' +
  'on Debian and Ubuntu run "apt-get install -y libatomic1", then "npm ci" again.'

/** The path of the pinned Node, or undefined if it is not installed. */
export const findPinnedNode = () => {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'))
    const path = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    return existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}

// npm runs this after an install on the Node that all scripts get and, if that fails, again on the Node of npm itself
// with --not-started: a Node that lacks a library cannot say so.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === '--not-started') {
    const pinnedNode = findPinnedNode()
    if (pinnedNode && spawnSync(pinnedNode, ['--version']).status !== 0) console.error(doesNotStart)
    process.exitCode = 1
  } else if (!isNewEnough()) {
    console.error(notInstalled)
    process.exitCode = 1
  }
}
