/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models, from ONNX's messages into a graph. What comes here is well encoded (outline.c) but
 * may mean anything, so each reference, count and number is checked before it is used. */
#include <errno.h>
#include <string.h>
#include <generative/file-bytes.h>

#include "outline.h"
#include "read.h"

#define MAX_LISTED 16
/* Each level of graphs within graphs is inferred several times. */
#define MAX_NESTING 8

G_DEFINE_QUARK (gen_onnx_error, gen_onnx_error)

typedef Onnx__ModelProto Model;

static void
free_message (gpointer message)
{
  if (message != NULL)
    protobuf_c_message_free_unpacked (message, NULL);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Model, free_message)

static gboolean fail (GError **error, int code, const char *format, ...) G_GNUC_PRINTF (3, 4);

static gboolean
fail (GError **error, int code, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (GEN_ONNX_ERROR, code, format, arguments);
  va_end (arguments);
  return FALSE;
}

static gboolean
read_opsets (GenOnnxReader *reader, const Onnx__ModelProto *model, GError **error)
{
  for (gsize i = 0; i < model->n_opset_import; i++) {
    const Onnx__OperatorSetIdProto *import = model->opset_import[i];
    const char *domain = import->domain ? import->domain : "";
    int version = CLAMP (import->version, 0, G_MAXINT);

    if (strcmp (domain, "ai.onnx") == 0)
      domain = "";
    g_hash_table_replace (reader->opsets, g_strdup (domain), GINT_TO_POINTER (version));
    if (*domain != '\0')
      continue;
    reader->graph->opset = version;
    if (version < GEN_OPSET_MIN || version > GEN_OPSET_MAX)
      return fail (error, GEN_ONNX_ERROR_UNSUPPORTED,
          "opset %d; opsets %d to %d can be read, so export the model with one of those", version,
          GEN_OPSET_MIN, GEN_OPSET_MAX);
  }
  return TRUE;
}

/* The type of the tensors in a sequence or optional, whose kind `tensor` receives. */
static const Onnx__TypeProto *
find_tensor_type (const Onnx__TypeProto *type, GenTensor *tensor)
{
  if (type != NULL && type->value_case == ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE &&
      type->optional_type != NULL) {
    tensor->kind = GEN_KIND_OPTIONAL;
    type = type->optional_type->elem_type;
  }
  if (type != NULL && type->value_case == ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE &&
      type->sequence_type != NULL) {
    if (tensor->kind == GEN_KIND_OPTIONAL)
      tensor->holds = GEN_KIND_SEQUENCE;
    else
      tensor->kind = GEN_KIND_SEQUENCE;
    type = type->sequence_type->elem_type;
  }
  return type;
}

/* The type and shape that a tensor is declared with. */
static gboolean
read_type (const Onnx__ValueInfoProto *info, GenTensor *tensor, GError **error)
{
  const Onnx__TypeProto *type = find_tensor_type (info->type, tensor);
  const Onnx__TensorShapeProto *shape;

  if (type == NULL || type->value_case == ONNX__TYPE_PROTO__VALUE__NOT_SET)
    return TRUE;
  if (type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE || type->tensor_type == NULL)
    return fail (error, GEN_ONNX_ERROR_UNSUPPORTED, "'%s' is a map, a sparse tensor or the like",
        tensor->name);
  if (!gen_onnx_data_type (type->tensor_type->elem_type, &tensor->type))
    return fail (error, GEN_ONNX_ERROR_UNSUPPORTED,
        "'%s' has elements of ONNX type %d, which are not supported", tensor->name,
        type->tensor_type->elem_type);
  shape = type->tensor_type->shape;
  if (shape == NULL || tensor->kind != GEN_KIND_TENSOR)
    return TRUE;
  if (shape->n_dim > GEN_MAX_RANK)
    return fail (error, GEN_ONNX_ERROR_UNSUPPORTED,
        "'%s' has %" G_GSIZE_FORMAT " dimensions, at most %d are supported", tensor->name,
        shape->n_dim, GEN_MAX_RANK);
  tensor->shape.rank = shape->n_dim;
  for (int i = 0; i < tensor->shape.rank; i++) {
    const Onnx__TensorShapeProto__Dimension *dim = shape->dim[i];

    tensor->shape.dims[i] = -1;
    g_clear_pointer (&tensor->dim_names[i], g_free);
    if (dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE)
      tensor->shape.dims[i] = MAX (dim->dim_value, -1);
    else if (dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM &&
             dim->dim_param != NULL && *dim->dim_param != '\0')
      tensor->dim_names[i] = g_strdup (dim->dim_param);
  }
  return TRUE;
}

