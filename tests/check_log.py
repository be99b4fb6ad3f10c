#!/usr/bin/env python3
"""Checks bundles of windscreen's logs, written apart from windscreen: from RFC 6962 and C2SP alone.

    check_log.py BUNDLE...

A bundle is what `windscreen audit export` or `windscreen audit prove` writes: lines of JSON. The first line is
{"format": "windscreen-log-1", "logs": [{"origin", "keys", "checkpoints"}]}; every other line is an entry
{"log", "index", "leaf"}, with "proof" when not every entry is there. For each bundle it prints one line, `ok` or
`DAMAGED` and why, and it ends with 5 when one is damaged. Keys are those that the bundle names: hold what it prints
against the minutes. Needs Python 3.9 and one package for Ed25519 (Debian: python3-cryptography).
"""

import base64
import binascii
import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Damage(Exception):
    """What is wrong."""


def need(holds, what):
    if not holds:
        raise Damage(what)


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(entry):
    return sha256(b"\x00" + entry)


def node_hash(left, right):
    return sha256(b"\x01" + left + right)


def unbase64(text, what):
    """Base64 that is written in the one way that it can be."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Damage(f"{what} is not base64") from None
    need(base64.b64encode(data).decode() == text, f"{what} is not plain base64")
    return data


def plain_object(pairs):
    keys = [key for key, _ in pairs]
    need(len(keys) == len(set(keys)), "a key is given twice")
    return dict(pairs)


def read_object(text, required, optional=()):
    """A JSON object with these keys and no others."""
    try:
        found = json.loads(text, object_pairs_hook=plain_object)
    except ValueError:
        raise Damage("it is not JSON") from None
    return has_keys(found, required, optional)


def has_keys(found, required, optional=()):
    need(isinstance(found, dict), "it is not an object")
    need(set(required) <= set(found) <= set(required) | set(optional), "it has other keys")
    return found


class PublicKey:
    """`name+id+key`, as C2SP signed-note writes it."""

    def __init__(self, text):
        parts = text.split("+", 2)
        need(len(parts) == 3, "a public key is not one")
        self.name = parts[0]
        key = unbase64(parts[2], "a public key")
        need(len(key) == 33 and key[0] == 1, "a public key is not of Ed25519")
        self.id = sha256(self.name.encode() + b"\n" + key)[:4]
        need(self.id.hex() == parts[1], "a public key is not the one of its id")
        self.key = Ed25519PublicKey.from_public_bytes(key[1:])

    def signed(self, text, signature):
        try:
            self.key.verify(signature, text)
        except InvalidSignature:
            return False
        return True


def checkpoint(note, origin, keys):
    """The size and the root of a signed checkpoint (C2SP tlog-checkpoint)."""
    text, gap, signatures = note.rpartition("\n\n")
    need(gap and signatures.endswith("\n"), "a checkpoint is not a signed note")
    text += "\n"
    lines = text.split("\n")
    need(len(lines) == 4 and lines[3] == "", "a checkpoint has not three lines")
    need(lines[0] == origin, "a checkpoint is of another log")
    need(lines[1].isascii() and lines[1].isdigit() and str(int(lines[1])) == lines[1], "a size is not plain")
    root = unbase64(lines[2], "a root")
    need(len(root) == 32, "a root is not a hash")
    for line in signatures[:-1].split("\n"):
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "\u2014":
            continue
        signed = unbase64(parts[2], "a signature")
        for key in keys:
            if key.name == parts[1] and key.id == signed[:4] and key.signed(text.encode(), signed[4:]):
                return int(lines[1]), root
    raise Damage("no signature of a known key holds over a checkpoint")


class Log:
    """One log, from its first entry to its last."""

    def __init__(self, head):
        has_keys(head, ["origin", "keys", "checkpoints"])
        self.origin = head["origin"]
        keys = [PublicKey(text) for text in head["keys"]]
        self.checkpoints = {}
        for note in head["checkpoints"]:
            size, root = checkpoint(note, self.origin, keys)
            need(self.checkpoints.setdefault(size, root) == root, "two checkpoints of one size: a fork")
        need(self.checkpoints, "a log has no signed checkpoint")
        self.last = max(self.checkpoints)
        # The roots of the complete subtrees, the largest first, each with how many entries it holds.
        self.peaks = []
        self.size = 0
        self.proven = 0
        self.hold()

    def root(self):
        if not self.peaks:
            return sha256(b"")
        hash_ = self.peaks[-1][1]
        for _, peak in reversed(self.peaks[:-1]):
            hash_ = node_hash(peak, hash_)
        return hash_

    def hold(self):
        expected = self.checkpoints.get(self.size)
        need(expected in (None, self.root()), f"the first {self.size} entries are not those that were signed")

    def add(self, hash_):
        count = 1
        while self.peaks and self.peaks[-1][0] == count:
            hash_ = node_hash(self.peaks.pop()[1], hash_)
            count *= 2
        self.peaks.append((count, hash_))
        self.size += 1
        self.hold()

    def prove(self, index, hash_, proof):
        """RFC 9162, section 2.1.3.2."""
        need(0 <= index < self.last, "an entry lies behind the last checkpoint")
        place, last = index, self.last - 1
        for step in proof:
            need(last != 0, "a proof is too long")
            if place & 1 or place == last:
                hash_ = node_hash(step, hash_)
                while place & 1 == 0 and place != 0:
                    place >>= 1
                    last >>= 1
            else:
                hash_ = node_hash(hash_, step)
            place >>= 1
            last >>= 1
        need(last == 0 and hash_ == self.checkpoints[self.last], "a proof does not lead to the checkpoint")
        self.proven += 1


def check(path):
    """What a bundle shows."""
    with open(path, "rb") as file:
        try:
            lines = file.read().decode("utf-8").removesuffix("\n").split("\n")
        except UnicodeDecodeError:
            raise Damage("it is not UTF-8") from None
    need(lines != [""], "it is empty")
    head = read_object(lines[0], ["format", "logs"])
    need(head["format"] == "windscreen-log-1", "it is of another form")
    logs = {log.origin: log for log in map(Log, head["logs"])}
    for number, line in enumerate(lines[1:], 2):
        entry = read_object(line, ["log", "index", "leaf"], ["proof"])
        log = logs.get(entry["log"])
        need(log is not None, f"line {number} is of a log that the first line does not name")
        need(type(entry["index"]) is int and isinstance(entry["leaf"], str), f"line {number} is not an entry")
        hash_ = leaf_hash(entry["leaf"].encode())
        if "proof" in entry:
            log.prove(entry["index"], hash_, [unbase64(step, "a proof") for step in entry["proof"]])
        else:
            need(entry["index"] == log.size, f"line {number} is not entry {log.size}")
            log.add(hash_)
    has_proofs = any(log.proven for log in logs.values())
    for log in logs.values():
        is_whole = log.size == log.last
        need(is_whole or log.proven or (has_proofs and log.size == 0), f"{log.last} entries were signed, not {log.size}")
    return "; ".join(f"{log.origin} {log.proven or log.size}" for log in logs.values())


def main(paths):
    if not paths:
        print(__doc__, file=sys.stderr)
        return 2
    code = 0
    for path in paths:
        try:
            print(f"ok {check(path)}")
        except Damage as damage:
            print(f"DAMAGED {damage}")
            code = 5
        except (KeyError, TypeError, ValueError, AttributeError):
            print("DAMAGED it is not of the form of a bundle")
            code = 5
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
