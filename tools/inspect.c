/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model inspect: what a model is, in words or as JSON. */
#include <string.h>
#include <json-glib/json-glib.h>
#include <generative/model.h>
#include <generative/operator.h>

#include "command.h"
#include "hints.h"
#include "prepare.h"

typedef struct {
  GenModel *model;
  GenModel *played;      /* with spectra and a chain; the same where it has neither */
  GHashTable *operators; /* name to count */
  GList *names;          /* of operators, the most frequent first */
  guint64 parameters, bytes;
  double flops;      /* of a run, or negative when it cannot be known */
  GenShape *outputs; /* at the shapes that are asked for; NULL where none are */
  GenPlan *plan;     /* where its steps are asked for, else NULL */
} Facts;

static int
compare_operators (gconstpointer a, gconstpointer b, gpointer table)
{
  guint na = GPOINTER_TO_UINT (g_hash_table_lookup (table, a));
  guint nb = GPOINTER_TO_UINT (g_hash_table_lookup (table, b));

  return na != nb ? (na < nb) - (na > nb) : strcmp (a, b);
}

/* Whether constants of the type are what a model has learned: integers of 8 bits and fewer are
 * quantized weights, larger ones shapes and indices. */
static gboolean
is_learned (GenDataType type)
{
  return type == GEN_TYPE_FLOAT32 || type == GEN_TYPE_FLOAT16 || type == GEN_TYPE_FLOAT64 ||
         type == GEN_TYPE_INT8 || type == GEN_TYPE_UINT8 || type >= GEN_TYPE_BFLOAT16;
}

/* Multiplications and additions, and the outputs' shapes, of inputs as the user asks for them. */
static gboolean
shape (Facts *facts, const Preparation *preparation, GError **error)
{
  const GenGraph *graph = facts->model->graph;
  g_autoptr (GenGraph) copy = gen_graph_copy (graph);

  facts->flops = -1;
  if (preparation->shapes != NULL || preparation->batch != 0) {
    if (!preparation_fix_shapes (preparation, copy, error))
      return FALSE;
    facts->outputs = g_new0 (GenShape, graph->outputs->len + 1);
  } else {
    gen_graph_set_free_dimensions (copy, NULL, 1);
  }
  /* Of a staged model the inputs' shapes alone do not tell. */
  if (facts->model->staged)
    g_clear_pointer (&facts->outputs, g_free);
  if (!gen_graph_infer (copy, facts->outputs != NULL ? error : NULL))
    return facts->outputs == NULL;
  for (guint i = 0; facts->outputs != NULL && i < copy->outputs->len; i++)
    facts->outputs[i] = ((GenTensor *)g_ptr_array_index (copy->outputs, i))->shape;
  facts->flops = 0;
  for (guint i = 0; i < copy->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (copy->nodes, i);

    if (node->op->flops != NULL)
      facts->flops += node->op->flops (node);
  }
  return TRUE;
}

static void
gather (Facts *facts)
{
  const GenGraph *graph = facts->model->graph;

  facts->operators = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);
    guint n = GPOINTER_TO_UINT (g_hash_table_lookup (facts->operators, node->op->name));

    g_hash_table_insert (facts->operators, (char *)node->op->name, GUINT_TO_POINTER (n + 1));
  }
  facts->names = g_hash_table_get_keys (facts->operators);
  facts->names = g_list_sort_with_data (facts->names, compare_operators, facts->operators);
  for (guint i = 0; i < graph->tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (graph->tensors, i);

    if (tensor->role != GEN_ROLE_CONSTANT || !is_learned (tensor->type))
      continue;
    facts->parameters += gen_shape_elements (&tensor->shape);
    facts->bytes += gen_tensor_size (tensor);
  }
}

/* --- in words --- */

/* "[batch, 3, 64, ?]" */
static char *
shape_text (const GenTensor *tensor)
{
  GString *text = g_string_new ("[");

  if (tensor->shape.rank < 0)
    g_string_append (text, "…");
  for (int i = 0; i < tensor->shape.rank; i++) {
    g_string_append (text, i > 0 ? ", " : "");
    if (tensor->shape.dims[i] >= 0)
      g_string_append_printf (text, "%" G_GINT64_FORMAT, tensor->shape.dims[i]);
    else
      g_string_append (text, tensor->dim_names[i] != NULL ? tensor->dim_names[i] : "?");
  }
  g_string_append_c (text, ']');
  return g_string_free (text, FALSE);
}

