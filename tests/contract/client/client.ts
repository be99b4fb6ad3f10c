// A partner's client as its developer writes it: every type from the served document, no `any` and no cast.
import createClient from 'openapi-fetch';
import type { components, paths } from './generated/api.js';
import type { components as ofRules } from './generated/facts.js';

type Schemas = components['schemas'];
/** What may be said about a child, by the rule set in force: a fact that it does not ask is an error here. */
type Facts = ofRules['schemas']['Facts'];

const caller = (base: string, who: string) =>
  createClient<paths>({ baseUrl: base, headers: { authorization: `Bearer ${who}` } });

/** What a partner's system does with a problem, by its type. */
export type Next =
  | { do: 'mend'; faults: Schemas['Fault'][] }
  | { do: 'ask which rules are in force' }
  | { do: 'read it again' }
  | { do: 'send it again later' }
  | { do: 'ask the hub'; detail: string };

export function next(problem: Schemas['Problem']): Next {
  switch (problem.type) {
    case 'urn:windscreen:problem:faults':
    case 'urn:windscreen:problem:not-strict-json':
    case 'urn:windscreen:problem:too-large':
      return { do: 'mend', faults: problem.errors ?? [] };
    case 'urn:windscreen:problem:rule-set-moved':
      return { do: 'ask which rules are in force' };
    case 'urn:windscreen:problem:moved':
      return { do: 'read it again' };
    case 'urn:windscreen:problem:too-many-requests':
    case 'urn:windscreen:problem:busy':
    case 'urn:windscreen:problem:too-slow':
    case 'urn:windscreen:problem:not-reached':
    case 'urn:windscreen:problem:not-recorded':
      return { do: 'send it again later' };
    // Later versions add types: what is not known is for a person.
    default:
      return { do: 'ask the hub', detail: problem.detail };
  }
}

/** The level in words: an answer that is not settled has bounds, and no level. */
export function level(evaluation: Schemas['Evaluation']): string {
  if (evaluation.level) return `${evaluation.level.rank} ${evaluation.level.name}`;
  const ask = evaluation.ask_next[0];
  return `${evaluation.at_least.rank} to ${evaluation.at_most.rank}${ask ? `; ask: ${ask.ask}` : ''}`;
}

export interface Story {
  inForce: string;
  misspelt: Next;
  otherRules: Next;
  nobody: Next;
  indicated: string[];
  alone: string;
  several: number;
  decision: string;
  read: { view: Schemas['View']; outcome: Schemas['Outcome']; by: Schemas['Role'] };
  listed: string[];
}

/** Refers a child, decides, and reads back what was decided; and is refused on the way as it deserves. */
export async function run(base: string): Promise<Story> {
  const school = caller(base, 'demonstration-school-system');
  const hub = caller(base, 'demonstration-triage-worker');
  const found = <T>(data: T | undefined, error: Schemas['Problem'] | undefined): T => {
    if (data === undefined) throw new Error(error ? `${error.type}: ${error.detail}` : 'nothing was answered');
    return data;
  };
  const refused = (error: Schemas['Problem'] | undefined): Next => {
    if (!error) throw new Error('it was not refused');
    return next(error);
  };

  const { data: inForce } = await school.GET('/v1/rule-sets/current');
  if (!inForce) throw new Error('no rule set is in force');

  const facts: Facts = { basic_care: 'struggling', housing: 'not_known' };
  const referral: Schemas['ReferralRequest'] = {
    received_at: '2026-11-23T10:30:00+00:00',
    referrer: { organisation: 'school:example-primary', agency: 'school', name: 'A. Teacher', basis: 'seen_or_heard' },
    family_told: 'yes',
    sharing_basis: 'public_task',
    children: [{ ref: 'A', name: 'Invented Child', date_of_birth: '2018-05-01', facts }],
  };
  const key = (name: string) => ({ header: { 'Idempotency-Key': name } });

  const misspelt = await school.POST('/v1/referrals', {
    params: key('a key drawn anew, 1'),
    body: { ...referral, children: [{ ref: 'A', facts: { basic_cere: 'struggling' } }] },
  });
  const otherRules = await school.POST('/v1/referrals', {
    params: { header: { 'Idempotency-Key': 'a key drawn anew, 2', 'If-Match': '"sha256:of-yesterday"' } },
    body: referral,
  });
  const nobody = await caller(base, 'nobody').GET('/v1/referrals');

  const one = await school.POST('/v1/evaluations', { body: { facts } });
  const alone = found(one.data, one.error);
  const two = await school.POST('/v1/evaluations', { body: { children: [{ facts }, { facts: {} }] } });
  const several = found(two.data, two.error);

  const sent = await school.POST('/v1/referrals', { params: key('a key drawn anew, 3'), body: referral });
  const recorded = found(sent.data, sent.error);
  const child = recorded.children[0];
  if (!child) throw new Error('a child was sent');

  const decided = await hub.POST('/v1/referrals/{id}/decisions', {
    params: { path: { id: recorded.id }, ...key('a key drawn anew, 4') },
    body: {
      child: child.ref,
      shown: 1,
      level: child.evaluation.at_least.rank,
      view: 'agrees',
      outcome: 'early_help',
      next_holder: { organisation: 'school:example-primary', told: 'The school offers early help.' },
    },
  });
  const decision = found(decided.data, decided.error);

  const back = await school.GET('/v1/referrals/{id}', { params: { path: { id: recorded.id } } });
  const first = found(back.data, back.error).decisions[0];
  if (!first) throw new Error('a decision was recorded');
  const list = await school.GET('/v1/referrals', { params: { query: { standing: 'awaiting_acceptance' } } });

  return {
    inForce: inForce.digest,
    misspelt: refused(misspelt.error),
    otherRules: refused(otherRules.error),
    nobody: refused(nobody.error),
    indicated: recorded.children.map(({ evaluation }) => level(evaluation)),
    alone: 'children' in alone ? 'several' : level(alone),
    several: 'children' in several ? several.children.length : 1,
    decision: decision.id,
    read: { view: first.decided.view, outcome: first.decided.outcome, by: first.by.role },
    listed: found(list.data, list.error).referrals.map(({ id }) => id).filter((id) => id === recorded.id),
  };
}
