// Whoever has the child next, in real Chromium: an open case, another organisation, the night, another area.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { faults, freePort, launch, names, serve, signIn } from './served.mjs';

const root = resolve(import.meta.dirname, '../..');
const program = join(root, 'target/debug/windscreen');
const four = join(root, 'fixtures/rule_sets/good/four_levels');

let browser;
let served;
let there;
before(async () => {
  browser = await launch();
  served = await serve();
  // The other area knows the first by its key, as `transfer key` prints it.
  const { stdout } = await promisify(execFile)(program, ['transfer', 'key', '--data', served.data]);
  const senders = join(served.data, 'senders');
  await writeFile(senders, stdout);
  there = await serve(['--organisation', 'council:harbour-bay', '--council', 'Harbour Bay', '--transfer-senders', senders], four, await freePort());
});
after(async () => {
  await browser.close();
  await served.end();
  await there.end();
});

async function somebody(name, base = served.base) {
  // As narrow as the narrowest telephone that people have.
  const context = await browser.newContext({ viewport: { width: 375, height: 700 }, acceptDownloads: true });
  const page = await context.newPage();
  await signIn(page, base, name);
  return page;
}

/** What is wrong with a page: the rules of axe, and what does not fit the width. */
async function wrong(page, step) {
  const found = (await faults(page)).map((fault) => `${step}: ${fault}`);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  return over > 0 ? [...found, `${step}: ${over} pixels too wide`] : found;
}

async function api(method, path, who, body, key = `${method} ${path} ${who}`) {
  const headers = { authorization: `Bearer demonstration-${who}`, 'content-type': 'application/json', 'idempotency-key': key.slice(0, 200) };
  const answer = await fetch(`${served.base}${path}`, { method, headers, body: body && JSON.stringify(body) });
  const read = await answer.json();
  assert.equal(answer.status < 300, true, JSON.stringify(read));
  return read;
}

const referred = (received_at, key, facts) =>
  api('POST', '/v1/referrals', 'call-taker', {
    received_at,
    referrer: { organisation: 'council:example', name: 'A. Teacher' },
    account: 'A long account that names nobody real.',
    children: [{ ref: 'A', name: 'Invented Child', date_of_birth: '2018-05-01', nhs_number: '943 476 5919', facts }],
  }, key);

async function decide(page, referral, choose) {
  await page.goto(`${served.base}/referrals/${referral}/children/1/decision`);
  await page.getByRole('radio', { name: /^Level 4: / }).check();
  await choose(page);
  await page.getByRole('button', { name: 'Sign this decision' }).click();
}

test('an open case goes to its worker with one click, and the receipt can be printed', async () => {
  const errors = [];
  const old = await referred('2026-06-01T10:00:00Z', 'old', { no_carer_available: true });
  const fresh = await referred('2026-11-23T10:00:00Z', 'fresh', { no_carer_available: true });
  await api('POST', `/v1/referrals/${fresh.id}/earlier/${old.id}`, 'manager', { child: 'A' });
  const holder = { organisation: 'council:example', name: 'N. Worker' };
  const decided = await api('POST', `/v1/referrals/${old.id}/decisions`, 'manager', {
    child: 'A', shown: 1, level: 4, view: 'agrees', outcome: 's17_assessment', next_holder: holder,
  });
  await api('POST', `/v1/referrals/${old.id}/decisions/${decided.id}/acceptance`, 'manager');
  const page = await somebody('A call taker at the hub');
  await page.goto(`${served.base}/referrals/${fresh.reference}`);
  assert.equal(await page.getByText(/Open to N\. Worker, council:example since/).count(), 1);
  errors.push(...(await wrong(page, 'open to')));
  await page.getByRole('button', { name: 'Send to N. Worker' }).click();
  assert.match(page.url(), /\/receipt$/);
  assert.equal(await page.getByRole('heading', { name: 'Receipt: Invented Child is sent to N. Worker' }).count(), 1);
  errors.push(...(await wrong(page, 'receipt')));
  const sheets = (await page.pdf({ format: 'A4' })).toString('latin1').match(/\/Type\s*\/Page\b/g).length;
  assert.equal(sheets, 1);
  assert.deepEqual(errors, []);
});

test('another organisation reads what was chosen for it, and accepts', async () => {
  const errors = [];
  const { reference } = await referred('2026-11-24T10:00:00Z', 'school', { no_carer_available: true });
  const manager = await somebody(names.manager);
  await decide(manager, reference, async (page) => {
    errors.push(...(await wrong(page, 'decision')));
    await page.getByRole('radio', { name: 'Early help or Family Help' }).check();
    await page.getByLabel('Who has it next: organisation').fill('school:example-primary');
    await page.getByLabel('What they are told').fill('A place at the breakfast club, please.');
  });
  const teacher = await somebody(names.teacher);
  await teacher.getByRole('link', { name: 'Handed to us' }).click();
  errors.push(...(await wrong(teacher, 'handed to us')));
  await teacher.getByRole('row').filter({ hasText: reference }).getByRole('link').click();
  assert.equal(await teacher.getByText('A place at the breakfast club, please.').count(), 1);
  assert.equal(await teacher.getByText('A long account').count(), 0);
  errors.push(...(await wrong(teacher, 'handed over')));
  await teacher.getByRole('button', { name: 'Accept' }).click();
  assert.equal(await teacher.getByText('Accepted', { exact: true }).count(), 1);
  errors.push(...(await wrong(teacher, 'accepted')));
  assert.deepEqual(errors, []);
});

