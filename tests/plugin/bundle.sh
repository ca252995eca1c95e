#!/bin/sh
# The bundle as a whole: bundle.sh exports|validate DIRECTORY
set -eu

bundle=$2

need() {
  command -v "$1" >/dev/null || {
    echo "skipped: no $1"
    exit 77
  }
}

case $1 in
  exports)
    need nm
    symbols=$(nm -D --defined-only "$bundle/recurve.so" | sed 's/.* //')
    if [ "$symbols" != lv2_descriptor ]; then
      printf 'exported, where only lv2_descriptor should be:\n%s\n' "$symbols"
      exit 1
    fi
    ;;
  validate)
    need lv2_validate
    need sord_validate
    lv2=${RECURVE_LV2_SPECS:-/usr/lib/lv2}
    specs=
    for name in atom buf-size core data-access dynmanifest event instance-access log midi morph \
      options parameters patch port-groups port-props presets resize-port schemas state time ui \
      units uri-map urid worker; do
      specs="$specs $(find "$lv2/$name.lv2" -name '*.ttl')"
    done
    for check in "lv2_validate" "sord_validate $specs"; do
      # shellcheck disable=SC2086 # a list of words
      said=$($check "$bundle"/*.ttl 2>&1) || {
        printf '%s\n' "$said"
        exit 1
      }
      printf '%s\n' "$said"
      if printf '%s\n' "$said" | grep -E 'error:|warning:'; then
        exit 1
      fi
    done
    ;;
  *)
    echo "bundle.sh: exports or validate" >&2
    exit 2
    ;;
esac
