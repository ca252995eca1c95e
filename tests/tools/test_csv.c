// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Tables as text, as automations, sets of recordings and manifests of work have them.

#include "render/manifest.h"
#include "support.h"
#include "table/csv.h"

#include <stdio.h>
#include <string.h>

static char text[4096];

static rv_status parse(const char *written, rv_csv_rows rows, rv_csv *csv, rv_error *error)
{
  (void)snprintf(text, sizeof text, "%s", written);
  return rv_csv_parse("set.csv", text, rows, csv, error);
}

START_TEST(every_separator_gives_the_same_cells)
{
  static const char *const written[] = {
      "in,out\na b,\"c, d\"\n,\"\"\"e\"\"\"\n",
      "in,out\r\n a b ,\t\"c, d\" \r\n,\"\"\"e\"\"\"\r\n",
      "in;out\na b;c, d\n;\"\"\"e\"\"\"",
      "in\tout\na b\tc, d\n\t\"\"\"e\"\"\"\n",
      "# remark\n\n  \r\nin,out\n  # another\na b,\"c, d\"\n\n,\"\"\"e\"\"\"\n# the last",
  };
  static const char *const cells[] = {"in", "out", "a b", "c, d", "", "\"e\""};
  for (size_t w = 0; w < sizeof written / sizeof *written; w++) {
    rv_csv csv;
    rv_error error = {{0}};
    ck_assert_msg(!parse(written[w], RV_CSV_FULL_ROWS, &csv, &error), "%zu: %s", w, error.text);
    ck_assert_uint_eq(csv.rows, 3);
    ck_assert_uint_eq(csv.columns, 2);
    for (size_t c = 0; c < 6; c++)
      ck_assert_msg(!strcmp(rv_csv_cell(&csv, c / 2, c % 2), cells[c]), "%zu: cell %zu is '%s'", w,
                    c, rv_csv_cell(&csv, c / 2, c % 2));
    ck_assert_uint_eq(rv_csv_column(&csv, "OUT"), 1);
    ck_assert_uint_eq(rv_csv_column(&csv, "wet"), 2);
    rv_csv_free(&csv);
  }
}
END_TEST

START_TEST(lines_within_quotes_are_counted)
{
  rv_csv csv;
  ck_assert(
      !parse("# remark\nin,\"o\nut\"\n\na,\"b\r\n\nc\"\nd,e\n", RV_CSV_FULL_ROWS, &csv, NULL));
  ck_assert_uint_eq(csv.rows, 3);
  ck_assert_int_eq(csv.lines[0], 2);
  ck_assert_int_eq(csv.lines[1], 5);
  ck_assert_int_eq(csv.lines[2], 8);
  ck_assert_str_eq(rv_csv_cell(&csv, 0, 1), "o\nut");
  ck_assert_str_eq(rv_csv_cell(&csv, 1, 1), "b\r\n\nc");
  rv_csv_free(&csv);
}
END_TEST

START_TEST(short_rows_are_filled_where_they_may_be)
{
  rv_csv csv;
  ck_assert(!parse("a,b,c\n1\n2,3,4,,\n", RV_CSV_SHORT_ROWS, &csv, NULL));
  ck_assert_uint_eq(csv.rows, 3);
  ck_assert_uint_eq(csv.columns, 3);
  ck_assert_str_eq(rv_csv_cell(&csv, 1, 0), "1");
  ck_assert_str_eq(rv_csv_cell(&csv, 1, 2), "");
  ck_assert_str_eq(rv_csv_cell(&csv, 2, 2), "4");
  rv_csv_free(&csv);
}
END_TEST

START_TEST(what_is_no_table_is_told_with_its_line)
{
  static const struct {
    const char *written;
    rv_csv_rows rows;
    const char *words;
  } bad[] = {
      {"", RV_CSV_FULL_ROWS, "set.csv: an empty table"},
      {"# nothing\n\n", RV_CSV_SHORT_ROWS, "set.csv: an empty table"},
      {"a,b\n1,2\n3\n", RV_CSV_FULL_ROWS, "line 3 has 1 cells, the headings are 2"},
      {"a,b\n\"1\n\",2\n1,2,\n", RV_CSV_FULL_ROWS, "line 4 has 3 cells, the headings are 2"},
      {"a,b\n1,2,3\n", RV_CSV_SHORT_ROWS, "line 2 has more than 2 cells"},
      {"a,b\n\"1\n\",\"2\n\n3,4\n", RV_CSV_FULL_ROWS, "line 3: a quote is not closed"},
      {"a,b\n\"1\n\" 2,3\n", RV_CSV_SHORT_ROWS, "line 3: text follows a closing quote"},
  };
  for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
    rv_csv csv;
    rv_error error = {{0}};
    ck_assert_int_eq(parse(bad[b].written, bad[b].rows, &csv, &error), RV_BAD_FORMAT);
    ck_assert_msg(strstr(error.text, bad[b].words) != NULL, "%zu: %s", b, error.text);
    rv_csv_free(&csv);
  }
}
END_TEST

START_TEST(a_manifest_has_the_lines_and_cells_of_its_table)
{
  static const char *const known[] = {"input", "output", "model", NULL};
  static const char written[] = "\xEF\xBB\xBFinput,output,model\n"
                                "\"a\nb.wav\", c.wav\n# remark\n\"d.wav\",,\"m, n.json\",\n";
  rv_manifest manifest;
  rv_error error = {{0}};
  const char *path = rv_test_path("rows.csv");
  rv_test_write_file(path, written, strlen(written));
  ck_assert_msg(!rv_manifest_read(path, known, &manifest, &error), "%s", error.text);
  ck_assert_uint_eq(manifest.count, 2);
  ck_assert_uint_eq(manifest.rows[0].line, 2);
  ck_assert_uint_eq(manifest.rows[1].line, 5);
  ck_assert_str_eq(rv_row_value(&manifest.rows[0], "input"), "a\nb.wav");
  ck_assert_str_eq(rv_row_value(&manifest.rows[0], "output"), "c.wav");
  ck_assert_ptr_null(rv_row_value(&manifest.rows[0], "model"));
  ck_assert_ptr_null(rv_row_value(&manifest.rows[1], "output"));
  ck_assert_str_eq(rv_row_value(&manifest.rows[1], "model"), "m, n.json");
  rv_manifest_free(&manifest);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("tables as text");
  TCase *cases = tcase_create("csv");
  tcase_add_test(cases, every_separator_gives_the_same_cells);
  tcase_add_test(cases, lines_within_quotes_are_counted);
  tcase_add_test(cases, short_rows_are_filled_where_they_may_be);
  tcase_add_test(cases, what_is_no_table_is_told_with_its_line);
  tcase_add_test(cases, a_manifest_has_the_lines_and_cells_of_its_table);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
