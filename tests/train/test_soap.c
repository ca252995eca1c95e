// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Adam in the eigenbasis of its gradients.

#include "soap.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST 1024

typedef struct setting {
  rv_net net;
  rv_soap soap;
  float gradient[MOST], first[MOST], second[MOST], direction[MOST];
  uint64_t random;
} setting;

static void set_up_shape(setting *s, const rv_net_shape *shape)
{
  memset(s, 0, sizeof *s);
  s->random = 9;
  ck_assert_int_eq(rv_net_lay_out(&s->net, shape, NULL), RV_OK);
  ck_assert_uint_le(s->net.parameters, MOST);
  ck_assert(rv_soap_new(&s->soap, &s->net));
}

static void set_up(setting *s, rv_kind kind)
{
  const rv_net_shape shape = {.kind = kind, .layers = 1, .units = 4, .inputs = 1, .outputs = 1};
  set_up_shape(s, &shape);
}

/// One step with gradients in which the parameters hang together.
static void step(setting *s, bool turn)
{
  const size_t n = s->net.parameters;
  for (size_t i = 0; i < n; i++)
    s->gradient[i] = rv_test_random(&s->random) / (1.0F + (float)(i % 5));
  for (size_t i = 1; i < n; i++)
    s->gradient[i] += 0.7F * s->gradient[i - 1];
  const rv_soap_step numbers = {.gradient = s->gradient,
                                .first = s->first,
                                .second = s->second,
                                .direction = s->direction,
                                .scale = 0.5F,
                                .slowness1 = 0.1F,
                                .slowness2 = 0.02F,
                                .epsilon = 1e-6F,
                                .turn = turn};
  rv_soap_run(&s->soap, &numbers);
}

static void every_parameter_once(const setting *s)
{
  int seen[MOST] = {0};
  size_t elements = 0;
  for (size_t b = 0; b < s->soap.n_blocks; b++) {
    const rv_soap_block *block = &s->soap.block[b];
    elements += block->rows * block->columns;
    for (size_t i = 0; i < block->rows * block->columns; i++)
      seen[block->place[i]]++;
  }
  ck_assert_uint_eq(elements, s->net.parameters);
  for (size_t i = 0; i < elements; i++)
    ck_assert_int_eq(seen[i], 1);
}

START_TEST(every_parameter_is_in_one_block)
{
  for (int kind = RV_RNN; kind <= RV_GRU_BEFORE; kind++)
    for (int options = 0; options < 24; options++) {
      const bool bidirectional = options & 1;
      const rv_net_shape shape = {.kind = (rv_kind)kind,
                                  .layers = 2,
                                  .units = 3,
                                  .inputs = 2,
                                  .outputs = 1,
                                  .norm = (rv_norm)(options >> 3),
                                  .feedback = !bidirectional && (options & 4),
                                  .bidirectional = bidirectional,
                                  .start = options & 2};
      setting s;
      set_up_shape(&s, &shape);
      every_parameter_once(&s);
      rv_soap_free(&s.soap);
    }
}
END_TEST

START_TEST(the_rows_of_a_gate_s_block_are_its_units)
{
  const rv_net_shape shape = {.kind = RV_LSTM,
                              .layers = 1,
                              .units = 3,
                              .inputs = 1,
                              .outputs = 1,
                              .norm = RV_NORM_RECURRENT};
  setting s;
  set_up_shape(&s, &shape);
  const rv_net_part *part = &s.net.part[0][0];
  const rv_soap_block *block = &s.soap.block[3]; // gate o, which has c's gain and bias too
  ck_assert_uint_eq(block->columns, 3 + 1 + 1 + 1 + 2);
  for (size_t unit = 0; unit < 3; unit++) {
    const size_t row = 9 + unit;
    const size_t wanted[] = {part->u + 3 * row,   part->u + 3 * row + 1, part->u + 3 * row + 2,
                             part->w + row,       part->b + row,         part->gain_u + row,
                             part->gain_c + unit, part->bias_c + unit};
    for (size_t k = 0; k < block->columns; k++)
      ck_assert_uint_eq(block->place[unit * block->columns + k], wanted[k]);
  }
  rv_soap_free(&s.soap);
}
END_TEST

START_TEST(without_a_turn_it_is_adam)
{
  setting s;
  float m[MOST] = {0};
  float v[MOST] = {0};
  set_up(&s, RV_GRU);
  for (int update = 0; update < 20; update++) {
    step(&s, false);
    for (size_t i = 0; i < s.net.parameters; i++) {
      const float g = 0.5F * s.gradient[i];
      m[i] += 0.1F * (g - m[i]);
      v[i] += 0.02F * (g * g - v[i]);
      ck_assert_float_eq_tol(s.direction[i], m[i] / (sqrtf(v[i]) + 1e-6F), 1e-4F);
    }
  }
  rv_soap_free(&s.soap);
}
END_TEST

