/** Whether two values have the same text as JSON, their fields in the same order. What is one object is not looked into. */
export const isAlike = (one: unknown, other: unknown): boolean => {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one)) return Array.isArray(other) && areAlike(one, other)
  // Their values first: what is unlike shows there, and costs no list of names.
  for (const name in one) {
    const value = (one as Record<string, unknown>)[name]
    const otherValue = (other as Record<string, unknown>)[name]
    if (value !== otherValue && !isAlike(value, otherValue)) return false
  }
  return areAlike(Object.keys(one), Object.keys(other))
}

/** Whether two lists are alike, item by item. */
export const areAlike = (one: readonly unknown[], other: readonly unknown[]): boolean => {
  if (one.length !== other.length) return false
  for (let place = 0; place < one.length; place++) if (!isAlike(one[place], other[place])) return false
  return true
}
