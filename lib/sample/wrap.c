/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The graph of a step of a sampler around a denoiser. Numbers of steps lie in constants, of which
 * each run takes those of its own. */
#include <generative/random.h>

#include "../graph/graph-private.h"
#include "sampling.h"

struct _GenSampling {
  const GenGraph *denoiser;
  const GenSamplerSettings *settings;
  GenNoiseLevel *levels; /* a level more than there are steps */
  GenDenoiser ports;
  GHashTable *map;     /* so that a denoiser that is run twice in a step has one set of weights */
  GenGraph *graph;     /* what is made */
  GenTensor **inputs;  /* of the denoiser: those that are the graph's as well, or NULL */
  GenTensor *guidance; /* or NULL */
  GenShape shape;      /* of x, its first extent -1 */
  GenTensor *noise;    /* that the sample is made of, [N, D, 1, 1] */
  GenTensor *number;   /* of the step, int64 [1] */
};

static const GenTensor *
noisy_of (const GenSampling *sampling)
{
  return g_ptr_array_index (sampling->denoiser->inputs, sampling->ports.noisy);
}

/* --- nodes --- */

static GenNode *
append (GenSampling *sampling, const char *op, GenTensor *const *inputs, int n, GError **error)
{
  const GenTensor *made = gen_graph_write (sampling->graph, op, inputs, n, error);

  return made != NULL ? made->producer : NULL;
}

static GenTensor *
output_of (GenNode *node)
{
  return node != NULL ? gen_node_output (node, 0) : NULL;
}

GenTensor *
gen_sampling_binary (
    GenSampling *sampling, const char *op, GenTensor *a, GenTensor *b, GError **error)
{
  return output_of (append (sampling, op, (GenTensor *[]){ a, b }, 2, error));
}

static GenTensor *
unary (GenSampling *sampling, const char *op, GenTensor *x, GError **error)
{
  return output_of (append (sampling, op, &x, 1, error));
}

static GenTensor *
cast (GenSampling *sampling, GenTensor *x, GenDataType type, GError **error)
{
  GenNode *node = append (sampling, "Cast", &x, 1, error);

  if (node != NULL)
    gen_node_set_int (node, "to", type);
  return output_of (node);
}

static GenTensor *
reshape (GenSampling *sampling, GenTensor *x, const GenShape *shape, GError **error)
{
  return gen_sampling_binary (sampling, "Reshape", x,
      gen_graph_ints (sampling->graph, shape->dims, (gsize)shape->rank), error);
}

/* --- numbers of steps --- */

/* The element of this step, of `values`, one for each, which stand in `shape` behind the first
 * extent. */
static GenTensor *
choose (GenSampling *sampling, GenDataType type, const GenShape *shape, gpointer values, gsize size,
    GError **error)
{
  GenTensor *all =
      gen_graph_add_constant (sampling->graph, NULL, type, shape, g_bytes_new (values, size));

  return gen_sampling_binary (sampling, "Gather", all, sampling->number, error);
}

/* `n` values beside an x. */
static GenShape
shape_beside (const GenSampling *sampling)
{
  GenShape shape = { .rank = noisy_of (sampling)->shape.rank };

  for (int d = 0; d < shape.rank; d++)
    shape.dims[d] = d == 0 ? sampling->settings->steps : 1;
  return shape;
}

static GenTensor *
choose_float (GenSampling *sampling, const GenShape *shape, const double *values, GError **error)
{
  const int n = sampling->settings->steps;
  g_autofree float *numbers = g_new (float, n);

  for (int i = 0; i < n; i++)
    numbers[i] = (float)values[i];
  return choose (sampling, GEN_TYPE_FLOAT32, shape, numbers, (gsize)n * sizeof (float), error);
}

/* x times one of `values`, which are forgotten where all are 1. */
static GenTensor *
scale (GenSampling *sampling, GenTensor *x, const double *values, GError **error)
{
  const GenShape shape = shape_beside (sampling);
  int i = 0;

  while (i < sampling->settings->steps && values[i] == 1)
    i++;
  if (i == sampling->settings->steps)
    return x;
  return gen_sampling_binary (
      sampling, "Mul", x, choose_float (sampling, &shape, values, error), error);
}

