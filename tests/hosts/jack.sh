#!/bin/sh
# Copyright 2026 The Recurve developers
# SPDX-License-Identifier: ISC

# recurve capture --jack under a server without a sound card: a device that is a delay comes back
# sample for sample, and what goes wrong with a take is told.
set -eu
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=jack_common.sh
. "$(dirname "$0")/jack_common.sh"
need jackd jackd2
[ -n "${JACK_LOOP:-}" ] || skip 'built without libjack (Debian package libjack-jackd2-dev)'

rate=48000
period=1024
late=$((777 + period)) # of jack_loop

# capture STATUS OPTION ...: what it says is in the file said.
capture() {
  expected=$1
  shift
  status=0
  (become_client 60 "$RECURVE" capture --jack "$@") >said 2>&1 || status=$?
  [ "$status" -eq "$expected" ] || {
    cat said >&2
    fail "capture --jack $* ended with $status, not $expected"
  }
}

says() {
  grep -qE "$1" said || {
    cat said >&2
    fail "it does not say: $1"
  }
}

# start GAIN [FRAMES]: a server, and jack_loop in it. Servers that start at one time, as beside other
# tests, may be in each other's way: then once more.
start() {
  for try in 1 2 3 4 5; do
    serve "$rate" "$period" 4000
    sleep "$try"
    become_client 120 "$JACK_LOOP" "$@" >loop.log 2>&1 &
    loop=$!
    background="$background $loop"
    sleep 1
    ! kill -0 "$loop" 2>/dev/null || return 0
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  done
  cat server.log loop.log >&2
  fail 'no JACK server starts'
}

# The server first, as it would wait for a device that is gone.
stop() {
  stop_server
  kill "$loop"
  wait "$loop" 2>/dev/null || true
}

# same WET.wav: it is dry.wav, late by the device, to the bit.
same() {
  "$SOUND" same "$1" dry.wav 4000 0 >same.log || fail "$1 is not dry.wav"
  grep -q "late by $late," same.log || fail "$1: $(cat same.log)"
}

"$SOUND" wave dry.wav 4 "$rate"
"$SOUND" wave short.wav 1 "$rate"
"$SOUND" wave other.wav 1 44100

capture 1 dry.wav -o wet.wav
says 'no JACK server runs'
[ ! -e wet.wav ] || fail 'a file without a server'

start 1

# A busy machine is late now and then; a server that waits loses nothing by it.
capture 0 --allow-xruns --send loop:in --return loop:out dry.wav -o wet.wav
says "Round trip: $late\.0 frames .*ports say $late "
says 'wet.wav: 4.0 s, peak -[0-9]'
same wet.wav

capture 1 --send nowhere:in short.wav -o none.wav
says 'no port nowhere:in .*--send .*loop:in'
capture 1 --return nowhere:out short.wav -o none.wav
says 'no port nowhere:out .*--return .*loop:out'
capture 1 other.wav -o none.wav
says '44100 Hz.*48000 Hz'
capture 1 --send loop:in --return loop:out short.wav -o no/folder/none.wav
[ ! -e none.wav ] || fail 'a file without a take'

# The ports that are the default are the card's, which is silent here.
capture 1 --allow-xruns short.wav -o silent.wav
says 'silent.wav is silent'
[ -s silent.wav ] || fail 'a silent take is not kept'

# Ctrl-C, once.
status=0
(become_client 60 timeout --foreground --preserve-status -s INT 3 "$RECURVE" capture --jack --allow-xruns \
  --send loop:in --return loop:out dry.wav -o cut.wav) >said 2>&1 || status=$?
[ "$status" -eq 1 ] || fail "a take that was cut short ended with $status"
says 'cut.wav: interrupted after [0-3]\.[0-9] of 4.0 s; what was recorded is kept'
same cut.wav
stop

# A device that misses its period a second into the take.
start 1 "$rate"
capture 1 --send loop:in --return loop:out dry.wav -o xrun.wav
says 'xrun.wav: [0-9]+ xruns?, the first at [01]\.[0-9]+ s.*kept'
[ -s xrun.wav ] || fail 'a take with an xrun is not kept'
stop

start 8
capture 0 --allow-xruns --send loop:in --return loop:out short.wav -o clipped.wav
says 'clipped.wav clips: .* lower level'
stop
