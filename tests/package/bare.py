#!/usr/bin/env python3
"""From the package on a bare system: installed, started, a first referral recorded, backed up, restored on another bare
system, verified, the bundle of its logs checked by a program that shares nothing with windscreen, exported in the open,
read without windscreen, and taken in again on a third system.

Two systems of Debian's essential packages alone are made in temporary folders, and the package is installed in each as
its README says. A chroot has no systemd: the service is started as its unit says, by the same command, user, folder
and variables, which are read from the unit. Needs root, mmdebstrap and a package; `make test-package` has them. A second argument names a bare system that was made before."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PORT = 18080
EXCHANGE = ROOT / "fixtures/exchanges/referral_recorded.json"


def run(*command, code=0, **more):
    """Runs a command to its end; what it printed."""
    done = subprocess.run(command, text=True, capture_output=True, **more)
    said = done.stdout + done.stderr
    if done.returncode != code:
        sys.exit(f"{' '.join(map(str, command))}: ended with {done.returncode}\n{said}")
    return said


def need(is_so, what):
    if not is_so:
        sys.exit(f"not so: {what}")
    print(f"ok     {what}", flush=True)


class System:
    """A bare system with the package on it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    @classmethod
    def bare(cls, folder):
        """Debian's essential packages alone, from where this machine takes its own."""
        sources = [path for end in ("list", "sources") for path in pathlib.Path("/etc/apt").rglob(f"sources.list*/*.{end}")]
        sources += [path for path in [pathlib.Path("/etc/apt/sources.list")] if path.exists()]
        only_debian = [path for path in sources if "debian.org/debian" in path.read_text() or "debian" in path.name]
        options = [path for path in pathlib.Path("/etc/apt/apt.conf.d").iterdir() if "Acquire::" in path.read_text()]
        release = dict(line.split("=", 1) for line in pathlib.Path("/etc/os-release").read_text().split("\n") if "=" in line)
        # With the one package that ours needs beside the essential ones.
        command = ["mmdebstrap", "--variant=minbase", "--include=systemd-standalone-sysusers", "--mode=root", *(f"--aptopt={path}" for path in options)]
        run(*command, release["VERSION_CODENAME"].strip('"'), str(folder), *map(str, only_debian))
        return cls(folder)

    def copy(self, folder):
        run("cp", "-a", str(self.folder), str(folder))
        return System(folder)

    def path(self, inside):
        return self.folder / inside.lstrip("/")

    def chroot(self, *command, user="root", code=0):
        return run("chroot", f"--userspec={user}:{user}", str(self.folder), *command, code=code, env=self.environment())

    def environment(self):
        unit = self.path("/usr/lib/systemd/system/windscreen.service")
        named = re.findall(r"^Environment=(\S+)$", unit.read_text(), re.M) if unit.exists() else []
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **dict(one.split("=", 1) for one in named)}

    def windscreen(self, *arguments, code=0):
        return self.chroot("/usr/bin/windscreen", *arguments, user="windscreen", code=code)

    def install(self, package):
        shutil.copy(package, self.path("/root/windscreen.deb"))
        self.chroot("dpkg", "--install", "/root/windscreen.deb")
        # What systemd does for `StateDirectory`.
        state = self.path("/var/lib/windscreen")
        state.mkdir(mode=0o700)
        self.chroot("chown", "windscreen:windscreen", "/var/lib/windscreen")
        settings = self.path("/etc/windscreen/windscreen.toml")
        settings.write_text(settings.read_text().replace('"127.0.0.1:8080"', f'"127.0.0.1:{PORT}"'))

    @contextlib.contextmanager
    def started(self):
        """The service, as its unit starts it."""
        unit = self.path("/usr/lib/systemd/system/windscreen.service").read_text()
        said = dict(re.findall(r"^(ExecStart|User|Group|WorkingDirectory)=(.+)$", unit, re.M))
        inside = f"cd {said['WorkingDirectory']} && umask 0077 && exec {said['ExecStart']}"
        who = f"--userspec={said['User']}:{said['Group']}"
        log = self.path("/root/log").open("w")
        child = subprocess.Popen(
            ["chroot", who, str(self.folder), "sh", "-c", inside], stdout=log, stderr=log, env=self.environment()
        )
        try:
            for _ in range(300):
                with contextlib.suppress(OSError):
                    if ask("GET", "/livez")[0] == 200:
                        break
                if child.poll() is not None:
                    sys.exit("it ended:\n" + self.path("/root/log").read_text())
                time.sleep(0.1)
            yield
        finally:
            child.send_signal(signal.SIGTERM)
            code = child.wait(timeout=60)
        need(code == 0, "told to stop, the service ends with 0")


def ask(method, path, body=None, key="first"):
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    headers = {"content-type": "application/json", "idempotency-key": key}
    headers["authorization"] = "Bearer demonstration-school-system"
    connection.request(method, path, body=body and json.dumps(body), headers=headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read() or "null")


