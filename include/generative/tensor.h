/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include <generative/api.h>

G_BEGIN_DECLS

/**
 * GenDataType: the element type of a tensor, numbered as ONNX's
 * TensorProto.DataType numbers them. Those behind BFLOAT16 are what weights are kept in: they
 * can be moved, cast, quantized and dequantized. Each has a byte of its own in memory, however
 * few its bits: integers as int8 or uint8 have them, floats as their bits.
 */
typedef enum {
  GEN_TYPE_UNDEFINED = 0,
  GEN_TYPE_FLOAT32 = 1,
  GEN_TYPE_UINT8 = 2,
  GEN_TYPE_INT8 = 3,
  GEN_TYPE_UINT16 = 4,
  GEN_TYPE_INT16 = 5,
  GEN_TYPE_INT32 = 6,
  GEN_TYPE_INT64 = 7,
  GEN_TYPE_STRING = 8,
  GEN_TYPE_BOOL = 9,
  GEN_TYPE_FLOAT16 = 10,
  GEN_TYPE_FLOAT64 = 11,
  GEN_TYPE_UINT32 = 12,
  GEN_TYPE_UINT64 = 13,
  GEN_TYPE_BFLOAT16 = 16,
  GEN_TYPE_FLOAT8E4M3FN = 17,
  GEN_TYPE_FLOAT8E4M3FNUZ = 18,
  GEN_TYPE_FLOAT8E5M2 = 19,
  GEN_TYPE_FLOAT8E5M2FNUZ = 20,
  GEN_TYPE_UINT4 = 21,
  GEN_TYPE_INT4 = 22,
  GEN_TYPE_FLOAT4E2M1 = 23,
  GEN_TYPE_FLOAT8E8M0 = 24, /* powers of two, for scales */
  GEN_TYPE_UINT2 = 25,
  GEN_TYPE_INT2 = 26,
} GenDataType;

/* Bytes of one element; 0 for a type that has no fixed size. */
GEN_API gsize gen_data_type_size (GenDataType type);
/* Bits of one element in a model's file. */
GEN_API guint gen_data_type_bits (GenDataType type);
/* The type's name as ONNX and numpy write it ("float32"); never NULL. */
GEN_API const char *gen_data_type_name (GenDataType type);

#define GEN_MAX_RANK 8

/**
 * GenShape: the extents of a tensor, outermost first. A rank of -1 is an
 * unknown rank, an extent of -1 an unknown extent; both occur only in a graph
 * that has been read and not yet compiled.
 */
typedef struct {
  int rank;
  gint64 dims[GEN_MAX_RANK];
} GenShape;

#define GEN_SHAPE_UNKNOWN ((GenShape){ .rank = -1 })
/* GEN_SHAPE (2, 3) is the shape [2, 3]; GEN_SHAPE_SCALAR the shape []. */
#define GEN_SHAPE(...)                                                                             \
  ((GenShape){ .rank = (int)(sizeof ((gint64[]){ __VA_ARGS__ }) / sizeof (gint64)),                \
      .dims = { __VA_ARGS__ } })
#define GEN_SHAPE_SCALAR ((GenShape){ .rank = 0 })

/* TRUE when the rank and every extent are known. */
GEN_API gboolean gen_shape_is_known (const GenShape *shape);
GEN_API gboolean gen_shape_equal (const GenShape *a, const GenShape *b);
/* Whether what is `known` of a shape, the rank and extents of which may not be, leaves it to be
 * `other`, of whose extents some may not be known either. */
GEN_API gboolean gen_shape_may_be (const GenShape *known, const GenShape *other);
/* The product of the extents (1 for a scalar); -1 when one is unknown. */
GEN_API gint64 gen_shape_elements (const GenShape *shape);
/* The product of the extents from `first` up to, not including, `end`. */
GEN_API gint64 gen_shape_product (const GenShape *shape, int first, int end);
/* "[1, 3, 64, 64]", with "?" for what is unknown. (transfer full) */
GEN_API char *gen_shape_to_string (const GenShape *shape);
/* The shape that ONNX (and numpy) broadcasting gives `a` and `b`; FALSE when
 * they do not fit each other. */
GEN_API gboolean gen_shape_broadcast (const GenShape *a, const GenShape *b, GenShape *result);

G_END_DECLS
