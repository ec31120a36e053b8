/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model inspect: what a model is, in words. */
#include <string.h>
#include <generative/adapter-file.h>
#include <generative/model.h>
#include <generative/operator.h>
#include <generative/parameters.h>

#include "command.h"
#include "inspect.h"
#include "prepare.h"

/* Characters of a value of metadata that are printed. */
#define MOST_OF_METADATA 400

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
shape (InspectFacts *facts, const Preparation *preparation, GError **error)
{
  const GenGraph *graph = facts->model->graph;
  g_autoptr (GenGraph) copy = gen_graph_copy (graph);

  facts->flops = -1;
  if (preparation->shapes != NULL || preparation->batch != 0) {
    if (!preparation_fix_shapes (preparation, facts->model, copy, error))
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
gather_parameters (InspectFacts *facts, const GenGraph *graph)
{
  for (guint i = 0; i < graph->tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (graph->tensors, i);

    if (tensor->role != GEN_ROLE_CONSTANT || !is_learned (tensor->type))
      continue;
    facts->parameters += gen_shape_elements (&tensor->shape);
    facts->bytes += gen_tensor_size (tensor);
  }
}

/* What `graph` consists of, `inside` a node of another or not, and the bodies of its own nodes. */
static void
gather_graph (InspectFacts *facts, const GenGraph *graph, gboolean inside)
{
  if (inside)
    facts->nodes_inside += graph->nodes->len;
  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);
    guint n = GPOINTER_TO_UINT (g_hash_table_lookup (facts->operators, node->op->name));

    g_hash_table_insert (facts->operators, (char *)node->op->name, GUINT_TO_POINTER (n + 1));
    for (guint a = 0; a < node->attributes->len; a++) {
      const GenAttribute *attribute = g_ptr_array_index (node->attributes, a);

      if (attribute->type == GEN_ATTRIBUTE_GRAPH)
        gather_graph (facts, attribute->graph, TRUE);
    }
  }
  gather_parameters (facts, graph);
}

static void
gather (InspectFacts *facts)
{
  facts->operators = g_hash_table_new (g_str_hash, g_str_equal);
  gather_graph (facts, facts->model->graph, FALSE);
  facts->names = g_hash_table_get_keys (facts->operators);
  facts->names = g_list_sort_with_data (facts->names, compare_operators, facts->operators);
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

/* How sure it is. */
static const char *
part_source (const GenPort *port)
{
  static const char *const sources[] = { "said", "by names", "by order and shape" };

  if (port->part == GEN_PART_PARAMETER && port->part_source == GEN_PART_ORDERED)
    return "by its shape";
  return sources[port->part_source];
}

/* What flows, and what is known of it. */
static void
print_flow (const GenPort *port)
{
  static const char *const kinds[] = { "numbers", "vectors", "picture", "sound",
    "vectors that follow each other" };

  if (port->kind == GEN_PORT_TOKENS)
    g_print ("  ids of symbols");
  else if (port->kind != GEN_PORT_FRAMES)
    g_print ("  %s", kinds[port->kind]);
  else if (port->frames < 0)
    g_print ("  any number of frames in a row, which --frames says");
  else
    g_print ("  %d frames in a row", port->frames);
  if (inspect_is_picture (port))
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
  } else if (port->part == GEN_PART_LENGTH)
    g_print (port->shape.rank == 2 ? "  a one for each of the ids of input '%s'"
                                   : "  how many ids input '%s' has",
        model->inputs[port->partner].name);
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
  const GenPort *clip = gen_model_find_output (model, GEN_PORT_FRAMES);

  for (guint i = 0; model->fixed != NULL && model->fixed[i] != NULL; i++)
    g_print ("%-11s %s  shapes hang on its number, which stays\n", i == 0 ? "constants" : "",
        model->fixed[i]);
  if (model->hints.outputs != NULL)
    g_print ("%-11s %s\n", "played", model->hints.outputs);
  if (model->hints.inputs != NULL)
    g_print ("%-11s %s\n", "beside", model->hints.inputs);
  if (model->hints.scores != NULL)
    g_print ("%-11s %s\n", "figures", model->hints.scores);
  if (model->voice != NULL)
    g_print ("%-11s %u symbols, by %s\n", "text", gen_symbols_count (model->voice->symbols),
        model->voice->path);
  if (window > 1 && clip != NULL)
    g_print ("%-11s %d frames make %d at once\n", "window", window,
        clip->frames > 0 ? clip->frames : window);
  else if (window > 1)
    g_print ("%-11s %d frames make one%s\n", "window", window,
        window == 2 ? ", which lies between them" : "");
}

