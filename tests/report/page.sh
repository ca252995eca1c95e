#!/bin/sh
# page.sh RECURVE CHECKS: the page of a training in headless Chromium: it loads without an error, its
# player switches, and texts from files stay texts.
# The harness is found beside this folder; text in single quotes is for the shells that it starts.
# shellcheck disable=SC1091,SC2154,SC2016
set -u
. "$(dirname "$0")/../tools/harness.sh"
recurve=$1
checks=$2

name='<script>broken = 1</script>"&amp;'
"$recurve" signal --length 20 --rate 24000 -o "$scratch/dry.wav" -q
"$recurve" capture --practice-amp "$scratch/dry.wav" -o "$scratch/wet.wav" -q
check 'a training writes a page beside the model' "$recurve" train "$scratch/dry.wav" \
  "$scratch/wet.wav" -o "$scratch/amp.json" --updates 60 --size 6 --latency 0 --name "$name" \
  --device '<img src=x onerror="broken = 2">' -q
check 'the page is there' test -s "$scratch/amp.html"
check 'it is below 8 MB' sh -c '[ "$(wc -c <"$1")" -lt 8000000 ]' sh "$scratch/amp.html"
check 'no markup of the name is in it' sh -c '! grep -q "<script>broken" "$1"' sh "$scratch/amp.html"

check 'recurve report makes one without gnuplot' env PATH=/nowhere "$recurve" report \
  "$scratch/amp.json" "$scratch/dry.wav" "$scratch/wet.wav" -o "$scratch/bare.html"
check 'and says what is missing' grep -q 'apt install gnuplot' "$scratch/bare.html"
check 'and has no plot' sh -c '! grep -q "<svg" "$1"' sh "$scratch/bare.html"

plots=0
if command -v gnuplot >/dev/null; then
  plots=8
  check 'it has its plots' grep -q '<svg' "$scratch/amp.html"
else
  skip 'no gnuplot to draw the plots'
fi

driver=
if ! command -v chromedriver >/dev/null || ! command -v curl >/dev/null; then
  skip 'no chromedriver and curl to open the page with'
  finish
fi
chromedriver --port=0 >"$scratch/driver.log" 2>&1 &
driver=$!
trap 'kill $driver 2>/dev/null; rm -rf "$scratch"' EXIT
port=
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  port=$(sed -n 's/.*on port \([0-9]*\).*/\1/p' "$scratch/driver.log" | tail -n 1)
  [ -z "$port" ] || break
  sleep 0.5
done

# ask METHOD PATH [BODY-FILE]: one call of WebDriver; the answer is in answer.json.
ask() {
  curl -sS --max-time 60 -X "$1" -H 'Content-Type: application/json' \
    ${3:+--data-binary "@$3"} "http://127.0.0.1:$port$2" >"$scratch/answer.json"
}

# script FILE ARGUMENTS: a script as the body of a call.
script() {
  python3 -c 'import json, sys
print(json.dumps({"script": open(sys.argv[1]).read(), "args": json.loads(sys.argv[2])}))' \
    "$1" "$2" >"$scratch/body.json"
}

value() {
  python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["value"])' "$scratch/answer.json"
}

cat >"$scratch/body.json" <<'END'
{"capabilities": {"alwaysMatch": {
  "goog:loggingPrefs": {"browser": "ALL"},
  "goog:chromeOptions": {"args": ["--headless=new", "--no-sandbox", "--disable-gpu",
    "--disable-dev-shm-usage", "--window-size=480,900"]}}}}
END
ask POST /session "$scratch/body.json"
session=$(sed -n 's/.*"sessionId":"\([^"]*\)".*/\1/p' "$scratch/answer.json")
if [ -z "$session" ]; then
  fail 'a session of Chromium begins' "$scratch/answer.json"
  finish
fi

# open PAGE: in the browser.
open() {
  printf '{"url": "file://%s"}' "$1" >"$scratch/body.json"
  ask POST "/session/$session/url" "$scratch/body.json"
}

# look PLOTS: the checks in the page.
look() {
  script "$checks" "$(python3 -c 'import json, sys; print(json.dumps([sys.argv[1], int(sys.argv[2])]))' \
    "$name" "$1")"
  ask POST "/session/$session/execute/async" "$scratch/body.json"
  value >"$scratch/lines.txt"
  while read -r verdict what; do
    if [ "$verdict" = ok ]; then
      pass
    else
      fail "$verdict $what"
    fi
  done <"$scratch/lines.txt"
}

# press SELECTOR: a click as of a user.
press() {
  printf '{"using": "css selector", "value": "%s"}' "$1" >"$scratch/body.json"
  ask POST "/session/$session/element" "$scratch/body.json"
  element=$(sed 's/.*":"\([^"]*\)"}.*/\1/' "$scratch/answer.json")
  echo '{}' >"$scratch/body.json"
  ask POST "/session/$session/element/$element/click" "$scratch/body.json"
}

# heard: the number of the one track that is open, after the fade.
heard() {
  sleep 0.3
  echo 'return (recurve.values || []).map((v, i) => v > 1e-4 ? i : "").join("");' >"$scratch/ask.js"
  script "$scratch/ask.js" '[]'
  ask POST "/session/$session/execute/sync" "$scratch/body.json"
  value
}

open "$scratch/bare.html"
look 0
open "$scratch/amp.html"
look "$plots"
press '#play'
check 'the model plays' test "$(heard)" = 2
for track in 0 1 3 2; do
  press "[data-track='$track']"
  check "track $track plays alone" test "$(heard)" = "$track"
done
press '#play'
check 'the player stops' test -z "$(heard)"
echo '{"type": "browser"}' >"$scratch/body.json"
ask POST "/session/$session/se/log" "$scratch/body.json"
check 'the console has nothing to say' grep -q '"value":\[\]' "$scratch/answer.json"
ask GET "/session/$session/screenshot"
check 'a screenshot shows something' sh -c '[ "$(wc -c <"$1")" -gt 20000 ]' sh "$scratch/answer.json"
ask DELETE "/session/$session"
finish
