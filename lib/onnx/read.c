/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models, from ONNX's messages into a graph. What comes here is well encoded (outline.c) but
 * may mean anything, so each reference, count and number is checked before it is used. */
#include <errno.h>
#include <string.h>

#include "../base/file-stamp.h"
#include "fail.h"
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

gboolean
gen_onnx_read_opsets (GHashTable *opsets, Onnx__OperatorSetIdProto *const *imports, gsize n,
    int *version, GError **error)
{
  for (gsize i = 0; i < n; i++) {
    const char *domain = gen_onnx_domain (imports[i]->domain);
    int number = CLAMP (imports[i]->version, 0, G_MAXINT);

    g_hash_table_replace (opsets, g_strdup (domain), GINT_TO_POINTER (number));
    if (*domain != '\0')
      continue;
    if (version != NULL)
      *version = number;
    if (number < GEN_OPSET_MIN || number > GEN_OPSET_MAX)
      return gen_onnx_fail (error, GEN_ONNX_ERROR_UNSUPPORTED,
          "opset %d; opsets %d to %d can be read, so export the model with one of those", number,
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
    return gen_onnx_fail (error, GEN_ONNX_ERROR_UNSUPPORTED,
        "'%s' is a map, a sparse tensor or the like", tensor->name);
  if (!gen_onnx_data_type (type->tensor_type->elem_type, &tensor->type))
    return gen_onnx_fail (error, GEN_ONNX_ERROR_UNSUPPORTED,
        "'%s' has elements of type %s, which are not supported", tensor->name,
        gen_onnx_type_name (type->tensor_type->elem_type));
  shape = type->tensor_type->shape;
  if (shape == NULL || tensor->kind != GEN_KIND_TENSOR)
    return TRUE;
  if (shape->n_dim > GEN_MAX_RANK)
    return gen_onnx_fail (error, GEN_ONNX_ERROR_UNSUPPORTED,
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
      return gen_onnx_fail (error, GEN_ONNX_ERROR_INVALID, "an input without a name");
    if (g_hash_table_contains (reader->scope, name))
      return gen_onnx_fail (error, GEN_ONNX_ERROR_INVALID, "two inputs named '%s'", name);
    tensor = gen_graph_add_input (reader->graph, name, GEN_TYPE_UNDEFINED, &GEN_SHAPE_UNKNOWN);
    g_hash_table_insert (reader->scope, (gpointer)name, tensor);
    if (!read_type (proto->input[i], tensor, error))
      return FALSE;
    if (tensor->type == GEN_TYPE_UNDEFINED && tensor->kind == GEN_KIND_TENSOR &&
        reader->parent == NULL)
      return gen_onnx_fail (error, GEN_ONNX_ERROR_INVALID, "input '%s' has no type", name);
  }
  return TRUE;
}

void
gen_onnx_add_unreadable (GenOnnxReader *reader, const char *name, int type)
{
  g_autofree char *own = gen_onnx_graph_name (reader, name);

  g_hash_table_insert (reader->scope, (gpointer)name,
      gen_graph_add_constant (reader->graph, own, type, &GEN_SHAPE (0), g_bytes_new (NULL, 0)));
}

gboolean
gen_onnx_add_constant (
    GenOnnxReader *reader, const char *name, const Onnx__TensorProto *tensor, GError **error)
{
  g_autofree char *own = NULL;
  GenDataType type;
  GenShape shape;
  GBytes *data;

  if (tensor->data_type > 0 && !gen_onnx_data_type (tensor->data_type, &type)) {
    gen_onnx_add_unreadable (reader, name, tensor->data_type);
    return TRUE;
  }
  data = gen_onnx_tensor_data (reader->model->source, tensor, &type, &shape, error);
  if (data == NULL)
    return FALSE;
  own = gen_onnx_graph_name (reader, name);
  g_hash_table_insert (reader->scope, (gpointer)name,
      gen_graph_add_constant (reader->graph, own, type, &shape, data));
  return TRUE;
}

static gboolean
read_initializers (GenOnnxReader *reader, const Onnx__GraphProto *proto, GError **error)
{
  if (proto->n_sparse_initializer > 0)
    return gen_onnx_fail (
        error, GEN_ONNX_ERROR_UNSUPPORTED, "sparse initializers are not supported");
  for (gsize i = 0; i < proto->n_initializer; i++) {
    const char *name = proto->initializer[i]->name ? proto->initializer[i]->name : "";

    if (*name == '\0')
      return gen_onnx_fail (error, GEN_ONNX_ERROR_INVALID, "an initializer without a name");
    if (g_hash_table_contains (reader->scope, name))
      return gen_onnx_fail (error, GEN_ONNX_ERROR_INVALID, "two initializers named '%s'", name);
    if (!gen_onnx_add_constant (reader, name, proto->initializer[i], error))
      return FALSE;
  }
  return TRUE;
}

/* What check_operators has come by. */
typedef struct {
  const GenOnnxModel *model;
  GHashTable *unknown;  /* names of operators */
  GString *list;        /* of the first of them, for people */
  GHashTable *called;   /* functions, */
  GPtrArray *functions; /* in the order in which they were found */
} Survey;

/* The operators that are not known, and the functions that are called, by these nodes and in the
 * graphs within. */
static void
survey_nodes (Survey *survey, GHashTable *opsets, Onnx__NodeProto *const *nodes, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    const Onnx__NodeProto *node = nodes[i];
    const Onnx__FunctionProto *function = gen_onnx_find_function (survey->model, node);
    g_autofree char *op = NULL;
    int opset;

    for (gsize k = 0; k < node->n_attribute; k++)
      if (node->attribute[k]->g != NULL)
        survey_nodes (survey, opsets, node->attribute[k]->g->node, node->attribute[k]->g->n_node);
    if (function != NULL) {
      if (g_hash_table_add (survey->called, (gpointer)function))
        g_ptr_array_add (survey->functions, (gpointer)function);
      continue;
    }
    if (gen_onnx_node_is_known (opsets, node, &opset))
      continue;
    op = gen_onnx_node_operator (node);
    if (g_hash_table_contains (survey->unknown, op))
      continue;
    if (g_hash_table_size (survey->unknown) < MAX_LISTED)
      g_string_append_printf (survey->list, "%s%s (opset %d, in node '%s')",
          survey->list->len > 0 ? ", " : "", op, opset, gen_onnx_node_name (node));
    g_hash_table_add (survey->unknown, g_steal_pointer (&op));
  }
}

/* The functions that are called, each once, and those that these call. */
static gboolean
survey_functions (Survey *survey, GHashTable *opsets, GError **error)
{
  for (guint i = 0; i < survey->functions->len; i++) {
    const Onnx__FunctionProto *function = g_ptr_array_index (survey->functions, i);
    g_autoptr (GHashTable) own = gen_onnx_function_opsets (function, opsets, error);

    if (own == NULL)
      return FALSE;
    survey_nodes (survey, own, function->node, function->n_node);
  }
  return TRUE;
}

/* All operators that are not known, in one message: nobody wants to learn of them one by one. */
static gboolean
check_operators (const GenOnnxReader *reader, const Onnx__GraphProto *proto, GError **error)
{
  g_autoptr (GHashTable) unknown = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) called = g_hash_table_new (NULL, NULL);
  g_autoptr (GPtrArray) functions = g_ptr_array_new ();
  g_autoptr (GString) list = g_string_new (NULL);
  Survey survey = { reader->model, unknown, list, called, functions };
  guint n;

  survey_nodes (&survey, reader->opsets, proto->node, proto->n_node);
  if (!survey_functions (&survey, reader->opsets, error))
    return FALSE;
  n = g_hash_table_size (unknown);
  if (n == 0)
    return TRUE;
  if (n > MAX_LISTED)
    g_string_append_printf (list, " and %u more", n - MAX_LISTED);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_UNKNOWN_OPERATOR,
      n == 1 ? "an operator is not supported: %s" : "operators are not supported: %s", list->str);
  return FALSE;
}

