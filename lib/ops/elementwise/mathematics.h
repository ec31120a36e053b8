/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Elementary functions in float32 that the compiler can put in vector registers: no calls, no
 * tables, no branches. Each within 3 units in the last place of the exact value. */
#pragma once

#include <glib.h>
#include <string.h>

/* e^x times 2^k for x where neither the result nor e^x / 2 leaves what float32 can say: 2^n times
 * a polynomial on [-ln 2 / 2, ln 2 / 2]. */
static inline float
gen_exp_within (float x, gint32 k)
{
  /* Adding 1.5 * 2^23 rounds to the nearest integer, and leaves it in the low bits. */
  const float shifted = x * 1.44269504f + 12582912.0f;
  const float n = shifted - 12582912.0f;
  const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  guint32 bits, power;

  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  /* n is added to the exponent. */
  memcpy (&bits, &p, sizeof bits);
  memcpy (&power, &shifted, sizeof power);
  bits += (power + (guint32)k) << 23;
  memcpy (&p, &bits, sizeof p);
  return p;
}

/* e^x; 0 below -87.3, infinity above 88.7. */
static inline float
gen_exp (float x)
{
  /* As the instructions for the larger and the smaller of two have it, which let through what is no
   * number. */
  const float above = -87.33654f > x ? -87.33654f : x;
  const float clamped = 88.72283f < above ? 88.72283f : above;
  const float p = gen_exp_within (clamped, 0);
  const float y = x <= 88.72283f ? p : x + __builtin_inff ();

  return x < -87.33654f ? 0.0f : y;
}

/* ln x; NaN below 0, -infinity at 0. */
static inline float
gen_log (float x)
{
  gint32 bits, exponent, tiny = x < 1.17549435e-38f;
  const float scaled = tiny ? x * 8388608.0f : x;
  float m, e, z, p;

  memcpy (&bits, &scaled, sizeof bits);
  /* Mantissa in [sqrt(1/2), sqrt(2)). */
  exponent = (gint32)((guint32)bits - 0x3f3504f3) >> 23;
  bits -= (gint32)((guint32)exponent << 23);
  memcpy (&m, &bits, sizeof m);
  e = (float)(exponent - (tiny ? 23 : 0));
  m -= 1.0f;
  z = m * m;
  p = 7.0376836292e-2f;
  p = p * m - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  p = p * m * z + e * -2.12194440e-4f - 0.5f * z;
  p = m + p + e * 0.693359375f;
  return x < 0                              ? __builtin_nanf ("")
         : x == 0                           ? -__builtin_inff ()
         : x == __builtin_inff () || x != x ? x
                                            : p;
}

/* 1 / (1 + e^-x); 0 below -88. What is no number comes through by a product that is 0 else. */
static inline float
gen_sigmoid (float x)
{
  const float above = -88.0f > x ? -88.0f : x;
  const float clamped = 87.0f < above ? 87.0f : above;
  const float y = 1.0f / ((clamped * 0.0f + 1.0f) + gen_exp_within (-clamped, 0));

  return x < -88.0f ? 0.0f : y;
}

/* tanh x as m / (m + 2), where m is e^2x - 1: with e^r = 1 + q it is 2^n q + (2^n - 1), in which
 * nothing cancels. */
static inline float
gen_tanh (float x)
{
  const float a = 2.0f * __builtin_fabsf (x);
  const float twice = 20.0f < a ? 20.0f : a;
  const float shifted = twice * 1.44269504f + 12582912.0f;
  const float n = shifted - 12582912.0f;
  const float r = (twice - n * 0.693359375f) - n * -2.12194440e-4f;
  float q = 1.9875691500e-4f, scale, m;
  guint32 bits;

  q = q * r + 1.3981999507e-3f;
  q = q * r + 8.3334519073e-3f;
  q = q * r + 4.1665795894e-2f;
  q = q * r + 1.6666665459e-1f;
  q = q * r + 5.0000001201e-1f;
  q = q * r * r + r;
  memcpy (&bits, &shifted, sizeof bits);
  bits = (bits << 23) + 0x3f800000;
  memcpy (&scale, &bits, sizeof scale);
  m = scale * q + (scale - 1.0f);
  return __builtin_copysignf (m / (m + 2.0f), x);
}

