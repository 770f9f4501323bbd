/**
 * About how many bytes a value of JSON has as a text: what is kept of many must be bounded by what it holds, and writing
 * it as a text only to know that would cost more than all else that is done with it.
 */
export const weightOf = (value: unknown): number => {
  if (typeof value === 'string') return value.length + 2
  if (typeof value !== 'object' || value === null) return 5
  if (Array.isArray(value)) {
    let weight = 2
    for (let place = 0; place < value.length; place++) weight += weightOf(value[place]) + 1
    return weight
  }
  let weight = 2
  for (const name in value) weight += name.length + 4 + weightOf((value as Record<string, unknown>)[name])
  return weight
}
