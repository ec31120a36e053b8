/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Elementary functions in float32 that the compiler can put in vector registers: no calls, no
 * tables, no branches. Each within 3 units in the last place of the exact value. */
#pragma once

#include <glib.h>
#include <string.h>

/* e^x: 2^n times a polynomial on [-ln 2 / 2, ln 2 / 2]; 0 below -87.3, infinity above 88.7. */
static inline float
gen_exp (float x)
{
  const float clamped = x < -87.33654f ? -87.33654f : x > 88.72283f ? 88.72283f : x;
  /* Adding 1.5 * 2^23 rounds to the nearest integer, and leaves it in the low bits. */
  const float shifted = clamped * 1.44269504f + 12582912.0f;
  const float n = shifted - 12582912.0f;
  const float r = (clamped - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  gint32 bits;
  float half, other;

  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  /* 2^n in two factors, since n can be 128. */
  bits = (gint32)n;
  {
    gint32 a = (bits >> 1) + 127, b = bits - (bits >> 1) + 127;

    a = (gint32)((guint32)a << 23);
    b = (gint32)((guint32)b << 23);
    memcpy (&half, &a, sizeof half);
    memcpy (&other, &b, sizeof other);
  }
  p = p * half * other;
  return x < -87.33654f ? 0.0f : x > 88.72283f ? __builtin_inff () : x != x ? x : p;
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
  exponent = (bits - 0x3f3504f3) >> 23;
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

static inline float
gen_sigmoid (float x)
{
  return 1.0f / (1.0f + gen_exp (-x));
}

/* tanh x: (e^2x - 1) / (e^2x + 1), and near zero, where that cancels, x times a polynomial in
 * x^2. */
static inline float
gen_tanh (float x)
{
  const float a = x < 0 ? -x : x;
  const float e = gen_exp (-2.0f * a);
  const float large = (1.0f - e) / (1.0f + e);
  const float z = x * x;
  float p = -5.70498872745e-3f;
  float small;

  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  small = p * z * x + x;
  return a < 0.625f ? small : x < 0 ? -large : large;
}

/* The error function: x times a polynomial in x^2 up to 1, and beyond 1 - e^(-x^2) times one in
 * 1 / (1 + |x| / 2); both are Chebyshev fits. */
static inline float
gen_erf (float x)
{
  const float a = x < 0 ? -x : x;
  const float b = a > 4.0f ? 4.0f : a;
  const float z = b * b, t = 1.0f / (1.0f + 0.5f * b);
  float p = 7.8824971047e-5f, q = 1.2932889403e-2f, large;

  p = p * z - 8.0188549908e-4f;
  p = p * z + 5.1893119424e-3f;
  p = p * z - 2.6854328796e-2f;
  p = p * z + 1.1283597463e-1f;
  p = p * z - 3.7612626904e-1f;
  p = p * z + 1.1283791659f;
  q = q * t + 6.8530550363e-2f;
  q = q * t - 3.8464626226e-1f;
  q = q * t + 4.7981651321e-1f;
  q = q * t - 5.3793660732e-2f;
  q = q * t + 3.2894634571e-1f;
  q = q * t + 2.6410766467e-1f;
  q = q * t + 2.8432578229e-1f;
  q = q * t - 1.2040263512e-4f;
  large = 1.0f - gen_exp (-z) * q;
  return a < 1.0f ? x * p : x < 0 ? -large : x == x ? large : x;
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
