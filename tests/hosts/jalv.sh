#!/bin/sh
# Copyright 2026 The Recurve developers
# SPDX-License-Identifier: ISC

# jalv.sh RATE: the plugin in jalv under a JACK server without a sound card, with a model of 48 kHz:
# it comes from a saved state, then from a preset while jalv runs. What comes back equals
# `recurve process`, to the bit.
set -eu
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=jack_common.sh
. "$(dirname "$0")/jack_common.sh"
need jackd jackd2 jalv jalv
[ -n "${JACK_TAKE:-}" ] || skip 'built without libjack (Debian package libjack-jackd2-dev)'

rate=$1
preset='urn:recurve:test:jalv'
most_lag=2048

# start_jalv OPTION ...: its standard input is the shell's 9; it ends when that is closed.
start_jalv() {
  rm -f commands
  mkfifo commands
  become_client 60 jalv -x -n host "$@" "$amp" <commands >jalv.log 2>&1 &
  jalv=$!
  background="$jalv $background"
  exec 9>commands
}

stop_jalv() {
  exec 9>&-
  wait "$jalv" || {
    cat jalv.log >&2
    fail "jalv ended with status $?"
  }
  ! grep -iE 'error|warning' jalv.log || fail 'jalv is not content'
}

# take OUT.wav: what jalv makes of take.wav.
take() {
  (become_client 60 "$JACK_TAKE" take.wav "$1" host:in host:out) || {
    cat server.log jalv.log >&2
    fail "no take from jalv"
  }
}

"$SOUND" model "$work/model.json" 48000
"$SOUND" wave take.wav 2 "$rate"
"$RECURVE" process model.json take.wav -o expected
write_preset "$amp" "$preset" "$work/model.json"

mkdir state
cat >state/state.ttl <<END
@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix pset: <http://lv2plug.in/ns/ext/presets#> .
@prefix state: <http://lv2plug.in/ns/ext/state#> .

<>
  a pset:Preset ;
  lv2:appliesTo <$amp> ;
  state:state [ <$model_property> <file://$work/model.json> ] .
END

serve "$rate" 256 20000
sleep 1

start_jalv -l "$work/state"
take from_state.wav
stop_jalv

start_jalv
take dry.wav
# jalv applies only presets that it has read: those that it has listed.
printf 'presets\npreset %s\n' "$preset" >&9
sleep 1
take from_preset.wav
stop_jalv

stop_server

"$SOUND" same from_state.wav expected/take.wav "$most_lag" 0
"$SOUND" same dry.wav take.wav "$most_lag" 0
"$SOUND" differ dry.wav expected/take.wav "$most_lag"
"$SOUND" same from_preset.wav expected/take.wav "$most_lag" 0
