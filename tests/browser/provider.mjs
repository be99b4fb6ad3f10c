// An identity provider of the tests' own: real OpenID Connect for invented people, and OAuth 2 for invented systems.
import Provider from 'oidc-provider';

const [port, redirect] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const people = {
  triage: { name: 'Invented Triage Worker', windscreen_role: 'triage_worker', windscreen_organisation: 'council:example' },
  manager: { name: 'Invented Manager', windscreen_role: ['nothing_known_here', 'social_work_manager'], windscreen_organisation: 'council:example' },
  stranger: { name: 'Invented Stranger' },
  // Whom a partner's provider vouches for, and whom it claims.
  delegate: { name: 'Invented Delegate', windscreen_role: 'approver', windscreen_organisation: 'police:example' },
  impostor: { name: 'Invented Impostor', windscreen_role: 'approver', windscreen_organisation: 'council:example' },
};
// What each system's tokens say besides.
const systems = {
  'school-mis': { windscreen_organisation: 'urn:100001' },
  'trust-mis': { windscreen_organisation: ['urn:100001', 'urn:100002'] },
  'no-mis': {},
};
const system = (client_id) => ({
  client_id,
  client_secret: `an invented secret of ${client_id}`,
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
});
const provider = new Provider(issuer, {
  clients: [
    { client_id: 'windscreen', client_secret: 'an-invented-secret', redirect_uris: [redirect] },
    ...Object.keys(systems).map(system),
  ],
  features: {
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_, resource) => ({ scope: 'refer', audience: resource, accessTokenFormat: 'jwt' }),
    },
  },
  extraTokenClaims: (_, token) => systems[token.clientId],
  claims: { openid: ['sub', 'windscreen_role', 'windscreen_organisation'], profile: ['name'] },
  conformIdTokenClaims: false,
  cookies: { keys: ['an invented key for the tests alone'] },
  pkce: { required: () => true },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
});
provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
