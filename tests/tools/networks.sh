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

check 'a riff' "$recurve" signal --riff -o dry.wav -q
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

finish
