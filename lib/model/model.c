/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a model is for, by the shapes of what goes in and comes out. */
#include <math.h>
#include <string.h>

#include <generative/onnx.h>

#include "model-private.h"

/* A vector from this length on may well be a picture; shorter ones are latents more often. */
#define SMALLEST_SUPPOSED 256

/* What stands for a free picture size, and the length of a sound or series, where only the other
 * extents matter. Nets of series may not take as many vectors. */
#define ANY_SIZE 64
#define ANY_LENGTH 16384
#define FEW_VECTORS 1

static gboolean
is_channels (gint64 extent)
{
  return extent == 1 || extent == 3 || extent == 4;
}

static int
to_extent (gint64 extent)
{
  return (int)CLAMP (extent, -1, G_MAXINT);
}

static gboolean
is_sound (gint64 channels, gint64 length)
{
  return channels >= 1 && channels <= GEN_SOUND_MAX_CHANNELS &&
         (length < 0 || length >= GEN_PORT_SMALLEST_SOUND);
}

int
gen_port_time_axis (const GenPort *port)
{
  return port->shape.rank == 2 || port->channels_last ? 1 : 2;
}

static void
make_sound (GenPort *port)
{
  const GenShape *shape = &port->shape;
  const gboolean plain = shape->rank == 2;

  port->kind = GEN_PORT_SOUND;
  port->channels_last =
      !plain && !(shape->dims[1] >= 1 && shape->dims[1] <= GEN_SOUND_MAX_CHANNELS);
  port->channels = plain ? 1 : to_extent (shape->dims[port->channels_last ? 2 : 1]);
  port->length = shape->dims[gen_port_time_axis (port)];
}

static void
make_series (GenPort *port)
{
  port->kind = GEN_PORT_SERIES;
  port->channels_last = port->shape.dims[1] < 0;
  port->channels = to_extent (port->shape.dims[port->channels_last ? 2 : 1]);
  port->length = port->shape.dims[gen_port_time_axis (port)];
}

static void
read_port (GenPort *port, const GenTensor *tensor, const GenShape *shape)
{
  const gint64 *dims = shape->dims;

  *port = (GenPort){ .name = tensor->name, .type = tensor->type, .shape = *shape };
  port->batch = shape->rank > 0 ? dims[0] : 1;
  if (shape->rank == 1) {
    port->kind = GEN_PORT_VECTOR;
    port->length = 1;
  } else if (shape->rank == 2 ||
             (shape->rank == 4 && dims[2] == 1 && dims[3] == 1 && dims[1] > 0)) {
    port->kind = GEN_PORT_VECTOR;
    port->length = dims[1];
  } else if (shape->rank == 4 && (is_channels (dims[1]) || is_channels (dims[3]))) {
    port->kind = GEN_PORT_PICTURE;
    port->channels_last = !is_channels (dims[1]);
    port->channels = to_extent (dims[port->channels_last ? 3 : 1]);
    port->height = to_extent (dims[port->channels_last ? 1 : 2]);
    port->width = to_extent (dims[port->channels_last ? 2 : 3]);
  } else if (shape->rank == 3 && (is_sound (dims[1], dims[2]) || is_sound (dims[2], dims[1]))) {
    make_sound (port);
  } else if (shape->rank == 3 && (dims[1] > 0) != (dims[2] > 0)) {
    make_series (port);
  }
}

static gboolean
is_timed (const GenPort *port)
{
  return port->kind == GEN_PORT_SOUND || port->kind == GEN_PORT_SERIES;
}

gboolean
gen_model_fix_inputs (
    const GenModel *model, GenGraph *graph, const GenExtents *extents, GError **error)
{
  for (guint i = 0; i < graph->inputs->len; i++) {
    GenTensor *input = g_ptr_array_index (graph->inputs, i);
    const GenPort *port = &model->inputs[i];
    GenShape shape = input->shape;

    for (int d = 0; d < shape.rank; d++)
      if (shape.dims[d] < 0)
        shape.dims[d] = 1;
    if (shape.rank > 0 && input->shape.dims[0] < 0)
      shape.dims[0] = extents->batch;
    if (port->kind == GEN_PORT_PICTURE) {
      int first = port->channels_last ? 1 : 2;

      if (port->height < 0)
        shape.dims[first] = extents->height;
      if (port->width < 0)
        shape.dims[first + 1] = extents->width;
    }
    if (is_timed (port) && port->length < 0)
      shape.dims[gen_port_time_axis (port)] = extents->length;
    if (!gen_graph_set_input_shape (graph, input, &shape, error))
      return FALSE;
  }
  return TRUE;
}

