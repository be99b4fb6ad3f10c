// An identity provider of the tests' own: real OpenID Connect, invented people.
import Provider from 'oidc-provider';

const [port, redirect] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const people = {
  triage: { name: 'Invented Triage Worker', windscreen_role: 'triage_worker', windscreen_organisation: 'council:example' },
  manager: { name: 'Invented Manager', windscreen_role: ['nothing_known_here', 'social_work_manager'], windscreen_organisation: 'council:example' },
  stranger: { name: 'Invented Stranger' },
};
const provider = new Provider(issuer, {
  clients: [{ client_id: 'windscreen', client_secret: 'an-invented-secret', redirect_uris: [redirect] }],
  claims: { openid: ['sub', 'windscreen_role', 'windscreen_organisation'], profile: ['name'] },
  conformIdTokenClaims: false,
  cookies: { keys: ['an invented key for the tests alone'] },
  pkce: { required: () => true },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
});
provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
