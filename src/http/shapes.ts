import { z } from 'zod'
import { type ErrorCode, LedgerError } from '../errors.ts'
import { allKinds } from '../vocabulary/index.ts'
import { actor } from '../vocabulary/party.ts'
import { place } from '../vocabulary/place.ts'
import { recorded } from '../vocabulary/recorded.ts'
import { source } from '../vocabulary/source.ts'
import { text } from '../vocabulary/text.ts'
import { problemOf } from './problem.ts'

/** The words of a name, each with a capital: `revision_conflict` is `RevisionConflict`. */
export const pascal = (name: string): string =>
  name
    .split(/[-_ ]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

// The shapes of answers, exact: each under the name that the OpenAPI document gives it, with what it means.

const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'must be an instant as the ledger writes it')
  .meta({ id: 'Instant', description: 'A moment in UTC, to the millisecond, always in this one spelling' })

const position = z.number().int().min(0).meta({
  id: 'Position',
  description: 'A place in the whole log: compare, never compute. 0 is before the first event',
})

const count = z.number().int().min(0)
const revision = count
const eventId = z.uuid().describe('The id of an event')
const cursor = z.string().nullable().describe('The `cursor` of the next page; null: this is the last')

export const moment = recorded.shape.when.unwrap().meta({
  id: 'Moment',
  description:
    'One moment, exactly known or not: as written, and the window it means, both ends included. `text` null: it was ' +
    'not given; `earliest` null: before everything',
})

const recordedActor = actor.options[1].meta({
  id: 'RecordedActor',
  description: 'A person, organization, unit or office; `id` links `/v1/actors/{id}`',
})

const recordedSource = source.extend({ speaker: recordedActor.optional() }).meta({
  id: 'RecordedSource',
  description: 'Who asserts it, where, and by which chain it reached the ledger',
})

export const event = recorded
  .safeExtend({ position, when: moment.optional(), source: recordedSource.optional() })
  .meta({
    id: 'Event',
    description:
      'An immutable record: a source asserted something. One about another event has no `when` of its own',
  })

const { id: _id, revision: _revision, recordedAt: _recordedAt, position: _position, ...drafted } = event.shape

const draft = z.strictObject(drafted).meta({ id: 'Draft', description: 'An event as it would be recorded' })

export const state = z.looseObject({ status: text, title: text, places: z.array(place) }).meta({
  id: 'State',
  description:
    "What is known of an entity: these, and the fields of its kind's events. Unknown is null, or an empty list",
})

const candidates = z.array(state.nullable()).describe('The states it may be in; null: none')

const rowFields = {
  kind: text,
  id: text,
  revision: revision.describe('Of its newest event: what `If-Match` takes'),
  crisis: z.array(text),
  certainty: z
    .enum(['certain', 'possible'])
    .describe('Whether every candidate satisfies the question, or only some'),
  state: state.nullable(),
  otherwise: candidates.describe('The other states it may be in'),
  disputed: z.boolean().describe('A source says otherwise'),
  flagged: z.boolean().describe('It rests on an event that its lifecycle does not allow where it stands'),
}

export const row = z.strictObject(rowFields).meta({ id: 'Row', description: 'One entity at one coordinate' })

export const counts = z
  .record(z.string(), z.strictObject({ certain: count, possible: count }))
  .meta({ id: 'Counts', description: 'How many have a status: certainly, and possibly but not certainly' })

const at = {
  asOf: instant.describe('What held in the world then'),
  knownAt: instant.nullable().describe('As far as the ledger knew then; null: nothing was recorded'),
  zone: z.string().describe('The time zone in which dates were read'),
  position: position.describe('The position that `knownAt` means'),
}

const rows = z.array(row)

export const list = z
  .strictObject({ ...at, rows, counts, next: cursor })
  .meta({ id: 'List', description: 'Entities of a kind, ordered by id' })

const ofKind = z.strictObject({
  counts,
  rows,
  next: cursor.describe("The `cursor` of the kind's list; null: these are all"),
})

const ofKinds = z.strictObject(Object.fromEntries(allKinds.map(({ plural }) => [plural, ofKind])))

