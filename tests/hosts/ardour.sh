#!/bin/sh
# Copyright 2026 The Recurve developers
# SPDX-License-Identifier: ISC

# The plugin in a real Ardour without a window: a new session records a take, inserts the plugin,
# gets the model through an LV2 preset and plays; the saved session is opened by a second Ardour,
# which does not know the preset, and plays; a third one exports it. All that comes out equals
# `recurve process`, to the bit.
set -eu
script=$(realpath "$(dirname "$0")")/ardour.lua
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=ardour_common.sh
. "$(dirname "$script")/ardour_common.sh"
need ardour7-lua ardour

preset='urn:recurve:test:ardour'
mkdir models out
"$SOUND" model "$work/models/model.json" 48000
write_preset "$amp" "$preset" "$work/models/model.json"
write_export_preset

ardour first "$work/session" "$amp" "$preset" || did_not_end first

# From here on Ardour has the session and the model, but not the preset.
LV2_PATH=$plain_lv2_path
rm -rf presets
# Ardour keeps a link to the model beside the state, which names the link.
grep -rqF --include=state.ttl "<$model_property> <model.json>" session/plugins ||
  fail "no state in the session names the model"

ardour again "$work/session" "$amp" || did_not_end again

again_and_again export "$work/session" "$amp" "$work/out"

recorded() {
  sed -n "s/^ardour.lua: $1 is //p" first.log again.log
}
take=$(recorded amp)
"$RECURVE" process models/model.json "$take" -o expected
expected=expected/${take##*/}

"$SOUND" same "$(recorded dry)" "$take" 0 0      # without a model the plugin passes its input
"$SOUND" differ "$(recorded dry)" "$expected" 64 # and the model sounds different
"$SOUND" same "$(recorded wet)" "$expected" 0 0
"$SOUND" same "$(recorded again)" "$expected" 0 0
"$SOUND" same out/export.wav "$expected" 0 0
