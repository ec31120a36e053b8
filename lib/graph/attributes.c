/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attributes of nodes. One that is asked for as another type than it has is remembered, so that
 * gen_node_check_attributes can tell of it. */
#include <string.h>

#include "graph-private.h"

void
gen_attribute_free (gpointer data)
{
  GenAttribute *attribute = data;

  g_free (attribute->name);
  g_free (attribute->s);
  g_clear_pointer (&attribute->ints, g_array_unref);
  g_clear_pointer (&attribute->floats, g_array_unref);
  g_strfreev (attribute->strings);
  g_clear_pointer (&attribute->graph, gen_graph_unref);
  g_free (attribute);
}

static GenAttribute *
find_attribute (const GenNode *node, const char *name)
{
  for (guint i = 0; i < node->attributes->len; i++) {
    GenAttribute *attribute = g_ptr_array_index (node->attributes, i);

    if (strcmp (attribute->name, name) == 0)
      return attribute;
  }
  return NULL;
}

const GenAttribute *
gen_node_attribute (const GenNode *node, const char *name)
{
  return find_attribute (node, name);
}

/* The attribute, if it is of `type`; gen_node_check_attributes tells of one that is not. */
static const GenAttribute *
read_attribute (const GenNode *node, const char *name, GenAttributeType type)
{
  GenAttribute *attribute = find_attribute (node, name);

  if (attribute == NULL || attribute->type == type)
    return attribute;
  attribute->misread = TRUE;
  attribute->asked = type;
  return NULL;
}

guint
gen_node_n_captured (const GenNode *node)
{
  guint n = 0;

  for (guint i = 0; i < node->attributes->len; i++) {
    const GenAttribute *attribute = g_ptr_array_index (node->attributes, i);

    if (attribute->type == GEN_ATTRIBUTE_GRAPH)
      n += attribute->i;
  }
  return n;
}

gint64
gen_node_int (const GenNode *node, const char *name, gint64 missing)
{
  const GenAttribute *attribute = read_attribute (node, name, GEN_ATTRIBUTE_INT);

  return attribute != NULL ? attribute->i : missing;
}

float
gen_node_float (const GenNode *node, const char *name, float missing)
{
  const GenAttribute *attribute = read_attribute (node, name, GEN_ATTRIBUTE_FLOAT);

  return attribute != NULL ? attribute->f : missing;
}

const char *
gen_node_string (const GenNode *node, const char *name, const char *missing)
{
  const GenAttribute *attribute = read_attribute (node, name, GEN_ATTRIBUTE_STRING);

  return attribute != NULL ? attribute->s : missing;
}

const GenTensor *
gen_node_tensor (const GenNode *node, const char *name)
{
  const GenAttribute *attribute = read_attribute (node, name, GEN_ATTRIBUTE_TENSOR);

  return attribute != NULL ? attribute->tensor : NULL;
}

const gint64 *
gen_node_ints (const GenNode *node, const char *name, int *n)
{
  const GenAttribute *attribute = read_attribute (node, name, GEN_ATTRIBUTE_INTS);

  *n = attribute != NULL ? (int)attribute->ints->len : 0;
  return attribute != NULL ? (const gint64 *)attribute->ints->data : NULL;
}

const float *
gen_node_floats (const GenNode *node, const char *name, int *n)
{
  const GenAttribute *attribute = read_attribute (node, name, GEN_ATTRIBUTE_FLOATS);

  *n = attribute != NULL ? (int)attribute->floats->len : 0;
  return attribute != NULL ? (const float *)attribute->floats->data : NULL;
}

void
gen_node_take_attribute (GenNode *node, GenAttribute *attribute)
{
  for (guint i = 0; i < node->attributes->len; i++) {
    const GenAttribute *old = g_ptr_array_index (node->attributes, i);

    if (strcmp (old->name, attribute->name) == 0) {
      g_ptr_array_remove_index (node->attributes, i);
      break;
    }
  }
  g_ptr_array_add (node->attributes, attribute);
}

static GenAttribute *
attribute_new (const char *name, GenAttributeType type)
{
  GenAttribute *attribute = g_new0 (GenAttribute, 1);

  attribute->name = g_strdup (name);
  attribute->type = type;
  return attribute;
}

void
gen_node_set_int (GenNode *node, const char *name, gint64 value)
{
  GenAttribute *attribute = attribute_new (name, GEN_ATTRIBUTE_INT);

  attribute->i = value;
  gen_node_take_attribute (node, attribute);
}

void
gen_node_set_float (GenNode *node, const char *name, float value)
{
  GenAttribute *attribute = attribute_new (name, GEN_ATTRIBUTE_FLOAT);

  attribute->f = value;
  gen_node_take_attribute (node, attribute);
}

void
gen_node_set_string (GenNode *node, const char *name, const char *value)
{
  GenAttribute *attribute = attribute_new (name, GEN_ATTRIBUTE_STRING);

  attribute->s = g_strdup (value);
  gen_node_take_attribute (node, attribute);
}

void
gen_node_set_ints (GenNode *node, const char *name, const gint64 *values, int n)
{
  GenAttribute *attribute = attribute_new (name, GEN_ATTRIBUTE_INTS);

  attribute->ints = g_array_sized_new (FALSE, FALSE, sizeof (gint64), n);
  g_array_append_vals (attribute->ints, values, n);
  gen_node_take_attribute (node, attribute);
}

void
gen_node_set_floats (GenNode *node, const char *name, const float *values, int n)
{
  GenAttribute *attribute = attribute_new (name, GEN_ATTRIBUTE_FLOATS);

  attribute->floats = g_array_sized_new (FALSE, FALSE, sizeof (float), n);
  g_array_append_vals (attribute->floats, values, n);
  gen_node_take_attribute (node, attribute);
}

GenAttribute *
gen_attribute_copy (const GenAttribute *from, GHashTable *map)
{
  GenAttribute *to = attribute_new (from->name, from->type);

  to->i = from->i;
  to->f = from->f;
  to->s = g_strdup (from->s);
  to->strings = g_strdupv (from->strings);
  if (from->ints != NULL)
    to->ints = g_array_copy (from->ints);
  if (from->floats != NULL)
    to->floats = g_array_copy (from->floats);
  if (from->tensor != NULL)
    to->tensor = g_hash_table_lookup (map, from->tensor);
  if (from->graph != NULL)
    to->graph = gen_graph_copy (from->graph);
  return to;
}
