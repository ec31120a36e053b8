/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A part of a quantised product makes rows of the result. The range is that of all of A, so each
 * part looks through it, which costs less than another step would. */
#include "recurrence-product.h"

#include <math.h>

#include "../../device/shared.h"
#include "../../simd.h"
#include <generative/operator.h>

struct _GenCellProduct {
  GenGemm *gemm; /* of float32, or NULL: */
  GenIntegerGemm integer;
  GenCellWeights weights;
  GBytes *panels;
  int parts;
  gsize rows_size, part_size; /* bytes of a part: of its rows of A, and in all */
};

GenCellProduct *
gen_cell_product_new (const GenGemmOptions *options)
{
  GenCellProduct *product = g_new0 (GenCellProduct, 1);

  product->gemm = gen_gemm_new (options);
  return product;
}

static gsize
aligned (gsize size)
{
  return (size + 63) & ~(gsize)63;
}

GenCellProduct *
gen_cell_product_new_quantized (
    gint64 m, gint64 n, gint64 k, const GenCellWeights *weights, int threads)
{
  GenCellProduct *product = g_new0 (GenCellProduct, 1);
  GenIntegerGemm *integer = &product->integer;
  gint64 panels, grain = gen_integer_gemm_grain (), units;
  gsize size;
  void *packed;

  *integer = (GenIntegerGemm){ .m = m, .n = n, .k = k, .b_signed = weights->is_signed };
  product->weights = *weights;
  panels = gen_integer_gemm_panels (integer);
  size = aligned (panels * gen_integer_gemm_panel_size (integer));
  packed = gen_shared_alloc (size);
  gen_integer_gemm_pack (integer, weights->values, n, packed, 0, panels);
  product->panels = gen_shared_take (packed, size);
  units = (m + grain - 1) / grain;
  product->parts = (int)CLAMP (units, 1, threads);
  product->rows_size = aligned ((units + product->parts) / product->parts * grain * k);
  product->part_size = product->rows_size + aligned (gen_integer_gemm_scratch_size (integer));
  return product;
}

void
gen_cell_product_free (GenCellProduct *product)
{
  g_clear_pointer (&product->gemm, gen_gemm_free);
  g_clear_pointer (&product->panels, g_bytes_unref);
  g_free (product);
}

int
gen_cell_product_parts (const GenCellProduct *product)
{
  return product->gemm != NULL ? gen_gemm_parts (product->gemm) : product->parts;
}

GenGemmTile
gen_cell_product_tile (const GenCellProduct *product, int part, int parts)
{
  gsize first, end;

  if (product->gemm != NULL)
    return gen_gemm_tile (product->gemm, part, parts);
  gen_kernel_share (product->integer.m, gen_integer_gemm_grain (), part, parts, &first, &end);
  return (GenGemmTile){ .row = first, .rows = end - first, .columns = product->integer.n };
}

gsize
gen_cell_product_scratch_size (const GenCellProduct *product)
{
  return product->gemm != NULL ? gen_gemm_scratch_size (product->gemm)
                               : product->parts * product->part_size;
}

/* The scale and zero point that the range of `n` numbers, with 0, asks for. */
GEN_CLONES (float, find_scale, (const float *x, gsize n, guint8 *zero), (x, n, zero))
{
  float low = 0, high = 0, scale;

  for (gsize i = 0; i < n; i++) {
    low = x[i] < low ? x[i] : low;
    high = x[i] > high ? x[i] : high;
  }
  scale = (high - low) / 255;
  scale = scale > 0 ? scale : 1;
  *zero = (guint8)CLAMP (rintf (-low / scale), 0, 255);
  return scale;
}

GEN_CLONES (void, quantize, (const float *x, float scale, guint8 zero, guint8 *out, gsize n),
    (x, scale, zero, out, n))
{
  for (gsize i = 0; i < n; i++) {
    float value = rintf (x[i] / scale) + zero;

    value = value > 0 ? value : 0;
    out[i] = (guint8)(value < 255 ? value : 255);
  }
}

/* Sums as numbers, in their places. */
GEN_CLONES (void, scale_row,
    (float *row, float scale, const float *scales, gboolean by_column, gsize n),
    (row, scale, scales, by_column, n))
{
  const gint32 *sums = (const gint32 *)row;

  for (gsize i = 0; i < n; i++)
    row[i] = (float)sums[i] * (scale * (by_column ? scales[i] : *scales));
}

void
gen_cell_product_run (const GenCellProduct *product, const float *a, const float *b, float *c,
    void *scratch, int part, int parts)
{
  GenIntegerGemm integer = product->integer;
  const GenCellWeights *weights = &product->weights;
  GenGemmTile tile = gen_cell_product_tile (product, part, parts);
  guint8 *own = (guint8 *)scratch + part * product->part_size, zero;
  float scale;

  if (product->gemm != NULL) {
    gen_gemm_run (product->gemm, a, b, c, scratch, part, parts);
    return;
  }
  scale = find_scale (a, integer.m * integer.k, &zero);
  quantize (a + tile.row * integer.k, scale, zero, own, tile.rows * integer.k);
  integer.m = tile.rows;
  c += tile.row * integer.n;
  gen_integer_gemm_run (&integer, own, (GenZeroPoints){ &zero, 0 },
      g_bytes_get_data (product->panels, NULL),
      (GenZeroPoints){ weights->zeros, weights->by_column }, (gint32 *)c, integer.n, 0, tile.rows,
      own + product->rows_size);
  for (gint64 r = 0; r < tile.rows; r++)
    scale_row (c + r * integer.n, scale, weights->scales, weights->by_column, integer.n);
}
