/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which models are denoisers: something with noise goes in, and comes out in the same shape; beside
 * it goes a single number, which tells how much noise there is. */
#include <string.h>

#include <generative/sampler.h>

/* What denoisers call that number. */
static const char *const times[] = { "sigma", "sigmas", "t", "time", "times", "timestep",
  "timesteps", "time_step", "noise_level", "noise_levels", "noise_label", "noise_labels", NULL };

static const GenTensor *
input_of (const GenGraph *graph, guint i)
{
  return g_ptr_array_index (graph->inputs, i);
}

static gboolean
is_float (GenDataType type)
{
  return type == GEN_TYPE_FLOAT32 || type == GEN_TYPE_FLOAT16 || type == GEN_TYPE_BFLOAT16 ||
         type == GEN_TYPE_FLOAT64;
}

/* A number, or one for each of a batch, that is not how much an adapter counts (adapter-file.h). */
static gboolean
is_number (const GenTensor *input)
{
  const GenShape *shape = &input->shape;

  if (input->kind != GEN_KIND_TENSOR || g_str_has_prefix (input->name, "adapter-") ||
      (!is_float (input->type) && input->type != GEN_TYPE_INT64 && input->type != GEN_TYPE_INT32))
    return FALSE;
  return shape->rank == 0 || shape->rank == 1 || (shape->rank == 2 && shape->dims[1] == 1);
}

static gboolean
is_time_name (const char *name)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);

  return g_strv_contains (times, lower);
}

/* The number of the input that is said or named to be the time, as many as there are where there
 * is none. */
static guint
find_named (const GenGraph *graph)
{
  const char *said = g_hash_table_lookup (graph->metadata, "generative.time");
  guint i = 0;

  while (i < graph->inputs->len && !(is_number (input_of (graph, i)) &&
                                       (said != NULL ? strcmp (said, input_of (graph, i)->name) == 0
                                                     : is_time_name (input_of (graph, i)->name))))
    i++;
  return i;
}

static gboolean
find_time (const GenGraph *graph, GenDenoiser *denoiser, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);
  guint n = 0;

  denoiser->time = find_named (graph);
  denoiser->time_is_named = denoiser->time < graph->inputs->len;
  for (guint i = 0; !denoiser->time_is_named && i < graph->inputs->len; i++) {
    if (!is_number (input_of (graph, i)))
      continue;
    denoiser->time = i;
    g_string_append_printf (names, n++ > 0 ? " or '%s'" : "'%s'", input_of (graph, i)->name);
  }
  if (denoiser->time_is_named || n == 1) {
    g_autofree char *lower = g_ascii_strdown (input_of (graph, denoiser->time)->name, -1);

    denoiser->time_is_sigma = g_str_has_prefix (lower, "sigma");
    return TRUE;
  }
  if (n == 0)
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "it is no denoiser: none of its inputs is a number, [1] or [N], that tells how much noise "
        "there is");
  else
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "which of its inputs tells how much noise there is, %s, is not known; metadata "
        "generative.time names it",
        names->str);
  return FALSE;
}

/* The first input that comes out as it went in. */
static gboolean
find_noisy (const GenGraph *graph, GenDenoiser *denoiser)
{
  for (guint i = 0; i < graph->inputs->len; i++) {
    const GenTensor *input = input_of (graph, i);

    if (i == denoiser->time || input->kind != GEN_KIND_TENSOR || input->shape.rank < 2 ||
        !is_float (input->type))
      continue;
    for (guint k = 0; k < graph->outputs->len; k++) {
      if (!gen_shape_may_be (
              &((const GenTensor *)g_ptr_array_index (graph->outputs, k))->shape, &input->shape))
        continue;
      denoiser->noisy = i;
      denoiser->made = k;
      return TRUE;
    }
  }
  return FALSE;
}

/* The first whole number but the time. */
static int
find_class (const GenGraph *graph, guint time)
{
  for (guint i = 0; i < graph->inputs->len; i++)
    if (i != time && is_number (input_of (graph, i)) && !is_float (input_of (graph, i)->type))
      return (int)i;
  return -1;
}

gboolean
gen_denoiser_find (const GenGraph *graph, GenDenoiser *denoiser, GError **error)
{
  *denoiser = (GenDenoiser){ 0 };
  if (!find_time (graph, denoiser, error))
    return FALSE;
  denoiser->condition = find_class (graph, denoiser->time);
  if (find_noisy (graph, denoiser))
    return TRUE;
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "it is no denoiser: none of its inputs beside '%s', of floats [N, D] and more, has the shape "
      "of an output",
      input_of (graph, denoiser->time)->name);
  return FALSE;
}

/* How many inputs are of the shape of what comes out. Of two pictures that become a third one, and
 * of a moment between them, there is no telling. */
static guint
count_alike (const GenGraph *graph, const GenDenoiser *denoiser)
{
  const GenTensor *made = g_ptr_array_index (graph->outputs, denoiser->made);
  guint n = 0;

  for (guint i = 0; i < graph->inputs->len; i++)
    n += i != denoiser->time && gen_shape_may_be (&made->shape, &input_of (graph, i)->shape);
  return n;
}

char *
gen_denoiser_describe (const GenGraph *graph)
{
  GenDenoiser denoiser;

  if (!gen_denoiser_find (graph, &denoiser, NULL) || !denoiser.time_is_named ||
      count_alike (graph, &denoiser) != 1)
    return NULL;
  return g_strdup_printf (
      "perhaps: '%s' with the noise that '%s' tells becomes '%s'; generator's property sampler=%s "
      "makes samples of noise by it",
      input_of (graph, denoiser.noisy)->name, input_of (graph, denoiser.time)->name,
      ((GenTensor *)g_ptr_array_index (graph->outputs, denoiser.made))->name,
      denoiser.time_is_sigma ? "euler" : "ddim");
}
