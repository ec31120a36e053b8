/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A generator's graph, of as many places as are wanted, and what else it takes made constant. */
#include "latent-space-private.h"

#include "samples.h"

/* Places at once, where the model takes any number of them. */
#define BATCH 32

gint64
gen_latent_space_batch (const GenLatentSpace *space, gsize n)
{
  return space->fixed > 0 ? space->fixed : (gint64)CLAMP (n, 1, BATCH);
}

/* What an input besides the latent takes: its parameter, or the class that is said, as a 1 among
 * zeros or as its number. */
static GBytes *
make_value (const GenLatentSpace *space, guint number, const GenTensor *input)
{
  const GenNumbers *said = space->model->parameters[number];
  const gsize n = (gsize)gen_shape_elements (&input->shape);
  const gsize size = gen_data_type_size (input->type);
  const gboolean is_number = input->type != GEN_TYPE_FLOAT32;
  const gsize each = input->shape.rank > 1 ? (gsize)input->shape.dims[1] : 1;
  const gsize place = is_number ? 0 : (gsize)MAX (space->options.class_number, 0);
  guint8 *data = g_malloc0 (n * size);
  g_autofree GenNumbers *one = NULL;

  if (said != NULL) {
    gen_numbers_write (said, input->type, data, n);
    return g_bytes_new_take (data, n * size);
  }
  one = g_malloc0 (sizeof (GenNumbers) + sizeof (double));
  one->n = 1;
  one->values[0] = is_number ? space->options.class_number : 1;
  for (gsize k = 0; k < n; k += each)
    gen_numbers_write (one, input->type, data + (k + place) * size, 1);
  return g_bytes_new_take (data, n * size);
}

/* Let the inputs of `graph` have known shapes, and all but that of places values. */
static gboolean
fix_inputs (const GenLatentSpace *space, GenGraph *graph, const GenShape *place, gint64 batch,
    GError **error)
{
  for (guint i = graph->inputs->len; i > 0; i--) {
    GenTensor *input = g_ptr_array_index (graph->inputs, i - 1);
    const gboolean is_place = i - 1 == space->input;
    GenShape shape = is_place ? *place : input->shape;

    if (shape.rank > 0 && (is_place || shape.dims[0] < 0))
      shape.dims[0] = batch;
    for (int d = 1; d < shape.rank; d++)
      shape.dims[d] = MAX (shape.dims[d], 1);
    if (!gen_graph_set_input_shape (graph, input, &shape, error))
      return FALSE;
    if (!is_place)
      gen_graph_fix_input (graph, input, make_value (space, i - 1, input));
  }
  return TRUE;
}

GenGraph *
gen_latent_space_fix_graph (const GenLatentSpace *space, const GenGraph *graph,
    const GenShape *place, gint64 batch, GError **error)
{
  g_autoptr (GenGraph) copy = gen_graph_copy (graph);

  if (!fix_inputs (space, copy, place, batch, error) || !gen_graph_infer (copy, error)) {
    g_prefix_error (error, "%s: ", space->model->path);
    return NULL;
  }
  return g_steal_pointer (&copy);
}

GenGraph *
gen_latent_space_fix (const GenLatentSpace *space, gint64 batch, GError **error)
{
  return gen_latent_space_fix_graph (space, space->graph, &space->shape, batch, error);
}

/* What `net`, of fixed inputs, makes of `x`. */
static GenTensor *
append (const GenLatentSpace *space, GenGraph *graph, const GenGraph *net, guint output,
    GenTensor *x, GError **error)
{
  const GenTensor *input = g_ptr_array_index (net->inputs, 0);
  g_autofree GenTensor **outputs = g_new0 (GenTensor *, net->outputs->len);

  x = gen_binary (graph, "Reshape", x,
      gen_graph_ints (graph, input->shape.dims, (gsize)input->shape.rank), error);
  if (x == NULL || !gen_graph_append (graph, net, "net/", &x, outputs, NULL, error)) {
    g_prefix_error (error, "%s: ", space->model->path);
    return NULL;
  }
  return outputs[output];
}

GenTensor *
gen_latent_space_append (
    const GenLatentSpace *space, GenGraph *graph, GenTensor *places, GError **error)
{
  g_autoptr (GenGraph) net = NULL;
  GenTensor *made;

  if (places == NULL)
    return NULL;
  net = gen_latent_space_fix (space, places->shape.dims[0], error);
  if (net == NULL)
    return NULL;
  made = append (space, graph, net, space->output, places, error);
  return gen_samples_of_port (graph, made, &space->port, error);
}
