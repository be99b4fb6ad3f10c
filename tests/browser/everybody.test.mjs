// The pages in real Chromium: that everybody can use them, and that they do not lead elsewhere.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { family, fillAll, fillByKeyboard, next, send } from './family.mjs';
import { faults, launch, names, person, serve, signIn } from './served.mjs';

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

/** One child who is often hungry: the shortest whole referral. */
const alone = { ...family };

describe('everybody', () => {
  test('by keyboard alone, a check without naming a child', async () => {
    const page = await somebody();
    await page.goto(served.base);
    const press = async (key, times = 1) => {
      for (let count = 0; count < times; count += 1) await page.keyboard.press(key);
    };
    const to = async (wanted) => {
      for (let count = 0; count < 80; count += 1) {
        await press('Tab');
        const text = await page.evaluate(() => document.activeElement.innerText || document.activeElement.labels?.[0]?.innerText || '');
        if (wanted.test(text)) return;
      }
      throw new Error(`the keyboard does not reach ${wanted} on ${page.url()}`);
    };
    await press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.innerText), 'Skip to main content');
    await to(/^Check without naming a child$/);
    await Promise.all([page.waitForURL('**/check'), press('Enter')]);
    await to(/^Begin, for a child$/);
    await Promise.all([page.waitForNavigation(), press('Enter')]);
    for (let count = 0; count < 30 && (await page.locator('.ws-level').count()) === 0; count += 1) {
      // Space chooses the first answer of a group; arrows would move on; a box is ticked.
      const groups = await page.evaluate(() => [...new Set([...document.querySelectorAll('main input[type=radio]')].map((one) => one.name))].length);
      for (let group = 0; group < groups; group += 1) {
        do await press('Tab');
        while ((await page.evaluate(() => document.activeElement.type)) !== 'radio');
        await press('Space');
      }
      if (await page.locator('[name$=".concerns"]').count()) {
        await to(/^None of these$/);
        await press('Space');
      }
      await to(/^Continue$/);
      await Promise.all([page.waitForNavigation(), press('Enter')]);
    }
    assert.equal(await page.locator('.ws-level').count(), 1);
    assert.deepEqual(await faults(page), []);
  });

  test('by keyboard alone, from first words to a signed decision', async () => {
    const page = await somebody(names.triage);
    await page.goto(`${served.base}/drafts`);
    const enter = (button) => fillByKeyboard(page, button, { ...family, 'referrer.agency': 'School, c' });
    await enter('Begin a new referral');
    const draft = page.url();
    await page.goto(`${draft}/referrer`);
    for (let count = 0; count < 60 && !page.url().endsWith('/check'); count += 1) {
      const none = page.url().endsWith('/children') && (await page.locator('.govuk-summary-list__row').count()) === 0;
      await enter(none ? 'Add a child' : page.url().endsWith('/children') ? 'Continue' : 'Save and continue');
    }
    assert.equal(await page.locator('.govuk-error-summary').count(), 0);
    await enter('Send and see what the criteria indicate');
    const referral = page.url();
    assert.match(referral, /\/referrals\/[A-Z0-9-]+$/);
    assert.equal(await page.getByText('Often hungry on Mondays.').count(), 1);
    const level = (await page.locator('.ws-level__word').innerText()).match(/level (\d)/)[1];
    await signIn(page, served.base, names.manager);
    await page.goto(`${referral}/children/1/decision`);
    await fillByKeyboard(page, 'Sign this decision', { level, outcome: 'early_help', holder: 'council:example' });
    assert.equal(page.url(), referral);
    assert.equal(await page.getByText(`Level ${level}. Agrees with what the criteria indicate`).count(), 1);
  });

  test('with scripts switched off, from first words to the answer', async () => {
    const page = await somebody(names.triage, { javaScriptEnabled: false });
    await page.goto(`${served.base}/drafts`);
    await page.getByRole('button', { name: 'Begin a new referral' }).click();
    await page.getByRole('link', { name: 'Who is referring' }).click();
    for (const [name, value] of Object.entries(family)) {
      if (name.startsWith('referrer.') && name !== 'referrer.agency') await page.locator(`[name="${name}"]`).fill(value);
    }
    await page.locator('[name="referrer.agency"]').selectOption('school');
    await next(page);
    await page.getByRole('button', { name: 'Add a child', exact: true }).click();
    await page.getByLabel('Name of the child').fill('Invented Child');
    await next(page);
    await next(page);
    await page.getByLabel('What was seen').fill('Nothing');
    await next(page);
    const draft = page.url().replace(/\/[^/]*$/, '');
    await page.goto(`${draft}/check`);
    assert.equal(await page.getByText('You can send without them').count(), 1);
    await send(page);
    assert.match(await page.locator('.ws-level__word').innerText(), /^At least level 1: /);
  });

  test('at 320 pixels, which is 400 per cent on a wide screen, nothing is cut off', async () => {
    const page = await somebody(names.triage, { viewport: { width: 320, height: 600 } });
    const wide = [];
    const measure = async (step) => {
      const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (over > 0) wide.push(`${step}: ${over}px`);
    };
    await fillAll(page, served.base, family, measure);
    await measure('check');
    await send(page);
    await measure('answer');
    for (const path of ['/', '/worklist', '/drafts', '/check', '/accessibility', '/privacy', '/cookies', '/sign-in', '/docs/problems', '/docs/problems/rule-set-moved', '/docs/problems/duplicate-column', '/docs/problems/none']) {
      await page.goto(`${served.base}${path}`);
      await measure(path);
    }
    assert.deepEqual(wide, []);
  });

  test('axe finds nothing on any page that links lead to, for anybody', async () => {
    const found = [];
    const templates = new Set();
    // Something to find: a referral, and a draft that is not yet sent.
    const worker = await somebody(names.triage);
    await fillAll(worker, served.base, family);
    await send(worker);
    await fillAll(worker, served.base, alone, undefined, ['child']);
    // What was looked at word for word needs no second look: many pages differ by who is signed in alone.
    const audited = new Set();
    const words = (page) => page.evaluate(() => {
      const copy = document.body.cloneNode(true);
      copy.querySelectorAll('form[action="/sign-out"], .ws-time-left').forEach((one) => one.remove());
      copy.querySelectorAll('input[type=hidden]').forEach((one) => one.removeAttribute('value'));
      return copy.outerHTML;
    });
    const crawl = async (name) => {
      const page = await somebody(name);
      const waiting = ['/', '/sign-in', '/worklist', '/drafts', '/time-left', '/docs/problems', '/docs/problems/unknown-column', '/docs/problems/unknown-columns-of-old'];
      const seen = new Set();
      const kinds = new Map();
      while (waiting.length > 0) {
        const path = waiting.shift();
        // Of pages that differ by an id alone, a few say enough.
        const kind = path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, 'ID').replace(/\/referrals\/[^/?#]+/, '/referrals/ID').replace(/\/problems\/.+/, '/problems/CODE');
        // Swagger UI's own page has scripts, and is no page of ours.
        if (path === '/docs/') continue;
        // What is taken away is no page here; the checker has a test of its own.
        if (/^\/audit\/(verify\.html|bundle)$|\.zip$|^\/reports\/.*\/[^/]+\.(html|xlsx|csv)$|^\/documents\/./.test(path)) continue;
        if (seen.has(path) || (kinds.get(kind) ?? 0) >= 2) continue;
        seen.add(path);
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
        const answer = await page.goto(`${served.base}${path}`);
        if (!(answer.headers()['content-type'] ?? '').startsWith('text/html')) continue;
        templates.add(await page.evaluate(() => document.body.dataset.template));
        const text = await words(page);
        if (!audited.has(text)) {
          audited.add(text);
          for (const fault of await faults(page)) found.push(`${name}: ${path}: ${fault}`);
        }
        const links = await page.locator('a[href]').evaluateAll((all) => all.map((one) => one.getAttribute('href')));
        for (const link of links) {
          assert.equal(/^(\/|#|tel:(999|0\d{10})$)/.test(link), true, `${path} leads elsewhere: ${link}`);
          if (link.startsWith('/')) waiting.push(link.split('#')[0]);
        }
        const actions = await page.locator('form[method=get]').evaluateAll((all) => all.map((one) => one.getAttribute('action')));
        waiting.push(...actions.map((action) => action.split('#')[0]));
      }
      await page.context().close();
    };
    const everybody = [undefined, names.teacher, names.triage, names.manager, 'An auditor of the board', 'An operator'];
    // Two at a time, as there are cores.
    const crawlNext = async () => {
      if (everybody.length > 0) await crawl(everybody.shift()).then(crawlNext);
    };
    await Promise.all([crawlNext(), crawlNext()]);
    assert.deepEqual(found, []);
    for (const template of ['start', 'sign_in', 'drafts', 'tasks', 'step', 'children', 'check_answers', 'sure', 'check', 'referral', 'worklist', 'information', 'decision', 'playground', 'accessibility', 'privacy', 'cookies', 'problems', 'problem', 'no_problem', 'refused', 'time_left']) {
      assert.equal(templates.has(template), true, `no page of the template ${template} was found`);
    }
  });

  test('nothing is loaded from elsewhere, and no page is blocked by its own policy', async () => {
    const page = await somebody(names.triage);
    const asked = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => asked.push(`console: ${message.text()}`));
    for (const path of ['/', '/worklist', '/drafts', '/check', '/cookies']) await page.goto(`${served.base}${path}`);
    assert.deepEqual(asked.filter((url) => !url.startsWith(`${served.base}/`)), []);
  });
});
