/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between what runs a detector and the ways in which boxes lie in what it makes. */
#pragma once

#include <generative/detector.h>
#include <generative/graph.h>
#include <generative/session.h>

/* More boxes than a picture has; and the most outputs that a layout looks at. */
#define GEN_DETECTOR_MAX_BOXES 100000
#define GEN_DETECTOR_MAX_OUTPUTS 16

typedef struct {
  const char *name;
  GenShape shape;    /* of which extents, or the rank, may be free before a run */
  const float *data; /* NULL before a run */
} GenDetectorOutput;

typedef struct {
  const GenDetectorOutput *outputs;
  guint n_outputs;
  int width, height; /* of the model's picture */
  double least;
  GArray *found; /* of GenDetection */
} GenDetectorMade;

typedef struct {
  GenDetectionLayout told;
  /* Whether a model with these outputs may be of the layout, by their names and shapes. */
  gboolean (*fits) (const GenDetectorOutput *outputs, guint n);
  /* How many labels there are; 0: that is not known. */
  guint (*count_labels) (const GenDetectorOutput *outputs, guint n);
  /* Append what was found; FALSE where the outputs do not go together. */
  gboolean (*read) (const GenDetectorMade *made);
} GenDetectorLayout;

/* Those of faces. */
extern const GenDetectorLayout gen_detector_layout_yunet, gen_detector_layout_centerface;

/* The output whose name has `part` in it, but for one with `without`, which may be NULL; NULL where
 * there is none. */
const GenDetectorOutput *gen_detector_find_output (
    const GenDetectorOutput *outputs, guint n, const char *part, const char *without);
/* Append a box by its middle and size, in pixels of the model's picture. */
void gen_detector_add_middle (const GenDetectorMade *made, double x, double y, double width,
    double height, int label, double score);

/* The layouts behind gen_detection_layout_list. */
const GenDetectorLayout *gen_detector_layout_at (guint i);
/* Whether they may be of two layouts, end-to-end and yolov5 of one class, since it is not known how
 * many boxes there are. */
gboolean gen_detector_outputs_are_ambiguous (const GenDetectorOutput *outputs, guint n);
