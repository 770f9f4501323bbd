import pg from 'pg'
import type { Drawn } from './asked.ts'

/** The same versions in PostgreSQL: `tstzrange` and `int8range` under one GiST index with the kind. */
export type Gist = AsyncDisposable & {
  /** The texts of the rows of a list, by id. */
  active(asked: Drawn): Promise<string[]>
  /** How many versions it holds. */
  versions: number
}

/** Takes a file of rectangles into a database, and asks it over one connection with a prepared statement. */
export const openGist = async (url: string, file: string): Promise<Gist> => {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(`
    CREATE EXTENSION IF NOT EXISTS btree_gist;
    DROP TABLE IF EXISTS shown;
    CREATE TABLE shown (
      kind     text NOT NULL,
      id       text NOT NULL,
      valid    tstzrange NOT NULL,
      recorded int8range NOT NULL,
      row      text NOT NULL
    )`)
  await client.query(`COPY shown FROM ${pg.escapeLiteral(file)}`)
  await client.query('CREATE INDEX ON shown USING gist (kind, valid, recorded)')
  await client.query('VACUUM ANALYZE shown')
  const { rows } = await client.query<{ count: string }>('SELECT count(*) FROM shown')
  return {
    versions: Number(rows[0]!.count),
    active: async ({ kind, at }) => {
      const found = await client.query<[string]>({
        name: 'active',
        text: `SELECT row FROM shown
                WHERE kind = $1 AND valid @> $2::timestamptz AND recorded @> $3::bigint ORDER BY id`,
        values: [kind, at.asOf, at.position],
        rowMode: 'array',
      })
      return found.rows.map(([row]) => row)
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}