/* The error function: x times a polynomial in x^2 up to 1, which is a Chebyshev fit, and beyond
 * 1 - e^-q, where q is a polynomial that is -ln erfc within 1e-8 of erf. */
static inline float
gen_erf (float x)
{
  const float a = __builtin_fabsf (x);
  const float b = 4.0f < a ? 4.0f : a;
  const float z = b * b;
  float p = 7.8824971047e-5f, q = -1.9821972819045186e-4f, large;

  p = p * z - 8.0188549908e-4f;
  p = p * z + 5.1893119424e-3f;
  p = p * z - 2.6854328796e-2f;
  p = p * z + 1.1283597463e-1f;
  p = p * z - 3.7612626904e-1f;
  p = p * z + 1.1283791659f;
  q = q * b + 3.0654908623546362e-3f;
  q = q * b - 2.2315215319395065e-2f;
  q = q * b + 1.0411368310451508e-1f;
  q = q * b + 6.3697606325149536e-1f;
  q = q * b + 1.1277972459793091f;
  q = q * b + 1.6644716379232705e-4f;
  large = 1.0f - gen_exp_within (-q, 0);
  return a >= 1.0f ? __builtin_copysignf (large, x) : x * p;
}

/* x times the normal distribution function of x. */
static inline float
gen_gelu (float x)
{
  return 0.5f * x * (1 + gen_erf (x * 0.70710678118654752f));
}

/* The same by tanh (Hendrycks and Gimpel, "Gaussian error linear units", 2016). */
static inline float
gen_gelu_tanh (float x)
{
  return 0.5f * x * (1 + gen_tanh (0.79788456080286536f * (x + 0.044715f * x * x * x)));
}

/* --- circular functions --- */

/* Up to here multiples of pi / 2 have a number that, times the first part of it, is exact. */
#define GEN_TURN_MOST 1.6e6f

/* x less the nearest multiple of pi / 2, whose number is left in `quarter`. */
static inline float
gen_turn (float x, gint32 *quarter)
{
  const double shifted = x * 0.63661977236758134 + 6755399441055744.0;
  const double n = shifted - 6755399441055744.0;

  *quarter = (gint32)n;
  return (float)((x - n * 1.5707963267341256) - n * 6.0771005063039659e-11);
}

/* The sine of x + quarter * pi / 2, for x up to pi / 4. */
static inline float
gen_sine_of (float x, gint32 quarter)
{
  const float z = x * x;
  float s = -1.9515295891e-4f, c = 2.443315711809948e-5f, y;

  s = s * z + 8.3321608736e-3f;
  s = s * z - 1.6666654611e-1f;
  s = (s * z + 1.0f) * x;
  c = c * z - 1.388731625493765e-3f;
  c = c * z + 4.166664568298827e-2f;
  c = c * z * z - 0.5f * z + 1.0f;
  y = quarter & 1 ? c : s;
  return quarter & 2 ? -y : y;
}

/* Sine, cosine and tangent of x up to GEN_TURN_MOST. */
static inline float
gen_sin_within (float x)
{
  gint32 quarter;
  const float rest = gen_turn (x, &quarter);

  return gen_sine_of (rest, quarter);
}

static inline float
gen_cos_within (float x)
{
  gint32 quarter;
  const float rest = gen_turn (x, &quarter);

  return gen_sine_of (rest, quarter + 1);
}

static inline float
gen_tan_within (float x)
{
  gint32 quarter;
  const float r = gen_turn (x, &quarter), z = r * r;
  float p = 9.38540185543e-3f;

  p = p * z + 3.11992232697e-3f;
  p = p * z + 2.44301354525e-2f;
  p = p * z + 5.34112807005e-2f;
  p = p * z + 1.33387994085e-1f;
  p = p * z + 3.33331568548e-1f;
  p = p * z * r + r;
  return quarter & 1 ? -1.0f / p : p;
}

/* The inverse tangent: x, (x - 1) / (x + 1) or -1 / x, whichever is small, and what that turns by.
 */
