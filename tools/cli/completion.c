// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "cli/args.h"

#include <string.h>

static bool takes_path(const rv_option *option)
{
  return option->kind == RV_OPTION_PATH;
}

/// The words of "a|b|c", each followed by `separator`.
static void print_choices(FILE *out, const char *choices, char separator)
{
  for (const char *at = choices; *at; at++)
    (void)fputc(*at == '|' ? separator : *at, out);
}

/// Text inside single quotes of a shell; `quote` is how the shell writes a quote there.
static void print_quoted(FILE *out, const char *text, const char *quote)
{
  (void)fputc('\'', out);
  for (const char *at = text; *at; at++)
    if (*at == '\'')
      (void)fputs(quote, out);
    else
      (void)fputc(*at, out);
  (void)fputc('\'', out);
}

static void bash_values(FILE *out, const rv_command *command)
{
  for (const rv_option *option = command->options; option && option->name; option++) {
    if (option->kind == RV_OPTION_FLAG)
      continue;
    (void)fprintf(out, "    %s:--%s", command->name, option->name);
    if (option->letter)
      (void)fprintf(out, " | %s:-%c", command->name, option->letter);
    if (option->kind == RV_OPTION_CHOICE) {
      (void)fputs(") mapfile -t COMPREPLY < <(compgen -W \"", out);
      print_choices(out, option->choices, ' ');
      (void)fputs("\" -- \"$cur\"); return ;;\n", out);
    } else if (takes_path(option)) {
      (void)fputs(") compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\");"
                  " return ;;\n",
                  out);
    } else {
      (void)fputs(") return ;;\n", out);
    }
  }
}

static void bash_options(FILE *out, const rv_command *command)
{
  (void)fprintf(out, "      %s) words=\"--help", command->name);
  for (const rv_option *option = command->options; option && option->name; option++)
    (void)fprintf(out, " --%s", option->name);
  (void)fputs("\" ;;\n", out);
}

void rv_complete_bash(FILE *out, const rv_command *const *commands)
{
  (void)fputs("# bash completion of recurve\n_recurve() {\n"
              "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
              "  local command=${COMP_WORDS[1]} words=\n"
              "  COMPREPLY=()\n"
              "  if [ \"$cur\" = = ]; then\n    cur=\n"
              "  elif [ \"$prev\" = = ]; then\n    prev=${COMP_WORDS[COMP_CWORD-2]}\n  fi\n"
              "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
              "    mapfile -t COMPREPLY < <(compgen -W \"--help --version help",
              out);
  for (const rv_command *const *at = commands; *at; at++)
    (void)fprintf(out, " %s", (*at)->name);
  (void)fputs("\" -- \"$cur\")\n    return\n  fi\n  case $command:$prev in\n", out);
  for (const rv_command *const *at = commands; *at; at++)
    bash_values(out, *at);
  (void)fputs("  esac\n  if [[ $cur == -* ]]; then\n    case $command in\n", out);
  for (const rv_command *const *at = commands; *at; at++)
    bash_options(out, *at);
  (void)fputs("    esac\n    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
              "  else\n    compopt -o filenames\n"
              "    mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n  fi\n}\n"
              "complete -F _recurve recurve\n",
              out);
}

/// A description between brackets of _arguments.
static void zsh_text(FILE *out, const char *text)
{
  for (const char *at = text; *at; at++) {
    if (strchr("[]:\\", *at))
      (void)fputc('\\', out);
    if (*at == '\'')
      (void)fputs("'\\''", out);
    else
      (void)fputc(*at, out);
  }
}

static void zsh_option(FILE *out, const rv_option *option)
{
  const char *star = option->kind == RV_OPTION_LIST ? "*" : "";
  if (option->letter)
    (void)fprintf(out, "        '%s'{-%c,--%s}'[", *star ? star : "", option->letter, option->name);
  else
    (void)fprintf(out, "        '%s--%s[", star, option->name);
  zsh_text(out, option->help);
  (void)fputc(']', out);
  if (option->kind != RV_OPTION_FLAG) {
    (void)fputc(':', out);
    zsh_text(out, option->argument ? option->argument : option->name);
    (void)fputc(':', out);
    if (option->kind == RV_OPTION_CHOICE) {
      (void)fputc('(', out);
      print_choices(out, option->choices, ' ');
      (void)fputc(')', out);
    } else if (takes_path(option)) {
      (void)fputs("_files", out);
    }
  }
  (void)fputs("' \\\n", out);
}

void rv_complete_zsh(FILE *out, const rv_command *const *commands)
{
  (void)fputs("#compdef recurve\n_recurve() {\n  local context state state_descr line\n"
              "  typeset -A opt_args\n"
              "  _arguments -C '(- *)--help[show the commands]' "
              "'(- *)--version[print the version]' '1:command:->command' '*::argument:->rest'\n"
              "  case $state in\n    command)\n      local -a commands=(\n",
              out);
  for (const rv_command *const *at = commands; *at; at++) {
    (void)fprintf(out, "        '%s:", (*at)->name);
    zsh_text(out, (*at)->summary);
    (void)fputs("'\n", out);
  }
  (void)fputs("      )\n      _describe command commands ;;\n    rest)\n      case $words[1] in\n",
              out);
  for (const rv_command *const *at = commands; *at; at++) {
    (void)fprintf(out, "      %s) _arguments \\\n", (*at)->name);
    for (const rv_option *option = (*at)->options; option && option->name; option++)
      zsh_option(out, option);
    (void)fputs("        '(- *)'{-h,--help}'[show an example and the options]' \\\n"
                "        '*:file:_files' ;;\n",
                out);
  }
  (void)fputs("      esac ;;\n  esac\n}\n"
              "if [ \"$funcstack[1]\" = _recurve ]; then\n  _recurve \"$@\"\n"
              "else\n  compdef _recurve recurve\nfi\n",
              out);
}

void rv_complete_fish(FILE *out, const rv_command *const *commands)
{
  (void)fputs("# fish completion of recurve\n"
              "complete -c recurve -n __fish_use_subcommand -l help -d 'show the commands' -f\n"
              "complete -c recurve -n __fish_use_subcommand -l version -d 'print the version' -f\n",
              out);
  for (const rv_command *const *at = commands; *at; at++) {
    const char *name = (*at)->name;
    (void)fprintf(out, "complete -c recurve -n __fish_use_subcommand -f -a %s -d ", name);
    print_quoted(out, (*at)->summary, "\\'");
    (void)fputc('\n', out);
    for (const rv_option *option = (*at)->options; option && option->name; option++) {
      (void)fprintf(out, "complete -c recurve -n '__fish_seen_subcommand_from %s' -l %s", name,
                    option->name);
      if (option->letter)
        (void)fprintf(out, " -s %c", option->letter);
      if (option->kind == RV_OPTION_CHOICE) {
        (void)fputs(" -x -a '", out);
        print_choices(out, option->choices, ' ');
        (void)fputc('\'', out);
      } else if (option->kind != RV_OPTION_FLAG) {
        (void)fputs(takes_path(option) ? " -r -F" : " -x", out);
      }
      (void)fputs(" -d ", out);
      print_quoted(out, option->help, "\\'");
      (void)fputc('\n', out);
    }
  }
}
