import { actor } from './actor.ts'
import { deployment } from './deployment.ts'
import { designation } from './designation.ts'
import { emergency } from './emergency.ts'
import { fugitive } from './fugitive.ts'
import { incident } from './incident.ts'
import type { Command, Kind, KindDefinition } from './kind.ts'
import { meeting } from './meeting.ts'
import { operation } from './operation.ts'
import { order } from './order.ts'
import { statement } from './statement.ts'
import { travel } from './travel.ts'

/** The registry: every kind the ledger knows. Routes, documents, import and command line are made from it. */
export const kinds = [
  emergency,
  fugitive,
  deployment,
  designation,
  incident,
  operation,
  order,
  meeting,
  travel,
  statement,
  actor,
] as const satisfies readonly Kind<KindDefinition>[]

const byName = new Map<string, Kind>(
  kinds.map((kind): [string, Kind] => [kind.name, kind as unknown as Kind]),
)
const byPlural = new Map<string, Kind>([...byName.values()].map((kind) => [kind.plural, kind]))
const byEvent = new Map<string, { kind: Kind; command: Command }>(
  [...byName.values()].flatMap((kind) =>
    [...kind.commands.values()].map((command): [string, { kind: Kind; command: Command }] => [
      command.event,
      { kind, command },
    ]),
  ),
)

/** Every kind, in the order of the registry. */
export const allKinds: readonly Kind[] = [...byName.values()]
export const kindNamed = (name: string): Kind | undefined => byName.get(name)
export const kindOfPlural = (plural: string): Kind | undefined => byPlural.get(plural)
/** The kind and command that give events of this type. */
export const commandOf = (eventType: string): { kind: Kind; command: Command } | undefined =>
  byEvent.get(eventType)