export const picture = z
  .strictObject({ ...at, kinds: ofKinds })
  .meta({ id: 'Picture', description: 'Every kind at one coordinate' })

const ids = z.array(eventId)

const because = z
  .union([
    z.strictObject({
      eventId,
      type: text,
      when: moment,
      source: recordedSource.optional(),
      note: text.optional(),
      flagged: z.boolean(),
      correctedBy: ids,
      disputedBy: ids,
      corroboratedBy: ids,
      why: z
        .enum(['retracted', 'undecided', 'later'])
        .optional()
        .describe('Why it does not count; only in `aside`'),
    }),
    z.strictObject({
      lapse: text.describe('The status that time brought'),
      earliest: instant.nullable(),
      latest: instant,
    }),
  ])
  .meta({
    id: 'Because',
    description: 'An event, or a lapse, that makes a row as it is; or an event that does not count',
  })

const bounds = z.strictObject({ earliest: instant.nullable(), latest: instant.nullable() }).nullable()

export const entity = z
  .strictObject({
    ...at,
    ...rowFields,
    since: bounds.describe('Since when it has this status'),
    until: bounds.describe('Until when; null: open, or there is no state'),
    basis: z.array(because).describe('What makes it so, in order'),
    aside: z.array(because).describe('What does not count here, and why'),
  })
  .meta({ id: 'Entity', description: 'One entity at one coordinate, and why it is so' })

export const history = z
  .strictObject({
    ...at,
    versions: z.array(z.strictObject({ from: instant.nullable(), to: instant.nullable(), candidates })),
    next: cursor,
  })
  .meta({
    id: 'History',
    description: 'The versions of an entity along valid time. `from` or `to` null: open',
  })

export const knowledge = z
  .strictObject({
    ...at,
    versions: z.array(
      z.strictObject({
        fromPosition: position,
        toPosition: position.nullable(),
        fromRecordedAt: instant,
        because: ids,
        candidates,
      }),
    ),
    next: cursor,
  })
  .meta({
    id: 'Knowledge',
    description: 'How knowledge of one moment changed. `toPosition` is exclusive; null: open',
  })

const change = z
  .strictObject({
    kind: text,
    id: text,
    change: z.enum(['added', 'changed', 'removed']),
    before: row.nullable(),
    after: row.nullable(),
    because: z.array(z.union([eventId, z.strictObject({ lapse: text })])),
  })
  .meta({ id: 'Change', description: 'How a row differs, and the events or the lapse that did it' })

export const replayMoment = z
  .strictObject({
    at: instant,
    asOf: instant,
    knownAt: instant.nullable(),
    position,
    changes: z.array(change),
  })
  .meta({ id: 'ReplayMoment', description: 'A moment at which rows changed' })

const coordinate = z
  .strictObject(at)
  .meta({ id: 'At', description: 'A coordinate: what held at `asOf`, as known at `position`' })

export const diff = z
  .strictObject({
    from: coordinate,
    to: coordinate,
    knowledge: z.array(change).describe('To the same `asOf` as known at the other position'),
    world: z.array(change).describe('From there to the other `asOf`'),
    next: cursor,
  })
  .meta({ id: 'Diff', description: 'What changed in our knowledge, then in the world' })

export const foundVersion = z
  .strictObject({ kind: text, id: text, from: instant, to: instant.nullable(), candidates })
  .meta({ id: 'FoundVersion', description: 'A version, and whose it is. `to` null: open' })

export const versions = z
  .strictObject({ ...at, versions: z.array(foundVersion), next: cursor })
  .meta({ id: 'Versions', description: 'The versions that overlap a window of valid time' })

const changes = z.array(change)

export const streamedPicture = z
  .strictObject({ ...at, kinds: ofKinds.partial() })
  .meta({ id: 'StreamedPicture', description: 'The picture, of the kinds asked for' })

export const streamedEvent = event
  .safeExtend({ changes })
  .meta({ id: 'StreamedEvent', description: 'An event, and the row that it changed' })

