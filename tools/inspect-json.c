/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a model is, as JSON. */
#include <math.h>
#include "../lib/base/json-file.h"
#include "inspect.h"

#include <json-glib/json-glib.h>

#include <generative/operator.h>

static const char *const part_names[] = { "flow", "state", "parameter", "length" };

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

/* JSON has no number that is not finite. */
static void
add_number (JsonBuilder *builder, double number)
{
  if (isfinite (number))
    json_builder_add_double_value (builder, number);
  else
    json_builder_add_null_value (builder);
}

static void
add_range (JsonBuilder *builder, const GenPort *port)
{
  static const char *const sources[] = { "assumed", "said", "computed" };

  for (int side = 0; side < 2; side++) {
    json_builder_set_member_name (builder, side == 0 ? "black" : "white");
    json_builder_begin_array (builder);
    for (int c = 0; c < port->channels; c++)
      add_number (builder, side == 0 ? gen_port_black (port, c) : gen_port_white (port, c));
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
    add_number (builder, numbers->values[i]);
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
  if (port->part == GEN_PART_LENGTH) {
    json_builder_set_member_name (builder, "partner");
    json_builder_add_string_value (builder, model->inputs[port->partner].name);
  }
  if (port->part == GEN_PART_PARAMETER) {
    json_builder_set_member_name (builder, "value");
    add_numbers (builder, model->parameters[i]);
  }
  if (port->part == GEN_PART_FLOW && inspect_is_picture (port))
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
  static const char *const kinds[] = { "other", "vector", "picture", "sound", "series", "frames",
    "tokens" };

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

void
inspect_print_json (const InspectFacts *facts, const char *path)
{
  const GenGraph *graph = facts->model->graph;
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *description = gen_model_describe (facts->played);
  g_autofree char *spectra = gen_model_describe_spectra (facts->played);
  g_autofree char *suggestion = gen_model_suggest_spectra (facts->played);
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
  if (suggestion != NULL) {
    json_builder_set_member_name (builder, "suggestion");
    json_builder_add_string_value (builder, suggestion);
  }
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
  json_builder_set_member_name (builder, "nodes-inside");
  json_builder_add_int_value (builder, facts->nodes_inside);
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
  text = gen_json_to_text (root, TRUE);
  g_print ("%s\n", text);
}
