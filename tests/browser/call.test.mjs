// Somebody telephones: typed live by keyboard alone, paused, gone on with, read back and sent.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fillByKeyboard } from './family.mjs';
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

/** A call taker whose mouse does nothing. */
async function callTaker(options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await signIn(page, served.base, names.call);
  await page.goto(`${served.base}/drafts`);
  const refused = () => Promise.reject(new Error('a call is typed without a mouse'));
  Object.assign(page.mouse, { click: refused, move: refused, down: refused });
  return page;
}

/** Goes on by keyboard to what has these words, and presses it. */
async function press(page, words) {
  for (let count = 0; count < 150; count += 1) {
    await page.keyboard.press('Tab');
    const here = await page.evaluate(() => document.activeElement.textContent ?? '');
    if (here.replace(/\s+/g, ' ').trim() === words) {
      await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
      return;
    }
  }
  throw new Error(`the keyboard does not reach ${words} on ${page.url()}`);
}

/** A neighbour who gives no name: what is typed under each name. */
const neighbour = {
  'referrer.anonymous': ['yes'],
  'referrer.agency': 'The public',
  'referrer.basis': 'seen_or_heard',
  'call.where': 'In the flat above',
  'child.1.fact.child_disclosed_physical_abuse': 'yes',
  'child.1.name': 'The boy above',
  'child.1.concerns': ['none'],
  'account.seen': 'He called from the window that his father hit him.',
  'family.told': 'not_yet',
  'family.agrees': 'not_asked',
  'family.basis': 'public_task',
  read_back: 'confirmed',
};

/** A teacher who says the same. */
const teacher = {
  ...neighbour,
  'referrer.anonymous': undefined,
  'referrer.name': 'A. Teacher',
  'referrer.contact': '01632 960123',
  'referrer.agency': 'School, c',
  level: 'unsure',
};

/** From wherever a call stands to the page where answers are checked; `each` is told of every page. */
async function goOn(page, story, each) {
  for (let count = 0; count < 40; count += 1) {
    const step = page.url().split('/').pop();
    await each(step);
    if (step === 'check') return;
    if (step === 'children') await press(page, 'Continue');
    else await fillByKeyboard(page, 'Save and continue', story);
  }
  throw new Error(`the call does not end; last at ${page.url()}`);
}

async function send(page) {
  await press(page, 'Send and see what the criteria indicate');
  assert.match(page.url(), /\/referrals\/[A-Z0-9-]+$/);
  return page.locator('.ws-level__word').innerText();
}

describe('a call', () => {
  test('an anonymous neighbour, typed live, paused in the middle, gone on with, read back and sent', async () => {
    const page = await callTaker({ viewport: { width: 375, height: 800 } });
    const errors = [];
    const audit = async (step) => {
      for (const fault of await faults(page)) errors.push(`${step}: ${fault}`);
      const isWide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
      if (isWide) errors.push(`${step}: scrolls sideways at 375 px`);
    };
    await audit('drafts');
    await press(page, 'Take a call');
    assert.match(page.url(), /\/referrer$/);
    await audit('who is calling');
    await press(page, 'Save and continue');
    assert.match(await page.title(), /^Error: Who is calling/);
    assert.equal(await page.evaluate(() => document.activeElement.className), 'govuk-error-summary');
    await audit('who is calling, with errors');
    await fillByKeyboard(page, 'Save and continue', neighbour);
    // At once whether a child is in danger, in words that can be said.
    assert.match(page.url(), /\/first\.1\.1$/);
    assert.equal(await page.getByText('Is the child, or any other child there, in danger right now?').count(), 1);
    // The line goes dead after the first answer.
    const answered = 'child.1.fact.immediate_danger_now';
    while ((await page.evaluate(() => document.activeElement.name)) !== answered) await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    await press(page, 'Pause this call');
    assert.match(page.url(), /\/drafts$/);
    assert.equal(await page.getByRole('heading', { name: /^Paused call from a caller without a name/ }).count(), 1);
    await audit('a paused call');
    await press(page, 'Go on with the call from a caller without a name');
    assert.match(page.url(), /\/first\.1\.1$/);
    assert.equal(await page.locator(`[name="${answered}"][value="no"]`).isChecked(), true, 'nothing typed is lost');
    const draft = page.url().replace(/\/[^/]+$/, '');
    const steps = [];
    const story = { ...neighbour, [answered]: 'no' };
    await goOn(page, story, async (step) => {
      steps.push(step);
      await audit(step);
      if (step === 'read_back') {
        const said = await page.locator('.govuk-inset-text li').allInnerTexts();
        const place = (words) => said.findIndex((one) => one.startsWith(words));
        assert.equal(place('Has the child told anybody that someone hit them or hurt them? Yes.') >= 0, true, said.join('\n'));
        assert.equal(place('Has the child told') < place('What was seen: '), true, 'danger first');
      }
    });
    assert.equal(steps.indexOf('children') > steps.lastIndexOf('first.1.1'), true, steps.join(' '));
    assert.equal(steps.at(-2), 'read_back');
    assert.equal(steps.includes('level'), false, 'nobody asks a neighbour for a level of need');
    await page.goto(draft);
    await audit('all parts');
    await press(page, 'Check your answers');
    const anonymous = await send(page);
    await audit('answer');
    assert.equal(await page.getByText('Rests only on what an anonymous caller said.').count() > 0, true);
    assert.equal(await page.getByText('Read back and confirmed').count(), 1);
    assert.equal(await page.getByText('Letter by letter, to read out').count(), 1);
    await page.keyboard.press('Escape');
    await press(page, 'Whoever called says more');
    assert.equal(await page.locator('[name="said_by.anonymous"]').isChecked(), true);
    await audit('says more');

    // The same words from a teacher have the same level, and do not rest on thin words.
    const other = await callTaker();
    await press(other, 'Take a call');
    await goOn(other, { ...teacher, [answered]: 'no' }, async () => {});
    assert.equal(await send(other), anonymous);
    assert.equal(await other.getByText('Rests only on').count(), 0);
    assert.equal(await other.getByText('A. Teacher').count() > 0, true);
    assert.deepEqual(errors, []);
  });
});
