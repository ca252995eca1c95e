# Copyright 2026 The Recurve developers
# SPDX-License-Identifier: ISC
# shellcheck shell=sh

# A JACK server of our own without a sound card; read after common.sh by the tests of what runs in it.

# With a name that no other one has.
JACK_DEFAULT_SERVER=recurve-$$

# become_client SECONDS COMMAND ...
become_client() {
  limit=$1
  shift
  become_confined "$limit" env JACK_DEFAULT_SERVER="$JACK_DEFAULT_SERVER" JACK_NO_START_SERVER=1 \
    JACK_NO_AUDIO_RESERVATION=1 "$@"
}

# serve RATE PERIOD PATIENCE: a server, whose number is in $server. Each period waits for its clients
# for up to PATIENCE ms, however busy the machine is.
serve() {
  become_confined 120 jackd -r -S -t "$3" -n "$JACK_DEFAULT_SERVER" -d dummy -r "$1" -p "$2" \
    >server.log 2>&1 &
  server=$!
  background="$server $background"
}

stop_server() {
  kill "$server"
  wait "$server" || fail "the JACK server ended with status $?"
}