/// Largest product of a basis vector, by way of `sums`, with another one, as a share of the trace.
static double off_diagonal(const float *sums, const float *basis, size_t n)
{
  double most = 0.0;
  double trace = 0.0;
  for (size_t a = 0; a < n; a++) {
    trace += (double)sums[a * n + a];
    for (size_t b = 0; b < a; b++) {
      double product = 0.0;
      for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
          product += (double)basis[i * n + a] * (double)sums[i * n + j] * (double)basis[j * n + b];
      most = fmax(most, fabs(product));
    }
  }
  return most / trace;
}

START_TEST(turns_bring_the_preconditioner_to_its_diagonal)
{
  setting s;
  set_up(&s, RV_LSTM);
  for (int update = 0; update < 400; update++)
    step(&s, update % 2 == 1);
  // The sums stand still, the basis goes on.
  memset(s.gradient, 0, sizeof s.gradient);
  rv_soap_step still = {.gradient = s.gradient,
                        .first = s.first,
                        .second = s.second,
                        .direction = s.direction,
                        .turn = true};
  for (int turn = 0; turn < 400; turn++)
    rv_soap_run(&s.soap, &still);
  for (size_t b = 0; b < s.soap.n_blocks; b++) {
    const rv_soap_block *block = &s.soap.block[b];
    ck_assert_double_lt(off_diagonal(block->left, block->left_basis, block->rows), 1e-3);
    ck_assert_double_lt(off_diagonal(block->right, block->right_basis, block->columns), 1e-3);
  }
  rv_soap_free(&s.soap);
}
END_TEST

/// In double: Qₗ·((Qₗᵀ·M·Qᵣ) / (√V + ε))·Qᵣᵀ of one block.
static double expected(const setting *s, const rv_soap_block *block, size_t row, size_t column)
{
  const size_t rows = block->rows;
  const size_t columns = block->columns;
  double result = 0.0;
  for (size_t a = 0; a < rows; a++)
    for (size_t b = 0; b < columns; b++) {
      double turned = 0.0;
      for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
          turned += (double)block->left_basis[i * rows + a] *
                    (double)s->first[block->place[i * columns + j]] *
                    (double)block->right_basis[j * columns + b];
      turned /= sqrt((double)s->second[block->place[a * columns + b]]) + 1e-6;
      result += (double)block->left_basis[row * rows + a] * turned *
                (double)block->right_basis[column * columns + b];
    }
  return result;
}

START_TEST(the_direction_is_adams_in_the_turned_basis)
{
  setting s;
  set_up(&s, RV_GRU);
  for (int update = 0; update < 50; update++)
    step(&s, true);
  step(&s, false);
  for (size_t b = 0; b < s.soap.n_blocks; b++) {
    const rv_soap_block *block = &s.soap.block[b];
    for (size_t i = 0; i < block->rows; i++)
      for (size_t j = 0; j < block->columns; j++)
        ck_assert_double_eq_tol((double)s.direction[block->place[i * block->columns + j]],
                                expected(&s, block, i, j), 1e-4);
  }
  rv_soap_free(&s.soap);
}
END_TEST

START_TEST(columns_become_orthonormal_even_where_they_depend_on_each_other)
{
  enum { N = 5 };
  float spare[N * N] = {0};
  float matrix[N * N];
  uint64_t random = 4;
  for (size_t i = 0; i < N; i++)
    spare[i * N + i] = 1.0F;
  for (int dependent = 0; dependent < 3; dependent++) {
    for (size_t i = 0; i < (size_t)N * N; i++)
      matrix[i] = 1e-12F * rv_test_random(&random);
    for (size_t i = 0; dependent && i < N; i++)
      matrix[i * N + 3] = dependent == 1 ? 0.0F : 2.0F * matrix[i * N] - matrix[i * N + 1];
    rv_orthonormalise(matrix, spare, N);
    for (size_t a = 0; a < N; a++)
      for (size_t b = 0; b <= a; b++) {
        double product = 0.0;
        for (size_t i = 0; i < N; i++)
          product += (double)matrix[i * N + a] * (double)matrix[i * N + b];
        ck_assert_double_eq_tol(product, a == b ? 1.0 : 0.0, 1e-5);
      }
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("soap");
  TCase *cases = tcase_create("soap");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, every_parameter_is_in_one_block);
  tcase_add_test(cases, the_rows_of_a_gate_s_block_are_its_units);
  tcase_add_test(cases, without_a_turn_it_is_adam);
  tcase_add_test(cases, turns_bring_the_preconditioner_to_its_diagonal);
  tcase_add_test(cases, the_direction_is_adams_in_the_turned_basis);
  tcase_add_test(cases, columns_become_orthonormal_even_where_they_depend_on_each_other);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