static gboolean
read_outputs (GenOnnxReader *reader, const Onnx__GraphProto *proto, GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (gsize i = 0; i < proto->n_output; i++) {
    const char *name = proto->output[i]->name ? proto->output[i]->name : "";
    GenTensor *tensor;

    if (!gen_onnx_find_tensor (reader, name, &tensor) || tensor == NULL)
      return gen_onnx_fail (error, GEN_ONNX_ERROR_INVALID, "output '%s' is made by no node", name);
    if (tensor->role == GEN_ROLE_CONSTANT && gen_data_type_size (tensor->type) == 0)
      return gen_onnx_fail (error, GEN_ONNX_ERROR_UNSUPPORTED,
          "output '%s' is a constant of type %s, which is not supported", name,
          gen_onnx_type_name (tensor->type));
    if (!g_hash_table_add (seen, tensor) && reader->parent == NULL)
      return gen_onnx_fail (error, GEN_ONNX_ERROR_INVALID, "two outputs named '%s'", name);
    if (tensor->role == GEN_ROLE_VALUE && !read_type (proto->output[i], tensor, error))
      return FALSE;
    gen_graph_add_output (reader->graph, tensor);
  }
  if (proto->n_output == 0)
    return gen_onnx_fail (error, GEN_ONNX_ERROR_INVALID, "it has no outputs");
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

gboolean
gen_onnx_find_tensor (GenOnnxReader *reader, const char *name, GenTensor **tensor)
{
  GenTensor *outer;

  *tensor = NULL;
  if (g_hash_table_lookup_extended (reader->scope, name, NULL, (gpointer *)tensor))
    return TRUE;
  if (reader->captured == NULL || *name == '\0' ||
      !gen_onnx_find_tensor (reader->parent, name, &outer))
    return FALSE;
  if (outer == NULL)
    return TRUE;
  g_ptr_array_add (reader->captured, outer);
  *tensor = gen_graph_add_input (reader->graph, name, outer->type, &outer->shape);
  g_hash_table_insert (reader->scope, (gpointer)name, *tensor);
  return TRUE;
}

char *
gen_onnx_path (const GenOnnxReader *reader, const char *name)
{
  if (reader->call == NULL)
    return g_strdup (name);
  return g_strdup_printf ("%s/%s", reader->call->name, name);
}

/* Whether the graph's names are those of the file. */
static gboolean
has_own_names (const GenOnnxReader *reader)
{
  return reader->captured != NULL || reader->call == NULL;
}

char *
gen_onnx_graph_name (const GenOnnxReader *reader, const char *name)
{
  g_autofree char *base = NULL;
  char *candidate;

  if (name != NULL && has_own_names (reader))
    return g_strdup (name);
  base = gen_onnx_path (reader, name != NULL ? name : "constant");
  candidate = g_strdup (base);
  while (g_hash_table_contains (reader->reserved, candidate) ||
         gen_graph_find (reader->graph, candidate) != NULL) {
    g_free (candidate);
    candidate = g_strdup_printf ("%s_%u", base, reader->graph->next_id++);
  }
  return candidate;
}

/* All of a graph, in the order in which its parts refer to each other. */
static gboolean
read_parts (GenOnnxReader *reader, const Onnx__GraphProto *proto, GError **error)
{
  return read_inputs (reader, proto, error) && read_initializers (reader, proto, error) &&
         gen_onnx_read_nodes (reader, proto->node, proto->n_node, error) &&
         read_outputs (reader, proto, error);
}

GenGraph *
gen_onnx_read_graph (
    GenOnnxReader *parent, const Onnx__GraphProto *proto, GPtrArray *captured, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new (proto->name);
  g_autoptr (GHashTable) scope = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) later = g_hash_table_new (g_str_hash, g_str_equal);
  GenOnnxReader reader = *parent;
  int depth = 0;

  for (const GenOnnxReader *outer = parent; outer != NULL; outer = outer->parent)
    depth += outer->captured != NULL;
  if (depth >= MAX_NESTING) {
    gen_onnx_fail (
        error, GEN_ONNX_ERROR_UNSUPPORTED, "graphs within graphs, more than %d deep", MAX_NESTING);
    return NULL;
  }
  graph->opset = parent->graph->opset;
  reader.graph = graph;
  reader.scope = scope;
  reader.later = reader.reserved = later;
  reader.results = NULL;
  reader.parent = parent;
  reader.captured = captured;
  if (!read_parts (&reader, proto, error))
    return NULL;
  return g_steal_pointer (&graph);
}

