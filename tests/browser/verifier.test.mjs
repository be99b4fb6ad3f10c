// The page that checks bundles: its checking run apart from a browser, held against the program; and the page itself,
// opened from disk in Chromium without a network.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { checkpoint, drawKey, fileOf, leaf, leafHash, makeLog, proofOf, provenBundle, rootOf, wholeBundle } from './bundles.mjs';
import { faults, launch, program, root, serve } from './served.mjs';

const path = join(root, 'src/record/verify.html');
const html = await readFile(path, 'utf8');
const part = (name) => html.match(new RegExp(`<${name}>([^]*?)</${name}>`))[1];
const names = ['canCheck', 'check', 'Frontier', 'isPoint', 'isSmall', 'leafHash', 'monthOf', 'notes', 'readJson', 'sha256', 'showsInclusion', 'told'];
const verifier = new Function(`${part('script')}\nreturn { ${names.join(', ')} };`)();
const run = promisify(execFile);

let folder;
let served;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windscreen-'));
  served = await serve(['--invented-families']);
});
after(async () => {
  await served.end();
  await rm(folder, { recursive: true });
});

/** What `windscreen audit ARGS` prints of the record that is served. */
const audit = async (...args) => (await run(program, ['audit', ...args, '--data', served.data])).stdout;

let count = 0;
async function kept(text) {
  const file = join(folder, String((count += 1)));
  await writeFile(file, text);
  return file;
}

/** What the program says of a bundle: `ok`, or the place and what is wrong there. */
async function theirs(bundle, { minutes, keys } = {}) {
  const args = ['audit', 'verify', '--bundle', await kept(bundle)];
  if (minutes !== undefined) args.push('--since', await kept(minutes));
  if (keys !== undefined) args.push('--key', keys);
  try {
    await run(program, args);
    return 'ok';
  } catch ({ code, stdout, stderr }) {
    assert.equal(code, 5, stderr);
    return stdout.match(/^DAMAGED (.*)\n$/)[1];
  }
}

/** What the page's script says, in the same words. */
async function ours(bundle, options) {
  const result = await verifier.check(new Blob([bundle]), options);
  if (result.verdict === 'sound') return 'ok';
  return result.verdict === 'damaged' ? `${result.place}: ${result.what}` : `not checked: ${result.what}`;
}

/** What both say. */
async function both(bundle, options) {
  const [page, command] = await Promise.all([ours(bundle, options), theirs(bundle, options)]);
  assert.equal(command, page);
  return page;
}

const origin = 'windscreen.invalid/0000000000000000';
const [decisions, rules] = [`${origin}/decisions`, `${origin}/rules`];

/** An invented record, with a key drawn for it; `later` are entries of its rules log that a later program may write. */
function invented(many = 300, later = []) {
  const key = drawKey();
  const kinds = ['referral_received', 'viewed', 'viewed', 'decided'];
  const leaves = Array.from({ length: many }, (_, at) => leaf(kinds[at % 4], at));
  const told = [
    leaf('key_added', 0, { detail: key.text(decisions) }),
    ...['a1', 'b2', 'c3', 'd4'].map((byte, at) => leaf('rule_set_kept', at + 1, { rule_set: `sha256:${byte.repeat(32)}` })),
    ...later,
  ];
  const logs = [makeLog(decisions, leaves, [1, 7, Math.floor(many / 2), many], key), makeLog(rules, told, [2, told.length], key)];
  return { key, logs, bundle: wholeBundle(logs) };
}

/** The same bundle with its first line changed. */
function headed(lines, change) {
  const head = JSON.parse(lines[0]);
  change(head.logs, head);
  return [JSON.stringify(head), ...lines.slice(1)];
}
const without = (lines, at) => lines.toSpliced(at, 1);
const changed = (lines, at, change) => lines.with(at, change(lines[at]));

