/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a model is for, by the shapes of what goes in and comes out. */
#include <string.h>

#include <generative/onnx.h>

#include "adapter-private.h"
#include "parts.h"
#include "spectra.h"

/* What stands for a free picture size, and the length of a sound or series, where only the other
 * extents matter. Nets of series may not take as many vectors. */
#define ANY_SIZE 64
#define ANY_LENGTH 16384
#define FEW_VECTORS 1
#define ANY_TOKENS 16
/* Of a picture of this size, a small share is still something. */
#define LARGE_SIZE 1024

/* Let an input of any number of pictures be one of so many. */
static gboolean
say_frames (GenPort *port, GenTensor *tensor, GenTensor *copy, int frames, GError **error)
{
  const int axis = port->frames_last ? 2 : 1;

  if (port->kind != GEN_PORT_FRAMES || frames == 0 || frames == port->frames)
    return TRUE;
  if (port->frames > 0) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "property frames is %d, but input '%s' takes %d pictures at a time", frames, port->name,
        port->frames);
    return FALSE;
  }
  tensor->shape.dims[axis] = copy->shape.dims[axis] = port->shape.dims[axis] = frames;
  port->frames = frames;
  if (frames == 1)
    port->kind = GEN_PORT_PICTURE;
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

static gboolean
infer_of_size (const GenModel *model, GenGraph *graph, int size, GError **error)
{
  const GenExtents extents = { 1, size, size, ANY_LENGTH };

  return gen_model_fix_inputs (model, graph, &extents, error) && gen_graph_infer (graph, error);
}

/* Of the usual size a small ratio may leave nothing. */
static gboolean
is_too_small (const GenModel *model)
{
  g_autoptr (GenGraph) copy = gen_graph_copy (model->graph);

  return !infer_of_size (model, copy, ANY_SIZE, NULL);
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
  if (gen_model_find_tokens (model) >= 0)
    return infer_of_length (model, copy, ANY_TOKENS, error);
  if (gen_model_find_input (model, GEN_PORT_SERIES) != NULL)
    return infer_of_length (model, copy, ANY_LENGTH, NULL) ||
           infer_of_length (model, copy, FEW_VECTORS, error);
  if (model->fixed != NULL && is_too_small (model))
    return infer_of_size (model, copy, LARGE_SIZE, error);
  return infer_of_length (model, copy, ANY_LENGTH, error);
}

/* The outputs where what is free is of another size: where they differ, they follow it. NULL where
 * nothing is free, or that size does not suit. (transfer full) */
static GenGraph *
infer_otherwise (const GenModel *model)
{
  const GenExtents extents = { 1, ANY_SIZE * 2, ANY_SIZE * 3, ANY_LENGTH * 2 };
  g_autoptr (GenGraph) copy = gen_graph_copy (model->graph);

  if (!gen_model_fix_inputs (model, copy, &extents, NULL) || !gen_graph_infer (copy, NULL))
    return NULL;
  return g_steal_pointer (&copy);
}

static gboolean
is_free_extent (const GenGraph *graph, const char *name)
{
  for (guint i = 0; name != NULL && i < graph->inputs->len; i++) {
    const GenTensor *input = g_ptr_array_index (graph->inputs, i);

    for (int d = 0; d < input->shape.rank; d++)
      if (input->shape.dims[d] < 0 && g_strcmp0 (input->dim_names[d], name) == 0)
        return TRUE;
  }
  return FALSE;
}

/* What was worked out is of the size that stood in for any: extents are free that the file says are
 * those that its inputs leave free, or that `other`, where it is not NULL, has otherwise. */
static void
free_extents (GenPort *port, const GenGraph *graph, const GenTensor *said, const GenTensor *other)
{
  const gboolean is_said = said->shape.rank == port->shape.rank;
  const gboolean is_known = other != NULL && other->shape.rank == port->shape.rank;

  for (int d = 0; d < port->shape.rank; d++)
    if ((is_said && said->shape.dims[d] < 0 && is_free_extent (graph, said->dim_names[d])) ||
        (is_known && other->shape.dims[d] != port->shape.dims[d]))
      port->shape.dims[d] = -1;
}

/* Depth and masks are often without an axis of channels. */
static void
read_plane (const GenModel *model, GenPort *output)
{
  const GenPort *picture = gen_model_find_input (model, GEN_PORT_PICTURE);

  if (picture != NULL)
    gen_port_read_plane (output, picture->height > 0 ? picture->height : ANY_SIZE,
        picture->width > 0 ? picture->width : ANY_SIZE);
}

/* Whether what looks like a sound at the size that stood in for any is rows of a known length, of
 * which a larger picture makes more. */
static gboolean
has_rows (const GenPort *port, const GenShape *declared)
{
  return port->kind == GEN_PORT_SOUND && declared->rank == 3 &&
         declared->dims[port->channels_last ? 2 : 1] < 0 &&
         declared->dims[gen_port_time_axis (port)] > 0;
}

/* Whether what would be sound is no such, but told of pictures, which are all that goes in: boxes
 * and points that were found in them come in rows as long as sounds. Who makes sound of pictures
 * says its rate. */
