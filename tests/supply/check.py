#!/usr/bin/env python3
"""What runs while the program is built, and what is in it, against what was read and written down.

    python3 tests/supply/check.py SBOM

Every crate of the product's tree with a build script is in build_scripts.toml, which says what the script does, and is
still the script that was read. Every crate, and what crates bundle, is in the bill of materials, with its licence and
the checksum that the lock holds. What licences and crates may come in at all, cargo-deny checks by deny.toml.
"""

import argparse
import hashlib
import json
import pathlib
import sys
import tomllib

import sbom

HERE = pathlib.Path(__file__).resolve().parent
READ = HERE / "build_scripts.toml"
BUNDLED = ["sqlite", "aws-lc", "mimalloc", "swagger-ui", "govuk-frontend"]


def digest(script, crate):
    """Of the script and of the Rust files beside it, its modules; below it too, unless that is the whole crate."""
    files = script.parent.glob("*.rs") if script.parent == crate else script.parent.rglob("*.rs")
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(file.relative_to(crate).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()


def build_scripts():
    """What is wrong with the list of build scripts."""
    read = tomllib.loads(READ.read_text(encoding="utf-8"))
    entries = read["script"]
    listed = {(of["crate"], of["version"]): of for of in entries}
    known, seen = sbom.packages(), set()
    switched = {}
    for target in sbom.TARGETS:
        for crate, features in sbom.tree(target, "normal,build")[1].items():
            switched.setdefault(crate, []).append((target, features))
    for crate, builds in sorted(switched.items()):
        scripts = [of["src_path"] for of in known[crate]["targets"] if of["kind"] == ["custom-build"]]
        # The program's own is in this repository.
        if not scripts or known[crate]["source"] is None:
            continue
        name = f"{crate[0]} {crate[1]}"
        folder = sbom.folder(known[crate])
        script = pathlib.Path(scripts[0])
        is_now = digest(script, folder)
        # Another version with the same script needs no second reading.
        same = (of for of in entries if (of["crate"], of["sha256"]) == (crate[0], is_now))
        entry = listed.get(crate) or next(same, None)
        if entry is None:
            yield (
                f"{name} has a build script that nobody has read: read {script}, then say in {READ.name} what it does\n"
                f'    crate = "{crate[0]}"\n    version = "{crate[1]}"\n    sha256 = "{is_now}"'
            )
            continue
        seen.add((entry["crate"], entry["version"]))
        if entry["sha256"] != is_now:
            yield f"{name}: its build script is not the one that was read; its SHA-256 is {is_now} now"
        for target, features in builds:
            for missing in set(entry.get("needs", [])) - features:
                yield f"{name} is built for {target} without its feature `{missing}`, which {READ.name} relies on"
            for there in set(entry.get("never", [])) & features:
                yield f"{name} is built for {target} with its feature `{there}`, which {READ.name} rules out"
    for crate in sorted(set(listed) - seen):
        yield f"{crate[0]} {crate[1]} is in {READ.name}, and no crate of the product has that build script any more"
    macros = {crate[0] for crate in switched if any("proc-macro" in of["kind"] for of in known[crate]["targets"])}
    for name in sorted(macros - set(read["macros"])):
        yield f"{name} is a macro, which runs while the program is built, and is not among those of {READ.name}"
    for name in sorted(set(read["macros"]) - macros):
        yield f"{name} is among the macros of {READ.name}, and the product has it no more"


def bill(path):
    """What is wrong with the bill of materials."""
    text = path.read_text(encoding="utf-8")
    document = json.loads(text)
    target = document["metadata"]["properties"][0]["value"]
    if text != sbom.text(target):
        yield f"{path} is not what is made now: run `make sbom`"
    listed = {(of["name"], of["version"]): of for of in document["components"] if of["purl"].startswith("pkg:cargo/")}
    sums = sbom.checksums()
    # Asked of cargo anew and more plainly, so that a crate which the tree's reading lost is missed here.
    lines = sbom.cargo("tree", "-e", "normal,build", "--target", target, "--prefix", "none", "-f", "{p}").splitlines()
    built = {(name, version.removeprefix("v")) for name, version in (line.split()[:2] for line in lines if line)}
    own = document["metadata"]["component"]
    for crate in sorted(built - {(own["name"], own["version"])}):
        name = f"{crate[0]} {crate[1]}"
        if crate not in listed:
            yield f"{name} is built into the program and is not in {path}"
            continue
        if not listed[crate]["licenses"][0].get("expression"):
            yield f"{name} is in {path} without a licence"
        if [of["content"] for of in listed[crate]["hashes"]] != [sums[crate]] or not sums[crate]:
            yield f"{name} is in {path} with another checksum than in Cargo.lock"
    for crate in sorted(set(listed) - built):
        yield f"{crate[0]} {crate[1]} is in {path} and is not built into the program"
    names = {of["name"]: of for of in document["components"]}
    for name in BUNDLED:
        if names.get(name, {}).get("scope") != "required":
            yield f"{name}, which ships inside the program, is not in {path} as what ships"
    refs = {of["bom-ref"] for of in [own, *document["components"]]}
    said = {ref for of in document["dependencies"] for ref in [of["ref"], *of["dependsOn"]]}
    for ref in sorted(said - refs):
        yield f"{path} speaks of {ref}, which it does not list"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bill", type=pathlib.Path)
    args = parser.parse_args()
    wrong = [*build_scripts(), *bill(args.bill)]
    for what in wrong:
        print(f"error: {what}", file=sys.stderr)
    if not wrong:
        print("ok     every build script was read, and every crate is in the bill of materials")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