/* Inputs that the user must give, in the model's order; those with an initializer are
 * constants. */
static gboolean
read_inputs (GenOnnxReader *reader, const Onnx__GraphProto *proto, GError **error)
{
  g_autoptr (GHashTable) initialized = g_hash_table_new (g_str_hash, g_str_equal);

  for (gsize i = 0; i < proto->n_initializer; i++)
    if (proto->initializer[i]->name != NULL)
      g_hash_table_add (initialized, proto->initializer[i]->name);
  for (gsize i = 0; i < proto->n_input; i++) {
    const char *name = proto->input[i]->name ? proto->input[i]->name : "";
    GenTensor *tensor;

    if (g_hash_table_contains (initialized, name))
      continue;
    if (*name == '\0')
      return fail (error, GEN_ONNX_ERROR_INVALID, "an input without a name");
    if (gen_graph_find (reader->graph, name) != NULL)
      return fail (error, GEN_ONNX_ERROR_INVALID, "two inputs named '%s'", name);
    tensor = gen_graph_add_input (reader->graph, name, GEN_TYPE_UNDEFINED, &GEN_SHAPE_UNKNOWN);
    if (!read_type (proto->input[i], tensor, error))
      return FALSE;
    if (tensor->type == GEN_TYPE_UNDEFINED && tensor->kind == GEN_KIND_TENSOR &&
        reader->parent == NULL)
      return fail (error, GEN_ONNX_ERROR_INVALID, "input '%s' has no type", name);
  }
  return TRUE;
}

static gboolean
read_initializers (GenOnnxReader *reader, const Onnx__GraphProto *proto, GError **error)
{
  if (proto->n_sparse_initializer > 0)
    return fail (error, GEN_ONNX_ERROR_UNSUPPORTED, "sparse initializers are not supported");
  for (gsize i = 0; i < proto->n_initializer; i++) {
    const char *name = proto->initializer[i]->name ? proto->initializer[i]->name : "";
    GenDataType type;
    GenShape shape;
    GBytes *data;

    if (*name == '\0')
      return fail (error, GEN_ONNX_ERROR_INVALID, "an initializer without a name");
    if (gen_graph_find (reader->graph, name) != NULL)
      return fail (error, GEN_ONNX_ERROR_INVALID, "two initializers named '%s'", name);
    data = gen_onnx_tensor_data (reader->source, proto->initializer[i], &type, &shape, error);
    if (data == NULL)
      return FALSE;
    gen_graph_add_constant (reader->graph, name, type, &shape, data);
  }
  return TRUE;
}

/* The operators that are not known, in this graph and those within. */
static void
list_unknown (
    const GenOnnxReader *reader, const Onnx__GraphProto *proto, GHashTable *unknown, GString *list)
{
  for (gsize i = 0; i < proto->n_node; i++) {
    const Onnx__NodeProto *node = proto->node[i];
    g_autofree char *op = NULL;
    int opset;

    for (gsize k = 0; k < node->n_attribute; k++)
      if (node->attribute[k]->g != NULL)
        list_unknown (reader, node->attribute[k]->g, unknown, list);
    if (gen_onnx_node_is_known (reader, node, &opset))
      continue;
    op = gen_onnx_node_operator (node);
    if (g_hash_table_contains (unknown, op))
      continue;
    if (g_hash_table_size (unknown) < MAX_LISTED)
      g_string_append_printf (list, "%s%s (opset %d, in node '%s')", list->len > 0 ? ", " : "", op,
          opset, node->name ? node->name : "");
    g_hash_table_add (unknown, g_steal_pointer (&op));
  }
}

