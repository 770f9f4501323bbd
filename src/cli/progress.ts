import { millisecondsOf } from '../time/instant.ts'

/** One line on standard error that says how far a file is read, if that is a terminal. */
export type Progress = {
  /** So many bytes more were read. */
  read: (bytes: number) => void
  /** One line more is done. */
  line: () => void
  /** Clears the line, for whatever else is printed: it comes back by itself. */
  hide: () => void
  end: () => void
}

const silent: Progress = { read: () => {}, line: () => {}, hide: () => {}, end: () => {} }

const size = (bytes: number): string =>
  bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`

/** How much of something is done, from 0 to 1, as it is drawn. */
export const bar = (share: number): string => {
  const full = Math.round(share * 20)
  return `${'█'.repeat(full)}${'░'.repeat(20 - full)} ${String(Math.floor(share * 100)).padStart(3)} %  `
}

/** Clears the line of a terminal. */
export const clear = '\r\u001B[2K'

/** Follows a file of so many bytes; null: nobody knows how many. */
export const createProgress = async (total: number | null): Promise<Progress> => {
  const { stderr } = process
  if (!stderr.isTTY) return silent
  const { clock } = await import('../main.ts')
  const start = millisecondsOf(clock())
  let bytes = 0
  let lines = 0
  const draw = () => {
    const seconds = Math.max(0.001, (millisecondsOf(clock()) - start) / 1000)
    const rate = `${Math.round(lines / seconds).toLocaleString('en')} lines/s`
    const share = total === null || total === 0 ? '' : bar(Math.min(1, bytes / total))
    const text = `${share}${size(bytes)}  ${lines.toLocaleString('en')} lines  ${rate}`
    stderr.write(clear + text.slice(0, Math.max(20, stderr.columns - 1)))
  }
  const timer = setInterval(draw, 200)
  return {
    read: (more) => void (bytes += more),
    line: () => void lines++,
    hide: () => void stderr.write(clear),
    end: () => {
      clearInterval(timer)
      stderr.write(clear)
    },
  }
}