/* Whether the file says of all outputs what they are, for models whose shapes hang on what they
 * compute. */
static gboolean
declares_outputs (const GenGraph *graph)
{
  for (guint i = 0; i < graph->outputs->len; i++) {
    const GenTensor *output = g_ptr_array_index (graph->outputs, i);

    if (output->type == GEN_TYPE_UNDEFINED)
      return FALSE;
  }
  return TRUE;
}

static gboolean
takes_sequences (const GenGraph *graph)
{
  for (guint i = 0; i < graph->inputs->len; i++)
    if (((GenTensor *)g_ptr_array_index (graph->inputs, i))->kind != GEN_KIND_TENSOR)
      return TRUE;
  return FALSE;
}

static gboolean
infer_of_length (const GenModel *model, GenGraph *copy, gint64 length, GError **error)
{
  const GenExtents extents = { 1, ANY_SIZE, ANY_SIZE, length };

  return gen_model_fix_inputs (model, copy, &extents, error) && gen_graph_infer (copy, error);
}

/* The shapes of the outputs, in a copy of the graph; FALSE where they hang on what goes in. */
static gboolean
infer_outputs (const GenModel *model, GenGraph *copy, GError **error)
{
  if (takes_sequences (copy)) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "it takes sequences, whose lengths are not known");
    return FALSE;
  }
  if (gen_model_find_input (model, GEN_PORT_SERIES) != NULL)
    return infer_of_length (model, copy, ANY_LENGTH, NULL) ||
           infer_of_length (model, copy, FEW_VECTORS, error);
  return infer_of_length (model, copy, ANY_LENGTH, error);
}

static gboolean
is_free_extent (const GenGraph *graph, const char *name)
{
  for (guint i = 0; i < graph->inputs->len; i++) {
    const GenTensor *input = g_ptr_array_index (graph->inputs, i);

    for (int d = 0; d < input->shape.rank; d++)
      if (input->shape.dims[d] < 0 && g_strcmp0 (input->dim_names[d], name) == 0)
        return TRUE;
  }
  return FALSE;
}

/* Extents that the file says are those that its inputs leave free: what was worked out is of the
 * size that stood in for any. */
static void
free_extents (GenPort *port, const GenGraph *graph, const GenTensor *said)
{
  if (said->shape.rank != port->shape.rank)
    return;
  for (int d = 0; d < said->shape.rank; d++)
    if (said->shape.dims[d] < 0 && said->dim_names[d] != NULL &&
        is_free_extent (graph, said->dim_names[d]))
      port->shape.dims[d] = -1;
}

/* The ports, with the outputs' extents worked out where the file does not tell them. `copy` is one
 * of the graph, in which shapes become known. */
static gboolean
read_ports (GenModel *model, GenGraph *copy, GKeyFile *sidecar, GError **error)
{
  GenGraph *graph = model->graph;
  gboolean free_batch = FALSE, free_size = FALSE, free_length = FALSE, inferred = TRUE;
  g_autoptr (GError) reason = NULL;

  model->inputs = g_new0 (GenPort, graph->inputs->len + 1);
  model->outputs = g_new0 (GenPort, graph->outputs->len + 1);
  for (guint i = 0; i < graph->inputs->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (graph->inputs, i);

    read_port (&model->inputs[i], tensor, &tensor->shape);
    if (!gen_model_read_sample_rate (model, sidecar, &model->inputs[i], error))
      return FALSE;
    free_batch |= model->inputs[i].batch < 0;
    free_size |= model->inputs[i].kind == GEN_PORT_PICTURE &&
                 (model->inputs[i].height < 0 || model->inputs[i].width < 0);
    free_length |= is_timed (&model->inputs[i]) && model->inputs[i].length < 0;
  }
  if (!infer_outputs (model, copy, &reason)) {
    if (!declares_outputs (graph)) {
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }
    inferred = FALSE;
    model->staged = TRUE;
  }
  for (guint i = 0; i < graph->outputs->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (graph->outputs, i);
    const GenTensor *known = inferred ? g_ptr_array_index (copy->outputs, i) : tensor;
    GenPort *port = &model->outputs[i];

    read_port (port, known, &known->shape);
    port->name = tensor->name;
    if (!gen_model_read_sample_rate (model, sidecar, port, error))
      return FALSE;
    if (free_batch && port->batch == 1 && port->shape.rank > 0)
      port->batch = port->shape.dims[0] = -1;
    if (port->kind == GEN_PORT_OTHER)
      free_extents (port, graph, tensor);
    if ((free_size || free_length) && port->kind == GEN_PORT_PICTURE) {
      int first = port->channels_last ? 1 : 2;

      port->height = port->width = -1;
      port->shape.dims[first] = port->shape.dims[first + 1] = -1;
    }
    if ((free_size || free_length) && port->kind == GEN_PORT_SOUND)
      port->length = port->shape.dims[gen_port_time_axis (port)] = -1;
  }
  return TRUE;
}

