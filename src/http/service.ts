import type { Ledger } from '../ledger/ledger.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { EventsTable } from '../log/events.ts'
import type { Model } from '../readmodel/model.ts'
import type { Progress } from '../readmodel/pace.ts'
import type { Rebuild } from '../readmodel/rebuild.ts'
import type { OutboxLimits } from './outbox.ts'

/** How a stream treats its readers. Times are in milliseconds. */
export type StreamSettings = OutboxLimits & {
  /** How often one with nothing to tell shows that it is there. */
  heartbeat: number
  /** How long a reader who was dropped may take to read the last word. */
  patience: number
}

/** What the routes stand on. */
export type Service = {
  ledger: Ledger
  model: Model
  table: EventsTable
  /** The zone of dates in questions that name none. */
  zone: string
  /** Who records, where no key says it. */
  operator: string
  /** A clock that only measures how long something takes, in milliseconds. */
  ticks: () => number
  /** Why the service cannot answer yet; null: it can. */
  notReady: () => string | null
  /** Why the answers no longer follow the log; null: they do. */
  fault: () => string | null
  /** How a log on a server is: the newest position it is known to have, and whether all of it was here once. Undefined where the log is a file here. */
  log?: () => {
    isFollowing: boolean
    isAway: boolean
    lastError: string | null
    head: number
    isFilled: boolean
  }
  /** Whether the answers are still being made from the log: only what does not need them can be asked for. */
  isCold: () => boolean
  /** How far answers have come that are made from the log; null: none are. */
  progress: () => Progress | null
  rebuild: Rebuild
  /** Whose keys it takes. Without them it takes every request, and is to listen on loopback only. */
  keys?: Keyring
  /** Where streams are to treat their readers otherwise than always. */
  stream?: Partial<StreamSettings>
}
