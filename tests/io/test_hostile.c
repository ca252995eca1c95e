// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Damaged, foreign and hostile files: one line each.

#include "handmade.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DENSE               "{\"type\":\"dense\",\"shape\":[1],\"weights\":[[[0.5]],[0.25]]}"
#define LSTM                LSTM_OF("[[1,2,3,4]],[[5,6,7,8]],[9,10,11,12]")
#define LSTM_OF(weights)    "{\"type\":\"lstm\",\"shape\":[1],\"weights\":[" weights "]}"
#define MODEL(layers, more) "{\"in_shape\":[1],\"layers\":[" layers "]" more "}"
#define SOUND               LSTM "," DENSE

START_TEST(what_is_not_json_is_refused_with_its_place)
{
  rv_handmade_assert_refused("", RV_BAD_FORMAT, "the file is empty");
  rv_handmade_assert_refused(" \n", RV_BAD_FORMAT, "the file is empty");
  rv_handmade_assert_refused("RIFF\x24\x08", RV_BAD_FORMAT, "not a model file");
  rv_handmade_assert_refused("[1, 2]", RV_BAD_FORMAT, "not a model file");
  rv_handmade_assert_refused("{\n \"a\": NaN}", RV_BAD_FORMAT, "line 2, column");
  rv_handmade_assert_refused("{\"a\": \"\xff\x01\n\"}", RV_BAD_FORMAT, "line 1, column");
  rv_handmade_assert_refused("{\"a\": 1, \"a\": 2}", RV_BAD_FORMAT, "duplicate");
  rv_handmade_assert_refused("{\"a\": 1} b", RV_BAD_FORMAT, "line 1, column 10");
  rv_handmade_assert_refused("{\"a\": 1e999}", RV_BAD_FORMAT, "overflow");
  rv_handmade_assert_refused("{}", RV_BAD_FORMAT, "not a model that is known");
}
END_TEST

START_TEST(a_wrong_shape_is_told_with_the_right_one)
{
  static const struct {
    const char *text;
    const char *expected;
  } files[] = {
      {MODEL(LSTM_OF("[[1,2,3]],[[5,6,7,8]],[9,10,11,12]") "," DENSE, ""),
       "t.json: layers[0].weights[0] is 1 x 3, should be 1 x 4"},
      {MODEL(LSTM_OF("[[1,2,3,4]],[[5,6,7,8],[1,2,3,4]],[9,10,11,12]") "," DENSE, ""),
       "t.json: layers[0].weights[1] is 2 x 4, should be 1 x 4"},
      {MODEL(LSTM_OF("[[1,2,3,4]],[[5,6,7,8]],[[9,10,11,12]]") "," DENSE, ""),
       "t.json: layers[0].weights[2] is 1 x 4, should be a list of 4"},
      {MODEL(LSTM_OF("[[1,2,3,4]],[[5,6,7,8]],[9,10,11]") "," DENSE, ""),
       "t.json: layers[0].weights[2] is a list of 3, should be a list of 4"},
      {MODEL(LSTM_OF("[[1,2,3,4]],7,[9,10,11,12]") "," DENSE, ""),
       "t.json: layers[0].weights[1] is a number, should be 1 x 4"},
      {MODEL(LSTM_OF("[[1,2,3,4]],[[5,6,7,8]]") "," DENSE, ""),
       "t.json: layers[0].weights has 2 arrays, should have 3"},
      {MODEL("{\"type\":\"lstm\",\"shape\":[1]}," DENSE, ""),
       "t.json: layers[0].weights has 0 arrays, should have 3"},
      {MODEL("{\"type\":\"gru\",\"shape\":[1],\"weights\":[[[1,2,3]],[[1,2,3]],[1,2,3]]}", ""),
       "t.json: layers[0].weights[2] is a list of 3, should be 2 x 3"},
      {MODEL("{\"type\":\"gru\",\"shape\":[1],\"weights\":[[[1,2,3]],[[1,2,3]],[[1,2,3],[1,2]]]}",
             ""),
       "t.json: layers[0].weights[2][1] is a list of 2, should be a list of 3"},
      {MODEL(
           "{\"type\":\"gru\",\"shape\":[1],\"weights\":[[[1,2,3]],[[1,2,3]],[[1,2,3],[1,2,3,4]]]}",
           ""),
       "t.json: layers[0].weights[2][1] is a list of 4, should be a list of 3"},
      {MODEL(LSTM "," LSTM, ""), "the last layer must be dense"},
      {MODEL(SOUND, ",\"input_batch\":[1,2],\"output_batch\":[1]"),
       "t.json: output_batch is a list of 1, should be a list of 2"},
  };
  for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
    rv_error error = {{0}};
    rv_description *model = NULL;
    ck_assert_int_ne(rv_handmade_read(files[f].text, &model, &error), RV_OK);
    ck_assert_msg(strstr(error.text, files[f].expected), "%s", error.text);
  }
}
END_TEST

