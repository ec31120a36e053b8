/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IntegerProduct (A, B[, a_zero[, b_zero]]): batches of exact products of 8-bit matrices, to int32.
 * A is [batch, m, k], B [batch or 1, k, n]; zero points are one number, or one for each row of A
 * or column of B, of each batch or of all. What the quantised operators come down to. */
#include "../../device/integer-gemm.h"
#include "../../device/shared.h"
#include "../number.h"
#include <generative/operator.h>

typedef struct {
  GenIntegerGemm gemm;
  gint64 batches;
  gboolean by_panels; /* parts share the panels of B, not the rows of A */
  int a_zero, b_zero; /* strides of zero points */
  gint64 a_zero_batch, b_zero_batch;
  gsize panels_size, part_size; /* bytes: panels of one B; what a part needs beside them */
  GBytes *packed;               /* a constant B's panels */
} Product;

/* Whether zero points `zero` fit `matrix`, with `each` rows or columns in each of `batches`. */
static gboolean
check_zero (const GenTensor *zero, const GenTensor *matrix, gint64 each, gint64 batches)
{
  gint64 n;

  if (zero == NULL)
    return TRUE;
  n = gen_shape_elements (&zero->shape);
  return zero->type == matrix->type && (n == 1 || n == each || n == each * batches);
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *a = gen_node_input (node, 0), *b = gen_node_input (node, 1);
  const gint64 *da = a->shape.dims, *db = b->shape.dims;

  if (!gen_tensor_is_bytes (a) || !gen_tensor_is_bytes (b))
    return gen_node_error (node, error, "its operands should be int8 or uint8, not %s and %s",
        gen_data_type_name (a->type), gen_data_type_name (b->type));
  if (a->shape.rank != 3 || b->shape.rank != 3 || da[2] != db[1] ||
      (db[0] != 1 && db[0] != da[0])) {
    g_autofree char *sa = gen_shape_to_string (&a->shape);
    g_autofree char *sb = gen_shape_to_string (&b->shape);

    return gen_node_error (node, error, "shapes %s and %s cannot be multiplied", sa, sb);
  }
  if (!check_zero (gen_node_input (node, 2), a, da[1], da[0]) ||
      !check_zero (gen_node_input (node, 3), b, db[2], db[0]))
    return gen_node_error (
        node, error, "its zero points do not fit its operands in number or in type");
  gen_node_set_output (node, 0, GEN_TYPE_INT32, &GEN_SHAPE (da[0], da[1], db[2]));
  return TRUE;
}

static void
product_free (gpointer data)
{
  Product *p = data;

  g_clear_pointer (&p->packed, g_bytes_unref);
  g_free (p);
}

static GenZeroPoints
zero_points (const GenKernel *kernel, guint input, int stride, gint64 first)
{
  const char *values = input < kernel->node->inputs->len ? kernel->inputs[input] : NULL;

  return (GenZeroPoints){ values != NULL ? values + first : NULL, stride };
}

static void
pack (const GenKernel *kernel, int part, int parts)
{
  const Product *p = kernel->state;
  gsize first, end;

  gen_kernel_share (gen_integer_gemm_panels (&p->gemm), 1, part, parts, &first, &end);
  gen_integer_gemm_pack (&p->gemm, kernel->inputs[1], p->gemm.n, kernel->scratch, first, end);
}

/* One product, whose panels are made. */
static void
run_one (const GenKernel *kernel, int part, int parts)
{
  const Product *p = kernel->state;
  GenIntegerGemm gemm = p->gemm;
  gint64 panels = gen_integer_gemm_panels (&gemm), column = 0;
  gsize first = 0, end = gemm.m, first_panel = 0, end_panel = panels;
  const char *packed = p->packed != NULL ? g_bytes_get_data (p->packed, NULL) : kernel->scratch;
  char *own =
      (char *)kernel->scratch + (p->packed != NULL ? 0 : p->panels_size) + part * p->part_size;

  if (p->by_panels) {
    gint64 width = gen_integer_gemm_panel_width ();

    gen_kernel_share (panels, 1, part, parts, &first_panel, &end_panel);
    column = first_panel * width;
    gemm.n = MIN ((gint64)end_panel * width, gemm.n) - column;
  } else {
    gen_kernel_share (gemm.m, gen_integer_gemm_grain (), part, parts, &first, &end);
  }
  if (first == end || gemm.n <= 0)
    return;
  gen_integer_gemm_run (&gemm, kernel->inputs[0], zero_points (kernel, 2, p->a_zero, 0),
      packed + first_panel * gen_integer_gemm_panel_size (&gemm),
      zero_points (kernel, 3, p->b_zero, column * p->b_zero), (gint32 *)kernel->outputs[0] + column,
      p->gemm.n, first, end, own);
}

