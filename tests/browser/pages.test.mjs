// The pages in real Chromium: what people do.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { back, family, fillAll, fillIn, next, reload, send } from './family.mjs';
import { faults, launch, names, person, serve, serveWithProvider } from './served.mjs';

let browser;
let served;
before(async () => {
  [browser, served] = await Promise.all([launch(), serve()]);
});
after(async () => {
  await browser.close();
  await served.end();
});

const somebody = (name, options) => person(browser, served, name, options);

const title = (page) => page.title();
/** The class of what has the focus; a page's script moves it while the page loads. */
const focused = async (page) => {
  await page.waitForLoadState('load');
  return page.evaluate(() => document.activeElement.className);
};

/** One child who is often hungry: the shortest whole referral. */
const alone = { ...family };

describe('the journey', () => {
  test('a family of two, one not yet born, from first words to a decision that a second person confirms', async () => {
    const page = await somebody(names.triage);
    const errors = [];
    const audit = async (step) => {
      for (const fault of await faults(page)) errors.push(`${step}: ${fault}`);
    };
    await fillAll(page, served.base, family, audit);
    await audit('check your answers');
    assert.equal(await page.getByText('struggling', { exact: false }).count() > 0, true);
    const referral = await send(page);
    assert.match(referral, /\/referrals\/[A-Z0-9-]+$/);
    assert.match(await title(page), /^What the criteria indicate/);
    assert.equal(await page.getByRole('heading', { name: 'Invented Child', exact: true }).count(), 1);
    assert.equal(await page.getByRole('heading', { name: 'The baby', exact: true }).count(), 1);
    // Provisional: no level, but both bounds, in words and in the picture.
    assert.match(await page.locator('.ws-level__word').first().innerText(), /^At least level \d: /);
    assert.equal(await page.getByRole('img', { name: /The windscreen of need\. At least level/ }).count(), 2);
    await audit('answer');
    // On paper: each child on one sheet or two.
    const sheets = (await page.pdf({ format: 'A4' })).toString('latin1').match(/\/Type\s*\/Page\b/g).length;
    assert.equal(sheets <= 4, true, `two children take ${sheets} sheets`);

    // What is not known is asked about, and the answer follows.
    const question = page.locator('section').first().getByRole('link').filter({ hasText: '?' }).first();
    const asked = await question.innerText();
    await question.click();
    assert.match(page.url(), /\/information\?child=1#child\.1\.fact\./);
    assert.equal(await page.getByText(asked).count() > 0, true);
    await audit('information');
    await page.getByRole('radio', { name: 'Somebody said something' }).check();
    await page.getByLabel('Who said it').fill('The class teacher');
    await page.getByLabel('What was said, in their words').fill('He says that nobody is at home after school.');
    await page.getByRole('button', { name: 'Add it to the referral' }).click();
    assert.equal(page.url(), referral);
    assert.equal(await page.getByText('nobody is at home after school').count(), 1);

    // A manager decides lower, which a social worker must confirm.
    const manager = await somebody(names.manager);
    await manager.goto(referral);
    await manager.getByRole('button', { name: 'Decide about Invented Child' }).click();
    for (const fault of await faults(manager)) errors.push(`decision: ${fault}`);
    await manager.getByRole('button', { name: 'Sign this decision' }).click();
    assert.match(await title(manager), /^Error: /);
    assert.equal(await focused(manager), 'govuk-error-summary');
    for (const fault of await faults(manager)) errors.push(`decision with errors: ${fault}`);
    await manager.getByRole('radio', { name: /^Level 1: / }).check();
    await manager.getByLabel('Reason', { exact: true }).selectOption({ label: 'Lower: The child has been seen and is safe, and who keeps them safe is known' });
    await manager.getByLabel('Why, in your own words').fill('Seen at school today; the aunt has the child.');
    await manager.getByRole('radio', { name: 'Early help or Family Help' }).check();
    await manager.getByLabel('Who has it next: organisation').fill('council:example');
    await manager.getByRole('button', { name: 'Sign this decision' }).click();
    // The record asks for the second person; what was typed is still there.
    assert.match(await title(manager), /^Error: /);
    assert.equal(await manager.getByLabel('Why, in your own words').inputValue(), 'Seen at school today; the aunt has the child.');
    await manager.getByLabel('Second person, who confirms').selectOption({ label: 'A social worker at the hub (social worker, council:example)' });
    await manager.getByRole('button', { name: 'Sign this decision' }).click();
    assert.equal(manager.url(), referral);
    assert.equal(await manager.getByText('A social worker at the hub has yet to confirm').count(), 1);
    assert.equal(await manager.getByRole('button', { name: 'Confirm this lower decision' }).count(), 0);
    const social = await somebody(names.social);
    await social.goto(`${served.base}/worklist`);
    await social.getByRole('row').filter({ hasText: 'Waits for you to confirm' }).getByRole('link').click();
    assert.equal(social.url(), referral);
    await social.getByRole('button', { name: 'Confirm this lower decision' }).click();
    assert.equal(await social.getByText('Confirmed by A social worker at the hub').count(), 1);
    await social.getByRole('button', { name: 'Accept Invented Child' }).click();
    assert.equal(await social.getByText('accepted by A social worker at the hub').count(), 1);
    for (const fault of await faults(social)) errors.push(`decided: ${fault}`);
    await page.goto(`${served.base}/worklist`);
    await audit('worklist');
    assert.deepEqual(errors, []);
  });

  test('every page of the form says what is wrong, all at once, and keeps what was typed', async () => {
    const page = await somebody(names.triage);
    const errors = [];
    const empty = async (step) => {
      if (step.startsWith('tasks') || step.startsWith('children') || step.startsWith('about') || ['household', 'strengths'].includes(step)) return;
      await next(page);
      assert.match(await title(page), /^Error: /, step);
      assert.equal(await focused(page), 'govuk-error-summary', step);
      assert.equal(await page.locator('.govuk-error-summary a').count() > 0, true, step);
      // Each message of the summary leads to its input, and stands beside it.
      for (const link of await page.locator('.govuk-error-summary a').all()) {
        const target = (await link.getAttribute('href')).slice(1);
        assert.equal(await page.locator(`[id="${target}"]`).count(), 1, `${step}: ${target}`);
      }
      assert.equal(await page.locator('.govuk-error-message').count() > 0, true, step);
      for (const fault of await faults(page)) errors.push(`${step}: ${fault}`);
    };
    await fillAll(page, served.base, alone, empty);
    const draft = page.url().replace(/\/check$/, '');
    await page.goto(`${draft}/child.1`);
    await page.getByLabel('NHS number').fill('943 476 5918');
    await page.getByLabel('Month', { exact: true }).fill('13');
    await page.getByLabel('Years').fill('seven');
    await next(page);
    assert.equal(await page.locator('.govuk-error-summary a').count(), 3);
    assert.equal(await page.getByLabel('NHS number').inputValue(), '943 476 5918');
    assert.equal(await page.getByLabel('Years').inputValue(), 'seven');
    // What is wrong cannot be sent, and is told where answers are checked.
    await page.goto(`${draft}/check`);
    assert.equal(await page.getByRole('button', { name: /^Send/ }).count(), 0);
    assert.equal(await page.locator('.govuk-error-summary a').count(), 3);
    assert.deepEqual(errors, []);
  });

  test('save and come back later; the draft waits in the list', async () => {
    const page = await somebody(names.teacher);
    await page.goto(`${served.base}/drafts`);
    await page.getByRole('button', { name: 'Begin a new referral' }).click();
    await page.getByRole('link', { name: 'Who is referring' }).click();
    // A school refers for itself alone: it is not asked for whom.
    assert.equal(await page.getByLabel('Organisation that refers').count(), 0);
    await page.getByLabel('Name of the person who refers').fill('A half-typed name');
    await page.getByRole('button', { name: 'Save and come back later' }).click();
    assert.equal(await page.getByText('Not started').count() > 0, true);
    await page.goto(`${served.base}/drafts`);
    await page.getByRole('link', { name: 'No child yet' }).first().click();
    await page.getByRole('link', { name: 'Who is referring' }).click();
    assert.equal(await page.getByLabel('Name of the person who refers').inputValue(), 'A half-typed name');
    // Nobody of another organisation sees it.
    const other = await somebody(names.triage);
    const answer = await other.goto(page.url());
    assert.equal(answer.status(), 404);
  });

  test('sent twice, gone back to and loaded again, it is one referral', async () => {
    const page = await somebody(names.triage);
    const draft = await fillAll(page, served.base, alone, undefined, ['child']);
    const twice = await page.context().newPage();
    await twice.goto(`${draft}/check`);
    const [first, second] = await Promise.all([send(page), send(twice)]);
    assert.equal(first, second);
    await back(page);
    await reload(page);
    assert.equal(page.url(), first, 'the draft leads to what it became');
    await page.goto(`${draft}/referrer`);
    assert.equal(page.url(), first);
    await reload(page);
    assert.equal(await page.getByRole('heading', { name: 'Invented Child', exact: true }).count(), 1);
  });

  test('back and loading again lose nothing inside the form', async () => {
    const page = await somebody(names.triage);
    await page.goto(`${served.base}/drafts`);
    await page.getByRole('button', { name: 'Begin a new referral' }).click();
    await page.getByRole('link', { name: 'Who is referring' }).click();
    await fillIn(page);
    await next(page);
    await page.getByRole('button', { name: 'Add a child', exact: true }).click();
    assert.match(page.url(), /child\.1$/);
    await reload(page);
    await back(page);
    await reload(page);
    assert.equal(await page.locator('.govuk-summary-list__row').count(), 1, 'one child, however often the page is loaded');
    await back(page);
    assert.equal(await page.getByLabel('Name of the person who refers').inputValue(), 'A. Teacher');
  });

  test('two workers on one draft: the second is told, and nothing is overwritten unseen', async () => {
    const one = await somebody(names.triage);
    await one.goto(`${served.base}/drafts`);
    await one.getByRole('button', { name: 'Begin a new referral' }).click();
    const draft = one.url();
    const two = await somebody(names.social);
    await one.goto(`${draft}/account`);
    await two.goto(`${draft}/account`);
    await one.getByLabel('What was seen').fill('Seen by the first');
    await next(one);
    await two.getByLabel('What was seen').fill('Seen by the second');
    await next(two);
    assert.equal(await two.getByText('A triage worker at the hub saved this page').count(), 1);
    assert.equal(await two.getByText('Seen by the first').count(), 1);
    assert.equal(await two.getByLabel('What was seen').inputValue(), 'Seen by the second');
    assert.deepEqual(await faults(two), []);
    await one.goto(`${draft}/account`);
    assert.equal(await one.getByLabel('What was seen').inputValue(), 'Seen by the first');
    await next(two);
    await one.goto(`${draft}/account`);
    assert.equal(await one.getByLabel('What was seen').inputValue(), 'Seen by the second');
    // On different pages nobody is in the other's way.
    await two.goto(`${draft}/family`);
    await fillIn(one);
    await next(one);
    await fillIn(two);
    await next(two);
    assert.equal(await two.getByText('saved this page').count(), 0);
  });
});

describe('signing in through an identity provider', () => {
  let real;
  before(async () => {
    real = await serveWithProvider();
  });
  after(async () => {
    await real.end();
  });

  async function through(who, to = '/worklist', button = 'Sign in') {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${real.base}${to}`);
    assert.match(page.url(), /\/sign-in\?to=/);
    await page.getByRole('button', { name: button, exact: true }).click();
    await page.locator('[name=login]').fill(who);
    await page.locator('[name=password]').fill('any');
    await page.locator('button[type=submit]').click();
    await page.locator('button[type=submit]').click();
    return page;
  }

  test('code, PKCE and nonce lead to a session with a role, and back to the page that was wanted', async () => {
    const page = await through('triage', '/drafts');
    assert.equal(page.url(), `${real.base}/drafts`);
    assert.equal(await page.getByText('Invented Triage Worker (triage worker)').count(), 1);
    assert.equal(await page.getByText('Demonstration').count(), 0);
    assert.deepEqual(await faults(page), []);
    const cookies = await page.context().cookies(real.base);
    const session = cookies.filter((cookie) => cookie.name === 'windscreen_session');
    assert.equal(session.length, 1);
    assert.equal(session[0].httpOnly && session[0].sameSite === 'Lax', true);
    assert.deepEqual(cookies.filter((cookie) => cookie.name === 'windscreen_sign_in'), []);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.goto(`${real.base}/worklist`);
    assert.match(page.url(), /\/sign-in/);
    // The session is over at the server too, not in the browser alone.
    await page.context().addCookies([{ name: 'windscreen_session', value: session[0].value, url: real.base }]);
    await page.goto(`${real.base}/worklist`);
    assert.match(page.url(), /\/sign-in/);
  });

  test('one of several roles that are known here is taken; nobody without one comes in', async () => {
    const manager = await through('manager');
    assert.equal(await manager.getByText('Invented Manager (social work manager)').count(), 1);
    const stranger = await through('stranger');
    assert.match(stranger.url(), /\/sign-in\?failed=yes/);
    assert.equal(await stranger.getByText('you have no role here').count(), 1);
  });

  test('a code that answers another sign-in, or none, is not taken', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${real.base}/sign-in/callback?state=forged&code=forged`);
    assert.match(page.url(), /failed=yes/);
    await page.goto(`${real.base}/sign-in/begin?to=/worklist`);
    await page.goto(`${real.base}/sign-in/callback?state=another&code=forged`);
    assert.match(page.url(), /failed=yes/);
    assert.deepEqual((await context.cookies(real.base)).filter((cookie) => cookie.name === 'windscreen_session'), []);
  });

  test("a partner's provider is believed of its own people alone", async () => {
    const delegate = await through('delegate', '/board', 'Sign in with the police');
    assert.equal(delegate.url(), `${real.base}/board`);
    assert.equal(await delegate.getByText('Invented Delegate (approver)').count(), 1);
    // Of the council's people, and of whoever decides about children, it is not believed.
    for (const who of ['impostor', 'manager', 'triage']) {
      const page = await through(who, '/board', 'Sign in with the police');
      assert.match(page.url(), /\/sign-in\?failed=yes/, who);
    }
    // What the council's provider begins, no other ends.
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${real.base}/sign-in/begin?to=/board`);
    const state = new URL(page.url()).searchParams.get('state');
    await page.goto(`${real.base}/sign-in/callback/police?state=${state ?? 'none'}&code=forged`);
    assert.match(page.url(), /failed=yes/);
    await page.goto(`${real.base}/sign-in/begin?with=nobody`);
    assert.match(await page.title(), /Page not found/);
  });

  test('whoever cannot sign in breaks the glass, by keyboard alone, and the board is told', async () => {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${real.base}/sign-in`);
    assert.deepEqual(await faults(page), []);
    await page.getByRole('link', { name: 'You cannot sign in, and a child cannot wait' }).press('Enter');
    assert.deepEqual(await faults(page), []);
    await page.getByRole('button', { name: 'Sign in, and tell the board' }).press('Enter');
    assert.deepEqual(await faults(page), [], 'with its faults');
    assert.equal(await page.locator('.govuk-error-summary a').count(), 3);
    await page.getByLabel('Your name').pressSequentially('A. Manager');
    await page.getByLabel('A drill, to see that it works').press('Space');
    await page.getByLabel('The secret').pressSequentially(real.paper.replaceAll('-', ' '));
    await page.getByLabel('The secret').press('Enter');
    await page.waitForURL(`${real.base}/worklist`);
    assert.equal(await page.getByText('A. Manager (break-glass) (social work manager)').count(), 1);
    assert.match(await readFile(real.message, 'utf8'), /By, as they say: A\. Manager/);
    for (const path of ['/board', '/audit']) {
      await page.goto(`${real.base}${path}`);
      assert.equal(await page.getByRole('heading', { name: 'Break-glass accounts were used' }).count(), 1);
      assert.deepEqual(await faults(page), [], path);
    }
  });

  test('nobody invented is known where a provider is', async () => {
    const headers = { authorization: 'Bearer demonstration-manager' };
    assert.equal((await fetch(`${real.base}/v1/referrals`, { headers })).status, 401);
    const form = { method: 'POST', headers: { 'sec-fetch-site': 'same-origin', origin: real.base, 'content-type': 'application/x-www-form-urlencoded' }, body: 'who=manager' };
    assert.equal((await fetch(`${real.base}/sign-in`, { ...form, redirect: 'manual' })).status, 404);
  });
});
