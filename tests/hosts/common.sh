# Copyright 2026 The Recurve developers
# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# shellcheck disable=SC2034 # variables for the scripts that source this

# What the tests in real hosts share. Sourced first; leaves the shell in a folder of its own, which
# is also the home of every program that is started, and is removed at the end.
# meson sets RECURVE (the command), RECURVE_LV2 (the folder that holds recurve.lv2), SOUND (sound.c)
# and SANITIZED (true where the plugin needs a sanitizer's library in the host).

amp='urn:recurve:amp'
amp_stereo='urn:recurve:amp-stereo'
model_property='urn:recurve:amp#model'

skip() {
  echo "skipped: $*"
  exit 77
}

fail() {
  echo "failed: $*" >&2
  exit 1
}

# need PROGRAM PACKAGE ...
need() {
  while [ $# -gt 0 ]; do
    command -v "$1" >/dev/null || skip "no $1 (Debian package $2)"
    shift 2
  done
}

[ "${SANITIZED:-false}" = false ] ||
  skip 'a host without the sanitizer cannot load a plugin that is built with it'

work=$(mktemp -d "${TMPDIR:-/tmp}/recurve-host-XXXXXX")
tidy_up() {
  # Programs in the background, where a test ends early.
  for child in $background; do
    kill "$child" 2>/dev/null || continue
    wait "$child" 2>/dev/null || true
  done
  rm -rf "$work"
}
background=
trap tidy_up EXIT
trap 'exit 1' HUP INT TERM
cd "$work" || exit 1

# The specifications are linked one by one, so that no plugin of the machine comes along.
mkdir -p home lv2 presets
for manifest in /usr/lib/lv2/*/manifest.ttl /usr/lib/*/lv2/*/manifest.ttl; do
  if grep -qs 'lv2:Specification' "$manifest"; then
    ln -sf "${manifest%/*}" lv2/
  fi
done
ln -s "$RECURVE_LV2/recurve.lv2" lv2/
plain_lv2_path=$work/lv2
export LV2_PATH="$plain_lv2_path:$work/presets"

# confined SECONDS PROGRAM ...: no display, no home, no configuration of the user's, and an end.
# In the background, `become_confined SECONDS PROGRAM ... &`: then $! is what a kill reaches.
become_confined() {
  limit=$1
  shift
  exec timeout -k 5 "$limit" env -i \
    PATH="$PATH" LANG=C.UTF-8 TMPDIR="$work" HOME="$work/home" LV2_PATH="$LV2_PATH" \
    XDG_CONFIG_HOME="$work/home/config" XDG_CACHE_HOME="$work/home/cache" \
    XDG_DATA_HOME="$work/home/data" XDG_RUNTIME_DIR="$work/home" \
    ${RECURVE_ISA:+"RECURVE_ISA=$RECURVE_ISA"} "$@"
}

confined() {
  (become_confined "$@")
}

# write_preset PLUGIN PRESET MODEL: a bundle in presets/ whose state names the model.
write_preset() {
  mkdir -p presets/test.lv2
  cat >presets/test.lv2/manifest.ttl <<END
@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix pset: <http://lv2plug.in/ns/ext/presets#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

<$2>
  a pset:Preset ;
  lv2:appliesTo <$1> ;
  rdfs:seeAlso <preset.ttl> .
END
  cat >presets/test.lv2/preset.ttl <<END
@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix pset: <http://lv2plug.in/ns/ext/presets#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix state: <http://lv2plug.in/ns/ext/state#> .

<$2>
  a pset:Preset ;
  lv2:appliesTo <$1> ;
  rdfs:label "test" ;
  state:state [ <$model_property> <file://$3> ] .
END
}
