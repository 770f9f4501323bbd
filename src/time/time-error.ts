/** A time that cannot be read or does not exist. The message is a sentence a person can act on. */
export class TimeError extends Error {
  override name = 'TimeError'
}

/** A text as a message shows it: quoted, with control characters escaped, and cut when it is long. */
export const quoted = (text: string): string =>
  text.length <= 60 ? JSON.stringify(text) : `${JSON.stringify(text.slice(0, 60))} and more`