/* Fill in all that the graph, its metadata and the file beside it say. */
static gboolean
read_model (GenModel *model, GError **error)
{
  g_autoptr (GenGraph) copy = gen_graph_copy (model->graph);
  g_autoptr (GKeyFile) sidecar = NULL;

  g_clear_pointer (&model->inputs, g_free);
  g_clear_pointer (&model->outputs, g_free);
  model->staged = FALSE;
  if (!gen_model_load_sidecar (model->path, &sidecar, error))
    return FALSE;
  if (!read_ports (model, copy, sidecar, error)) {
    if (model->path != NULL)
      g_prefix_error (error, "%s: ", model->path);
    return FALSE;
  }
  return gen_model_read_ranges (model, model->staged ? model->graph : copy, sidecar, error);
}

static GenModel *
model_new (GenGraph *graph, const char *path, GError **error)
{
  g_autoptr (GenModel) model = g_new0 (GenModel, 1);

  model->graph = gen_graph_ref (graph);
  model->path = g_strdup (path);
  model->ref_count = 1;
  return read_model (model, error) ? g_steal_pointer (&model) : NULL;
}

gboolean
gen_model_make_sound (GenModel *model, int sample_rate, GError **error)
{
  GenPort input = model->graph->inputs->len == 1 ? model->inputs[0] : (GenPort){ 0 };

  if (input.kind != GEN_PORT_VECTOR || input.length >= 0 || !gen_port_use_float32 (&input))
    return TRUE;
  g_hash_table_insert (model->graph->metadata, g_strdup ("generative.sample-rate"),
      g_strdup_printf ("%d", sample_rate));
  return read_model (model, error);
}

GenModel *
gen_model_new (GenGraph *graph, GError **error)
{
  return model_new (graph, NULL, error);
}

GenModel *
gen_model_load (const char *path, GError **error)
{
  g_autoptr (GenGraph) graph = gen_onnx_load (path, error);

  return graph != NULL ? model_new (graph, path, error) : NULL;
}

GenModel *
gen_model_ref (GenModel *model)
{
  g_atomic_int_inc (&model->ref_count);
  return model;
}

void
gen_model_unref (GenModel *model)
{
  if (!g_atomic_int_dec_and_test (&model->ref_count))
    return;
  gen_graph_unref (model->graph);
  g_free (model->path);
  g_free (model->inputs);
  g_free (model->outputs);
  g_free (model);
}

const GenPort *
gen_model_find_input (const GenModel *model, GenPortKind kind)
{
  for (guint i = 0; i < model->graph->inputs->len; i++)
    if (model->inputs[i].kind == kind)
      return &model->inputs[i];
  return NULL;
}

const GenPort *
gen_model_find_output (const GenModel *model, GenPortKind kind)
{
  for (guint i = 0; i < model->graph->outputs->len; i++)
    if (model->outputs[i].kind == kind)
      return &model->outputs[i];
  return NULL;
}

gboolean
gen_port_make_picture (GenPort *port, int width, int height)
{
  gint64 length = port->length;

  if (port->kind != GEN_PORT_VECTOR || length < GEN_PORT_SMALLEST_PICTURE)
    return FALSE;
  for (int channels = 1; channels <= GEN_PORT_MAX_CHANNELS; channels++) {
    gint64 pixels = length / channels, w = width, h = height;

    if (!is_channels (channels) || length % channels != 0)
      continue;
    if (w == 0 && h == 0)
      w = h = (gint64)lround (sqrt ((double)pixels));
    else if (w == 0)
      w = pixels / h;
    else if (h == 0)
      h = pixels / w;
    if (w < 1 || h < 1 || w > G_MAXINT || h > G_MAXINT || pixels % w != 0 || pixels / w != h)
      continue;
    port->kind = GEN_PORT_PICTURE;
    port->channels = channels;
    port->width = (int)w;
    port->height = (int)h;
    return TRUE;
  }
  return FALSE;
}

