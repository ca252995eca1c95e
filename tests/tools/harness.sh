# shellcheck shell=sh
# What the test scripts share; to be sourced. Each check prints one line when it fails; finish prints
# "N passed, N failed" and exits with 1 if any did.

passed=0
failed=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/recurve-test-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM HUP

# pass WHAT, fail WHAT [FILE]: one result; the file is shown with it.
pass() {
  passed=$((passed + 1))
}

fail() {
  failed=$((failed + 1))
  printf 'FAILED: %s\n' "$1"
  [ -z "${2:-}" ] || sed 's/^/    /' "$2"
}

# check WHAT COMMAND...: the command must succeed; what it prints is shown only if it does not.
check() {
  what=$1
  shift
  if "$@" >"$scratch/check.log" 2>&1; then
    pass
  else
    fail "$what" "$scratch/check.log"
  fi
}

# skip WHAT: something that this machine does not have.
skip() {
  printf 'skipped: %s\n' "$1"
}

finish() {
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ]
  exit
}
