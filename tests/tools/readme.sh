#!/bin/sh
# readme.sh README RECURVE: every command line of the page works.
#
# In fenced blocks with the info string "sh" the lines that begin with "$ " are run in order, in one
# scratch folder, with recurve on the PATH; a line that ends with a backslash goes on in the next one;
# other lines show what one sees. Commands of blocks with "sh norun" are not run, but the subcommands
# and options of recurve in them must exist.
# The harness is found beside this file.
# shellcheck disable=SC1091,SC2154
set -u
. "$(dirname "$0")/harness.sh"
readme=$1
recurve=$(realpath "$2")
PATH=$(dirname "$recurve"):$PATH
export PATH

# "run COMMAND" or "norun COMMAND", one a line.
awk '
  /^```/ {
    mode = ""
    if (!inside && $0 == "```sh") mode = "run"
    if (!inside && $0 == "```sh norun") mode = "norun"
    inside = !inside
    joined = 0
    next
  }
  mode == "" { next }
  joined { line = line " " $0 }
  !joined && /^\$ / { line = substr($0, 3); joined = 1 }
  joined && /\\$/ { sub(/ *\\$/, "", line); next }
  joined { print mode, line; joined = 0 }
' "$readme" >"$scratch/commands"

# known COMMAND: each word that recurve is given as a subcommand or an option is one.
known() {
  # Words as the shell would divide them are good enough to look for options.
  # shellcheck disable=SC2086
  set -f -- $1
  while [ $# -gt 0 ] && [ "$1" != recurve ]; do shift; done
  [ $# -gt 1 ] || return 0
  shift
  case $1 in --version | --help | help) return 0 ;; esac
  "$recurve" "$1" --help >"$scratch/help" || return 1
  for word in "$@"; do
    option=${word%%=*}
    case $option in
      --) return 0 ;;
      -?*) grep -qE -e "(^|[ ,])$option( |,|\$)" "$scratch/help" || {
        echo "recurve $1 has no $option"
        return 1
      } ;;
      '|' | ';' | '&&') return 0 ;;
    esac
  done
}

check 'the page has commands' test -s "$scratch/commands"
mkdir "$scratch/run"
cd "$scratch/run" || exit 1
while read -r mode command <&3; do
  check "known: $command" known "$command"
  [ "$mode" = run ] || continue
  if eval "$command" >"$scratch/output" 2>&1 3<&- </dev/null; then
    pass
  else
    fail "$command" "$scratch/output"
  fi
done 3<"$scratch/commands"
finish
