/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signal-to-noise ratio, estimated without a reference: WADA-SNR (C. Kim and R. M. Stern, "Robust
 * signal-to-noise ratio estimation based on waveform amplitude distribution analysis", Interspeech
 * 2008). The amplitudes of speech are taken to be of a gamma distribution of shape 0.4, noise to be
 * normal: then log E|z| - E log|z| of the sum z says how much there is of each. Samples that are
 * exactly zero, as digital silence is, are of neither, and left out. */
#include "metrics.h"

#define LEAST -20

/* That statistic for each decibel from LEAST on, by numerical integration (Gauss-Legendre over the
 * gamma distribution, the normal one in closed form); it is to 5 digits what 40 million draws give.
 */
static const double statistics[] = {
  0.40943,
  0.40946,
  0.40950,
  0.40956,
  0.40964,
  0.40978,
  0.40997,
  0.41026,
  0.41069,
  0.41129,
  0.41215,
  0.41334,
  0.41497,
  0.41716,
  0.42007,
  0.42384,
  0.42865,
  0.43469,
  0.44213,
  0.45113,
  0.46184,
  0.47437,
  0.48880,
  0.50515,
  0.52342,
  0.54355,
  0.56543,
  0.58893,
  0.61388,
  0.64009,
  0.66735,
  0.69545,
  0.72419,
  0.75337,
  0.78278,
  0.81227,
  0.84167,
  0.87084,
  0.89965,
  0.92801,
  0.95582,
  0.98302,
  1.00954,
  1.03534,
  1.06039,
  1.08466,
  1.10814,
  1.13081,
  1.15269,
  1.17377,
  1.19406,
  1.21358,
  1.23234,
  1.25035,
  1.26763,
  1.28421,
  1.30010,
  1.31533,
  1.32992,
  1.34389,
  1.35727,
  1.37006,
  1.38231,
  1.39403,
  1.40523,
  1.41595,
  1.42619,
  1.43598,
  1.44534,
  1.45429,
  1.46284,
  1.47102,
  1.47882,
  1.48629,
  1.49341,
  1.50022,
  1.50673,
  1.51295,
  1.51888,
  1.52456,
  1.52997,
  1.53515,
  1.54009,
  1.54481,
  1.54932,
  1.55363,
  1.55774,
  1.56167,
  1.56543,
  1.56901,
  1.57243,
  1.57570,
  1.57882,
  1.58181,
  1.58465,
  1.58737,
  1.58997,
  1.59245,
  1.59482,
  1.59708,
  1.59924,
  1.60131,
  1.60328,
  1.60516,
  1.60696,
  1.60867,
  1.61031,
  1.61188,
  1.61337,
  1.61480,
  1.61616,
  1.61747,
  1.61871,
  1.61990,
  1.62103,
  1.62211,
  1.62315,
  1.62414,
  1.62508,
  1.62598,
  1.62684,
};

/* Sums over samples that are not zero. */
typedef struct {
  double magnitudes, logarithms;
  guint64 count;
} Amplitudes;

static void
add (Amplitudes *amplitudes, const GenSound *sound)
{
  for (gsize i = 0; i < sound->frames * (gsize)sound->channels; i++) {
    const double magnitude = fabs ((double)sound->data[i]);

    if (magnitude == 0)
      continue;
    amplitudes->magnitudes += magnitude;
    amplitudes->logarithms += log (magnitude);
    amplitudes->count++;
  }
}

/* Decibels, between those of the table; what is beyond it is its end. */
static double
estimate (const Amplitudes *amplitudes)
{
  const int n = G_N_ELEMENTS (statistics);
  const double count = (double)amplitudes->count;
  double statistic;
  int i = 0;

  if (amplitudes->count == 0)
    return GEN_MISSING;
  statistic = log (amplitudes->magnitudes / count) - amplitudes->logarithms / count;
  if (statistic <= statistics[0])
    return LEAST;
  while (i < n - 1 && statistics[i + 1] < statistic)
    i++;
  if (i == n - 1)
    return LEAST + n - 1;
  return LEAST + i + (statistic - statistics[i]) / (statistics[i + 1] - statistics[i]);
}

static gpointer
signal_to_noise_open (const GenMetricSettings *settings)
{
  return g_new0 (Amplitudes, 1);
}

static void
signal_to_noise_follow (gpointer metric, const GenSample *piece)
{
  add (metric, &piece->sound);
}

static void
signal_to_noise_measure (gpointer metric, const GenSample *window, double *values)
{
  Amplitudes amplitudes = { 0 };

  add (&amplitudes, &window->sound);
  values[0] = estimate (&amplitudes);
}

static gboolean
signal_to_noise_figure (gpointer metric, double *values, GError **error)
{
  values[0] = estimate (metric);
  return TRUE;
}

const GenMetric gen_metric_signal_to_noise = {
  .name = "signal-to-noise",
  .known_as = (const char *const[]){ "wada-snr", NULL },
  .medium = &gen_medium_sound,
  .summary = "Signal-to-noise ratio of speech, estimated by the distribution of its amplitudes "
             "(Kim and Stern 2008), of a window and overall",
  .unit = "decibels, -20 to 100",
  .fields = { { "signal-to-noise", GEN_FIELD_NUMBER, NULL, GEN_METRIC_SILENT,
                  .better = GEN_BETTER_HIGHER },
      { "signal-to-noise-overall", GEN_FIELD_NUMBER, NULL, "all is silent",
          .better = GEN_BETTER_HIGHER } },
  .n_fields = 2,
  .n_measured = 1,
  .open = signal_to_noise_open,
  .close = g_free,
  .measure = signal_to_noise_measure,
  .follow = signal_to_noise_follow,
  .figure = signal_to_noise_figure,
};
