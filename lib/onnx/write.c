/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Graphs as ONNX models. The messages only point at what the graph holds; save.c packs them
 * straight into the file: weights are copied nowhere on the way. */
#include <string.h>
#include <generative/onnx.h>
#include <generative/operator.h>
#include <generative/version.h>

#include "../graph/graph-private.h"
#include "fail.h"
#include "tensor-data.h"
#include "write.h"

/* ONNX Runtime's own operators, of which there is one version. */
#define MICROSOFT "com.microsoft"
#define MICROSOFT_VERSION 1

/* Of ONNX 1.10, the oldest with all that is written here but small types; so that older programs
 * read it. */
#define IR_VERSION 8
/* Messages of 2 GB and more cannot be read by anybody. */
#define MAX_SIZE G_MAXINT32
/* Between these opsets no operator changed its meaning, they only took more types and
 * optional attributes: nodes of any of them can stand in one model, at the highest. */
#define STABLE_FIRST 13
#define STABLE_LAST 17

/* Smaller ones stay in the model. */
#define LEAST_APART 1024

static void *
take (GenOnnxWriter *writer, gsize size)
{
  void *memory = g_malloc0 (MAX (size, 1));

  g_ptr_array_add (writer->owned, memory);
  return memory;
}

#define NEW(WRITER, TYPE, INIT)                                                                    \
  ({                                                                                               \
    TYPE *message = take (WRITER, sizeof (TYPE));                                                  \
    INIT (message);                                                                                \
    message;                                                                                       \
  })

static char *
name_of (const GenOnnxWriter *writer, const GenTensor *tensor)
{
  char *name = writer->names != NULL ? g_hash_table_lookup (writer->names, tensor) : NULL;

  return name != NULL ? name : tensor->name;
}

static void
add_entry (GenOnnxWriter *writer, Onnx__TensorProto *proto, const char *key, char *value)
{
  Onnx__StringStringEntryProto *entry =
      NEW (writer, Onnx__StringStringEntryProto, onnx__string_string_entry_proto__init);

  entry->key = (char *)key;
  entry->value = value;
  proto->external_data[proto->n_external_data++] = entry;
}

static char *
own_number (GenOnnxWriter *writer, guint64 number)
{
  char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, number);

  g_ptr_array_add (writer->owned, text);
  return text;
}

/* The bytes of `proto` go to the file beside the model. */
static void
put_apart (GenOnnxWriter *writer, Onnx__TensorProto *proto)
{
  GenOnnxApart *apart = writer->apart;
  const gsize size = proto->raw_data.len;

  proto->external_data = take (writer, 3 * sizeof (void *));
  add_entry (writer, proto, "location", apart->name);
  add_entry (writer, proto, "offset", own_number (writer, apart->at));
  add_entry (writer, proto, "length", own_number (writer, size));
  proto->has_data_location = TRUE;
  proto->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
  g_ptr_array_add (apart->data, proto->raw_data.data);
  g_array_append_val (apart->sizes, size);
  apart->at = (apart->at + size + GEN_ONNX_APART_ALIGNMENT - 1) / GEN_ONNX_APART_ALIGNMENT *
              GEN_ONNX_APART_ALIGNMENT;
  proto->has_raw_data = FALSE;
  proto->raw_data = (ProtobufCBinaryData){ 0 };
}

static Onnx__TensorProto *
write_tensor (GenOnnxWriter *writer, const GenTensor *tensor)
{
  Onnx__TensorProto *proto = NEW (writer, Onnx__TensorProto, onnx__tensor_proto__init);

  proto->name = name_of (writer, tensor);
  proto->has_data_type = TRUE;
  proto->data_type = tensor->type;
  proto->n_dims = tensor->shape.rank;
  proto->dims = (gint64 *)tensor->shape.dims;
  proto->has_raw_data = TRUE;
  proto->raw_data.data = (guint8 *)g_bytes_get_data (tensor->data, &proto->raw_data.len);
  if (gen_onnx_is_packed (tensor->type)) {
    proto->raw_data.data = gen_onnx_pack (tensor->type, proto->raw_data.data, proto->raw_data.len);
    proto->raw_data.len = gen_onnx_packed_size (tensor->type, proto->raw_data.len);
    g_ptr_array_add (writer->owned, proto->raw_data.data);
  }
  if (writer->apart != NULL && proto->raw_data.len >= LEAST_APART)
    put_apart (writer, proto);
  return proto;
}

