import type { Command } from 'commander'
import { questions } from '../../projections/index.ts'
import { LedgerError } from '../errors.ts'
import type { At } from '../http/at.ts'
import { allKinds, kindOfPlural } from '../vocabulary/index.ts'
import { accountsOf, type ListAnswer, listOf, type PictureAnswer, type Query } from './answers.ts'
import { address, type Client, json, withClient } from './client.ts'
import { addCoordinate, addFilters, optionsOf, queryOf, whole } from './options.ts'
import { countsText, headingLines, rowTable } from './rows.ts'
import { wrapped } from './table.ts'
import { columns, put, say, sayAll } from './terminal.ts'

type Options = { limit: number; json?: true; ended?: true }

const names = ['picture', ...questions.keys(), ...allKinds.map(({ plural }) => plural)]

/** The address of a question, and the kind it is about. Throws `not_found` with all there are. */
const routeOf = (name: string): { path: string; plural: string } => {
  const named = questions.get(name)
  if (named) return { path: `/v1/projections/${name}`, plural: named.projection.kind.plural }
  if (kindOfPlural(name)) return { path: `/v1/${name}`, plural: name }
  throw new LedgerError('not_found', `There is no question "${name}". Ask one of: ${names.join(', ')}.`)
}

const showRows = async (
  client: Client,
  plural: string,
  at: At,
  { rows, next }: Pick<ListAnswer, 'rows' | 'next'>,
): Promise<void> => {
  if (rows.length === 0) return
  const accounted = await accountsOf(client, plural, at, rows)
  await say()
  await sayAll(rowTable(plural, accounted, at.zone, columns()))
  if (next !== null) await say(`… and more than these ${rows.length}: raise --limit.`)
}

const askPicture = async (
  client: Client,
  query: Query,
  { limit, ended, json: raw }: Options,
): Promise<void> => {
  const asked = { ...query, limit, ended: ended && 'true' }
  const answer = await json<PictureAnswer>(client, address('/v1/picture', asked))
  if (raw) return put(`${JSON.stringify(answer)}\n`)
  await sayAll(headingLines('picture', answer))
  for (const [plural, part] of Object.entries(answer.kinds)) {
    await say()
    await sayAll(wrapped(`${plural}: ${countsText(part.counts)}`, columns()))
    await showRows(client, plural, answer, part)
  }
}

const askList = async (client: Client, name: string, query: Query, options: Options): Promise<void> => {
  const { path, plural } = routeOf(name)
  if (options.ended)
    throw new LedgerError(
      'invalid',
      '--ended goes with picture only: name the statuses with --status, such as any.',
    )
  const answer = await listOf(client, path, query, options.limit)
  if (options.json) return put(`${JSON.stringify(answer)}\n`)
  await sayAll(headingLines(name, answer))
  await sayAll(wrapped(countsText(answer.counts), columns()))
  await showRows(client, plural, answer, answer)
}

/** `ask`: a named question, the entities of a kind, or the whole picture, at a coordinate. */
export const addAsk = (program: Command): void => {
  const command = program
    .command('ask')
    .argument('<question>', `one of ${names.join(', ')}`)
    .description('what held in the world at one moment, as far as the ledger knew at another')
  addFilters(addCoordinate(command))
    .option('--ended', 'with picture: count the statuses that ended too')
    .option('--limit <number>', 'at most so many rows; with picture, of each kind', whole, 100)
    .option('--json', 'the answer as JSON')
    .action((name: string, _own: unknown, self: Command) => {
      const options = optionsOf<Options>(self)
      const query = queryOf(options)
      return withClient(options.url, (client) =>
        name === 'picture' ? askPicture(client, query, options) : askList(client, name, query, options),
      )
    })
}
