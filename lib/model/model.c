/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a model is for, by the shapes of what goes in and comes out. */
#include <math.h>
#include <string.h>

#include <generative/onnx.h>

#include "parts.h"
#include "spectra.h"

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

int
gen_port_height_axis (const GenPort *port)
{
  return port->shape.rank - (port->channels_last ? 3 : 2);
}

/* A picture whose channels are the axis `channels`, of which there are `each`. */
static void
make_picture (GenPort *port, int channels, int each)
{
  const GenShape *shape = &port->shape;

  port->kind = GEN_PORT_PICTURE;
  port->channels_last = channels == shape->rank - 1;
  port->channels = each;
  port->height = to_extent (shape->dims[gen_port_height_axis (port)]);
  port->width = to_extent (shape->dims[gen_port_height_axis (port) + 1]);
  port->frames = 1;
}

/* Pictures that follow each other along the axis `frames`; a picture where it is one. */
static void
make_frames (GenPort *port, int frames, int channels)
{
  make_picture (port, channels, to_extent (port->shape.dims[channels]));
  port->frames = to_extent (port->shape.dims[frames]);
  port->frames_last = frames > channels;
  if (port->frames != 1)
    port->kind = GEN_PORT_FRAMES;
}

/* Of five extents, where the channels are: three say more than one. */
static void
read_frames (GenPort *port)
{
  static const struct {
    int frames, channels;
    gint64 extent; /* of the channels */
  } layouts[] = { { 1, 2, 3 }, { 2, 1, 3 }, { 1, 4, 3 }, { 1, 2, 4 }, { 2, 1, 4 }, { 1, 4, 4 },
    { 1, 2, 1 }, { 2, 1, 1 }, { 1, 4, 1 } };

  for (gsize i = 0; i < G_N_ELEMENTS (layouts); i++)
    if (port->shape.dims[layouts[i].channels] == layouts[i].extent) {
      make_frames (port, layouts[i].frames, layouts[i].channels);
      return;
    }
}

/* Pictures of three channels, one behind the other. */
static gboolean
are_stacked (gint64 channels)
{
  return channels > 3 && channels % 3 == 0 && channels / 3 <= GEN_PORT_MAX_STACKED;
}

/* Sizes that are free, or no smaller than pictures. */
static gboolean
may_be_size (gint64 height, gint64 width)
{
  return (height < 0 || height >= GEN_PORT_SMALLEST_PICTURE) &&
         (width < 0 || width >= GEN_PORT_SMALLEST_PICTURE);
}

static void
read_port (GenPort *port, const GenTensor *tensor, const GenShape *shape, gboolean is_input)
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
    make_picture (
        port, is_channels (dims[1]) ? 1 : 3, to_extent (dims[is_channels (dims[1]) ? 1 : 3]));
  } else if (shape->rank == 4 && is_input && are_stacked (dims[1]) &&
             may_be_size (dims[2], dims[3])) {
    make_picture (port, 1, 3);
    port->frames = (int)dims[1] / 3;
    port->kind = GEN_PORT_FRAMES;
  } else if (shape->rank == 5) {
    read_frames (port);
  } else if (shape->rank == 3 && (is_sound (dims[1], dims[2]) || is_sound (dims[2], dims[1]))) {
    make_sound (port);
  } else if (shape->rank == 3 && (dims[0] == 3 || dims[0] == 4) && may_be_size (dims[1], dims[2])) {
    make_picture (port, 0, (int)dims[0]);
    port->batch = 1;
  } else if (shape->rank == 3 && (dims[2] == 3 || dims[2] == 4) && may_be_size (dims[0], dims[1])) {
    make_picture (port, 2, (int)dims[2]);
    port->batch = 1;
  } else if (shape->rank == 3 && (dims[1] > 0) != (dims[2] > 0)) {
    make_series (port);
  }
}

static gboolean
is_picture (const GenPort *port)
{
  return port->kind == GEN_PORT_PICTURE || port->kind == GEN_PORT_FRAMES;
}

static gboolean
is_timed (const GenPort *port)
{
  return port->kind == GEN_PORT_SOUND || port->kind == GEN_PORT_SERIES;
}

/* --- extents --- */

/* Sizes of a picture to one of the states that are made of it, the first of them at that. */
#define MAX_STATE_SCALE 32
/* How often states are made of what they came to before, until they stay as they are. */
#define MAX_STATE_ROUNDS 4

