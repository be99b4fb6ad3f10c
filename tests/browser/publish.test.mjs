// The published threshold document and the practitioner's guide, as a browser shows and prints them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { faults, launch, program, root } from './served.mjs';

let browser;
let folder;
before(async () => {
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), 'windscreen-'));
});
after(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

async function published(...args) {
  const { stdout } = await promisify(execFile)(program, ['publish', ...args], { cwd: root, maxBuffer: 2 ** 25 });
  const file = join(folder, `${args.join('-').replaceAll('/', '-')}.html`);
  await writeFile(file, stdout);
  return pathToFileURL(file).href;
}

const printed = async (page) => {
  const pdf = await page.pdf({ preferCSSPageSize: true });
  return pdf.toString('latin1').match(/\/Type\s*\/Page\b/g).length;
};

for (const args of [['rules'], ['rules', '--guide'], ['fixtures/rule_sets/good/four_levels'], ['fixtures/rule_sets/good/tiny']]) {
  test(`publish ${args.join(' ')}: axe finds nothing, at any width`, async () => {
    const url = await published(...args);
    for (const width of [1280, 320]) {
      const context = await browser.newContext({ viewport: { width, height: 800 } });
      const page = await context.newPage();
      const asked = [];
      page.on('request', (request) => asked.push(request.url()));
      await page.goto(url);
      assert.deepEqual(await faults(page), []);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.equal(over <= 0, true, `${over} pixels too wide at ${width}`);
      assert.deepEqual(asked, [url], 'it stands for itself');
      await context.close();
    }
  });
}

test('the guide is one page of paper, and each level of the document begins one', async () => {
  const page = await browser.newPage();
  await page.goto(await published('rules', '--guide'));
  assert.equal(await printed(page), 1);
  await page.goto(await published('rules'));
  assert.equal((await printed(page)) > 8, true);
});
