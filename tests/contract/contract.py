#!/usr/bin/env python3
"""The API's document against the program that serves it, by schemathesis, as everybody who may call.

    python3 tests/contract/contract.py            what `make test` runs: a part of every phase, the same each time
    python3 tests/contract/contract.py --long     200 examples an operation and every phase, as everybody
    python3 tests/contract/contract.py --as teacher --examples 50

Each caller gets a program and a fresh record of its own, with the invented families of the demonstration, and a port of
its own; two run at a time. Any failed check is a failure, and what was found is printed.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROGRAM = ROOT / "target/debug/windscreen"
TOOL = ROOT / "target/schemathesis/bin/schemathesis"

# Everybody of the demonstration, nobody, and a partner's system with an API key at a server for tests.
PEOPLE = [
    "triage-worker", "school-system", "teacher", "police-system", "call-taker", "social-worker", "manager",
    "rule-author", "approver", "council-approver", "health-approver", "auditor", "information-governance", "operator",
]
NOBODY, KEY = "nobody", "api-key"
# In the short run these go through every phase; the others leave out the one that costs most and tells least anew.
THOROUGHLY = ["triage-worker", "school-system"]
# How long one caller's run may take before it counts as stuck; a thorough one takes a minute.
STUCK_SECONDS = {False: 600, True: 6 * 3600}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Served:
    """The program with a fresh record."""

    def __init__(self, folder, real):
        self.folder = pathlib.Path(folder)
        self.base = f"http://127.0.0.1:{free_port()}"
        self.data = self.folder / "data"
        # What is limited by rate is another test's; a fuzzer would see little else.
        args = ["--client-requests-per-second", "0"]
        if real:
            secret = self.folder / "secret"
            secret.write_text("an-invented-secret\n")
            # Nobody signs in here, so nobody asks this provider anything.
            args += ["--environment", "test", "--oidc-issuer", "http://127.0.0.1:9", "--oidc-client-id", "windscreen"]
            args += ["--oidc-client-secret-file", str(secret), "--public-url", self.base]
        else:
            args += ["--invented-families"]
        self.log = self.folder / "log"
        command = [str(PROGRAM), "serve", "--listen", self.base.removeprefix("http://"), "--data", str(self.data)]
        with self.log.open("w") as log:
            environment = {**os.environ, "WINDSCREEN_LOG": "error"}
            self.child = subprocess.Popen(
                [*command, "--rules", str(ROOT / "rules"), *args], stdout=log, stderr=log, env=environment
            )
        deadline = time.monotonic() + 120
        while "serving" not in self.log.read_text():
            if self.child.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the program did not start:\n{self.log.read_text()}")
            time.sleep(0.05)

    def key(self):
        """An API key of a school's system."""
        created = subprocess.run(
            [str(PROGRAM), "keys", "create", "--data", str(self.data), "--client", "school-mis", "--organisation",
             "school:example-primary", "--until", until()],
            check=True, capture_output=True, text=True,
        )
        return re.search(r"wsk_\S+", created.stdout).group()

    def get(self, path):
        request = urllib.request.Request(
            self.base + path, headers={"Authorization": "Bearer demonstration-triage-worker"}
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def pool(self):
        """What stands in the record, for requests that are to reach it."""
        pool = []
        for listed in self.get("/v1/referrals")["referrals"]:
            read = self.get(f"/v1/referrals/{listed['id']}")
            first = {"id": listed["id"], "version": read["version"], "child": read["children"][0]["ref"]}
            for decision in read["decisions"] or [{}]:
                for disagreement in read["disagreements"] or [{}]:
                    pool.append({**first, "decision": decision.get("id"), "disagreement": disagreement.get("id")})
        return pool

    def end(self):
        self.child.send_signal(signal.SIGTERM)
        try:
            return self.child.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.child.kill()
            return self.child.wait()


def until():
    """Half a year from now, as a date."""
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + 180 * 24 * 3600))


def run(who, args):
    """Checks the contract as somebody; what was found, and how much was tried."""
    with tempfile.TemporaryDirectory(prefix="windscreen-") as folder:
        served = Served(folder, who == KEY)
        try:
            return checked(who, args, served, folder)
        finally:
            served.end()


def checked(who, args, served, folder):
    bearer = {NOBODY: None, KEY: who == KEY and served.key()}.get(who, f"demonstration-{who}")
    thorough = args.long or who in THOROUGHLY
    phases = "examples,coverage,fuzzing,stateful" if thorough else "examples,fuzzing"
    command = [
        str(TOOL), "--config-file", str(HERE / "contract.toml"), "run", f"{served.base}/openapi.json",
        "--checks", "all", "--mode", "all", "--phases", phases, "--max-examples", str(args.examples),
        "--continue-on-failure", "--warnings", "off", "--no-color",
    ]
    # Nothing is remembered from run to run: the same is tried each time, or what the seed says.
    command += (
        ["--seed", str(args.seed), "--generation-database", "none"] if args.long else ["--generation-deterministic"]
    )
    command += ["--header", f"Authorization: Bearer {bearer}"] if bearer else []
    environment = {**os.environ, "PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": "checks"}
    environment |= {"WINDSCREEN_POOL": json.dumps([] if who == KEY else served.pool()), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        ran = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=STUCK_SECONDS[args.long]
        )
    except subprocess.TimeoutExpired:
        return who, 0, "it did not come to its end"
    tried = re.search(r"(\d+) generated", ran.stdout)
    tried = int(tried.group(1)) if tried else 0
    found = "" if ran.returncode == 0 and tried > 0 else ran.stdout + ran.stderr
    if "panicked" in served.log.read_text() or served.child.poll() is not None:
        found += f"\nthe program itself broke:\n{served.log.read_text()}"
    return who, tried, found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    everybody = [*PEOPLE, NOBODY, KEY]
    parser.add_argument("--long", action="store_true", help="200 examples an operation, every phase, as everybody")
    parser.add_argument("--as", dest="who", action="append", choices=everybody, help="only as somebody")
    parser.add_argument("--examples", type=int, help="how many examples an operation")
    parser.add_argument("--seed", type=int, default=1, help="another seed finds other things, in the long run")
    args = parser.parse_args()
    args.examples = args.examples or (200 if args.long else 3)
    # The document's own list of people and this one are held together by a test in Rust.
    failed = False
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        runs = [pool.submit(run, who, args) for who in args.who or everybody]
        for done in concurrent.futures.as_completed(runs):
            who, tried, found = done.result()
            print(f"{'FAILED' if found else 'ok':6} {who}: {tried} requests", flush=True)
            if found:
                failed = True
                print(found, flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