export const streamedLapse = z.strictObject({ at: instant, asOf: instant, changes }).meta({
  id: 'StreamedLapse',
  description: 'A moment that was reached, and the rows that time alone changed',
})

export const streamDropped = z
  .strictObject({ reason: z.enum(['slow_reader', 'answers_stopped']), position })
  .meta({
    id: 'StreamDropped',
    description:
      'The last word to one who reads too slowly, or where the answers no longer follow the log, and where to go on',
  })

export const events = z
  .strictObject({
    events: z.array(event),
    next: position.nullable().describe('The `after` of the next page; null: this is the last'),
    head: position.describe('The newest position'),
  })
  .meta({ id: 'Events', description: 'Events in the order of their positions' })

const flags = z.array(z.strictObject({ eventId: z.string(), type: text, status: text.nullable() })).meta({
  id: 'Flags',
  description: 'The events that this newly makes anomalies, and the status each stands in; null: none',
})

export const receipt = z
  .strictObject({
    event,
    state: row.describe('The row when the event was recorded'),
    position,
    revision,
    flags,
  })
  .meta({ id: 'Receipt', description: 'What recording an event did: the same for ever' })

const fault = z.strictObject({ pointer: z.string().describe('JSON Pointer (RFC 6901)'), detail: z.string() })
const errors = z.array(fault).optional()

/** What a problem carries besides, by its code. */
const members: Readonly<Record<ErrorCode, z.ZodRawShape>> = {
  invalid: { errors },
  unauthorized: {},
  forbidden: {},
  not_found: { errors },
  method_not_allowed: { allow: z.array(z.string()) },
  lifecycle_violation: {
    state: state.nullable().describe('What the command met'),
    allowed: z.array(z.string()).describe('The commands allowed there'),
    decidedBy: ids.describe('The event that gave that state'),
  },
  revision_conflict: {
    revision: revision.nullable().describe('The newest revision; null: there is no such stream'),
    missed: z.array(event).max(100).describe('The events not seen yet'),
  },
  too_large: {},
  unsupported_media_type: {},
  idempotency_mismatch: {
    eventId: eventId.describe('The event that has this key'),
    difference: z.strictObject({ pointer: z.string(), was: z.unknown(), is: z.unknown() }),
  },
  unavailable: {},
  internal: {},
}

const problemShape = (code: ErrorCode) => {
  const { type, title, status } = problemOf(new LedgerError(code, ''))
  return z
    .strictObject({
      type: z.literal(type),
      title: z.literal(title),
      status: z.literal(status),
      code: z.literal(code),
      detail: z.string().describe('A sentence to act on'),
      ...members[code],
    })
    .meta({ id: `${pascal(code)}Problem`, description: title })
}

/** The problem (RFC 9457) of each code. */
export const problems = Object.fromEntries(
  Object.keys(members).map((code) => [code, problemShape(code as ErrorCode)]),
) as Record<ErrorCode, ReturnType<typeof problemShape>>

const [first, ...more] = Object.values(problems)
const problem = z
  .discriminatedUnion('code', [first!, ...more])
  .meta({ id: 'Problem', description: 'Why something is refused (RFC 9457)' })

export const dryRun = z
  .strictObject({
    event: draft.nullable().describe('Null: there is none to show'),
    before: row.nullable(),
    after: row.nullable(),
    flags,
    problem: problem.nullable().describe('Why it would be refused'),
  })
  .meta({ id: 'DryRun', description: 'What recording would do' })

export const importResult = z
  .strictObject({
    line: z.number().int().min(1),
    result: z.enum(['recorded', 'repeated', 'refused']),
    eventId: eventId.optional(),
    position: position.optional(),
    flags: flags.optional(),
    problem: problem.optional(),
  })
  .meta({ id: 'ImportResult', description: 'What became of a line' })

export const importSummary = z
  .strictObject({
    done: z.literal(true),
    lines: count,
    recorded: count,
    repeated: count,
    refused: count,
    position: position.describe('Of the newest event among the lines; 0: there is none'),
  })
  .meta({ id: 'ImportSummary', description: 'What became of a file: the last line of the answer' })

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