test('the page may load nothing, and runs no script but its own', () => {
  const hash = (name) => `${name}-src 'sha256-${createHash('sha256').update(part(name)).digest('base64')}'`;
  const [policy] = html.match(/default-src 'none'[^"]*/);
  for (const name of ['script', 'style']) assert.match(policy, new RegExp(hash(name).replace(/[+/]/g, '\\$&')), `${hash(name)} belongs into the policy`);
  for (const word of ["connect-src 'none'", "form-action 'none'", "base-uri 'none'"]) assert.ok(policy.includes(word), word);
  assert.doesNotMatch(html, /unsafe|\b(?:src|href|action)=|url\(|@import|innerHTML|outerHTML|insertAdjacent|document\.write|\bfetch\(|eval\(/);
});

describe('the parts of the checking', () => {
  test('SHA-256 is what others reckon', () => {
    for (const length of [...Array(200).keys(), 1023, 4096, 100_003]) {
      const bytes = randomBytes(length);
      assert.equal(Buffer.from(verifier.sha256(bytes)).compare(createHash('sha256').update(bytes).digest()), 0, `${length} bytes`);
    }
    for (const text of ['', 'a', 'ä€\u{1f9d2}', 'x'.repeat(70_000)]) assert.deepEqual(Buffer.from(verifier.leafHash(text)), leafHash(text));
  });

  test('roots and proofs are those of the definition, for every small tree', () => {
    const hashes = Array.from({ length: 70 }, (_, at) => leafHash(String(at)));
    const frontier = new verifier.Frontier();
    for (const [at, hash] of hashes.entries()) {
      frontier.push(hash);
      assert.deepEqual(Buffer.from(frontier.root()), rootOf(hashes.slice(0, at + 1)));
    }
    for (const size of [1, 2, 3, 7, 8, 33, 70]) {
      const [all, wanted] = [hashes.slice(0, size), rootOf(hashes.slice(0, size)).toString('base64')];
      for (let index = 0; index < size; index += 1) {
        const proof = proofOf(index, all);
        const holds = (index, proof) => verifier.showsInclusion(all[index] ?? all[0], index, size, proof, wanted);
        assert.equal(holds(index, proof), true, `${index} of ${size}`);
        assert.equal(holds(index, [...proof, all[0]]), false);
        assert.equal(size > 1 && holds(index, proof.slice(1)), false);
        assert.equal(verifier.showsInclusion(all[index], size, size, proof, wanted), false);
        assert.equal(size > 1 && verifier.showsInclusion(all[index], (index + 1) % size, size, proof, wanted), false);
      }
    }
  });

  test('JSON is read strictly', () => {
    const refused = ['', ' ', '{', '{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '{"a":1,}', '[1,]', '01', '1 2', '{"a" 1}', '"a', '"\n"', '"\\x"', '"\\ud800"', '"\\udc00\\ud800"', '{a:1}', 'tru', '+1', '.5', '\ufeff{}', `${'['.repeat(200)}${']'.repeat(200)}`];
    for (const text of refused) assert.throws(() => verifier.readJson(text), undefined, text);
    const read = (text) => verifier.readJson(text);
    assert.deepEqual(read(' {"a" : [1, true, null, "\\u00e4\\ud83e\\uddd2\\n"] , "__proto__":{}}\r'), new Map([['a', [1, true, null, 'ä\u{1f9d2}\n']], ['__proto__', new Map()]]));
    assert.equal(read('18446744073709551615'), 2n ** 64n - 1n);
    for (const text of ['1.0', '1e0', '-0', '-5']) assert.ok(Number.isNaN(read(text)), text);
  });

  test('keys are points of the curve, and none of the few under which anything holds', () => {
    const bytes = (text) => Uint8Array.from(Buffer.from(text, 'hex'));
    const small = ['01'.padEnd(64, '0'), 'ec'.padEnd(62, 'f') + '7f', '00'.repeat(32), '00'.repeat(31) + '80', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa', 'ed'.padEnd(62, 'f') + '7f'];
    for (const text of small) assert.ok(verifier.isSmall(bytes(text)) && verifier.isPoint(bytes(text)), text);
    const drawn = Array.from({ length: 20 }, () => new Uint8Array(Buffer.from(drawKey().text('a').split('+').slice(2).join('+'), 'base64').subarray(1)));
    for (const key of drawn) assert.ok(verifier.isPoint(key) && !verifier.isSmall(key));
    const points = Array.from({ length: 200 }, () => verifier.isPoint(new Uint8Array(randomBytes(32))));
    const many = points.filter(Boolean).length;
    assert.ok(many > 60 && many < 140, `about half of all numbers are a point's: ${many} of 200`);
  });

  test('minutes may have been through a word processor', () => {
    const { key, logs: [log] } = invented(8);
    const [first, second] = log.checkpoints;
    const both = [first, second];
    const read = (text) => verifier.notes(text).notes;
    assert.deepEqual(read(`${first}\n${second}`), both);
    assert.deepEqual(read(`${first}${second}`.replaceAll('\n\n', '\n')), both);
    assert.deepEqual(read(`Minutes of 3 March\r\nPresent:\r\n- the chair\r\n${first.replaceAll('\n', '\r\n')}\r\n— agreed\r\n- next\r\n\r\n\u00a0 ${second.replaceAll('\n', ' \n\t')}\nEnd.\n`), both);
    assert.deepEqual(read(first.replace('— ', '– ') + second.replace('— ', '- ')), both);
    // The line of signature broken, where words end or where the page does.
    assert.deepEqual(read(first.replace(/ (\S+)\n$/, '\n$1\n') + second.replace(/(\S{30})\n$/, '\n$1\n')), both);
    const beside = `${first}${drawKey().line('witness.example', first)}`;
    assert.deepEqual(read(beside), [beside]);
    assert.deepEqual(read('Nothing was signed.\n- a\n— b\n'), []);
    assert.ok(key);
  });

  test('a month is that of London', () => {
    for (const [at, month] of [['2026-06-30T22:59:59.999Z', '2026-06'], ['2026-06-30T23:00:00.000Z', '2026-07'], ['2026-12-31T23:59:59.000Z', '2026-12'], ['2026-03-31T23:30:00.000Z', '2026-04']]) {
      assert.equal(verifier.monthOf(at), month);
    }
  });

  test('steps of rule changes and kinds are told in words, those not known by their name', () => {
    const what = (entry) => verifier.told(entry).what;
    assert.equal(what({ kind: 'rule_change', change: { step: 'approved' } }), 'A partner agreed a rule change');
    assert.equal(what({ kind: 'rule_change', change: { step: 'put_off' } }), 'A rule change: put off');
    assert.equal(what({ kind: 'rule_set_kept' }), 'A rule set was kept, to evaluate under it');
    assert.equal(what({ kind: 'something_of_later' }), 'Something of later');
    assert.equal(what({ kind: 'constructor' }), 'Constructor');
  });
});

/** Bundles and what was done to them: those for which the program and the page must say the same. */
async function cases() {
  const { key, logs, bundle } = invented();
  const other = invented();
  const proven = provenBundle(logs, [0, 6, 149, 256, 299]);
  const [log, rulesLog] = logs;
  const entry = (change) => (line) => {
    const read = JSON.parse(line);
    change(read);
    return JSON.stringify(read);
  };
  const stranger = drawKey();
  const forged = (size, text = 'x') => checkpoint(decisions, size, leafHash(text), key);
  const minutes = `${log.checkpoints[1]}\n${rulesLog.checkpoints[0]}`;
  return [
    ['a whole bundle', bundle, {}, 'ok'],
    ['with minutes', bundle, { minutes }, 'ok'],
    ['with a key', bundle, { keys: key.text(decisions) }, 'ok'],
    ['line ends of another system', bundle.map((line) => `${line}\r`), {}, 'ok'],
    ['proofs', proven, {}, 'ok'],
    ['proofs, with minutes', proven, { minutes }, 'ok'],
    ['empty logs', wholeBundle([makeLog(decisions, [], [0], key), makeLog(rules, [], [0], key)]), {}, 'ok'],
    ['a changed leaf', changed(bundle, 18, (line) => line.replace('viewed', 'decided')), {}],
    ['a changed leaf that still reads', changed(bundle, 19, (line) => line.replace(/invented-\d+/, 'invented-x')), {}, `the log \`${decisions}\`: the first 150 entries are not those that were signed`],
    ['a leaf that is no entry', changed(bundle, 18, entry((read) => (read.leaf = '{"v":1}'))), {}, `entry 17 of \`${decisions}\`: its text is not an entry of a log`],
    ['a missing entry', without(bundle, 18), {}, `entry 18 of \`${decisions}\`: entry 17 is missing before it`],
    ['an entry twice', bundle.toSpliced(18, 0, bundle[18]), {}, `entry 17 of \`${decisions}\`: entry 18 is missing before it`],
    ['two entries exchanged', bundle.with(18, bundle[19]).with(19, bundle[18]), {}],
    ['cut short', bundle.slice(0, -2), {}, `the log \`${rules}\`: it has 3 entries, and 5 were signed`],
    ['only its first line', bundle.slice(0, 1), {}],
    ['an entry more than was signed', [...bundle, JSON.stringify({ log: rules, index: 5, leaf: leaf('viewed', 5) })], {}],
    ['a changed rule set', changed(bundle, 302, (line) => line.replace('a1a1', 'a1a2')), {}, `the log \`${rules}\`: the first 2 entries are not those that were signed`],
    ['a key twice in an entry', changed(bundle, 18, (line) => line.replace('"index":17', '"index":17,"index":17')), {}, 'line 19: it is not an entry'],
    ['a key twice in a leaf', changed(bundle, 18, entry((read) => (read.leaf = read.leaf.replace('"v":1', '"v":1,"v":1')))), {}, `entry 17 of \`${decisions}\`: its text is not an entry of a log`],
    ['a key twice in the first line', changed(bundle, 0, (line) => line.replace('{"format":"windscreen-log-1"', '{"format":"windscreen-log-1","format":"windscreen-log-1"')), {}],
    ['another key in an entry', changed(bundle, 18, entry((read) => (read.more = 1))), {}, 'line 19: it is not an entry'],
    ['another key in the first line', headed(bundle, (logs, head) => (head.more = 1)), {}],
    ['half a character', changed(bundle, 18, (line) => line.replace('invented-', 'invented-\\ud800')), {}, 'line 19: it is not an entry'],
    ['an empty line', bundle.toSpliced(18, 0, ''), {}, 'line 19: it is not an entry'],
    ['an entry of another log', changed(bundle, 18, entry((read) => (read.log = 'elsewhere'))), {}, 'line 19: it is of a log that the first line does not name'],
    ['a place that is no whole number', changed(bundle, 18, (line) => line.replace('"index":17', '"index":17.0')), {}, 'line 19: it is not an entry'],
    ['a place below none', changed(bundle, 18, (line) => line.replace('"index":17', '"index":-17')), {}, 'line 19: it is not an entry'],
    ['a place past all', changed(bundle, 18, (line) => line.replace('"index":17', '"index":18446744073709551615')), {}],
    ['a place past what 64 bits hold', changed(bundle, 18, (line) => line.replace('"index":17', '"index":18446744073709551616')), {}, 'line 19: it is not an entry'],
    ['another form', headed(bundle, (logs, head) => (head.format = 'windscreen-log-2')), {}],
    ['a mark of byte order', changed(bundle, 0, (line) => `\ufeff${line}`), {}],
    ['checkpoints of the logs exchanged', headed(bundle, ([one, two]) => ([one.checkpoints, two.checkpoints] = [two.checkpoints, one.checkpoints])), {}, `the log \`${decisions}\`: no signature of a known key holds over this checkpoint`],
    ['a checkpoint of another record', headed(bundle, ([one]) => (one.checkpoints[1] = other.logs[0].checkpoints[1])), {}],
    ['a checkpoint of another log, whose key is listed', headed(bundle, ([one, two]) => (one.keys.push(...two.keys), one.checkpoints.push(two.checkpoints[0]))), {}, `the log \`${decisions}\`: a checkpoint is of another log`],
    ['a signature of other words', headed(bundle, ([one]) => (one.checkpoints[1] = one.checkpoints[1].replace('\n7\n', '\n8\n'))), {}, `the log \`${decisions}\`: no signature of a known key holds over this checkpoint`],
    ['a signature spoilt', headed(bundle, ([one]) => (one.checkpoints[3] = one.checkpoints[3].replace(/(.)(.{20})\n$/, (_, letter, rest) => `${letter === 'A' ? 'B' : 'A'}${rest}\n`))), {}],
    ['base64 written in another way', headed(bundle, ([one]) => (one.checkpoints[1] = one.checkpoints[1].replace(/(.)=\n\n/, (_, letter) => `${String.fromCharCode(letter.charCodeAt(0) + 1)}=\n\n`))), {}],
    ['a checkpoint without its last line end', headed(bundle, ([one]) => (one.checkpoints[1] = one.checkpoints[1].slice(0, -1))), {}, `the log \`${decisions}\`: the text is not a signed checkpoint`],
    ['a size written in another way', headed(bundle, ([one]) => (one.checkpoints[1] = one.checkpoints[1].replace('\n7\n', '\n07\n'))), {}],
    ['no checkpoint', headed(bundle, ([one]) => (one.checkpoints = [])), {}, `the log \`${decisions}\`: it has no signed checkpoint`],
    ['a root that was signed and is another', headed(bundle, ([one]) => (one.checkpoints[1] = forged(7))), {}, `the log \`${decisions}\`: the first 7 entries are not those that were signed`],
    ['a root of none', headed(bundle, ([one]) => one.checkpoints.unshift(forged(0))), {}, `the log \`${decisions}\`: the first 0 entries are not those that were signed`],
    ['a fork', headed(bundle, ([one]) => one.checkpoints.push(forged(7))), {}, `the log \`${decisions}\`: two checkpoints of the same size were signed: the log was forked`],
    ['a fork that only the minutes show', bundle, { minutes: forged(300) }, `the log \`${decisions}\`: two checkpoints of the same size were signed: the log was forked`],
    ['minutes of another root', bundle, { minutes: forged(8) }, `the log \`${decisions}\`: the first 8 entries are not those that were signed`],
    ['minutes that hold more', bundle, { minutes: forged(301) }, `the log \`${decisions}\`: it has 300 entries, and 301 were signed`],
    ['minutes signed with another key', bundle, { minutes: checkpoint(decisions, 7, rootOf(log.hashes.slice(0, 7)), stranger) }, `the log \`${decisions}\`: no signature of a known key holds over this checkpoint`],
    ['a wrong key', bundle, { keys: stranger.text(decisions) }, 'the bundle: the key that was given signed none of its logs'],
    ['a key that is none', headed(bundle, ([one]) => (one.keys[0] = one.keys[0].replace('+', '+0'))), {}, `the log \`${decisions}\`: a public key is not one`],
    ['a key of another id', headed(bundle, ([one]) => (one.keys[0] = one.keys[0].replace(decisions, rules))), {}, `the log \`${decisions}\`: a public key is not one`],
    ['a key that lists nobody', headed(bundle, ([one]) => (one.keys = [])), {}],
    ['a proof changed', changed(proven, 2, entry((read) => (read.proof[0] = leafHash('x').toString('base64')))), {}, `entry 6 of \`${decisions}\`: its proof does not lead to the signed checkpoint`],
    ['a proof too short', changed(proven, 2, entry((read) => read.proof.pop())), {}],
    ['a proof too long', changed(proven, 2, entry((read) => read.proof.push(read.proof[0]))), {}],
    ['a proof in which something is no hash', changed(proven, 2, entry((read) => (read.proof[0] = 'AAAA'))), {}],
    ['a proven entry changed', changed(proven, 2, (line) => line.replace('invented-', 'invented-x')), {}],
    ['a proof at another place', changed(proven, 2, entry((read) => (read.index = 7))), {}],
    ['a proof past the end', changed(proven, 2, entry((read) => (read.index = 300))), {}],
    ['nothing', [], {}, 'the bundle: it is empty'],
    ['an empty first line', [''], {}],
  ];
}

/**
 * Whether the program and the page say the same. They are not as strict about what a leaf says: the page takes kinds
 * that it does not know, for the record may be younger, and the program times that are written in other ways. What one
 * of them finds in an entry's text the other then finds at the next checkpoint, or in the entry's proof.
 */
function agree(one, other) {
  const [, entry, log] = /^(entry \d+ of (`.*`)): its text is not an entry of a log$/.exec(one) ?? [];
  const found = entry && (other === `${entry}: its proof does not lead to the signed checkpoint` || new RegExp(`^the log ${log}: the first \\d+ entries are not those that were signed$`).test(other));
  return one === other || found === true;
}

describe('held against the program', () => {
  test('an invented record and each kind of damage: the same verdict, at the same place, in the same words', async () => {
    const wrong = [];
    for (const [what, lines, options, expected] of await cases()) {
      const [page, command] = await Promise.all([ours(fileOf(lines), options), theirs(fileOf(lines), options)]);
      if (page !== command || (expected !== undefined && page !== expected) || (page === 'ok' && expected !== 'ok')) wrong.push({ what, page, command, expected });
    }
    assert.deepEqual(wrong, []);
  });

  test('what the program recorded, and bits of it flipped one at a time', async () => {
    const minutes = await audit('checkpoint');
    const bundle = Buffer.from(await audit('export'));
    assert.equal(await ours(bundle, { minutes }), 'ok');
    assert.equal(await theirs(bundle, { minutes }), 'ok');
    const result = await verifier.check(new Blob([bundle]), { minutes });
    const printed = (await run(program, ['audit', 'verify', '--bundle', await kept(bundle)])).stdout;
    for (const log of result.logs) {
      assert.ok(printed.includes(`ok ${log.origin}: ${log.size} events recorded`) && printed.includes(log.root), printed);
      assert.ok(log.held.every(({ isShown }) => isShown) && log.held.length === 1);
    }
    const proven = Buffer.from(await audit('prove', 'rules:1'));
    assert.equal(await ours(proven), 'ok');
    const wrong = [];
    for (const [whole, steps] of [[bundle, 120], [proven, 60]]) {
      const end = whole.indexOf(10);
      const places = [...Array(steps).keys()].map((at) => Math.floor((at * (whole.length - 1)) / steps));
      for (const at of [...places, ...[...Array(40).keys()].map((at) => Math.floor((at * end) / 40))]) {
        const flipped = Buffer.from(whole);
        flipped[at] ^= 1 << (at % 7);
        const [page, command] = await Promise.all([ours(flipped), theirs(flipped)]);
        if (!(agree(page, command) || agree(command, page)) || page === 'ok') wrong.push({ at, page, command });
      }
    }
    assert.deepEqual(wrong, []);
  });

  test('what was never signed vouches for nothing, to the page and to the program', async () => {
    const { key, logs, bundle } = invented(20);
    const elsewhere = makeLog('windscreen.invalid/1111111111111111/decisions', [leaf('viewed', 0)], [1]);
    assert.equal(await both(fileOf(bundle), { minutes: elsewhere.checkpoints[0] }), `the minutes: they hold a checkpoint of \`${elsewhere.origin}\`, and the bundle has no such log`);
    const withoutRules = headed(bundle.slice(0, -5), (logs) => logs.pop());
    assert.equal(await both(fileOf(withoutRules), { minutes: logs[1].checkpoints[0] }), `the minutes: they hold a checkpoint of \`${rules}\`, and the bundle has no such log`);
    assert.equal(await both(fileOf(headed(bundle.slice(0, 1), (logs) => logs.splice(0)))), 'the bundle: it names no log');
    const proven = provenBundle(logs, [3]);
    assert.equal(await both(fileOf(headed(proven, (logs) => logs.push(logs[0])))), `the bundle: it names the log \`${decisions}\` twice`);
    assert.equal(await both(fileOf(proven.with(1, proven[1].replace(/"proof":.*/, '"proof":null}')))), 'line 2: it is not an entry');
    const [first] = bundle;
    const { format, logs: heads } = JSON.parse(first);
    assert.match(await both(fileOf([JSON.stringify([format, heads]), ...bundle.slice(1)])), /^the bundle: its first line is not/);
    assert.equal(await both(fileOf(bundle.with(3, JSON.stringify(Object.values(JSON.parse(bundle[3])))))), 'line 4: it is not an entry');
    // Entries that nobody signed, beside one that is proven.
    const unsigned = JSON.stringify({ log: decisions, index: 0, leaf: leaf('viewed', 99) });
    const signedOnce = provenBundle([makeLog(decisions, logs[0].leaves, [20], key), logs[1]], [3]);
    assert.equal(await both(fileOf([...signedOnce, unsigned])), `the log \`${decisions}\`: some of its entries have a proof, and some have none`);
    // A key that is only named signed nothing.
    const forger = drawKey();
    const forged = wholeBundle([makeLog(decisions, [leaf('viewed', 9)], [1], forger)]);
    const named = headed(forged, ([one]) => one.keys.unshift(key.text(decisions)));
    assert.equal(await both(fileOf(named), { keys: key.text(decisions) }), 'the bundle: the key that was given signed none of its logs');
  });

  test('however a file comes in pieces, it is read the same', async () => {
    const { bundle } = invented(40, [leaf('rule_set_kept', 5, { detail: 'ä€\u{1f9d2}' })]);
    const bytes = fileOf(bundle);
    for (const size of [1, 7, 64, 1000, bytes.length]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
      const { verdict, logs } = await verifier.check({ size: bytes.length, stream: () => ReadableStream.from(pieces) });
      assert.deepEqual([verdict, logs?.map((log) => log.size)], ['sound', [40, 6]], `pieces of ${size} bytes`);
    }
    const failing = { size: 1, stream: () => new ReadableStream({ start: (control) => control.error(new Error('it was taken away')) }) };
    assert.deepEqual(await verifier.check(failing), { verdict: 'unchecked', what: 'The file could not be read to its end: it was taken away.' });
    assert.equal(await ours(Buffer.alloc(2 ** 28 + 2 ** 16, 65)), 'not checked: A line of this file is longer than this page can read. Is it the file that you meant?');
  });

  test('what is not a checkpoint or a key is not passed over', async () => {
    const { logs: [log], bundle } = invented(20);
    const [first, second] = log.checkpoints;
    for (const [options, expected] of [
      [{ minutes: 'We noted the figures.' }, /^not checked: What you pasted from the minutes holds no signed checkpoint/],
      [{ minutes: `${first}\n${second.split('\n\n')[0]}` }, /^not checked: A checkpoint of `.*` in what you pasted has no signature/],
      [{ minutes: first.slice(first.indexOf('\n')) }, /^not checked: A signature in what you pasted has no checkpoint above it/],
      [{ keys: 'the usual one' }, /^not checked: What you pasted as public keys holds none/],
      [{ keys: 'a+b+c' }, /^not checked: What you pasted as a public key is not one/],
    ]) {
      assert.match(await ours(fileOf(bundle), options), expected);
    }
  });

  test('a key that was changed since the minutes is told', async () => {
    const [before, since] = [drawKey(), drawKey()];
    const leaves = Array.from({ length: 9 }, (_, at) => leaf('viewed', at));
    const [old, fresh] = [makeLog(decisions, leaves, [4], before), makeLog(decisions, leaves, [9], since)];
    const log = { ...fresh, keys: [...fresh.keys, ...old.keys], checkpoints: [...old.checkpoints, ...fresh.checkpoints] };
    for (const options of [{ minutes: old.checkpoints[0] }, { keys: before.text(decisions) }]) {
      const { verdict, logs } = await verifier.check(new Blob([fileOf(wholeBundle([log]))]), options);
      assert.deepEqual([verdict, logs[0].trustedTo, logs[0].size], ['sound', 4, 9]);
    }
  });
});

describe('the page, opened from disk without a network', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  const url = pathToFileURL(path).href;
  /** Who opens the page; what it asks for, and what it says to nobody, is kept. */
  async function reader(options = {}, prepare = () => {}) {
    const context = await browser.newContext({ offline: true, ...options });
    const page = await context.newPage();
    const [asked, said] = [[], []];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    await page.addInitScript(prepare);
    await page.goto(url);
    return { page, close: () => (assert.deepEqual([asked, said], [[url], []], 'it asked for nothing'), context.close()) };
  }

  async function checked(page, bundle, { minutes = '', keys = '' } = {}) {
    await page.getByLabel('The bundle').setInputFiles({ name: 'bundle.jsonl', mimeType: 'text/plain', buffer: bundle });
    await page.getByLabel('Checkpoints from your minutes').fill(minutes);
    await page.getByLabel('Public keys that you trust').fill(keys);
    await page.getByRole('button', { name: 'Check the bundle' }).click();
    await page.locator('.verdict').waitFor();
    return page.locator('.verdict h2').innerText();
  }

  async function fine(page, step) {
    assert.deepEqual(await faults(page), [], step);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.equal(over <= 0, true, `${step} is ${over} pixels too wide`);
  }

  const change = (index, step, more) => leaf('rule_change', index, { role: 'approver', organisation: 'police:example', change: { change: 'change-1', step, ...more } });
  const later = [
    change(5, 'proposed', { digest: `sha256:${'e5'.repeat(32)}` }),
    change(6, 'approved', { partner: 'police:example', digest: `sha256:${'e5'.repeat(32)}` }),
    leaf('fork_accepted', 7, { detail: 'restored; signed before: 4 entries' }),
    leaf('a_kind_of_later', 8, { detail: '<img src=x onerror=alert(1)>', some: { thing: [1, null, 2.5] } }),
  ];

  test('a bundle of the program, with minutes of before: sound, and continued', async () => {
    const minutes = await audit('checkpoint');
    const bundle = Buffer.from(await audit('export'));
    const size = JSON.parse(bundle.subarray(0, bundle.indexOf(10))).logs[0].checkpoints.at(-1).split('\n')[1];
    const { page, close } = await reader();
    await fine(page, 'before anything was chosen');
    assert.equal(await checked(page, bundle, { minutes }), 'The bundle is sound and continues what the minutes hold');
    assert.match(await page.locator('.verdict').innerText(), new RegExp(`every one of its ${size} entries is there`));
    assert.equal(await page.getByText('Look at this too').count(), 0);
    await fine(page, 'a sound bundle');
    assert.match(await page.locator('.facts').first().innerText(), /Continues what the minutes hold\s+yes \(\d+ entries then\)/);
    for (const note of minutes.trim().split('\n\n').filter((part) => part.startsWith('—'))) {
      const name = note.split(' ')[1];
      assert.ok((await page.locator('pre').innerText()).includes(name), 'its own last checkpoints are there for the next minutes');
    }
    assert.equal(await page.getByText('A rule set was kept, to evaluate under it').count(), 1);
    await close();
  });

  test('the story of the rules is told, filtered, and shown as text', async () => {
    const { logs, bundle } = invented(300, later);
    for (const width of [1280, 320]) {
      const { page, close } = await reader({ viewport: { width, height: 800 } });
      assert.equal(await checked(page, fileOf(bundle), { minutes: logs[1].checkpoints[0] }), 'The bundle is sound');
      const verdict = await page.locator('.verdict').innerText();
      assert.match(verdict, /decisions: you pasted no checkpoint of this log/);
      assert.match(verdict, /Entry 7 of .*taken into use all the same \(restored; signed before: 4 entries\)/);
      const rows = page.locator('.story tbody tr');
      const filter = page.getByLabel('Show only entries with these words');
      assert.equal(await rows.count(), 9);
      assert.match(await rows.nth(0).innerText(), /24 October 2026, 23:30\s+A key began to be used/);
      // The clocks went back in between.
      assert.match(await rows.nth(6).innerText(), /25 October 2026, 04:30\s+A partner agreed a rule change\s+Partner: police:example/);
      assert.match(await rows.nth(8).innerText(), /A kind of later\s+Detail: <img/);
      await filter.fill('POLICE');
      assert.equal(await rows.locator('visible=true').count(), 2);
      assert.equal(await page.getByText('2 of 9 entries shown.').count(), 1);
      await filter.fill('');
      assert.equal(await rows.locator('visible=true').count(), 9);
      // Of the decisions only how many, never which.
      assert.match(await page.locator('.counts').innerText(), /October 2026\s+Viewed\s+\d+/);
      assert.doesNotMatch(await page.locator('body').innerText(), /invented-/);
      await fine(page, `the story at ${width}`);
      await close();
    }
  });

  test('damage is told first, where it is, as the program tells it', async () => {
    const { page, close } = await reader();
    for (const [what, lines, options, expected] of await cases()) {
      if (expected === undefined) continue;
      const title = await checked(page, fileOf(lines), options);
      if (expected === 'ok') {
        assert.match(title, /^The bundle is sound/, what);
      } else {
        assert.equal(title, 'The bundle is damaged', what);
        assert.equal(await page.locator('.verdict .what').innerText(), expected.replaceAll('`', ''), what);
        assert.equal(await page.locator('#shown > *').count(), 0, what);
      }
    }
    await fine(page, 'a damaged bundle');
    await close();
  });

  test('proofs say what they cannot show', async () => {
    const { logs } = invented();
    const { page, close } = await reader();
    assert.equal(await checked(page, fileOf(provenBundle(logs, [17])), { minutes: logs[0].checkpoints[1] }), 'The bundle is sound');
    assert.match(await page.locator('.verdict').innerText(), /1 entry is in the signed log\.[^]*proofs of single entries cannot show that it continues the checkpoint of 7 entries/);
    assert.equal(await checked(page, fileOf(provenBundle(logs, [17])), { minutes: logs[0].checkpoints[3] }), 'The bundle is sound and continues what the minutes hold');
    await fine(page, 'proofs');
    await close();
  });

  test('nothing that was not checked is called sound', async () => {
    const { bundle } = invented(20);
    const { page, close } = await reader();
    await page.getByRole('button', { name: 'Check the bundle' }).click();
    assert.equal(await page.locator('.verdict').innerText(), 'Not checked\n\nChoose the bundle first.');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'file');
    assert.equal(await checked(page, fileOf(bundle), { minutes: 'nothing' }), 'Not checked');
    await fine(page, 'not checked');
    await close();
    const { page: still, close: closeStill } = await reader({ javaScriptEnabled: false });
    assert.match(await still.locator('#unable').innerText(), /nothing can be checked here/);
    await closeStill();
    for (const prepare of [
      () => Object.defineProperty(globalThis, 'crypto', { value: undefined }),
      () => (SubtleCrypto.prototype.importKey = () => Promise.reject(new DOMException('no', 'NotSupportedError'))),
      () => (SubtleCrypto.prototype.verify = () => Promise.resolve(true)),
    ]) {
      const { page, close } = await reader({}, prepare);
      await page.locator('#unable').waitFor();
      assert.equal(await checked(page, fileOf(bundle)), 'Not checked');
      assert.match(await page.locator('.verdict').innerText(), /cannot check signatures/);
      assert.equal(await page.locator('#shown > *').count(), 0);
      await close();
    }
  });

  test('by keyboard alone, and on paper', async () => {
    const { bundle } = invented(20, later);
    const { page, close } = await reader();
    await page.getByLabel('The bundle').setInputFiles({ name: 'bundle.jsonl', mimeType: 'text/plain', buffer: fileOf(bundle) });
    const reached = [];
    for (let count = 0; count < 4; count += 1) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate(() => document.activeElement.id));
    }
    assert.deepEqual(reached, ['file', 'minutes', 'keys', 'check']);
    await page.keyboard.press('Enter');
    await page.locator('.verdict').waitFor();
    assert.equal(await page.locator('[role=status] .verdict').count(), 1, 'it is announced');
    await page.emulateMedia({ media: 'print' });
    assert.equal(await page.getByRole('button', { name: 'Check the bundle' }).isVisible(), false);
    assert.equal(await page.locator('.verdict').isVisible(), true);
    assert.equal((await page.pdf({ preferCSSPageSize: true })).length > 10_000, true);
    await close();
  });
});
