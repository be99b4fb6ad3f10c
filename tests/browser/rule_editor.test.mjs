// An author of rules changes them in forms, in real Chromium, by keyboard on a telephone and with the rules of axe.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { faults, launch, person, serve } from './served.mjs';

let browser;
let served;
before(async () => {
  browser = await launch();
  served = await serve();
});
after(async () => {
  await browser.close();
  await served.end();
});

/** What is wrong with a page: the rules of axe, and what does not fit the width. */
async function wrong(page, step) {
  const found = (await faults(page)).map((fault) => `${step}: ${fault}`);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  return over > 0 ? [...found, `${step}: ${over} pixels too wide`] : found;
}

test('rules are changed in forms, and what the change does is shown before it is proposed', async () => {
  // As narrow as the narrowest telephone that people have.
  const page = await person(browser, served, 'An author of rules', { viewport: { width: 375, height: 700 } });
  await page.goto(`${served.base}/rule-drafts`);
  await page.getByLabel('What is to change?').fill('Injuries that nobody explains');
  await page.getByLabel('The rules in force, to change them here').check();
  await page.locator('main form button').first().click();
  const draft = page.url();
  const found = [];
  await page.getByRole('link', { name: 'Edit the rules of this draft' }).click();
  found.push(...(await wrong(page, 'files')));
  await page.getByRole('link', { name: 'Physical harm', exact: true }).first().click();
  found.push(...(await wrong(page, 'entries')));
  await page.getByRole('link', { name: 'If injured, how does the explanation fit?' }).click();
  found.push(...(await wrong(page, 'a question')));

  // What is wrong stands beside its field, and the summary leads there.
  await page.getByLabel('Question', { exact: true }).fill('');
  await page.getByRole('button', { name: 'Save, and see what it does' }).click();
  found.push(...(await wrong(page, 'errors')));
  await page.getByRole('link', { name: 'Question: this cannot be left empty' }).click();
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('name')), '/indicators/injury_explanation/ask');
  await page.keyboard.type('If injured: how does the explanation fit?');
  await page.locator('[name="/indicators/injury_explanation/answers/unexplained/gives"]').selectOption('counts 3');
  await page.getByRole('button', { name: 'Save, and see what it does' }).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(draft);

  for (const [step, address] of Object.entries({
    'a criterion': 'entry?file=criteria/physical_harm.yaml&at=/criteria/unexplained_injury_to_a_child_who_cannot_move',
    'a number': 'entry?file=criteria/exploitation_and_missing.yaml&at=/indicators/missing_episodes_90d',
    thresholds: 'entry?file=thresholds.yaml&at=',
    'a level': 'entry?file=framework.yaml&at=/levels/3',
    'an example': 'entry?file=criteria/physical_harm_test.yaml&at=/examples/bruise_on_a_baby_that_cannot_move',
    'a new example': 'example?file=criteria/physical_harm_test.yaml',
    'an example that goes': 'remove?file=criteria/physical_harm_test.yaml&at=/examples/bruise_on_a_baby_that_cannot_move',
    'a file as text': 'text?file=criteria/physical_harm.yaml',
  })) {
    await page.goto(`${draft}/${address}`);
    found.push(...(await wrong(page, step)));
  }
  assert.deepEqual(found, []);

  // The difference comes when it is worked out.
  const moved = page.getByText('Some child is answered lower than before');
  for (let tries = 0; tries < 120 && !(await moved.count()); tries += 1) {
    await page.goto(draft);
    if (!(await moved.count())) await new Promise((done) => setTimeout(done, 500));
  }
  assert.ok(await moved.count());
  assert.match(await page.locator('main').innerText(), /floor 4 → counts 3/);
  await page.context().close();
});
