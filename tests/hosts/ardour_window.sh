#!/bin/sh
# Copyright 2026 The Recurve developers
# SPDX-License-Identifier: ISC

# Ardour with its windows, on a display that nobody sees: the plugin's window opens, its file button
# chooses a model, and the session that is saved has it. A picture of the window is left beside the
# built tests.
set -eu
script=$(realpath "$(dirname "$0")")/ardour.lua
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=ardour_common.sh
. "$(dirname "$script")/ardour_common.sh"
need ardour7-lua ardour Xvfb xvfb xdotool xdotool import imagemagick

# Nothing is asked on the way: not what a first start asks, and not which sound card to take.
write_configuration() {
  mkdir -p home/config/ardour7
  : >home/config/ardour7/.a7
  cat >home/config/ardour7/config <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<Ardour>
  <Config>
    <Option name="try-autostart-engine" value="1"/>
    <Option name="hide-dummy-backend" value="0"/>
  </Config>
  <Extra>
    <AudioMIDISetup>
      <EngineStates>
        <State backend="None (Dummy)" driver="" device="Silence" input-device="" output-device=""
               sample-rate="48000" buffer-size="1024" n-periods="2" input-latency="0"
               output-latency="0" lm-input="" lm-output="" active="1" use-buffered-io="0"
               midi-option="" lru="1"/>
      </EngineStates>
    </AudioMIDISetup>
  </Extra>
</Ardour>
END
}

# id_of ELEMENT WORDS: the id of the first such element of the session.
id_of() {
  sed -n "/<$1 .*$2/s/.* id=\"\([0-9]*\)\".*/\1/p" session/session.ardour | head -n 1
}

# The session opens with the plugin's window at 20, 20, and takes any device.
show_the_plugin() {
  window=P-$(id_of Route 'name="amp"')-$(id_of Processor "unique-id=\"$amp\"")
  sed -i -e '/<EngineHints/d' \
    -e "s|</Session>|<Extra><UI><Window name=\"$window\" visible=\"1\" x-off=\"20\" y-off=\"20\" x-size=\"-1\" y-size=\"-1\" custom-ui=\"0\"/></UI></Extra></Session>|" \
    session/session.ardour
}

# await TENTHS CONDITION ...
await() {
  tenths=$1
  shift
  while ! "$@" >/dev/null 2>&1; do
    [ "$tenths" -gt 0 ] || return 1
    tenths=$((tenths - 1))
    sleep 0.1
  done
}

window_of() {
  xdotool search --onlyvisible --name "$1"
}

dialog_is_gone() {
  ! window_of '^Model$'
}

give_up() {
  cat window.log >&2
  import -window root "$picture" || true
  fail "$1: see $picture"
}

# Clicks down the column where the labels of the switches are, which do nothing, until the one on
# the file button opens the dialog: where that is depends on the fonts of the machine.
open_the_dialog() {
  for y in 268 $(seq 110 6 440); do
    xdotool mousemove 112 "$y" click 1
    if await 5 window_of '^Model$'; then return; fi
  done
  give_up 'no file dialog'
}

saved_states() {
  grep -lF "<$model_property> <other.json>" session/plugins/*/*/state.ttl
}

picture=${PICTURE:-$work/window.png}
mkdir models
"$SOUND" model "$work/models/other.json" 44100
again_and_again empty "$work/session" "$amp"
! saved_states || fail 'the session has the model already'
show_the_plugin
write_configuration

Xvfb -displayfd 5 -screen 0 1600x1000x24 -nolisten tcp 5>display 2>xvfb.log &
background="$! $background"
await 100 test -s display || fail "no display: $(cat xvfb.log)"
DISPLAY=:$(cat display)
export DISPLAY

become_confined 100 env DISPLAY="$DISPLAY" ardour -n -a "$work/session" >window.log 2>&1 &
background="$! $background"
await 400 window_of 'Recurve' || give_up 'no window of the plugin'
sleep 1
import -window "$(window_of 'Recurve')" "$picture"

open_the_dialog
xdotool windowfocus --sync "$(window_of '^Model$')"
# The first stroke opens a line for the path, which takes its time.
xdotool key slash
sleep 1
xdotool key ctrl+a
xdotool type --delay 20 "$work/models/other.json"
sleep 1
xdotool key Return
await 50 dialog_is_gone || give_up 'the dialog stays'
sleep 1
import -window "$(window_of 'Recurve')" "$picture"
xdotool windowfocus --sync "$(window_of 'Recurve')"
xdotool key ctrl+s
await 100 saved_states || give_up 'the saved session has no model'
# It was loaded, too: a copy is kept of what has been read.
grep -q 'amp#modelData>' "$(saved_states)" || give_up 'the saved session has no copy'
