/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inputs and outputs on their way between the user's memory and the plan's. Of a frame's plane only
 * the bytes of pictures travel: what lies between its rows is not the plan's. */
#pragma once

#include "cuda.h"

struct GenCudaRows {
  gsize row, stride, rows; /* bytes of a row, and from row to row */
  gboolean is_frame;
  /* Of a frame of which a part is kept: which of the graph's inputs says which part, of which
   * frames, and how many bytes stand for `shared` pixels of a row and as many rows. */
  const GenTensor *kept = NULL;
  guint frame = 0, pixel = 0, shared = 1;
};

/* How `tensor`, an input or output of `graph`, lies in its bytes: a frame's plane where
 * UnpackPicture, MovePicture or MaskPicture alone reads it, or PackPicture, ColourPicture or
 * MarkPicture makes it and nothing reads it; else one row, which is a frame as well where it is the
 * samples of a sound. */
GenCudaRows gen_cuda_rows_of (const GenGraph *graph, const GenTensor *tensor);
/* The same of what is kept of it, as `kept` says, which is the value of that input. */
GenCudaRows gen_cuda_rows_kept (const GenCudaRows *rows, const gint32 *kept);
gboolean gen_cuda_copy_rows (const GenCudaRows *rows, void *to, const void *from,
    cudaMemcpyKind kind, cudaStream_t stream, const char *what, GError **error);
