/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/graph.h>

/**
 * Convolutions by oneDNN, of fixed extents, each run by one thread. dnnl-versions is
 * the one place that knows that versions 2 and 3 of the library are made differently.
 *
 * A picture is [batch, channels, spatial…], channels-last or plain. Weights are held in the
 * format that the library likes best for the shape: gen_convolution_packer makes what brings
 * them there.
 */
typedef struct _GenConvolution GenConvolution;
typedef struct _GenReorder GenReorder;

typedef enum {
  GEN_CONVOLUTION_FORWARD,          /* small = convolution of large */
  GEN_CONVOLUTION_BACKWARD_DATA,    /* large = its transpose applied to small */
  GEN_CONVOLUTION_BACKWARD_WEIGHTS, /* weights = correlation of large and small */
} GenConvolutionKind;

#define GEN_CONVOLUTION_MAX_RANK 3

typedef struct {
  gint64 large, small; /* extents before and after a forward convolution */
  gint64 kernel, stride, dilation;
  gint64 before, after; /* zeros around `large` */
} GenConvolutionAxis;

typedef struct {
  GenConvolutionKind kind;
  GenLayout layout;
  int rank; /* spatial axes */
  GenConvolutionAxis axes[GEN_CONVOLUTION_MAX_RANK];
  gint64 batch, groups;
  gint64 large_channels, small_channels;
  gboolean bias;            /* FORWARD: one value for each of small_channels */
  GenActivation activation; /* FORWARD: none, or one that gen_convolution_fuses () */
} GenConvolutionOptions;

/* Whether the library applies `activation` while it stores. */
gboolean gen_convolution_fuses (const GenActivation *activation);

/* NULL with `error` for what the library refuses. */
GenConvolution *gen_convolution_new (const GenConvolutionOptions *options, GError **error);
void gen_convolution_free (GenConvolution *convolution);
/* Bytes of memory for one run at a time. */
gsize gen_convolution_scratch_size (const GenConvolution *convolution);
/* Bytes of the packed weights. */
gsize gen_convolution_weights_size (const GenConvolution *convolution);
/* Whether weights packed for one are packed for the other. */
gboolean gen_convolution_same_weights (const GenConvolution *a, const GenConvolution *b);
/* The library, its version and what of the processor it uses. (transfer full) */
char *gen_convolution_library (void);
/* The library's name of the algorithm. */
const char *gen_convolution_algorithm (const GenConvolution *convolution);

/* `large` and `small` are read or written as the kind says; `bias` may be NULL where there is
 * none. Not for two threads at a time. */
void gen_convolution_run (GenConvolution *convolution, void *large, void *weights,
    const float *bias, void *small, void *scratch);

/* What brings weights of any strides (in elements, of small channel within its group, large
 * channel within its group, each kernel axis; groups lie `group_stride` apart) into the packed
 * form. It is cut in `pieces`, which may be run at the same time; where the packed form cannot
 * be cut, all pieces but the first do nothing. */
GenReorder *gen_convolution_packer (const GenConvolution *convolution, gint64 group_stride,
    const gint64 *strides, int pieces, GError **error);
/* The reverse, into [small, large / groups, kernel…] without gaps. */
GenReorder *gen_convolution_unpacker (const GenConvolution *convolution, GError **error);
void gen_reorder_run (GenReorder *reorder, int piece, const void *from, void *to);
void gen_reorder_free (GenReorder *reorder);