/* ", black 0, white 1 (assumed)", of each channel where they differ. */
static void
print_range (const GenPort *port)
{
  int n = 1;

  for (int c = 1; c < port->channels; c++)
    if (port->mean[c] != port->mean[0] || port->std[c] != port->std[0])
      n = port->channels;
  for (int side = 0; side < 2; side++) {
    g_print (side == 0 ? ", black" : ", white");
    for (int c = 0; c < n; c++)
      g_print ("%s%g", c == 0 ? " " : "/",
          side == 0 ? gen_port_black (port, c) : gen_port_white (port, c));
  }
  g_print ("%s%s", port->range == GEN_RANGE_ASSUMED ? " (assumed)" : "",
      port->bgr ? ", blue first" : "");
}

static const char *const part_names[] = { "flow", "state", "parameter" };

/* How sure it is. */
static const char *
part_source (const GenPort *port)
{
  static const char *const sources[] = { "said", "by names", "by order and shape" };

  if (port->part == GEN_PART_PARAMETER && port->part_source == GEN_PART_ORDERED)
    return "by its shape";
  return sources[port->part_source];
}

static gboolean
is_picture (const GenPort *port)
{
  return port->kind == GEN_PORT_PICTURE || port->kind == GEN_PORT_FRAMES;
}

/* What flows, and what is known of it. */
static void
print_flow (const GenPort *port)
{
  static const char *const kinds[] = { "numbers", "vectors", "picture", "sound",
    "vectors that follow each other" };

  if (port->kind != GEN_PORT_FRAMES)
    g_print ("  %s", kinds[port->kind]);
  else if (port->frames < 0)
    g_print ("  any number of frames in a row, which --frames says");
  else
    g_print ("  %d frames in a row", port->frames);
  if (is_picture (port))
    print_range (port);
  if (port->kind == GEN_PORT_SOUND && port->sample_rate > 0)
    g_print (", %d Hz", port->sample_rate);
}

static void
print_numbers (const GenNumbers *numbers)
{
  g_print ("stands at ");
  for (guint i = 0; i < numbers->n; i++)
    g_print (i > 0 ? ":%g" : "%g", numbers->values[i]);
}

/* What port `i` is there for. */
static void
print_part (const GenModel *model, guint i, gboolean is_output)
{
  const GenPort *port = is_output ? &model->outputs[i] : &model->inputs[i];

  if (port->part == GEN_PART_STATE && is_output)
    g_print ("  state, which input '%s' takes in the next run", model->inputs[port->partner].name);
  else if (port->part == GEN_PART_STATE)
    g_print (
        "  state, what output '%s' made in the run before", model->outputs[port->partner].name);
  else if (port->part == GEN_PART_PARAMETER) {
    g_print ("  parameter, ");
    if (model->parameters[i] != NULL)
      print_numbers (model->parameters[i]);
    else
      g_print ("unset, which --parameters %s=1 says", port->name);
  }
  if (port->part != GEN_PART_FLOW)
    g_print (" (%s)", part_source (port));
  else
    print_flow (port);
}

static void
print_ports (const char *title, const GenModel *model, gboolean is_output, const GenShape *shapes)
{
  const GPtrArray *tensors = is_output ? model->graph->outputs : model->graph->inputs;

  for (guint i = 0; i < tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (tensors, i);
    g_autofree char *shape = shape_text (tensor);

    g_print ("%-11s %s  %s%s%s", i == 0 ? title : "", tensor->name,
        tensor->kind == GEN_KIND_SEQUENCE   ? "sequence of "
        : tensor->kind == GEN_KIND_OPTIONAL ? "optional "
                                            : "",
        gen_data_type_name (tensor->type), tensor->kind == GEN_KIND_TENSOR ? " " : "");
    if (tensor->kind == GEN_KIND_TENSOR)
      g_print ("%s", shape);
    if (shapes != NULL) {
      g_autofree char *now = gen_shape_to_string (&shapes[i]);

      g_print (", here %s", now);
    }
    print_part (model, i, is_output);
    g_print ("\n");
  }
}

