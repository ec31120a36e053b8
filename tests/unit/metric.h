/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What metrics are measured on, and by: pictures, and a meter to the end. */
#pragma once

#include <generative/metric.h>

#include <math.h>
#include <string.h>

static inline void
make_picture (GenPicture *picture, int width, int height, int channels, int k)
{
  gen_picture_init (picture, width, height, channels);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      for (int c = 0; c < channels; c++)
        picture->data[y * picture->stride + x * channels + c] =
            (guint8)((x * x * 3 + y * 7 * x + k * 13 * x + y * y * (k + 1) + c * 50 +
                         (x / 5) * (y / 4) * 17) %
                     251);
}

static inline gboolean
measure_frame (GenMeter *meter, const GenPicture *picture, double *values, GError **error)
{
  const GenSample sample = gen_sample_of_picture (picture);

  return gen_meter_measure (meter, &sample, values, error);
}

static inline gboolean
refer (GenMeter *meter, const GenPicture *picture, int label)
{
  const GenSample sample = gen_sample_of_picture (picture);

  return gen_meter_refer (meter, &sample, label, NULL);
}

static inline int
features_length (const GenFeatures *features, int channels)
{
  return gen_features_length (features, &(GenFormat){ &gen_medium_picture, 16, 16, channels });
}

static inline GenMeter *
meter_new (const GenMeterSettings *settings)
{
  g_autoptr (GError) error = NULL;
  GenMeter *meter = gen_meter_new (settings, &error);

  g_assert_no_error (error);
  return meter;
}

/* The value of the only field that `metrics` has for `picture`, after `before`. */
static inline double
measure (const char *metrics, const GenPicture *before, const GenPicture *picture)
{
  GenMeterSettings settings = { .metrics = metrics };
  g_autoptr (GenMeter) meter = meter_new (&settings);
  double value;

  if (before != NULL)
    g_assert_true (measure_frame (meter, before, &value, NULL));
  g_assert_true (measure_frame (meter, picture, &value, NULL));
  return value;
}

static inline void
assert_near (double value, double expected, double relative)
{
  if (!(fabs (value - expected) <= relative * MAX (fabs (expected), 1e-6)))
    g_error ("%.17g is not %.17g", value, expected);
}
