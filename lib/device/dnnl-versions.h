/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* oneDNN in one form, whichever of its versions there is: version 2 (operation descriptors, memory
 * descriptors by value) is made to look like version 3 (primitive descriptors at once, memory
 * descriptors by handle). With dnnl-versions.c this is the one place that knows both. */
#pragma once

#include <dnnl.h>

#include "dnnl.h"

#if DNNL_VERSION_MAJOR < 3
typedef dnnl_memory_desc_t *GenDnnlDesc;
typedef const dnnl_memory_desc_t *GenDnnlConstDesc;
#else
typedef dnnl_memory_desc_t GenDnnlDesc;
typedef const_dnnl_memory_desc_t GenDnnlConstDesc;
#endif

/* Of float32; NULL for what the library refuses. To be freed by gen_dnnl_desc_free(). */
GenDnnlDesc gen_dnnl_desc_by_tag (int rank, const gint64 *dims, dnnl_format_tag_t tag);
GenDnnlDesc gen_dnnl_desc_by_strides (int rank, const gint64 *dims, const gint64 *strides);
GenDnnlDesc gen_dnnl_desc_part (GenDnnlConstDesc whole, const gint64 *dims, const gint64 *offsets);
GenDnnlDesc gen_dnnl_desc_clone (GenDnnlConstDesc desc);
void gen_dnnl_desc_free (GenDnnlDesc desc);

dnnl_status_t gen_dnnl_append_eltwise (
    dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha, float beta);

/* Tells a memory where its numbers are. */
void gen_dnnl_set_handle (dnnl_memory_t memory, void *data);

/* What a convolution goes between, and how. */
typedef struct {
  GenDnnlConstDesc large, weights, bias, small;
  dnnl_dims_t strides, dilates, before, after;
} GenDnnlGeometry;

/* The primitive descriptor of a convolution; `hint`, of the forward one, where `kind` is another.
 */
dnnl_status_t gen_dnnl_make (dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
    GenConvolutionKind kind, const GenDnnlGeometry *geometry, dnnl_primitive_desc_t hint,
    dnnl_primitive_attr_t attr);