static Onnx__ValueInfoProto *
write_value (GenOnnxWriter *writer, const GenTensor *tensor)
{
  Onnx__ValueInfoProto *info = NEW (writer, Onnx__ValueInfoProto, onnx__value_info_proto__init);
  Onnx__TypeProto *type = NEW (writer, Onnx__TypeProto, onnx__type_proto__init);
  Onnx__TypeProto__Tensor *of =
      NEW (writer, Onnx__TypeProto__Tensor, onnx__type_proto__tensor__init);
  const GenShape unknown = GEN_SHAPE_UNKNOWN;
  const GenShape *shape = tensor->kind == GEN_KIND_TENSOR ? &tensor->shape : &unknown;

  info->name = name_of (writer, tensor);
  if (tensor->type == GEN_TYPE_UNDEFINED)
    return info;
  info->type = type;
  if (tensor->kind == GEN_KIND_OPTIONAL) {
    type->value_case = ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE;
    type->optional_type = NEW (writer, Onnx__TypeProto__Optional, onnx__type_proto__optional__init);
    type->optional_type->elem_type = NEW (writer, Onnx__TypeProto, onnx__type_proto__init);
    type = type->optional_type->elem_type;
  }
  if (tensor->kind == GEN_KIND_SEQUENCE || tensor->holds == GEN_KIND_SEQUENCE) {
    type->value_case = ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE;
    type->sequence_type = NEW (writer, Onnx__TypeProto__Sequence, onnx__type_proto__sequence__init);
    type->sequence_type->elem_type = NEW (writer, Onnx__TypeProto, onnx__type_proto__init);
    type = type->sequence_type->elem_type;
  }
  type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
  type->tensor_type = of;
  of->has_elem_type = TRUE;
  of->elem_type = tensor->type;
  if (shape->rank < 0)
    return info;
  of->shape = NEW (writer, Onnx__TensorShapeProto, onnx__tensor_shape_proto__init);
  of->shape->n_dim = shape->rank;
  of->shape->dim = take (writer, shape->rank * sizeof (void *));
  for (int i = 0; i < shape->rank; i++) {
    Onnx__TensorShapeProto__Dimension *dim =
        NEW (writer, Onnx__TensorShapeProto__Dimension, onnx__tensor_shape_proto__dimension__init);

    of->shape->dim[i] = dim;
    if (shape->dims[i] >= 0) {
      dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
      dim->dim_value = shape->dims[i];
    } else if (tensor->dim_names[i] != NULL) {
      dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
      dim->dim_param = tensor->dim_names[i];
    }
  }
  return info;
}

static Onnx__GraphProto *write_graph (GenOnnxWriter *writer, guint n_captured, GError **error);

/* Whether a graph around the one that is written has a tensor of that name. */
static gboolean
is_taken (const GenOnnxWriter *writer, const char *name)
{
  for (; writer != NULL; writer = writer->parent)
    if (gen_graph_find (writer->graph, name) != NULL)
      return TRUE;
  return FALSE;
}

/* A graph within: what it captures has the name that it has outside, and nothing else may. */
static Onnx__GraphProto *
write_subgraph (GenOnnxWriter *outer, const GenNode *node, const GenAttribute *attribute,
    guint first_captured, GError **error)
{
  const GenGraph *graph = attribute->graph;
  g_autoptr (GHashTable) names = g_hash_table_new (NULL, NULL);
  GenOnnxWriter writer = { graph, outer->owned, outer, names, outer->apart };

  for (guint i = 0; i < graph->tensors->len; i++) {
    GenTensor *tensor = g_ptr_array_index (graph->tensors, i);

    if (is_taken (outer, tensor->name)) {
      char *name = g_strconcat (node->name, "/", tensor->name, NULL);

      g_ptr_array_add (outer->owned, name);
      g_hash_table_insert (names, tensor, name);
    }
  }
  for (guint i = 0; i < attribute->i; i++) {
    GenTensor *inside = g_ptr_array_index (graph->inputs, graph->inputs->len - attribute->i + i);

    g_hash_table_insert (names, inside, name_of (outer, gen_node_input (node, first_captured + i)));
  }
  return write_graph (&writer, attribute->i, error);
}

/* `first_captured` is the node's input that stands for the first one that the attribute's graph,
 * if it is one, captures. */