/* (transfer full) */
static double *
list_numbers (const GenSampling *sampling, GenStepNumber number)
{
  const int n = sampling->settings->steps;
  double *values = g_new (double, n);

  for (int i = 0; i < n; i++)
    values[i] = number (&sampling->levels[i], &sampling->levels[i + 1]);
  return values;
}

GenTensor *
gen_sampling_times (GenSampling *sampling, GenTensor *x, GenStepNumber number, GError **error)
{
  g_autofree double *values = list_numbers (sampling, number);

  return scale (sampling, x, values, error);
}

/* --- the denoiser --- */

static double
scale_of (const GenNoiseLevel *now, const GenNoiseLevel *next)
{
  return now->scale;
}

static double
time_of (const GenNoiseLevel *now, const GenNoiseLevel *next)
{
  return now->time;
}

/* One number for each of the batch of x. */
static GenTensor *
spread (GenSampling *sampling, GenTensor *number, GenTensor *x, GError **error)
{
  GenNode *batch = append (sampling, "Shape", &x, 1, error);

  if (batch == NULL)
    return NULL;
  gen_node_set_int (batch, "start", 0);
  gen_node_set_int (batch, "end", 1);
  return gen_sampling_binary (sampling, "Expand", number, output_of (batch), error);
}

/* A number [1] as the denoiser's input `i` takes it: of its type, a scalar, or one for each of the
 * batch of x. */
static GenTensor *
fit (GenSampling *sampling, guint i, GenTensor *number, GenTensor *x, GError **error)
{
  const GenTensor *input = g_ptr_array_index (sampling->denoiser->inputs, i);
  const gint64 second = 1;

  if (number != NULL && number->type != input->type)
    number = cast (sampling, number, input->type, error);
  if (input->shape.rank == 0)
    return unary (sampling, "Squeeze", number, error);
  if (input->shape.dims[0] != 1)
    number = spread (sampling, number, x, error);
  if (input->shape.rank == 2)
    number = gen_sampling_binary (
        sampling, "Unsqueeze", number, gen_graph_ints (sampling->graph, &second, 1), error);
  return number;
}

/* What the denoiser is told, as it takes it. */
static GenTensor *
make_time (GenSampling *sampling, GenTensor *x, GError **error)
{
  g_autofree double *values = list_numbers (sampling, time_of);
  GenTensor *time = choose_float (sampling, &GEN_SHAPE (sampling->settings->steps), values, error);

  return fit (sampling, sampling->ports.time, time, x, error);
}

/* The sample, of what the denoiser has seen and made. */
static GenTensor *
weigh (GenSampling *sampling, GenTensor *seen, GenTensor *made, GError **error)
{
  const int n = sampling->settings->steps;
  g_autofree double *of_input = g_new (double, n), *of_output = g_new (double, n);
  GenTensor *part;
  gboolean any = FALSE;

  for (int i = 0; i < n; i++) {
    const GenNoiseLevel *level = &sampling->levels[i];

    sampling->settings->prediction->weigh (
        level->signal * level->scale, level->noise * level->scale, &of_input[i], &of_output[i]);
    any |= of_input[i] != 0;
  }
  part = scale (sampling, made, of_output, error);
  if (!any)
    return part;
  return gen_sampling_binary (
      sampling, "Add", scale (sampling, seen, of_input, error), part, error);
}

/* What the denoiser makes of `inputs`, float32. */
static GenTensor *
apply (GenSampling *sampling, GenTensor *const *inputs, GError **error)
{
  const GenGraph *denoiser = sampling->denoiser;
  g_autofree GenTensor **outputs = g_new0 (GenTensor *, denoiser->outputs->len);
  GenTensor *made;

  gen_graph_bring (sampling->graph, denoiser, NULL, inputs, outputs, sampling->map);
  made = outputs[sampling->ports.made];
  return noisy_of (sampling)->type != GEN_TYPE_FLOAT32
             ? cast (sampling, made, GEN_TYPE_FLOAT32, error)
             : made;
}