/* All operators that are not known, in one message: nobody wants to learn of them one by one. */
static gboolean
check_operators (const GenOnnxReader *reader, const Onnx__GraphProto *proto, GError **error)
{
  g_autoptr (GHashTable) unknown = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GString) list = g_string_new (NULL);

  list_unknown (reader, proto, unknown, list);
  if (g_hash_table_size (unknown) == 0)
    return TRUE;
  if (g_hash_table_size (unknown) > MAX_LISTED)
    g_string_append_printf (list, " and %u more", g_hash_table_size (unknown) - MAX_LISTED);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_UNKNOWN_OPERATOR,
      g_hash_table_size (unknown) == 1 ? "an operator is not supported: %s"
                                       : "operators are not supported: %s",
      list->str);
  return FALSE;
}

static gboolean
read_nodes (GenOnnxReader *reader, const Onnx__GraphProto *proto, GError **error)
{
  for (gsize i = 0; i < proto->n_node; i++)
    for (gsize k = 0; k < proto->node[i]->n_output; k++)
      g_hash_table_add (reader->later, proto->node[i]->output[k]);
  for (gsize i = 0; i < proto->n_node; i++)
    if (!gen_onnx_read_node (reader, proto->node[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
read_outputs (GenOnnxReader *reader, const Onnx__GraphProto *proto, GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (gsize i = 0; i < proto->n_output; i++) {
    const char *name = proto->output[i]->name ? proto->output[i]->name : "";
    GenTensor *tensor = gen_onnx_find_tensor (reader, name);

    if (tensor == NULL)
      return fail (error, GEN_ONNX_ERROR_INVALID, "output '%s' is made by no node", name);
    if (!g_hash_table_add (seen, tensor) && reader->parent == NULL)
      return fail (error, GEN_ONNX_ERROR_INVALID, "two outputs named '%s'", name);
    if (tensor->role == GEN_ROLE_VALUE && !read_type (proto->output[i], tensor, error))
      return FALSE;
    gen_graph_add_output (reader->graph, tensor);
  }
  if (proto->n_output == 0)
    return fail (error, GEN_ONNX_ERROR_INVALID, "it has no outputs");
  return TRUE;
}

static void
read_metadata (GenGraph *graph, const Onnx__ModelProto *model)
{
  for (gsize i = 0; i < model->n_metadata_props; i++) {
    const Onnx__StringStringEntryProto *entry = model->metadata_props[i];

    g_hash_table_replace (graph->metadata, g_strdup (entry->key ? entry->key : ""),
        g_strdup (entry->value ? entry->value : ""));
  }
}

GenTensor *
gen_onnx_find_tensor (GenOnnxReader *reader, const char *name)
{
  GenTensor *tensor = gen_graph_find (reader->graph, name), *outer;

  if (tensor != NULL || reader->parent == NULL || *name == '\0')
    return tensor;
  outer = gen_onnx_find_tensor (reader->parent, name);
  if (outer == NULL)
    return NULL;
  g_ptr_array_add (reader->captured, outer);
  return gen_graph_add_input (reader->graph, name, outer->type, &outer->shape);
}

GenGraph *
gen_onnx_read_graph (
    GenOnnxReader *parent, const Onnx__GraphProto *proto, GPtrArray *captured, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new (proto->name);
  g_autoptr (GHashTable) later = g_hash_table_new (g_str_hash, g_str_equal);
  GenOnnxReader reader = *parent;
  int depth = 0;

  for (const GenOnnxReader *outer = parent; outer != NULL; outer = outer->parent)
    depth++;
  if (depth > MAX_NESTING) {
    fail (
        error, GEN_ONNX_ERROR_UNSUPPORTED, "graphs within graphs, more than %d deep", MAX_NESTING);
    return NULL;
  }
  graph->opset = parent->graph->opset;
  reader.graph = graph;
  reader.later = later;
  reader.parent = parent;
  reader.captured = captured;
  if (!read_inputs (&reader, proto, error) || !read_initializers (&reader, proto, error) ||
      !read_nodes (&reader, proto, error) || !read_outputs (&reader, proto, error))
    return NULL;
  return g_steal_pointer (&graph);
}

static gboolean
read_model (GenOnnxReader *reader, const Onnx__ModelProto *model, GError **error)
{
  const Onnx__GraphProto *graph = model->graph;

  if (graph == NULL)
    return fail (error, GEN_ONNX_ERROR_INVALID, "there is no graph in it; is it an ONNX model?");
  if (!read_opsets (reader, model, error) || !check_operators (reader, graph, error) ||
      !read_inputs (reader, graph, error) || !read_initializers (reader, graph, error) ||
      !read_nodes (reader, graph, error) || !read_outputs (reader, graph, error))
    return FALSE;
  read_metadata (reader->graph, model);
  return TRUE;
}

static GenGraph *
parse (GBytes *bytes, gsize least_slice, const char *folder, GError **error)
{
  g_auto (GenOnnxSource) source = { 0 };
  g_autoptr (Model) model = (Model *)gen_onnx_unpack (&onnx__model_proto__descriptor, bytes, error);
  g_autoptr (GenGraph) graph = NULL;
  GenOnnxReader reader;
  gboolean read;

  if (model == NULL)
    return NULL;
  graph = gen_graph_new (model->graph != NULL ? model->graph->name : NULL);
  gen_onnx_source_init (&source, bytes, least_slice, folder);
  reader = (GenOnnxReader){
    .graph = graph,
    .source = &source,
    .opsets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
    .later = g_hash_table_new (g_str_hash, g_str_equal),
  };
  read = read_model (&reader, model, error);
  gen_onnx_source_list_mapped (&source, graph);
  g_hash_table_unref (reader.opsets);
  g_hash_table_unref (reader.later);
  return read ? g_steal_pointer (&graph) : NULL;
}

GenGraph *
gen_onnx_parse (GBytes *bytes, const char *name, const char *folder, GError **error)
{
  GenGraph *graph = parse (bytes, 0, folder, error);

  if (graph == NULL)
    g_prefix_error (error, "%s: ", name);
  return graph;
}

GBytes *
gen_onnx_load_file (const char *path, GError **error)
{
  g_autoptr (GError) reason = NULL;
  GBytes *bytes = gen_file_bytes (path, &reason);

  if (bytes == NULL)
    fail (error, GEN_ONNX_ERROR_FILE, "%s", reason->message);
  return bytes;
}

GenGraph *
gen_onnx_load (const char *path, GError **error)
{
  g_autoptr (GBytes) bytes = gen_onnx_load_file (path, error);
  g_autofree char *folder = g_path_get_dirname (path);
  gint64 start = g_get_monotonic_time ();
  GenGraph *graph;

  if (bytes == NULL)
    return NULL;
  if (g_bytes_get_size (bytes) == 0) {
    fail (error, GEN_ONNX_ERROR_INVALID, "%s: the file is empty", path);
    return NULL;
  }
  graph = parse (bytes, gen_onnx_least_slice (bytes), folder, error);
  if (graph == NULL)
    g_prefix_error (error, "%s: ", path);
  else if (gen_onnx_is_mapped (bytes))
    g_ptr_array_add (graph->mapped, g_bytes_ref (bytes));
  if (graph != NULL)
    g_debug ("%s: %u nodes, %.2f MiB, %s in %.1f ms", path, graph->nodes->len,
        (double)g_bytes_get_size (bytes) / (1 << 20),
        gen_onnx_is_mapped (bytes) ? "mapped" : "read",
        (double)(g_get_monotonic_time () - start) / 1e3);
  return graph;
}
