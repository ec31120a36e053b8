/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models of functions, a line a part: names are separated by spaces, "-" stands for one that is
 * left out. */
#pragma once

#include <string.h>
#include <generative/onnx.h>
#include <generative/operator.h>

#include "onnx.pb-c.h"

#define MANY 128

/* A model of nodes that begin with the constant x, [1, 2, 2], and end on y. */
typedef struct {
  Onnx__ModelProto proto;
  Onnx__GraphProto graph;
  Onnx__TensorProto x;
  Onnx__ValueInfoProto y;
  Onnx__TensorProto *initializers[1];
  Onnx__ValueInfoProto *outputs[1];
  GPtrArray *owned;
} Calls;

static inline void *
calls_take (Calls *c, gsize size)
{
  void *memory = g_malloc0 (size);

  g_ptr_array_add (c->owned, memory);
  return memory;
}

static inline char *
calls_text (Calls *c, const char *text)
{
  char *copy = g_strdup (text);

  g_ptr_array_add (c->owned, copy);
  return copy;
}

static inline gsize
calls_names (Calls *c, const char *text, char ***names)
{
  g_auto (GStrv) parts = g_strsplit (text, " ", -1);
  gsize n = 0;

  *names = calls_take (c, (g_strv_length (parts) + 1) * sizeof (char *));
  for (char **part = parts; *part != NULL; part++)
    if (**part != '\0')
      (*names)[n++] = calls_text (c, strcmp (*part, "-") == 0 ? "" : *part);
  return n;
}

static inline void
calls_add_opset (
    Calls *c, Onnx__OperatorSetIdProto ***list, gsize *n, const char *domain, int version)
{
  Onnx__OperatorSetIdProto *opset = calls_take (c, sizeof *opset);

  onnx__operator_set_id_proto__init (opset);
  opset->domain = calls_text (c, domain);
  opset->has_version = TRUE;
  opset->version = version;
  if (*list == NULL)
    *list = calls_take (c, 4 * sizeof opset);
  (*list)[(*n)++] = opset;
}

static inline Onnx__NodeProto *
calls_node (Calls *c, Onnx__NodeProto ***list, gsize *n, const char *op, const char *inputs,
    const char *outputs)
{
  Onnx__NodeProto *node = calls_take (c, sizeof *node);
  const char *dot = strrchr (op, '.');

  onnx__node_proto__init (node);
  node->op_type = calls_text (c, dot != NULL ? dot + 1 : op);
  node->domain = dot != NULL ? calls_text (c, op) : NULL;
  if (dot != NULL)
    node->domain[dot - op] = '\0';
  node->n_input = calls_names (c, inputs, &node->input);
  node->n_output = calls_names (c, outputs, &node->output);
  if (*list == NULL)
    *list = calls_take (c, MANY * sizeof node);
  g_assert_cmpuint (*n, <, MANY);
  (*list)[(*n)++] = node;
  return node;
}

#define calls_add(C, TO, OP, INPUTS, OUTPUTS)                                                      \
  calls_node (C, &(TO)->node, &(TO)->n_node, OP, INPUTS, OUTPUTS)

static inline Onnx__AttributeProto *
calls_new_attribute (Calls *c, const char *name, int type)
{
  Onnx__AttributeProto *attribute = calls_take (c, sizeof *attribute);

  onnx__attribute_proto__init (attribute);
  attribute->name = calls_text (c, name);
  attribute->has_type = TRUE;
  attribute->type = type;
  return attribute;
}

static inline Onnx__AttributeProto *
calls_attribute (Calls *c, Onnx__NodeProto *node, const char *name, int type)
{
  Onnx__AttributeProto *attribute = calls_new_attribute (c, name, type);

  if (node->attribute == NULL)
    node->attribute = calls_take (c, 4 * sizeof attribute);
  node->attribute[node->n_attribute++] = attribute;
  return attribute;
}

static inline void
calls_float (Calls *c, Onnx__NodeProto *node, const char *name, float value)
{
  Onnx__AttributeProto *attribute =
      calls_attribute (c, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);

  attribute->has_f = TRUE;
  attribute->f = value;
}

/* The function's attribute `of` as the node's `name`. */
static inline void
calls_reference (Calls *c, Onnx__NodeProto *node, const char *name, int type, const char *of)
{
  calls_attribute (c, node, name, type)->ref_attr_name = calls_text (c, of);
}

static inline Onnx__FunctionProto *
calls_function (
    Calls *c, const char *domain, const char *name, const char *inputs, const char *outputs)
{
  Onnx__FunctionProto *function = calls_take (c, sizeof *function);

  onnx__function_proto__init (function);
  function->domain = calls_text (c, domain);
  function->name = calls_text (c, name);
  function->n_input = calls_names (c, inputs, &function->input);
  function->n_output = calls_names (c, outputs, &function->output);
  calls_add_opset (c, &function->opset_import, &function->n_opset_import, "", 17);
  if (c->proto.functions == NULL)
    c->proto.functions = calls_take (c, MANY * sizeof function);
  g_assert_cmpuint (c->proto.n_functions, <, MANY);
  c->proto.functions[c->proto.n_functions++] = function;
  return function;
}

static inline void
calls_init (Calls *c)
{
  static gint64 dims[] = { 1, 2, 2 };
  static float values[] = { -2, -1, 1, 3 };

  memset (c, 0, sizeof *c);
  c->owned = g_ptr_array_new_with_free_func (g_free);
  onnx__model_proto__init (&c->proto);
  onnx__graph_proto__init (&c->graph);
  onnx__tensor_proto__init (&c->x);
  onnx__value_info_proto__init (&c->y);
  c->proto.graph = &c->graph;
  calls_add_opset (c, &c->proto.opset_import, &c->proto.n_opset_import, "", 17);
  calls_add_opset (c, &c->proto.opset_import, &c->proto.n_opset_import, "own", 1);
  c->x.name = (char *)"x";
  c->x.has_data_type = TRUE;
  c->x.data_type = GEN_TYPE_FLOAT32;
  c->x.dims = dims;
  c->x.n_dims = 3;
  c->x.float_data = values;
  c->x.n_float_data = 4;
  c->initializers[0] = &c->x;
  c->graph.initializer = c->initializers;
  c->graph.n_initializer = 1;
  c->y.name = (char *)"y";
  c->outputs[0] = &c->y;
  c->graph.output = c->outputs;
  c->graph.n_output = 1;
}

static inline void
calls_clear (Calls *c)
{
  g_ptr_array_unref (c->owned);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Calls, calls_clear)

static inline GBytes *
calls_pack (const Calls *c)
{
  gsize size = onnx__model_proto__get_packed_size (&c->proto);
  guint8 *data = g_malloc (size);

  onnx__model_proto__pack (&c->proto, data);
  return g_bytes_new_take (data, size);
}

static inline GenGraph *
calls_parse (const Calls *c, GError **error)
{
  g_autoptr (GBytes) bytes = calls_pack (c);

  return gen_onnx_parse (bytes, "calls.onnx", NULL, error);
}