/* No class, for each of the batch of x. */
static GenTensor *
make_none (GenSampling *sampling, GenTensor *x, GError **error)
{
  const gint64 none = sampling->settings->classes;
  GenTensor *number = gen_graph_ints (sampling->graph, &none, 1);

  return fit (sampling, (guint)sampling->ports.condition, number, x, error);
}

/* none + guidance * (made - none), of what is made of the class and of none. */
static GenTensor *
guide (
    GenSampling *sampling, GenTensor *const *inputs, GenTensor *x, GenTensor *made, GError **error)
{
  g_autofree GenTensor **others =
      g_memdup2 (inputs, sampling->denoiser->inputs->len * sizeof *others);
  GenTensor *none, *apart;

  others[sampling->ports.condition] = make_none (sampling, x, error);
  if (others[sampling->ports.condition] == NULL)
    return NULL;
  none = apply (sampling, others, error);
  apart = gen_sampling_binary (sampling, "Sub", made, none, error);
  apart = gen_sampling_binary (sampling, "Mul", apart, sampling->guidance, error);
  return gen_sampling_binary (sampling, "Add", none, apart, error);
}

GenTensor *
gen_sampling_denoise (GenSampling *sampling, GenTensor *x, GError **error)
{
  const GenGraph *denoiser = sampling->denoiser;
  const GenDataType type = noisy_of (sampling)->type;
  g_autofree GenTensor **inputs =
      g_memdup2 (sampling->inputs, denoiser->inputs->len * sizeof *inputs);
  GenTensor *seen = gen_sampling_times (sampling, x, scale_of, error), *noisy = seen, *made;

  if (seen == NULL)
    return NULL;
  if (type != GEN_TYPE_FLOAT32)
    noisy = cast (sampling, seen, type, error);
  inputs[sampling->ports.noisy] = noisy;
  inputs[sampling->ports.time] = make_time (sampling, x, error);
  if (noisy == NULL || inputs[sampling->ports.time] == NULL)
    return NULL;
  made = apply (sampling, inputs, error);
  if (sampling->guidance != NULL)
    made = guide (sampling, inputs, x, made, error);
  return weigh (sampling, seen, made, error);
}

/* --- noise anew --- */

/* Of each step a permutation of the numbers of x, and a sign for each. */
static void
draw_orders (int steps, gsize n, gint64 *orders, float *signs)
{
  const GenRandom random = gen_random_new (0, GEN_STREAM_SAMPLING, 0);
  const GenRandom random_sign = gen_random_new (0, GEN_STREAM_SAMPLING, 1);
  g_autofree guint32 *order = g_new (guint32, n);

  for (int step = 0; step < steps; step++) {
    gen_random_permutation (&random, (guint64)step, order, (guint32)n);
    gen_random_uniform (&random_sign, (guint64)step, 0, signs, n);
    for (gsize i = 0; i < n; i++) {
      *orders++ = order[i];
      signs[i] = signs[i] < 0.5f ? -1 : 1;
    }
    signs += n;
  }
}

/* The numbers that the sample is made of in another order, half of them with the other sign. They
 * are normal as well, and a number here and the one in the same place of another step have nothing
 * to do with each other. So noise follows from the latent alone, whatever else is made with it, and
 * changes little where that does, as in a walk. */
static GenTensor *
reorder (GenSampling *sampling, GError **error)
{
  const int steps = sampling->settings->steps;
  const GenShape *shape = &sampling->shape;
  const gint64 n = gen_shape_product (shape, 1, shape->rank);
  const GenShape table = GEN_SHAPE (steps, n);
  const gsize size = (gsize)(steps * n);
  g_autofree gint64 *orders = g_new (gint64, size);
  g_autofree float *signs = g_new (float, size);
  GenTensor *rows, *order, *sign;
  GenNode *ordered;

  draw_orders (steps, (gsize)n, orders, signs);
  rows = reshape (sampling, sampling->noise, &GEN_SHAPE (-1, n), error);
  order = choose (sampling, GEN_TYPE_INT64, &table, orders, size * sizeof *orders, error);
  order = reshape (sampling, order, &GEN_SHAPE (n), error);
  sign = choose (sampling, GEN_TYPE_FLOAT32, &table, signs, size * sizeof *signs, error);
  ordered = append (sampling, "Gather", (GenTensor *[]){ rows, order }, 2, error);
  if (ordered == NULL)
    return NULL;
  gen_node_set_int (ordered, "axis", 1);
  return reshape (sampling, gen_sampling_binary (sampling, "Mul", output_of (ordered), sign, error),
      shape, error);
}

