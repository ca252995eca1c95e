// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "bare.h"
#include "session.h"

#include <lv2/patch/patch.h>
#include <string.h>

#define FRAMES 12000

static float in[2 * FRAMES];
static float got[2 * FRAMES];
static rv_bare bare;

static void run(uint32_t frames)
{
  const float *const inputs[2] = {in, in + FRAMES};
  float *const outputs[2] = {got, got + FRAMES};
  rv_bare_run(&bare, inputs, outputs, frames);
}

static void work_all(void)
{
  while (rv_bare_work(&bare))
    continue;
}

typedef union message {
  LV2_Atom atom;
  unsigned char bytes[8192];
} message;

/// A patch:Set with a value of any type.
static void make_set(message *to, const char *property, const char *type, const void *value,
                     uint32_t size)
{
  LV2_Atom_Forge_Frame frame;
  LV2_Atom_Forge *forge = &bare.forge;
  lv2_atom_forge_set_buffer(forge, to->bytes, sizeof *to);
  (void)lv2_atom_forge_object(forge, &frame, 0, rv_bare_urid(LV2_PATCH__Set));
  (void)lv2_atom_forge_key(forge, rv_bare_urid(LV2_PATCH__property));
  (void)lv2_atom_forge_urid(forge, rv_bare_urid(property));
  (void)lv2_atom_forge_key(forge, rv_bare_urid(LV2_PATCH__value));
  (void)lv2_atom_forge_atom(forge, size, rv_bare_urid(type));
  (void)lv2_atom_forge_write(forge, value, size);
  lv2_atom_forge_pop(forge, &frame);
}

START_TEST(a_path_may_come_as_text_or_as_a_uri)
{
  message set;
  const char *const spaced = rv_test_model_file("a b.json", 1);
  char uri[600] = "file://";
  size_t used = strlen(uri);
  for (const char *from = spaced; *from; from++) {
    if (*from == ' ') {
      memcpy(uri + used, "%20", 3);
      used += 3;
    } else {
      uri[used++] = *from;
    }
  }
  uri[used] = 0;
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  for (int i = 0; i < 2; i++) {
    const char *text = i ? uri : spaced;
    // Without its final zero, which not every host sends.
    make_set(&set, RV_TEST_PROPERTY, i ? LV2_ATOM__URI : LV2_ATOM__String, text,
             (uint32_t)strlen(text));
    rv_bare_send(&bare, &set.atom);
    run(16);
    work_all();
    run(16);
    ck_assert_str_eq(rv_bare_told(&bare, RV_TEST_STATUS), "");
    ck_assert_str_eq(rv_bare_told(&bare, RV_TEST_PROPERTY), spaced);
  }
  rv_bare_close(&bare);
}
END_TEST

START_TEST(a_message_that_makes_no_sense_changes_nothing)
{
  static char endless[6000];
  memset(endless, 'x', sizeof endless);
  endless[0] = '/';
  message set;
  const int32_t number = 7;
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  make_set(&set, RV_TEST_PROPERTY, LV2_ATOM__Int, &number, sizeof number);
  rv_bare_send(&bare, &set.atom);
  run(16);
  ck_assert_ptr_nonnull(strstr(rv_bare_told(&bare, RV_TEST_STATUS), "not a path"));
  make_set(&set, RV_TEST_PROPERTY, LV2_ATOM__Path, endless, sizeof endless);
  rv_bare_send(&bare, &set.atom);
  run(16);
  ck_assert_ptr_nonnull(strstr(rv_bare_told(&bare, RV_TEST_STATUS), "too long"));
  make_set(&set, "urn:recurve:amp#status", LV2_ATOM__String, "mine", 5);
  rv_bare_send(&bare, &set.atom);
  make_set(&set, "urn:somebody:else", LV2_ATOM__Path, "/x", 3);
  rv_bare_send(&bare, &set.atom);
  set.atom.size = 4; // less than the head of an object
  rv_bare_send(&bare, &set.atom);
  set.atom.type = rv_bare_urid("urn:unknown:type");
  set.atom.size = 64;
  rv_bare_send(&bare, &set.atom);
  run(16);
  ck_assert_int_eq(atomic_load(&bare.scheduled), 0);
  ck_assert_ptr_null(rv_bare_told(&bare, RV_TEST_PROPERTY));
  rv_bare_close(&bare);
}
END_TEST

START_TEST(sizes_that_lead_out_of_the_message_end_it)
{
  static const uint32_t sizes[] = {UINT32_MAX, UINT32_MAX - 7, UINT32_MAX - 15, 0x80000000U, 200};
  static const char path[] = "/nowhere/model.json";
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (int which = 0; which < 3; which++) {
      message set;
      make_set(&set, RV_TEST_PROPERTY, LV2_ATOM__Path, path, sizeof path);
      rv_bare_send(&bare, &set.atom);
      LV2_Atom_Event *event = (LV2_Atom_Event *)(&bare.control.sequence + 1);
      LV2_Atom_Object *object = (LV2_Atom_Object *)&event->body;
      LV2_Atom_Property_Body *key = (LV2_Atom_Property_Body *)(object + 1);
      // The key is eight bytes and an atom of four, padded to eight.
      LV2_Atom_Property_Body *value = (LV2_Atom_Property_Body *)((unsigned char *)key + 24);
      *(which == 0   ? &event->body.size
        : which == 1 ? &key->value.size
                     : &value->value.size) = sizes[i];
      run(16);
      ck_assert_int_eq(atomic_load(&bare.scheduled), 0);
      ck_assert_ptr_null(rv_bare_told(&bare, RV_TEST_PROPERTY));
    }
  rv_bare_close(&bare);
}
END_TEST

START_TEST(what_does_not_fit_into_the_notify_port_is_told_later)
{
  message get;
  LV2_Atom_Forge_Frame frame;
  rv_bare_open(&bare, 1, RV_TEST_RATE, true);
  lv2_atom_forge_set_buffer(&bare.forge, get.bytes, sizeof get);
  (void)lv2_atom_forge_object(&bare.forge, &frame, 0, rv_bare_urid(LV2_PATCH__Get));
  lv2_atom_forge_pop(&bare.forge, &frame);
  rv_bare_send(&bare, &get.atom);
  bare.capacity = 0;
  run(16);
  bare.capacity = 200;
  int told[64] = {0};
  for (int i = 0; i < 60; i++) {
    run(16);
    for (int p = 0; rv_test_properties[p]; p++)
      told[p] += rv_bare_told(&bare, rv_test_properties[p]) != NULL;
  }
  for (int p = 0; rv_test_properties[p]; p++)
    ck_assert_msg(told[p] == 1, "%s is told %d times", rv_test_properties[p], told[p]);
  rv_bare_close(&bare);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("plugin-messages");
  TCase *cases = tcase_create("messages");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, a_path_may_come_as_text_or_as_a_uri);
  tcase_add_test(cases, a_message_that_makes_no_sense_changes_nothing);
  tcase_add_test(cases, sizes_that_lead_out_of_the_message_end_it);
  tcase_add_test(cases, what_does_not_fit_into_the_notify_port_is_told_later);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