/* The shape of input `i` where states are of `states`. */
static GenShape
fix_shape (const GenModel *model, const GenTensor *input, guint i, const GenExtents *extents,
    const GenShape *states)
{
  const GenPort *port = &model->inputs[i];
  GenShape shape = input->shape;

  if (port->part == GEN_PART_STATE && states != NULL)
    return states[i];
  for (int d = 0; d < shape.rank; d++)
    if (shape.dims[d] < 0)
      shape.dims[d] = 1;
  if (port->part == GEN_PART_STATE)
    return shape;
  if (port->part == GEN_PART_PARAMETER && !is_picture (port)) {
    gen_parts_fit (model, i, &shape);
    return shape;
  }
  if (shape.rank > 0 && port->batch < 0)
    shape.dims[0] = extents->batch;
  if (is_picture (port)) {
    const int first = gen_port_height_axis (port);

    if (port->height < 0)
      shape.dims[first] = extents->height;
    if (port->width < 0)
      shape.dims[first + 1] = extents->width;
  }
  if (is_timed (port) && port->length < 0)
    shape.dims[gen_port_time_axis (port)] = extents->length;
  return shape;
}

static gboolean
fix_shapes (const GenModel *model, GenGraph *graph, const GenExtents *extents,
    const GenShape *states, GError **error)
{
  for (guint i = 0; i < graph->inputs->len; i++) {
    GenTensor *input = g_ptr_array_index (graph->inputs, i);
    const GenShape shape = fix_shape (model, input, i, extents, states);

    if (!gen_graph_set_input_shape (graph, input, &shape, error))
      return FALSE;
  }
  return TRUE;
}

/* What states begin as: free extents are 1, or of the last two of a picture's four those of the
 * picture divided by `scale`, which the next state doubles where there is a `pyramid`. */
static void
begin_states (
    const GenModel *model, const GenExtents *extents, int scale, gboolean pyramid, GenShape *states)
{
  for (guint i = 0; i < model->graph->inputs->len; i++) {
    const GenTensor *input = g_ptr_array_index (model->graph->inputs, i);

    if (model->inputs[i].part != GEN_PART_STATE)
      continue;
    states[i] = input->shape;
    for (int d = 0; d < states[i].rank; d++)
      if (states[i].dims[d] < 0)
        states[i].dims[d] = scale > 0 && states[i].rank == 4 && d == 2   ? extents->height / scale
                            : scale > 0 && states[i].rank == 4 && d == 3 ? extents->width / scale
                                                                         : 1;
    if (pyramid)
      scale *= 2;
  }
}

/* Have states come out of a run as they went in, whose shapes are then in `states`. */
static gboolean
settle_states (const GenModel *model, const GenExtents *extents, GenShape *states, GError **error)
{
  for (int round = 0; round < MAX_STATE_ROUNDS; round++) {
    g_autoptr (GenGraph) copy = gen_graph_copy (model->graph);
    gboolean settled = TRUE;

    if (!fix_shapes (model, copy, extents, states, error) || !gen_graph_infer (copy, error))
      return FALSE;
    for (guint i = 0; i < copy->inputs->len; i++) {
      const GenPort *port = &model->inputs[i];
      const GenTensor *next;

      if (port->part != GEN_PART_STATE)
        continue;
      next = g_ptr_array_index (copy->outputs, port->partner);
      settled &= gen_shape_equal (&states[i], &next->shape);
      states[i] = next->shape;
    }
    if (settled)
      return TRUE;
  }
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "a state comes out of each run in another shape than it went in");
  return FALSE;
}

static gboolean
has_free_states (const GenModel *model)
{
  for (guint i = 0; i < model->graph->inputs->len; i++)
    if (model->inputs[i].part == GEN_PART_STATE && !gen_shape_is_known (&model->inputs[i].shape))
      return TRUE;
  return FALSE;
}

/* Shapes of states that follow the picture: what the model makes of the smallest ones, and where it
 * takes none but those of their size, of sizes that are usual. (transfer full) */
