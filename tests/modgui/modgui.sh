#!/bin/sh
# The page of the bundle in a browser: modgui.sh BUNDLE FOLDER
# Leaves icon.png, thumbnail.png and settings.png in FOLDER, to be looked at: the first two are what
# the bundle has as screenshot.png and thumbnail.png.
set -eu

bundle=$1
folder=$2
here=$(dirname "$0")

for program in chromium python3; do
  command -v "$program" >/dev/null || {
    echo "skipped: no $program"
    exit 77
  }
done

mkdir -p "$folder"
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT

browse() {
  timeout 60 chromium --headless --no-sandbox --disable-gpu --hide-scrollbars \
    --user-data-dir="$profile" "$@" 2>"$profile/err"
}

for what in checks icon thumbnail settings; do
  python3 "$here/page.py" "$bundle" "$folder/$what.html" "$what"
done

if ! results=$(browse --dump-dom "file://$folder/checks.html" |
  sed -n '/<pre id="results">/,/<\/pre>/p'); then
  cat "$profile/err"
  exit 1
fi
printf '%s\n' "$results"
case $results in
  *"not ok"*) exit 1 ;;
  *ended*) ;;
  *)
    echo "the checks did not end"
    exit 1
    ;;
esac

browse --window-size=620,372 --screenshot="$folder/icon.png" "file://$folder/icon.html"
browse --window-size=256,154 --screenshot="$folder/thumbnail.png" "file://$folder/thumbnail.html"
browse --window-size=760,560 --screenshot="$folder/settings.png" "file://$folder/settings.html"
for picture in icon thumbnail settings; do
  [ -s "$folder/$picture.png" ] || {
    echo "no picture $picture.png"
    exit 1
  }
done