/* Whole products, each with panels of its own. */
static void
run_batch (const GenKernel *kernel, int part, int parts)
{
  const Product *p = kernel->state;
  const GenIntegerGemm *gemm = &p->gemm;
  gboolean one_b = gen_node_input (kernel->node, 1)->shape.dims[0] == 1;
  char *panels = (char *)kernel->scratch + part * (p->panels_size + p->part_size);
  gsize first, end;

  gen_kernel_share (p->batches, 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    gsize b = one_b ? 0 : i;

    if (i == first || !one_b)
      gen_integer_gemm_pack (gemm, (const char *)kernel->inputs[1] + b * gemm->k * gemm->n, gemm->n,
          panels, 0, gen_integer_gemm_panels (gemm));
    gen_integer_gemm_run (gemm, (const char *)kernel->inputs[0] + i * gemm->m * gemm->k,
        zero_points (kernel, 2, p->a_zero, i * p->a_zero_batch), panels,
        zero_points (kernel, 3, p->b_zero, b * p->b_zero_batch),
        (gint32 *)kernel->outputs[0] + i * gemm->m * gemm->n, gemm->n, 0, gemm->m,
        panels + p->panels_size);
  }
}

/* Strides of zero points: of neighbours, and of batches. */
static int
find_strides (const GenTensor *zero, gint64 each, gint64 *batch)
{
  gint64 n = zero != NULL ? gen_shape_elements (&zero->shape) : 1;

  *batch = n > each ? each : 0;
  return n > 1;
}

static void
add_steps (GenKernel *kernel, Product *p)
{
  const GenIntegerGemm *gemm = &p->gemm;
  const GenTensor *b = gen_node_input (kernel->node, 1);
  gint64 panels = gen_integer_gemm_panels (gemm);
  gint64 tiles = (gemm->m + gen_integer_gemm_grain () - 1) / gen_integer_gemm_grain ();
  double cost = 0.01 * gemm->m * gemm->n * gemm->k;
  int parts;

  if (p->batches > 1) {
    parts = gen_kernel_parts (kernel, p->batches, cost);
    parts = MIN (parts, p->batches);
    kernel->scratch_size = parts * (p->panels_size + p->part_size);
    gen_kernel_add_step (kernel, run_batch, parts);
    return;
  }
  parts = gen_kernel_parts (kernel, 1, cost);
  p->by_panels = tiles < parts && panels > tiles;
  parts = MAX (1, MIN (parts, p->by_panels ? panels : tiles));
  kernel->scratch_size = parts * p->part_size;
  if (gen_tensor_constant (b) != NULL) {
    void *packed = gen_shared_alloc (p->panels_size);

    gen_integer_gemm_pack (gemm, gen_tensor_constant (b), gemm->n, packed, 0, panels);
    p->packed = gen_shared_take (packed, p->panels_size);
    kernel->packed_inputs = 1u << 1;
  } else {
    kernel->scratch_size += p->panels_size;
    gen_kernel_add_step (
        kernel, pack, MIN (gen_kernel_parts (kernel, gemm->k * gemm->n, 0.2), panels));
  }
  gen_kernel_add_step (kernel, run_one, parts);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *a = gen_node_input (node, 0), *b = gen_node_input (node, 1);
  Product *p = g_new0 (Product, 1);

  kernel->state = p;
  kernel->free_state = product_free;
  p->batches = a->shape.dims[0];
  p->gemm = (GenIntegerGemm){ .m = a->shape.dims[1],
    .n = b->shape.dims[2],
    .k = a->shape.dims[2],
    .a_signed = a->type == GEN_TYPE_INT8,
    .b_signed = b->type == GEN_TYPE_INT8 };
  if (gen_shape_elements (&gen_node_output (node, 0)->shape) == 0)
    return TRUE;
  p->a_zero = find_strides (gen_node_input (node, 2), p->gemm.m, &p->a_zero_batch);
  p->b_zero = find_strides (gen_node_input (node, 3), p->gemm.n, &p->b_zero_batch);
  p->panels_size = gen_integer_gemm_panels (&p->gemm) * gen_integer_gemm_panel_size (&p->gemm);
  p->panels_size = (p->panels_size + 63) & ~(gsize)63;
  p->part_size = (gen_integer_gemm_scratch_size (&p->gemm) + 63) & ~(gsize)63;
  add_steps (kernel, p);
  return TRUE;
}

static double
flops (const GenNode *node)
{
  return 2.0 * gen_shape_elements (&gen_node_output (node, 0)->shape) *
         gen_node_input (node, 0)->shape.dims[2];
}

const GenOperator gen_operator_integer_product = {
  .name = "IntegerProduct",
  .domain = "generative",
  .summary = "Exact product of 8-bit matrices",
  .min_inputs = 2,
  .max_inputs = 4,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient_is_zero = TRUE,
  .flops = flops,
};
