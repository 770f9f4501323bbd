import { setTimeout as pause } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import type { Change, ReplayMoment } from '../answer/replay.ts'
import type { Row } from '../answer/row.ts'
import type { At } from '../http/at.ts'
import { millisecondsOf } from '../time/instant.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { address, type Client, json, linesOf, ndjson, withClient } from './client.ts'
import { sourceText } from './giver.ts'
import { localText } from './moments.ts'
import { addCoordinate, addFilters, optionsOf, positive, queryOf } from './options.ts'
import { rowText } from './rows.ts'
import { wrapped } from './table.ts'
import { columns, plain, put, say, toned } from './terminal.ts'

type Options = {
  axis?: string
  from?: string
  to?: string
  kinds?: string
  zone?: string
  speed?: number
  json?: true
}

type Played = Omit<ReplayMoment, 'position'> & Pick<At, 'knownAt' | 'position'>

/** Waits as long as lies between two moments at so many seconds of history a second. */
const paceTo = async (before: string, at: string, speed: number): Promise<void> => {
  let left = (millisecondsOf(at) - millisecondsOf(before)) / speed
  // A timer takes at most 2^31 − 1 ms.
  for (; left > 0; left -= 2 ** 30) await pause(Math.min(left, 2 ** 30))
}

const signs = { added: '+', changed: '~', removed: '-' } as const

/** The fields in which two rows differ whose words are the same. */
const respects = (before: Row, after: Row): string => {
  const [was, is] = [before.state ?? {}, after.state ?? {}] as Record<string, unknown>[]
  const names = Object.keys({ ...was, ...is }).filter(
    (name) => JSON.stringify(was![name]) !== JSON.stringify(is![name]),
  )
  return names.length > 0 ? `other ${names.join(', ')}` : 'one event more about it'
}

const changeText = ({ before, after }: Change): string => {
  if (before === null) return rowText(after)
  if (after === null) return `no longer among these rows, was ${rowText(before)}`
  const [was, is] = [rowText(before), rowText(after)]
  return was === is ? `${is}, ${respects(before, after)}` : `${was} → ${is}`
}

/** Events by id, each asked for once. */
const eventFinder = (client: Client) => {
  const found = new Map<string, Promise<Event>>()
  return (id: string): Promise<Event> => {
    const event = found.get(id) ?? json<Event>(client, `/v1/events/${id}`)
    found.set(id, event)
    return event
  }
}

const show = async (moment: Played, zone: string, axis: string, event: (id: string) => Promise<Event>) => {
  const known = axis === 'known' ? ` (position ${moment.position})` : ''
  await say(toned(localText(moment.at, zone), 'strong') + known)
  for (const change of moment.changes) {
    const title = (change.after ?? change.before)?.state?.title
    const name = `${change.kind} ${change.id}`
    const text = `${signs[change.change]} ${name}${title === undefined ? '' : `, ${plain(title)}`}: ${changeText(change)}`
    for (const [index, line] of wrapped(text, columns() - 4).entries())
      await say(`  ${index > 0 ? '  ' : ''}${line}`)
    for (const one of change.because) {
      if (typeof one !== 'string') {
        await say(`      ${toned(`${one.lapse} by itself`, 'quiet')}`)
        continue
      }
      const { type, source } = await event(one)
      for (const line of wrapped(`${type}: ${sourceText(source)}`, columns() - 6))
        await say(`      ${toned(line, 'quiet')}`)
    }
  }
}

const replay = async (client: Client, options: Options): Promise<void> => {
  const { axis = 'valid', from, to, kinds, speed } = options
  const path = address('/v1/replay', { axis, from, to, kinds, ...queryOf(options) })
  const response = await client.fetch(path, { headers: { accept: ndjson } })
  // Read whole before it is paced: a connection that is silent for minutes may be cut.
  const moments: string[] = []
  for await (const line of linesOf(response)) moments.push(line)
  // The moments do not repeat the zone; any other answer does.
  const { zone } = await json<At>(client, address('/v1/actors', { zone: options.zone, limit: 1 }))
  const event = eventFinder(client)
  let before: string | null = null
  for (const line of moments) {
    const moment = JSON.parse(line) as Played
    if (speed !== undefined && before !== null) await paceTo(before, moment.at, speed)
    before = moment.at
    await (options.json ? put(`${line}\n`) : show(moment, zone, axis, event))
  }
}

/** `replay`: history played back, each moment at which something changed. */
export const addReplay = (program: Command): void => {
  const command = program
    .command('replay')
    .description('history played back: each moment, what changed, and because of what')
    .addOption(
      new Option('--axis <axis>', 'the clock that runs: of the world (default), or of knowledge').choices([
        'valid',
        'known',
      ]),
    )
    .option(
      '--from <moment>',
      'the first moment: an instant, a date or a month; with --axis known also a position',
    )
    .option('--to <moment>', 'the last moment, likewise')
    .option('--speed <number>', 'seconds of history per second (default: at once)', positive)
    .option('--kinds <list>', 'kinds joined by commas (default: all)')
  addFilters(addCoordinate(command))
    .option('--json', 'each moment as a line of JSON')
    .action((_own: unknown, self: Command) => {
      const options = optionsOf<Options>(self)
      return withClient(options.url, (client) => replay(client, options))
    })
}
