// Starts the program as its users do, with a record of its own, and Chromium beside it.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';

export const root = resolve(import.meta.dirname, '../..');
export const program = join(root, 'target/debug/windscreen');
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

const listening = (child, words) =>
  new Promise((done, failed) => {
    let said = '';
    const hear = (text) => {
      said += text;
      if (words.test(said)) done();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('exit', (code) => failed(new Error(`ended with ${code}: ${said}`)));
  });

const ended = (child) =>
  new Promise((done) => {
    if (child.exitCode !== null) return done();
    child.on('exit', done);
    child.kill('SIGTERM');
  });

/** What the provider calls this service in the tokens of systems. */
export const audience = 'https://windscreen.example/api';

/** The program on a port of its own; `flags` are added to `serve`. `stop` leaves the record, for another start. */
export async function serve(extra = [], rules = join(root, 'rules'), given = undefined, kept = undefined) {
  const port = given ?? (await freePort());
  const data = kept ?? (await mkdtemp(join(tmpdir(), 'windscreen-')));
  const child = spawn(program, ['serve', '--listen', `127.0.0.1:${port}`, '--data', data, '--rules', rules, ...extra]);
  await listening(child, /serving/);
  const stop = () => ended(child);
  const end = async () => {
    await stop();
    await rm(data, { recursive: true });
  };
  return { base: `http://127.0.0.1:${port}`, data, stop, end };
}

/** The council's identity provider and a partner's, and the program that trusts each as far as it is told. */
export async function serveWithProvider() {
  const [port, partners, here] = [await freePort(), await freePort(), await freePort()];
  const issuer = `http://127.0.0.1:${port}`;
  const base = `http://127.0.0.1:${here}`;
  const child = spawn(process.execPath, [join(import.meta.dirname, 'provider.mjs'), String(port), `${base}/sign-in/callback`]);
  const partner = spawn(process.execPath, [join(import.meta.dirname, 'provider.mjs'), String(partners), `${base}/sign-in/callback/police`]);
  await Promise.all([listening(child, /listening/), listening(partner, /listening/)]);
  const secrets = await mkdtemp(join(tmpdir(), 'windscreen-'));
  const secret = join(secrets, 'secret');
  await writeFile(secret, 'an-invented-secret\n');
  const trusted = join(secrets, 'partners.yaml');
  await writeFile(
    trusted,
    `- partner: { id: police, title: the police, organisations: ["police:example"], roles: [approver] }
  issuer: http://127.0.0.1:${partners}
  client_id: windscreen
  client_secret_file: ${secret}
`,
  );
  const [accounts, takes, message] = ['accounts.toml', 'takes', 'message'].map((name) => join(secrets, name));
  const account = ['--account', 'duty', '--role', 'social_work_manager', '--organisation', 'council:example'];
  const paper = spawnSync(program, ['break-glass', accounts, ...account], { encoding: 'utf8' }).stdout.trim();
  await writeFile(takes, `#!/bin/sh\ncat > ${message}\n`, { mode: 0o700 });
  const served = await serve(
    [
      ...['--break-glass', accounts, '--board-email', 'board@example.invalid', '--mail-from', 'hub@example.invalid', '--sendmail', takes],
      ...['--oidc-issuer', issuer, '--oidc-client-id', 'windscreen', '--oidc-client-secret-file', secret, '--public-url', base, '--oidc-partners', trusted],
      '--behind-proxy',
      ...['--api-issuer', issuer, '--api-audience', audience],
    ],
    undefined,
    here,
  );
  const end = async () => {
    await served.end();
    await Promise.all([ended(child), ended(partner)]);
    await rm(secrets, { recursive: true });
  };
  return { ...served, issuer, paper, message, end };
}

export const launch = () => chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });

/** What axe finds wrong on a page, by the rules of WCAG 2.2 level A and AA. The frame that each page holds is a page too. */
export async function faults(page) {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
  const { violations } = await new AxeBuilder({ page }).exclude('.ws-time-left').withTags(tags).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`);
}

/** Signs in as somebody of the demonstration. */
export async function signIn(page, base, name) {
  await page.goto(`${base}/sign-in`);
  await page.getByRole('button', { name, exact: true }).click();
}

export const names = {
  call: 'A call taker at the hub',
  triage: 'A triage worker at the hub',
  manager: 'A manager at the hub',
  social: 'A social worker at the hub',
  teacher: 'A safeguarding lead at a school',
};

/** Somebody at a browser of their own. */
export async function person(browser, served, name, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  if (name) await signIn(page, served.base, name);
  return page;
}
