/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "relation.h"

/* The number of the first place of each axis of a tensor; others follow it. */
typedef struct {
  guint first[GEN_MAX_RANK];
  int rank;
} GenChannelAxes;

typedef struct {
  GenTensor *tensor;
  int axis;
  GenChannelUse use;
} GenChannelMark;

/* Extents [first, end) of a tensor. */
typedef struct {
  GenTensor *tensor;
  int first, end;
} GenViewRun;

/* The same elements in both. */
typedef struct {
  GenViewRun a, b;
} GenViewPair;

struct _GenChannels {
  GenGraph *graph, *shaped;
  GHashTable *axes;    /* GenTensor to GenChannelAxes */
  GHashTable *related; /* the nodes of which something is known */
  GArray *parents;     /* of guint, for each place: another that goes with it; place 0 stays */
  GArray *views;       /* of GenViewPair, that are not united yet */
  GArray *marks;       /* of GenChannelMark */
  GHashTable *numbers; /* of channels, by root */
  GArray *roots;       /* of guint, for each channel: its root */
  GPtrArray *places;   /* of GArray, for each channel */
  GPtrArray *groups;   /* of GenChannelGroup */
  GPtrArray *staying;  /* of GenTensor */
};

/* channel-groups.c: the groups of channels that marks say, and the places of each channel. */
void gen_channels_find_groups (GenChannels *channels);
void gen_channels_find_places (GenChannels *channels);
/* Unite what views say, once all else is. */
void gen_channels_unite_views (GenChannels *channels);
/* The number of the channel that a place is of, or -1. */
int gen_channels_number (const GenChannels *channels, const GenTensor *tensor, int axis, gint64 i);
/* The root of a place, or 0 where the tensor is not known: it stays. */
guint gen_channels_root (const GenChannels *channels, const GenTensor *tensor, int axis, gint64 i);
