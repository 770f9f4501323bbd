/**
 * The canonical JSON (RFC 8785) of a JSON value without lone surrogates: as JSON.stringify writes it, the names of every
 * object sorted by UTF-16 code units.
 */
export const canonicalJson = (value: unknown): string => {
  const names: Names = { areKept: true }
  const copy = sorted(value, names)
  return names.areKept ? JSON.stringify(copy) : written(value)
}

/** Whether all objects so far keep the order in which they are given their names. */
type Names = { areKept: boolean }

// To be written at once is worth a copy. But an object gives what reads as a number first, whenever it came.
const sorted = (value: unknown, names: Names): unknown => {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => sorted(item, names))
  const fields = value as Record<string, unknown>
  const copy: Record<string, unknown> = {}
  for (const name of inOrder(Object.keys(fields))) {
    if (isMoved.test(name)) names.areKept = false
    else copy[name] = sorted(fields[name], names)
  }
  return copy
}

const isMoved = /^\d|^__proto__$/

const few = 32

/** Sorts names by themselves. A few are sorted in their place, which leaves nothing behind. */
const inOrder = (names: string[]): string[] => {
  if (names.length > few) return names.sort()
  for (let index = 1; index < names.length; index++) {
    const name = names[index]!
    let place = index
    for (; place > 0 && names[place - 1]! > name; place--) names[place] = names[place - 1]!
    names[place] = name
  }
  return names
}

const written = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`
  const fields = value as Record<string, unknown>
  const texts = Object.keys(fields)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${written(fields[name])}`)
  return `{${texts.join(',')}}`
}
