/**
 * The canonical JSON (RFC 8785) of a JSON value without lone surrogates: as JSON.stringify writes it, the names of every
 * object sorted by UTF-16 code units.
 */
export const canonicalJson = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const fields = value as Record<string, unknown>
  let text = ''
  for (const name of Object.keys(fields).sort())
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(fields[name])}`
  return `{${text}}`
}
