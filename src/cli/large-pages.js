// Plain JavaScript for any Node, as the file that starts this.

/**
 * Has the allocator of Linux (glibc 2.35 and later) ask for pages of 2 MiB where the system lets it choose: what is far away in
 * memory is then found sooner, and new memory comes in larger pieces. Elsewhere nothing reads it. The allocator reads it only when
 * a process starts: https://sourceware.org/glibc/manual/latest/html_node/Memory-Allocation-Tunables.html
 */
export const largePages = { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' }

/** Starts anew in the place of this process, with large pages, unless it was started with a setting of its own. */
export const startWithLargePages = () => {
  if (process.platform !== 'linux' || process.env.GLIBC_TUNABLES !== undefined) return
  const words = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  try {
    process.execve(process.execPath, words, { ...process.env, ...largePages })
  } catch {
    // Where that may not be, it is as fast as it was.
  }
}
