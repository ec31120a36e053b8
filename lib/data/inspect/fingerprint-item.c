/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Items as they are, and their fingerprints: what examining data and splits by content share. */
#include "inspect-private.h"

/* The most samples of a sound that are looked at, all channels together. */
#define MAX_SAMPLES (1 << 26)

gboolean
gen_inspect_load_file (const char *path, GenFormat *format, GenSample *sample, GError **error)
{
  const GenMedium *medium = format->medium;
  gsize most;

  sample->medium = medium;
  if (!medium->probe (path, format, error))
    return FALSE;
  format->medium = medium;
  if (medium == &gen_medium_picture) {
    if (!gen_picture_load (&sample->picture, path, 0, error))
      return FALSE;
    *format = gen_sample_format (sample);
    return TRUE;
  }
  most = MAX_SAMPLES / (gsize)MAX (format->channels, 1);
  if (format->length > most)
    return gen_sound_load_part (
        &sample->sound, path, format->rate, format->channels, 0, most, error);
  if (!gen_sound_load (&sample->sound, path, 0, 0, error))
    return FALSE;
  *format = gen_sample_format (sample);
  return TRUE;
}

gboolean
gen_inspect_take_luma (const GenSample *sample, GenSample *luma, GError **error)
{
  GenFormat format = gen_sample_format (sample);

  format.channels = 1;
  gen_sample_init (luma, &format);
  return gen_picture_fit (&sample->picture, &luma->picture, GEN_FIT_STRETCH, error);
}

gboolean
gen_fingerprint_take (const GenInspected *inspected, guint64 *fingerprint)
{
  static const char *const looks_like_nothing[] = { "blank", "silent" };
  g_autofree float *picture = g_new (float, GEN_FINGERPRINT_SIZE *GEN_FINGERPRINT_SIZE);

  for (gsize i = 0; i < G_N_ELEMENTS (looks_like_nothing); i++) {
    const GenDataFinding *finding = gen_data_finding_find (looks_like_nothing[i], NULL);
    const int measure = gen_data_measure_find (finding->measure, NULL, NULL);

    if (finding->medium == inspected->format.medium &&
        gen_data_measure_take (gen_data_measure_list ()[measure], inspected) < finding->minimum)
      return FALSE;
  }
  if (inspected->luma != NULL)
    gen_features_area (&inspected->luma->picture, 0, GEN_FINGERPRINT_SIZE, picture);
  else
    gen_fingerprint_draw_sound (&inspected->sample->sound, picture);
  *fingerprint = gen_fingerprint (picture);
  return TRUE;
}
