import { type Foreign, openForeign } from './foreign.ts'

/** A file as memory, read where the system keeps it. */
export type Mapped = {
  /** The bytes of the file. Those behind its end must not be touched before it has grown so far. */
  memory: Buffer
  /** The memory is not touched any more. */
  unmap(): void
}

const signatures = {
  mmap: { arguments: ['pointer', 'u64', 'i32', 'i32', 'i32', 'i64'], return: 'pointer' },
  munmap: { arguments: ['pointer', 'u64'], return: 'i32' },
} as const

/** `PROT_READ` and `MAP_SHARED` of mmap(2), the same on Linux and macOS, and what it gives where it fails. */
const readable = 1
const shared = 1
const failed = 2n ** 64n - 1n

let system: Foreign<typeof signatures> | undefined | null = null

/** Maps so many bytes from the beginning of a file, which may have fewer; undefined: that cannot be done here. */
export const mapFile = (file: number, bytes: number): Mapped | undefined => {
  if (system === null) system = openForeign(signatures)
  if (!system) return undefined
  const { mmap, munmap } = system.functions
  const at = mmap(0n, BigInt(bytes), readable, shared, file, 0n)
  if (at === failed) return undefined
  return { memory: system.toBuffer(at, bytes, false), unmap: () => void munmap(at, BigInt(bytes)) }
}
