import { closeSync, existsSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Entity, entityOf } from '../../src/answer/entity.ts'
import type { Filter } from '../../src/answer/filter.ts'
import { knownAt } from '../../src/answer/known.ts'
import { look, type Row } from '../../src/answer/row.ts'
import { stretches } from '../../src/answer/stretches.ts'
import { openEvents } from '../../src/log/events.ts'
import { fingerprintOf } from './folder.ts'

/**
 * What one entity shows in the list of what is active: the text of its row, from when to when in the world, and from
 * which position of the log to which other. Half-open; null is open.
 */
export type Rectangle = {
  kind: string
  id: string
  validFrom: string
  validTo: string | null
  fromPosition: number
  toPosition: number | null
  row: string
}

/** A row as it is compared: its revision is a matter of knowledge alone, and would cut every rectangle in pieces. */
export const comparable = ({ revision: _revision, ...row }: Row): object => row

/**
 * The rectangles of an entity, by the definition alone: at each position that told of it, each stretch of valid time.
 * Neighbours with the same row are one.
 */
export const rectanglesOf = (entity: Entity): Rectangle[] => {
  const closed: Rectangle[] = []
  let open = new Map<string, Rectangle>()
  for (const { position } of entity.events) {
    const seen = new Map<string, Rectangle>()
    for (const [validFrom, validTo, row] of shownAt(entity, position)) {
      const name = `${validFrom} ${validTo} ${row}`
      const { kind, id } = entity
      seen.set(
        name,
        open.get(name) ?? { kind, id, validFrom, validTo, fromPosition: position, toPosition: null, row },
      )
    }
    for (const [name, rectangle] of open)
      if (!seen.has(name)) closed.push({ ...rectangle, toPosition: position })
    open = seen
  }
  return [...closed, ...open.values()]
}

const active: Filter = { status: 'active', reality: 'actual' }

type Shown = [from: string, to: string | null, row: string]

const shownAt = (entity: Entity, position: number): Shown[] => {
  const known = knownAt(entity, position)
  const shown: Shown[] = []
  for (const { from, to } of stretches(known)) {
    const row = from === null ? null : look(known, from, active).row
    if (row === null) continue
    const text = JSON.stringify(comparable(row))
    const last = shown.at(-1)
    if (last?.[1] === from && last[2] === text) last[1] = to
    else shown.push([from!, to, text])
  }
  return shown
}

/**
 * All rectangles of a log in a file for PostgreSQL's `COPY`, beside the log and made once: kind, id, valid, recorded, row.
 */
export const rectanglesFile = (log: string): string => {
  const top = join(import.meta.dirname, '../..')
  const made = ['projections', 'src/answer', 'src/time'].map((folder) => join(top, folder))
  const path = join(dirname(log), `rectangles-${fingerprintOf([...made, import.meta.filename])}.tsv`)
  if (!existsSync(path)) {
    const unfinished = `${path}-${process.pid}`
    write(log, unfinished)
    renameSync(unfinished, path)
  }
  return path
}

const write = (log: string, path: string): void => {
  const table = openEvents(log, 'log')
  const names = new Set<string>()
  for (const { stream } of table.rows()) names.add(stream)
  const descriptor = openSync(path, 'w', 0o644)
  for (const name of names) {
    const lines = rectanglesOf(entityOf(table.stream(name)))
      .map(lineOf)
      .join('')
    if (lines !== '') writeSync(descriptor, lines)
  }
  closeSync(descriptor)
  table.close()
}

const lineOf = ({ kind, id, validFrom, validTo, fromPosition, toPosition, row }: Rectangle): string => {
  const valid = `[${validFrom},${validTo ?? ''})`
  const recorded = `[${fromPosition},${toPosition ?? ''})`
  return `${[kind, id, valid, recorded, row.replaceAll('\\', '\\\\')].join('\t')}\n`
}
