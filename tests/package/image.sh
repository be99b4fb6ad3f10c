#!/usr/bin/env bash
# The image of deploy/Containerfile: built, and started as it is meant to run: as its own user, on a read-only root, with
# nothing to write to but its volume. Needs root and buildah; `make test-image` has them. No registry is asked.
set -euo pipefail
cd "$(dirname "$0")/../.."
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
aside=$(mktemp -d)
trap 'buildah rm --all >/dev/null 2>&1 || true; rm -rf "$aside"' EXIT
echo '{"default":[{"type":"insecureAcceptAnything"}]}' > "$aside/policy.json"
buildah bud --signature-policy "$aside/policy.json" -t windscreen -f deploy/Containerfile target/image > "$aside/log" 2>&1 || { cat "$aside/log"; exit 1; }
container=$(buildah from --signature-policy "$aside/policy.json" localhost/windscreen)
export ROOT ASIDE="$aside" PORT=18081
ROOT=$(buildah mount "$container")
mkdir -p "$ROOT/settings" "$aside/settings"
printf 'listen = "127.0.0.1:%s"\nlog_form = "json"\n' "$PORT" > "$aside/settings/windscreen.toml"

unshare --mount bash -euo pipefail -s <<'INSIDE'
need() { if eval "$2"; then echo "ok     $1"; else echo "not so: $1"; cat "$ASIDE/served"; kill "$server"; exit 1; fi; }
mount --bind "$ROOT" "$ROOT"
mount -o remount,ro,bind "$ROOT"
mount -t tmpfs -o mode=700,uid=65532,gid=65532 volume "$ROOT/data"
mount --bind "$ASIDE/settings" "$ROOT/settings"
inside=(env -i "PATH=$PATH" WINDSCREEN_CONFIG=/settings/windscreen.toml WINDSCREEN_DATA=/data WINDSCREEN_RULES=/rules
    TMPDIR=/data chroot --userspec=65532:65532 "$ROOT" /windscreen)
"${inside[@]}" serve 2> "$ASIDE/served" &
server=$!
for _ in $(seq 100); do curl -sf "http://127.0.0.1:$PORT/livez" > /dev/null && break; sleep 0.1; done
need "its root cannot be written" '! touch "$ROOT/anything" 2>/dev/null'
need "it runs as nobody else" '[ "$(stat -c %u "$ROOT/data/windscreen.keys")" = 65532 ]'
ready=$(curl -s "http://127.0.0.1:$PORT/readyz")
need "it is ready" '[[ $ready == *"\"status\":\"ok\""* ]]'
python3 -c 'import json; print(json.dumps(json.load(open("fixtures/exchanges/referral_recorded.json"))["request"]["body"]))' > "$ASIDE/referral"
code=$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/v1/referrals" -H 'content-type: application/json' \
    -H 'authorization: Bearer demonstration-school-system' -H 'idempotency-key: first' --data-binary "@$ASIDE/referral")
need "a referral is recorded" '[ "$code" = 201 ]'
"${inside[@]}" backup /data/backup > /dev/null 2>&1
drilled=$("${inside[@]}" restore /data/backup --verify)
need "it is backed up, and restoring is rehearsed" '[[ $drilled == *"it verifies; nothing here was changed"* ]]'
kill "$server"
wait "$server"
need "told to stop, it ends with 0" true
verified=$("${inside[@]}" audit verify)
need "the record verifies" '[[ $verified == *"ok "*"decisions"* ]]'
INSIDE