static gboolean
read_model (GenOnnxReader *reader, const Onnx__ModelProto *model, GError **error)
{
  if (model->graph == NULL)
    return gen_onnx_fail (
        error, GEN_ONNX_ERROR_INVALID, "there is no graph in it; is it an ONNX model?");
  if (!gen_onnx_read_opsets (reader->opsets, model->opset_import, model->n_opset_import,
          &reader->graph->opset, error) ||
      !gen_onnx_list_functions (reader->model->functions, model, error) ||
      !check_operators (reader, model->graph, error) || !read_parts (reader, model->graph, error))
    return FALSE;
  read_metadata (reader->graph, model);
  return TRUE;
}

static GenGraph *
read_graph (GenOnnxSource *source, const Onnx__ModelProto *proto, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new (proto->graph != NULL ? proto->graph->name : NULL);
  g_autoptr (GHashTable) functions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) opsets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) scope = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) later = g_hash_table_new (g_str_hash, g_str_equal);
  GenOnnxModel model = { source, functions };
  GenOnnxReader reader = { .model = &model,
    .graph = graph,
    .opsets = opsets,
    .scope = scope,
    .later = later,
    .reserved = later };

  return read_model (&reader, proto, error) ? g_steal_pointer (&graph) : NULL;
}

static GenGraph *
parse (GBytes *bytes, gsize least_slice, const char *folder, const char *path, GError **error)
{
  g_auto (GenOnnxSource) source = { 0 };
  g_autoptr (Model) model = (Model *)gen_onnx_unpack (&onnx__model_proto__descriptor, bytes, error);
  GenGraph *graph;

  if (model == NULL)
    return NULL;
  gen_onnx_source_init (&source, bytes, least_slice, folder);
  source.model = path;
  graph = read_graph (&source, model, error);
  if (graph != NULL) {
    gen_onnx_source_list_mapped (&source, graph);
    graph->stamp = gen_onnx_source_stamp (&source);
  }
  return graph;
}