/* On one line, and no longer than one is read: a list of all symbols has thousands. */
static void
print_metadata (const char *title, const char *key, const char *value)
{
  const glong n = g_utf8_strlen (value, -1);
  g_autofree char *start = g_utf8_substring (value, 0, MIN (n, MOST_OF_METADATA));

  g_strdelimit (start, "\r\n", ' ');
  g_print ("%-11s %s = %s", title, key, start);
  if (n > MOST_OF_METADATA)
    g_print ("… (%ld characters, which --json prints)", n);
  g_print ("\n");
}

static void
print_facts (const InspectFacts *facts, const char *path)
{
  const GenGraph *graph = facts->model->graph;
  g_autofree char *description = gen_model_describe (facts->played);
  g_autofree char *spectra = gen_model_describe_spectra (facts->played);
  g_autofree char *suggestion = gen_model_suggest_spectra (facts->played);
  g_autofree char *denoiser = gen_denoiser_describe (graph);
  g_autofree char *bytes = g_format_size (facts->bytes);
  GHashTableIter iter;
  gpointer key, value;
  const char *title = "metadata";

  g_print ("%s: %s\n", path, description);
  if (spectra != NULL)
    g_print ("%-11s %s\n", "spectrum", spectra);
  if (suggestion != NULL)
    g_print ("%-11s perhaps: %s\n", "spectrum", suggestion);
  g_print ("%-11s %s\n", "name", graph->name != NULL ? graph->name : "");
  g_print ("%-11s %d\n", "opset", graph->opset);
  print_ports ("inputs", facts->model, FALSE, NULL);
  print_ports ("outputs", facts->model, TRUE, facts->outputs);
  print_decisions (facts->model);
  if (denoiser != NULL)
    g_print ("%-11s %s\n", "denoiser", denoiser);
  g_print ("%-11s %" G_GUINT64_FORMAT " (%s)\n", "parameters", facts->parameters, bytes);
  if (facts->flops >= 0)
    g_print ("%-11s %.3f GFLOP %s%s\n", "work", facts->flops / 1e9,
        facts->outputs != NULL ? "a run" : "an item",
        facts->nodes_inside > 0 ? ", and what bodies of Loop, Scan and If take" : "");
  g_print ("%-11s %u", "nodes", graph->nodes->len + facts->nodes_inside);
  if (facts->nodes_inside > 0)
    g_print (", of which %u are in bodies of Loop, Scan and If, which run as often as inputs say",
        facts->nodes_inside);
  g_print ("\n");
  for (const GList *name = facts->names; name != NULL; name = name->next)
    g_print ("%-11s %5u %s\n", "",
        GPOINTER_TO_UINT (g_hash_table_lookup (facts->operators, name->data)),
        (const char *)name->data);
  g_hash_table_iter_init (&iter, graph->metadata);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    print_metadata (title, key, value);
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

/* A name may mean another of a training's nets. */
static void
warn_of_idle (GenGraph *graph, const char *net, const char *trainable)
{
  g_autofree char *idle = gen_parameters_find_idle (&graph, &net, 1, trainable);

  if (idle != NULL)
    command_warn ("trainable: no weight of this model is called '%s'", idle);
}

/* What a training could change, and whether it would. */
static void
print_weights (const GenGraph *model, const char *path, const char *trainable)
{
  g_autofree char *base = g_path_get_basename (path);
  g_auto (GStrv) net = g_strsplit (base, ".", 2);
  g_autoptr (GenGraph) graph = gen_graph_copy (model);
  g_autoptr (GArray) list = NULL;
  guint64 all = 0, trained = 0;

  gen_parameters_settle (graph);
  list = gen_parameters_list (graph, net[0], trainable);
  g_print ("\n%-40s %-20s %12s\n", "weight", "shape", "numbers");
  for (guint i = 0; i < list->len; i++) {
    const GenParameter *parameter = &g_array_index (list, GenParameter, i);
    const guint64 n = (guint64)gen_shape_elements (&parameter->tensor->shape);
    g_autofree char *shape = gen_shape_to_string (&parameter->tensor->shape);

    g_print ("%-40s %-20s %12" G_GUINT64_FORMAT "  %s%s\n", parameter->tensor->name, shape, n,
        parameter->statistic ? "statistic" : "weight", parameter->trainable ? "" : ", stays");
    all += n;
    trained += parameter->trainable ? n : 0;
  }
  g_print ("%-40s %-20s %12" G_GUINT64_FORMAT "  of which %" G_GUINT64_FORMAT " change\n", "", "",
      all, trained);
  warn_of_idle (graph, net[0], trainable);
}

/* Of spectra, and of pictures whose ranges are assumed. */
static void
warn_of_assumptions (const GenModel *model, const GenModel *played, gboolean rate_said)
{
  g_autofree char *spectra = gen_model_describe_spectra_assumption (played, rate_said);
  g_autofree char *misdeclared = gen_model_describe_misdeclared (model);

  if (misdeclared != NULL)
    command_warn ("%s", misdeclared);
  if (spectra != NULL)
    command_warn ("%s", spectra);
  for (guint i = 0; i < model->graph->inputs->len + model->graph->outputs->len; i++) {
    gboolean is_output = i >= model->graph->inputs->len;
    const GenPort *port =
        is_output ? &model->outputs[i - model->graph->inputs->len] : &model->inputs[i];
    g_autofree char *text = gen_model_describe_assumption (model, port, is_output);

    if (inspect_is_picture (port) && text != NULL)
      command_warn ("%s", text);
  }
}

/* The plan that `preparation` wishes for. */
static GenPlan *
compile (const GenModel *model, const Preparation *preparation, GError **error)
{
  g_autoptr (GenGraph) copy = gen_graph_copy (model->graph);

  return preparation_fix_shapes (preparation, model, copy, error)
             ? preparation_compile (preparation, copy, error)
             : NULL;
}

static void
clear (InspectFacts *facts)
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
  gboolean json = FALSE, steps = FALSE, weights = FALSE, write = FALSE, force = FALSE;
  g_autofree char *trainable = NULL;
  const GOptionEntry entries[] = {
    { "json", 'j', 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL },
    { "steps", 0, 0, G_OPTION_ARG_NONE, &steps,
        "Compile it, and list what is left after fusion with the kernel that each got", NULL },
    { "weights", 0, 0, G_OPTION_ARG_NONE, &weights,
        "List the weights that a training can change, and statistics of normalisations", NULL },
    { "trainable", 0, 0, G_OPTION_ARG_STRING, &trainable,
        "With --weights: tell which of them stay where a training has this setting", "NAMES" },
    { "write-modelinfo", 'w', 0, G_OPTION_ARG_NONE, &write,
        "Write what is decided to MODEL.modelinfo, where it can be edited", NULL },
    { "force", 'f', 0, G_OPTION_ARG_NONE, &force, "Replace a file that is there already", NULL },
    HINTS_ENTRIES (hints),
    HINTS_PLAYED_ENTRIES (hints),
    PREPARATION_ENTRIES (preparation),
    { NULL },
  };
  InspectFacts facts = { 0 };
  GError *error = NULL;

  if (!command_parse (&command_inspect, entries, NULL, 1, 1, &argc, &argv))
    return STATUS_USAGE;
  if (gen_adapter_file_is_named (argv[1]))
    return inspect_adapter (argv[1], json);
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
      inspect_print_json (&facts, argv[1]);
    else
      print_facts (&facts, argv[1]);
    if (weights && !json)
      print_weights (facts.model->graph, argv[1], trainable);
    if (facts.plan != NULL && !json)
      print_steps (facts.plan);
    warn_of_assumptions (facts.model, facts.played, hints.sample_rate > 0);
    if (write)
      inspect_write_info (&hints, argv[1], facts.played, force, json, &error);
  }
  clear (&facts);
  return error != NULL ? command_fail_of (argv[1], error) : STATUS_FINE;
}

const Command command_inspect = {
  .name = "inspect",
  .arguments = "MODEL",
  .summary = "Tell what a model takes, makes and consists of, or an adapter is",
  .run = run,
};
