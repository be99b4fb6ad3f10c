// A calibration round in a browser.
import { names, person } from './served.mjs';

/** Opens a round of the first vignettes of the rule set; its address. */
export async function openRound(browser, served, title, children) {
  const auditor = await person(browser, served, 'An auditor of the board');
  await auditor.goto(`${served.base}/calibration`);
  await auditor.getByRole('link', { name: 'Open a round' }).click();
  await auditor.getByLabel('Title').fill(title);
  const until = new Date(Date.now() + 30 * 24 * 3600 * 1000);
  const parts = [['Day', until.getDate()], ['Month', until.getMonth() + 1], ['Year', until.getFullYear()]];
  for (const [label, value] of parts) await auditor.getByLabel(label, { exact: true }).fill(String(value));
  const vignettes = auditor.getByRole('group', { name: 'Vignettes' }).getByRole('checkbox');
  for (let place = 0; place < children; place += 1) await vignettes.nth(place).check();
  return auditor;
}

/** Answers every question of a page: most as most would, the last two each rater in their own way. */
async function answer(page, number) {
  const groups = await page.evaluate(() => [...new Set([...document.querySelectorAll('main input[type=radio]')].map((one) => one.name))]);
  for (const [place, name] of groups.entries()) {
    const radios = page.locator(`input[name="${name}"]`);
    const count = await radios.count();
    const own = place >= groups.length - 2;
    await radios.nth(own ? number % count : Math.min(1, count - 1)).check();
  }
}

/** Four people rate every child of a round; each page is shown to `look` before it is sent. */
export async function rate(browser, served, home, look = async () => {}) {
  const raters = [names.teacher, names.triage, names.social, names.manager];
  for (const [number, name] of raters.entries()) {
    const page = await person(browser, served, name);
    await page.goto(home);
    await look(page, 'a round that is open');
    await page.getByRole('link', { name: 'Child 1', exact: true }).click();
    for (;;) {
      await look(page, 'a child');
      await answer(page, number);
      await page.getByRole('button', { name: 'Save and continue' }).click();
      await page.waitForLoadState('load');
      if (page.url() === home) break;
    }
    await page.context().close();
  }
}
