// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// tanh by polynomials of degree five over steps of 1/4, whose coefficients are looked up: 30
/// cycles where the quotient takes 40, and no division. For vectors of 16 lanes, included by
/// activations.h alone.
///
/// The argument is packed as u = 16/17·x, so that 31 steps reach to where tanh is 1 within 1.4e-7:
/// |u| = j/4 + d, tanh |x| = Σ a_k[j]·d^k. a_0[0] is 0, which keeps the relative accuracy around 0.

#ifndef RECURVE_DSP_ACTIVATIONS_TABLE_H
#define RECURVE_DSP_ACTIVATIONS_TABLE_H

#include "vector.h"

#if defined(RV_KERNEL_LIBM)

VF_INLINE vf vf_tanh_packed(vf u)
{
  vf y = u;
  for (int i = 0; i < VF_LANES; i++)
    y[i] = tanhf((float)(17.0 / 16.0 * (double)u[i]));
  return y;
}

VF_INLINE vf vf_tanh_fma(vf u, vf factor, vf more)
{
  return vf_fma(vf_tanh_packed(u), factor, more);
}

#else

#define VF_STEPS      32

/// [degree][steps]: tests/reference/fit_activations.py.
static const float vf_tanh_terms[6][VF_STEPS] __attribute__((aligned(64))) = {
    {0.0F,         0.25954923F,  0.486336023F, 0.662286103F, 0.786618829F, 0.868790329F,
     0.920722306F, 0.952621043F, 0.971872747F, 0.983368456F, 0.990189195F, 0.994220853F,
     0.996598542F, 0.997999012F, 0.998823166F, 0.99930799F,  0.999593139F, 0.999760807F,
     0.999859393F, 0.999917328F, 0.999951422F, 0.999971449F, 0.999983191F, 0.999990106F,
     0.999994218F, 0.999996603F, 0.999997973F, 0.999998808F, 0.999999285F, 0.999999583F,
     0.999999762F, 1.0F},
    {1.06249988F,     0.99092108F,     0.811193764F,    0.596463978F,
     0.405058622F,    0.260529011F,    0.161787435F,    0.0982951894F,
     0.0589297898F,   0.0350481234F,   0.0207456797F,   0.0122452155F,
     0.00721576624F,  0.0042478824F,   0.00249926187F,  0.0014699531F,
     0.000864387315F, 0.000508232333F, 0.000298803818F, 0.000175667883F,
     0.000103273342F, 6.07124821e-05F, 3.56914461e-05F, 2.09820646e-05F,
     1.23347691e-05F, 7.25125437e-06F, 4.26279848e-06F, 2.50597191e-06F,
     1.47318565e-06F, 8.66041376e-07F, 5.09119559e-07F, 0.0F},
    {2.1188318e-05F,   -0.273130804F,    -0.419128329F,    -0.41975382F,
     -0.338579684F,    -0.240511388F,    -0.158277228F,    -0.0994903594F,
     -0.0608501025F,   -0.036617659F,    -0.0218248218F,   -0.0129345497F,
     -0.00764016993F,  -0.00450403662F,  -0.00265215617F,  -0.00156063458F,
     -0.000917972822F, -0.000539829256F, -0.000317411759F, -0.000186618374F,
     -0.000109714747F, -6.45005566e-05F, -3.79188132e-05F, -2.22916278e-05F,
     -1.31046781e-05F, -7.70388033e-06F, -4.52889026e-06F, -2.66240181e-06F,
     -1.5651467e-06F,  -9.20102195e-07F, -5.40900601e-07F, 0.0F},
    {-0.400437146F,   -0.300001085F,   -0.089447394F,   0.0714789852F,
     0.131203115F,    0.12430986F,     0.094057329F,    0.0637120232F,
     0.0406324863F,   0.0250437446F,   0.0151348365F,   0.00904242788F,
     0.00536645669F,  0.0031724046F,   0.00187107467F,  0.00110206567F,
     0.000648603775F, 0.000381547929F, 0.000224388074F, 0.000131941226F,
     7.75747176e-05F, 4.56074413e-05F, 2.68124841e-05F, 1.57626782e-05F,
     9.26654684e-06F, 5.44757449e-06F, 3.20248228e-06F, 1.88264983e-06F,
     1.10675296e-06F, 6.50621359e-07F, 3.82483393e-07F, 0.0F},
    {0.00604626955F,   0.204900309F,     0.210534215F,     0.103807792F,
     0.0129546393F,    -0.0267649423F,   -0.0332377814F,   -0.0270747803F,
     -0.0188731831F,   -0.0121954931F,   -0.00756656285F,  -0.00458896253F,
     -0.00274710706F,  -0.00163216202F,  -0.000965480751F, -0.000569650554F,
     -0.00033559819F,  -0.00019753637F,  -0.00011621153F,  -6.83469334e-05F,
     -4.01893449e-05F, -2.3629651e-05F,  -1.3892387e-05F,  -8.16732972e-06F,
     -4.80146218e-06F, -2.82268797e-06F, -1.65939355e-06F, -9.75519129e-07F,
     -5.73467958e-07F, -3.37101028e-07F, -1.98184225e-07F, 0.0F},
    {0.159907684F,    0.0146839619F,   -0.0794927999F,  -0.0727272555F,
     -0.0333456434F,  -0.00623119902F, 0.00449909084F,  0.00645100046F,
     0.00534752384F,  0.00373563659F,  0.0024124349F,   0.00149545656F,
     0.000906349509F, 0.000542327121F, 0.000322126551F, 0.000190516395F,
     0.000112396425F, 6.62120583e-05F, 3.89716479e-05F, 2.29267207e-05F,
     1.34835973e-05F, 7.92857645e-06F, 4.66165648e-06F, 2.74066679e-06F,
     1.61122205e-06F, 9.47221736e-07F, 5.56858424e-07F, 3.27373215e-07F,
     1.9243025e-07F,  1.13088291e-07F, 6.65031195e-08F, 0.0F},
};

