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

/** Undefined where this Node has no foreign functions, or this system no mmap. */
const openSystem = () => {
  const emitWarning = process.emitWarning.bind(process)
  try {
    // Node warns whoever runs it that these functions may change; but it is pinned, and without them files are read.
    process.emitWarning = () => undefined
    const { dlopen, toBuffer } = process.getBuiltinModule('node:ffi')
    return { ...dlopen(null, signatures).functions, toBuffer }
  } catch {
    return undefined
  } finally {
    process.emitWarning = emitWarning
  }
}

let system: ReturnType<typeof openSystem> | null = null

/** Maps so many bytes from the beginning of a file, which may have fewer; undefined: that cannot be done here. */
export const mapFile = (file: number, bytes: number): Mapped | undefined => {
  system ??= openSystem()
  if (!system) return undefined
  const { mmap, munmap, toBuffer } = system
  const at = mmap(0n, BigInt(bytes), readable, shared, file, 0n)
  if (at === failed) return undefined
  return { memory: toBuffer(at, bytes, false), unmap: () => void munmap(at, BigInt(bytes)) }
}