gboolean
gen_port_make_sound (GenPort *port, int sample_rate)
{
  const gint64 *dims = port->shape.dims;

  if (port->kind != GEN_PORT_SOUND) {
    if (port->shape.rank != 2 &&
        (port->shape.rank != 3 || ((dims[1] < 1 || dims[1] > GEN_SOUND_MAX_CHANNELS) &&
                                      (dims[2] < 1 || dims[2] > GEN_SOUND_MAX_CHANNELS))))
      return FALSE;
    make_sound (port);
  }
  port->sample_rate = sample_rate;
  return TRUE;
}

gboolean
gen_port_make_series (GenPort *port)
{
  if (port->kind == GEN_PORT_OTHER && port->shape.rank == 3 && port->shape.dims[1] > 0 &&
      port->shape.dims[2] > 0)
    make_series (port);
  return port->kind == GEN_PORT_SERIES;
}

gboolean
gen_port_use_float32 (GenPort *port)
{
  switch (port->type) {
  case GEN_TYPE_UINT8:
    if (port->kind != GEN_PORT_PICTURE)
      return FALSE;
    break;
  case GEN_TYPE_FLOAT32:
  case GEN_TYPE_FLOAT16:
  case GEN_TYPE_BFLOAT16:
  case GEN_TYPE_FLOAT64:
    break;
  default:
    return FALSE;
  }
  port->type = GEN_TYPE_FLOAT32;
  return TRUE;
}

void
gen_port_set_range (GenPort *port, float low, float high)
{
  for (int c = 0; c < GEN_PORT_MAX_CHANNELS; c++) {
    port->std[c] = 1 / (high - low);
    port->mean[c] = -low / (high - low);
  }
  port->range = GEN_RANGE_SAID;
}

float
gen_port_black (const GenPort *port, int channel)
{
  return (0 - port->mean[channel]) / port->std[channel];
}

float
gen_port_white (const GenPort *port, int channel)
{
  return (1 - port->mean[channel]) / port->std[channel];
}

static void
describe_sound (GString *text, const GenPort *port)
{
  g_string_append_printf (
      text, port->channels == 1 ? "sounds of 1 channel" : "sounds of %d channels", port->channels);
  if (port->length < 0)
    g_string_append (text, ", any number of samples long");
  else
    g_string_append_printf (text, ", %" G_GINT64_FORMAT " samples long", port->length);
  if (port->sample_rate > 0)
    g_string_append_printf (text, ", at %d Hz", port->sample_rate);
}

static void
describe_port (GString *text, const GenPort *port)
{
  static const char *const colours[] = { "", "grey", "", "colour", "colour with alpha" };
  GenPort picture = *port;
  g_autofree char *shape = gen_shape_to_string (&port->shape);

  if (port->kind == GEN_PORT_PICTURE && port->height > 0 && port->width > 0)
    g_string_append_printf (
        text, "pictures of %d x %d pixels, %s", port->width, port->height, colours[port->channels]);
  else if (port->kind == GEN_PORT_PICTURE)
    g_string_append_printf (text, "pictures of any size, %s", colours[port->channels]);
  else if (port->kind == GEN_PORT_SOUND)
    describe_sound (text, port);
  else if (port->kind == GEN_PORT_SERIES)
    g_string_append_printf (text, "vectors of %d numbers, one after another", port->channels);
  else if (port->kind == GEN_PORT_VECTOR && port->length == 1)
    g_string_append (text, "a score");
  else if (port->kind == GEN_PORT_VECTOR && port->length < 0)
    g_string_append (text, "vectors of any length");
  else if (port->kind == GEN_PORT_VECTOR)
    g_string_append_printf (text, "vectors of %" G_GINT64_FORMAT " numbers", port->length);
  else
    g_string_append_printf (text, "%s %s", gen_data_type_name (port->type), shape);
  if (port->kind != GEN_PORT_OTHER && port->type != GEN_TYPE_FLOAT32)
    g_string_append_printf (text, ", %s", gen_data_type_name (port->type));
  if (port->kind == GEN_PORT_VECTOR && port->length >= SMALLEST_SUPPOSED &&
      gen_port_make_picture (&picture, 0, 0))
    g_string_append_printf (text, " (perhaps pictures of %d x %d pixels, %s)", picture.width,
        picture.height, colours[picture.channels]);
}

char *
gen_model_describe (const GenModel *model)
{
  GString *text = g_string_new ("makes ");

  for (guint i = 0; i < model->graph->outputs->len; i++) {
    g_string_append (text, i > 0 ? " and " : "");
    describe_port (text, &model->outputs[i]);
  }
  g_string_append (text, " from ");
  for (guint i = 0; i < model->graph->inputs->len; i++) {
    g_string_append (text, i > 0 ? " and " : "");
    describe_port (text, &model->inputs[i]);
  }
  return g_string_free (text, FALSE);
}