/// Rests and sums of a step, by exponent of the step.
#define VF_STEP_MAGIC 0x1.8p21F

/// The term of degree `k` for each lane.
VF_INLINE vf vf_tanh_term(const float *all, const int k, vi step)
{
  const float *terms = all + (size_t)k * VF_STEPS;
  return (vf)_mm512_permutex2var_ps(_mm512_load_ps(terms), (__m512i)step,
                                    _mm512_load_ps(terms + VF_LANES));
}

/// Two halves of the polynomial: tanh |x| = high·d² + low.
typedef struct vf_tanh_halves {
  vf low, high, d2;
} vf_tanh_halves;

VF_INLINE vf_tanh_halves vf_tanh_of(vf u)
{
  const vf size = (vf)((vi)u & INT32_MAX);
  // The step is in the low bits of the sum, which is cut as an integer. NaN is cut as well, and
  // stays in d.
  const __m512 sum = _mm512_add_round_ps((__m512)size, (__m512)vf_set(VF_STEP_MAGIC),
                                         _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  const vi most = (vi)vf_set(VF_STEP_MAGIC) + (VF_STEPS - 1);
  const vi step = (vi)_mm512_min_epi32((__m512i)sum, (__m512i)most);
  const vf d = (vf)_mm512_reduce_ps((__m512)size, 0x29);
  const vf d2 = d * d;
  // Looked up where it is: the registers that it would take from frame to frame are the sums'.
  const float *all = vf_tanh_terms[0];
  __asm__("" : "+r"(all));
  const vf above = vf_fma(vf_tanh_term(all, 5, step), d, vf_tanh_term(all, 4, step));
  const vf between = vf_fma(vf_tanh_term(all, 3, step), d, vf_tanh_term(all, 2, step));
  const vf low = vf_fma(vf_tanh_term(all, 1, step), d, vf_tanh_term(all, 0, step));
  return (vf_tanh_halves){low, vf_fma(above, d2, between), d2};
}

/// `value`, with its sign turned where u is negative.
VF_INLINE vf vf_turned(vf value, vf u)
{
  return (vf)_mm512_ternarylogic_epi32((__m512i)value, (__m512i)u, (__m512i)vf_set(-0.0F), 0x78);
}

VF_INLINE vf vf_tanh_packed(vf u)
{
  const vf_tanh_halves t = vf_tanh_of(u);
  return vf_turned(vf_fma(t.high, t.d2, t.low), u);
}

/// factor·tanh + more; what is done to the factor waits for nothing.
VF_INLINE vf vf_tanh_fma(vf u, vf factor, vf more)
{
  const vf_tanh_halves t = vf_tanh_of(u);
  const vf by = vf_turned(factor, u);
  return vf_fma(t.high, t.d2 * by, vf_fma(t.low, by, more));
}

#endif

VF_INLINE vf vf_tanh(vf x)
{
  return vf_tanh_packed(x * vf_set(VF_TANH_FACTOR));
}

#endif