/* What is decided of all inputs together. */
static void
print_decisions (const GenModel *model)
{
  const int window = gen_model_window (model, NULL);

  for (guint i = 0; model->fixed != NULL && model->fixed[i] != NULL; i++)
    g_print ("%-11s %s  shapes hang on its number, which stays\n", i == 0 ? "constants" : "",
        model->fixed[i]);
  if (window > 1)
    g_print ("%-11s %d frames make one%s\n", "window", window,
        window == 2 ? ", which lies between them" : "");
}

static void
print_facts (const Facts *facts, const char *path)
{
  const GenGraph *graph = facts->model->graph;
  g_autofree char *description = gen_model_describe (facts->played);
  g_autofree char *spectra = gen_model_describe_spectra (facts->played);
  g_autofree char *denoiser = gen_denoiser_describe (graph);
  g_autofree char *bytes = g_format_size (facts->bytes);
  GHashTableIter iter;
  gpointer key, value;
  const char *title = "metadata";

  g_print ("%s: %s\n", path, description);
  if (spectra != NULL)
    g_print ("%-11s %s\n", "spectrum", spectra);
  g_print ("%-11s %s\n", "name", graph->name != NULL ? graph->name : "");
  g_print ("%-11s %d\n", "opset", graph->opset);
  print_ports ("inputs", facts->model, FALSE, NULL);
  print_ports ("outputs", facts->model, TRUE, facts->outputs);
  print_decisions (facts->model);
  if (denoiser != NULL)
    g_print ("%-11s %s\n", "denoiser", denoiser);
  g_print ("%-11s %" G_GUINT64_FORMAT " (%s)\n", "parameters", facts->parameters, bytes);
  if (facts->flops >= 0)
    g_print ("%-11s %.3f GFLOP %s\n", "work", facts->flops / 1e9,
        facts->outputs != NULL ? "a run" : "an item");
  g_print ("%-11s %u\n", "nodes", graph->nodes->len);
  for (const GList *name = facts->names; name != NULL; name = name->next)
    g_print ("%-11s %5u %s\n", "",
        GPOINTER_TO_UINT (g_hash_table_lookup (facts->operators, name->data)),
        (const char *)name->data);
  g_hash_table_iter_init (&iter, graph->metadata);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    g_print ("%-11s %s = %s\n", title, (const char *)key, (const char *)value);
    title = "";
  }
}

static void
print_steps (GenPlan *plan)
{
  g_autoptr (GArray) steps = gen_plan_steps (plan);

  g_print ("\n%5s  %-17s %s\n", "step", "kernel", "operator");
  for (guint i = 0; i < steps->len; i++) {
    const GenStepInfo *step = &g_array_index (steps, GenStepInfo, i);

    g_print ("%5u  %-17s %s", i + 1, step->way != NULL ? step->way : "", step->node->op->name);
    if (step->node->outputs->len > 0 && gen_node_output (step->node, 0) != NULL) {
      const GenTensor *output = gen_node_output (step->node, 0);
      g_autofree char *shape = gen_shape_to_string (&output->shape);

      g_print (" %s %s", output->name, shape);
    }
    g_print ("\n");
  }
}

/* --- as JSON --- */