START_TEST(numbers_that_no_weight_can_be_are_named)
{
#define WITH(number) MODEL(LSTM_OF("[[1,2,3,4]],[[5,6," number ",8]],[9,10,11,12]") "," DENSE, "")
  rv_handmade_assert_refused(WITH("1e40"), RV_BAD_FORMAT,
                             "layers[0].weights[1][0][2] is 1e+40, beyond the range of a weight");
  rv_handmade_assert_refused(WITH("-1e300"), RV_BAD_FORMAT,
                             "layers[0].weights[1][0][2] is -1e+300");
  rv_handmade_assert_refused(WITH("null"), RV_BAD_FORMAT,
                             "layers[0].weights[1][0][2] is null, should be a number");
  rv_handmade_assert_refused(WITH("\"7\""), RV_BAD_FORMAT, "is a text, should be a number");
  rv_handmade_assert_refused(WITH("true"), RV_BAD_FORMAT, "is a truth value, should be a number");
  rv_handmade_assert_refused(WITH("[7]"), RV_BAD_FORMAT, "is a list, should be a number");
  rv_handmade_assert_refused(WITH("99999999999999999999"), RV_BAD_FORMAT, "too big integer");
  rv_handmade_assert_refused(MODEL(SOUND, ",\"input_batch\":[null],\"output_batch\":[1]"),
                             RV_BAD_FORMAT, "input_batch[0] is null");
}
END_TEST

