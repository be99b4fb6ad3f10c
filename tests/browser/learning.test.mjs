// What a partnership learns by: a calibration round and a quality audit, through their pages.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openRound, rate } from './calibration.mjs';
import { faults, launch, names, person, serve } from './served.mjs';

let browser;
let served;
before(async () => {
  browser = await launch();
});
after(async () => {
  await served?.end();
  await browser.close();
});

/** No fault of accessibility, and no wider than a telephone. */
const found = [];
async function look(page, state) {
  for (const fault of await faults(page)) found.push(`${state}: ${fault}`);
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 700 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  if (wide > 320) found.push(`${state}: ${wide} wide at 320`);
  await page.setViewportSize(size);
}

test('a calibration round is opened, rated by four people, closed and read', async () => {
  served = await serve();
  const auditor = await openRound(browser, served, 'Autumn round', 2);
  await look(auditor, 'a round to be opened');
  await auditor.getByRole('button', { name: 'Open the round' }).click();
  const home = auditor.url();
  assert.match(home, /\/calibration\/[0-9a-f-]{36}$/);
  const seen = new Set();
  await rate(browser, served, home, async (page, state) => {
    if (!seen.has(state)) await look(page, state);
    seen.add(state);
    assert.equal(await page.getByText(/The criteria indicate/).count(), 0, 'nothing is told to whoever rates');
  });
  await auditor.reload();
  assert.equal(await auditor.getByText('4 people have begun, of whom 4 rated every child').count(), 1);
  await auditor.getByRole('button', { name: /^Close the round now/ }).click();
  assert.equal(await auditor.getByText(/^The question that people read most differently: “/).count(), 1);
  await auditor.getByText(/^What was answered to/).first().click();
  await look(auditor, 'a round that is over');
  const download = auditor.waitForEvent('download');
  await auditor.getByRole('link', { name: 'Every rating (CSV)' }).or(auditor.getByRole('link', { name: 'every rating (CSV)' })).click();
  assert.match((await download).suggestedFilename(), /^calibration-.*-ratings\.csv$/);
  const teacher = await person(browser, served, names.teacher);
  await teacher.goto(home);
  assert.equal(await teacher.getByText(/You saw: level \d/).count(), 2);
  await look(teacher, 'a round that is over, to a rater');
  await auditor.goto(`${served.base}/calibration`);
  await look(auditor, 'every round');
  assert.deepEqual(found, []);
  await served.end();
  served = undefined;
});

test('a month is drawn, a child is read blind by two, and becomes a worked example', async () => {
  const noon = ['--clock', '2027-03-10T12:00:00Z'];
  served = await serve(noon);
  const ask = async (who, path, body) => {
    const headers = { authorization: `Bearer demonstration-${who}`, 'content-type': 'application/json', 'idempotency-key': `${path} ${JSON.stringify(body).length}` };
    const answer = await fetch(`${served.base}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.equal(answer.status, 201, await answer.clone().text());
    return answer.json();
  };
  const referral = {
    referrer: { organisation: 'school:example-primary', agency: 'school', source_code: '2A', name: 'A. Teacher', role: 'teacher', contact: 'by the office' },
    account: 'Often hungry on Mondays.',
    family_told: 'yes', agrees_to_help: 'not_asked', sharing_basis: 'public_task',
    children: [{ ref: 'A', name: 'Invented Child', facts: { basic_care: 'struggling' } }],
  };
  const { id } = await ask('school-system', '/v1/referrals', referral);
  const { at_least: level } = await (await fetch(`${served.base}/v1/referrals/${id}`, { headers: { authorization: 'Bearer demonstration-triage-worker' } })).json();
  await ask('triage-worker', `/v1/referrals/${id}/decisions`, { child: 'A', shown: 1, level, view: 'agrees', outcome: 'early_help', next_holder: { organisation: 'council:example' } });
  await served.stop();
  served = await serve(['--clock', '2027-04-02T09:00:00Z'], undefined, undefined, served.data);

  const auditor = await person(browser, served, 'An auditor of the board');
  await auditor.goto(`${served.base}/quality`);
  await auditor.getByLabel('Month').selectOption({ label: 'March 2027' });
  await auditor.getByLabel('How many children for each reason').fill('many');
  await auditor.getByRole('button', { name: 'Draw them' }).click();
  assert.match(await auditor.title(), /^Error: /);
  await look(auditor, 'a month to be drawn, with an error');
  await auditor.getByLabel('How many children for each reason').fill('5');
  await auditor.getByRole('button', { name: 'Draw them' }).click();
  assert.equal(new URL(auditor.url()).pathname, '/quality/2027-03');
  await look(auditor, 'a month that was drawn');

  const read = async (name, level) => {
    const page = await person(browser, served, name);
    await page.goto(served.base);
    await page.getByRole('link', { name: name === names.manager ? 'The board' : 'Quality audit', exact: true }).click();
    if (name === names.manager) await page.getByRole('link', { name: /^The quality audit/ }).click();
    await page.getByRole('link', { name: 'March 2027' }).click();
    await page.getByRole('link', { name: 'Child 1', exact: true }).click();
    await look(page, 'a child to be read');
    await page.getByRole('radio', { name: new RegExp(`^Level ${level}: `) }).check();
    await page.getByRole('button', { name: 'Save what you think' }).click();
    await page.waitForLoadState('load');
    return page;
  };
  const manager = await read(names.manager, 4);
  assert.equal(await manager.getByText('Once another person has read it too').count(), 1);
  await look(manager, 'a child who waits for the other reader');
  const social = await read(names.social, 3);
  await look(social, 'a child whom both have read');
  await social.getByRole('checkbox', { name: 'Something was not asked that could have been known' }).check();
  await social.getByRole('button', { name: 'Save', exact: true }).click();
  await social.getByRole('button', { name: 'Make it a worked example, without the child' }).click();
  assert.equal(await social.getByText('It is a worked example in a draft of the rules').count(), 1);
  await look(social, 'a child who taught something');
  assert.deepEqual(found, []);
});
