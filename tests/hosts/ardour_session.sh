#!/bin/sh
# Copyright 2026 The Recurve developers
# SPDX-License-Identifier: ISC

# What a session in Ardour keeps, with a model of another rate than the session's: exports equal
# `recurve process` to the bit, the latency taken away, also where bypass is automated; a moved
# session without its model file plays its copy; without a copy the path is kept, the log says what
# is missing, and the file mends it when it is back.
set -eu
script=$(realpath "$(dirname "$0")")/ardour.lua
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=ardour_common.sh
. "$(dirname "$script")/ardour_common.sh"
need ardour7-lua ardour

preset='urn:recurve:test:session'
# 48 to 44.1 kHz is 160 to 147: where between the frames of the session the model's frames lie
# depends on how many frames Ardour has played before, and comes back after 160.
grid=160

mkdir models out
"$SOUND" model "$work/models/model.json" 44100
write_preset "$amp" "$preset" "$work/models/model.json"
write_export_preset

ardour take "$work/session" "$amp" "$preset" || did_not_end take
take=$(sed -n 's/^ardour.lua: amp is //p' take.log)
cp "$take" take.wav
mkdir padded
"$SOUND" pad take.wav padded "$grid"
"$RECURVE" process --quiet models/model.json padded/*.wav -o played
LV2_PATH=$plain_lv2_path
rm -rf presets

# export_to SESSION FILE [CHANGE]
export_to() {
  again_and_again export "$work/$1" "$amp" "$work/out" ${3:+"$3"}
  mv out/export.wav "$2"
}

# plays SESSION FRAMES [CHANGE]: leaves export.wav, and expected.wav, which is the same for FRAMES.
plays() {
  export_to "$1" export.wav ${3:+"$3"}
  "$SOUND" find export.wav played "$grid" "$2" expected.wav
}

# Each change fades for 20 ms, and Ardour makes it at a border of its blocks.
plays session 23000 bypass
"$SOUND" differ take.wav expected.wav 64
"$SOUND" part export.wav take.wav 26000 59000
"$SOUND" part export.wav expected.wav 62000 96000

# Elsewhere, and without any file or link that has the model.
mkdir -p other/place
cp -a session other/place/session
mv models away
find other/place/session -name '*.json' -exec rm {} +
if grep -rq --include='*.json' layers other; then fail "a copy of the model is left"; fi
plays other/place/session 96000
mv away models

# Without a copy. Ardour writes each state beside those before; the session names the one that counts.
plays session 96000 forget
saved=$(sed -n 's/.* state-dir="\([^"]*\)".*/\1/p' session/session.ardour)
if grep -q 'amp#modelData>' session/plugins/*/"$saved"/state.ttl; then
  fail "a copy, where none was wanted"
fi
mv models away
export_to session missing.wav save
"$SOUND" same missing.wav take.wav 0 0
grep -q 'model.json: no such file' export.log || {
  cat export.log >&2
  fail "no word of the missing file"
}
mv away models
plays session 96000