static GenShape *
find_states (const GenModel *model, const GenExtents *extents, GError **error)
{
  g_autofree GenShape *states = g_new0 (GenShape, model->graph->inputs->len);
  g_autoptr (GError) reason = NULL;

  begin_states (model, extents, 0, FALSE, states);
  if (settle_states (model, extents, states, &reason))
    return g_steal_pointer (&states);
  for (int pyramid = 0; pyramid < 2; pyramid++)
    for (int scale = 1; scale <= MAX_STATE_SCALE; scale *= 2) {
      begin_states (model, extents, scale, pyramid, states);
      if (settle_states (model, extents, states, NULL))
        return g_steal_pointer (&states);
    }
  g_propagate_error (error, g_steal_pointer (&reason));
  return NULL;
}

gboolean
gen_model_fix_inputs (
    const GenModel *model, GenGraph *graph, const GenExtents *extents, GError **error)
{
  g_autofree GenShape *states = NULL;

  if (has_free_states (model) && !model->staged &&
      (states = find_states (model, extents, error)) == NULL)
    return FALSE;
  return fix_shapes (model, graph, extents, states, error);
}

/* --- reading --- */

/* Let an input of any number of pictures be one of so many. */
static void
say_frames (GenPort *port, GenTensor *tensor, GenTensor *copy, int frames)
{
  const int axis = port->frames_last ? 2 : 1;

  tensor->shape.dims[axis] = copy->shape.dims[axis] = port->shape.dims[axis] = frames;
  port->frames = frames;
  if (frames == 1)
    port->kind = GEN_PORT_PICTURE;
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
  model->parameters = g_new0 (GenNumbers *, graph->inputs->len + 1);
  if (!gen_shapes_read (model, copy, sidecar, error))
    return FALSE;
  for (guint i = 0; i < graph->inputs->len; i++) {
    GenTensor *tensor = g_ptr_array_index (graph->inputs, i);

    read_port (&model->inputs[i], tensor, &tensor->shape, TRUE);
    if (model->inputs[i].frames < 0 && model->hints.frames > 0)
      say_frames (
          &model->inputs[i], tensor, g_ptr_array_index (copy->inputs, i), model->hints.frames);
    if (!gen_model_read_sample_rate (model, sidecar, &model->inputs[i], error))
      return FALSE;
  }
  for (guint i = 0; i < graph->outputs->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (graph->outputs, i);

    read_port (&model->outputs[i], tensor, &tensor->shape, FALSE);
  }
  if (!gen_parts_read (model, sidecar, error))
    return FALSE;
  for (guint i = 0; i < graph->inputs->len; i++) {
    const GenPort *port = &model->inputs[i];

    if (port->part != GEN_PART_FLOW)
      continue;
    free_batch |= port->batch < 0;
    free_size |= is_picture (port) && (port->height < 0 || port->width < 0);
    free_length |= is_timed (port) && port->length < 0;
  }
  if (!infer_outputs (model, copy, &reason)) {
    model->staged = TRUE;
    inferred = FALSE;
  }
  if (!inferred && !declares_outputs (graph)) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return FALSE;
  }
  for (guint i = 0; i < graph->outputs->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (graph->outputs, i);
    const GenTensor *known = inferred ? g_ptr_array_index (copy->outputs, i) : tensor;
    GenPort *port = &model->outputs[i];
    const GenPort declared = *port;

    read_port (port, known, &known->shape, FALSE);
    port->name = tensor->name;
    port->part = declared.part;
    port->part_source = declared.part_source;
    port->partner = declared.partner;
    if (!gen_model_read_sample_rate (model, sidecar, port, error))
      return FALSE;
    if (free_batch && port->batch == 1 && port->shape.rank > 0 && port->shape.dims[0] == 1)
      port->batch = port->shape.dims[0] = -1;
    if (port->kind == GEN_PORT_OTHER)
      free_extents (port, graph, tensor);
    if ((free_size || free_length) && is_picture (port)) {
      const int first = gen_port_height_axis (port);

      port->height = port->width = -1;
      port->shape.dims[first] = port->shape.dims[first + 1] = -1;
    }
    if ((free_size || free_length) && port->kind == GEN_PORT_SOUND)
      port->length = port->shape.dims[gen_port_time_axis (port)] = -1;
  }
  if (inferred)
    gen_parts_complete (model);
  return TRUE;
}

static void
clear_ports (GenModel *model)
{
  for (guint i = 0; model->parameters != NULL && i < model->graph->inputs->len; i++)
    g_free (model->parameters[i]);
  g_clear_pointer (&model->parameters, g_free);
  g_clear_pointer (&model->inputs, g_free);
  g_clear_pointer (&model->outputs, g_free);
  model->staged = model->states_said = FALSE;
}

