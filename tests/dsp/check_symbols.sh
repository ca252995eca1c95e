#!/bin/sh
# Copyright 2026 The Recurve developers
# SPDX-License-Identifier: ISC
#
# check_symbols.sh NM LIBRARY LIST: what the library takes from outside is in the list (patterns of
# grep -x, a line each), and what it gives begins with rv_.

nm=$1
library=$2
list=$3

if "$nm" "$library" | grep -qE ' U __(asan|ubsan|tsan|msan|gcov)'; then
  echo "skipped: an instrumented build"
  exit 77
fi
status=0
foreign=$("$nm" -u "$library" | awk '$1 == "U" { print $2 }' | sort -u | grep -v '^rv_' | grep -vxf "$list")
if [ -n "$foreign" ]; then
  echo "not in $list: $foreign"
  status=1
fi
own=$("$nm" -g --defined-only "$library" | awk 'NF == 3 { print $3 }' | grep -v '^rv_')
if [ -n "$own" ]; then
  echo "public without rv_: $own"
  status=1
fi
exit $status