static Onnx__AttributeProto *
write_attribute (GenOnnxWriter *writer, const GenNode *node, const GenAttribute *attribute,
    guint first_captured, GError **error)
{
  Onnx__AttributeProto *proto = NEW (writer, Onnx__AttributeProto, onnx__attribute_proto__init);

  proto->name = attribute->name;
  proto->has_type = TRUE;
  switch (attribute->type) {
  case GEN_ATTRIBUTE_FLOAT:
    proto->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
    proto->has_f = TRUE;
    proto->f = attribute->f;
    return proto;
  case GEN_ATTRIBUTE_INT:
    proto->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
    proto->has_i = TRUE;
    proto->i = attribute->i;
    return proto;
  case GEN_ATTRIBUTE_STRING:
    proto->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING;
    proto->has_s = TRUE;
    proto->s = (ProtobufCBinaryData){ strlen (attribute->s), (guint8 *)attribute->s };
    return proto;
  case GEN_ATTRIBUTE_TENSOR:
    proto->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR;
    proto->t = write_tensor (writer, attribute->tensor);
    return proto;
  case GEN_ATTRIBUTE_FLOATS:
    proto->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS;
    proto->n_floats = attribute->floats->len;
    proto->floats = (float *)attribute->floats->data;
    return proto;
  case GEN_ATTRIBUTE_INTS:
    proto->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
    proto->n_ints = attribute->ints->len;
    proto->ints = (gint64 *)attribute->ints->data;
    return proto;
  case GEN_ATTRIBUTE_STRINGS:
    proto->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS;
    proto->n_strings = g_strv_length (attribute->strings);
    proto->strings = take (writer, proto->n_strings * sizeof (ProtobufCBinaryData));
    for (gsize i = 0; i < proto->n_strings; i++)
      proto->strings[i] =
          (ProtobufCBinaryData){ strlen (attribute->strings[i]), (guint8 *)attribute->strings[i] };
    return proto;
  case GEN_ATTRIBUTE_GRAPH:
    proto->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH;
    proto->g = write_subgraph (writer, node, attribute, first_captured, error);
    return proto->g != NULL ? proto : NULL;
  default:
    gen_onnx_fail (error, GEN_ONNX_ERROR_UNSUPPORTED,
        "node '%s' (%s): its attribute '%s' cannot be written", node->name, node->op->name,
        attribute->name);
    return NULL;
  }
}

/* The names of the first `n` tensors, "" for those left out, without the last of these. */
static gsize
write_names (GenOnnxWriter *writer, const GPtrArray *tensors, gsize n, char ***names)
{
  while (n > 0 && g_ptr_array_index (tensors, n - 1) == NULL)
    n--;
  *names = take (writer, n * sizeof (char *));
  for (gsize i = 0; i < n; i++) {
    const GenTensor *tensor = g_ptr_array_index (tensors, i);

    (*names)[i] = tensor != NULL ? name_of (writer, tensor) : (char *)"";
  }
  return n;
}

/* Whether others know its operator. */
static gboolean
is_public (const GenNode *node)
{
  return node->op->domain == NULL || strcmp (node->op->domain, MICROSOFT) == 0;
}

static Onnx__NodeProto *
write_node (GenOnnxWriter *writer, const GenNode *node, GError **error)
{
  Onnx__NodeProto *proto = NEW (writer, Onnx__NodeProto, onnx__node_proto__init);
  guint n_inputs = node->inputs->len - gen_node_n_captured (node);

  if (!is_public (node) || !gen_node_is_plain (node)) {
    gen_onnx_fail (error, GEN_ONNX_ERROR_UNSUPPORTED,
        "node '%s' (%s): only operators of ONNX and of %s can be written", node->name,
        node->op->name, MICROSOFT);
    return NULL;
  }
  proto->name = node->name;
  proto->op_type = (char *)node->op->name;
  proto->domain = (char *)node->op->domain;
  proto->n_input = write_names (writer, node->inputs, n_inputs, &proto->input);
  proto->n_output = write_names (writer, node->outputs, node->outputs->len, &proto->output);
  proto->n_attribute = node->attributes->len;
  proto->attribute = take (writer, proto->n_attribute * sizeof (void *));
  for (gsize i = 0; i < proto->n_attribute; i++) {
    const GenAttribute *attribute = g_ptr_array_index (node->attributes, i);

    proto->attribute[i] = write_attribute (writer, node, attribute, n_inputs, error);
    if (proto->attribute[i] == NULL)
      return NULL;
    if (attribute->type == GEN_ATTRIBUTE_GRAPH)
      n_inputs += attribute->i;
  }
  return proto;
}

