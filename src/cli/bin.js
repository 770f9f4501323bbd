#!/usr/bin/env node
import { spawn } from 'node:child_process'
import module from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { largePages, startWithLargePages } from './large-pages.js'
import { doesNotStart, findPinnedNode, isNewEnough, notInstalled } from './pinned.js'

/** What has much in memory. All else is over before another start would pay. */
const isLarge = ['serve', 'restore', 'import', 'rebuild'].some((command) => process.argv.includes(command))

if (isNewEnough()) {
  if (isLarge) startWithLargePages()
  // Memory grows by so much of what is kept before what is forgotten is looked for. `npm start` lets a service have more.
  const grows = '--heap-growing-percent'
  if (!process.execArgv.some((flag) => flag.startsWith(grows))) setFlagsFromString(`${grows}=70`)
  // Nothing is put among what lasts before it has lasted: forgotten, it would hold on to all that it names.
  setFlagsFromString('--no-allocation-site-pretenuring')
  // Compiled code is kept between runs: the command line then starts twice as fast.
  module.enableCompileCache()
  // Threads look there only when they are told so.
  const cache = module.getCompileCacheDir()
  if (cache !== undefined) process.env.NODE_COMPILE_CACHE = dirname(cache)
  await import('./main.ts')
} else {
  const pinnedNode = findPinnedNode()
  if (pinnedNode === undefined) fail(notInstalled)
  else runOn(pinnedNode)
}

/** Runs this file again on another Node, as if it were this process: same terminal, signals and exit code. */
function runOn(node) {
  const child = spawn(node, [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...largePages, ...process.env },
  })
  const forward = (signal) => {
    // A terminal sends these two to the child as well, and a second one would cut its orderly end short.
    const fromTerminal = process.stdin.isTTY && signal !== 'SIGTERM'
    if (!fromTerminal) child.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, forward)

  child.on('error', () => fail(doesNotStart))
  child.on('exit', (code, signal) => {
    for (const each of signals) process.off(each, forward)
    // What the loader of Linux answers when a library such as libatomic.so.1 is missing.
    if (code === 127) fail(doesNotStart)
    else if (signal === null) process.exitCode = code
    else process.kill(process.pid, signal)
  })
}

function fail(sentence) {
  console.error(sentence)
  process.exitCode = 1
}
