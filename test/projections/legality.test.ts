import { describe, expect, test } from 'vitest'
import { projectionOf, projections, questions } from '../../projections/index.ts'
import type { State } from '../../projections/projection.ts'
import type { Told } from '../../projections/told.ts'
import { recorded } from '../given.ts'

/**
 * What may follow what. `◦` marks a claim; `from → to` and `from =` (keeps the status) are where the event is legal.
 * Elsewhere it still applies: an act gives its status, a claim keeps what is there. `any` is all but `none` and the
 * status it gives. After `active`, the statuses that are; after `ended`, the others; `final`: nothing follows.
 */
const lifecycles: Record<string, string> = {
  emergency: `
    active           announced, in_force
    ended            lifted, annulled, superseded, abandoned, expired
    final            annulled
    announce ◦       none, abandoned → announced; announced, in_force =
    abandon ◦        announced → abandoned
    declare          none, announced, abandoned → in_force
    extend           in_force → in_force
    amend            announced, in_force =
    uphold           in_force, lifted, expired =
    lift             in_force → lifted
    supersede        in_force → superseded
    annul            in_force, lifted, superseded, expired → annulled`,
  fugitive: `
    active           missing, reported_escaped, at_large
    ended            recaptured, surrendered, not_escaped, dead, extradited, released
    notice-absence ◦ none, not_escaped → missing; active =
    report-escape ◦  none, missing, not_escaped → reported_escaped; reported_escaped, at_large =
    confirm-escape   none, missing, reported_escaped, not_escaped → at_large
    deny-escape ◦    none, missing, reported_escaped → not_escaped; not_escaped =
    sight            active =
    recapture        active, not_escaped → recaptured
    surrender        active, not_escaped → surrendered
    report-death     any =
    extradite        recaptured, surrendered → extradited
    release          recaptured, surrendered, extradited, not_escaped → released
    confirm-death    any → dead`,
  deployment: `
    active           ordered, en_route, on_site
    ended            withdrawn, countermanded
    order ◦          none, countermanded → ordered; active =
    countermand ◦    ordered → countermanded
    depart           none, ordered, countermanded → en_route
    arrive           none, ordered, en_route, countermanded → on_site
    resize           active =
    redeploy         ordered =; en_route, on_site → en_route
    withdraw         en_route, on_site → withdrawn`,
  designation: `
    active           designated
    ended            revoked, annulled
    final            annulled
    designate        none, revoked → designated
    add-member       designated =
    remove-member    designated =
    revoke           designated → revoked
    annul            designated, revoked → annulled`,
  incident: `
    active           reported, confirmed, contained
    ended            ended, dismissed
    report ◦         none, dismissed → reported; active =
    confirm          none, reported, dismissed → confirmed
    report-figure ◦  none → reported; active, ended =
    contain          reported, confirmed → contained
    end              active → ended
    dismiss ◦        reported → dismissed; dismissed =`,
  operation: `
    active           ordered, running
    ended            ended, cancelled
    order ◦          none, cancelled → ordered; active =
    cancel ◦         ordered → cancelled
    start            none, ordered, cancelled → running
    report-finding   none, ordered → running; running, ended =
    end              active → ended`,
  order: `
    active           issued
    ended            executed, rescinded, superseded
    issue ◦          none → issued; issued, executed =
    execute          issued → executed
    rescind          issued, executed → rescinded
    supersede        issued, executed → superseded`,
  meeting: `
    active           called, in_session
    ended            concluded, cancelled
    call ◦           none, cancelled → called; active =
    cancel ◦         called → cancelled
    convene          none, called, cancelled → in_session
    conclude         active → concluded`,
  travel: `
    active           ordered, travelling, there
    ended            returned, cancelled
    order ◦          none, cancelled → ordered; active =
    cancel ◦         ordered → cancelled
    depart           none, ordered, cancelled → travelling
    arrive           none, ordered, travelling, cancelled → there
    return           travelling, there → returned`,
  statement: `
    active           standing
    ended            denied, withdrawn
    make ◦           none → standing; standing =
    deny ◦           standing → denied; denied =
    withdraw         standing, denied → withdrawn`,
  actor: `
    active           known
    ended            merged
    describe         none → known; known =
    appoint          none → known; known =
    dismiss          known =
    merge            known → merged`,
}

/** A way to each status, by what the table allows. */
const ways: Record<string, Record<string, string>> = {
  emergency: {
    announced: 'announce',
    abandoned: 'announce, abandon',
    in_force: 'announce, declare',
    lifted: 'declare, lift',
    superseded: 'declare, supersede',
    annulled: 'declare, annul',
    expired: 'declare, lapse',
  },
  fugitive: {
    missing: 'notice-absence',
    reported_escaped: 'report-escape',
    at_large: 'confirm-escape',
    not_escaped: 'report-escape, deny-escape',
    recaptured: 'confirm-escape, recapture',
    surrendered: 'confirm-escape, surrender',
    extradited: 'confirm-escape, recapture, extradite',
    released: 'confirm-escape, recapture, release',
    dead: 'confirm-escape, confirm-death',
  },
  deployment: {
    ordered: 'order',
    countermanded: 'order, countermand',
    en_route: 'order, depart',
    on_site: 'order, depart, arrive',
    withdrawn: 'order, arrive, withdraw',
  },
  designation: { designated: 'designate', revoked: 'designate, revoke', annulled: 'designate, annul' },
  incident: {
    reported: 'report',
    confirmed: 'confirm',
    contained: 'confirm, contain',
    ended: 'confirm, end',
    dismissed: 'report, dismiss',
  },
  operation: { ordered: 'order', running: 'start', ended: 'start, end', cancelled: 'order, cancel' },
  order: {
    issued: 'issue',
    executed: 'issue, execute',
    rescinded: 'issue, rescind',
    superseded: 'issue, supersede',
  },
  meeting: {
    called: 'call',
    in_session: 'call, convene',
    concluded: 'convene, conclude',
    cancelled: 'call, cancel',
  },
  travel: {
    ordered: 'order',
    travelling: 'order, depart',
    there: 'depart, arrive',
    returned: 'depart, arrive, return',
    cancelled: 'order, cancel',
  },
  statement: { standing: 'make', denied: 'make, deny', withdrawn: 'make, withdraw' },
  actor: { known: 'describe', merged: 'describe, merge' },
}

