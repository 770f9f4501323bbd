/** Things in the order in which they were touched last. */
export type Recent<Thing> = {
  /** Takes a thing in, as touched just now. */
  enter(thing: Thing): Place<Thing>
  touch(place: Place<Thing>): void
  leave(place: Place<Thing>): void
  /** What was touched longest ago; null: nothing is there. */
  oldest(): Thing | null
}

/** Where a thing is among the others. */
export type Place<Thing> = { thing: Thing; older: Place<Thing> | null; newer: Place<Thing> | null }

export const createRecent = <Thing>(): Recent<Thing> => {
  let oldest: Place<Thing> | null = null
  let newest: Place<Thing> | null = null
  const link = (place: Place<Thing>) => {
    place.older = newest
    place.newer = null
    if (newest) newest.newer = place
    else oldest = place
    newest = place
  }
  const leave = (place: Place<Thing>) => {
    const { older, newer } = place
    if (older) older.newer = newer
    else oldest = newer
    if (newer) newer.older = older
    else newest = older
    // What is forgotten may lie among what lasts for a while, and would hold on to all that came after it.
    place.older = null
    place.newer = null
  }
  return {
    enter: (thing) => {
      const place = { thing, older: null, newer: null }
      link(place)
      return place
    },
    touch: (place) => {
      if (place === newest) return
      leave(place)
      link(place)
    },
    leave,
    oldest: () => oldest?.thing ?? null,
  }
}
