/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Element types and shapes. */
#include <generative/tensor.h>

typedef struct {
  const char *name;
  gsize size;
  guint bits; /* where these are fewer than those of its bytes */
} TypeInfo;

static const TypeInfo types[] = {
  [GEN_TYPE_UNDEFINED] = { "undefined", 0 },
  [GEN_TYPE_FLOAT32] = { "float32", 4 },
  [GEN_TYPE_UINT8] = { "uint8", 1 },
  [GEN_TYPE_INT8] = { "int8", 1 },
  [GEN_TYPE_UINT16] = { "uint16", 2 },
  [GEN_TYPE_INT16] = { "int16", 2 },
  [GEN_TYPE_INT32] = { "int32", 4 },
  [GEN_TYPE_INT64] = { "int64", 8 },
  [GEN_TYPE_STRING] = { "string", 0 },
  [GEN_TYPE_BOOL] = { "bool", 1 },
  [GEN_TYPE_FLOAT16] = { "float16", 2 },
  [GEN_TYPE_FLOAT64] = { "float64", 8 },
  [GEN_TYPE_UINT32] = { "uint32", 4 },
  [GEN_TYPE_UINT64] = { "uint64", 8 },
  [GEN_TYPE_BFLOAT16] = { "bfloat16", 2 },
  [GEN_TYPE_FLOAT8E4M3FN] = { "float8e4m3fn", 1 },
  [GEN_TYPE_FLOAT8E4M3FNUZ] = { "float8e4m3fnuz", 1 },
  [GEN_TYPE_FLOAT8E5M2] = { "float8e5m2", 1 },
  [GEN_TYPE_FLOAT8E5M2FNUZ] = { "float8e5m2fnuz", 1 },
  [GEN_TYPE_UINT4] = { "uint4", 1, 4 },
  [GEN_TYPE_INT4] = { "int4", 1, 4 },
  [GEN_TYPE_FLOAT4E2M1] = { "float4e2m1", 1, 4 },
  [GEN_TYPE_FLOAT8E8M0] = { "float8e8m0", 1 },
  [GEN_TYPE_UINT2] = { "uint2", 1, 2 },
  [GEN_TYPE_INT2] = { "int2", 1, 2 },
};

static const TypeInfo *
type_info (GenDataType type)
{
  if ((guint)type >= G_N_ELEMENTS (types) || types[type].name == NULL)
    return &types[GEN_TYPE_UNDEFINED];
  return &types[type];
}

gsize
gen_data_type_size (GenDataType type)
{
  return type_info (type)->size;
}

guint
gen_data_type_bits (GenDataType type)
{
  const TypeInfo *info = type_info (type);

  return info->bits > 0 ? info->bits : 8 * info->size;
}

const char *
gen_data_type_name (GenDataType type)
{
  return type_info (type)->name;
}

gboolean
gen_shape_is_known (const GenShape *shape)
{
  return gen_shape_elements (shape) >= 0;
}

gboolean
gen_shape_equal (const GenShape *a, const GenShape *b)
{
  if (a->rank != b->rank)
    return FALSE;
  for (int i = 0; i < a->rank; i++)
    if (a->dims[i] != b->dims[i])
      return FALSE;
  return TRUE;
}

gboolean
gen_shape_may_be (const GenShape *known, const GenShape *other)
{
  if (known->rank < 0)
    return TRUE;
  if (known->rank != other->rank)
    return FALSE;
  for (int i = 0; i < known->rank; i++)
    if (known->dims[i] >= 0 && other->dims[i] >= 0 && known->dims[i] != other->dims[i])
      return FALSE;
  return TRUE;
}

gint64
gen_shape_elements (const GenShape *shape)
{
  if (shape->rank < 0)
    return -1;
  for (int i = 0; i < shape->rank; i++)
    if (shape->dims[i] < 0)
      return -1;
  return gen_shape_product (shape, 0, shape->rank);
}

gint64
gen_shape_product (const GenShape *shape, int first, int end)
{
  gint64 product = 1;

  for (int i = first; i < end; i++)
    if (__builtin_mul_overflow (product, shape->dims[i], &product))
      return G_MAXINT64;
  return product;
}

char *
gen_shape_to_string (const GenShape *shape)
{
  GString *text = g_string_new ("[");

  if (shape->rank < 0)
    g_string_append (text, "?");
  for (int i = 0; i < shape->rank; i++) {
    if (i > 0)
      g_string_append (text, ", ");
    if (shape->dims[i] < 0)
      g_string_append (text, "?");
    else
      g_string_append_printf (text, "%" G_GINT64_FORMAT, shape->dims[i]);
  }
  g_string_append (text, "]");
  return g_string_free (text, FALSE);
}

gboolean
gen_shape_broadcast (const GenShape *a, const GenShape *b, GenShape *result)
{
  int rank = MAX (a->rank, b->rank);
  GenShape out = { .rank = rank };

  for (int i = 0; i < rank; i++) {
    int ia = i - (rank - a->rank), ib = i - (rank - b->rank);
    gint64 da = ia < 0 ? 1 : a->dims[ia];
    gint64 db = ib < 0 ? 1 : b->dims[ib];

    if (da != db && da != 1 && db != 1)
      return FALSE;
    out.dims[i] = da == 1 ? db : da;
  }
  *result = out;
  return TRUE;
}