GenTensor *
gen_sampling_add_noise (GenSampling *sampling, GenTensor *x, GenStepNumber number, GError **error)
{
  g_autofree double *values = list_numbers (sampling, number);
  int i = 0;

  while (i < sampling->settings->steps && values[i] == 0)
    i++;
  if (i == sampling->settings->steps)
    return x;
  return gen_sampling_binary (
      sampling, "Add", x, scale (sampling, reorder (sampling, error), values, error), error);
}

/* --- the loop --- */

/* The shape of x, all of whose extents but the first are known. */
static gboolean
fix_size (const GenSampling *sampling, GenShape *shape, GError **error)
{
  const GenTensor *noisy = noisy_of (sampling);
  const int sizes[] = { sampling->settings->height, sampling->settings->width };
  g_autofree char *text = gen_shape_to_string (&noisy->shape);
  int n = 0;

  *shape = noisy->shape;
  for (int d = 1; d < shape->rank; d++)
    if (shape->dims[d] < 0 && shape->rank == 4 && n < 2 && sizes[n] > 0)
      shape->dims[d] = sizes[n++];
  for (int d = 1; d < shape->rank; d++)
    if (shape->dims[d] < 0) {
      g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
          shape->rank == 4 ? "its input '%s', %s, is of any size, and properties width and height "
                             "say of which pictures are to be made"
                           : "its input '%s', %s, is of any size; export it with a fixed one",
          noisy->name, text);
      return FALSE;
    }
  return TRUE;
}

/* The numbers of x in a row, as latents are, of N as x has it. */
static GenTensor *
add_noise (GenSampling *sampling, const GenShape *shape)
{
  const GenTensor *noisy = noisy_of (sampling);
  const GenShape row = GEN_SHAPE (shape->dims[0], gen_shape_product (shape, 1, shape->rank), 1, 1);
  GenTensor *noise;

  noise = gen_graph_add_input (sampling->graph, "noise", GEN_TYPE_FLOAT32, &row);
  noise->dim_names[0] = g_strdup (noisy->dim_names[0]);
  return noise;
}

/* Inputs of the denoiser that are the loop's as well. */
static void
add_conditions (GenSampling *sampling)
{
  for (guint i = 0; i < sampling->denoiser->inputs->len; i++) {
    const GenTensor *input = g_ptr_array_index (sampling->denoiser->inputs, i);

    if (i == sampling->ports.noisy || i == sampling->ports.time)
      continue;
    sampling->inputs[i] =
        gen_graph_add_input (sampling->graph, input->name, input->type, &input->shape);
    sampling->inputs[i]->kind = input->kind;
    sampling->inputs[i]->holds = input->holds;
    for (int d = 0; d < input->shape.rank; d++)
      sampling->inputs[i]->dim_names[d] = g_strdup (input->dim_names[d]);
  }
}

/* The x of this step: noise in the first one. */
static GenTensor *
begin (GenSampling *sampling, GenTensor *kept, GError **error)
{
  const int n = sampling->settings->steps;
  const GenShape beside = shape_beside (sampling);
  g_autofree guint8 *is_first = g_new0 (guint8, n);
  g_autofree double *starts = list_numbers (sampling, sampling->settings->sampler->start);
  GenTensor *first = reshape (sampling, sampling->noise, &sampling->shape, error);

  first = scale (sampling, first, starts, error);
  is_first[0] = TRUE;
  return output_of (append (sampling, "Where",
      (GenTensor *[]){
          choose (sampling, GEN_TYPE_BOOL, &beside, is_first, (gsize)n, error), first, kept },
      3, error));
}

