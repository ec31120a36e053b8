/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "samples.h"

#include <generative/latent-space.h>
#include <math.h>

#include "../train/perceptual-fit.h"

static GenTensor *
bring_channels_first (GenGraph *graph, GenTensor *x, GError **error)
{
  static const gint64 picture[] = { 0, 3, 1, 2 }, sound[] = { 0, 2, 1 };
  const int rank = x->shape.rank;

  return gen_graph_op (graph, "Transpose", &x, 1, 1, error, "perm", GEN_INTS, rank,
      rank == 4 ? picture : sound, NULL);
}

static GenTensor *
add_numbers (GenGraph *graph, const float *numbers, int n)
{
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (1, n, 1, 1),
      g_bytes_new (numbers, (gsize)n * sizeof *numbers));
}

static GenTensor *
bring_picture (GenGraph *graph, GenTensor *x, const GenPort *port, GError **error)
{
  static const gint64 bgr[] = { 2, 1, 0, 3 };
  const int n = port->channels;

  x = gen_binary (graph, "Mul", x, add_numbers (graph, port->std, n), error);
  x = gen_binary (graph, "Add", x, add_numbers (graph, port->mean, n), error);
  if (x == NULL || !port->bgr)
    return x;
  return gen_graph_op (graph, "Gather", (GenTensor *[]){ x, gen_graph_ints (graph, bgr, (gsize)n) },
      2, 1, error, "axis", GEN_INT, 1, NULL);
}

static GenTensor *
bring_sound (GenGraph *graph, GenTensor *x, const GenPort *port, GError **error)
{
  const float full = fmaxf (fabsf (gen_port_black (port, 0)), fabsf (gen_port_white (port, 0)));
  const gint64 shape[] = { x->shape.dims[0], 1, x->shape.dims[x->shape.rank - 1] };

  if (x->shape.rank == 2)
    x = gen_binary (graph, "Reshape", x, gen_graph_ints (graph, shape, 3), error);
  return gen_binary (graph, "Mul", x, gen_graph_float (graph, 1 / full), error);
}

GenTensor *
gen_samples_of_port (GenGraph *graph, GenTensor *x, const GenPort *port, GError **error)
{
  const gboolean is_picture = port->kind == GEN_PORT_PICTURE;

  if (x == NULL)
    return NULL;
  if (is_picture ? x->shape.rank != 4 : x->shape.rank < 2 || x->shape.rank > 3) {
    g_autofree char *text = gen_shape_to_string (&x->shape);

    g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_MODEL,
        "what it makes has the shape %s, which says nothing of how many samples there are", text);
    return NULL;
  }
  if (port->channels_last)
    x = bring_channels_first (graph, x, error);
  if (x == NULL)
    return NULL;
  return is_picture ? bring_picture (graph, x, port, error) : bring_sound (graph, x, port, error);
}

float
gen_samples_black (const GenShape *shape)
{
  return shape->rank == 4 ? 0 : -1;
}

/* --- models that read them --- */

static gboolean
takes (const GenModel *model, const GenPort *port, const GenShape *shape)
{
  const gint64 channels = shape->dims[1];

  if (port == NULL || model->graph->inputs->len != 1 || model->staged ||
      port->type != GEN_TYPE_FLOAT32)
    return FALSE;
  if (shape->rank == 4)
    return port->channels == channels || (port->channels == 3 && (channels == 1 || channels == 4));
  return port->channels == channels && (port->length < 0 || port->length == shape->dims[2]);
}

GenModel *
gen_samples_open_reader (
    const char *path, const char *what, const GenShape *shape, guint *output, GError **error)
{
  g_autoptr (GenModel) model = gen_model_load (path, error);
  const gboolean is_picture = shape->rank == 4;
  const GenPort *port, *made;

  if (model == NULL)
    return NULL;
  port = gen_model_find_input (model, is_picture ? GEN_PORT_PICTURE : GEN_PORT_SOUND);
  made = gen_model_find_output (model, GEN_PORT_VECTOR);
  if (takes (model, port, shape) && made != NULL && made->type == GEN_TYPE_FLOAT32) {
    *output = (guint)(made - model->outputs);
    return g_steal_pointer (&model);
  }
  g_autofree char *text = gen_model_describe (model);
  g_autofree char *wanted = gen_shape_to_string (shape);
  g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_MODEL,
      "%s %s; %s makes a vector, [N, numbers], of %s of %s", path, text, what,
      is_picture ? "pictures" : "sounds", wanted);
  return NULL;
}

GenTensor *
gen_samples_read (
    GenGraph *graph, const GenModel *reader, guint output, GenTensor *samples, GError **error)
{
  const GenPort *port = &reader->inputs[0];
  const gint64 batch = samples->shape.dims[0];
  g_autoptr (GenGraph) net = gen_graph_copy (reader->graph);
  g_autofree GenTensor **outputs = g_new0 (GenTensor *, net->outputs->len);
  GenTensor *x =
      gen_perceptual_fit (graph, samples, port, gen_samples_black (&samples->shape), 1, error);
  const gint64 flat[] = { batch, -1 };

  if (x == NULL || !gen_graph_set_input_shape (net, net->inputs->pdata[0], &x->shape, error) ||
      !gen_graph_infer (net, error) ||
      !gen_graph_append (graph, net, "reader/", &x, outputs, NULL, error)) {
    g_prefix_error (error, "%s: ", reader->path);
    return NULL;
  }
  return gen_binary (graph, "Reshape", outputs[output], gen_graph_ints (graph, flat, 2), error);
}
