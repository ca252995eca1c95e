#!/bin/sh
# install.sh SOURCE BUILD MAKE_FIXTURE: the installed tree is whole, and a program of somebody else
# compiles and runs against it with what pkg-config says, with static and with shared libraries.
# The harness is found beside this file; text in single quotes is for the shells that it starts.
# shellcheck disable=SC1091,SC2154,SC2016
set -u
. "$(dirname "$0")/harness.sh"
source=$1
build=$2
make_fixture=$3

# option NAME: its value in the build.
option() {
  meson introspect --buildoptions "$build" |
    python3 -c 'import json, sys
print([o["value"] for o in json.load(sys.stdin) if o["name"] == sys.argv[1]][0])' "$1"
}

# external NAME PREFIX: compiles the program against an installed tree, and runs it.
external() {
  pc=$(find "$2" -name recurve-io.pc -printf '%h')
  flags=$(PKG_CONFIG_PATH=$pc pkg-config --define-variable=prefix="$2" --cflags --libs \
    recurve-io recurve-dsp) || return 1
  # What pkg-config prints is words for the compiler.
  # shellcheck disable=SC2086
  "${CC:-cc}" -std=c11 -Wall -Wextra -Werror -o "$scratch/player-$1" \
    "$source/tests/tools/external_player.c" $flags -lm || return 1
  LD_LIBRARY_PATH=$(dirname "$pc") "$scratch/player-$1" "$scratch/model.json" >"$scratch/$1.txt"
}

# headers INCLUDE: each header can be included alone, from C and from C++ where there is one.
headers() {
  for header in "$1"/recurve/*.h; do
    name=recurve/$(basename "$header")
    echo "#include <$name>" >"$scratch/one.c"
    "${CC:-cc}" -std=c11 -Wall -Wextra -Werror -I "$1" -fsyntax-only "$scratch/one.c" || return 1
    if command -v c++ >/dev/null; then
      c++ -Wall -Wextra -Werror -I "$1" -fsyntax-only -x c++ "$scratch/one.c" || return 1
    fi
  done
}

prefix=$scratch/tree$(option prefix)
check 'the build installs' meson install -C "$build" --no-rebuild --destdir "$scratch/tree"

for command in '' $("$prefix/bin/recurve" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/-\1/p'); do
  check "the man page recurve$command.1 is there" \
    test -s "$prefix/$(option mandir)/man1/recurve$command.1"
done
for file in bin/recurve share/bash-completion/completions/recurve share/zsh/site-functions/_recurve \
  share/fish/vendor_completions.d/recurve.fish include/recurve/chain.h include/recurve/io.h \
  include/recurve/train.h; do
  check "$file is there" test -s "$prefix/$file"
done
for name in recurve-dsp recurve-io recurve-train; do
  check "$name.pc is there" test -s "$prefix/$(option libdir)/pkgconfig/$name.pc"
done
if [ "$(option plugin)" != disabled ]; then
  check 'the bundle is there' sh -c 'test -s "$(find "$1" -path "*/lv2/recurve.lv2/manifest.ttl")"' \
    sh "$prefix"
fi
check 'the installed program runs' "$prefix/bin/recurve" --version
check 'each header stands alone' headers "$prefix/include"

check 'a model to play' "$make_fixture" "$scratch/model.json" "$scratch/in.wav"
check 'the installed program plays' "$prefix/bin/recurve" process "$scratch/model.json" \
  "$scratch/in.wav" -o "$scratch/out.wav"
if [ "$(option b_sanitize)" != none ]; then
  skip 'programs of others are not linked with libraries built for a sanitizer'
  finish
fi
check 'a program of somebody else plays, linked as the build is' external built "$prefix"

other=static
[ "$(option default_library)" = static ] && other=shared
check "the libraries build as $other ones" sh -c '
  meson setup "$2" "$1" --prefix="$2/tree" --libdir=lib -Dbuildtype=plain -Doptimization=0 \
    -Dfew_sizes=true -Ddefault_library="$3" -Dtools=disabled -Dplugin=disabled -Dtests=disabled -Dhosts=disabled &&
    meson install -C "$2"' sh "$source" "$scratch/other" "$other"
check "a program of somebody else plays, linked with $other libraries" external other \
  "$scratch/other/tree"
check 'both play the same' cmp "$scratch/built.txt" "$scratch/other.txt"
check 'and it is a sound' grep -q '\.' "$scratch/built.txt"
finish
