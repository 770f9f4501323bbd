import { z } from 'zod'
import { id, printedDate, text } from './text.ts'

const written = z.strictObject({ name: text, id: id.optional() })

/**
 * A person, organization, unit or office, named as the source writes it; `id` links `actors/{id}` and is not checked.
 * Just the name may be written; `{ name }` is what is stored.
 */
export const actor = z
  .union([text.transform((name): z.output<typeof written> => ({ name })), written])
  .meta({ id: 'Actor', description: 'A person, organization, unit or office, as the source writes it' })

export type Actor = z.output<typeof written>

/** An office or function, such as leader of Los Choneros. `from` and `until` are as told: shown, never computed with. */
export const role = z
  .strictObject({
    title: text,
    of: actor.optional(),
    from: printedDate.optional(),
    until: printedDate.optional(),
  })
  .meta({ id: 'Role', description: 'An office or function, as told' })

export type Role = z.output<typeof role>

/** By what an actor is known: its id, else its name, ignoring case. */
export const actorKey = (of: Actor): string => (of.id ?? of.name).toLowerCase()

/** By what a role is known: its title, and of what it is one. */
export const roleKey = (of: Role): string => JSON.stringify([of.title, of.of ? actorKey(of.of) : null])
