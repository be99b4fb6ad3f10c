// Who is told what was decided, who disagrees, and what is given to whoever asks: in real Chromium, on screen and on paper.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { faults, launch, names, serve, signIn } from './served.mjs';

let browser;
let served;
before(async () => {
  [browser, served] = await Promise.all([launch(), serve()]);
});
after(async () => {
  await browser.close();
  await served.end();
});

/** A request to the API by somebody of the demonstration. */
async function ask(who, path, body) {
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer demonstration-${who}`,
    'idempotency-key': crypto.randomUUID(),
  };
  const answer = await fetch(served.base + path, { method: 'POST', headers, body: JSON.stringify(body) });
  const read = await answer.json();
  assert.equal(answer.status, 201, JSON.stringify(read));
  return read;
}

/** A school's referral of two children, about the first of whom something was decided. */
async function decided() {
  const referral = await ask('school-system', '/v1/referrals', {
    referrer: { organisation: 'school:example-primary', agency: 'school', source_code: '2A', name: 'Alex Teacher' },
    account: 'Often hungry.',
    household: { facts: { money: 'low_income_affects_child' }, address: '1 Invented Street', people: 'Their mother, and Kit' },
    children: [
      { ref: 'A', name: 'Robin Invented', date_of_birth: '2018-05-02', facts: { often_hungry: true, attendance_pct: 80 } },
      { ref: 'B', name: 'Sam Invented', facts: {} },
    ],
  });
  const level = referral.children[0].evaluation.at_least.rank;
  const decision = { child: 'A', shown: 1, level, view: 'agrees', outcome: 'early_help', next_holder: { organisation: 'council:example' } };
  await ask('manager', `/v1/referrals/${referral.id}/decisions`, decision);
  return `${served.base}/referrals/${referral.reference}`;
}

test('a family and a referrer are told, one disagrees, and a mother is given what is recorded', async () => {
  const at = await decided();
  const page = await (await browser.newContext()).newPage();
  const found = [];
  const audit = async (state) => {
    for (const fault of await faults(page)) found.push(`${state}: ${fault}`);
    await page.setViewportSize({ width: 375, height: 700 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > 375) found.push(`${state}: ${wide} wide on a telephone`);
    await page.setViewportSize({ width: 1280, height: 900 });
  };
  await signIn(page, served.base, names.triage);
  await page.goto(`${served.base}/to-tell`);
  await audit('who is still to be told');
  await page.getByRole('link', { name: /Tell them.*The family of Robin Invented/ }).click();
  const letter = page.getByLabel('The letter', { exact: true });
  const proposed = await letter.inputValue();
  for (const need of ['- getting to school', '- having enough to eat', '- money']) assert.equal(proposed.includes(need), true, proposed);
  for (const secret of ['Teacher', 'Kit', 'Sam', 'hungry']) assert.equal(proposed.includes(secret), false, secret);
  await audit('a letter');
  await letter.fill(proposed.replace('What we decided', 'Alex told us.\n\nWhat we decided'));
  await page.getByLabel('To whom').fill('The parents of Robin');
  await page.getByLabel('By post').check();
  // Enter in a line shows how it reads; it records nothing.
  await page.getByLabel('To whom').press('Enter');
  assert.equal(await page.getByRole('heading', { name: 'How it will read' }).count(), 1);
  assert.equal(await page.getByText('It names somebody else: Alex.').count(), 1);
  await audit('how a letter reads');
  await page.getByRole('button', { name: 'Record this' }).click();
  assert.match(await page.title(), /^Error: /);
  await audit('a letter with errors');
  await letter.fill(proposed);
  await page.getByLabel('Address', { exact: true }).fill('1 Invented Street\nNorthtown');
  await page.getByLabel('How is it known to be safe?').selectOption('ASKED');
  await page.getByLabel('Who said so, and when').fill('Their mother, alone, on the telephone');
  await page.getByRole('button', { name: 'Record this' }).click();
  await audit('a letter to print');
  const sheets = (await page.pdf({ format: 'A4' })).toString('latin1').match(/\/Type\s*\/Page\b/g).length;
  assert.equal(sheets, 1, 'a letter is one sheet');

  await page.goto(`${at}/feedback`);
  await audit('feedback');
  await page.getByLabel('To whom').fill('Alex Teacher');
  await page.getByLabel('They read it here').check();
  await page.getByRole('button', { name: 'Record this' }).click();
  await audit('feedback to print');

  await signIn(page, served.base, names.teacher);
  await page.goto(at);
  await page.getByRole('link', { name: /^told to be read here/ }).click();
  assert.equal(await page.getByText('Thank you for your referral.').count(), 1);
  await page.goto(at);
  await page.getByRole('link', { name: 'Disagree with the decision about Robin Invented' }).click();
  await audit('disagreeing');
  await page.getByRole('button', { name: 'Record the disagreement' }).click();
  await audit('disagreeing with errors');
  await page.getByLabel('What do they not agree with').fill('He has not eaten for two days.');
  await page.getByLabel('Which of these is in question?').selectOption({ index: 1 });
  await page.getByRole('button', { name: 'Record the disagreement' }).click();
  await audit('a referral about which somebody disagrees');
  await page.getByRole('link', { name: 'Whoever referred disagrees' }).click();
  await audit('a disagreement, for whoever disagrees');
  const disagreement = page.url();
  await signIn(page, served.base, names.manager);
  await page.goto(disagreement);
  await audit('a disagreement, for whoever answers');
  await page.getByLabel('The decision stands').check();
  await page.getByLabel('Why, in words that they will read').fill('There is a breakfast club.');
  await page.getByRole('button', { name: 'Record the answer' }).click();
  await audit('an answered disagreement');
  for (const path of ['/disagreements', '/rule-review']) {
    await page.goto(served.base + path);
    await audit(path);
  }

  await page.goto(at);
  await page.getByRole('link', { name: 'Give what is recorded about Robin Invented to somebody who asks' }).click();
  await audit('what is recorded');
  await page.getByRole('button', { name: 'Record and print what is given' }).click();
  await audit('what is recorded, not yet reviewed');
  await page.getByLabel('To whom is it given?').fill('Their mother');
  const open = page.locator('select');
  for (const select of await open.all()) if ((await select.inputValue()) === '') await select.selectOption('none.THIRD');
  await page.getByRole('button', { name: 'Record and print what is given' }).click();
  assert.equal(await page.getByText('Name: Robin Invented').count(), 1);
  assert.equal(await page.getByText('Often hungry.').count(), 0);
  await audit('what is given');
  assert.deepEqual(found, []);
});
