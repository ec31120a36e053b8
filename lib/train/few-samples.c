/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "few-samples.h"

const char *
gen_few_samples_explain (const GenMedium *medium)
{
  if (medium == &gen_medium_sound)
    return "if they are long sounds, window of datasetsrc cuts them into several";
  return "if the data is a sheet of pictures, tile-width and tile-height of datasetsrc cut it";
}

void
gen_few_samples_warn (
    const GenTrainingEvents *events, const GenMedium *medium, guint64 length, int batch_size)
{
  if (length == 0 || length >= (guint64)batch_size)
    return;
  gen_training_warn (events, GEN_TRAINING_ERROR_SETTING,
      "batch-size: an epoch of the data has %" G_GUINT64_FORMAT
      " %s, and a batch %d, so that each batch has the same ones several times; %s, else more data "
      "or a smaller batch-size is due",
      length, length == 1 ? medium->name : medium->plural, batch_size,
      gen_few_samples_explain (medium));
}

gboolean
gen_few_samples_are_silent (const GenMedium *medium, const float *numbers, gsize n)
{
  gsize i = 0;

  if (medium != &gen_medium_sound)
    return FALSE;
  while (i < n && numbers[i] == 0)
    i++;
  return i == n;
}
