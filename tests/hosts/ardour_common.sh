# Copyright 2026 The Recurve developers
# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# shellcheck disable=SC2154 # script: of those who source this

# What the tests in Ardour without a window share; sourced after common.sh, with `script` set.

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

# With any plugin, one in five runs of Ardour 7.3 without a window corrupts its memory when it exports
# or ends: the file that it leaves is whole or missing.
again_and_again() {
  for _ in 1 2 3 4 5 6; do
    if ardour "$@"; then return; fi
  done
  did_not_end "$1"
}

did_not_end() {
  cat "$1.log" >&2
  fail "Ardour did not come to the end ($1)"
}