static void
add_steps (JsonBuilder *builder, GenPlan *plan)
{
  g_autoptr (GArray) steps = gen_plan_steps (plan);

  json_builder_set_member_name (builder, "steps");
  json_builder_begin_array (builder);
  for (guint i = 0; i < steps->len; i++) {
    const GenStepInfo *step = &g_array_index (steps, GenStepInfo, i);

    json_builder_begin_object (builder);
    json_builder_set_member_name (builder, "operator");
    json_builder_add_string_value (builder, step->node->op->name);
    json_builder_set_member_name (builder, "node");
    json_builder_add_string_value (builder, step->node->name);
    if (step->way != NULL) {
      json_builder_set_member_name (builder, "kernel");
      json_builder_add_string_value (builder, step->way);
    }
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}

static void
add_range (JsonBuilder *builder, const GenPort *port)
{
  static const char *const sources[] = { "assumed", "said", "computed" };

  for (int side = 0; side < 2; side++) {
    json_builder_set_member_name (builder, side == 0 ? "black" : "white");
    json_builder_begin_array (builder);
    for (int c = 0; c < port->channels; c++)
      json_builder_add_double_value (
          builder, side == 0 ? gen_port_black (port, c) : gen_port_white (port, c));
    json_builder_end_array (builder);
  }
  json_builder_set_member_name (builder, "range");
  json_builder_add_string_value (builder, sources[port->range]);
  if (port->channels < 3)
    return;
  json_builder_set_member_name (builder, "channel-order");
  json_builder_add_string_value (builder, port->bgr ? "bgr" : "rgb");
}

static void
add_numbers (JsonBuilder *builder, const GenNumbers *numbers)
{
  if (numbers == NULL) {
    json_builder_add_null_value (builder);
    return;
  }
  json_builder_begin_array (builder);
  for (guint i = 0; i < numbers->n; i++)
    json_builder_add_double_value (builder, numbers->values[i]);
  json_builder_end_array (builder);
}

/* What port `i` is there for; members as docs/streaming-models.md has them. */
static void
add_part (JsonBuilder *builder, const GenModel *model, guint i, gboolean is_output)
{
  static const char *const sources[] = { "said", "names", "order" };
  const GenPort *port = is_output ? &model->outputs[i] : &model->inputs[i];

  json_builder_set_member_name (builder, "part");
  json_builder_add_string_value (builder, part_names[port->part]);
  if (port->part != GEN_PART_FLOW) {
    json_builder_set_member_name (builder, "part-source");
    json_builder_add_string_value (builder, sources[port->part_source]);
  }
  if (port->part == GEN_PART_STATE) {
    json_builder_set_member_name (builder, "partner");
    json_builder_add_string_value (builder,
        is_output ? model->inputs[port->partner].name : model->outputs[port->partner].name);
  }
  if (port->part == GEN_PART_PARAMETER) {
    json_builder_set_member_name (builder, "value");
    add_numbers (builder, model->parameters[i]);
  }
  if (port->part == GEN_PART_FLOW && is_picture (port))
    add_range (builder, port);
  if (port->kind == GEN_PORT_FRAMES) {
    json_builder_set_member_name (builder, "frames");
    if (port->frames > 0)
      json_builder_add_int_value (builder, port->frames);
    else
      json_builder_add_null_value (builder);
  }
  if (port->kind == GEN_PORT_SOUND && port->sample_rate > 0) {
    json_builder_set_member_name (builder, "sample-rate");
    json_builder_add_int_value (builder, port->sample_rate);
  }
}

static void
add_fixed (JsonBuilder *builder, const GenModel *model)
{
  json_builder_set_member_name (builder, "constants");
  json_builder_begin_array (builder);
  for (guint i = 0; model->fixed != NULL && model->fixed[i] != NULL; i++)
    json_builder_add_string_value (builder, model->fixed[i]);
  json_builder_end_array (builder);
}

static void
add_ports (JsonBuilder *builder, const char *member, const GenModel *model, gboolean is_output,
    const GenShape *shapes)
{
  const GPtrArray *tensors = is_output ? model->graph->outputs : model->graph->inputs;
  const GenPort *ports = is_output ? model->outputs : model->inputs;
  static const char *const kinds[] = { "other", "vector", "picture", "sound", "series", "frames" };

  json_builder_set_member_name (builder, member);
  json_builder_begin_array (builder);
  for (guint i = 0; i < tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (tensors, i);

    json_builder_begin_object (builder);
    json_builder_set_member_name (builder, "name");
    json_builder_add_string_value (builder, tensor->name);
    json_builder_set_member_name (builder, "type");
    json_builder_add_string_value (builder, gen_data_type_name (tensor->type));
    json_builder_set_member_name (builder, "kind");
    json_builder_add_string_value (builder, kinds[ports[i].kind]);
    add_part (builder, model, i, is_output);
    /* A free extent is its name, or null; an unknown rank is null. */
    json_builder_set_member_name (builder, "shape");
    if (tensor->shape.rank < 0) {
      json_builder_add_null_value (builder);
    } else {
      json_builder_begin_array (builder);
      for (int d = 0; d < tensor->shape.rank; d++) {
        if (tensor->shape.dims[d] >= 0)
          json_builder_add_int_value (builder, tensor->shape.dims[d]);
        else if (tensor->dim_names[d] != NULL)
          json_builder_add_string_value (builder, tensor->dim_names[d]);
        else
          json_builder_add_null_value (builder);
      }
      json_builder_end_array (builder);
    }
    if (shapes != NULL) {
      json_builder_set_member_name (builder, "shape-here");
      json_builder_begin_array (builder);
      for (int d = 0; d < shapes[i].rank; d++)
        json_builder_add_int_value (builder, shapes[i].dims[d]);
      json_builder_end_array (builder);
    }
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}

static void
print_json (const Facts *facts, const char *path)
{
  const GenGraph *graph = facts->model->graph;
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *description = gen_model_describe (facts->played);
  g_autofree char *spectra = gen_model_describe_spectra (facts->played);
  g_autofree char *denoiser = gen_denoiser_describe (graph);
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;
  GHashTableIter iter;
  gpointer key, value;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "path");
  json_builder_add_string_value (builder, path);
  json_builder_set_member_name (builder, "description");
  json_builder_add_string_value (builder, description);
  if (spectra != NULL) {
    json_builder_set_member_name (builder, "spectrum");
    json_builder_add_string_value (builder, spectra);
  }
  json_builder_set_member_name (builder, "name");
  json_builder_add_string_value (builder, graph->name != NULL ? graph->name : "");
  json_builder_set_member_name (builder, "opset");
  json_builder_add_int_value (builder, graph->opset);
  add_ports (builder, "inputs", facts->model, FALSE, NULL);
  add_ports (builder, "outputs", facts->model, TRUE, facts->outputs);
  if (denoiser != NULL) {
    json_builder_set_member_name (builder, "denoiser");
    json_builder_add_string_value (builder, denoiser);
  }
  json_builder_set_member_name (builder, "window");
  json_builder_add_int_value (builder, gen_model_window (facts->model, NULL));
  add_fixed (builder, facts->model);
  json_builder_set_member_name (builder, "parameters");
  json_builder_add_int_value (builder, facts->parameters);
  json_builder_set_member_name (builder, "bytes");
  json_builder_add_int_value (builder, facts->bytes);
  json_builder_set_member_name (builder, "flops");
  if (facts->flops >= 0)
    json_builder_add_double_value (builder, facts->flops);
  else
    json_builder_add_null_value (builder);
  json_builder_set_member_name (builder, "operators");
  json_builder_begin_object (builder);
  for (const GList *name = facts->names; name != NULL; name = name->next) {
    json_builder_set_member_name (builder, name->data);
    json_builder_add_int_value (
        builder, GPOINTER_TO_UINT (g_hash_table_lookup (facts->operators, name->data)));
  }
  json_builder_end_object (builder);
  if (facts->plan != NULL)
    add_steps (builder, facts->plan);
  json_builder_set_member_name (builder, "metadata");
  json_builder_begin_object (builder);
  g_hash_table_iter_init (&iter, graph->metadata);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    json_builder_set_member_name (builder, key);
    json_builder_add_string_value (builder, value);
  }
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, TRUE);
  g_print ("%s\n", text);
}

