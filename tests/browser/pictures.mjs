// Takes the pictures of docs/pictures: the main pages on a desk, on a telephone and on paper.
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { family, fillAll, fillIn, send } from './family.mjs';
import { launch, names, serve, signIn } from './served.mjs';

const folder = resolve(import.meta.dirname, '../../docs/pictures');
await mkdir(folder, { recursive: true });
const browser = await launch();
const served = await serve();
const sizes = { 1280: { width: 1280, height: 900 }, 375: { width: 375, height: 700 } };

const context = await browser.newContext();
const page = await context.newPage();
async function picture(name) {
  for (const [size, viewport] of Object.entries(sizes)) {
    await page.setViewportSize(viewport);
    // The beginning of a long page shows how it looks; the whole would only be large.
    const height = Math.min(await page.evaluate(() => document.documentElement.scrollHeight), 1800);
    // What stays at the foot of a window would stand in the middle of a picture that is longer.
    await page.locator('.ws-time-left').evaluateAll((frames) => frames.forEach((frame) => frame.style.setProperty('position', 'static')));
    const clip = { x: 0, y: 0, width: viewport.width, height };
    await page.screenshot({ path: join(folder, `${name}-${size}.png`), fullPage: true, clip });
  }
  await page.setViewportSize(sizes[1280]);
}

await page.goto(served.base);
await picture('start');
await signIn(page, served.base, names.triage);
const draft = await fillAll(page, served.base, family);
await picture('check-your-answers');
await page.goto(draft);
await picture('task-list');
await page.goto(`${draft}/first.1.1`);
await picture('first-questions');
await page.getByRole('group', { name: 'Is a child in danger right now?' }).getByRole('radio', { name: 'Yes' }).check();
await page.getByRole('button', { name: 'Save and continue' }).click();
await picture('act-at-once');
await page.goto(`${draft}/first.1.1`);
await page.getByRole('group', { name: 'Is a child in danger right now?' }).getByRole('radio', { name: 'Not known' }).check();
await page.getByRole('button', { name: 'Save and continue' }).click();
await page.goto(`${draft}/account`);
await fillIn(page, { 'account.seen': '' });
await page.getByRole('button', { name: 'Save and continue' }).click();
await picture('errors');
await fillIn(page, family);
await page.getByRole('button', { name: 'Save and continue' }).click();
await page.goto(`${draft}/check`);
const referral = await send(page);
await picture('answer');
await page.emulateMedia({ media: 'print' });
// A sheet of A4 without its margins.
await page.setViewportSize({ width: 703, height: 1009 });
await page.screenshot({ path: join(folder, 'answer-print.png') });
await page.emulateMedia({ media: 'screen' });
await page.goto(`${served.base}/worklist`);
await picture('worklist');
await signIn(page, served.base, names.manager);
await page.goto(`${referral}/children/1/decision`);
await picture('decision');
// The board's figures of twenty thousand invented children, as the tests write them.
await page.goto(pathToFileURL(resolve(import.meta.dirname, '../../target/report/report.html')).href);
await page.setViewportSize({ width: 1000, height: 900 });
for (const id of ['indicated_by_agency', 'otherwise_between_agencies', 'otherwise_over_time']) {
  await page.locator(`#${id}`).screenshot({ path: join(folder, `figures-${id.replaceAll('_', '-')}.png`) });
}
await browser.close();
await served.end();
