/** What an entity is called: its kind, and its id within it. */
export type EntityName = { kind: string; id: string }

/**
 * The entities of these kinds, kind by kind as they are given, each kind's by id. `from`: that entity and what comes
 * after it.
 */
export function* inSequence<Named extends Pick<EntityName, 'id'>>(
  kinds: readonly string[],
  ofKind: (kind: string) => Iterable<Named>,
  from: EntityName | null,
): Generator<Named> {
  const first = from === null ? 0 : kinds.indexOf(from.kind)
  for (const [index, kind] of kinds.entries()) {
    if (index < first) continue
    const least = from !== null && index === first ? from.id : ''
    yield* [...ofKind(kind)].filter(({ id }) => id >= least).sort((a, b) => (a.id < b.id ? -1 : 1))
  }
}
