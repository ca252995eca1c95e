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
need ardour7-lua ardour

preset='urn:recurve:test:ardour'
exports=home/config/ardour7/export

# 32-bit float, nothing trimmed, added, scaled or dithered.
write_export_preset() {
  mkdir -p "$exports"
  cat >"$exports/float.preset" <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<ExportPreset id="5f1c1b0e-2f0e-4f0c-8b6e-6d5d6d3c0a02" name="float">
  <ExportFormat id="5f1c1b0e-2f0e-4f0c-8b6e-6d5d6d3c0a01"/>
</ExportPreset>
END
  cat >"$exports/float.format" <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<ExportFormatSpecification name="float" id="5f1c1b0e-2f0e-4f0c-8b6e-6d5d6d3c0a01"
                           with-cue="false" with-toc="false" with-mp4chaps="false" command=""
                           analyse="false" soundcloud-upload="false">
  <Encoding id="F_WAV" type="T_Sndfile" extension="wav" name="WAV" has-sample-format="true"
            channel-limit="256"/>
  <SampleRate rate="1"/>
  <SRCQuality quality="SRC_SincBest"/>
  <EncodingOptions>
    <Option name="sample-format" value="SF_Float"/>
    <Option name="dithering" value="D_None"/>
    <Option name="tag-metadata" value="false"/>
    <Option name="tag-support" value="false"/>
    <Option name="broadcast-info" value="false"/>
  </EncodingOptions>
  <Processing>
    <Normalize enabled="false" loudness="no" dbfs="0" lufs="-23" dbtp="-1"/>
    <Silence>
      <Start>
        <Trim enabled="false"/>
        <Add enabled="false">
          <Duration format="Timecode" hours="0" minutes="0" seconds="0" frames="0"/>
        </Add>
      </Start>
      <End>
        <Trim enabled="false"/>
        <Add enabled="false">
          <Duration format="Timecode" hours="0" minutes="0" seconds="0" frames="0"/>
        </Add>
      </End>
    </Silence>
  </Processing>
</ExportFormatSpecification>
END
}

# ardour MODE ...: true where the script came to its end. The status of the program says nothing:
# now and then its engine crashes when it is taken down, after the session has been closed.
ardour() {
  confined 60 ardour7-lua "$script" "$@" >"$1.log" 2>&1 || true
  grep -qx 'ardour.lua: done' "$1.log"
}

did_not_end() {
  cat "$1.log" >&2
  fail "Ardour did not come to the end ($1)"
}

mkdir models out
"$SOUND" model "$work/models/model.json"
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

# With any plugin, one in five exports of Ardour 7.3 without a window corrupts its memory: the file
# that it leaves is whole or missing.
for _ in 1 2 3 4 5 6; do
  ardour export "$work/session" "$amp" "$work/out" && break
done
grep -qx 'ardour.lua: done' export.log || did_not_end export

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
