/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "perceptual.h"

#include <generative/model.h>
#include <generative/trainer.h>

#include "perceptual-fit.h"
#include "reconstructions/means.h"

#define PREFIX "perceptual."

/* `x` times a factor and plus a term, one of each for each channel. */
static GenTensor *
scale (GenGraph *graph, GenTensor *x, const float *factors, const float *terms, GError **error)
{
  GenShape shape = x->shape;
  const gsize size = (gsize)shape.dims[1] * sizeof (float);
  GenTensor *factor, *term;

  for (int i = 0; i < shape.rank; i++)
    shape.dims[i] = i == 1 ? shape.dims[1] : 1;
  factor =
      gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &shape, g_bytes_new (factors, size));
  term = gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &shape, g_bytes_new (terms, size));
  return gen_binary (graph, "Add", gen_binary (graph, "Mul", x, factor, error), term, error);
}

/* Numbers from `low` to `high` become those that the port takes. */
static GenTensor *
bring_to_range (
    GenGraph *graph, GenTensor *x, const GenPort *port, float low, float high, GError **error)
{
  float factors[MAX (GEN_PORT_MAX_CHANNELS, GEN_SOUND_MAX_CHANNELS)];
  float terms[G_N_ELEMENTS (factors)];

  for (gint64 c = 0; c < x->shape.dims[1]; c++) {
    const int of = port->kind == GEN_PORT_PICTURE ? (int)c : 0;
    const float black = gen_port_black (port, of), white = gen_port_white (port, of);

    factors[c] = (white - black) / (high - low);
    terms[c] = black - low * factors[c];
  }
  return scale (graph, x, factors, terms, error);
}

/* Grey becomes three channels, alpha is left out, and red and blue change places. */
static GenTensor *
bring_to_channels (GenGraph *graph, GenTensor *x, const GenPort *port, GError **error)
{
  static const gint64 grey[] = { 0, 0, 0 }, bgr[] = { 2, 1, 0, 3 }, rgb[] = { 0, 1, 2 };
  const gint64 *chosen = x->shape.dims[1] < 3 ? grey : port->bgr ? bgr : rgb;

  if (x->shape.dims[1] == port->channels && chosen != bgr)
    return x;
  return gen_graph_op (graph, "Gather",
      (GenTensor *[]){ x, gen_graph_ints (graph, chosen, (gsize)port->channels) }, 2, 1, error,
      "axis", GEN_INT, 1, NULL);
}

static GenTensor *
bring_to_size (GenGraph *graph, GenTensor *x, const GenPort *port, GError **error)
{
  gint64 extents[] = { x->shape.dims[0], x->shape.dims[1], x->shape.dims[2], x->shape.dims[3] };

  if (port->height > 0)
    extents[2] = port->height;
  if (port->width > 0)
    extents[3] = port->width;
  if (extents[2] == x->shape.dims[2] && extents[3] == x->shape.dims[3])
    return x;
  return gen_graph_op (graph, "Resize",
      (GenTensor *[]){ x, NULL, NULL, gen_graph_ints (graph, extents, 4) }, 4, 1, error, "mode",
      GEN_STRING, "linear", NULL);
}

static GenTensor *
bring_to_order (GenGraph *graph, GenTensor *x, const GenPort *port, GError **error)
{
  static const gint64 last[] = { 0, 2, 3, 1 }, sound_last[] = { 0, 2, 1 };
  const int rank = x->shape.rank;

  if (!port->channels_last)
    return x;
  return gen_graph_op (graph, "Transpose", &x, 1, 1, error, "perm", GEN_INTS, rank,
      rank == 4 ? last : sound_last, NULL);
}

GenTensor *
gen_perceptual_fit (
    GenGraph *graph, GenTensor *x, const GenPort *port, float low, float high, GError **error)
{
  if (x == NULL)
    return NULL;
  x = bring_to_channels (graph, x, port, error);
  if (x != NULL)
    x = bring_to_range (graph, x, port, low, high, error);
  if (x != NULL && x->shape.rank == 4)
    x = bring_to_size (graph, x, port, error);
  return x == NULL ? NULL : bring_to_order (graph, x, port, error);
}

