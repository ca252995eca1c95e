#!/bin/sh
# Copyright 2026 The Recurve developers
# SPDX-License-Identifier: ISC

# lilv has nothing to say against the plugins. lv2bench passes over what it cannot run without a word:
# both must be timed.
set -eu
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
need lv2bench lilv-utils lv2info lilv-utils

for plugin in "$amp" "$amp_stereo"; do
  confined 20 lv2info "$plugin" >line 2>log || fail "lv2info: $plugin"
  [ ! -s log ] || fail "lv2info: $(cat log)"
  status=0
  confined 60 lv2bench -n 262144 "$plugin" >line 2>log || status=$?
  cat line
  { [ "$status" = 0 ] && grep -qE "^[0-9]+\.[0-9]+ $plugin\$" line; } || {
    cat log >&2
    fail "lv2bench did not time $plugin"
  }
done
