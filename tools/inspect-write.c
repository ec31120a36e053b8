/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What has been decided of a model, into the file beside it. */
#include "inspect.h"

#include <math.h>
#include <string.h>

#include "command.h"

static gboolean
are_same_numbers (const GenNumbers *a, const GenNumbers *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  return a->n == b->n && memcmp (a->values, b->values, a->n * sizeof (double)) == 0;
}

/* Numbers that have been written and read. */
static gboolean
are_near (float a, float b)
{
  return fabsf (a - b) <= 1e-5f * MAX (1, fabsf (a));
}

static gboolean
are_same_ranges (const GenPort *a, const GenPort *b)
{
  for (int c = 0; a->part == GEN_PART_FLOW && inspect_is_picture (a) && c < a->channels; c++)
    if (!are_near (gen_port_black (a, c), gen_port_black (b, c)) ||
        !are_near (gen_port_white (a, c), gen_port_white (b, c)))
      return FALSE;
  return TRUE;
}

/* Whether it is the rate of the whole, which is written as well, that makes a sound of it. */
static gboolean
is_sound_by_rate (const GenPort *one, const GenPort *other, int rate)
{
  return rate > 0 && one->sample_rate == 0 && other->sample_rate == rate &&
         other->kind == GEN_PORT_SOUND && one->part == other->part;
}

/* Of what metadata there are two ideas; NULL where there is one. */
static const char *
compare_ports (const GenPort *one, const GenPort *other, gboolean is_output, int rate)
{
  if (is_sound_by_rate (one, other, rate))
    return NULL;
  if (one->sample_rate != other->sample_rate)
    return "generative.sample-rate";
  if (one->part != other->part || one->kind != other->kind || one->partner != other->partner ||
      !gen_shape_equal (&one->shape, &other->shape))
    return "generative.states or generative.parameters";
  if (!are_same_ranges (one, other))
    return is_output ? "generative.output-range" : "generative.input-range";
  return NULL;
}

/* A port of which the same model read again has another idea, and the metadata that is of it. */
typedef struct {
  const char *side, *name, *metadata;
} Difference;

static gboolean
find_difference (const GenModel *a, const GenModel *b, int rate, Difference *found)
{
  const guint n = a->graph->inputs->len;

  *found = (Difference){ "input", a->inputs[0].name, "generative.parameters" };
  if (n != b->graph->inputs->len)
    return TRUE;
  for (guint i = 0; i < n; i++) {
    const char *metadata = compare_ports (&a->inputs[i], &b->inputs[i], FALSE, rate);

    found->name = a->inputs[i].name;
    if (metadata != NULL)
      found->metadata = metadata;
    if (metadata != NULL || !are_same_numbers (a->parameters[i], b->parameters[i]))
      return TRUE;
  }
  found->side = "output";
  for (guint i = 0; i < a->graph->outputs->len; i++) {
    found->name = a->outputs[i].name;
    found->metadata = compare_ports (&a->outputs[i], &b->outputs[i], TRUE, rate);
    if (found->metadata != NULL)
      return TRUE;
  }
  return FALSE;
}

/* The files that are said to follow it: now, or in the file beside it. (transfer full) */
static char *
find_chain (const char *path, const Hints *hints)
{
  g_autofree char *beside = g_strconcat (path, ".modelinfo", NULL);
  g_autoptr (GKeyFile) file = g_key_file_new ();

  if (hints->chain != NULL)
    return g_strdup (hints->chain);
  g_key_file_load_from_file (file, beside, G_KEY_FILE_NONE, NULL);
  return g_key_file_get_value (file, "generative", "chain", NULL);
}

static void
write_info (const GenModel *model, const GenModelInfo *whole, gboolean force, gboolean quiet,
    GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (GenModel) again = NULL;
  Difference other;

  if (!gen_model_write_info (model, whole, force, &path, error)) {
    if (g_error_matches (*error, G_FILE_ERROR, G_FILE_ERROR_EXIST))
      g_prefix_error (error, "--force is not given: ");
    return;
  }
  if (!quiet)
    g_print ("%-11s %s\n", "written", path);
  again = gen_model_load_as (model->path,
      &(GenModelHints){ .spectrum = "", .chain = "", .sampling.sampler = "once" }, error);
  if (again != NULL && find_difference (model, again, whole->sample_rate, &other))
    command_warn (
        "%s: what the metadata of the model says of %s '%s' comes before what is written: %s", path,
        other.side, other.name, other.metadata);
}

void
inspect_write_info (const Hints *hints, const char *path, const GenModel *played, gboolean force,
    gboolean quiet, GError **error)
{
  const GenSpectra *spectra = played->spectra;
  g_autofree char *chain = find_chain (path, hints);
  const GenModelInfo whole = {
    .spectrum = spectra != NULL ? spectra->text : NULL,
    .chain = chain,
    .sample_rate = spectra != NULL && !spectra->rate_assumed ? played->inputs[0].sample_rate : 0,
    .outputs = played->hints.outputs,
    .inputs = played->hints.inputs,
  };
  g_autoptr (GenModel) own = NULL;
  Hints without = *hints;

  without.spectrum = without.chain = NULL;
  own = hints_load (&without, path, error);
  if (own != NULL)
    write_info (own, &whole, force, quiet, error);
}
