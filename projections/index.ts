import { actor } from './actor.ts'
import { deployment } from './deployment.ts'
import { designation } from './designation.ts'
import { emergency } from './emergency.ts'
import { fugitive } from './fugitive.ts'
import { incident } from './incident.ts'
import { meeting } from './meeting.ts'
import { operation } from './operation.ts'
import { order } from './order.ts'
import { type Projection, unknownKind } from './projection.ts'
import { statement } from './statement.ts'
import { travel } from './travel.ts'

/** Every projection, one a kind. */
export const projections: readonly Projection[] = [
  emergency,
  fugitive,
  deployment,
  designation,
  incident,
  operation,
  order,
  meeting,
  travel,
  statement,
  actor,
]

const byKind = new Map(projections.map((projection) => [projection.kind.name, projection]))

/** The projection of a kind. One that is not of the registry has events that mean nothing here. */
export const projectionOf = (kind: string): Projection => byKind.get(kind) ?? unknownKind

/** The named questions: which kind, and which statuses, answer each. */
export const questions: ReadonlyMap<string, { projection: Projection; statuses: readonly string[] }> =
  new Map(
    projections.flatMap((projection) =>
      Object.entries(projection.questions).map(
        ([name, statuses]) => [name, { projection, statuses }] as const,
      ),
    ),
  )