/* Of spectra, and of pictures whose ranges are assumed. */
static void
warn_of_assumptions (const GenModel *model, const GenModel *played)
{
  g_autofree char *spectra = gen_model_describe_spectra_assumption (played, FALSE);

  if (spectra != NULL)
    command_warn ("%s", spectra);
  for (guint i = 0; i < model->graph->inputs->len + model->graph->outputs->len; i++) {
    gboolean is_output = i >= model->graph->inputs->len;
    const GenPort *port =
        is_output ? &model->outputs[i - model->graph->inputs->len] : &model->inputs[i];
    g_autofree char *text = gen_model_describe_assumption (model, port, is_output);

    if (is_picture (port) && text != NULL)
      command_warn ("%s", text);
  }
}

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

/* Say in the file `path` which spectra it takes, and what follows it, where that is known. */
static gboolean
add_spectra (const char *path, const GenModel *played, const char *chain, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();

  if (played->spectra == NULL && chain == NULL)
    return TRUE;
  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_KEEP_COMMENTS, error))
    return FALSE;
  if (played->spectra != NULL)
    g_key_file_set_value (file, "generative", "spectrum", played->spectra->text);
  if (chain != NULL)
    g_key_file_set_value (file, "generative", "chain", chain);
  return g_key_file_save_to_file (file, path, error);
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
static void
write_info (const GenModel *model, const GenModel *played, const char *chain, gboolean force,
    gboolean quiet, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (GenModel) again = NULL;
  const char *other;

  if (!gen_model_write_info (model, force, &path, error)) {
    if (g_error_matches (*error, G_FILE_ERROR, G_FILE_ERROR_EXIST))
      g_prefix_error (error, "--force is not given: ");
    return;
  }
  if (!add_spectra (path, played, chain, error))
    return;
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
static void
write_own_info (const Hints *hints, const char *path, const GenModel *played, gboolean force,
    gboolean quiet, GError **error)
{
  g_autofree char *chain = find_chain (path, hints);
  g_autoptr (GenModel) own = NULL;
  Hints without = *hints;

  without.spectrum = without.chain = NULL;
  own = hints_load (&without, path, error);
  if (own != NULL)
    write_info (own, played, chain, force, quiet, error);
}

/* The plan that `preparation` wishes for. */
static GenPlan *
compile (const GenModel *model, const Preparation *preparation, GError **error)
{
  g_autoptr (GenGraph) copy = gen_graph_copy (model->graph);

  return preparation_fix_shapes (preparation, copy, error)
             ? preparation_compile (preparation, copy, error)
             : NULL;
}

static void
clear (Facts *facts)
{
  g_list_free (facts->names);
  g_clear_pointer (&facts->operators, g_hash_table_unref);
  g_clear_pointer (&facts->plan, gen_plan_free);
  g_free (facts->outputs);
  g_clear_pointer (&facts->model, gen_model_unref);
  g_clear_pointer (&facts->played, gen_model_unref);
}

static int
run (int argc, char **argv)
{
  g_auto (Preparation) preparation = { .choice = GEN_CHOICE_REMEMBERED };
  g_auto (Hints) hints = { 0 };
  gboolean json = FALSE, steps = FALSE, write = FALSE, force = FALSE;
  const GOptionEntry entries[] = {
    { "json", 'j', 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL },
    { "steps", 0, 0, G_OPTION_ARG_NONE, &steps,
        "Compile it, and list what is left after fusion with the kernel that each got", NULL },
    { "write-modelinfo", 'w', 0, G_OPTION_ARG_NONE, &write,
        "Write what is decided to MODEL.modelinfo, where it can be edited", NULL },
    { "force", 'f', 0, G_OPTION_ARG_NONE, &force, "Replace a file that is there already", NULL },
    HINTS_ENTRIES (hints),
    PREPARATION_ENTRIES (preparation),
    { NULL },
  };
  Facts facts = { 0 };
  GError *error = NULL;

  if (!command_parse (&command_inspect, entries, NULL, 1, 1, &argc, &argv))
    return STATUS_USAGE;
  facts.model = hints_load (&hints, argv[1], &error);
  if (facts.model != NULL)
    facts.played = hints_load_played (&hints, argv[1], &error);
  if (facts.model != NULL && steps)
    facts.plan = compile (facts.model, &preparation, &error);
  if (error != NULL) {
    clear (&facts);
    return command_fail_of (argv[1], error);
  }
  gather (&facts);
  if (shape (&facts, &preparation, &error)) {
    if (json)
      print_json (&facts, argv[1]);
    else
      print_facts (&facts, argv[1]);
    if (facts.plan != NULL && !json)
      print_steps (facts.plan);
    warn_of_assumptions (facts.model, facts.played);
    if (write)
      write_own_info (&hints, argv[1], facts.played, force, json, &error);
  }
  clear (&facts);
  return error != NULL ? command_fail_of (argv[1], error) : STATUS_FINE;
}

const Command command_inspect = {
  .name = "inspect",
  .arguments = "MODEL",
  .summary = "Tell what a model takes, makes and consists of",
  .run = run,
};