START_TEST(sizes_and_settings_out_of_range_are_named)
{
#define SHAPED(shape)                                                                              \
  MODEL("{\"type\":\"lstm\",\"shape\":" shape ",\"weights\":[[[1,2,3,4]],[[5,6,7,8]],[9]]}", "")
  rv_handmade_assert_refused(SHAPED("[-1]"), RV_BAD_FORMAT, "layers[0].shape is -1");
  rv_handmade_assert_refused(SHAPED("[1000000000000]"), RV_BAD_FORMAT, "layers[0].shape is 1e+12");
  rv_handmade_assert_refused(SHAPED("[1.5]"), RV_BAD_FORMAT, "layers[0].shape is 1.5");
  rv_handmade_assert_refused(SHAPED("[1024]"), RV_BAD_FORMAT, "is 1 x 4, should be 1 x 4096");
  rv_handmade_assert_refused(SHAPED("[]"), RV_BAD_FORMAT, "layers[0].shape should be a list");
  rv_handmade_assert_refused(SHAPED("\"x\""), RV_BAD_FORMAT, "layers[0].shape should be a list");
  rv_handmade_assert_refused("{\"layers\":[" SOUND "]}", RV_BAD_FORMAT, "in_shape should be");
  rv_handmade_assert_refused("{\"in_shape\":[7],\"layers\":[" SOUND "]}", RV_UNSUPPORTED,
                             "6 knobs; at most 4 are played");
  rv_handmade_assert_refused(MODEL("", ""), RV_BAD_FORMAT, "0 layers");
  rv_handmade_assert_refused(MODEL("1", ""), RV_BAD_FORMAT, "layers[0].type is missing");
  rv_handmade_assert_refused(MODEL(LSTM "," LSTM "," LSTM "," LSTM "," LSTM "," DENSE, ""),
                             RV_UNSUPPORTED, "5 recurrent layers; 1 to 4 are played");
  rv_handmade_assert_refused(
      MODEL(LSTM "," LSTM "," LSTM "," LSTM "," SOUND "," SOUND "," DENSE, ""), RV_UNSUPPORTED,
      "9 layers; 1 to 8 are played");
  rv_handmade_assert_refused(MODEL(SOUND, ",\"in_skip\":2"), RV_BAD_FORMAT, "in_skip is 2");
  rv_handmade_assert_refused(MODEL(SOUND, ",\"in_skip\":true"), RV_BAD_FORMAT, "in_skip is");
  rv_handmade_assert_refused(MODEL(SOUND, ",\"in_gain\":1e9"), RV_BAD_FORMAT, "in_gain is 1e+09");
  rv_handmade_assert_refused(MODEL(SOUND, ",\"in_gain\":\"loud\""), RV_BAD_FORMAT, "in_gain is");
  rv_handmade_assert_refused(MODEL(SOUND, ",\"samplerate\":-5"), RV_BAD_FORMAT,
                             "sample rate -5 Hz");
  rv_handmade_assert_refused(MODEL(SOUND, ",\"metadata\":{\"samplerate\":\"48 kHz\"}"),
                             RV_BAD_FORMAT, "metadata.samplerate is a text");
}
END_TEST

START_TEST(other_kinds_of_model_are_named_with_advice)
{
  rv_handmade_assert_refused(
      "{\"version\":\"0.5.1\",\"architecture\":\"WaveNet\",\"config\":{\"layers\":[]},"
      "\"weights\":[1,2,3]}",
      RV_UNSUPPORTED, "a NAM WaveNet, not a recurrent network: look for");
  rv_handmade_assert_refused("{\"architecture\":\"Con\\nvNet\",\"config\":{}}", RV_UNSUPPORTED,
                             "a NAM Con?vNet");
  rv_handmade_assert_refused("{\"residual_channels\":4,\"dilations\":[1]}", RV_UNSUPPORTED,
                             "a WaveNet");
  rv_handmade_assert_refused(MODEL("{\"type\":\"conv1d\",\"shape\":[4]}," SOUND, ""),
                             RV_UNSUPPORTED, "layers[0] is of type \"conv1d\"");
  rv_handmade_assert_refused(MODEL("{\"type\":\"rnn\",\"shape\":[4]}," SOUND, ""), RV_UNSUPPORTED,
                             "layers[0] is of type \"rnn\"");
  rv_handmade_assert_refused(MODEL("{\"type\":\"gru-before\",\"shape\":[4]}," SOUND, ""),
                             RV_UNSUPPORTED, "layers[0] is of type \"gru-before\"");
  rv_handmade_assert_refused(
      MODEL(LSTM ",{\"type\":\"dense\",\"activation\":\"prelu\",\"shape\":[1]}", ""),
      RV_UNSUPPORTED, "layers[1].activation is \"prelu\"");
  rv_handmade_assert_refused(MODEL(SOUND, ",\"format\":\"recurve\",\"version\":3"), RV_UNSUPPORTED,
                             "version 3 of Recurve's format, this program reads up to 2");
  rv_handmade_assert_refused(MODEL(SOUND, ",\"format\":\"recurve\""), RV_BAD_FORMAT,
                             "version is missing");
}
END_TEST

