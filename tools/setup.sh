# Set-up that tools/run, tools/test and tools/bench share. Sourced, not run.
#
# Idempotent: each step looks first and does only what is missing. Nothing is left half done: a step
# that fails ends the script with a sentence that says what to do.

set -euo pipefail
# Paths that were given are meant from where they were given.
absolute() { case "$1" in /*) printf '%s' "$1" ;; *) printf '%s/%s' "$PWD" "$1" ;; esac; }
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# The folder for everything that is made and not kept in git, beside cargo's target.
var=$(absolute "${TIPRING_VAR:-$root/var}")
models=$(absolute "${TIPRING_MODELS:-$var/models}")
export CARGO_TARGET_DIR
CARGO_TARGET_DIR=$(absolute "${CARGO_TARGET_DIR:-$root/target}")
bin=$CARGO_TARGET_DIR/release
cd "$root"

# The oldest Rust that builds this; also rust-version in Cargo.toml.
rust_at_least=1.94

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() { printf '\033[1;31mfailed:\033[0m %s\n' "$*" >&2; exit 1; }

# Runs a command as root, directly or through sudo.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else return 1
    fi
}

# need_packages NAME…: Debian packages, installed where they are missing.
need_packages() {
    command -v dpkg-query >/dev/null || fail "this script installs Debian packages; on another system install by hand: $*"
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
    done
    [ ${#missing[@]} = 0 ] && return 0
    say "asking apt for: ${missing[*]}"
    as_root apt-get update -qq >&2 || fail "apt-get update did not work; run as root: apt-get install ${missing[*]}"
    DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 ||
        fail "apt could not install ${missing[*]}; run as root: apt-get install ${missing[*]}"
}

# want_packages NAME…: the same, but the answer is a status, for what a test can be skipped without.
want_packages() { (need_packages "$@") || return 1; }

need_rust() {
    [ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
    local found=none
    command -v cargo >/dev/null && found=$(cargo --version | cut -d' ' -f2)
    if [ "$found" != none ] && printf '%s\n%s\n' "$rust_at_least" "$found" | sort -V -C; then return 0; fi
    if command -v rustup >/dev/null; then
        say "Rust $rust_at_least or newer is needed (found: $found); asking rustup for stable"
        rustup toolchain install stable --profile minimal >&2 && rustup default stable >&2 ||
            fail "rustup could not install Rust; run: rustup toolchain install stable"
        return 0
    fi
    fail "Rust $rust_at_least or newer is needed (found: $found). Install it with this line, then run this again:
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal"
}

# The compilers and libraries that the build needs.
need_build_tools() {
    need_packages build-essential cmake pkg-config libasound2-dev python3 python3-pip ca-certificates
    need_rust
}

# need_space FOLDER MB: the space that a first build or the models take, before they take it.
need_space() {
    local folder=$1 left
    while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
    [ -w "$folder" ] || fail "$folder cannot be written by $(id -un); take a clone of your own, or set TIPRING_VAR and CARGO_TARGET_DIR to folders that can"
    left=$(df -Pm "$folder" | awk 'NR == 2 { print $4 }')
    [ "$left" -ge "$2" ] || fail "$folder has $left MB of space left and $2 MB are needed; free some, or set TIPRING_VAR and CARGO_TARGET_DIR to folders on another disk"
}

# build ARGS…: cargo build with its progress shown.
build() {
    [ -x "$bin/tipring" ] || need_space "$CARGO_TARGET_DIR" 4000
    say "building (the first time takes some minutes): cargo build --release $*"
    cargo build --release --locked "$@" >&2 ||
        fail "the build did not work; the compiler's words above say where"
}

# The models, fetched and converted into $models.
need_models() {
    say "speech models in $models"
    [ -e "$models/whisper-base-q8_0.bin" ] || need_space "$models" 600
    "$bin/tipring-models" "$models" >&2 ||
        fail "the speech models could not be fetched; the line above says why. Without them: tools/run --no-models"
    export TIPRING_MODELS=$models
}
