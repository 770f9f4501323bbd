import type { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { faultOf } from '../log/fault.ts'
import type { StateWriter, Stretch } from './state-file.ts'

/** How far the read model came, and what it was made with. */
export type Checkpoint = {
  position: number
  /** The event at that position; the log that has another there is another log. */
  eventId: string
  fingerprint: string
  /** How many events are of types that no projection knows, by type. */
  unknownTypes: Readonly<Record<string, number>>
  /** How long each column and each list is, by name: what is missing at an end is noticed by it. */
  lengths: Readonly<Record<string, number>>
}

/** A part of a column, from a place on, that takes the place of the parts that begin at `instead`. */
export type Piece = { name: string; start: number; instead: readonly number[]; bytes: Uint8Array }

/** What a file is behind: all of it comes in, with the checkpoint that covers it, or nothing. */
export type Batch = {
  /** Null: there are only states, of which nothing says yet that they are there. */
  checkpoint: Checkpoint | null
  pieces: readonly Piece[]
  /** Texts of states, which are on the disk before what names them. */
  states: readonly Stretch[]
}

/**
 * Lets go at once of the bytes of what was written, where they are copies of what is kept, and not when they are collected:
 * a thread that does little else than write comes to that late.
 */
export const letGo = ({ pieces }: Batch): void => {
  for (const { bytes } of pieces) (bytes.buffer as ArrayBuffer).transfer(0)
}

/** The row of a checkpoint, the last of it a checksum of the rest. */
export type CheckpointRow = readonly [
  position: number,
  eventId: string,
  fingerprint: string,
  unknownTypes: string,
  lengths: string,
  crc: number,
]

/** The checkpoint as it is kept. */
export const rowOf = ({
  position,
  eventId,
  fingerprint,
  unknownTypes,
  lengths,
}: Checkpoint): CheckpointRow => {
  const told = [
    position,
    eventId,
    fingerprint,
    JSON.stringify(unknownTypes),
    JSON.stringify(lengths),
  ] as const
  return [...told, crc32(JSON.stringify(told))]
}

/** The checkpoint of a row; null: the row is damaged. */
export const checkpointOf = (row: CheckpointRow): Checkpoint | null => {
  const [position, eventId, fingerprint, unknownTypes, lengths, crc] = row
  if (crc32(JSON.stringify([position, eventId, fingerprint, unknownTypes, lengths])) !== crc) return null
  return {
    position,
    eventId,
    fingerprint,
    unknownTypes: JSON.parse(unknownTypes) as Checkpoint['unknownTypes'],
    lengths: JSON.parse(lengths) as Checkpoint['lengths'],
  }
}

/** Writes batches into the files of a read model, what is in tables in one transaction. Throws `unavailable`. */
export type Writer = { write(batch: Batch): void; close(): void }

/** A writer into a database, and into the file of states that belongs to it. */
export const createWriter = (database: DatabaseSync, stateWriter: StateWriter): Writer => {
  const addPiece = database.prepare('INSERT INTO pieces VALUES (?, ?, ?, ?)')
  const dropPiece = database.prepare('DELETE FROM pieces WHERE name = ? AND start = ?')
  const setCheckpoint = database.prepare('INSERT OR REPLACE INTO checkpoint VALUES (1, ?, ?, ?, ?, ?, ?)')

  const write = ({ checkpoint, pieces, states }: Batch): void => {
    try {
      stateWriter.write(states)
      if (!checkpoint) return
      database.exec('BEGIN IMMEDIATE')
      for (const { name, start, instead, bytes } of pieces) {
        for (const one of instead) dropPiece.run(name, one)
        addPiece.run(name, start, crc32(bytes), bytes)
      }
      setCheckpoint.run(...rowOf(checkpoint))
      database.exec('COMMIT')
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      const { path = database.location() ?? 'memory' } = error as NodeJS.ErrnoException
      throw faultOf(error, path)
    }
  }
  return { write, close: () => stateWriter.close() }
}
