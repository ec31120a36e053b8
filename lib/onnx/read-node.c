/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes and their attributes, from ONNX's messages into a graph. */
#include <string.h>

#include <generative/operator.h>

#include "read.h"

#define MAX_ATTRIBUTES 256

static gboolean fail (const GenOnnxReader *reader, const Onnx__NodeProto *proto, GError **error,
    int code, const char *format, ...) G_GNUC_PRINTF (5, 6);

static gboolean
fail (const GenOnnxReader *reader, const Onnx__NodeProto *proto, GError **error, int code,
    const char *format, ...)
{
  g_autofree char *name = gen_onnx_path (reader, gen_onnx_node_name (proto));
  g_autofree char *op = gen_onnx_node_operator (proto);
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, GEN_ONNX_ERROR, code, "node '%s' (%s): %s", name, op, text);
  return FALSE;
}

const char *
gen_onnx_domain (const char *domain)
{
  return domain == NULL || strcmp (domain, "ai.onnx") == 0 ? "" : domain;
}

char *
gen_onnx_node_operator (const Onnx__NodeProto *proto)
{
  const char *name = proto->op_type ? proto->op_type : "",
             *domain = gen_onnx_domain (proto->domain);

  return *domain == '\0' ? g_strdup (name) : g_strdup_printf ("%s.%s", domain, name);
}

const char *
gen_onnx_node_name (const Onnx__NodeProto *proto)
{
  if (proto->name != NULL && *proto->name != '\0')
    return proto->name;
  for (gsize i = 0; i < proto->n_output; i++)
    if (*proto->output[i] != '\0')
      return proto->output[i];
  return "";
}

/* --- attributes --- */

/* Text of an attribute, or NULL when it is none. */
static char *
read_text (const ProtobufCBinaryData *bytes)
{
  if (!g_utf8_validate_len ((const char *)bytes->data, bytes->len, NULL))
    return NULL;
  return g_strndup ((const char *)bytes->data, bytes->len);
}

static GenTensor *
read_tensor (GenOnnxReader *reader, const Onnx__TensorProto *tensor, GError **error)
{
  g_autofree char *name = gen_onnx_graph_name (reader, NULL);
  GenDataType type;
  GenShape shape;
  GBytes *data = gen_onnx_tensor_data (reader->model->source, tensor, &type, &shape, error);

  return data != NULL ? gen_graph_add_constant (reader->graph, name, type, &shape, data) : NULL;
}

/* Fill in what the attribute holds; FALSE when it cannot be held. */
static gboolean
read_value (GenOnnxReader *reader, const Onnx__AttributeProto *proto, GenAttribute *attribute,
    GError **error)
{
  switch (proto->type) {
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT:
    attribute->type = GEN_ATTRIBUTE_FLOAT;
    attribute->f = proto->f;
    return TRUE;
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT:
    attribute->type = GEN_ATTRIBUTE_INT;
    attribute->i = proto->i;
    return TRUE;
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING:
    attribute->type = GEN_ATTRIBUTE_STRING;
    attribute->s = read_text (&proto->s);
    return attribute->s != NULL;
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS:
    attribute->type = GEN_ATTRIBUTE_FLOATS;
    attribute->floats = g_array_new (FALSE, FALSE, sizeof (float));
    g_array_append_vals (attribute->floats, proto->floats, proto->n_floats);
    return TRUE;
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS:
    attribute->type = GEN_ATTRIBUTE_INTS;
    attribute->ints = g_array_new (FALSE, FALSE, sizeof (gint64));
    g_array_append_vals (attribute->ints, proto->ints, proto->n_ints);
    return TRUE;
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS:
    attribute->type = GEN_ATTRIBUTE_STRINGS;
    attribute->strings = g_new0 (char *, proto->n_strings + 1);
    for (gsize i = 0; i < proto->n_strings; i++)
      if ((attribute->strings[i] = read_text (&proto->strings[i])) == NULL)
        return FALSE;
    return TRUE;
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR:
    attribute->type = GEN_ATTRIBUTE_TENSOR;
    if (proto->t != NULL)
      attribute->tensor = read_tensor (reader, proto->t, error);
    return attribute->tensor != NULL;
  default:
    return FALSE;
  }
}

