/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What follows for a model from how many samples a second it works at: which rows of numbers are
 * sound, and which number a parameter stands at that is that rate. */
#include <string.h>

#include "parts.h"

/* What has fewer numbers than one for so many samples is told of a sound, and is none. */
#define SAMPLES_A_NUMBER 16

static gboolean
may_be_long (gint64 length)
{
  return length < 0 || length >= GEN_PORT_SMALLEST_RATED_SOUND;
}

static gboolean
is_row (const GenPort *port)
{
  return port->kind == GEN_PORT_VECTOR && port->shape.rank == 2;
}

/* A row of samples, and what is too short to be taken for a sound without a rate; a model of
 * latents keeps its latents and scores. */
gboolean
gen_rate_makes_sound (const GenModel *model, const GenPort *port, gint64 samples)
{
  const gint64 *dims = port->shape.dims;

  if (is_row (port) && samples > 0 && port->length > 0 &&
      port->length <= samples / SAMPLES_A_NUMBER)
    return FALSE;
  if (port->kind == GEN_PORT_VECTOR)
    return port->shape.rank == 2 &&
           (port->length < 0 || port->length >= GEN_PORT_SMALLEST_SOUND ||
               g_strcmp0 (model->heard, port->name) == 0 || gen_port_passes (model, port));
  return port->kind == GEN_PORT_OTHER && port->shape.rank == 3 && MIN (dims[1], dims[2]) >= 1 &&
         MIN (dims[1], dims[2]) <= GEN_SOUND_MAX_CHANNELS &&
         MAX (dims[1], dims[2]) >= GEN_PORT_SMALLEST_RATED_SOUND;
}

/* The one input that something flows into; NULL where there are more, or none. */
static const GenPort *
find_sole_input (const GenModel *model)
{
  const GenPort *found = NULL;

  for (guint i = 0; i < model->graph->inputs->len; i++) {
    if (model->inputs[i].part != GEN_PART_FLOW)
      continue;
    if (found != NULL)
      return NULL;
    found = &model->inputs[i];
  }
  return found;
}

static gboolean
may_make_sound (const GenModel *model)
{
  for (guint k = 0; k < model->graph->outputs->len; k++) {
    const GenPort *port = &model->outputs[k];

    if (port->part == GEN_PART_FLOW &&
        (port->kind == GEN_PORT_SOUND || (is_row (port) && may_be_long (port->length)) ||
            gen_rate_makes_sound (model, port, 0)))
      return TRUE;
  }
  return FALSE;
}

/* Where nothing that it makes can be a sound, a rate is that of what it takes. */
static gboolean
must_hear (const GenModel *model, const GenPort *input)
{
  return input->length >= GEN_PORT_SMALLEST_RATED_SOUND && !may_make_sound (model);
}

gboolean
gen_rate_find_heard (GenModel *model, GKeyFile *sidecar)
{
  const GenPort *input = find_sole_input (model);

  if (model->heard != NULL || input == NULL || !is_row (input) || !must_hear (model, input) ||
      !(g_hash_table_contains (model->graph->metadata, "generative.sample-rate") ||
          (sidecar != NULL && g_key_file_has_key (sidecar, "generative", "sample-rate", NULL))))
    return FALSE;
  model->heard = g_strdup (input->name);
  return TRUE;
}

gboolean
gen_model_make_sound (GenModel *model, int sample_rate, GError **error)
{
  const GenPort *input = find_sole_input (model);
  GenPort used;

  if (input == NULL || !is_row (input) ||
      (input->length >= 0 && !must_hear (model, input) && !gen_port_passes (model, input)))
    return TRUE;
  used = *input;
  if (!gen_port_use_float32 (&used))
    return TRUE;
  g_hash_table_insert (model->graph->metadata, g_strdup ("generative.sample-rate"),
      g_strdup_printf ("%d", sample_rate));
  return gen_model_read (model, error);
}

/* --- the parameter --- */

static gboolean
names_rate (const char *name)
{
  static const char *const rates[] = { "sr", "fs", "rate", "sample_rate", "samplerate",
    "sampling_rate", NULL };
  g_autofree char *lower = g_strdelimit (g_ascii_strdown (name, -1), "-.", '_');

  return g_strv_contains (rates, lower);
}

void
gen_rate_set_parameters (GenModel *model)
{
  const GenPort *sound = gen_model_find_input (model, GEN_PORT_SOUND);

  for (guint i = 0; sound != NULL && sound->sample_rate > 0 && i < model->graph->inputs->len; i++) {
    g_autofree char *text = g_strdup_printf ("%d", sound->sample_rate);

    if (model->inputs[i].part == GEN_PART_PARAMETER && model->parameters[i] == NULL &&
        names_rate (model->inputs[i].name))
      model->parameters[i] = gen_numbers_parse (text);
  }
}