/* Fill in all that the graph, its metadata and the file beside it say. */
static gboolean
read_graph (GenModel *model, GKeyFile *sidecar, GError **error)
{
  g_autoptr (GenGraph) copy = gen_graph_copy (model->graph);

  clear_ports (model);
  if (!read_ports (model, copy, sidecar, error)) {
    if (model->path != NULL)
      g_prefix_error (error, "%s: ", model->path);
    return FALSE;
  }
  return gen_model_read_ranges (model, model->staged ? model->graph : copy, sidecar, error);
}

/* Where shapes within hang on parameters, such as the ratio of a Resize, these become constants.
 * FALSE where there are none whose numbers are known. */
static gboolean
fix_parameters (GenModel *model)
{
  g_autoptr (GenGraph) fixed = gen_graph_copy (model->graph);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; model->parameters != NULL && i < model->graph->inputs->len; i++) {
    GenTensor *tensor;

    if (model->parameters[i] == NULL)
      continue;
    tensor = gen_graph_find (fixed, model->inputs[i].name);
    tensor->data = gen_parts_make_constant (model, i, &tensor->shape);
    tensor->role = GEN_ROLE_CONSTANT;
    g_ptr_array_remove (fixed->inputs, tensor);
    g_ptr_array_add (names, g_strdup (tensor->name));
  }
  if (names->len == 0)
    return FALSE;
  clear_ports (model);
  gen_graph_unref (model->graph);
  model->graph = g_steal_pointer (&fixed);
  g_ptr_array_add (names, NULL);
  model->fixed = (char **)g_ptr_array_free (g_steal_pointer (&names), FALSE);
  return TRUE;
}

static gboolean
read_model (GenModel *model, GError **error)
{
  g_autoptr (GKeyFile) sidecar = NULL;
  g_autoptr (GError) reason = NULL;
  gboolean read;

  if (!gen_model_load_sidecar (model->path, &sidecar, error))
    return FALSE;
  read = read_graph (model, sidecar, &reason);
  if (model->staged && fix_parameters (model))
    return read_graph (model, sidecar, error);
  if (!read)
    g_propagate_error (error, g_steal_pointer (&reason));
  return read;
}

GenModel *
gen_model_new_plain (GenGraph *graph, const char *path, const GenModelHints *hints, GError **error)
{
  g_autoptr (GenModel) model = g_new0 (GenModel, 1);

  model->graph = gen_graph_ref (graph);
  model->path = g_strdup (path);
  model->sampler = &gen_sampler_once;
  model->runs = 1;
  model->hints.states = g_strdup (hints->states);
  model->hints.parameters = g_strdup (hints->parameters);
  model->hints.frames = hints->frames;
  model->hints.shapes = g_strdup (hints->shapes);
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
gen_model_load_plain (const char *path, GError **error)
{
  g_autoptr (GenGraph) graph = gen_onnx_load (path, error);

  return graph != NULL ? gen_model_new_plain (graph, path, &(GenModelHints){ 0 }, error) : NULL;
}

GenModel *
gen_model_new (GenGraph *graph, GError **error)
{
  return gen_model_assemble (graph, NULL, &(GenModelHints){ 0 }, error);
}

/* The loop around the denoiser `graph`, or `graph` itself where nobody wants one. What is said of
 * shapes is said of the denoiser. (transfer full) */
static GenGraph *
wrap (GenGraph *graph, const char *path, const GenModelHints *hints, GenSamplerSettings *settings,
    GError **error)
{
  GenModel denoiser = { .graph = graph, .hints = *hints };
  g_autoptr (GKeyFile) sidecar = NULL;

  if (!gen_sampling_choose (graph, &hints->sampling, settings, error))
    return NULL;
  if (settings->sampler == &gen_sampler_once)
    return gen_graph_ref (graph);
  if (!gen_model_load_sidecar (path, &sidecar, error) ||
      !gen_shapes_read (&denoiser, graph, sidecar, error))
    return NULL;
  if (hints->states == NULL || *hints->states == '\0')
    return gen_sampling_wrap (graph, settings, error);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "property states is \"%s\", and a model that remembers cannot be run several times for a "
      "sample, as sampler %s does",
      hints->states, settings->sampler->name);
  return NULL;
}