/* What the graph reads of those around it become further inputs of the node. */
static gboolean
read_subgraph (GenOnnxReader *reader, const Onnx__AttributeProto *proto, GenNode *node,
    GenAttribute *attribute, GError **error)
{
  g_autoptr (GPtrArray) captured = g_ptr_array_new ();

  if (proto->g == NULL) {
    g_set_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_INVALID, "the graph is missing");
    return FALSE;
  }
  attribute->type = GEN_ATTRIBUTE_GRAPH;
  attribute->graph = gen_onnx_read_graph (reader, proto->g, captured, error);
  if (attribute->graph == NULL)
    return FALSE;
  attribute->i = captured->len;
  g_ptr_array_extend (node->inputs, captured, NULL, NULL);
  return TRUE;
}

static const char *
type_name (int type)
{
  const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value (
      &onnx__attribute_proto__attribute_type__descriptor, type);

  return value != NULL ? value->name : "unknown";
}

/* `proto` is what `name` of the node stands for, its own or one of the function's. */
static gboolean
read_attribute (GenOnnxReader *reader, const Onnx__NodeProto *node_proto, const char *name,
    const Onnx__AttributeProto *proto, GenNode *node, GError **error)
{
  g_autoptr (GError) reason = NULL;
  GenAttribute *attribute;

  /* Of an Optional: what it holds, which its input tells as well. */
  if (proto->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTO)
    return TRUE;
  if (proto->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH && !node->op->has_graphs)
    return fail (reader, node_proto, error, GEN_ONNX_ERROR_UNSUPPORTED,
        "its attribute '%s' is a graph of its own, which it does not take", name);
  if (gen_node_attribute (node, name) != NULL)
    return fail (reader, node_proto, error, GEN_ONNX_ERROR_INVALID, "two attributes '%s'", name);
  attribute = g_new0 (GenAttribute, 1);
  attribute->name = g_strdup (name);
  gen_node_take_attribute (node, attribute);
  if (proto->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH) {
    if (read_subgraph (reader, proto, node, attribute, error))
      return TRUE;
    g_prefix_error (error, "in '%s' of node '%s': ", name, node->name);
    return FALSE;
  }
  if (read_value (reader, proto, attribute, &reason))
    return TRUE;
  if (reason != NULL)
    return fail (
        reader, node_proto, error, reason->code, "attribute '%s': %s", name, reason->message);
  return fail (reader, node_proto, error, GEN_ONNX_ERROR_UNSUPPORTED,
      "its attribute '%s' of type %s cannot be used", name, type_name (proto->type));
}

/* The attribute number i, as read_attribute takes it; NULL for one that a call leaves out. */
static gboolean
resolve (const GenOnnxReader *reader, const Onnx__NodeProto *proto, gsize i, const char **name,
    const Onnx__AttributeProto **resolved, GError **error)
{
  g_autoptr (GError) reason = NULL;

  *name = proto->attribute[i]->name ? proto->attribute[i]->name : "";
  return gen_onnx_resolve_attribute (reader, proto->attribute[i], resolved, &reason) ||
         fail (reader, proto, error, reason->code, "its attribute '%s' %s", *name, reason->message);
}

static gboolean
read_attributes (GenOnnxReader *reader, const Onnx__NodeProto *proto, GenNode *node, GError **error)
{
  for (gsize i = 0; i < proto->n_attribute; i++) {
    const Onnx__AttributeProto *attribute;
    const char *name;

    if (!resolve (reader, proto, i, &name, &attribute, error))
      return FALSE;
    if (attribute != NULL && !read_attribute (reader, proto, name, attribute, node, error))
      return FALSE;
  }
  return TRUE;
}

/* --- Constant --- */

typedef Onnx__AttributeProto__AttributeType AttributeType;

/* What the attribute of a Constant must be, by its name. */
static gboolean
constant_type (const char *name, AttributeType *type)
{
  static const struct {
    const char *name;
    AttributeType type;
  } kinds[] = {
    { "value", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR },
    { "value_float", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT },
    { "value_int", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT },
    { "value_floats", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS },
    { "value_ints", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS },
    { "value_string", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING },
    { "value_strings", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS },
  };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (name, kinds[i].name) == 0) {
      *type = kinds[i].type;
      return TRUE;
    }
  return FALSE;
}