GenGraph *
gen_onnx_parse (GBytes *bytes, const char *name, const char *folder, GError **error)
{
  GenGraph *graph = parse (bytes, 0, folder, NULL, error);

  if (graph == NULL)
    g_prefix_error (error, "%s: ", name);
  return graph;
}

static GBytes *
load_file (const char *path, guint64 *stamp, GError **error)
{
  g_autoptr (GError) reason = NULL;
  GBytes *bytes = gen_file_bytes_stamped (path, stamp, &reason);

  if (bytes == NULL)
    gen_onnx_fail (error, GEN_ONNX_ERROR_FILE, "%s", reason->message);
  return bytes;
}

GBytes *
gen_onnx_load_file (const char *path, GError **error)
{
  guint64 stamp;

  return load_file (path, &stamp, error);
}

GenGraph *
gen_onnx_load (const char *path, GError **error)
{
  guint64 stamp;
  g_autoptr (GBytes) bytes = load_file (path, &stamp, error);
  g_autofree char *folder = g_path_get_dirname (path);
  gint64 start = g_get_monotonic_time ();
  GenGraph *graph;

  if (bytes == NULL)
    return NULL;
  if (g_bytes_get_size (bytes) == 0) {
    gen_onnx_fail (error, GEN_ONNX_ERROR_INVALID, "%s: the file is empty", path);
    return NULL;
  }
  graph = parse (bytes, gen_onnx_least_slice (bytes), folder, path, error);
  if (graph == NULL) {
    g_prefix_error (error, "%s: ", path);
    return NULL;
  }
  if (gen_onnx_is_mapped (bytes))
    g_ptr_array_add (graph->mapped, g_bytes_ref (bytes));
  graph->stamp += stamp;
  g_debug ("%s: %u nodes, %.2f MiB, %s in %.1f ms", path, graph->nodes->len,
      (double)g_bytes_get_size (bytes) / (1 << 20), gen_onnx_is_mapped (bytes) ? "mapped" : "read",
      (double)(g_get_monotonic_time () - start) / 1e3);
  return graph;
}
