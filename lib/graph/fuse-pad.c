/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A border of zeros before a convolution is one that the convolution can see by itself. */
#include <string.h>

#include "../ops/shape/pad.h"
#include "graph-private.h"

/* The convolution's own pads, as many as its window has axes before, and after. */
static gboolean
read_own (const GenNode *node, int axes, gint64 *pads)
{
  const char *automatic = gen_node_string (node, "auto_pad", "NOTSET");
  int n;
  const gint64 *given = gen_node_ints (node, "pads", &n);

  if (strcmp (automatic, "NOTSET") != 0 && strcmp (automatic, "VALID") != 0)
    return FALSE;
  memset (pads, 0, 2 * axes * sizeof *pads);
  if (given == NULL || strcmp (automatic, "VALID") == 0)
    return TRUE;
  if (n != 2 * axes)
    return FALSE;
  memcpy (pads, given, n * sizeof *pads);
  return TRUE;
}

gboolean
gen_graph_fuse_pad (GenReaders *readers, GenNode *node)
{
  GenTensor *padded = gen_node_input (node, 0);
  GenNode *pad = padded->producer;
  gint64 pads[2 * GEN_MAX_RANK];
  int axes = padded->shape.rank - 2, n;
  const gint64 *dilations = gen_node_ints (node, "dilations", &n);
  const GenShape *weights = &gen_node_input (node, 1)->shape;
  GenPads border;

  if (pad == NULL || pad->op->domain != NULL || strcmp (pad->op->name, "Pad") != 0 ||
      gen_readers_count (readers, padded) != 1 || !gen_pad_is_zero (pad) ||
      !gen_pad_find (pad, &border, NULL) || !read_own (node, axes, pads))
    return FALSE;
  for (int i = 0; i < axes + 2; i++) {
    if (border.before[i] < 0 || border.after[i] < 0 ||
        (i < 2 && border.before[i] + border.after[i] > 0))
      return FALSE;
    if (i < 2)
      continue;
    pads[i - 2] += border.before[i];
    pads[axes + i - 2] += border.after[i];
    /* Windows of the border alone are nothing that kernels are made for. */
    if (MAX (pads[i - 2], pads[axes + i - 2]) >
        (weights->dims[i] - 1) * (dilations != NULL ? dilations[i - 2] : 1))
      return FALSE;
  }
  gen_node_set_ints (node, "pads", pads, 2 * axes);
  gen_node_set_string (node, "auto_pad", "NOTSET");
  gen_readers_set_input (readers, node, 0, gen_node_input (pad, 0));
  gen_readers_sweep (readers, padded);
  return TRUE;
}