/* A list of numbers, or a number where `shape` is a scalar. */
static gboolean
add_numbers (
    GenOnnxReader *reader, const char *name, GenDataType type, GenShape shape, gconstpointer values)
{
  g_autofree char *own = gen_onnx_graph_name (reader, name);
  gsize size = gen_shape_elements (&shape) * gen_data_type_size (type);

  g_hash_table_insert (reader->scope, (gpointer)name,
      gen_graph_add_constant (reader->graph, own, type, &shape, g_bytes_new (values, size)));
  return TRUE;
}

/* Constants become tensors of the graph; no node is left of them. */
static gboolean
read_constant_node (
    GenOnnxReader *reader, const Onnx__NodeProto *proto, const char *name, GError **error)
{
  const Onnx__AttributeProto *value = NULL;
  g_autoptr (GError) reason = NULL;
  const char *kind = "";
  AttributeType type;

  if (proto->n_attribute == 1 && !resolve (reader, proto, 0, &kind, &value, error))
    return FALSE;
  if (value == NULL || !constant_type (kind, &type))
    return fail (reader, proto, error, GEN_ONNX_ERROR_UNSUPPORTED,
        "it should have one attribute value, value_float(s), value_int(s) or value_string(s)%s%s",
        *kind != '\0' ? ", not " : "", kind);
  if (value->type != type)
    return fail (reader, proto, error, GEN_ONNX_ERROR_INVALID,
        "its attribute '%s' is of type %s, but should be %s", kind, type_name (value->type),
        type_name (type));
  switch (type) {
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT:
    return add_numbers (reader, name, GEN_TYPE_FLOAT32, GEN_SHAPE_SCALAR, &value->f);
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT:
    return add_numbers (reader, name, GEN_TYPE_INT64, GEN_SHAPE_SCALAR, &value->i);
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS:
    return add_numbers (
        reader, name, GEN_TYPE_FLOAT32, GEN_SHAPE ((gint64)value->n_floats), value->floats);
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS:
    return add_numbers (
        reader, name, GEN_TYPE_INT64, GEN_SHAPE ((gint64)value->n_ints), value->ints);
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR:
    if (value->t == NULL)
      return fail (reader, proto, error, GEN_ONNX_ERROR_INVALID, "its value is missing");
    return gen_onnx_add_constant (reader, name, value->t, &reason) ||
           fail (reader, proto, error, reason->code, "%s", reason->message);
  default:
    gen_onnx_add_unreadable (reader, name, GEN_TYPE_STRING);
    return TRUE;
  }
}

/* --- nodes --- */

static gboolean
check_readable (const GenOnnxReader *reader, const Onnx__NodeProto *proto, const char *name,
    const GenTensor *tensor, GError **error)
{
  if (tensor == NULL || tensor->type == GEN_TYPE_UNDEFINED || gen_data_type_size (tensor->type) > 0)
    return TRUE;
  return fail (reader, proto, error, GEN_ONNX_ERROR_UNSUPPORTED,
      "its input '%s' is a constant of type %s, which is not supported", name,
      gen_onnx_type_name (tensor->type));
}

gboolean
gen_onnx_find_inputs (
    GenOnnxReader *reader, const Onnx__NodeProto *proto, GenTensor **inputs, GError **error)
{
  for (gsize i = 0; i < proto->n_input; i++) {
    const char *name = proto->input[i];

    if (*name == '\0')
      continue;
    if (gen_onnx_find_tensor (reader, name, &inputs[i])) {
      if (!check_readable (reader, proto, name, inputs[i], error))
        return FALSE;
      continue;
    }
    if (g_hash_table_contains (reader->later, name))
      return fail (reader, proto, error, GEN_ONNX_ERROR_INVALID,
          "its input '%s' is made only by a later node: the nodes are not in an order in which "
          "they can run, or form a cycle",
          name);
    return fail (reader, proto, error, GEN_ONNX_ERROR_INVALID,
        "its input '%s' is neither an input of the %s, nor %s made by a node", name,
        reader->call != NULL ? "function" : "model",
        reader->call != NULL ? "a constant, nor" : "an initializer, nor");
  }
  return TRUE;
}

static gboolean
check_outputs (GenOnnxReader *reader, const Onnx__NodeProto *proto, GError **error)
{
  g_autoptr (GHashTable) own = g_hash_table_new (g_str_hash, g_str_equal);

  for (gsize i = 0; i < proto->n_output; i++) {
    char *name = proto->output[i];

    if (*name == '\0')
      continue;
    if (g_hash_table_contains (reader->scope, name) || !g_hash_table_add (own, name))
      return fail (reader, proto, error, GEN_ONNX_ERROR_INVALID,
          "its output '%s' has the name of another tensor", name);
  }
  return TRUE;
}

