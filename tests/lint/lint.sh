#!/bin/sh
# One lint by name, over the files that git knows (all files of the tree where there is no git).
set -eu

need() {
  command -v "$1" >/dev/null || {
    echo "skipped: no $1"
    exit 77
  }
}

files() {
  if git rev-parse --git-dir >/dev/null 2>&1; then
    git ls-files --cached --others --exclude-standard -- "$@"
  else
    for pattern in "$@"; do
      find . -path './build*' -prune -o -name "$pattern" -print
    done
  fi
}

# Fails, and shows the lines, where grep finds something.
refuse() {
  what=$1
  shift
  if found=$("$@"); then
    printf '%s:\n%s\n' "$what" "$found"
    exit 1
  fi
}

case $1 in
  format)
    need clang-format
    files '*.c' '*.h' | xargs clang-format --dry-run -Werror
    ;;
  tidy)
    need clang-tidy
    database=$(mktemp -d)
    trap 'rm -rf "$database"' EXIT
    # An argument of gcc's that clang does not know would be an error in every file.
    sed 's/ -fno-var-tracking-assignments//' "$RECURVE_BUILD/compile_commands.json" \
      >"$database/compile_commands.json"
    # Only what this build compiles has flags to be checked with.
    files '*.c' | while read -r file; do
      grep -qF "/$file\"" "$database/compile_commands.json" && echo "$file"
    done >"$database/files"
    # It counts what it holds back, in every file: what it found would drown.
    xargs -P "$(nproc)" -n 4 clang-tidy -quiet -p "$database" \
      <"$database/files" >"$database/found" 2>&1 || {
      grep -vE '^[0-9]+ warnings? (generated|treated as error)' "$database/found"
      exit 1
    }
    ;;
  cppcheck)
    need cppcheck
    cppcheck --quiet --std=c11 --enable=warning,portability,performance --inline-suppr \
      --suppress=missingIncludeSystem --suppress=toomanyconfigs --error-exitcode=1 -j "$(nproc)" \
      -I dsp/include -I dsp/io/include -I tools -I tools/train/include -I dsp \
      dsp plugin tools
    ;;
  shell)
    need shellcheck
    # Scripts by their ending or their first line.
    files '*' | while read -r file; do
      case $file in
        *.sh) echo "$file" ;;
        *) [ -f "$file" ] && head -c 32 "$file" | head -n 1 | tr -d '\0' |
          grep -qE '^#! ?/(usr/)?bin/(env )?(ba)?sh' && echo "$file" ;;
      esac
    done | xargs shellcheck
    ;;
  dependence)
    refuse 'dsp and io include nothing from above' \
      grep -nE '#include "(\.\./)*(plugin|tools|train|audio|capture|cli)/' -r dsp
    refuse 'only the io library, of what is under dsp, knows jansson' \
      grep -rnE '#include <(jansson|sndfile|samplerate|lilv|pthread)' dsp --exclude-dir=io
    refuse 'tools and the plugin do not include each other' \
      grep -rnE '#include "(\.\./)*plugin/' tools dsp
    refuse 'tools and the plugin do not include each other' \
      grep -rnE '#include "(\.\./)*tools/' plugin dsp
    ;;
  words)
    refuse 'fast-math changes the floating-point state of the host' \
      grep -rnE 'ffast-math|Ofast|funsafe-math' --include='*.c' --include='*.h' --include=meson.build \
      dsp plugin tools tests
    refuse 'words that promise later work' \
      grep -rnwE 'TODO|FIXME|XXX|HACK' dsp plugin ttl tools README.md NEWS.md
    files '*.c' '*.h' | while read -r file; do
      sed -n 2p "$file" | grep -q 'SPDX-License-Identifier: ISC' || {
        echo "$file: the second line is not the licence"
        exit 1
      }
    done
    ;;
  *)
    echo "lint.sh: format, tidy, cppcheck, shell, dependence or words" >&2
    exit 2
    ;;
esac
