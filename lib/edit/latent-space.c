/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A generator and the space of what it takes. Whatever the space, there is one graph with one input
 * of places; only where the shape of that input comes from differs. */
#include "latent-space-private.h"

#include <generative/latent.h>

#include <math.h>
#include <string.h>

#include "style.h"

/* Styles are measured on those of so many latents. */
#define MEASURED 2048
/* Latents that are drawn to measure are others than those that are looked at. */
#define MEASURED_STREAM 2

G_DEFINE_QUARK (gen_latent_space_error, gen_latent_space_error)

static const char *const kind_names[] = { "latent", "style", "styles", NULL };

const char *const *
gen_space_kind_names (void)
{
  return kind_names;
}

gboolean
gen_space_kind_find (const char *name, GenSpaceKind *kind, GError **error)
{
  for (guint i = 0; kind_names[i] != NULL; i++)
    if (g_str_equal (name, kind_names[i])) {
      *kind = (GenSpaceKind)i;
      return TRUE;
    }
  g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_SETTING,
      "there is no space \"%s\"; there are latent, style and styles", name);
  return FALSE;
}

/* --- spaces between --- */

static gboolean
part (GenLatentSpace *space, GError **error)
{
  const gboolean each = space->options.kind == GEN_SPACE_STYLES;
  const gint64 batch = space->fixed > 0 ? space->fixed : 2;
  g_autoptr (GenGraph) inferred = gen_graph_copy (space->model->graph);
  g_auto (GenStyleNet) net = { 0 };

  /* Inputs stay where they are: only shapes are wanted of it. */
  for (guint i = 0; i < inferred->inputs->len; i++) {
    GenTensor *input = g_ptr_array_index (inferred->inputs, i);
    GenShape shape = input->shape;

    for (int d = 0; d < shape.rank; d++)
      if (shape.dims[d] < 0)
        shape.dims[d] = d == 0 ? batch : 1;
    if (!gen_graph_set_input_shape (inferred, input, &shape, error))
      return FALSE;
  }
  if (!gen_graph_infer (inferred, error))
    return FALSE;
  if (!gen_style_net_part (&net, space->model->graph, inferred, space->input, each))
    return gen_latent_space_fail (space, error,
        "it has no style: no vector that several dense layers and nobody else read, and all goes "
        "through; space latent is there of all generators");
  space->graph = g_steal_pointer (&net.synthesis);
  space->mapping = g_steal_pointer (&net.mapping);
  space->vectors = each ? net.layers : 1;
  space->length = net.length;
  space->shape = each ? GEN_SHAPE (-1, (gint64)net.layers, (gint64)net.length)
                      : GEN_SHAPE (-1, (gint64)net.length);
  return TRUE;
}

static gboolean
open_space (GenLatentSpace *space, GError **error)
{
  const GenShape *drawn = &space->drawn;

  if (space->options.kind != GEN_SPACE_LATENT)
    return part (space, error);
  space->graph = gen_graph_ref (space->model->graph);
  space->shape = *drawn;
  /* As latentsrc and its caps have it: the innermost extent above one are the numbers of one. */
  space->vectors = drawn->rank == 3 && drawn->dims[2] > 1 ? (gsize)drawn->dims[1] : 1;
  space->length = space->latents / space->vectors;
  return TRUE;
}

static gboolean
run_rows (GenPlan *plan, const GenLatentSpace *space, const float *rows, gsize from, guint n,
    float *results, gsize to, GError **error)
{
  const gint64 batch = gen_plan_input (plan, 0)->shape.dims[0];

  if (gen_plan_run_rows (plan, batch, rows, from, n, results, to, error))
    return TRUE;
  g_prefix_error (error, "%s: ", space->model->path);
  return FALSE;
}

