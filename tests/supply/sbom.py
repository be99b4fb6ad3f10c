#!/usr/bin/env python3
"""The software bill of materials of the program that ships, as CycloneDX 1.6 in JSON.

    python3 tests/supply/sbom.py FILE [--target TRIPLE]

What it lists is what `cargo build` builds for that target, so no dev-dependency; what two crates bundle in C; and what
npm and Swagger UI put into the pages. The same locks give the same bytes: it holds no time, no path, and a serial
number made of its content. Python's own library is enough for it, so that whoever packages the program needs no more.
"""

import argparse
import base64
import functools
import hashlib
import json
import pathlib
import re
import subprocess
import tomllib
import urllib.parse
import uuid
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TARGETS = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"]
# What stands in the pages' style sheet; the rest of web/package-lock.json makes it, and does not ship.
EMBEDDED = "govuk-frontend"


@functools.cache
def cargo(*args):
    return subprocess.run(
        ["cargo", *args, "--locked", "--offline"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def tree(target, edges):
    """What cargo builds: name and version, with what it depends on, and the features it is built with.

    `cargo tree` and not `cargo metadata`, whose graph has the features that dev-dependencies switch on.
    """
    needs, features, above = {}, {}, []
    lines = cargo("tree", "-e", edges, "--target", target, "--prefix", "depth", "-f", "{p}|{f}|").splitlines()
    for line in lines:
        depth, name, version, switched = re.match(r"(\d+)(\S+) v(\S+)[^|]*\|([^|]*)\|", line).groups()
        crate = (name, version)
        needs.setdefault(crate, set())
        features.setdefault(crate, set()).update(filter(None, switched.split(",")))
        del above[int(depth):]
        if above:
            needs[above[-1]].add(crate)
        above.append(crate)
    return needs, features


def packages():
    """What each crate says of itself, by name and version."""
    metadata = json.loads(cargo("metadata", "--format-version", "1"))
    return {(of["name"], of["version"]): of for of in metadata["packages"]}


def checksums():
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text(encoding="utf-8"))
    return {(of["name"], of["version"]): of.get("checksum") for of in lock["package"]}


def folder(package):
    return pathlib.Path(package["manifest_path"]).parent


def licence(text):
    """A licence as SPDX writes it; older crates have a stroke for `OR`."""
    return [{"expression": re.sub(r"\s*/\s*", " OR ", text)}]


def component(purl, name, version, *, text, hashes, ships, **more):
    digests = [{"alg": algorithm, "content": content} for algorithm, content in hashes.items()]
    return {
        "type": "library", "bom-ref": purl, "name": name, "version": version,
        "scope": "required" if ships else "excluded",
        "hashes": digests, "licenses": licence(text), "purl": purl, **more,
    }


def purl(crate):
    # A plus, as versions have it that say what they are made from, means something else in a package URL.
    return f"pkg:cargo/{crate[0]}@{urllib.parse.quote(crate[1])}"


def digest(path):
    return {"SHA-256": hashlib.sha256(path.read_bytes()).hexdigest()}


def found(pattern, path):
    return re.search(pattern, path.read_text(encoding="utf-8")).group(1)


def bundled(known):
    """What crates carry inside them that is not Rust, beside the crate that carries it."""
    by_name = {crate[0]: crate for crate in known}

    crate = by_name["libsqlite3-sys"]
    source = folder(known[crate]) / "sqlite3"
    version = found(r'#define SQLITE_VERSION\s+"([^"]+)"', source / "sqlite3.h")
    yield crate, component(
        f"pkg:generic/sqlite@{version}", "sqlite", version, text="blessing", ships=True,
        hashes=digest(source / "sqlite3.c"), cpe=f"cpe:2.3:a:sqlite:sqlite:{version}:*:*:*:*:*:*:*",
    )

    crate = by_name["aws-lc-sys"]
    header = folder(known[crate]) / "aws-lc/include/openssl/base.h"
    version = found(r'#define AWSLC_VERSION_NUMBER_STRING "([^"]+)"', header)
    # Of many files; the checksum of the crate is the checksum of them all.
    yield crate, component(
        f"pkg:generic/aws-lc@{version}", "aws-lc", version, text=known[crate]["license"], ships=True,
        hashes={"SHA-256": checksums()[crate]},
    )

    crate = by_name["libmimalloc-sys"]
    header = folder(known[crate]) / "c_src/mimalloc/v3/include/mimalloc.h"
    # As one number: major, and two digits each of minor and patch.
    number = found(r"#define MI_MALLOC_VERSION\s+(\d+)", header)
    version = f"{number[:-4]}.{int(number[-4:-2])}.{int(number[-2:])}"
    yield crate, component(
        f"pkg:generic/mimalloc@{version}", "mimalloc", version, text=known[crate]["license"], ships=True,
        hashes={"SHA-256": checksums()[crate]},
    )

    crate = by_name["utoipa-swagger-ui-vendored"]
    archive, = (folder(known[crate]) / "res").glob("*.zip")
    with zipfile.ZipFile(archive) as opened:
        inside, = (name for name in opened.namelist() if re.fullmatch(r"[^/]+/package\.json", name))
        package = json.loads(opened.read(inside))
    version = package["version"]
    yield crate, component(
        f"pkg:npm/swagger-ui@{version}", "swagger-ui", version, text=package["license"], ships=True,
        hashes=digest(archive),
    )


def of_npm():
    """What `npm ci --omit=optional` installs for the pages' styles."""
    lock = json.loads((ROOT / "web/package-lock.json").read_text(encoding="utf-8"))
    for path, package in lock["packages"].items():
        if not path or package.get("optional"):
            continue
        name = path.rpartition("node_modules/")[2]
        algorithm, _, content = package["integrity"].partition("-")
        hashes = {algorithm.upper().replace("SHA", "SHA-"): base64.b64decode(content).hex()}
        yield component(
            f"pkg:npm/{urllib.parse.quote(name)}@{package['version']}", name, package["version"],
            text=package["license"], hashes=hashes, ships=name == EMBEDDED,
        )


def document(target):
    needs, _ = tree(target, "normal,build")
    # What is left without build scripts and macros is linked into the program.
    linked, _ = tree(target, "normal,no-proc-macro")
    known, sums = packages(), checksums()
    own, = (crate for crate in needs if crate[0] == "windscreen")
    components = [
        component(
            purl(crate), *crate, text=known[crate]["license"], hashes={"SHA-256": sums[crate]}, ships=crate in linked
        )
        for crate in needs if crate != own
    ]
    depends = {purl(crate): {purl(need) for need in on} for crate, on in needs.items()}
    for crate, inside in bundled({crate: known[crate] for crate in needs}):
        components.append(inside)
        depends[purl(crate)].add(inside["bom-ref"])
    for package in of_npm():
        components.append(package)
        depends[purl(own)].add(package["bom-ref"])
    body = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application", "bom-ref": purl(own), "name": own[0], "version": own[1],
                "description": known[own]["description"], "licenses": licence(known[own]["license"]), "purl": purl(own),
            },
            "properties": [{"name": "windscreen:target", "value": target}],
        },
        "components": sorted(components, key=lambda of: of["bom-ref"]),
        "dependencies": [
            {"ref": ref, "dependsOn": sorted(depends.get(ref, ()))}
            for ref in sorted([*depends, *(of["bom-ref"] for of in components if of["bom-ref"] not in depends)])
        ],
    }
    serial = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(body, sort_keys=True))
    return {"$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "serialNumber": f"urn:uuid:{serial}", **body}


def text(target):
    return json.dumps(document(target), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--target", choices=TARGETS, default=TARGETS[0])
    args = parser.parse_args()
    args.file.parent.mkdir(parents=True, exist_ok=True)
    args.file.write_text(text(args.target), encoding="utf-8")
