import type { Entity } from './entity.ts'
import { grown } from './known.ts'

/** Entities as they were when each was passed last, some of them: what follows grows from there, and is not folded anew. */
export type Trail = {
  /** The entity as it was when it was passed last; undefined: it was not, or is forgotten. */
  get(stream: string): Entity | undefined
  /** Passes one of an entity's events: the entity without that and what comes after it, and with it. Null: it is the first. */
  pass(entity: Entity, revision: number): { before: Entity | null; after: Entity }
}

/** So many events have those together that are kept. */
const usual = 20_000

const firstOf = (entity: Entity, count: number): Entity => ({
  kind: entity.kind,
  id: entity.id,
  stream: entity.stream,
  reality: entity.reality,
  events: entity.events.slice(0, count),
})

/** `most`: as many events may those together have that are kept; the newest is kept whatever it has. */
export const createTrail = (most = usual): Trail => {
  // Longest ago first.
  const kept = new Map<string, Entity>()
  let events = 0

  const forget = (stream: string) => {
    const gone = kept.get(stream)
    if (!gone) return
    events -= gone.events.length
    kept.delete(stream)
  }
  const keep = (entity: Entity) => {
    forget(entity.stream)
    for (const stream of kept.keys()) {
      if (events + entity.events.length <= most) break
      forget(stream)
    }
    kept.set(entity.stream, entity)
    events += entity.events.length
  }

  return {
    get: (stream) => kept.get(stream),
    pass: (entity, revision) => {
      const last = kept.get(entity.stream)
      const before =
        revision === 0 ? null : last?.events.length === revision ? last : firstOf(entity, revision)
      const isNewest = revision === entity.events.length - 1
      const after = isNewest ? entity : grown(before ?? undefined, entity.events[revision]!)
      keep(after)
      return { before, after }
    },
  }
}