START_TEST(nam_files_with_a_fault_are_refused_by_key)
{
#define NAM(config, more) "{\"architecture\":\"LSTM\",\"config\":{" config "}" more "}"
#define NAM_SIZES         "\"input_size\":1,\"hidden_size\":1,\"num_layers\":1"
  rv_handmade_assert_refused(NAM(NAM_SIZES, ",\"weights\":[1,2,3]"), RV_BAD_FORMAT,
                             "weights is a list of 3, should be a list of 16");
  rv_handmade_assert_refused(NAM(NAM_SIZES, ""), RV_BAD_FORMAT, "weights is missing");
  rv_handmade_assert_refused(NAM("\"input_size\":1", ""), RV_BAD_FORMAT,
                             "config.hidden_size is missing");
  rv_handmade_assert_refused(NAM("\"input_size\":1,\"hidden_size\":1000000,\"num_layers\":1", ""),
                             RV_BAD_FORMAT, "config.hidden_size is 1e+06");
  rv_handmade_assert_refused(NAM("\"input_size\":1,\"hidden_size\":1,\"num_layers\":9", ""),
                             RV_BAD_FORMAT, "config.num_layers is 9");
  rv_handmade_assert_refused(NAM(NAM_SIZES ",\"out_channels\":2", ""), RV_BAD_FORMAT,
                             "config.out_channels is 2");
  rv_handmade_assert_refused(NAM(NAM_SIZES ",\"in_channels\":2", ""), RV_UNSUPPORTED,
                             "config.in_channels is 2 and config.input_size is 1");
  rv_handmade_assert_refused("{\"architecture\":7}", RV_UNSUPPORTED,
                             "a NAM file of no architecture");
}
END_TEST

START_TEST(flat_files_with_a_fault_are_refused_by_key)
{
#define FLAT(more) "{\"a.weight_ih_l0\":[[1],[2],[3]]," more "\"dense.weight\":[[1]]}"
  rv_handmade_assert_refused(FLAT(""), RV_BAD_FORMAT, "a.weight_hh_l0 is 0 x 0");
  rv_handmade_assert_refused(FLAT("\"a.weight_hh_l0\":[[1],[2]],"), RV_BAD_FORMAT,
                             "a.weight_hh_l0 is 2 x 1: that is neither");
  rv_handmade_assert_refused(FLAT("\"a.weight_hh_l0\":[[1],[2],[3],[4]],"), RV_BAD_FORMAT,
                             "a.weight_ih_l0 is 3 x 1, should be 4 x 1");
  rv_handmade_assert_refused(FLAT("\"a.weight_hh_l0\":[[1],[2],[3]],\"a.bias_hh_l0\":[1],"),
                             RV_BAD_FORMAT, "a.bias_hh_l0 is a list of 1, should be a list of 3");
  rv_handmade_assert_refused("{\"a.weight_ih_l0_reverse\":[[1]]}", RV_UNSUPPORTED, "backwards");
  rv_handmade_assert_refused("{\"a.weight_ih_lx\":[[1]]}", RV_BAD_FORMAT, "not a key of PyTorch");
  rv_handmade_assert_refused("{\"a.weight_ih_l0\":[[]]}", RV_BAD_FORMAT, "has 0 columns");
  rv_handmade_assert_refused("{\"a.weight_ih_l0\":[[1,2,3,4,5,6]]}", RV_UNSUPPORTED, "5 knobs");
  rv_handmade_assert_refused("{\"weight_ih_l0\":[[1]],\"weight_hh_l0\":[[1]]}", RV_BAD_FORMAT,
                             "dense.weight is missing");
}
END_TEST

