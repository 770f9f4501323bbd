import { rmSync } from 'node:fs'
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

const remove = (path: string): void => {
  try {
    rmSync(path, { force: true })
  } catch (error) {
    throw faultOf(error, path)
  }
}

/** Removes the database of a read model or of a part, and what SQLite keeps beside it. Throws `unavailable`. */
export const removeDatabase = (path: string, part: number | null): void => {
  for (const suffix of ['', '-wal', '-shm']) remove(`${databaseOf(path, part)}${suffix}`)
}

/** Removes all files of a read model. Throws `unavailable`. */
export const removeReadModel = (path: string): void => {
  removeDatabase(path, null)
  for (let part = 0; part < mostParts; part++) {
    removeDatabase(path, part)
    remove(stateFileOf(path, part))
  }
}
