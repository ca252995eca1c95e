// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "report/gnuplot.h"

#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

FILE *rv_gnuplot_begin(void)
{
  FILE *script = tmpfile();
  if (script)
    (void)fputs("set terminal svg size 520,320 dynamic font 'system-ui,sans-serif,13'\n"
                "set border 3 lc rgb '" RV_GRID "'\n"
                "set tics nomirror scale 0.5 textcolor rgb '" RV_INK "'\n"
                "set grid lc rgb '" RV_GRID "' lt 1 lw 0.5\n"
                "set xlabel tc rgb '" RV_INK "' offset 0,0.4\n"
                "set ylabel tc rgb '" RV_INK "' offset 1,0\n"
                "set key tc rgb '" RV_INK "' samplen 1.5 horizontal outside top right\n"
                "set rmargin 2\n",
                script);
  return script;
}

/// Starts gnuplot with the two files as its standard input and output; false: it does not run.
static bool run(FILE *script, FILE *drawing)
{
  // Without the files of the user's own, which may set anything.
  char *const words[] = {(char *)"gnuplot", (char *)"-d", NULL};
  posix_spawn_file_actions_t actions;
  pid_t child = 0;
  int status = 1;
  if (fflush(script) || fseek(script, 0, SEEK_SET) || posix_spawn_file_actions_init(&actions))
    return false;
  const bool started =
      lseek(fileno(script), 0, SEEK_SET) == 0 &&
      !posix_spawn_file_actions_adddup2(&actions, fileno(script), STDIN_FILENO) &&
      !posix_spawn_file_actions_adddup2(&actions, fileno(drawing), STDOUT_FILENO) &&
      !posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", 1, 0) &&
      !posix_spawnp(&child, "gnuplot", &actions, NULL, words, environ);
  (void)posix_spawn_file_actions_destroy(&actions);
  return started && waitpid(child, &status, 0) == child && status == 0;
}

/// The whole of a file with a final zero, to be freed.
static char *contents(FILE *file)
{
  if (fseek(file, 0, SEEK_END))
    return NULL;
  const long size = ftell(file);
  char *text = size > 0 ? malloc((size_t)size + 1) : NULL;
  if (!text || fseek(file, 0, SEEK_SET) || fread(text, 1, (size_t)size, file) != (size_t)size) {
    free(text);
    return NULL;
  }
  text[size] = '\0';
  return text;
}

/// Copies the drawing from its <svg> on, with the colours of the style.
static bool copy(const char *drawing, FILE *page)
{
  const char *at = strstr(drawing, "<svg");
  if (!at || !strstr(at, "</svg>"))
    return false;
  for (const char *next = NULL; page && (next = strstr(at, "rgb("));) {
    char *end = NULL;
    const long red = strtol(next + 4, &end, 10);
    const long green = *end == ',' ? strtol(end + 1, &end, 10) : -1;
    const long blue = *end == ',' ? strtol(end + 1, &end, 10) : -1;
    (void)fwrite(at, 1, (size_t)(next - at), page);
    at = next;
    if (red == 1 && green == 1 && blue >= 0 && *end == ')') {
      (void)fprintf(page, "var(--plot-%ld)", blue);
      at = end + 1;
    } else {
      (void)fputs("rgb(", page);
      at += 4;
    }
  }
  if (page)
    (void)fputs(at, page);
  return true;
}

bool rv_gnuplot_end(FILE *script, FILE *page)
{
  FILE *drawing = script ? tmpfile() : NULL;
  char *text = NULL;
  if (drawing && !ferror(script) && run(script, drawing))
    text = contents(drawing);
  const bool drawn = text && copy(text, page);
  free(text);
  if (drawing)
    (void)fclose(drawing);
  if (script)
    (void)fclose(script);
  return drawn;
}
