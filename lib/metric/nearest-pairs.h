/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The samples that lie nearest to the reference, with the sample of it that each lies nearest to:
 * what a generator may have learned by heart, to be looked at. Of samples that are near to one and
 * the same only the nearest is kept, so that a picture that is made again and again does not hide
 * others. */
#pragma once

#include <generative/metric.h>

#define GEN_NEAREST_PAIRS 12
/* Pixels that are kept of a sample, each way at most. */
#define GEN_NEAREST_EXTENT 128

typedef struct {
  double distance;
  guint64 frame;
  guint32 place, item;      /* of the reference's sample: among those kept, and in its dataset */
  char *sample, *reference; /* where they come from; NULL: not known */
  GenPicture picture;       /* without data: it is none, or was not seen */
} GenNearestPair;

/* (element-type GenNearestPair) */
GArray *gen_nearest_pairs_new (void);
/* Keep a pair where it is one of the nearest: a sample with the reference's at `place`, which is
 * `item` and comes from `reference`. */
void gen_nearest_pairs_take (GArray *pairs, const GenMetricSample *sample, double distance,
    guint32 place, guint32 item, const char *reference);
/* [{"distance":…,"frame":…,"sample":"made/7.png","reference":"photos/a.png"},…], the nearest
 * first. (transfer full) */
JsonArray *gen_nearest_pairs_to_json (const GArray *pairs);
/* The same one by one, with both pictures: "data" and "reference-data", PNG in base64; those of the
 * reference come to the samples' size by `fit`, as they were measured. */
gboolean gen_nearest_pairs_illustrate (const GArray *pairs, const GenDataset *reference, GenFit fit,
    GenMetricTell tell, gpointer data, GError **error);