GenModel *
gen_model_load_as (const char *path, const GenModelHints *hints, GError **error)
{
  g_autoptr (GenGraph) graph = gen_onnx_load (path, error);
  g_autoptr (GenGraph) played = NULL;
  GenModelHints rest = *hints;
  GenSamplerSettings settings;
  GenModel *model;

  if (graph == NULL)
    return NULL;
  played = wrap (graph, path, hints, &settings, error);
  if (played == NULL) {
    g_prefix_error (error, "%s: ", path);
    return NULL;
  }
  /* A loop has states of its own. */
  if (played != graph)
    rest.states = rest.shapes = NULL;
  model = (played != graph ? gen_model_new_plain : gen_model_assemble) (played, path, &rest, error);
  if (model != NULL) {
    model->sampler = settings.sampler;
    model->runs = settings.steps;
  }
  return model;
}

GenModel *
gen_model_load (const char *path, GError **error)
{
  return gen_model_load_as (path, &(GenModelHints){ .sampling.sampler = "once" }, error);
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
  clear_ports (model);
  gen_graph_unref (model->graph);
  gen_spectra_free (model->spectra);
  g_strfreev (model->fixed);
  g_free ((char *)model->hints.states);
  g_free ((char *)model->hints.parameters);
  g_free ((char *)model->hints.shapes);
  g_free (model->path);
  g_free (model);
}

const GenPort *
gen_model_find_input (const GenModel *model, GenPortKind kind)
{
  for (guint i = 0; i < model->graph->inputs->len; i++)
    if (model->inputs[i].kind == kind && model->inputs[i].part == GEN_PART_FLOW)
      return &model->inputs[i];
  return NULL;
}

const GenPort *
gen_model_find_output (const GenModel *model, GenPortKind kind)
{
  for (guint i = 0; i < model->graph->outputs->len; i++)
    if (model->outputs[i].kind == kind && model->outputs[i].part == GEN_PART_FLOW)
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
  case GEN_TYPE_INT16:
    if (port->kind != GEN_PORT_PICTURE && port->kind != GEN_PORT_SOUND)
      return FALSE;
    break;
  case GEN_TYPE_UINT8:
  case GEN_TYPE_INT8:
  case GEN_TYPE_UINT16:
  case GEN_TYPE_INT32:
  case GEN_TYPE_UINT32:
  case GEN_TYPE_INT64:
  case GEN_TYPE_UINT64:
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
describe_frames (GString *text, const GenPort *port, const char *colour)
{
  if (port->frames > 0)
    g_string_append_printf (text, "%d pictures in a row", port->frames);
  else
    g_string_append (text, "any number of pictures in a row");
  if (port->height > 0 && port->width > 0)
    g_string_append_printf (text, " of %d x %d pixels", port->width, port->height);
  g_string_append_printf (text, ", %s", colour);
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
  else if (port->kind == GEN_PORT_FRAMES)
    describe_frames (text, port, colours[port->channels]);
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

/* Those of a part, with `before` in front: what flows by what it is, others by name. */
static void
describe_ports (GString *text, const GenPort *ports, guint n, GenPart part, const char *before)
{
  for (guint i = 0; i < n; i++) {
    if (ports[i].part != part)
      continue;
    g_string_append (text, before);
    if (part == GEN_PART_FLOW)
      describe_port (text, &ports[i]);
    else
      g_string_append (text, ports[i].name);
    before = " and ";
  }
}

char *
gen_model_describe (const GenModel *model)
{
  GString *text = g_string_new ("makes ");

  describe_ports (text, model->outputs, model->graph->outputs->len, GEN_PART_FLOW, "");
  g_string_append (text, " from ");
  describe_ports (text, model->inputs, model->graph->inputs->len, GEN_PART_FLOW, "");
  describe_ports (text, model->inputs, model->graph->inputs->len, GEN_PART_PARAMETER, ", set by ");
  if (model->runs > 1 || model->sampler != &gen_sampler_once)
    g_string_append_printf (text, ", by %d run%s of sampler %s", model->runs,
        model->runs > 1 ? "s" : "", model->sampler->name);
  else
    describe_ports (
        text, model->inputs, model->graph->inputs->len, GEN_PART_STATE, ", remembering ");
  return g_string_free (text, FALSE);
}
