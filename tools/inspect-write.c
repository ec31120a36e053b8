/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What has been decided of a model, into the file beside it. */
#include "inspect.h"

#include <string.h>

#include "command.h"

static gboolean
are_same_numbers (const GenNumbers *a, const GenNumbers *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  return a->n == b->n && memcmp (a->values, b->values, a->n * sizeof (double)) == 0;
}

/* The first input of `a` of which `b`, the same model read again, has another idea; or NULL. */
static const char *
find_difference (const GenModel *a, const GenModel *b)
{
  if (a->graph->inputs->len != b->graph->inputs->len)
    return a->inputs[0].name;
  for (guint i = 0; i < a->graph->inputs->len; i++) {
    const GenPort *one = &a->inputs[i], *other = &b->inputs[i];

    if (one->part != other->part || one->kind != other->kind || one->partner != other->partner ||
        !gen_shape_equal (&one->shape, &other->shape) ||
        !are_same_numbers (a->parameters[i], b->parameters[i]))
      return one->name;
  }
  return NULL;
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

/* Write down what is decided, and see whether that is what will be read. */
void
inspect_write_info (const GenModel *model, const GenModel *played, const char *chain,
    gboolean force, gboolean quiet, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (GenModel) again = NULL;
  const char *other;

  if (!gen_model_write_info (model, played->spectra != NULL ? played->spectra->text : NULL, chain,
          force, &path, error)) {
    if (g_error_matches (*error, G_FILE_ERROR, G_FILE_ERROR_EXIST))
      g_prefix_error (error, "--force is not given: ");
    return;
  }
  if (!quiet)
    g_print ("%-11s %s\n", "written", path);
  again = gen_model_load_as (model->path,
      &(GenModelHints){ .spectrum = "", .chain = "", .sampling.sampler = "once" }, error);
  other = again != NULL ? find_difference (model, again) : NULL;
  if (other != NULL)
    command_warn ("%s: what the metadata of the model says of input '%s' comes before what is "
                  "written: generative.states or generative.parameters",
        path, other);
}

/* The same of the file's own ports, where the model is shown as one of sound. */
void
inspect_write_own_info (const Hints *hints, const char *path, const GenModel *played,
    gboolean force, gboolean quiet, GError **error)
{
  g_autofree char *chain = find_chain (path, hints);
  g_autoptr (GenModel) own = NULL;
  Hints without = *hints;

  without.spectrum = without.chain = NULL;
  own = hints_load (&without, path, error);
  if (own != NULL)
    inspect_write_info (own, played, chain, force, quiet, error);
}
