import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What answers are made with: another of these, and what was made before is made anew. */
const sources = ['../../projections', '../vocabulary', '../time', '../answer', '.']

/** A hash of the projections, the vocabulary, the definition, the read model's own code and the time-zone data. */
export const fingerprint = (): string => {
  const hash = createHash('sha256').update(process.versions.tz ?? '')
  for (const source of sources) {
    const folder = join(import.meta.dirname, source)
    const files = readdirSync(folder)
      .filter((name) => name.endsWith('.ts'))
      .sort()
    for (const name of files) hash.update(`\0${source}/${name}\0`).update(readFileSync(join(folder, name)))
  }
  return hash.digest('hex').slice(0, 32)
}
