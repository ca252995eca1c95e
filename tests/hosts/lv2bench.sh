#!/bin/sh
# Copyright 2026 The Recurve developers
# SPDX-License-Identifier: ISC

# lv2bench passes over what it cannot run without a word: both plugins must be timed.
set -eu
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
need lv2bench lilv-utils

for plugin in "$amp" "$amp_stereo"; do
  status=0
  confined 60 lv2bench -n 262144 "$plugin" >line 2>log || status=$?
  cat line
  { [ "$status" = 0 ] && grep -qE "^[0-9]+\.[0-9]+ $plugin\$" line; } || {
    cat log >&2
    fail "lv2bench did not time $plugin"
  }
done
