import type { Command } from 'commander'
import type { Version } from '../answer/versions.ts'
import type { Because } from '../answer/account.ts'
import type { At } from '../http/at.ts'
import { allKinds } from '../vocabulary/index.ts'
import type { EntityAnswer, Query } from './answers.ts'
import { address, type Client, json, withClient } from './client.ts'
import { sourceText } from './giver.ts'
import { requireKind } from './kind.ts'
import { localText, momentText, sinceText, untilText } from './moments.ts'
import { addCoordinate, optionsOf, queryOf } from './options.ts'
import { headingLines, rowText } from './rows.ts'
import { stateLines } from './state.ts'
import { wrapped } from './table.ts'
import { columns, plain, put, say, sayAll, toned } from './terminal.ts'

type Options = { json?: true; history?: true }

type HistoryAnswer = At & { versions: Version[]; next: string | null }

const paragraph = async (text: string, indent: string): Promise<void> => {
  for (const line of wrapped(text, columns() - indent.length)) await say(indent + line)
}

const counted = (verb: string, by: readonly string[]): string[] =>
  by.length === 0 ? [] : [`${verb} ${by.length === 1 ? 'once' : `${by.length} times`}`]

const showBecause = async (one: Because, zone: string): Promise<void> => {
  if ('lapse' in one) return say(`  ${one.lapse} by itself  ${toned(untilText(one, zone), 'quiet')}`)
  const marks = [
    ...(one.why ? [one.why] : []),
    ...(one.flagged ? ['flagged'] : []),
    ...counted('corrected', one.correctedBy),
    ...counted('disputed', one.disputedBy),
    ...counted('corroborated', one.corroboratedBy),
  ]
  const tail = marks.length > 0 ? `  ${toned(marks.join(', '), 'warning')}` : ''
  const { source, note, eventId, when } = one
  // Told in the zone it was told in: there a day is a day.
  const own = when.zone === null || when.zone === zone ? '' : ` (${when.zone})`
  const time = momentText(when, when.zone ?? zone) + own
  await say(`  ${toned(one.type, 'strong')}  ${time}${tail}`)
  await paragraph(sourceText(source) + (source?.publishedAt ? `, ${source.publishedAt}` : ''), '    ')
  if (source?.url) await say(`    ${plain(source.url)}`)
  if (note !== undefined) await paragraph(`Note: ${plain(note)}`, '    ')
  await say(`    ${toned(eventId, 'quiet')}`)
}

const showList = async (title: string, list: readonly Because[], zone: string): Promise<void> => {
  if (list.length === 0) return
  await say(`\n${title}`)
  for (const one of list) await showBecause(one, zone)
}

const showEntity = async (answer: EntityAnswer): Promise<void> => {
  const { kind, id, state, since, until, basis, aside, zone, revision, crisis, certainty } = answer
  await sayAll(headingLines(`${kind} ${id}`, answer))
  await say()
  if (state !== null) await paragraph(plain(state.title), '')
  await say(toned(rowText(answer), certainty === 'certain' ? 'plain' : 'warning'))
  if (since) await say(`since: ${sinceText(since, zone)}`)
  if (until) await say(`until: ${untilText(until, zone)}`)
  await say(`revision: ${revision}${crisis.length > 0 ? `, of ${crisis.join(', ')}` : ''}`)
  if (state) await sayAll(['', ...stateLines(state, zone, columns())])
  await showList('Because of', basis, zone)
  await showList('Aside, as it does not count here', aside, zone)
}

const stateText = (states: Version['candidates']): string =>
  states.map((state) => (state === null ? 'none' : `${state.status} (${plain(state.title)})`)).join(' or ')

const showHistory = async (client: Client, path: string, name: string, query: Query, raw: boolean) => {
  const versions: Version[] = []
  let cursor: string | null | undefined
  let first: HistoryAnswer | undefined
  while (cursor !== null) {
    const page: HistoryAnswer = await json(
      client,
      address(`${path}/history`, { ...query, limit: 1000, cursor }),
    )
    first ??= page
    versions.push(...page.versions)
    cursor = page.next
  }
  if (raw) return put(`${JSON.stringify({ ...first, versions, next: null })}\n`)
  const { zone } = first!
  await sayAll([...headingLines(`history of ${name}`, first!), ''])
  for (const { from, to, candidates } of versions) {
    const begins = from === null ? 'from the first' : localText(from, zone)
    const ends = to === null ? 'on' : `to ${localText(to, zone)}`
    await paragraph(`${begins} ${ends}: ${stateText(candidates)}`, '  ')
  }
}

/** `show`: one entity at a coordinate, what makes it true, and what does not count. */
export const addShow = (program: Command): void => {
  const command = program
    .command('show')
    .argument('<kind>', `one of ${allKinds.map(({ name }) => name).join(', ')}`)
    .argument('<id>', 'the id of the entity, such as fito-2024')
    .description('one entity: its state, since when, because of which events and sources')
  addCoordinate(command)
    .option('--history', 'how it changed along valid time')
    .option('--json', 'the answer as JSON')
    .action((kindName: string, id: string, _own: unknown, self: Command) => {
      const { url, json: raw = false, history, ...options } = optionsOf<Options>(self)
      const { name, plural } = requireKind(kindName)
      const path = `/v1/${plural}/${encodeURIComponent(id)}`
      const query = queryOf(options)
      return withClient(url, async (client) => {
        if (history) return showHistory(client, path, `${name} ${id}`, query, raw)
        const answer = await json<EntityAnswer>(client, address(path, query))
        return raw ? put(`${JSON.stringify(answer)}\n`) : showEntity(answer)
      })
    })
}
