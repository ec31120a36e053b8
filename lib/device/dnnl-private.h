/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of oneDNN's convolutions share. */
#pragma once

#include "dnnl-versions.h"

/* The one engine of the process. */
dnnl_engine_t gen_dnnl_engine (void);

/* What the library makes of some options. A net has the same convolution many times over, threads
 * have it for equal parts of one, and the library takes a millisecond to look through what it has:
 * so there is one in the process, which goes with the last of its users. */
typedef struct {
  GenConvolutionOptions options;
  guint users;
  dnnl_primitive_desc_t pd;
  dnnl_primitive_t primitive;
  GenDnnlDesc weights;
} GenDnnlImplementation;

/* The one of the process, to be given to gen_dnnl_implementation_leave(). */
GenDnnlImplementation *gen_dnnl_implementation_find (
    const GenConvolutionOptions *options, const GenDnnlGeometry *geometry, GError **error);
void gen_dnnl_implementation_leave (GenDnnlImplementation *made);

/* Rank and extents of the weights: [groups,] small, large, kernel…; in a group. */
int gen_dnnl_weights_dims (const GenConvolutionOptions *options, gint64 *dims);
/* Packs and unpacks the weights of `made` (gen_convolution_packer, gen_convolution_unpacker). */
GenReorder *gen_dnnl_packer (const GenDnnlImplementation *made, gint64 group_stride,
    const gint64 *strides, int pieces, GError **error);
GenReorder *gen_dnnl_unpacker (const GenDnnlImplementation *made, GError **error);