/* Constants and states that something refers to, in the order of the graph's tensors. */
static void
write_initializers (GenOnnxWriter *writer, Onnx__GraphProto *proto)
{
  const GenGraph *graph = writer->graph;
  g_autoptr (GHashTable) used = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++)
      g_hash_table_add (used, g_ptr_array_index (node->inputs, k));
  }
  for (guint i = 0; i < graph->outputs->len; i++)
    g_hash_table_add (used, g_ptr_array_index (graph->outputs, i));
  proto->initializer = take (writer, graph->tensors->len * sizeof (void *));
  for (guint i = 0; i < graph->tensors->len; i++) {
    GenTensor *tensor = g_ptr_array_index (graph->tensors, i);

    if (tensor->data != NULL && g_hash_table_contains (used, tensor))
      proto->initializer[proto->n_initializer++] = write_tensor (writer, tensor);
  }
}

/* ONNX has nothing that says what a sequence holds; the operators that made it are gone. */
static gboolean
check_resolved (const GPtrArray *tensors, GError **error)
{
  for (guint i = 0; i < tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (tensors, i);

    if (tensor != NULL && tensor->items != NULL)
      return gen_onnx_fail (error, GEN_ONNX_ERROR_UNSUPPORTED,
          "sequence '%s' has been resolved by inference; write the graph before", tensor->name);
  }
  return TRUE;
}

static Onnx__GraphProto *
write_graph (GenOnnxWriter *writer, guint n_captured, GError **error)
{
  const GenGraph *graph = writer->graph;
  Onnx__GraphProto *proto = NEW (writer, Onnx__GraphProto, onnx__graph_proto__init);

  /* ONNX wants a name. */
  proto->name = graph->name != NULL && *graph->name != '\0' ? graph->name : (char *)"graph";
  proto->n_input = graph->inputs->len - n_captured;
  proto->input = take (writer, proto->n_input * sizeof (void *));
  for (gsize i = 0; i < proto->n_input; i++)
    proto->input[i] = write_value (writer, g_ptr_array_index (graph->inputs, i));
  if (!check_resolved (graph->outputs, error))
    return NULL;
  proto->n_output = graph->outputs->len;
  proto->output = take (writer, proto->n_output * sizeof (void *));
  for (gsize i = 0; i < proto->n_output; i++) {
    const GenTensor *output = g_ptr_array_index (graph->outputs, i);

    if (output->type == GEN_TYPE_UNDEFINED && writer->parent == NULL) {
      gen_onnx_fail (error, GEN_ONNX_ERROR_INVALID,
          "the type of output '%s' is not known; the graph must be inferred before", output->name);
      return NULL;
    }
    proto->output[i] = write_value (writer, output);
  }
  write_initializers (writer, proto);
  proto->n_node = graph->nodes->len;
  proto->node = take (writer, proto->n_node * sizeof (void *));
  for (gsize i = 0; i < proto->n_node; i++) {
    if (!check_resolved (((GenNode *)g_ptr_array_index (graph->nodes, i))->inputs, error))
      return NULL;
    proto->node[i] = write_node (writer, g_ptr_array_index (graph->nodes, i), error);
    if (proto->node[i] == NULL)
      return NULL;
  }
  return proto;
}

/* Of ONNX's own nodes those of the lowest and the highest opset, and one of another domain, in this
 * graph and those within. */
static void
find_opsets (
    const GenGraph *graph, const GenNode **lowest, const GenNode **highest, const GenNode **other)
{
  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);
    const gboolean own = node->op->domain == NULL;

    if (!own)
      *other = node;
    if (own && (*lowest == NULL || node->opset < (*lowest)->opset))
      *lowest = node;
    if (own && (*highest == NULL || node->opset > (*highest)->opset))
      *highest = node;
    for (guint k = 0; k < node->attributes->len; k++) {
      const GenAttribute *attribute = g_ptr_array_index (node->attributes, k);

      if (attribute->graph != NULL)
        find_opsets (attribute->graph, lowest, highest, other);
    }
  }
}

