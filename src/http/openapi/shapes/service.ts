import { z } from 'zod'
import { count, position } from './scalar.ts'

const logHealth = z
  .strictObject({
    isFollowing: z
      .boolean()
      .describe('Whether what is recorded elsewhere comes in; without, nothing can be written'),
    isFilled: z
      .boolean()
      .describe(
        'Whether all that it had was here at some time; until then only this and the health can be read',
      ),
    lastError: z.string().nullable().describe('The last thing that went wrong there'),
  })
  .optional()
  .describe('How a log on a server is. Absent where the log is a file')

const lagMs = count.describe(
  'How long ago the first event was recorded that is not in the answers; 0: all are',
)

export const projections = z
  .strictObject({
    position: position.describe('The answers have every event up to here'),
    head: position.describe('Of the newest event of the log'),
    lagMs,
    status: z
      .enum(['live', 'rebuilding', 'stopped'])
      .describe('Stopped: they no longer follow the log, and `lastError` says why'),
    progress: z
      .strictObject({
        position,
        head: position,
        share: z.number().min(0).max(1).describe('How much of the work is done'),
        eventsPerSecond: count.nullable(),
        secondsLeft: count.nullable(),
      })
      .optional()
      .describe('How far what is made anew has come'),
    fingerprint: z.string().describe('Of what the answers are made with'),
    unknownTypes: z
      .record(z.string(), count)
      .describe('How many events are of types that this version does not know, by type'),
    lastError: z.string().nullable(),
    log: logHealth,
  })
  .meta({ id: 'Projections', description: 'How far the read model is, and whether it is being made anew' })

export const health = z.strictObject({ status: z.literal('ok') }).meta({ id: 'Health' })

export const readiness = z
  .strictObject({
    status: z.literal('ready'),
    position: position
      .optional()
      .describe('Not told to whoever needs a key and has none, nor is what follows'),
    lagMs: lagMs.optional(),
    log: logHealth,
  })
  .meta({ id: 'Readiness' })
