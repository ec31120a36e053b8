/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions that a model defines itself, as exporters write them for modules and for operators that
 * ONNX lacks. A call is read as if its body stood in its place: the graph knows nothing of
 * functions.
 *
 * A body sees its own names alone. Its inputs stand for the caller's tensors; its results are
 * tensors that the caller has made, so that they have the caller's names. The body is read anew
 * for each call, by the opsets that the function imports, and a few lines of a hostile file could
 * become any number of nodes that way: gen_onnx_charge ends it. */
#include <string.h>

#include "fail.h"
#include "read.h"

#define MAX_CALLS 64
/* What calls may put into a model's graphs: memory for some hundred thousand nodes, about. */
#define MAX_INLINED (128 << 20)
#define NODE_SIZE 512
#define NAME_SIZE 64

/* --- which there are --- */

static char *
function_key (const char *domain, const char *name, const char *overload)
{
  return g_strjoin (
      "\n", gen_onnx_domain (domain), name ? name : "", overload ? overload : "", NULL);
}

char *
gen_onnx_function_name (const Onnx__FunctionProto *function)
{
  const char *domain = gen_onnx_domain (function->domain);
  const char *overload = function->overload ? function->overload : "";

  return g_strdup_printf ("%s%s%s%s%s", domain, *domain != '\0' ? "." : "",
      function->name ? function->name : "", *overload != '\0' ? ":" : "", overload);
}

gboolean
gen_onnx_list_functions (GHashTable *functions, const Onnx__ModelProto *model, GError **error)
{
  for (gsize i = 0; i < model->n_functions; i++) {
    Onnx__FunctionProto *function = model->functions[i];
    g_autofree char *name = gen_onnx_function_name (function);

    if (!g_hash_table_insert (functions,
            function_key (function->domain, function->name, function->overload), function))
      return gen_onnx_fail (error, GEN_ONNX_ERROR_INVALID, "two functions '%s'", name);
  }
  return TRUE;
}

const Onnx__FunctionProto *
gen_onnx_find_function (const GenOnnxModel *model, const Onnx__NodeProto *proto)
{
  g_autofree char *key = NULL;

  if (g_hash_table_size (model->functions) == 0)
    return NULL;
  key = function_key (proto->domain, proto->op_type, proto->overload);
  return g_hash_table_lookup (model->functions, key);
}

GHashTable *
gen_onnx_function_opsets (const Onnx__FunctionProto *function, GHashTable *around, GError **error)
{
  g_autoptr (GHashTable) opsets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer domain, version;

  g_hash_table_iter_init (&iter, around);
  while (g_hash_table_iter_next (&iter, &domain, &version))
    g_hash_table_insert (opsets, g_strdup (domain), version);
  if (!gen_onnx_read_opsets (opsets, function->opset_import, function->n_opset_import, NULL, error))
    return NULL;
  return g_steal_pointer (&opsets);
}

/* --- attributes --- */

gboolean
gen_onnx_resolve_attribute (const GenOnnxReader *reader, const Onnx__AttributeProto *proto,
    const Onnx__AttributeProto **resolved, GError **error)
{
  const char *name = proto->ref_attr_name ? proto->ref_attr_name : "";

  *resolved = proto;
  if (*name == '\0')
    return TRUE;
  if (reader->call == NULL)
    return gen_onnx_fail (
        error, GEN_ONNX_ERROR_INVALID, "refers to '%s' of a function, but stands in none", name);
  *resolved = g_hash_table_lookup (reader->call->attributes, name);
  return TRUE;
}

