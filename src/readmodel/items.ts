/**
 * What is made of each item of a list. What was made of those that were in another list, in the same order, is not made
 * again.
 */
export const itemsOf = <Made>(
  values: readonly unknown[],
  others: readonly unknown[] | null,
  known: readonly Made[] | null,
  make: (value: unknown) => Made,
): Made[] => {
  let next = 0
  return values.map((value) => {
    const place = others ? others.indexOf(value, next) : -1
    if (place < 0) return make(value)
    next = place + 1
    return known![place]!
  })
}
