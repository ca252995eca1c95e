#!/bin/sh
# networks.sh RECURVE: recurve train with the networks beyond the plain ones, and recurve gradients.
# The harness is found beside this file; text in single quotes is for the shells that it starts.
# shellcheck disable=SC1091,SC2154,SC2016
set -u
. "$(dirname "$0")/harness.sh"
recurve=$(realpath "$1")
cd "$scratch" || exit 1

# refused WORD OPTION...: wrong usage, and the line says WORD.
refused() {
  word=$1
  shift
  "$recurve" train dry.wav wet.wav -o refused.json --updates 4 "$@" 2>refused.txt
  [ $? -eq 2 ] && grep -q -e "$word" refused.txt && [ ! -e refused.json ]
}

# As long as its training needs, and no longer: eight renderings of it are most of the time.
check 'a riff' "$recurve" signal --riff --length 6 -o dry.wav -q
check 'through the practice amp' "$recurve" capture --practice-amp dry.wav -o wet.wav -q

check 'sampling needs feedback' refused 'needs --feedback' --sampling linear
check 'feedback and both directions exclude each other' refused 'exclude each other' --feedback \
  --bidirectional
check 'dropout needs two layers' refused 'between layers' --dropout 0.1
check 'chrono needs gates' refused 'an rnn has none' --init chrono --cell rnn
check 'a window has steps' refused 'full or auto' --bptt 3
check 'a window is a number' refused 'full or auto' --bptt long
check 'a measured window starts anew' refused 'was cut off' --bptt auto --resume
check 'a window of both directions is not measured' refused 'looks ahead' --bptt auto \
  --bidirectional

train() {
  model=$1
  shift
  "$recurve" train dry.wav wet.wav -o "$model" --size 6 --updates 30 --no-report "$@"
}
check 'chrono and a window' train chrono.json --init chrono --bptt 200
check 'dropout and a learned start' train dropout.json --cell gru --layers 2 --dropout 0.1 \
  --recurrent-dropout 0.1 --learn-start --bptt full
train auto.json --bptt auto >auto.txt 2>&1
check 'a measured window is told' grep -q 'windows of [0-9]* frames' auto.txt

check 'gradients of a recording' sh -c '"$1" gradients chrono.json dry.wav >table.txt' sh "$recurve"
check 'there is a verdict' grep -qE '^(vanishing|healthy|exploding)' table.txt
check 'there is a window' grep -q -e '--bptt [0-9]' table.txt
check 'gradients of a pair' sh -c '"$1" gradients chrono.json dry.wav wet.wav --json |
  grep -q "\"singular_median\""' sh "$recurve"
check 'a table with tabs' sh -c '"$1" gradients chrono.json dry.wav --tsv |
  awk -F "\t" "NF != 4 { exit 1 }"' sh "$recurve"
if command -v gnuplot >/dev/null; then
  check 'a plot' "$recurve" gradients chrono.json dry.wav --plot flow.svg -q
  check 'the plot is a drawing' grep -q '</svg>' flow.svg
  check 'the plot has its own colours' sh -c '! grep -q "var(" flow.svg'
else
  skip 'no gnuplot to draw with'
fi
check 'the recording is not written over' sh -c '"$1" gradients chrono.json dry.wav --plot dry.wav
  [ $? -eq 2 ]' sh "$recurve"
check 'a missing model fails' sh -c '"$1" gradients none.json dry.wav; [ $? -eq 1 ]' sh "$recurve"

# Every kind: trained, told by info, the same in a crowd and after a copy, and kept out of formats
# that have no words for it.
no_copy() {
  "$recurve" convert --format "$2" "$1.json" "$1.$2" 2>refused.txt
  [ $? -eq 1 ] && [ "$(wc -l <refused.txt)" -eq 1 ] && grep -q -e "not written: .*$3" refused.txt &&
    [ ! -e "$1.$2" ]
}
whole_way() {
  name=$1
  words=$2
  shift 2
  check "$name is trained" train "$name.json" -q "$@"
  "$recurve" info "$name.json" >"$name.txt"
  check "info tells of $name" grep -qE "$words" "$name.txt"
  check "info calls $name Recurve's" grep -q 'format  *recurve$' "$name.txt"
  check "info says that other players do not play $name" grep -q '^  note  ' "$name.txt"
  check "$name says that it is not for AIDA-X" grep -q '"format": *"recurve"' "$name.json"
  check "$name is rendered alone" "$recurve" process "$name.json" dry.wav -o "$name-1.wav" -q
  check "$name is rendered in a crowd" "$recurve" process "$name.json" wet.wav dry.wav -o crowd \
    --voices 2 --jobs 1 -q
  check "$name is the same in a crowd" cmp "$name-1.wav" crowd/dry.wav
  check "$name has a copy" "$recurve" convert --format aidax "$name.json" copy.json -q
  check "the copy of $name plays" "$recurve" process copy.json dry.wav -o copy.wav -q
  check "$name is the same as its copy" cmp "$name-1.wav" copy.wav
  check "$name is no GuitarML" no_copy "$name" guitarml 'GuitarML holds'
  check "$name is no NAM" no_copy "$name" nam 'NAM holds'
  rm -r crowd copy.json copy.wav
}
whole_way fed 'feedback .*last input' --norm recurrent --feedback --sampling exponential --skip
whole_way stack 'all sums normalised' --cell gru --norm both --layers 2 --dropout 0.1 --learn-start
whole_way before 'gru-before' --cell gru-before --feedback --sampling teacher --init he
whole_way plain 'rnn, recurrent sums' --cell rnn --norm recurrent --recurrent-dropout 0.1 \
  --init orthogonal
whole_way both 'bidirectional' --cell gru --norm recurrent --bidirectional --init glorot \
  --recipe soap=10 --recipe heads=3

check 'a page of both directions' "$recurve" report both.json dry.wav wet.wav -o both.html -q
check 'the page is whole' grep -q '</html>' both.html
check 'no gradients of both directions' sh -c '"$1" gradients both.json dry.wav 2>no.txt
  [ $? -eq 1 ] && grep -q "bidirectional" no.txt' sh "$recurve"
check 'no mode of rates for both directions' sh -c '"$1" process both.json dry.wav -o no.wav \
  --rate-mode economy 2>no.txt; [ $? -eq 2 ] && grep -q "as a whole" no.txt' sh "$recurve"

finish
