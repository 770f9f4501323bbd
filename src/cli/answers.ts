import type { Account } from '../answer/account.ts'
import type { Counts } from '../answer/list.ts'
import type { Row } from '../answer/row.ts'
import type { At } from '../http/at.ts'
import { address, type Client, each, json } from './client.ts'

/** A list, a named question or a picture's part, as it is answered. */
export type ListAnswer = At & { rows: Row[]; counts: Counts; next: string | null }
export type PictureAnswer = At & { kinds: Record<string, Omit<ListAnswer, keyof At>> }
export type EntityAnswer = At & Account

/** A row with the account of its entity at the same coordinate. */
export type Accounted = { row: Row; account: EntityAnswer }

export type Query = Readonly<Record<string, string | number | undefined>>

/** A list, page after page, until it ends or has so many rows. */
export const listOf = async (
  client: Client,
  path: string,
  query: Query,
  limit: number,
): Promise<ListAnswer> => {
  const page = (cursor: string | undefined, left: number) =>
    json<ListAnswer>(client, address(path, { ...query, cursor, limit: Math.min(left, 1000) }))
  const answer = await page(undefined, limit)
  while (answer.next !== null && answer.rows.length < limit) {
    const { rows, next } = await page(answer.next, limit - answer.rows.length)
    answer.rows.push(...rows)
    answer.next = next
  }
  return answer
}

/** The accounts of rows at the coordinate of their answer. */
export const accountsOf = (
  client: Client,
  plural: string,
  { asOf, zone, position }: At,
  rows: readonly Row[],
): Promise<Accounted[]> =>
  each(rows, async (row) => {
    const query = { asOf, zone, knownAt: position }
    const account = await json<EntityAnswer>(client, address(`/v1/${plural}/${row.id}`, query))
    return { row, account }
  })