test('the Emergency Duty Team: by telephone, red until it accepts, taken back by the hub', async () => {
  const errors = [];
  const { reference } = await referred('2026-11-24T11:00:00Z', 'night', { no_carer_available: true });
  const page = await somebody('A call taker at the hub');
  await page.getByRole('link', { name: 'Out of hours' }).click();
  errors.push(...(await wrong(page, 'nothing waits')));
  await decide(page, reference, async () => {
    await page.getByRole('radio', { name: 'The Emergency Duty Team' }).check();
    await page.getByLabel('Who has it next: organisation').fill('council:example');
  });
  assert.match(await page.title(), /^Error: /);
  assert.equal(await page.locator('.govuk-error-summary a').count(), 2);
  errors.push(...(await wrong(page, 'a message alone')));
  await page.getByLabel('Who has it next: person or team').fill('Duty worker');
  await page.getByLabel('Time of your telephone call').fill('00:05');
  await page.getByRole('button', { name: 'Sign this decision' }).click();
  assert.match(page.url(), /\/receipt$/);
  errors.push(...(await wrong(page, 'receipt of the night')));
  await page.goto(`${served.base}/out-of-hours`);
  assert.equal(await page.getByText('Red until the team accepts').count(), 1);
  assert.equal(await page.getByText(reference).count() > 0, true);
  errors.push(...(await wrong(page, 'red')));
  const social = await somebody(names.social);
  await social.goto(`${served.base}/referrals/${reference}`);
  await social.getByRole('button', { name: 'Accept Invented Child' }).click();
  await page.goto(`${served.base}/out-of-hours`);
  assert.equal(await page.getByText('Red until the team accepts').count(), 0);
  assert.equal(await page.getByText(reference).count() > 0, true);
  errors.push(...(await wrong(page, 'with the team')));
  assert.deepEqual(errors, []);
});

test('a child who lives elsewhere: downloaded here, pasted there; what is not taken is kept', async () => {
  const errors = [];
  const { reference } = await referred('2026-11-24T12:00:00Z', 'away', { no_carer_available: true, basic_care: 'struggling' });
  const triage = await somebody(names.triage);
  await decide(triage, reference, async (page) => {
    await page.getByRole('radio', { name: 'The authority where the child lives' }).check();
    await page.getByLabel('Who has it next: organisation').fill('council:harbour-bay');
    await page.getByLabel("The referrer's account").check();
  });
  errors.push(...(await wrong(triage, 'receipt of a transfer')));
  const waiting = triage.waitForEvent('download');
  await triage.getByRole('button', { name: 'Download the transfer' }).click();
  const file = await waiting;
  assert.equal(file.suggestedFilename(), `transfer-${reference}-1.json`);
  const text = await readFile(await file.path(), 'utf8');
  assert.equal(JSON.parse(text).sent_under, 's17');

  const page = await somebody(names.triage, there.base);
  await page.getByRole('link', { name: 'Transfers' }).click();
  errors.push(...(await wrong(page, 'transfers')));
  await page.getByRole('button', { name: 'Take this transfer' }).click();
  assert.match(await page.title(), /^Error: /);
  errors.push(...(await wrong(page, 'nothing pasted')));
  await page.getByLabel('What the other authority sent').fill(text.replace('Struggling', 'Consistent'));
  await page.getByRole('button', { name: 'Take this transfer' }).click();
  assert.equal(await page.getByRole('heading', { name: 'This transfer was not taken' }).count(), 1);
  errors.push(...(await wrong(page, 'not taken')));
  await page.getByRole('button', { name: 'Record what became of it' }).click();
  errors.push(...(await wrong(page, 'nothing became of it')));
  await page.getByRole('radio', { name: 'The sender was asked to send it again' }).check();
  await page.getByRole('button', { name: 'Record what became of it' }).click();
  errors.push(...(await wrong(page, 'dealt with')));
  await page.getByLabel('What the other authority sent').fill(text);
  await page.getByRole('button', { name: 'Take this transfer' }).click();
  assert.match(page.url(), /\/referrals\//);
  assert.equal(await page.getByText(/Sent under section 17: here that is level 3, Child in need/).count(), 1);
  errors.push(...(await wrong(page, 'taken')));
  assert.deepEqual(errors, []);
});
