/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attributes that came late. Where they stand at what was so before, they go. */
#include "opset.h"

#include <string.h>

#include "layers.h"

/* `text` where the attribute is one, else `number`, which stand for what operators did before. */
typedef struct {
  const char *op;
  int opset;
  const char *attribute;
  gint64 number;
  const char *text;
} Attribute;

#define NOOP(op)                                                                                   \
  {                                                                                                \
    op, 18, "noop_with_empty_axes"                                                                 \
  }

static const Attribute attributes[] = {
  { "BatchNormalization", 14, "training_mode" },
  { "GRU", 14, "layout" },
  { "LSTM", 14, "layout" },
  { "RNN", 14, "layout" },
  { "Reshape", 14, "allowzero" },
  { "Shape", 15, "start" },
  NOOP ("ReduceMean"),
  NOOP ("ReduceMax"),
  NOOP ("ReduceMin"),
  NOOP ("ReduceProd"),
  NOOP ("ReduceL1"),
  NOOP ("ReduceL2"),
  NOOP ("ReduceLogSum"),
  NOOP ("ReduceLogSumExp"),
  NOOP ("ReduceSumSquare"),
  { "ReduceSum", 13, "noop_with_empty_axes" },
  { "Resize", 18, "antialias" },
  { "Resize", 18, "keep_aspect_ratio_policy", 0, "stretch" },
  { "Cast", 19, "saturate", 1 },
  { "QuantizeLinear", 19, "saturate", 1 },
  { "QuantizeLinear", 21, "block_size" },
  { "DequantizeLinear", 21, "block_size" },
  { "Cast", 24, "round_mode", 0, "up" },
};

/* 0 in a shape means something else with it; of a shape without any it says nothing. */
static gboolean
is_idle (const GenNode *node)
{
  gint64 extents[GEN_MAX_RANK];
  int n;

  if (!gen_shrink_is (node, "Reshape") ||
      !gen_tensor_ints (gen_node_input (node, 1), extents, GEN_MAX_RANK, &n))
    return FALSE;
  for (int i = 0; i < n; i++)
    if (extents[i] == 0)
      return FALSE;
  return TRUE;
}

static gboolean
is_as_before (const GenNode *node, const Attribute *attribute)
{
  if (attribute->text != NULL)
    return strcmp (
               gen_node_string (node, attribute->attribute, attribute->text), attribute->text) == 0;
  return gen_node_int (node, attribute->attribute, attribute->number) == attribute->number ||
         is_idle (node);
}

gboolean
gen_opset_drop_attributes (GenNode *node, int opset, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (attributes); i++) {
    const Attribute *attribute = &attributes[i];

    if (opset >= attribute->opset || !gen_shrink_is (node, attribute->op) ||
        gen_node_attribute (node, attribute->attribute) == NULL)
      continue;
    if (!is_as_before (node, attribute))
      return gen_opset_fail (node, error,
          "its '%s' came with opset %d, and has a setting there that "
          "older ones have no word for",
          attribute->attribute, attribute->opset);
    gen_opset_remove_attribute (node, attribute->attribute);
  }
  return TRUE;
}
