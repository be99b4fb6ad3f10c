// Writes bundles as windscreen does, from RFC 6962 and C2SP alone: invented entries, keys drawn anew each time.
import { createHash, generateKeyPairSync, sign } from 'node:crypto';

const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
export const leafHash = (text) => sha256(Buffer.from([0]), Buffer.from(text));
const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right);

/** The largest power of two below a number. */
const split = (number) => 2 ** Math.ceil(Math.log2(number) - 1);

/** The root of some entries' hashes, by the definition. */
export function rootOf(hashes) {
  if (hashes.length === 0) return sha256();
  if (hashes.length === 1) return hashes[0];
  const middle = split(hashes.length);
  return nodeHash(rootOf(hashes.slice(0, middle)), rootOf(hashes.slice(middle)));
}

/** What proves that a tree has an entry, from the entry upwards. */
export function proofOf(index, hashes) {
  if (hashes.length === 1) return [];
  const middle = split(hashes.length);
  const [left, right] = [hashes.slice(0, middle), hashes.slice(middle)];
  return index < middle ? [...proofOf(index, left), rootOf(right)] : [...proofOf(index - middle, right), rootOf(left)];
}

/** A key that signs under any name. */
export function drawKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const bytes = Buffer.concat([Buffer.from([1]), publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)]);
  const id = (name) => sha256(Buffer.from(`${name}\n`), bytes).subarray(0, 4);
  const text = (name) => `${name}+${id(name).toString('hex')}+${bytes.toString('base64')}`;
  const line = (name, said) => `— ${name} ${Buffer.concat([id(name), sign(null, Buffer.from(said), privateKey)]).toString('base64')}\n`;
  return { text, line };
}

/** A signed checkpoint of so many entries. */
export function checkpoint(origin, size, root, key) {
  const text = `${origin}\n${size}\n${root.toString('base64')}\n`;
  return `${text}\n${key.line(origin, text)}`;
}

/** An entry's text. */
export const leaf = (kind, index, more = {}) => {
  const at = new Date(Date.UTC(2026, 9, 24, 22, 30) + index * 3_600_000).toISOString();
  return JSON.stringify({ v: 1, kind, at, id: `invented-${index}`, ...more });
};

/** A log with a checkpoint at each of some sizes. */
export function makeLog(origin, leaves, sizes, key = drawKey()) {
  const hashes = leaves.map(leafHash);
  const checkpoints = sizes.map((size) => checkpoint(origin, size, rootOf(hashes.slice(0, size)), key));
  return { origin, key, leaves, hashes, checkpoints, keys: [key.text(origin)] };
}

const head = (logs) => JSON.stringify({ format: 'windscreen-log-1', logs: logs.map(({ origin, keys, checkpoints }) => ({ origin, keys, checkpoints })) });

/** A bundle of whole logs, as lines. */
export const wholeBundle = (logs) => [head(logs), ...logs.flatMap(({ origin, leaves }) => leaves.map((leaf, index) => JSON.stringify({ log: origin, index, leaf })))];

/** A bundle of single entries of the first log, each proven. */
export const provenBundle = (logs, places) => {
  const [{ origin, leaves, hashes }] = logs;
  const proof = (index) => proofOf(index, hashes).map((hash) => hash.toString('base64'));
  return [head(logs), ...places.map((index) => JSON.stringify({ log: origin, index, leaf: leaves[index], proof: proof(index) }))];
};

/** The bytes of a file of these lines. */
export const fileOf = (lines) => Buffer.from(lines.map((line) => `${line}\n`).join(''));