/* The opset that all of ONNX's own nodes can be written at; 0 with an error when there is none. */
static int
common_opset (const GenGraph *graph, gboolean *has_others, GError **error)
{
  const GenNode *lowest = NULL, *highest = NULL, *other = NULL;

  find_opsets (graph, &lowest, &highest, &other);
  *has_others = other != NULL;
  if (lowest == NULL)
    return graph->opset;
  if (lowest->opset != highest->opset &&
      (lowest->opset < STABLE_FIRST || highest->opset > STABLE_LAST)) {
    gen_onnx_fail (error, GEN_ONNX_ERROR_UNSUPPORTED,
        "node '%s' is of opset %d and node '%s' of opset %d; they cannot stand in one model",
        lowest->name, lowest->opset, highest->name, highest->opset);
    return 0;
  }
  return highest->opset;
}

static int
compare_keys (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, so that the same graph makes the same file. */
static void
write_metadata (GenOnnxWriter *writer, Onnx__ModelProto *model)
{
  GHashTable *metadata = writer->graph->metadata;
  guint n;
  g_autofree gpointer *keys = g_hash_table_get_keys_as_array (metadata, &n);

  qsort (keys, n, sizeof (gpointer), compare_keys);
  model->n_metadata_props = n;
  model->metadata_props = take (writer, n * sizeof (void *));
  for (guint i = 0; i < n; i++) {
    Onnx__StringStringEntryProto *entry =
        NEW (writer, Onnx__StringStringEntryProto, onnx__string_string_entry_proto__init);

    entry->key = keys[i];
    entry->value = g_hash_table_lookup (metadata, keys[i]);
    model->metadata_props[i] = entry;
  }
}

/* The version that the type came with. */
static int
version_of (GenDataType type)
{
  switch (type) {
  case GEN_TYPE_FLOAT8E4M3FN:
  case GEN_TYPE_FLOAT8E4M3FNUZ:
  case GEN_TYPE_FLOAT8E5M2:
  case GEN_TYPE_FLOAT8E5M2FNUZ:
    return 9;
  case GEN_TYPE_UINT4:
  case GEN_TYPE_INT4:
    return 10;
  case GEN_TYPE_FLOAT4E2M1:
    return 11;
  case GEN_TYPE_FLOAT8E8M0:
    return 12;
  case GEN_TYPE_UINT2:
  case GEN_TYPE_INT2:
    return 13;
  default:
    return IR_VERSION;
  }
}

/* The version that has all types of the graph and of those within. */
static int
find_version (const GenGraph *graph)
{
  int version = IR_VERSION;

  for (guint i = 0; i < graph->tensors->len; i++)
    version =
        MAX (version, version_of (((GenTensor *)g_ptr_array_index (graph->tensors, i))->type));
  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->attributes->len; k++) {
      const GenAttribute *attribute = g_ptr_array_index (node->attributes, k);

      if (attribute->graph != NULL)
        version = MAX (version, find_version (attribute->graph));
    }
  }
  return version;
}

static void
import (GenOnnxWriter *writer, Onnx__ModelProto *model, const char *domain, int version)
{
  Onnx__OperatorSetIdProto *opset =
      NEW (writer, Onnx__OperatorSetIdProto, onnx__operator_set_id_proto__init);

  opset->domain = (char *)domain;
  opset->has_version = TRUE;
  opset->version = version;
  model->opset_import[model->n_opset_import++] = opset;
}

Onnx__ModelProto *
gen_onnx_write_model (GenOnnxWriter *writer, GError **error)
{
  Onnx__ModelProto *model = NEW (writer, Onnx__ModelProto, onnx__model_proto__init);
  gboolean has_others;
  const int opset = common_opset (writer->graph, &has_others, error);

  if (opset == 0)
    return NULL;
  model->has_ir_version = TRUE;
  model->ir_version = find_version (writer->graph);
  model->producer_name = (char *)"gst-generative";
  model->producer_version = (char *)GEN_VERSION;
  model->opset_import = take (writer, 2 * sizeof (void *));
  import (writer, model, "", opset);
  if (has_others)
    import (writer, model, MICROSOFT, MICROSOFT_VERSION);
  model->graph = write_graph (writer, 0, error);
  if (model->graph == NULL)
    return NULL;
  write_metadata (writer, model);
  if (onnx__model_proto__get_packed_size (model) > MAX_SIZE) {
    gen_onnx_fail (error, GEN_ONNX_ERROR_UNSUPPORTED,
        "a model of 2 GB and more cannot be written as one file");
    return NULL;
  }
  return model;
}