/* The number of the step that follows: the first one, behind the last. */
static GenTensor *
count (GenSampling *sampling, GError **error)
{
  const int n = sampling->settings->steps;
  g_autofree gint64 *following = g_new (gint64, n);

  for (int i = 0; i < n; i++)
    following[i] = (i + 1) % n;
  return choose (
      sampling, GEN_TYPE_INT64, &GEN_SHAPE (n), following, (gsize)n * sizeof (gint64), error);
}

static void
copy_metadata (GenSampling *sampling, const GenTensor *x, const GenTensor *next_x,
    const GenTensor *next_number)
{
  GHashTable *metadata = sampling->graph->metadata;
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, sampling->denoiser->metadata);
  while (g_hash_table_iter_next (&iter, &key, &value))
    g_hash_table_insert (metadata, g_strdup (key), g_strdup (value));
  g_hash_table_remove (metadata, "generative.sampler");
  g_hash_table_insert (metadata, g_strdup ("generative.states"),
      g_strdup_printf (
          "%s=%s,%s=%s", x->name, next_x->name, sampling->number->name, next_number->name));
}

/* What may not be said of a denoiser in a loop. */
static gboolean
check_states (const GenGraph *denoiser, GError **error)
{
  const char *states = g_hash_table_lookup (denoiser->metadata, "generative.states");

  if (states == NULL || *states == '\0')
    return TRUE;
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "a model that remembers (generative.states=%s) cannot be run several times for a sample",
      states);
  return FALSE;
}

static gboolean
build (GenSampling *sampling, GError **error)
{
  GenGraph *graph = sampling->graph;
  const GenTensor *said = g_ptr_array_index (sampling->denoiser->outputs, sampling->ports.made);
  GenTensor *kept, *x, *next, *number, *result;
  GenShape shape;

  if (!fix_size (sampling, &shape, error))
    return FALSE;
  sampling->shape = shape;
  sampling->shape.dims[0] = -1;
  sampling->noise = add_noise (sampling, &shape);
  add_conditions (sampling);
  if (sampling->settings->guided)
    sampling->guidance =
        gen_graph_add_input (graph, GEN_SAMPLING_GUIDANCE, GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
  result = gen_graph_add_value (graph, said->name);
  kept = gen_graph_add_input (graph, "sampler.x", GEN_TYPE_FLOAT32, &shape);
  sampling->number = gen_graph_add_input (graph, "sampler.step", GEN_TYPE_INT64, &GEN_SHAPE (1));
  x = begin (sampling, kept, error);
  next = x != NULL ? sampling->settings->sampler->step (sampling, x, error) : NULL;
  number = count (sampling, error);
  if (next == NULL || number == NULL ||
      gen_graph_add_node (graph, "", NULL, "Identity", GEN_OPSET, &next, 1, &result, 1, error) ==
          NULL)
    return FALSE;
  gen_graph_add_output (graph, result);
  gen_graph_add_output (graph, next);
  gen_graph_add_output (graph, number);
  copy_metadata (sampling, kept, next, number);
  return TRUE;
}

GenGraph *
gen_sampling_wrap (const GenGraph *graph, const GenSamplerSettings *settings, GError **error)
{
  g_autofree GenNoiseLevel *levels = g_new0 (GenNoiseLevel, settings->steps + 1);
  g_autofree GenTensor **inputs = g_new0 (GenTensor *, graph->inputs->len);
  g_autoptr (GHashTable) map = g_hash_table_new (NULL, NULL);
  g_autoptr (GenGraph) made = gen_graph_new (graph->name);
  GenSampling sampling = { .denoiser = graph,
    .settings = settings,
    .levels = levels,
    .map = map,
    .graph = made,
    .inputs = inputs };

  if (gen_denoiser_find (graph, &sampling.ports, error) && check_states (graph, error) &&
      gen_sampling_place (settings, levels, error) && build (&sampling, error))
    return g_steal_pointer (&made);
  g_prefix_error (error, "sampler %s: ", settings->sampler->name);
  return NULL;
}