static gboolean
tells_of_pictures (const GenModel *model, const GenPort *port)
{
  gboolean takes_pictures = FALSE;

  if (port->kind != GEN_PORT_SOUND || port->sample_rate > 0)
    return FALSE;
  for (guint i = 0; i < model->graph->inputs->len; i++) {
    if (model->inputs[i].part != GEN_PART_FLOW)
      continue;
    if (!gen_port_is_picture (&model->inputs[i]))
      return FALSE;
    takes_pictures = TRUE;
  }
  return takes_pictures;
}

/* How many samples of a sound go in where outputs are worked out; 0 where none does. */
static gint64
samples_of (const GenModel *model)
{
  const GenPort *sound = gen_model_find_input (model, GEN_PORT_SOUND);

  if (sound == NULL)
    return 0;
  return sound->length > 0 ? sound->length : ANY_LENGTH;
}

/* The ports, with the outputs' extents worked out where the file does not tell them. `copy` is one
 * of the graph, in which shapes become known. */
static gboolean
read_ports (GenModel *model, GenGraph *copy, GKeyFile *sidecar, GError **error)
{
  GenGraph *graph = model->graph;
  gboolean free_batch = FALSE, free_size = FALSE, free_length = FALSE, inferred = TRUE;
  gboolean tried = FALSE;
  g_autoptr (GenGraph) other = NULL;
  g_autoptr (GError) reason = NULL;

  model->inputs = g_new0 (GenPort, graph->inputs->len + 1);
  model->outputs = g_new0 (GenPort, graph->outputs->len + 1);
  model->parameters = g_new0 (GenNumbers *, graph->inputs->len + 1);
  if (!gen_shapes_read (model, copy, sidecar, error))
    return FALSE;
  for (guint i = 0; i < graph->inputs->len; i++) {
    GenTensor *tensor = g_ptr_array_index (graph->inputs, i);

    gen_port_read (&model->inputs[i], tensor, &tensor->shape, TRUE);
    gen_port_say_stacked (&model->inputs[i], model->hints.frames);
    if (!say_frames (&model->inputs[i], tensor, g_ptr_array_index (copy->inputs, i),
            model->hints.frames, error) ||
        !gen_model_read_sample_rate (model, sidecar, &model->inputs[i], 0, error))
      return FALSE;
  }
  for (guint i = 0; i < graph->outputs->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (graph->outputs, i);

    gen_port_read (&model->outputs[i], tensor, &tensor->shape, FALSE);
  }
  gen_indices_find (model);
  if (!gen_voice_read (model, error) || !gen_parts_read (model, sidecar, error))
    return FALSE;
  for (guint i = 0; i < graph->inputs->len; i++) {
    const GenPort *port = &model->inputs[i];

    if (port->part != GEN_PART_FLOW)
      continue;
    free_batch |= port->batch < 0;
    free_size |= gen_port_is_picture (port) && (port->height < 0 || port->width < 0);
    free_length |= gen_port_is_timed (port) && port->length < 0;
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

    gen_port_read (port, known, &known->shape, FALSE);
    read_plane (model, port);
    if (free_size && has_rows (port, &tensor->shape))
      port->kind = GEN_PORT_OTHER;
    port->name = tensor->name;
    port->part = declared.part;
    port->part_source = declared.part_source;
    port->partner = declared.partner;
    if (gen_model_find_tokens (model) >= 0)
      gen_port_make_speech (port, &tensor->shape);
    if (port->kind == GEN_PORT_SOUND && model->voice != NULL)
      port->sample_rate = model->voice->sample_rate;
    if (!gen_model_read_sample_rate (model, sidecar, port, samples_of (model), error))
      return FALSE;
    if (tells_of_pictures (model, port))
      port->kind = GEN_PORT_OTHER;
    if (free_batch && port->batch == 1 && port->shape.rank > 0 && port->shape.dims[0] == 1)
      port->batch = port->shape.dims[0] = -1;
    if (port->kind == GEN_PORT_OTHER && inferred && (free_size || free_length) && !tried) {
      other = infer_otherwise (model);
      tried = TRUE;
    }
    if (port->kind == GEN_PORT_OTHER)
      free_extents (
          port, graph, tensor, other != NULL ? g_ptr_array_index (other->outputs, i) : NULL);
    if ((free_size || free_length) && gen_port_is_picture (port)) {
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
    if (tensor->data == NULL)
      return FALSE;
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

/* Say in `error` on which numbers shapes hang. */
static void
name_fixed (const GenModel *model, GError **error)
{
  g_autofree char *names = NULL, *message = NULL;

  if (error == NULL || *error == NULL || model->fixed == NULL ||
      (*error)->domain != GEN_GRAPH_ERROR)
    return;
  names = g_strjoinv (", ", model->fixed);
  message = (*error)->message;
  (*error)->message =
      g_strdup_printf ("%s; shapes hang on what property parameters says of %s", message, names);
}

void
gen_model_name_error (const GenModel *model, GError **error)
{
  if (model->path != NULL)
    g_prefix_error (error, "%s: ", model->path);
  /* Shapes of one that is staged nevertheless hang on something else. */
  if (!model->staged)
    name_fixed (model, error);
}

/* Let what parameters have become in `graph` be 1 everywhere. */
static void
set_ones (const GenModel *model, GenGraph *graph)
{
  g_autofree GenNumbers *one = gen_numbers_parse ("1");

  for (guint i = 0; model->fixed[i] != NULL; i++) {
    GenTensor *tensor = gen_graph_find (graph, model->fixed[i]);
    const gsize size = gen_tensor_size (tensor);
    gpointer data = g_malloc (size);

    gen_numbers_write (one, tensor->type, data, (gsize)gen_shape_elements (&tensor->shape));
    g_bytes_unref (tensor->data);
    tensor->data = g_bytes_new_take (data, size);
  }
}

/* Whether shapes that are not known would be, were the numbers others. */
static gboolean
are_known_of_ones (const GenModel *model)
{
  g_autoptr (GenGraph) ones = gen_graph_copy (model->graph);

  set_ones (model, ones);
  return infer_of_size (model, ones, LARGE_SIZE, NULL);
}

/* Whether shapes may be what is computed of frames alone. They hang on wrong numbers, such as a
 * ratio of 0, where these keep them from being known and others would not. */
static gboolean
check_fixed (const GenModel *model, GError **error)
{
  g_autoptr (GenGraph) said = gen_graph_copy (model->graph);
  g_autoptr (GError) reason = NULL;

  if (infer_of_size (model, said, LARGE_SIZE, &reason) || !are_known_of_ones (model))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&reason));
  gen_model_name_error (model, error);
  name_fixed (model, error);
  return FALSE;
}

/* Read a model whose parameters have become constants. */
static gboolean
read_fixed (GenModel *model, GKeyFile *sidecar, GError **error)
{
  if (read_graph (model, sidecar, error))
    return !model->staged || check_fixed (model, error);
  if (are_known_of_ones (model))
    name_fixed (model, error);
  return FALSE;
}

/* What is said of the whole model by the metadata `generative.KEY`, or in the file beside it, where
 * the user says nothing. */
static void
read_said (const GenModel *model, GKeyFile *sidecar, const char *key, const char **text)
{
  g_autofree char *metadata = g_strconcat ("generative.", key, NULL);

  if (*text == NULL)
    *text = g_strdup (g_hash_table_lookup (model->graph->metadata, metadata));
  if (*text == NULL && sidecar != NULL)
    *text = g_key_file_get_value (sidecar, "generative", key, NULL);
}

gboolean
gen_model_read (GenModel *model, GError **error)
{
  g_autoptr (GKeyFile) sidecar = NULL;
  g_autoptr (GError) reason = NULL;
  gboolean read;

  if (!gen_model_load_sidecar (model->path, &sidecar, error))
    return FALSE;
  read_said (model, sidecar, "outputs", &model->hints.outputs);
  read_said (model, sidecar, "inputs", &model->hints.inputs);
  read_said (model, sidecar, "scores", &model->hints.scores);
  read = read_graph (model, sidecar, &reason);
  if (read && gen_rate_find_heard (model, sidecar))
    read = read_graph (model, sidecar, &reason);
  if (model->staged && gen_model_find_tokens (model) < 0 && fix_parameters (model))
    return read_fixed (model, sidecar, error);
  if (!read)
    g_propagate_error (error, g_steal_pointer (&reason));
  return read;
}

GenModel *
gen_model_new_plain (GenGraph *graph, const char *path, const GenModelHints *hints, GError **error)
{
  g_autoptr (GenModel) model = g_new0 (GenModel, 1);

  model->graph = gen_moment_split (graph);
  model->path = g_strdup (path);
  model->sampler = &gen_sampler_once;
  model->runs = 1;
  model->hints.states = g_strdup (hints->states);
  model->hints.parameters = g_strdup (hints->parameters);
  model->hints.frames = hints->frames;
  model->hints.shapes = g_strdup (hints->shapes);
  model->hints.outputs = g_strdup (hints->outputs);
  model->hints.inputs = g_strdup (hints->inputs);
  model->hints.scores = g_strdup (hints->scores);
  model->ref_count = 1;
  return gen_model_read (model, error) ? g_steal_pointer (&model) : NULL;
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
  g_autoptr (GBytes) base_hash = NULL;
  GenModelHints rest = *hints;
  GenSamplerSettings settings;
  GenModel *model;

  if (graph == NULL || !gen_adapters_attach_to (
                           graph, hints->adapters, hints->adapter_scales, path, &base_hash, error))
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
    model->base_hash = g_steal_pointer (&base_hash);
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
  g_clear_pointer (&model->base_hash, g_bytes_unref);
  gen_spectra_free (model->spectra);
  gen_voice_free (model->voice);
  g_strfreev (model->fixed);
  g_free ((char *)model->hints.states);
  g_free ((char *)model->hints.parameters);
  g_free ((char *)model->hints.shapes);
  g_free ((char *)model->hints.outputs);
  g_free ((char *)model->hints.inputs);
  g_free ((char *)model->hints.scores);
  g_free (model->heard);
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
