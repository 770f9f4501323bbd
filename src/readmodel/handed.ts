import type { Kept } from './file.ts'

/** All that is kept, as one thread hands it to another: its numbers are not copied, and whoever gives them has none after. */
export type Handed = {
  columns: Readonly<Record<string, { memory: ArrayBuffer; length: number }>>
  texts: Kept['texts']
}

/** What is kept, to be handed over. */
export const handed = ({ columns, texts }: Kept): Handed => ({
  columns: Object.fromEntries(
    Object.entries(columns).map(([name, { values, length }]) => [
      name,
      { memory: values.buffer as ArrayBuffer, length },
    ]),
  ),
  texts,
})

/** What is moved to whoever receives it. */
export const movedOf = ({ columns }: Handed): ArrayBuffer[] =>
  Object.values(columns).map(({ memory }) => memory)

/** Takes what another thread kept into empty columns and lists. */
export const receive = (kept: Kept, { columns, texts }: Handed): void => {
  for (const [name, column] of Object.entries(kept.columns)) {
    const { memory, length } = columns[name]!
    column.have(memory, length)
  }
  for (const [name, list] of Object.entries(kept.texts)) for (const text of texts[name]!) list.push(text)
}