/* What the call's node says, before what the function says of those left out. */
static gboolean
collect_attributes (
    const GenOnnxReader *reader, const Onnx__NodeProto *proto, GenOnnxCall *call, GError **error)
{
  const Onnx__FunctionProto *function = call->function;
  const Onnx__AttributeProto *value;

  for (gsize i = 0; i < function->n_attribute_proto; i++)
    if (function->attribute_proto[i]->name != NULL)
      g_hash_table_replace (
          call->attributes, function->attribute_proto[i]->name, function->attribute_proto[i]);
  for (gsize i = 0; i < proto->n_attribute; i++) {
    char *name = proto->attribute[i]->name ? proto->attribute[i]->name : (char *)"";

    if (!gen_onnx_resolve_attribute (reader, proto->attribute[i], &value, error)) {
      g_prefix_error (error, "attribute '%s' ", name);
      return FALSE;
    }
    if (value == NULL)
      continue;
    /* Its names would be those of the caller. */
    if (value->g != NULL || value->n_graphs > 0)
      return gen_onnx_fail (error, GEN_ONNX_ERROR_UNSUPPORTED,
          "attribute '%s' gives the function a graph, which is not supported", name);
    g_hash_table_replace (call->attributes, name, (gpointer)value);
  }
  return TRUE;
}

/* --- calls --- */

static gboolean
charge (GenOnnxModel *model, guint64 size, GError **error)
{
  model->inlined += size;
  return model->inlined <= MAX_INLINED ||
         gen_onnx_fail (error, GEN_ONNX_ERROR_UNSUPPORTED,
             "functions that call functions make an unreasonable number of nodes of it");
}

gboolean
gen_onnx_charge (GenOnnxReader *reader, const Onnx__NodeProto *proto, GError **error)
{
  guint64 size = NODE_SIZE, path;

  if (reader->call == NULL)
    return TRUE;
  path = NAME_SIZE + strlen (reader->call->name);
  size += path + proto->n_input * NAME_SIZE + proto->n_output * path;
  for (gsize i = 0; i < proto->n_attribute; i++) {
    const Onnx__AttributeProto *attribute = proto->attribute[i];

    size += NAME_SIZE + attribute->s.len + attribute->n_floats * sizeof (float);
    size += attribute->n_ints * sizeof (gint64) + attribute->n_strings * NAME_SIZE;
  }
  return charge (reader->model, size, error);
}

/* What a call takes before its body is read. */
static gboolean
charge_call (GenOnnxReader *reader, const Onnx__FunctionProto *function, GError **error)
{
  return charge (reader->model,
      NAME_SIZE * (function->n_input + function->n_attribute_proto + function->n_opset_import +
                      (guint64)g_hash_table_size (reader->opsets)),
      error);
}

static gboolean
check_call (const GenOnnxReader *reader, const Onnx__NodeProto *proto,
    const Onnx__FunctionProto *function, GError **error)
{
  int depth = 0;

  for (const GenOnnxCall *call = reader->call; call != NULL; call = call->outer) {
    if (call->function == function)
      return gen_onnx_fail (error, GEN_ONNX_ERROR_INVALID,
          "it is part of what the function does: a function cannot call itself");
    depth++;
  }
  if (depth >= MAX_CALLS)
    return gen_onnx_fail (error, GEN_ONNX_ERROR_UNSUPPORTED,
        "functions that call functions, more than %d deep", MAX_CALLS);
  if (proto->n_input > function->n_input || proto->n_output > function->n_output)
    return gen_onnx_fail (error, GEN_ONNX_ERROR_INVALID,
        "%" G_GSIZE_FORMAT " inputs and %" G_GSIZE_FORMAT
        " outputs, but the function has %" G_GSIZE_FORMAT " and %" G_GSIZE_FORMAT,
        proto->n_input, proto->n_output, function->n_input, function->n_output);
  return TRUE;
}

/* The function's names of its inputs. */
static gboolean
bind_inputs (GenOnnxReader *body, const Onnx__FunctionProto *function, GenTensor *const *inputs,
    GError **error)
{
  for (gsize i = 0; i < function->n_input; i++)
    if (*function->input[i] == '\0' ||
        !g_hash_table_insert (body->scope, function->input[i], inputs[i]))
      return gen_onnx_fail (error, GEN_ONNX_ERROR_INVALID,
          "it has two inputs '%s', or one without a name", function->input[i]);
  return TRUE;
}

