import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { readSettings } from '../../src/config.ts'
import { open } from '../../src/main.ts'
import type { Instant } from '../../src/time/instant.ts'
import { type Answer, bodyOf, type Json } from '../service.ts'
import { type StandIn, startStandIn } from '../stand-in/server.ts'

/** A node of a ledger, with a replica and a read model in a folder of its own. */
export type Node = {
  folder: string
  get: (path: string) => Promise<Answer>
  post: (path: string, body: object, headers?: Record<string, string>) => Promise<Answer>
  /** Every event, as an export has it. */
  exported: () => Promise<Json[]>
  /** What became of lines of an import. */
  imported: (lines: readonly string[]) => Promise<Json[]>
  /** What it logged, a line an object. */
  logged: Json[]
  close: () => Promise<void>
}

export const source = { publisher: 'Ministry', medium: 'official_statement' }

/** A server that is there for one test, and that others use as well. */
export const server = async (): Promise<StandIn> => {
  const standIn = await startStandIn({ isShared: true })
  onTestFinished(() => standIn.close())
  return standIn
}

const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'crisis-ledger-node-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Opens a node, which is closed when the test has finished. */
export const openNode = async (
  { url }: StandIn,
  { folder = newFolder(), clock }: { folder?: string; clock?: () => Instant } = {},
): Promise<Node> => {
  const settings = readSettings({ LEDGER_LOG: url, LEDGER_DATA: folder, LEDGER_NAME: 'crisis-2024' })
  const logged: Json[] = []
  const logger = pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) })
  const { app, close } = await open(settings, logger, clock)
  let closing: Promise<void> | undefined
  const closeOnce = () => (closing ??= close())
  onTestFinished(closeOnce)
  const ask = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await app.request(path, init)
    const headers = Object.fromEntries(response.headers)
    const body = bodyOf(await response.text(), headers['content-type'] ?? '')
    return { status: response.status, headers, body }
  }
  return {
    folder,
    get: (path) => ask(path),
    post: (path, body, headers) =>
      ask(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ source, ...body }),
      }),
    exported: async () => {
      const { headers, body } = await ask('/v1/events', { headers: { accept: 'application/x-ndjson' } })
      return headers['content-type']?.startsWith('application/x-ndjson') ? body : []
    },
    imported: async (lines) => {
      const headers = { 'content-type': 'application/x-ndjson' }
      return (await ask('/v1/import', { method: 'POST', headers, body: lines.join('\n') })).body
    },
    logged,
    close: closeOnce,
  }
}

/** So many nodes of one ledger. */
export const openNodes = (standIn: StandIn, count: number): Promise<Node[]> =>
  Promise.all(Array.from({ length: count }, () => openNode(standIn)))