static inline float
gen_atan (float x)
{
  const float a = __builtin_fabsf (x);
  const float above = a > 2.414213562373095f ? -1.0f : a > 0.4142135623730950f ? a - 1.0f : a;
  const float below = a > 2.414213562373095f ? a : a > 0.4142135623730950f ? a + 1.0f : 1.0f;
  const float turned = a > 2.414213562373095f    ? 1.5707963267948966f
                       : a > 0.4142135623730950f ? 0.7853981633974483f
                                                 : 0.0f;
  const float r = above / below, z = r * r;
  float p = 8.05374449538e-2f;

  p = p * z - 1.38776856032e-1f;
  p = p * z + 1.99777106478e-1f;
  p = p * z - 3.33329491539e-1f;
  p = turned + (p * z * r + r);
  return x < 0 ? -p : x == 0 ? x : p;
}

/* The inverse sine of `a` up to 1/2, or with `far` of 1 - 2 a^2, as pi / 2 less the double of it.
 */
static inline float
gen_asin_of (float a)
{
  const float z = a * a;
  float p = 4.2163199048e-2f;

  p = p * z + 2.4181311049e-2f;
  p = p * z + 4.5470025998e-2f;
  p = p * z + 7.4953002686e-2f;
  p = p * z + 1.6666752422e-1f;
  return p * z * a + a;
}

static inline float
gen_asin (float x)
{
  const float a = __builtin_fabsf (x);
  const float p = gen_asin_of (a > 0.5f ? __builtin_sqrtf (0.5f * (1.0f - a)) : a);
  const float y = a > 0.5f ? 1.5707963267948966f - 2.0f * p : p;

  return x < 0 ? -y : x == 0 ? x : y;
}

static inline float
gen_acos (float x)
{
  const float a = __builtin_fabsf (x);
  const float p = gen_asin_of (a > 0.5f ? __builtin_sqrtf (0.5f * (1.0f - a)) : x);

  return a > 0.5f ? (x < 0 ? 3.1415926535897931f - 2.0f * p : 2.0f * p) : 1.5707963267948966f - p;
}

/* --- hyperbolic functions --- */

static inline float
gen_sinh (float x)
{
  const float a = x < 0 ? -x : x, z = x * x;
  const float e = gen_exp_within (a > 89.5f ? 89.5f : a, -1), large = e - 0.25f / e;
  float p = 2.03721912945e-4f;

  p = p * z + 8.33028376239e-3f;
  p = p * z + 1.66667160211e-1f;
  p = a < 1.0f ? p * z * a + a : a > 89.41598f ? __builtin_inff () : large;
  return x < 0 ? -p : x == 0 || x != x ? x : p;
}

static inline float
gen_cosh (float x)
{
  const float a = __builtin_fabsf (x);
  const float e = gen_exp_within (a > 89.5f ? 89.5f : a, -1);

  return a > 89.41598f ? __builtin_inff () : x == x ? e + 0.25f / e : x;
}

/* ln (1 + x) for x above -1/2: the error of the sum is divided out. */
static inline float
gen_log_of_sum (float x)
{
  const float sum = 1.0f + x, rounded = sum - 1.0f;

  return rounded == 0.0f ? x : gen_log (sum) * (x / rounded);
}

/* Up to 1e9 as ln (1 + (a + a^2 / (1 + sqrt (1 + a^2)))). */
static inline float
gen_asinh (float x)
{
  const float a = x < 0 ? -x : x, b = a > 1e9f ? 1e9f : a, z = b * b;
  const float near = gen_log_of_sum (b + z / (1.0f + __builtin_sqrtf (1.0f + z)));
  const float y = a > 1e9f ? gen_log (a) + 0.69314718056f : near;

  return x < 0 ? -y : x == 0 || x != x ? x : y;
}

/* With d = x - 1 as ln (1 + (d + sqrt (d (d + 2)))). */
static inline float
gen_acosh (float x)
{
  const float b = x > 1e9f ? 1e9f : x, d = b - 1.0f;
  const float near = gen_log_of_sum (d + __builtin_sqrtf (d * (d + 2.0f)));

  return x > 1e9f ? gen_log (x) + 0.69314718056f : x >= 1.0f ? near : __builtin_nanf ("");
}

/* ln (1 + 2 a / (1 - a)) / 2. */
static inline float
gen_atanh (float x)
{
  const float a = __builtin_fabsf (x);
  const float near = 0.5f * gen_log_of_sum (2.0f * a / (1.0f - a));
  const float y = a < 1.0f ? near : a == 1.0f ? __builtin_inff () : __builtin_nanf ("");

  return x < 0 ? -y : x == 0 || x != x ? x : y;
}