START_TEST(guitarml_files_with_a_fault_are_refused_by_key)
{
#define DATA(type, size, more)                                                                     \
  "{\"model_data\":{\"model\":\"SimpleRNN\",\"unit_type\":\"" type "\",\"input_size\":1,"          \
  "\"hidden_size\":" size ",\"output_size\":1" more "},\"state_dict\":{"                           \
  "\"rec.weight_ih_l0\":[[1],[2],[3],[4]]}}"
  rv_handmade_assert_refused(DATA("LSTM", "1", ""), RV_BAD_FORMAT,
                             "state_dict.rec.weight_hh_l0 is missing, should be 4 x 1");
  rv_handmade_assert_refused(DATA("LSTM", "2", ""), RV_BAD_FORMAT,
                             "state_dict.rec.weight_ih_l0 is 4 x 1, should be 8 x 1");
  rv_handmade_assert_refused(DATA("LSTM", "-2", ""), RV_BAD_FORMAT, "model_data.hidden_size is -2");
  rv_handmade_assert_refused(DATA("LSTM", "1e9", ""), RV_BAD_FORMAT,
                             "model_data.hidden_size is 1e+09");
  rv_handmade_assert_refused(DATA("TCN", "2", ""), RV_UNSUPPORTED, "unit_type is \"TCN\"");
  rv_handmade_assert_refused("{\"model_data\":{\"model\":\"GCN\"},\"state_dict\":{}}",
                             RV_UNSUPPORTED, "model_data.model is \"GCN\"");
  rv_handmade_assert_refused("{\"model_data\":{\"model\":\"SimpleRNN\"}}", RV_BAD_FORMAT,
                             "state_dict is missing");
  rv_handmade_assert_refused("{\"model_data\":7,\"state_dict\":{}}", RV_BAD_FORMAT,
                             "model_data.model is missing");
  rv_handmade_assert_refused("{\"model_data\":{\"model\":\"RecNet\"},\"state_dict\":{}}",
                             RV_UNSUPPORTED, "blocks has 0 members");
}
END_TEST

static void assert_one_line_or_sound(const char *text, size_t size)
{
  rv_error error = {{0}};
  rv_description *model = NULL;
  const rv_status status = rv_model_read_memory(text, size, "t.json", &model, NULL, &error);
  ck_assert_int_eq(status == RV_OK, model != NULL);
  if (status) {
    ck_assert_ptr_nonnull(strstr(error.text, "t.json: "));
    for (const char *c = error.text; *c; c++)
      ck_assert((unsigned char)*c >= 0x20);
  }
  rv_description_free(model);
}

static char *text_of(const rv_description *model, rv_format format, size_t *size)
{
  const char *path = rv_test_path("whole.json");
  ck_assert_int_eq(rv_model_write(path, model, format, NULL), RV_OK);
  return rv_test_read_file(path, size);
}

START_TEST(a_truncated_file_is_refused_wherever_it_ends)
{
  for (int format = RV_FORMAT_AIDAX; format <= RV_FORMAT_NAM; format++) {
    rv_description *model = rv_handmade_model(RV_LSTM, 1, 12, 3);
    size_t size = 0;
    char *text = text_of(model, (rv_format)format, &size);
    for (size_t end = 0; end + 2 < size; end += end < 1000 ? 1 : 97) {
      rv_description *none = NULL;
      rv_error error = {{0}};
      char *cut = malloc(end + 1); // of its own, so that a sanitizer sees a step beyond
      ck_assert_ptr_nonnull(cut);
      memcpy(cut, text, end);
      ck_assert_int_eq(rv_model_read_memory(cut, end, "t.json", &none, NULL, &error),
                       RV_BAD_FORMAT);
      ck_assert_ptr_null(strchr(error.text, '\n'));
      free(cut);
    }
    free(text);
    rv_description_free(model);
  }
}
END_TEST

static void change_bytes(const rv_description *model, rv_format format, int rounds)
{
  uint64_t seed = 9;
  size_t size = 0;
  char *text = text_of(model, format, &size);
  for (int round = 0; round < rounds; round++) {
    const double place = ((double)rv_test_random(&seed) + 1.0) / 2.0;
    const size_t at = (size_t)(place * (double)(size - 1));
    const char old = text[at];
    text[at] = (char)(127.0F * rv_test_random(&seed));
    assert_one_line_or_sound(text, size);
    text[at] = old;
  }
  free(text);
}