static gboolean
takes (const GenModel *model, const GenPort *port, const GenShape *samples)
{
  const gint64 channels = samples->dims[1];

  if (port == NULL || model->graph->inputs->len != 1 || port->type != GEN_TYPE_FLOAT32 ||
      (port->batch >= 0 && port->batch != samples->dims[0]))
    return FALSE;
  if (port->kind == GEN_PORT_PICTURE)
    return port->channels == channels || (port->channels == 3 && (channels == 1 || channels == 4));
  return port->channels == channels && (port->length < 0 || port->length == samples->dims[2]);
}

static const GenPort *
find_port (const GenModel *model, const GenShape *samples, GError **error)
{
  const gboolean pictures = samples->rank == 4;
  const GenPort *port = gen_model_find_input (model, pictures ? GEN_PORT_PICTURE : GEN_PORT_SOUND);

  if (takes (model, port, samples))
    return port;
  g_autofree char *text = gen_model_describe (model);
  g_autofree char *shape = gen_shape_to_string (samples);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "%s %s; one input is wanted, of float32, that takes %s of %s", model->path, text,
      pictures ? "pictures" : "sounds", shape);
  return NULL;
}

/* What the model makes of `x`; `map` keeps its weights. */
static gboolean
see (GenGraph *graph, const GenGraph *net, GenTensor *x, GenTensor **outputs, GHashTable *map,
    GError **error)
{
  return x != NULL && gen_graph_append (graph, net, PREFIX, &x, outputs, map, error);
}

static gboolean
check_output (
    const char *setting, const char *path, const GenTensor *output, gint64 batch, GError **error)
{
  if (output->type == GEN_TYPE_FLOAT32 && output->shape.rank > 1 && output->shape.dims[0] == batch)
    return TRUE;
  g_autofree char *text = gen_shape_to_string (&output->shape);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "%s: %s makes %s of %" G_GINT64_FORMAT " samples; features of each are wanted, in float32",
      setting, path, text, batch);
  return FALSE;
}

GenTensor *
gen_perceptual_compare (GenGraph *graph, const char *setting, const char *path, GenTensor *made,
    GenTensor *wanted, float low, float high, GError **error)
{
  g_autoptr (GenModel) model = gen_model_load (path, error);
  const GenPort *port = model != NULL ? find_port (model, &made->shape, error) : NULL;
  g_autoptr (GHashTable) map = g_hash_table_new (NULL, NULL);
  g_autofree GenTensor **seen = NULL, **meant = NULL;
  const gint64 batch = made->shape.dims[0];
  GenTensor *sum = NULL;
  guint n;

  if (port == NULL) {
    g_prefix_error (error, "%s: ", setting);
    return NULL;
  }
  n = model->graph->outputs->len;
  seen = g_new0 (GenTensor *, n);
  meant = g_new0 (GenTensor *, n);
  made = gen_perceptual_fit (graph, made, port, low, high, error);
  if (!see (graph, model->graph, made, seen, map, error))
    return NULL;
  wanted = gen_perceptual_fit (graph, wanted, port, low, high, error);
  if (!see (graph, model->graph, wanted, meant, map, error))
    return NULL;
  for (guint i = 0; i < n; i++) {
    GenTensor *apart;

    if (!check_output (setting, path, seen[i], batch, error))
      return NULL;
    apart = gen_binary (graph, "Sub", seen[i], meant[i], error);
    apart = gen_reconstruction_mean (graph, gen_binary (graph, "Mul", apart, apart, error), error);
    sum = sum == NULL ? apart : gen_binary (graph, "Add", sum, apart, error);
    if (sum == NULL)
      return NULL;
  }
  return sum;
}
