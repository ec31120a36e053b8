/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What operators say of channels. Each index of each axis of each tensor is a place, and places
 * that can only go together are united; those that cannot go are united with what stays. */
#pragma once

#include <generative/channels.h>

/* A cut under way: the nodes of `graph`, a copy, are changed to what they are without the channels
 * that go. Tensors are asked for as the graph before the cut has them. */
typedef struct {
  const GenChannels *channels;
  const guint8 *gone; /* for each root of places */
  GenGraph *graph;
} GenChannelCut;

typedef struct {
  const char *op;
  gboolean is_view; /* the elements of one tensor under another shape: looked at behind all others,
                       once these have said which extents stay */
  /* Unite what goes together. FALSE: nothing is known of this node, and all of it stays. Shapes of
   * all its tensors are known. NULL: nothing passes. */
  gboolean (*relate) (GenChannels *channels, const GenNode *node);
  /* Let `to`, the copy of `node`, say what is left in its attributes and in constants that are no
   * weights. NULL: it need not. */
  void (*cut) (const GenChannelCut *cut, const GenNode *node, GenNode *to);
} GenChannelRelation;

/* What is known of the operator of `node`, or NULL. */
const GenChannelRelation *gen_channel_relation_find (const GenNode *node);

/* One list a file, each ending on a relation without a name. */
extern const GenChannelRelation gen_channel_relations_elementwise[];
extern const GenChannelRelation gen_channel_relations_convolution[];
extern const GenChannelRelation gen_channel_relations_product[];
extern const GenChannelRelation gen_channel_relations_normalization[];
extern const GenChannelRelation gen_channel_relations_reduction[];
extern const GenChannelRelation gen_channel_relations_spatial[];
extern const GenChannelRelation gen_channel_relations_movement[];
extern const GenChannelRelation gen_channel_relations_view[];

/* --- for relate() --- */

const GenShape *gen_channels_shape (const GenChannels *channels, const GenTensor *tensor);
gint64 gen_channels_extent (const GenChannels *channels, const GenTensor *tensor, int axis);
/* The indices of an axis, or all from `first` on, or all of a tensor, stay. */
void gen_channels_fix (GenChannels *channels, GenTensor *tensor, int axis);
void gen_channels_fix_from (GenChannels *channels, GenTensor *tensor, int first);
/* Index `i` of an axis of `a` goes with index `j` of one of `b`. */
void gen_channels_unite (
    GenChannels *channels, GenTensor *a, int axis_a, gint64 i, GenTensor *b, int axis_b, gint64 j);
/* All indices of both do, one by one; of different extents both stay. */
void gen_channels_unite_axes (
    GenChannels *channels, GenTensor *a, int axis_a, GenTensor *b, int axis_b);
/* The `n` indices from `first` on go together. */
void gen_channels_unite_run (
    GenChannels *channels, GenTensor *tensor, int axis, gint64 first, gint64 n);
/* As broadcasting has it, axis by axis from the last. */
void gen_channels_unite_broadcast (GenChannels *channels, GenTensor *part, GenTensor *whole);
/* Whether no index of the axis can go, as far as is known by now. */
gboolean gen_channels_is_fixed (const GenChannels *channels, GenTensor *tensor, int axis);
/* What constant `tensor` has to do with the channels along `axis`. */
void gen_channels_mark (GenChannels *channels, GenTensor *tensor, int axis, GenChannelUse use);
/* `axis` of an attribute, counted from 0; -1 where there is none. */
int gen_channels_axis_of (
    const GenChannels *channels, const GenNode *node, const char *name, gint64 missing);
/* The values of an attribute, or of constant input `input`, which later opsets have instead; FALSE
 * where they are not known. *n is 0 where there are none. */
gboolean gen_channels_ints (
    const GenNode *node, const char *name, guint input, gint64 values[GEN_MAX_RANK * 2], int *n);
gboolean gen_channels_is (const GenNode *node, const char *op);
gboolean gen_channels_is_constant (const GenTensor *tensor);

/* --- for cut() --- */

gboolean gen_channel_cut_has (
    const GenChannelCut *cut, const GenTensor *tensor, int axis, gint64 index);
/* How many indices of an axis are left, of the `n` from `first` on. */
gint64 gen_channel_cut_count (
    const GenChannelCut *cut, const GenTensor *tensor, int axis, gint64 first, gint64 n);
gint64 gen_channel_cut_extent (const GenChannelCut *cut, const GenTensor *tensor, int axis);
/* Input `input` of `to` becomes a constant of these numbers, of `type`, which is int64 or int32. */
void gen_channel_cut_set_ints (const GenChannelCut *cut, GenNode *to, guint input, GenDataType type,
    const gint64 *values, int n);
