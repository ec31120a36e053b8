/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What brings weights into the format that oneDNN likes, and back, in pieces for threads. */
#include "dnnl-private.h"

#include <string.h>

#include <generative/device.h>

typedef struct {
  dnnl_primitive_t primitive;
  dnnl_memory_t from, to;
} Piece;

struct _GenReorder {
  dnnl_stream_t stream[32];
  Piece pieces[32];
  int n_pieces;
};

/* Makes the piece that covers `dims` at `offsets`; FALSE when the formats cannot be cut so. */
static gboolean
add_piece (GenReorder *reorder, GenDnnlConstDesc from, GenDnnlConstDesc to, const gint64 *dims,
    const gint64 *offsets)
{
  GenDnnlDesc from_part = gen_dnnl_desc_part (from, dims, offsets),
              to_part = gen_dnnl_desc_part (to, dims, offsets);
  Piece *piece = &reorder->pieces[reorder->n_pieces];
  dnnl_primitive_desc_t pd = NULL;
  gboolean made;

  made = from_part != NULL && to_part != NULL &&
         dnnl_reorder_primitive_desc_create (&pd, from_part, gen_dnnl_engine (), to_part,
             gen_dnnl_engine (), NULL) == dnnl_success &&
         dnnl_primitive_create (&piece->primitive, pd) == dnnl_success;
  if (made) {
    dnnl_memory_create (&piece->from, from_part, gen_dnnl_engine (), DNNL_MEMORY_NONE);
    dnnl_memory_create (&piece->to, to_part, gen_dnnl_engine (), DNNL_MEMORY_NONE);
    dnnl_stream_create (
        &reorder->stream[reorder->n_pieces++], gen_dnnl_engine (), dnnl_stream_default_flags);
  }
  if (pd != NULL)
    dnnl_primitive_desc_destroy (pd);
  g_clear_pointer (&from_part, gen_dnnl_desc_free);
  g_clear_pointer (&to_part, gen_dnnl_desc_free);
  return made;
}

static void
drop_pieces (GenReorder *reorder)
{
  for (int i = 0; i < reorder->n_pieces; i++) {
    dnnl_stream_destroy (reorder->stream[i]);
    dnnl_primitive_destroy (reorder->pieces[i].primitive);
    dnnl_memory_destroy (reorder->pieces[i].from);
    dnnl_memory_destroy (reorder->pieces[i].to);
  }
  reorder->n_pieces = 0;
}

/* Cut along the outermost of the small channels, at multiples of what formats block by. */
#define GRAIN 64

static GenReorder *
reorder_new (GenDnnlConstDesc from, GenDnnlConstDesc to, const gint64 *dims, int rank, int pieces,
    GError **error)
{
  GenReorder *reorder = g_new0 (GenReorder, 1);
  dnnl_dims_t part, offsets = { 0 };
  gint64 units = (dims[0] + GRAIN - 1) / GRAIN;

  memcpy (part, dims, rank * sizeof *part);
  pieces = CLAMP (pieces, 1, MIN (units, 32));
  for (int i = 0; i < pieces; i++) {
    offsets[0] = units * i / pieces * GRAIN;
    part[0] = MIN (dims[0], units * (i + 1) / pieces * GRAIN) - offsets[0];
    if (!add_piece (reorder, from, to, part, offsets)) {
      drop_pieces (reorder);
      break;
    }
  }
  offsets[0] = 0;
  if (reorder->n_pieces == 0 && !add_piece (reorder, from, to, dims, offsets)) {
    g_set_error_literal (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED,
        "oneDNN cannot bring the weights into its format");
    g_clear_pointer (&reorder, gen_reorder_free);
  }
  return reorder;
}

GenReorder *
gen_dnnl_packer (const GenDnnlImplementation *made, gint64 group_stride, const gint64 *strides,
    int pieces, GError **error)
{
  dnnl_dims_t dims, all = { group_stride };
  int n = gen_dnnl_weights_dims (&made->options, dims), skip = made->options.groups > 1;
  GenReorder *reorder;
  GenDnnlDesc from;

  memcpy (all + skip, strides, (n - skip) * sizeof *all);
  from = gen_dnnl_desc_by_strides (n, dims, all);
  if (from == NULL) {
    g_set_error_literal (
        error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED, "oneDNN cannot describe the weights");
    return NULL;
  }
  reorder = reorder_new (from, made->weights, dims, n, skip ? 1 : pieces, error);
  gen_dnnl_desc_free (from);
  return reorder;
}

GenReorder *
gen_dnnl_unpacker (const GenDnnlImplementation *made, GError **error)
{
  dnnl_dims_t dims, strides;
  gint64 stride = 1;
  int n = gen_dnnl_weights_dims (&made->options, dims);
  GenReorder *reorder;
  GenDnnlDesc to;

  for (int i = n - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= dims[i];
  }
  to = gen_dnnl_desc_by_strides (n, dims, strides);
  if (to == NULL) {
    g_set_error_literal (
        error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED, "oneDNN cannot describe the weights");
    return NULL;
  }
  reorder = reorder_new (made->weights, to, dims, n, 1, error);
  gen_dnnl_desc_free (to);
  return reorder;
}

void
gen_reorder_run (GenReorder *reorder, int piece, const void *from, void *to)
{
  const Piece *p = &reorder->pieces[piece];
  dnnl_exec_arg_t arguments[] = { { DNNL_ARG_FROM, p->from }, { DNNL_ARG_TO, p->to } };

  if (piece >= reorder->n_pieces)
    return;
  gen_dnnl_set_handle (p->from, (void *)from);
  gen_dnnl_set_handle (p->to, to);
  dnnl_primitive_execute (p->primitive, reorder->stream[piece], 2, arguments);
}

void
gen_reorder_free (GenReorder *reorder)
{
  if (reorder == NULL)
    return;
  drop_pieces (reorder);
  g_free (reorder);
}
