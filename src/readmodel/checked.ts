/** Which of many numbers were looked at, a bit for each. */
export type Checked = { has(number: number): boolean; add(number: number): void }

/** So many numbers have their bits together; there are none where nobody looked. */
const together = 2 ** 19

export const createChecked = (): Checked => {
  const maps = new Map<number, Uint8Array>()
  const mapOf = (number: number) => maps.get(Math.floor(number / together))
  const byteOf = (number: number): number => (number % together) >> 3
  const bitOf = (number: number): number => 1 << (number & 7)
  return {
    has: (number) => {
      const map = mapOf(number)
      return map !== undefined && (map[byteOf(number)]! & bitOf(number)) > 0
    },
    add: (number) => {
      const map = mapOf(number) ?? new Uint8Array(together / 8)
      maps.set(Math.floor(number / together), map)
      map[byteOf(number)]! |= bitOf(number)
    },
  }
}
