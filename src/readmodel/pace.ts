/**
 * How far what is made from the log has come, and how fast it comes on; null: that cannot be said yet. `position`: everything
 * up to it is made, which in a log that is made stream by stream may be said late. `share`: how much of the work is done.
 */
export type Progress = {
  position: number
  head: number
  share: number
  eventsPerSecond: number | null
  secondsLeft: number | null
}

/** How far what is made has come, as a sentence says it. `head`: the log's, where nothing is said yet. */
export const inWords = (progress: Progress | null, head: number): string => {
  if (!progress || progress.eventsPerSecond === null)
    return `position ${progress?.position ?? 0} of ${progress?.head ?? head}`
  const { share, eventsPerSecond, secondsLeft } = progress
  return `${Math.floor(share * 100)} % of it, ${eventsPerSecond.toLocaleString('en')} events a second, about ${secondsLeft} s to go`
}

/** How far: up to which position of a log, with how many events, and which share of the work is done, from 0 to 1. */
export type Reach = { position: number; head: number; events: number; share: number }

/** Tells of each reach how fast it was come to from the first. `ticks`: a clock in milliseconds. */
export const createPace = (ticks: () => number) => {
  let first: { events: number; share: number; at: number } | null = null
  return ({ position, head, events, share }: Reach): Progress => {
    first ??= { events, share, at: ticks() }
    const seconds = (ticks() - first.at) / 1000
    const isOn = seconds > 0 && events > first.events && share > first.share
    return {
      position,
      head,
      share: Math.floor(share * 1000) / 1000,
      eventsPerSecond: isOn ? Math.round((events - first.events) / seconds) : null,
      secondsLeft: isOn ? Math.ceil(((1 - share) / (share - first.share)) * seconds) : null,
    }
  }
}