/* What the body does not make by a node of its own, but takes as it is (an input, a constant), is
 * copied: its result has the caller's name. */
static gboolean
finish_results (GenOnnxReader *body, const Onnx__FunctionProto *function, GenTensor *const *results,
    gsize n, GError **error)
{
  for (gsize i = 0; i < n; i++) {
    GenTensor *made;

    if (results[i] == NULL || results[i]->producer != NULL)
      continue;
    if (!gen_onnx_find_tensor (body, function->output[i], &made) || made == NULL)
      return gen_onnx_fail (
          error, GEN_ONNX_ERROR_INVALID, "its output '%s' is made by no node", function->output[i]);
    if (gen_graph_add_node (body->graph, results[i]->name, NULL, "Identity", body->graph->opset,
            &made, 1, &results[i], 1, error) == NULL)
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_body (GenOnnxReader *body, const Onnx__NodeProto *proto, GenTensor *const *inputs,
    GenTensor *const *results, GError **error)
{
  const Onnx__FunctionProto *function = body->call->function;

  for (gsize i = 0; i < proto->n_output; i++)
    if (results[i] != NULL && !g_hash_table_insert (body->results, function->output[i], results[i]))
      return gen_onnx_fail (
          error, GEN_ONNX_ERROR_INVALID, "it has two outputs '%s'", function->output[i]);
  return bind_inputs (body, function, inputs, error) &&
         gen_onnx_read_nodes (body, function->node, function->n_node, error) &&
         finish_results (body, function, results, proto->n_output, error);
}

static gboolean
call_function (
    GenOnnxReader *reader, const Onnx__NodeProto *proto, GenOnnxCall *call, GError **error)
{
  g_autofree GenTensor **inputs = g_new0 (GenTensor *, call->function->n_input + 1);
  g_autofree GenTensor **results = g_new0 (GenTensor *, proto->n_output + 1);
  g_autofree char *function = gen_onnx_function_name (call->function);
  g_autoptr (GHashTable) opsets = gen_onnx_function_opsets (call->function, reader->opsets, error);
  g_autoptr (GHashTable) scope = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) later = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) wanted = g_hash_table_new (g_str_hash, g_str_equal);
  GenOnnxReader body = *reader;

  if (opsets == NULL || !gen_onnx_find_inputs (reader, proto, inputs, error))
    return FALSE;
  for (gsize i = 0; i < proto->n_output; i++)
    if (*proto->output[i] != '\0')
      results[i] = gen_onnx_add_value (reader, proto->output[i]);
  body.opsets = opsets;
  body.scope = scope;
  body.later = later;
  body.results = wanted;
  body.parent = reader;
  body.captured = NULL;
  body.call = call;
  if (read_body (&body, proto, inputs, results, error))
    return TRUE;
  /* The names of nodes say the way to it. */
  if (!reader->model->located)
    g_prefix_error (error, "in function '%s', called by node '%s': ", function, call->name);
  reader->model->located = TRUE;
  return FALSE;
}

gboolean
gen_onnx_read_call (GenOnnxReader *reader, const Onnx__NodeProto *proto,
    const Onnx__FunctionProto *function, GError **error)
{
  g_autofree char *own = gen_onnx_function_name (function);
  g_autofree char *name = gen_onnx_path (reader, gen_onnx_node_name (proto));
  g_autoptr (GHashTable) attributes = g_hash_table_new (g_str_hash, g_str_equal);
  GenOnnxCall call = { function, reader->call, name, attributes };

  if (check_call (reader, proto, function, error) && charge_call (reader, function, error) &&
      collect_attributes (reader, proto, &call, error))
    return call_function (reader, proto, &call, error);
  g_prefix_error (error, "node '%s' (%s): ", name, own);
  return FALSE;
}
