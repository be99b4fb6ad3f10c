// A partner's system as its developer writes it: a token from a real authorisation server, a referral, its answer.
import assert from 'node:assert/strict';
import test from 'node:test';
import { audience, serveWithProvider } from './served.mjs';

const referral = (organisation) => ({
  referrer: { organisation, agency: 'school', source_code: '2A', name: 'An Invented Lead' },
  received_at: '2026-11-23T10:30:00Z',
  children: [{ ref: 'A', name: 'Invented Child', date_of_birth: '2018-05-01', facts: { immediate_danger_now: true } }],
});

test('a system gets a token, refers, and reads what is its own', async (t) => {
  const served = await serveWithProvider();
  t.after(served.end);

  /** A token of the provider's token endpoint. */
  const token = async (client, resource = audience) => {
    const discovered = await (await fetch(`${served.issuer}/.well-known/openid-configuration`)).json();
    const answer = await fetch(discovered.token_endpoint, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${client}:${encodeURIComponent(`an invented secret of ${client}`)}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'refer', resource }),
    });
    assert.equal(answer.status, 200, await answer.clone().text());
    return (await answer.json()).access_token;
  };
  const call = async (method, path, bearer, { body, ...headers } = {}) => {
    const sent = { 'content-type': 'application/json', ...(bearer && { authorization: `Bearer ${bearer}` }), ...headers };
    const answer = await fetch(served.base + path, { method, headers: sent, body: body && JSON.stringify(body) });
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  };

  const school = await token('school-mis');
  const once = { 'idempotency-key': 'a key drawn anew' };
  const receipt = await call('POST', '/v1/referrals', school, { body: referral('urn:100001'), ...once });
  assert.equal(receipt.status, 201, JSON.stringify(receipt.body));
  assert.equal(receipt.headers.get('windscreen-environment'), 'live');
  const path = `/v1/referrals/${receipt.body.id}`;
  const read = await call('GET', path, school);
  assert.equal(read.status, 200);
  assert.equal(read.body.said[0].request.children[0].name, 'Invented Child');

  // A token drawn anew is the same client: what it repeats is recorded once.
  const again = await call('POST', '/v1/referrals', await token('school-mis'), { body: referral('urn:100001'), ...once });
  assert.equal(again.body.id, receipt.body.id);

  // A trust acts for one of its schools at a time, and reads that one's.
  const trust = await token('trust-mis');
  assert.equal((await call('GET', path, trust)).status, 400);
  assert.equal((await call('GET', path, trust, { 'windscreen-organisation': 'urn:100001' })).status, 200);
  assert.equal((await call('GET', path, trust, { 'windscreen-organisation': 'urn:100002' })).status, 404);
  assert.equal((await call('GET', path, trust, { 'windscreen-organisation': 'urn:100003' })).status, 403);

  // What is not meant for this service, or for nobody's system, is not taken; nor is nobody.
  for (const bearer of [await token('no-mis'), await token('school-mis', 'https://another.example/'), `${school}x`, undefined]) {
    const refused = await call('POST', '/v1/evaluations', bearer, { body: { facts: {} } });
    assert.equal(refused.status, 401, bearer);
    assert.equal(refused.body.type, 'urn:windscreen:problem:not-identified');
  }
  assert.equal((await call('POST', '/v1/evaluations', school, { body: { facts: {} } })).status, 200);
});
