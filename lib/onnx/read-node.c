/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes and their attributes, from ONNX's messages into a graph. */
#include <string.h>

#include <generative/operator.h>

#include "read.h"

#define MAX_ATTRIBUTES 256

static gboolean fail (GError **error, int code, const Onnx__NodeProto *proto, const char *format,
    ...) G_GNUC_PRINTF (4, 5);

static gboolean
fail (GError **error, int code, const Onnx__NodeProto *proto, const char *format, ...)
{
  g_autofree char *op = gen_onnx_node_operator (proto);
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (
      error, GEN_ONNX_ERROR, code, "node '%s' (%s): %s", proto->name ? proto->name : "", op, text);
  return FALSE;
}

static gboolean
is_onnx_domain (const char *domain)
{
  return domain == NULL || *domain == '\0' || strcmp (domain, "ai.onnx") == 0;
}

char *
gen_onnx_node_operator (const Onnx__NodeProto *proto)
{
  const char *name = proto->op_type ? proto->op_type : "";

  if (is_onnx_domain (proto->domain))
    return g_strdup (name);
  return g_strdup_printf ("%s.%s", proto->domain, name);
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
read_constant (
    GenOnnxReader *reader, const char *name, const Onnx__TensorProto *tensor, GError **error)
{
  GenDataType type;
  GenShape shape;
  GBytes *data = gen_onnx_tensor_data (reader->source, tensor, &type, &shape, error);

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
      attribute->tensor = read_constant (reader, NULL, proto->t, error);
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

static gboolean
read_attribute (GenOnnxReader *reader, const Onnx__NodeProto *node_proto,
    const Onnx__AttributeProto *proto, GenNode *node, GError **error)
{
  const char *name = proto->name ? proto->name : "";
  g_autoptr (GError) reason = NULL;
  GenAttribute *attribute;

  /* Of an Optional: what it holds, which its input tells as well. */
  if (proto->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTO)
    return TRUE;
  if (proto->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH && !node->op->has_graphs)
    return fail (error, GEN_ONNX_ERROR_UNSUPPORTED, node_proto,
        "its attribute '%s' is a graph of its own, which it does not take", name);
  if (gen_node_attribute (node, name) != NULL)
    return fail (error, GEN_ONNX_ERROR_INVALID, node_proto, "two attributes '%s'", name);
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
    return fail (error, reason->code, node_proto, "attribute '%s': %s", name, reason->message);
  return fail (error, GEN_ONNX_ERROR_UNSUPPORTED, node_proto,
      "its attribute '%s' of type %s cannot be used", name, type_name (proto->type));
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
  };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (name, kinds[i].name) == 0) {
      *type = kinds[i].type;
      return TRUE;
    }
  return FALSE;
}

/* Constants become tensors of the graph; no node is left of them. */
static gboolean
read_constant_node (
    GenOnnxReader *reader, const Onnx__NodeProto *proto, const char *name, GError **error)
{
  const Onnx__AttributeProto *value = proto->n_attribute == 1 ? proto->attribute[0] : NULL;
  const char *kind = value != NULL && value->name != NULL ? value->name : "";
  g_autoptr (GError) reason = NULL;
  GenGraph *graph = reader->graph;
  AttributeType type;

  if (!constant_type (kind, &type))
    return fail (error, GEN_ONNX_ERROR_UNSUPPORTED, proto,
        "it should have one attribute value, value_float(s) or value_int(s)%s%s",
        *kind != '\0' ? ", not " : "", kind);
  if (value->type != type)
    return fail (error, GEN_ONNX_ERROR_INVALID, proto,
        "its attribute '%s' is of type %s, but should be %s", kind, type_name (value->type),
        type_name (type));
  switch (type) {
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT:
    gen_graph_add_constant (
        graph, name, GEN_TYPE_FLOAT32, &GEN_SHAPE_SCALAR, g_bytes_new (&value->f, sizeof (float)));
    return TRUE;
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT:
    gen_graph_add_constant (
        graph, name, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR, g_bytes_new (&value->i, sizeof (gint64)));
    return TRUE;
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS:
    gen_graph_add_constant (graph, name, GEN_TYPE_FLOAT32, &GEN_SHAPE ((gint64)value->n_floats),
        g_bytes_new (value->floats, value->n_floats * sizeof (float)));
    return TRUE;
  case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS:
    gen_graph_add_constant (graph, name, GEN_TYPE_INT64, &GEN_SHAPE ((gint64)value->n_ints),
        g_bytes_new (value->ints, value->n_ints * sizeof (gint64)));
    return TRUE;
  default:
    if (value->t == NULL)
      return fail (error, GEN_ONNX_ERROR_INVALID, proto, "its value is missing");
    if (read_constant (reader, name, value->t, &reason) != NULL)
      return TRUE;
    return fail (error, reason->code, proto, "%s", reason->message);
  }
}

