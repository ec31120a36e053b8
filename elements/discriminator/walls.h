/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames that are a picture, or a wall of them: the score of one is the mean of theirs. */
#pragma once

#include "fields.h"
#include "judge.h"

typedef struct {
  GstDiscriminatorJudge *judge;
  int tiles, columns;
  int filled;      /* of the tiles, those that hold a picture */
  float *scores;   /* of each of them */
  gboolean single; /* the model takes one picture at a time */
} GstDiscriminatorWalls;

/* Have the judge take frames of `caps`, which `info` describes. */
gboolean gst_discriminator_walls_fit (
    GstDiscriminatorWalls *walls, GstCaps *caps, const GstVideoInfo *info, GError **error);
void gst_discriminator_walls_clear (GstDiscriminatorWalls *walls);
/* Compile anew when the frame does not lie as caps said: pools may pad it. */
gboolean gst_discriminator_walls_follow (
    GstDiscriminatorWalls *walls, const GstGenerativeFrame *frame, GError **error);
/* Fill the fields of `values` that are the model's (the probability of a wall is the mean of those
 * of its pictures), and the scores of the tiles that are filled. */
gboolean gst_discriminator_walls_score (
    GstDiscriminatorWalls *walls, const GstGenerativeFrame *frame, double *values, GError **error);