type Row = { command: string; claim: boolean; from: string[]; to: string | null; keeps: string[] }

const listOf = (text: string): string[] => text.trim().split(/,\s*/).filter(Boolean)

const read = (text: string) => {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => /^\s*(\S+)( ◦)?\s+(.*)$/.exec(line)!)
  const named = (name: string) => listOf(lines.find(([, first]) => first === name)?.[3] ?? '')
  const [active, ended, final] = [named('active'), named('ended'), named('final')]
  const statuses = [...active, ...ended]
  const rows = lines
    .filter(([, first = '']) => !['active', 'ended', 'final'].includes(first))
    .map(([, command = '', claim, rest = '']): Row => {
      const row: Row = { command, claim: claim !== undefined, from: [], to: null, keeps: [] }
      for (const part of rest.split(';')) {
        const [before = '', to] = part.replace('=', '').split('→')
        const given = to?.trim() ?? null
        const any = statuses.filter((status) => status !== given)
        const list = listOf(before).flatMap((one) => ({ active, any })[one] ?? one)
        if (given === null) row.keeps = list
        else Object.assign(row, { from: list, to: given })
      }
      return row
    })
  return { active, ended, final, statuses, rows }
}

const eventOf = (kind: string, command: string): Told =>
  recorded(kind, [[command, '2024-01-08', projectionOf(kind).kind.commands.get(command)!.example]])[0] as Told

const stateOf = (kind: string, status: string): State | null => {
  if (status === 'none') return null
  const projection = projectionOf(kind)
  const end = { status: 'expired', earliest: '2024-03-09T05:00:00.000Z', latest: '2024-03-09T05:00:00.000Z' }
  return listOf(ways[kind]![status]!).reduce<State | null>(
    (state, step) =>
      step === 'lapse' ? projection.lapsed(state!, end) : projection.reduce(state, eventOf(kind, step)),
    null,
  )
}

test('every kind has its lifecycle here', () => {
  expect(Object.keys(lifecycles)).toStrictEqual(projections.map(({ kind }) => kind.name))
})

describe.each(Object.keys(lifecycles))('%s', (kind) => {
  const { active, statuses, final, rows } = read(lifecycles[kind]!)
  const projection = projectionOf(kind)

  test('has these statuses, and these of them are active', () => {
    expect([...projection.statuses].sort()).toStrictEqual([...statuses].sort())
    expect(projection.active).toStrictEqual(active)
  })

  test('its commands stand in this order', () => {
    expect([...projection.kind.commands.keys()]).toStrictEqual(rows.map(({ command }) => command))
    expect(rows.map(({ command }) => projection.rank(eventOf(kind, command).type))).toStrictEqual([
      ...rows.keys(),
    ])
    expect(projection.rank('EntryRetracted')).toBe(undefined)
  })

  test('every status can be reached, without an event out of place', () => {
    for (const status of statuses) expect(stateOf(kind, status)?.status).toBe(status)
  })

  describe.each(['none', ...statuses])('from %s', (status) => {
    const isFinal = final.includes(status)
    const isLegal = ({ from, keeps }: Row) => !isFinal && [...from, ...keeps].includes(status)

    test('these commands are allowed, and no others', () => {
      expect(projection.allowed(status === 'none' ? null : status)).toStrictEqual(
        rows.filter(isLegal).map(({ command }) => command),
      )
    })

    test.each(rows)('$command', (row) => {
      const [state, event] = [stateOf(kind, status), eventOf(kind, row.command)]
      const kept = row.claim ? !row.from.includes(status) : row.keeps.includes(status)
      const given = isFinal || row.to === null || kept ? null : row.to
      const after = given ?? state?.status ?? null
      expect(projection.legal(state, event)).toBe(isLegal(row))
      expect(projection.gives(state, event)).toBe(given)
      expect(projection.apply(state, event)?.status ?? null).toBe(after)
      if (isFinal || after === null) expect(projection.apply(state, event)).toBe(state)
    })
  })
})

test('the named questions ask for these statuses', () => {
  const asked = [...questions].map(([name, { projection, statuses }]) => [
    name,
    projection.kind.name,
    statuses,
  ])
  expect(asked).toStrictEqual([
    ['active-emergencies', 'emergency', ['in_force']],
    ['escaped-fugitives', 'fugitive', ['reported_escaped', 'at_large']],
    ['deployed-units', 'deployment', ['en_route', 'on_site']],
  ])
})
