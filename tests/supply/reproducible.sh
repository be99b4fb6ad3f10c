#!/usr/bin/env bash
# Builds the release program twice from the commit that is checked out, in two folders whose paths differ in length, and
# compares what came out byte for byte. Where they differ, it says in which section of the file first.
#
#     tests/supply/reproducible.sh [FOLDER]
#
# FOLDER keeps both programs and what was built; without it nothing is kept but what is said. A compiler, a C compiler
# and npm make the program, so another machine makes the same bytes only with the same versions of them: they are said.
# docs/supply-chain.md lists what is set here, for whoever packages the program.
set -euo pipefail
root=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
commit=$(git -C "$root" rev-parse HEAD)
[ -z "$(git -C "$root" status --porcelain)" ] || echo "what is not committed is not built: $commit is" >&2

if [ $# -gt 0 ]; then
    mkdir -p "$1"
    within=$(cd "$1" && pwd -P)
else
    within=$(cd "$(mktemp -d)" && pwd -P)
    trap 'rm -rf "$within"' EXIT
fi
one=$within/a
two=$within/another/folder/with/a/longer/path

# Whatever the caller has set for the compilers or for a build script would get in.
unset RUSTFLAGS CARGO_BUILD_RUSTFLAGS RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER CFLAGS CXXFLAGS CPPFLAGS LDFLAGS
unset CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR CARGO_BUILD_TARGET OPENSSL_DIR OPENSSL_INCLUDE_DIR OPENSSL_LIB_DIR
unset LIBSQLITE3_SYS_USE_PKG_CONFIG LIBSQLITE3_FLAGS SQLITE_MAX_VARIABLE_NUMBER SQLITE_MAX_EXPR_DEPTH SQLITE_MAX_COLUMN
unset SWAGGER_UI_DOWNLOAD_URL SWAGGER_UI_OVERWRITE_FOLDER ICU4X_DATA_DIR AWS_LC_SYS_SYSTEM_DIR
export LC_ALL=C TZ=UTC
SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct)
export SOURCE_DATE_EPOCH
# ahash, under rhai, draws the keys of its tables while it is compiled. They are in every copy of the program, so no
# secret is lost by saying them.
export CONST_RANDOM_SEED=windscreen
# Else aws-lc-sys links the machine's AWS-LC where pkg-config knows one.
export AWS_LC_SYS_USE_SYSTEM=0
# The linker's build id is a hash of all that it writes, and what symbols are called depends on the folder: without them
# it is a hash of what runs.
export CARGO_PROFILE_RELEASE_STRIP=symbols

cargo_home=${CARGO_HOME:-$HOME/.cargo}
sysroot=$(rustc --print sysroot)
compiler=$(rustc -vV | sed -n 's/^commit-hash: //p')

build() {
    rm -rf "$1"
    mkdir -p "$1"
    git -C "$root" archive "$commit" | tar --extract --directory "$1"
    make --no-print-directory -C "$1" styles
    # Separated by 0x1f, so that a path may have a space in it. The last flag that fits a path wins.
    local flags=(
        "--remap-path-prefix=$cargo_home=/cargo"
        "--remap-path-prefix=$sysroot/lib/rustlib/src/rust=/rustc/$compiler"
        "--remap-path-prefix=$1=/windscreen"
    )
    (
        cd "$1"
        CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f'; echo "${flags[*]}")
        export CARGO_ENCODED_RUSTFLAGS
        # The same for what is compiled from C: SQLite, and AWS-LC, which sees to itself.
        export CFLAGS="-ffile-prefix-map=$cargo_home=/cargo -ffile-prefix-map=$1=/windscreen"
        cargo build --release --locked --quiet
    )
    cp "$1/target/release/windscreen" "$1.program"
}

say_where_they_differ() {
    local section
    diff <(readelf --wide --section-headers "$1" | sed 1d) <(readelf --wide --section-headers "$2" | sed 1d) || true
    readelf --wide --section-headers "$1" | sed -nE 's/^ *\[ *[0-9]+\] +(\.[^ ]+) .*/\1/p' | while read -r section; do
        readelf --hex-dump="$section" "$1" >"$within/one.section" 2>&1
        readelf --hex-dump="$section" "$2" >"$within/two.section" 2>&1
        cmp --silent "$within/one.section" "$within/two.section" && continue
        echo "the first section that differs: $section"
        diff "$within/one.section" "$within/two.section" | head -n 20 || true
        break
    done || true
    # A path of either folder is what most often gets in.
    strings --all "$1" | grep -F -m 5 "$within" || true
}

build "$one"
build "$two"
rustc --version
cc --version | head -n 1
(
    cd "$within"
    one=${one#"$within/"} two=${two#"$within/"}
    sha256sum "$one"/web/dist/*.css "$two"/web/dist/*.css "$one".program "$two".program
)
if ! cmp "$one.program" "$two.program"; then
    say_where_they_differ "$one.program" "$two.program"
    echo "NOT the same: $commit builds to different bytes in different folders" >&2
    exit 1
fi
named=$(strings --all "$one.program" | grep -F -m 5 -e "$within" -e "$cargo_home" || true)
if [ -n "$named" ]; then
    printf 'the program names a folder of the machine that built it:\n%s\n' "$named" >&2
    exit 1
fi
echo "the same: $commit builds to the same bytes in different folders"
