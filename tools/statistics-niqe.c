/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "statistics-niqe.h"

#include <generative/naturalness.h>

#include "command.h"
#include "training-data.h"

typedef struct {
  GenNaturalness *fit;
  guint pictures, without; /* of which no area counts */
} Fitting;

static gboolean
take (const GenSample *samples, const guint32 *items, int n, gpointer user_data, GError **error)
{
  Fitting *fitting = user_data;

  for (int i = 0; i < n; i++)
    fitting->without += gen_naturalness_add (fitting->fit, &samples[i].picture) == 0;
  fitting->pictures += (guint)n;
  return TRUE;
}

static gboolean
read_set (Fitting *fitting, const char *location, JsonObject *said, GError **error)
{
  g_autoptr (TrainingData) data = NULL;
  const GenFormat *format;

  if (!training_data_say (said, "location", location, error) ||
      (data = training_data_open (said, NULL, NULL, "samples", error)) == NULL)
    return FALSE;
  format = training_data_get_format (data);
  if (format->medium != &gen_medium_picture || format->channels == 4) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: niqe looks at pictures of 1 or 3 channels", location);
    return FALSE;
  }
  training_data_keep_sizes (data, TRUE);
  return training_data_read (data, format, take, fitting, error);
}

gboolean
statistics_write_niqe (
    const char *const *locations, guint n, JsonObject *said, const char *out, GError **error)
{
  g_autoptr (GenNaturalness) fit = gen_naturalness_new ();
  Fitting fitting = { .fit = fit };

  for (guint i = 0; i < n; i++)
    if (!read_set (&fitting, locations[i], said, error))
      return FALSE;
  if (!gen_naturalness_save (fit, out, error))
    return FALSE;
  g_print ("%s: %" G_GUINT64_FORMAT " areas of %d by %d pixels of %u pictures\n", out,
      gen_naturalness_count (fit), GEN_NATURALNESS_AREA, GEN_NATURALNESS_AREA, fitting.pictures);
  if (fitting.pictures - fitting.without == 1)
    command_warn (
        "all of them are of one picture: niqe will tell how far others are from that one, "
        "and not from good ones");
  if (fitting.without > 0)
    command_warn (
        "%u pictures are smaller than such an area, or flat, and do not count", fitting.without);
  return TRUE;
}
