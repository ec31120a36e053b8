/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A graph as ONNX's messages, which point at what the graph holds. */
#pragma once

#include <generative/graph.h>

#include "onnx.pb-c.h"

/* Where weights begin that lie in a file of their own: pages can be mapped then. */
#define GEN_ONNX_APART_ALIGNMENT 4096

/* What is written beside the model. */
typedef struct {
  char *name;      /* of the file, as the model has it */
  GPtrArray *data; /* of guint8 *, each of a size in `sizes` */
  GArray *sizes;   /* of gsize */
  guint64 at;      /* where the next one begins */
} GenOnnxApart;

typedef struct _GenOnnxWriter GenOnnxWriter;
struct _GenOnnxWriter {
  const GenGraph *graph;
  GPtrArray *owned;            /* everything that was allocated for the messages */
  const GenOnnxWriter *parent; /* of the graph around this one; NULL for the model's own */
  GHashTable *names;   /* tensors that are not written under their own name, and that name */
  GenOnnxApart *apart; /* NULL: all is in the model */
};

/* The message of writer->graph; NULL with `error`. All in it lives as long as writer->owned, and
 * the graph. */
Onnx__ModelProto *gen_onnx_write_model (GenOnnxWriter *writer, GError **error);