GenTensor *
gen_onnx_add_value (GenOnnxReader *reader, const char *name)
{
  GenTensor *tensor = reader->results != NULL ? g_hash_table_lookup (reader->results, name) : NULL;
  g_autofree char *own = NULL;

  if (tensor == NULL) {
    own = gen_onnx_graph_name (reader, name);
    tensor = gen_graph_add_value (reader->graph, own);
  }
  g_hash_table_insert (reader->scope, (gpointer)name, tensor);
  return tensor;
}

static gboolean
add_node (GenOnnxReader *reader, const Onnx__NodeProto *proto, int opset, GError **error)
{
  g_autofree GenTensor **inputs = g_new0 (GenTensor *, proto->n_input + 1);
  g_autofree GenTensor **outputs = g_new0 (GenTensor *, proto->n_output + 1);
  g_autofree char *name = gen_onnx_path (reader, gen_onnx_node_name (proto));
  const char *domain = gen_onnx_domain (proto->domain);
  GenNode *node;

  if (!gen_onnx_find_inputs (reader, proto, inputs, error))
    return FALSE;
  for (gsize i = 0; i < proto->n_output; i++)
    if (*proto->output[i] != '\0')
      outputs[i] = gen_onnx_add_value (reader, proto->output[i]);
  node = gen_graph_add_node (reader->graph, name, *domain != '\0' ? domain : NULL,
      proto->op_type ? proto->op_type : "", opset, inputs, proto->n_input, outputs, proto->n_output,
      error);
  return node != NULL && read_attributes (reader, proto, node, error);
}

static gboolean
is_constant_node (const Onnx__NodeProto *proto)
{
  return *gen_onnx_domain (proto->domain) == '\0' && g_strcmp0 (proto->op_type, "Constant") == 0;
}

gboolean
gen_onnx_node_is_known (GHashTable *opsets, const Onnx__NodeProto *proto, int *opset)
{
  const char *domain = gen_onnx_domain (proto->domain);

  *opset = GPOINTER_TO_INT (g_hash_table_lookup (opsets, domain));
  if (is_constant_node (proto) || *opset == 0)
    return TRUE;
  /* Our own operators trust those who build graphs of them. */
  return strcmp (domain, "generative") != 0 &&
         gen_operator_find (
             *domain != '\0' ? domain : NULL, proto->op_type ? proto->op_type : "", *opset) != NULL;
}

static gboolean
read_node (GenOnnxReader *reader, const Onnx__NodeProto *proto, GError **error)
{
  const Onnx__FunctionProto *function = gen_onnx_find_function (reader->model, proto);
  const char *domain = gen_onnx_domain (proto->domain);
  int opset;

  if (!gen_onnx_charge (reader, proto, error))
    return FALSE;
  if (proto->n_attribute > MAX_ATTRIBUTES)
    return fail (reader, proto, error, GEN_ONNX_ERROR_INVALID, "%" G_GSIZE_FORMAT " attributes",
        proto->n_attribute);
  if (!check_outputs (reader, proto, error))
    return FALSE;
  if (function != NULL)
    return gen_onnx_read_call (reader, proto, function, error);
  if (!gen_onnx_node_is_known (reader->opsets, proto, &opset) || opset == 0)
    return fail (reader, proto, error, GEN_ONNX_ERROR_INVALID,
        "the model does not say which opset of domain '%s' it uses",
        *domain == '\0' ? "ai.onnx" : domain);
  if (is_constant_node (proto) && proto->n_output == 1)
    return read_constant_node (reader, proto, proto->output[0], error);
  return add_node (reader, proto, opset, error);
}

gboolean
gen_onnx_read_nodes (GenOnnxReader *reader, Onnx__NodeProto *const *nodes, gsize n, GError **error)
{
  for (gsize i = 0; i < n; i++)
    for (gsize k = 0; k < nodes[i]->n_output; k++)
      g_hash_table_add (reader->later, nodes[i]->output[k]);
  for (gsize i = 0; i < n; i++)
    if (!read_node (reader, nodes[i], error))
      return FALSE;
  return TRUE;
}