/* --- nodes --- */

static gboolean
find_inputs (
    GenOnnxReader *reader, const Onnx__NodeProto *proto, GenTensor **inputs, GError **error)
{
  for (gsize i = 0; i < proto->n_input; i++) {
    const char *name = proto->input[i];

    if (*name == '\0')
      continue;
    inputs[i] = gen_onnx_find_tensor (reader, name);
    if (inputs[i] != NULL)
      continue;
    if (g_hash_table_contains (reader->later, name))
      return fail (error, GEN_ONNX_ERROR_INVALID, proto,
          "its input '%s' is made only by a later node: the nodes are not in an order in which "
          "they can run, or form a cycle",
          name);
    return fail (error, GEN_ONNX_ERROR_INVALID, proto,
        "its input '%s' is neither an input of the model, nor an initializer, nor made by a node",
        name);
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
    if (gen_graph_find (reader->graph, name) != NULL || !g_hash_table_add (own, name))
      return fail (error, GEN_ONNX_ERROR_INVALID, proto,
          "its output '%s' has the name of another tensor", name);
  }
  return TRUE;
}

static gboolean
add_node (GenOnnxReader *reader, const Onnx__NodeProto *proto, int opset, GError **error)
{
  g_autofree GenTensor **inputs = g_new0 (GenTensor *, proto->n_input + 1);
  g_autofree GenTensor **outputs = g_new0 (GenTensor *, proto->n_output + 1);
  const char *domain = is_onnx_domain (proto->domain) ? NULL : proto->domain;
  GenNode *node;

  if (!find_inputs (reader, proto, inputs, error))
    return FALSE;
  for (gsize i = 0; i < proto->n_output; i++)
    if (*proto->output[i] != '\0')
      outputs[i] = gen_graph_add_value (reader->graph, proto->output[i]);
  node =
      gen_graph_add_node (reader->graph, proto->name, domain, proto->op_type ? proto->op_type : "",
          opset, inputs, proto->n_input, outputs, proto->n_output, error);
  if (node == NULL)
    return FALSE;
  for (gsize i = 0; i < proto->n_attribute; i++)
    if (!read_attribute (reader, proto, proto->attribute[i], node, error))
      return FALSE;
  return TRUE;
}

static gboolean
is_constant_node (const Onnx__NodeProto *proto)
{
  return is_onnx_domain (proto->domain) && g_strcmp0 (proto->op_type, "Constant") == 0;
}

gboolean
gen_onnx_node_is_known (const GenOnnxReader *reader, const Onnx__NodeProto *proto, int *opset)
{
  const char *domain = is_onnx_domain (proto->domain) ? NULL : proto->domain;

  *opset = GPOINTER_TO_INT (g_hash_table_lookup (reader->opsets, domain ? domain : ""));
  if (is_constant_node (proto) || *opset == 0)
    return TRUE;
  /* Our own operators trust those who build graphs of them. */
  return g_strcmp0 (domain, "generative") != 0 &&
         gen_operator_find (domain, proto->op_type ? proto->op_type : "", *opset) != NULL;
}

gboolean
gen_onnx_read_node (GenOnnxReader *reader, const Onnx__NodeProto *proto, GError **error)
{
  int opset;

  if (!gen_onnx_node_is_known (reader, proto, &opset) || opset == 0)
    return fail (error, GEN_ONNX_ERROR_INVALID, proto,
        "the model does not say which opset of domain '%s' it uses",
        is_onnx_domain (proto->domain) ? "ai.onnx" : proto->domain);
  if (proto->n_attribute > MAX_ATTRIBUTES)
    return fail (
        error, GEN_ONNX_ERROR_INVALID, proto, "%" G_GSIZE_FORMAT " attributes", proto->n_attribute);
  if (!check_outputs (reader, proto, error))
    return FALSE;
  if (is_constant_node (proto) && proto->n_output == 1)
    return read_constant_node (reader, proto, proto->output[0], error);
  return add_node (reader, proto, opset, error);
}
