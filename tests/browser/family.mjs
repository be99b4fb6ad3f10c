// An invented family, and how somebody who knows it fills in the form: by the names of the inputs.

/** What is entered under a name; a fact that is not listed here is not known. */
export const family = {
  'referrer.organisation': 'school:example-primary',
  'referrer.name': 'A. Teacher',
  'referrer.role': 'safeguarding lead',
  'referrer.contact': 'by the school office',
  'referrer.agency': 'school',
  'child.1.name': 'Invented Child',
  'child.1.born-day': '2',
  'child.1.born-month': '5',
  'child.1.born-year': '2018',
  'child.1.nhs_number': '943 476 5919',
  'child.1.own_words': 'I make my own tea.',
  'child.2.name': 'The baby',
  'child.2.due-day': '1',
  'child.2.due-month': '2',
  'child.2.due-year': '2027',
  'household.address': '1 Invented Street',
  'household.people': 'Their mother, who is expecting.',
  'account.seen': 'Often hungry on Mondays.',
  'account.said': 'The mother says that money is short.',
  'child.1.concerns': ['neglect_and_care'],
  'child.2.concerns': ['none'],
  'child.1.fact.basic_care': 'struggling',
  'child.1.fact.keeping_safe': 'some_exposure',
  'child.1.fact.independently_mobile': 'yes',
  'household.strengths': ['parent_accepts_concern'],
  'account.tried': 'Breakfast club since September.',
  'family.told': 'yes',
  'family.agrees': 'not_asked',
  'family.basis': 'public_task',
  level: '3',
};

/** Fills in whatever the page asks. */
export async function fillIn(page, story = family) {
  const inputs = await page.locator('main form [name]').evaluateAll((all) =>
    all.map((one) => ({ name: one.name, kind: one.tagName === 'SELECT' ? 'select' : one.type, value: one.value })),
  );
  const seen = new Set();
  for (const { name, kind, value } of inputs) {
    const wanted = story[name];
    const at = page.locator(`main form [name="${name}"]`);
    if (kind === 'checkbox') {
      if (wanted?.includes(value)) await page.locator(`main form [name="${name}"][value="${value}"]`).check();
    } else if (kind === 'radio') {
      if (seen.has(name)) continue;
      seen.add(name);
      const base = name.replace(/\.instead$/, '');
      const isCore = page.url().includes('/first.') || page.url().includes('/question.');
      const answer = wanted ?? (isCore && story[base] === undefined && base.includes('.fact.') ? 'not_known' : undefined);
      if (answer !== undefined) await page.locator(`main form [name="${name}"][value="${answer}"]`).check();
    } else if (wanted !== undefined && (kind === 'text' || kind === 'textarea')) {
      await at.fill(wanted);
    } else if (wanted !== undefined && kind === 'select') {
      await at.selectOption(wanted);
    }
  }
}

/** The same by keyboard alone, ending with the button of these words. */
export async function fillByKeyboard(page, button, story = family) {
  const done = new Set();
  for (let count = 0; count < 120; count += 1) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const { tagName, type, name, value, innerText } = document.activeElement;
      const group = [...document.querySelectorAll('main input[type=radio]')].filter((one) => one.name === name);
      return { tagName, type, name, value, innerText, group: group.map((one) => one.value) };
    });
    if (at.tagName === 'BUTTON' && at.innerText === button) {
      await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
      return;
    }
    const wanted = story[at.name];
    if (at.type === 'checkbox') {
      if (wanted?.includes(at.value)) await page.keyboard.press('Space');
      continue;
    }
    if (!at.name || done.has(at.name)) continue;
    done.add(at.name);
    if (at.type === 'radio') {
      const place = at.group.indexOf(wanted ?? 'not_known');
      if (place < 0) continue;
      // One is at the one that was chosen before, else at the first, which is chosen by space; the others by moving.
      const moves = place - at.group.indexOf(at.value);
      if (moves === 0) await page.keyboard.press('Space');
      for (let count = 0; count < Math.abs(moves); count += 1) await page.keyboard.press(moves > 0 ? 'ArrowDown' : 'ArrowUp');
    } else if (wanted !== undefined) {
      await page.keyboard.type(wanted);
    }
  }
  throw new Error(`the keyboard does not reach ${button} on ${page.url()}`);
}

/** Saves, and waits until the answer is loaded with its scripts. */
export async function next(page) {
  await page.getByRole('button', { name: 'Save and continue' }).click();
  await page.waitForLoadState('load');
}

/** From an empty draft to the page where answers are checked; `each` is told of every page. */
export async function fillAll(page, base, story = family, each = async () => {}, kinds = ['child', 'baby']) {
  await page.goto(`${base}/drafts`);
  await page.getByRole('button', { name: 'Begin a new referral' }).click();
  const draft = page.url();
  await each('tasks');
  await page.goto(`${draft}/referrer`);
  for (let count = 0; count < 60; count += 1) {
    const step = page.url().split('/').pop();
    if (step === 'check') return draft;
    await each(step);
    if (step === 'children') {
      for (const kind of kinds) {
        await page.goto(`${draft}/children`);
        const button = kind === 'baby' ? 'Add a baby who is not yet born' : 'Add a child';
        await page.getByRole('button', { name: button, exact: true }).click();
      }
      await page.goto(`${draft}/children`);
      await each('children added');
      await page.getByRole('button', { name: 'Continue' }).click();
      continue;
    }
    await fillIn(page, story);
    await next(page);
  }
  throw new Error(`the form does not end; last at ${page.url()}`);
}

/** Sends, and waits until the answer is loaded: a click alone ends before Chromium has left the old page. */
export async function send(page) {
  await page.getByRole('button', { name: 'Send and see what the criteria indicate' }).click();
  await page.waitForURL(/\/referrals\/[A-Z0-9-]+$/);
  return page.url();
}

/** While Chromium changes from one page to the next it has no history for a moment: then it is asked again. */
async function settled(ask) {
  for (let again = 0; ; again += 1) {
    try {
      return await ask();
    } catch (error) {
      if (again === 5 || !error.message.includes('Not attached to an active page')) throw error;
      await new Promise((done) => setTimeout(done, 200));
    }
  }
}

/** One page back. */
export const back = (page) => settled(() => page.goBack());

/** The same page again. */
export const reload = (page) => settled(() => page.reload());
