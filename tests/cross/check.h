// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Stands in for the library Check where the target of a cross build has none: what the tests of
/// the dsp library use of it, without processes of their own. The first failure ends a test, and a
/// crash ends the program.

#ifndef RECURVE_TESTS_CROSS_CHECK_H
#define RECURVE_TESTS_CROSS_CHECK_H

#include <math.h>
#include <string.h>

typedef struct rv_cases Suite;
typedef struct rv_cases TCase;
typedef struct rv_cases SRunner;
typedef void (*rv_case)(void);

enum print_output { CK_NORMAL };

Suite *suite_create(const char *name);
TCase *tcase_create(const char *name);
SRunner *srunner_create(Suite *suite);
void tcase_set_timeout(TCase *cases, double seconds);
void tcase_add_checked_fixture(TCase *cases, rv_case before, rv_case after);
void rv_tcase_add(TCase *cases, rv_case test, const char *name);
void suite_add_tcase(Suite *suite, TCase *cases);
void srunner_run_all(SRunner *runner, enum print_output how);
int srunner_ntests_failed(SRunner *runner);
void srunner_free(SRunner *runner);

/// Prints, and does not return.
void rv_fail_test(const char *file, int line, const char *format, ...)
    __attribute__((noreturn, format(printf, 3, 4)));

#define START_TEST(name) static void name(void)
#define END_TEST
#define tcase_add_test(cases, name) rv_tcase_add(cases, name, #name)

#define ck_abort_msg(...) rv_fail_test(__FILE__, __LINE__, __VA_ARGS__)
#define ck_assert_msg(condition, ...)                                                              \
  ((condition) ? (void)0 : rv_fail_test(__FILE__, __LINE__, __VA_ARGS__))
#define ck_assert(condition) ck_assert_msg(condition, "%s", #condition)

#define RV_COMPARE(type, format, a, operator, b)                                                   \
  do {                                                                                             \
    const type left = (type)(a);                                                                   \
    const type right = (type)(b);                                                                  \
    ck_assert_msg(left operator right, "%s is " format ", not %s " format, #a, left, #operator,    \
                  right);                                                                          \
  } while (0)

#define ck_assert_int_eq(a, b)    RV_COMPARE(long long, "%lld", a, ==, b)
#define ck_assert_int_ne(a, b)    RV_COMPARE(long long, "%lld", a, !=, b)
#define ck_assert_int_lt(a, b)    RV_COMPARE(long long, "%lld", a, <, b)
#define ck_assert_int_le(a, b)    RV_COMPARE(long long, "%lld", a, <=, b)
#define ck_assert_int_gt(a, b)    RV_COMPARE(long long, "%lld", a, >, b)
#define ck_assert_int_ge(a, b)    RV_COMPARE(long long, "%lld", a, >=, b)
#define ck_assert_uint_eq(a, b)   RV_COMPARE(unsigned long long, "%llu", a, ==, b)
#define ck_assert_uint_ne(a, b)   RV_COMPARE(unsigned long long, "%llu", a, !=, b)
#define ck_assert_uint_lt(a, b)   RV_COMPARE(unsigned long long, "%llu", a, <, b)
#define ck_assert_uint_le(a, b)   RV_COMPARE(unsigned long long, "%llu", a, <=, b)
#define ck_assert_uint_gt(a, b)   RV_COMPARE(unsigned long long, "%llu", a, >, b)
#define ck_assert_uint_ge(a, b)   RV_COMPARE(unsigned long long, "%llu", a, >=, b)
#define ck_assert_double_eq(a, b) RV_COMPARE(double, "%.17g", a, ==, b)
#define ck_assert_double_ne(a, b) RV_COMPARE(double, "%.17g", a, !=, b)
#define ck_assert_double_lt(a, b) RV_COMPARE(double, "%.17g", a, <, b)
#define ck_assert_double_le(a, b) RV_COMPARE(double, "%.17g", a, <=, b)
#define ck_assert_double_gt(a, b) RV_COMPARE(double, "%.17g", a, >, b)
#define ck_assert_double_ge(a, b) RV_COMPARE(double, "%.17g", a, >=, b)
#define ck_assert_float_eq        ck_assert_double_eq
#define ck_assert_float_ne        ck_assert_double_ne
#define ck_assert_float_lt        ck_assert_double_lt
#define ck_assert_float_le        ck_assert_double_le
#define ck_assert_float_gt        ck_assert_double_gt
#define ck_assert_float_ge        ck_assert_double_ge

#define ck_assert_double_eq_tol(a, b, tolerance) ck_assert_double_le(fabs((a) - (b)), tolerance)
#define ck_assert_float_eq_tol(a, b, tolerance)  ck_assert_double_le(fabsf((a) - (b)), tolerance)

#define ck_assert_ptr_eq(a, b)    ck_assert((const void *)(a) == (const void *)(b))
#define ck_assert_ptr_ne(a, b)    ck_assert((const void *)(a) != (const void *)(b))
#define ck_assert_ptr_null(a)     ck_assert(!(a))
#define ck_assert_ptr_nonnull(a)  ck_assert((a) != NULL)
#define ck_assert_str_eq(a, b)    ck_assert(!strcmp(a, b))
#define ck_assert_str_ne(a, b)    ck_assert(strcmp(a, b))
#define ck_assert_mem_eq(a, b, n) ck_assert(!memcmp(a, b, n))
#define ck_assert_mem_ne(a, b, n) ck_assert(memcmp(a, b, n))

#endif
