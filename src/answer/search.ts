/**
 * The first place, of so many, from which on something is true; all of them, if it is true nowhere. Whoever asks has
 * what is looked at in an order in which it is true for none before that place and for all after it.
 */
export const firstPlace = (places: number, isTrueAt: (place: number) => boolean): number => {
  let low = 0
  let high = places
  while (low < high) {
    const middle = (low + high) >> 1
    if (isTrueAt(middle)) high = middle
    else low = middle + 1
  }
  return low
}

/** The item before a place in a list; undefined: nothing is. To ask a list for what lies outside of it is slow. */
export const itemBefore = <Item>(list: readonly Item[], place: number): Item | undefined =>
  place > 0 ? list[place - 1] : undefined