def main(package, kept=None):
    if os.geteuid() != 0:
        sys.exit("a bare system is made by root: run this with sudo")
    with tempfile.TemporaryDirectory(prefix="windscreen-bare.") as folder:
        bare = System(kept) if kept else System.bare(f"{folder}/bare")
        one, two, three = (bare.copy(f"{folder}/{name}") for name in ("one", "two", "three"))
        one.install(package)
        need(True, "the package is installed on a bare system")
        need("windscreen 0." in one.windscreen("--version"), "the program runs there")
        shown = one.windscreen("serve", "--print-config")
        need(f'listen = "127.0.0.1:{PORT}"  # listen in /etc/windscreen/windscreen.toml' in shown, "it has its settings from its file")
        pages = list(one.path("/usr/share/man/man1").glob("windscreen-serve.1*"))
        need(pages and one.path("/usr/share/bash-completion/completions/windscreen").exists(), "its manual and completions are there")
        mode = one.path("/etc/windscreen/windscreen.toml").stat().st_mode & 0o777
        need(mode == 0o640, "its settings can be read by the service alone")
        one.windscreen("check", "/usr/share/windscreen/rules")

        request = json.loads(EXCHANGE.read_text())["request"]["body"]
        with one.started():
            status, ready = ask("GET", "/readyz")
            need((status, ready["status"]) == (200, "ok"), "the service is ready")
            status, first = ask("POST", "/v1/referrals", request)
            need(status == 201, "a first referral is recorded")
            found = json.loads(one.windscreen("doctor", "--format", "json"))
            wrong = [finding for finding in found if finding["is"] == "wrong"]
            need(not wrong, f"the doctor finds nothing wrong {wrong or ''}")
            one.windscreen("backup", "/var/lib/windscreen/first.backup")
            status, _ = ask("POST", "/v1/referrals", request, key="second")
            need(status == 201, "it is backed up while it goes on, and a second is recorded")
        need("ok" in one.windscreen("audit", "verify", "--full"), "the record verifies")
        events = [json.loads(line).get("event") for line in one.path("/root/log").read_text().splitlines()]
        need("started" in events and "stopping" in events, "its log is a JSON object a line")

        # Elsewhere: the backup, and what lies apart from it, the keys and the guard.
        two.install(package)
        for name in ("first.backup", "windscreen.keys", "guard"):
            source, target = (system.path(f"/var/lib/windscreen/{name}") for system in (one, two))
            run("cp", "-a", str(source), str(target))
        said = two.windscreen("restore", "/var/lib/windscreen/first.backup")
        need("read-only" in said, "an older backup is put back read-only, and says why")
        with two.started():
            status, problem = ask("GET", "/readyz")
            need(status == 503 and "read-only" in problem["detail"], "the service says so too")
            status, again = ask("GET", f"/v1/referrals/{first['id']}")
            need(status == 200 and again["reference"] == first["reference"], "what was recorded can be read")
            status, _ = ask("POST", "/v1/referrals", request, key="third")
            need(status == 503, "and nothing is recorded")
        two.windscreen("audit", "fork", "--because", "restored")
        with two.started():
            status, _ = ask("POST", "/v1/referrals", request, key="third")
            need(status == 201, "taken into use, it records again")
        need("ok" in two.windscreen("audit", "verify", "--full"), "and verifies")
        bundle = pathlib.Path(folder, "record.jsonl")
        bundle.write_text(run("chroot", "--userspec=windscreen:windscreen", str(two.folder), "/usr/bin/windscreen", "audit", "export", env=two.environment()))
        checked = run(sys.executable, str(ROOT / "tests/check_log.py"), str(bundle))
        need("sound" in checked or "ok" in checked, "its logs are sound to a checker that shares nothing with it")

        # And whoever leaves takes everything along, in the open.
        drilled = two.windscreen("restore", "/var/lib/windscreen/first.backup", "--verify")
        need("verifies; nothing here was changed" in drilled, "restoring is rehearsed, and changes nothing")
        two.windscreen("export", "record", "/var/lib/windscreen/everything")
        left = two.path("/var/lib/windscreen/everything")
        need(left.stat().st_mode & 0o777 == 0o700, "the record is exported, for its owner alone")
        entries = [json.loads(line) for line in (left / "entry.ndjson").read_text().splitlines()]
        said = [entry["body"] for entry in entries if entry.get("referral") == first["id"]]
        need(said and request["account"] in json.dumps(said[0], ensure_ascii=False), "and can be read without windscreen")
        guide = (left / "READ-ME.md").read_text()
        program = guide.split("```python\n")[1].split("```")[0]
        run(sys.executable, "-c", program, cwd=left)
        need(True, "each body is what the signed log holds, by the guide's own program")
        run(sys.executable, str(ROOT / "tests/check_log.py"), str(left / "log.jsonl"))
        three.install(package)
        for name in ("everything", "windscreen.keys", "guard"):
            source, target = (system.path(f"/var/lib/windscreen/{name}") for system in (two, three))
            run("cp", "-a", str(source), str(target))
        three.windscreen("import", "/var/lib/windscreen/everything")
        need("ok" in three.windscreen("audit", "verify", "--full"), "taken in again elsewhere, it verifies")
        with three.started():
            status, again = ask("GET", f"/v1/referrals/{first['id']}")
            need(status == 200 and again["reference"] == first["reference"], "and shows what was recorded")
            status, _ = ask("POST", "/v1/referrals", request, key="fourth")
            need(status == 201, "and goes on recording, for nothing was signed since")

        one.chroot("dpkg", "--purge", "windscreen")
        need(not one.path("/usr/bin/windscreen").exists(), "the package goes again")
        need(one.path("/var/lib/windscreen/windscreen.keys").exists(), "and the record stays: whoever wants it gone erases it")


if __name__ == "__main__":
    main(*sys.argv[1:])