static gboolean
map (GenLatentSpace *space, const float *latents, guint n, float *styles, GError **error)
{
  const GenPlanOptions options = { .threads = space->options.threads };

  if (space->mapper == NULL) {
    g_autoptr (GenGraph) net = gen_latent_space_fix_graph (
        space, space->mapping, &space->drawn, gen_latent_space_batch (space, MEASURED), error);

    if (net == NULL || (space->mapper = gen_plan_new (net, &options, error)) == NULL)
      return FALSE;
  }
  return run_rows (space->mapper, space, latents, space->latents, n, styles, space->length, error);
}

static void
fill (const GenLatentSpace *space, guint32 stream, guint64 first, guint n, float *latents)
{
  GenLatent latent = GEN_LATENT_DEFAULTS;

  latent.length = space->latents;
  latent.seed = space->options.seed;
  latent.stream = stream;
  if (space->options.kind == GEN_SPACE_LATENT) {
    latent.length = space->length;
    latent.count = space->vectors;
  }
  for (guint i = 0; i < n; i++)
    gen_latent_fill (&latent, first + i, 1, 1, latents + i * space->latents);
}

/* Mean and deviation of styles. */
static gboolean
measure (GenLatentSpace *space, GError **error)
{
  const gsize length = space->length;
  g_autofree float *latents = NULL, *styles = NULL;

  space->mean = g_new0 (float, length);
  space->deviation = g_new (float, length);
  for (gsize k = 0; k < length; k++)
    space->deviation[k] = 1;
  if (space->mapping == NULL)
    return TRUE;
  latents = g_new (float, MEASURED * space->latents);
  styles = g_new (float, MEASURED *length);
  fill (space, MEASURED_STREAM, 0, MEASURED, latents);
  if (!map (space, latents, MEASURED, styles, error))
    return FALSE;
  for (gsize k = 0; k < length; k++) {
    double sum = 0, squares = 0, mean;

    for (gsize i = 0; i < MEASURED; i++)
      sum += styles[i * length + k];
    mean = sum / MEASURED;
    for (gsize i = 0; i < MEASURED; i++)
      squares += (styles[i * length + k] - mean) * (styles[i * length + k] - mean);
    space->mean[k] = (float)mean;
    space->deviation[k] = (float)sqrt (squares / MEASURED);
    if (!isfinite (space->mean[k]) || !isfinite (space->deviation[k])) {
      g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_NOT_FINITE,
          "%s: styles that it makes are not finite", space->model->path);
      return FALSE;
    }
  }
  return TRUE;
}

/* --- what it makes --- */

static GenPlan *
compile_maker (const GenLatentSpace *space, gint64 batch, GError **error)
{
  const GenPlanOptions options = { .threads = space->options.threads };
  g_autoptr (GenGraph) graph = gen_graph_new ("make");
  GenTensor *places = gen_graph_add_input (graph, "places", GEN_TYPE_FLOAT32,
      &GEN_SHAPE (batch, (gint64)space->vectors, (gint64)space->length));
  GenTensor *made = gen_latent_space_append (space, graph, places, error);

  if (made == NULL)
    return NULL;
  gen_graph_add_output (graph, made);
  return gen_plan_new (graph, &options, error);
}

static gboolean
find_format (GenLatentSpace *space, GError **error)
{
  GenShape shape;

  space->maker = compile_maker (space, gen_latent_space_batch (space, MEASURED), error);
  if (space->maker == NULL)
    return FALSE;
  shape = gen_plan_output (space->maker, 0)->shape;
  space->numbers = (gsize)gen_shape_product (&shape, 1, shape.rank);
  if (shape.rank == 4)
    space->format = (GenFormat){ .medium = &gen_medium_picture,
      .channels = (int)shape.dims[1],
      .height = (int)shape.dims[2],
      .width = (int)shape.dims[3] };
  else
    space->format = (GenFormat){ .medium = &gen_medium_sound,
      .channels = (int)shape.dims[1],
      .length = (gsize)shape.dims[2],
      .rate = space->port.sample_rate };
  if (shape.rank == 3 && space->port.sample_rate <= 0)
    return gen_latent_space_fail (space, error,
        "it does not say at which rate its sounds are played: metadata generative.sample-rate, or "
        "the key sample-rate in the file beside it");
  return TRUE;
}

