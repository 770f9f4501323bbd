import { rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { faultOf } from '../log/fault.ts'

/** So many parts a read model can be made in, each of a share of the streams. */
export const mostParts = 4

const stemOf = (path: string): string => path.replace(/\.db$/, '')

/** The database of a read model, or of one of the parts in which it is made. */
export const databaseOf = (path: string, part: number | null): string =>
  part === null ? path : `${stemOf(path)}.part-${part + 1}.db`

/** The file of the states that a part made; those of the whole follow on the first. */
export const stateFileOf = (path: string, part = 0): string =>
  `${stemOf(path)}.states${part === 0 ? '' : `-${part + 1}`}`

/** Of a database, with what SQLite keeps beside it. */
const databaseFiles = (path: string, part: number | null): string[] =>
  ['', '-wal', '-shm'].map((suffix) => `${databaseOf(path, part)}${suffix}`)

const allFiles = (path: string): string[] => [
  ...databaseFiles(path, null),
  ...Array.from({ length: mostParts }, (_, part) => [
    ...databaseFiles(path, part),
    stateFileOf(path, part),
  ]).flat(),
]

const remove = (files: readonly string[]): void => {
  for (const file of files)
    try {
      rmSync(file, { force: true })
    } catch (error) {
      throw faultOf(error, file)
    }
}

/** Removes the database of a read model or of a part, and what SQLite keeps beside it. Throws `unavailable`. */
export const removeDatabase = (path: string, part: number | null): void => remove(databaseFiles(path, part))

/** Removes all files of a read model. Throws `unavailable`. */
export const removeReadModel = (path: string): void => remove(allFiles(path))

/** The same, and nobody waits meanwhile: what is large takes long to remove. */
export const removeInTurns = async (path: string): Promise<void> => {
  for (const file of allFiles(path))
    await rm(file, { force: true }).catch((error: unknown) => {
      throw faultOf(error, file)
    })
}