START_TEST(changed_bytes_give_a_line_or_a_sound_model)
{
  rv_description *model = rv_handmade_any(4);
  change_bytes(model, RV_FORMAT_AIDAX, 2000);
  rv_description_free(model);
  model = rv_handmade_model(RV_LSTM, 2, 4, 4);
  ck_assert(!rv_model_make_probe(model, 30, NULL));
  ck_assert(!rv_description_set_text(model, "date", "2024-10-09 18:44:41", NULL));
  ck_assert(!rv_description_set_text(model, "training:json", "{\"a\":[0.5,null]}", NULL));
  change_bytes(model, RV_FORMAT_GUITARML, 1000);
  change_bytes(model, RV_FORMAT_NAM, 1000);
  rv_description_free(model);
}
END_TEST

static void assert_path_refused(const char *path, rv_status status, const char *expected)
{
  rv_error error = {{0}};
  rv_description *model = NULL;
  ck_assert_int_eq(rv_model_read(path, &model, NULL, &error), status);
  ck_assert_msg(strstr(error.text, expected), "%s", error.text);
  ck_assert_ptr_nonnull(strstr(error.text, path));
  ck_assert_ptr_null(model);
}

START_TEST(paths_that_are_no_model_file_are_refused_at_once)
{
  const char *path = rv_test_path("none.json");
  assert_path_refused(path, RV_NOT_FOUND, "no such file");
  assert_path_refused(rv_test_directory(), RV_BAD_FORMAT, "a folder");
  rv_test_write_file(path, "", 0);
  assert_path_refused(path, RV_BAD_FORMAT, "the file is empty");
  ck_assert_int_eq(truncate(path, (off_t)1 << 30), 0);
  assert_path_refused(path, RV_BAD_FORMAT, "1073741824 bytes");
  const char *pipe_path = rv_test_path("pipe");
  ck_assert_int_eq(mkfifo(pipe_path, 0600), 0);
  assert_path_refused(pipe_path, RV_BAD_FORMAT, "not a regular file");
  assert_path_refused("/dev/zero", RV_BAD_FORMAT, "not a regular file");
}
END_TEST

START_TEST(a_line_has_room_beside_a_long_path)
{
  char name[1000];
  memset(name, 'n', sizeof name);
  (void)snprintf(name + 980, 20, "/last.json");
  rv_error error = {{0}};
  rv_description *model = NULL;
  const char *text = MODEL("{\"type\":\"conv1d\"}", "");
  ck_assert_int_eq(rv_model_read_memory(text, strlen(text), name, &model, NULL, &error),
                   RV_UNSUPPORTED);
  ck_assert_ptr_nonnull(strstr(error.text, "/last.json: layers[0] is of type \"conv1d\""));
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("hostile");
  TCase *cases = tcase_create("hostile");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, what_is_not_json_is_refused_with_its_place);
  tcase_add_test(cases, a_wrong_shape_is_told_with_the_right_one);
  tcase_add_test(cases, numbers_that_no_weight_can_be_are_named);
  tcase_add_test(cases, sizes_and_settings_out_of_range_are_named);
  tcase_add_test(cases, other_kinds_of_model_are_named_with_advice);
  tcase_add_test(cases, nam_files_with_a_fault_are_refused_by_key);
  tcase_add_test(cases, flat_files_with_a_fault_are_refused_by_key);
  tcase_add_test(cases, guitarml_files_with_a_fault_are_refused_by_key);
  tcase_add_test(cases, a_truncated_file_is_refused_wherever_it_ends);
  tcase_add_test(cases, changed_bytes_give_a_line_or_a_sound_model);
  tcase_add_test(cases, paths_that_are_no_model_file_are_refused_at_once);
  tcase_add_test(cases, a_line_has_room_beside_a_long_path);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
