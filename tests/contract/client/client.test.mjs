// Makes a client's types from the document that the program serves, compiles a client with them, and runs it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import openapiTS, { astToString } from 'openapi-typescript';
import { serve } from '../../browser/served.mjs';

const here = import.meta.dirname;
const generated = join(here, 'generated');

const types = async (document) => astToString(await openapiTS(document, { silent: true }));

/** The compiler, as a build runs it; what it says when it refuses. */
const compile = (project) => {
  const ran = spawnSync(process.execPath, [join(here, 'node_modules/typescript/bin/tsc'), '--project', project]);
  return ran.status === 0 ? '' : `${ran.stdout}${ran.stderr}` || 'it broke off';
};

test('a client made from the document refers, decides and reads back', async (t) => {
  const served = await serve(['--invented-families']);
  t.after(served.end);
  await rm(generated, { recursive: true, force: true });
  await mkdir(generated);
  const document = await (await fetch(`${served.base}/openapi.json`)).json();
  await writeFile(join(generated, 'api.d.ts'), await types(document));
  const { digest } = await (await fetch(`${served.base}/v1/rule-sets/current`)).json();
  const facts = await (await fetch(`${served.base}/v1/rule-sets/${digest}/facts.schema.json`)).json();
  const ofFacts = { openapi: '3.1.0', info: { title: 'Facts', version: '1' }, paths: {}, components: { schemas: { Facts: facts } } };
  await writeFile(join(generated, 'facts.d.ts'), await types(ofFacts));

  assert.equal(compile(here), '');
  const source = await readFile(join(here, 'client.ts'), 'utf8');
  assert.doesNotMatch(source, /@ts-/, 'nothing is silenced');
  const code = source.replace(/\/\*\*[^]*?\*\/|\/\/.*$/gm, '');
  assert.doesNotMatch(code, /\bany\b|\bas (?!ofRules\b)|!\.|\bunknown\b/, 'no `any`, no cast');

  const { run } = await import(join(generated, 'made/client.js'));
  const story = await run(served.base);
  assert.equal(story.inForce, digest);
  assert.equal(story.misspelt.do, 'mend');
  assert.deepEqual(
    story.misspelt.faults.map(({ pointer, code, suggestion }) => [pointer, code, suggestion]),
    [['/children/0/facts/basic_cere', 'unknown-fact', 'basic_care']],
  );
  assert.deepEqual(story.otherRules, { do: 'ask which rules are in force' });
  assert.equal(story.nobody.do, 'ask the hub');
  assert.match(story.indicated[0], /^\d to \d; ask: /);
  assert.match(story.alone, /^\d to \d; ask: /);
  assert.equal(story.several, 2);
  assert.deepEqual(story.read, { view: 'agrees', outcome: 'early_help', by: 'triage_worker' });
  assert.match(story.decision, /^[0-9a-f-]{36}$/);
  assert.equal(story.listed.length, 1);
});

test('the compiler sees what the document forbids', async () => {
  const source = await readFile(join(here, 'client.ts'), 'utf8');
  const head = source.slice(0, source.indexOf('/** What a partner')).replaceAll('./generated/', './');
  const given = `
declare const school: ReturnType<typeof caller>;
declare const referral: Schemas['ReferralRequest'];
declare const key: { header: { 'Idempotency-Key': string } };
`;
  const lines = {
    'what is as it should be': "await school.POST('/v1/referrals', { params: key, body: referral }); const facts: Facts = {};",
    'a referral without its key': "await school.POST('/v1/referrals', { params: { header: {} }, body: referral });",
    'a word that is none': "await school.POST('/v1/referrals', { params: key, body: { ...referral, family_told: 'perhaps' } });",
    'an answer that is none': "const facts: Facts = { basic_care: 'fine' };",
    'a fact that is none': "const facts: Facts = { basic_cere: 'struggling' };",
    'a referral without children': "const sent: Schemas['ReferralRequest'] = { referrer: { organisation: 'a' } };",
    'a level that is taken for granted': "const rank = (one: Schemas['Evaluation']): number => one.level.rank;",
  };
  const file = (what) => `${what.replaceAll(' ', '_')}.ts`;
  for (const [what, line] of Object.entries(lines)) {
    await writeFile(join(generated, file(what)), `${head}${given}export const made = async () => { ${line} };\n`);
  }
  const { compilerOptions: strict } = JSON.parse(await readFile(join(here, 'tsconfig.json'), 'utf8'));
  const compilerOptions = { ...strict, noEmit: true, noUnusedLocals: false };
  const project = join(generated, 'tsconfig.json');
  await writeFile(project, JSON.stringify({ compilerOptions, files: Object.keys(lines).map(file) }));
  const said = compile(project);
  for (const what of Object.keys(lines)) {
    const seen = said.includes(`${file(what)}(`);
    assert.equal(seen, what !== 'what is as it should be', `${what}:\n${said}`);
  }
});