gboolean
gen_plan_run_rows (GenPlan *plan, gint64 batch, const float *rows, gsize from, guint n,
    float *results, gsize to, GError **error)
{
  for (guint first = 0; first < n; first += (guint)batch) {
    const GenBinding *input = gen_plan_input (plan, 0);
    const guint rest = MIN (n - first, (guint)batch);

    memset (input->data, 0, input->size);
    memcpy (input->data, rows + (gsize)first * from, rest * from * sizeof *rows);
    if (!gen_plan_run (plan, error))
      return FALSE;
    memcpy (
        results + (gsize)first * to, gen_plan_output (plan, 0)->data, rest * to * sizeof *results);
  }
  return TRUE;
}

gboolean
gen_latent_space_make (
    GenLatentSpace *space, const float *places, guint n, float *samples, GError **error)
{
  return run_rows (space->maker, space, places, space->vectors * space->length, n, samples,
      space->numbers, error);
}

gboolean
gen_latent_space_draw (GenLatentSpace *space, guint64 first, guint n, float *places, GError **error)
{
  g_autofree float *latents = NULL, *styles = NULL;

  if (space->mapping == NULL) {
    fill (space, 0, first, n, places);
    return TRUE;
  }
  latents = g_new (float, n * space->latents);
  styles = g_new (float, n * space->length);
  fill (space, 0, first, n, latents);
  if (!map (space, latents, n, styles, error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    for (gsize v = 0; v < space->vectors; v++)
      memcpy (places + (i * space->vectors + v) * space->length, styles + i * space->length,
          space->length * sizeof *places);
  return TRUE;
}

/* --- the whole --- */

GenLatentSpace *
gen_latent_space_new (const char *path, const GenLatentSpaceOptions *options, GError **error)
{
  g_autoptr (GenLatentSpace) space = g_new0 (GenLatentSpace, 1);

  space->options = *options;
  space->model = gen_model_load (path, error);
  if (space->model == NULL || !gen_latent_space_find_ports (space, error) ||
      !open_space (space, error) || !find_format (space, error) || !measure (space, error))
    return NULL;
  return g_steal_pointer (&space);
}

void
gen_latent_space_free (GenLatentSpace *space)
{
  if (space == NULL)
    return;
  g_clear_pointer (&space->maker, gen_plan_free);
  g_clear_pointer (&space->mapper, gen_plan_free);
  g_clear_pointer (&space->graph, gen_graph_unref);
  g_clear_pointer (&space->mapping, gen_graph_unref);
  g_clear_pointer (&space->model, gen_model_unref);
  g_free (space->mean);
  g_free (space->deviation);
  g_free (space);
}

GenSpaceKind
gen_latent_space_kind (const GenLatentSpace *space)
{
  return space->options.kind;
}

gsize
gen_latent_space_vectors (const GenLatentSpace *space)
{
  return space->vectors;
}

gsize
gen_latent_space_length (const GenLatentSpace *space)
{
  return space->length;
}

const GenFormat *
gen_latent_space_format (const GenLatentSpace *space)
{
  return &space->format;
}

const GenGraph *
gen_latent_space_graph (const GenLatentSpace *space)
{
  return space->graph;
}

const float *
gen_latent_space_mean (const GenLatentSpace *space)
{
  return space->mean;
}

const float *
gen_latent_space_deviation (const GenLatentSpace *space)
{
  return space->deviation;
}

int
gen_latent_space_threads (const GenLatentSpace *space)
{
  return space->options.threads;
}

const char *
gen_latent_space_path (const GenLatentSpace *space)
{
  return space->model->path;
}
