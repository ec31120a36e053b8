/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/graph.h>

G_BEGIN_DECLS

/**
 * GenChannels: which channels of a graph can go, and what goes with each.
 *
 * A channel is made by a layer: a filter of a convolution, a unit of a dense layer, a head of
 * attention. Nothing of it is left once all that is about it has been taken out of the weights: the
 * filter that makes it, its scale and bias in what follows, its columns in the layers that read it,
 * and what a sum, a concatenation or a depthwise convolution binds to it (Fang et al., "DepGraph:
 * towards any structural pruning", 2023). What is bound together is one channel here, and it goes
 * as a whole; the graph without it is dense, and smaller.
 *
 * What is left makes what the graph made with zeros where the layers that read a channel hold its
 * weights: to the last bit but for the order of sums. So a channel that shares its statistics with
 * others (GroupNormalization) goes with its group alone, and one over which sums or softmaxes are
 * taken stays, as does all that an operator touches of which no more is known. Inputs and outputs
 * of the graph stay what they are.
 *
 * Channels of one layer are a group, as are those of layers that are bound to each other by a sum.
 *
 * Since: 0.2
 */
typedef struct _GenChannels GenChannels;

#define GEN_CHANNELS_ERROR (gen_channels_error_quark ())
GEN_API GQuark gen_channels_error_quark (void);

typedef enum {
  GEN_CHANNELS_ERROR_SETTING, /* a number or name that cannot be */
  GEN_CHANNELS_ERROR_MODEL,   /* no channel can go, or its shapes are not known */
} GenChannelsError;

/* What a layer's constants have to do with a channel. */
typedef enum {
  GEN_CHANNEL_MADE,    /* the weights by which it is made */
  GEN_CHANNEL_READ,    /* those by which it is read */
  GEN_CHANNEL_SCALED,  /* the scale of its normalisation */
  GEN_CHANNEL_CARRIED, /* all else: biases, statistics, depthwise filters */
} GenChannelUse;

/* Where in a constant something of a channel stands: at `index` of `axis`. */
typedef struct {
  GenTensor *tensor;
  int axis;
  gint64 index;
  GenChannelUse use;
} GenChannelPlace;

typedef struct {
  const char *name; /* of the first weight that makes them */
  GArray *channels; /* of guint: numbers of its channels */
  GPtrArray *made;  /* the weights that make them, GenTensor */
} GenChannelGroup;

/* `graph` is looked at, and held; its shapes are those of `shaped`, a copy that has been inferred
 * (gen_graph_infer), with any extents in the place of free ones. (transfer full) */
GEN_API GenChannels *gen_channels_find (GenGraph *graph, GenGraph *shaped, GError **error);
GEN_API void gen_channels_free (GenChannels *channels);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenChannels, gen_channels_free)

/* How many there are that can go; they are numbered from 0. */
GEN_API guint gen_channels_count (const GenChannels *channels);
GEN_API guint gen_channels_n_groups (const GenChannels *channels);
GEN_API const GenChannelGroup *gen_channels_group (const GenChannels *channels, guint group);
/* Where channel number `channel` stands, of GenChannelPlace, at least one of them MADE. */
GEN_API const GArray *gen_channels_places (const GenChannels *channels, guint channel);
/* The weights of layers whose channels stay, of GenTensor: those of which none can go. */
GEN_API const GPtrArray *gen_channels_staying (const GenChannels *channels);

/* The graph without the channels of which `gone` is TRUE. Ports, names and metadata are as they
 * were. (transfer full); NULL where nothing would be left of a layer. */
GEN_API GenGraph *gen_channels_cut (
    const GenChannels *channels, const gboolean *gone, GError **error);

G_END_DECLS
