import type { z } from 'zod'
import { type DataOf, dataSchema, exampleData, type FieldSpec, type StateFields } from './field.ts'

/** A request to record one event: the event it gives, what it says in one line, and the fields it carries. */
export type CommandDefinition = {
  event: string
  about: string
  data: readonly FieldSpec[]
  /** Of these fields one must be given, and only one. */
  exactlyOne?: readonly FieldSpec[]
}

/** What a stream is about. The order of `commands` is the order of its life, and breaks ties of time. */
export type KindDefinition = {
  name: string
  plural: string
  about: string
  example: string
  types?: readonly string[]
  commands: Readonly<Record<string, CommandDefinition>>
}

/** A command as routes, documents, import, command line and forms need it. */
export type Command = {
  name: string
  event: string
  about: string
  schema: z.ZodType<Record<string, unknown>>
  example: Record<string, unknown>
}

export type Kind<D extends KindDefinition = KindDefinition> = Omit<D, 'commands'> & {
  definition: D
  commands: ReadonlyMap<string, Command>
}

export type CommandName<D extends KindDefinition> = keyof D['commands'] & string
type Types<D extends KindDefinition> = D['types'] extends readonly string[] ? D['types'][number] : never
/** The data of the event a command gives. */
export type CommandData<D extends KindDefinition, C extends CommandName<D>> = DataOf<
  D['commands'][C]['data'],
  Types<D>
>
/** Every field of a kind's events, as a state keeps them. */
export type KindFields<D extends KindDefinition> = StateFields<
  D['commands'][CommandName<D>]['data'][number],
  Types<D>
>

const compile = (name: string, command: CommandDefinition, types: readonly string[]): Command => {
  const { event, about, data, exactlyOne } = command
  const object = dataSchema(data, types)
  const schema = exactlyOne
    ? object.refine(
        (given) => exactlyOne.filter((one) => given[one] !== undefined).length === 1,
        `needs exactly one of: ${exactlyOne.join(', ')}`,
      )
    : object
  const shown = exactlyOne ? data.filter((spec) => !exactlyOne.slice(1).includes(spec)) : data
  return { name, event, about, schema, example: exampleData(shown, types) }
}

/** Defines a kind. Its names are what is stored: never rename or remove one, add another. */
export const defineKind = <const D extends KindDefinition>(definition: D): Kind<D> => ({
  ...definition,
  definition,
  commands: new Map(
    Object.entries(definition.commands).map(([name, command]) => [
      name,
      compile(name, command, definition.types ?? []),
    ]),
  ),
})
