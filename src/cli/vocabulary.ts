import type { Command } from 'commander'
import { projectionOf } from '../../projections/index.ts'
import { LedgerError } from '../errors.ts'
import { allKinds } from '../vocabulary/index.ts'
import { fieldName, fields, isRequired } from '../vocabulary/field.ts'
import type { Kind } from '../vocabulary/kind.ts'
import { metaCommands } from '../vocabulary/meta.ts'
import { requireKind } from './kind.ts'
import { table, wrapped } from './table.ts'
import { columns, say, toned } from './terminal.ts'

const source = { publisher: 'Ministry of the Interior', medium: 'official_statement' }

const statusesOf = (kind: Kind): string => {
  const { statuses, active } = projectionOf(kind.name)
  return statuses.map((status) => (active.includes(status) ? `${status} (active)` : status)).join(', ')
}

const paragraph = async (text: string): Promise<void> => {
  for (const line of wrapped(text, columns())) await say(line)
}

const showAll = async (): Promise<void> => {
  const rows = allKinds.map(({ name, plural, about, commands }) => [
    [name],
    [plural],
    [about],
    [[...commands.keys()].join(', ')],
  ])
  for (const line of table(['kind', 'plural', 'about', 'commands'], rows, columns())) await say(line)
  await say('\nAbout an earlier event, by its id or <stream>#<key>:\n')
  const metas = Object.entries(metaCommands).map(([name, { event, about }]) => [[name], [event], [about]])
  for (const line of table(['command', 'event', 'about'], metas, columns())) await say(line)
  await say('\ncrisis-ledger vocabulary <kind> lists its fields, and with <command> an example.')
}

const showKind = async (kind: Kind): Promise<void> => {
  const { name, about, types, definition } = kind
  await say(`${toned(name, 'strong')}  ${about}`)
  await paragraph(`statuses: ${statusesOf(kind)}`)
  if (types) await paragraph(`types: ${types.join(', ')}`)
  await say()
  const rows = Object.entries(definition.commands).map(([command, { event, about, data, exactlyOne }]) => [
    [command],
    [event],
    [about],
    [
      data.map((spec) => (isRequired(spec) ? `${fieldName(spec)}!` : fieldName(spec))).join(', '),
      ...(exactlyOne ? [`one of ${exactlyOne.map(fieldName).join(', ')}`] : []),
    ],
  ])
  for (const line of table(['command', 'event', 'about', 'data (! is required)'], rows, columns()))
    await say(line)
  const names = [...new Set(Object.values(definition.commands).flatMap(({ data }) => data.map(fieldName)))]
  await say()
  const described = names.flatMap((field) =>
    field === 'type' ? [] : [[[field], [fields[field].about], [JSON.stringify(fields[field].example)]]],
  )
  for (const line of table(['field', 'about', 'example'], described, columns())) await say(line)
}

const showCommand = async (kind: Kind, name: string): Promise<void> => {
  const command = kind.commands.get(name)
  if (!command)
    throw new LedgerError(
      'not_found',
      `There is no command "${name}" for ${kind.plural}. They take: ${[...kind.commands.keys()].join(', ')}.`,
    )
  const body = { when: '2024-01-08', zone: 'America/Guayaquil', source, data: command.example }
  await say(`${toned(`${kind.name} ${name}`, 'strong')} → ${command.event}  ${command.about}\n`)
  await say(`crisis-ledger record ${kind.name} ${kind.example} ${name} --body - <<'END'`)
  await say(JSON.stringify(body, null, 2))
  await say('END')
}

/** `vocabulary`: the kinds, their commands and fields, from the registry. */
export const addVocabulary = (program: Command): void => {
  program
    .command('vocabulary')
    .argument('[kind]', 'a kind, for its statuses, commands and fields')
    .argument('[command]', 'one of its commands, for an example')
    .description('what can be recorded: kinds, commands and their fields')
    .action(async (kindName: string | undefined, commandName: string | undefined) => {
      if (kindName === undefined) return showAll()
      const kind = requireKind(kindName)
      await (commandName === undefined ? showKind(kind) : showCommand(kind, commandName))
    })
}
