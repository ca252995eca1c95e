#!/bin/sh
# pages.sh RECURVE GENERATE FOLDER: the man pages format without a warning, and the completion scripts
# offer what the program has.
# The harness is found beside this file; text in single quotes is for the shells that it starts.
# shellcheck disable=SC1091,SC2154,SC2016
set -u
. "$(dirname "$0")/harness.sh"
recurve=$1
generate=$2
pages=$3

commands=$("$recurve" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
check 'the program has subcommands' test -n "$commands"

# clean PAGE: groff has nothing to say about it, and prints something.
clean() {
  warnings=$(groff -man -Tutf8 -ww "$1" 2>&1 >"$scratch/page.txt")
  [ -z "$warnings" ] || {
    echo "$warnings"
    return 1
  }
  [ -s "$scratch/page.txt" ]
}

if command -v groff >/dev/null; then
  check 'recurve.1 is clean' clean "$pages/recurve.1"
  for command in $commands; do
    check "recurve-$command.1 is clean" clean "$pages/recurve-$command.1"
  done
else
  skip 'no groff to format the man pages'
fi

for command in $commands; do
  check "recurve.1 names $command" grep -q "$command" "$pages/recurve.1"
  check "$command --help works" "$recurve" "$command" --help
  check "help $command is the same page" sh -c '"$1" "$2" --help >"$3" && "$1" help "$2" | cmp - "$3"' \
    sh "$recurve" "$command" "$scratch/help"
done
check 'an unknown page is refused' sh -c '! "$1" man nothing' sh "$generate"

# offers WORD COMMAND-LINE...: bash completes the last word of the line with WORD.
offers() {
  bash -c '
    . "$1"
    compopt() { :; }
    word=$2
    shift 2
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    _recurve
    printf "%s\n" "${COMPREPLY[@]}" | grep -qxe "$word"' bash "$pages/recurve" "$@"
}

if command -v bash >/dev/null; then
  check 'bash offers a subcommand' offers process recurve pro
  check 'bash offers an option' offers --input-gain recurve process --inp
  check 'bash offers the choices of an option' offers zero recurve process --start z
  check 'bash offers choices after an equals sign' offers flac recurve process --format = fl
  check 'bash offers files' offers "$pages/recurve.1" recurve info "$pages/recurve.1"
  check 'bash offers files after an option' offers "$pages/recurve.1" recurve process -o \
    "$pages/recurve.1"
else
  skip 'no bash to try the completion'
fi
if command -v fish >/dev/null; then
  check 'fish offers an option' sh -c 'fish -c "source $1; complete -C \"recurve process --inp\"" |
    grep -q -e "^--input-gain"' sh "$pages/recurve.fish"
fi
for shell in zsh fish; do
  file=$pages/recurve.fish
  [ $shell = zsh ] && file=$pages/_recurve
  if command -v $shell >/dev/null; then
    check "$shell accepts its script" $shell -n "$file"
  else
    skip "no $shell to read its completion script"
  fi
  for command in $commands; do
    check "the $shell script knows $command" grep -qw -e "$command" "$file"
  done
done
finish
