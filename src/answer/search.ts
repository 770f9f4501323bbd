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
