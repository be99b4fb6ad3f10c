// A file of notifications in real Chromium: received, joined, dealt with, decided, until nothing waits.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { notifications } from './notifications.mjs';
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

async function somebody(name) {
  const page = await (await browser.newContext({ viewport: { width: 375, height: 800 } })).newPage();
  await signIn(page, served.base, name);
  return page;
}

/** Nothing is cut off at the side, and axe finds nothing. */
async function fine(page, step) {
  assert.deepEqual(await faults(page), [], step);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(wide <= 0, true, `${step} is ${wide} pixels too wide`);
}

const click = async (page, name) => {
  await Promise.all([page.waitForNavigation(), page.getByRole('button', { name }).first().click()]);
};

test('thirty notifications, from the file to an empty batch and an empty worklist', async () => {
  const page = await somebody(names.triage);
  await page.goto(`${served.base}/batches`);
  await fine(page, 'no batch yet');
  await click(page, 'Receive this file');
  assert.match(await page.title(), /^Error: Batches/);
  assert.equal(await page.getByRole('link', { name: 'Choose the file' }).count(), 1);
  await fine(page, 'nothing was chosen');
  await page.locator('[name=organisation]').fill('police:example');
  await page.locator('[name=file]').setInputFiles({ name: 'monday.csv', mimeType: 'text/csv', buffer: Buffer.from('one,two\n1,2\n') });
  await click(page, 'Receive this file');
  assert.equal(await page.getByText('Is the line of headings missing?').count() > 0, true);
  await fine(page, 'a file that cannot be taken');
  const { file, households } = notifications();
  await page.locator('[name=file]').setInputFiles({ name: 'monday.csv', mimeType: 'text/csv', buffer: Buffer.from(file) });
  await click(page, 'Receive this file');
  const batch = page.url();
  assert.match(batch, /\/batches\/[0-9a-f-]+$/);
  assert.equal(await page.getByText('Rows: 30;').count(), 1);
  await fine(page, 'a batch');

  // Two notifications of one incident are joined by a person, child by child.
  await page.getByRole('link', { name: /^\S+ and \S+$/ }).first().click();
  const pair = page.url();
  await fine(page, 'two referrals beside each other');
  await click(page, 'Join this child');
  assert.match(await page.title(), /^Error: /);
  await fine(page, 'no child was chosen');
  const count = await page.locator('[name=child]').count();
  for (let child = 0; child < count; child += 1) {
    await page.goto(pair);
    await page.locator('[name=child]').nth(child).check();
    await page.locator('[name=to_child]').nth(child).check();
    await click(page, 'Join this child');
  }
  assert.equal(await page.getByText('Joined: a person said').count(), count);
  await fine(page, 'what was joined');

  // A row that could not be understood.
  await page.goto(batch);
  await click(page, /is dealt with$/);
  assert.equal(await page.getByText(/choose how you dealt with it/).count() > 0, true);
  await fine(page, 'a row, and nothing chosen');
  await page.locator('select[name=how]').first().selectOption('sent_back');
  await click(page, /is dealt with$/);
  assert.equal(await page.getByRole('heading', { name: 'Rows that could not be understood' }).count(), 0);

  // A manager decides, the same about all for whom it is offered, and accepts.
  const manager = await somebody(names.manager);
  await manager.goto(batch);
  const all = await manager.locator('h3 a').evaluateAll((links) => links.map((link) => link.href));
  assert.equal(all.length, households);
  for (const [place, referral] of all.entries()) {
    for (;;) {
      await manager.goto(referral);
      const decide = manager.getByRole('button', { name: /^Decide about/ });
      if ((await decide.count()) === 0) break;
      await Promise.all([manager.waitForNavigation(), decide.first().click()]);
      if (place === 0) await fine(manager, 'a decision about several');
      const level = (await manager.locator('.ws-level__word').innerText()).match(/\d/)[0];
      await manager.locator(`[name=level][value="${level}"]`).check();
      await manager.locator('[name=outcome][value=s17_assessment]').check();
      await manager.locator('[name=holder]').fill('council:example');
      for (const same of await manager.locator('[name=same]').all()) await same.check();
      await click(manager, 'Sign this decision');
      assert.match(manager.url(), /\/referrals\//);
    }
    while ((await manager.getByRole('button', { name: /^Accept / }).count()) > 0) await click(manager, /^Accept /);
  }
  await manager.goto(batch);
  assert.equal(await manager.getByText('Nothing waits here.').count(), 1);
  await fine(manager, 'an empty batch');
  await manager.goto(`${served.base}/batches`);
  await fine(manager, 'the list of batches');
  await manager.goto(`${served.base}/worklist`);
  assert.equal(await manager.getByText('Nothing here.').count(), 1);
});
