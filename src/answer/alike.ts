/** Whether two values have the same text as JSON, their fields in the same order. What is one object is not looked into. */
export const isAlike = (one: unknown, other: unknown): boolean => {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one))
    return (
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item, index) => isAlike(item, other[index]))
    )
  // Their values first: what is unlike shows there, and costs no list of names.
  for (const name in one)
    if (!isAlike((one as Record<string, unknown>)[name], (other as Record<string, unknown>)[name]))
      return false
  const [names, others] = [Object.keys(one), Object.keys(other)]
  return names.length === others.length && names.every((name, index) => name === others[index])
}
