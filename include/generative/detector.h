/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include <generative/api.h>
#include <generative/picture.h>

G_BEGIN_DECLS

/**
 * GenDetector: an ONNX model that finds things in a picture, as boxes with a label and a score. It
 * has one input, pictures of 3 channels or 1, in floats or bytes; how bytes become numbers is read
 * from the file and the one beside it (model.h). Pictures are stretched to its size; where it
 * leaves that free, to at most 640 pixels a side, in multiples of 32.
 *
 * How boxes lie in what it makes is a layout, a constant in lib/gate/detection-layouts.c (of faces
 * in detection-faces.c) and a line in its list. Boxes of one label that share more than 45% of the
 * area that both cover are one, the one of the highest score. Used by one thread at a time. Since:
 * 0.2
 */
typedef struct _GenDetector GenDetector;

/* Shares of the picture's width and height, from 0 at its left and top; boxes may stand out. */
typedef struct {
  double x, y, width, height;
  int label;
  double score;
} GenDetection;

typedef struct {
  const char *name;        /* "yolov8" */
  const char *description; /* which outputs, and what is in them */
} GenDetectionLayout;

/* All of them, ended by NULL. */
GEN_API const GenDetectionLayout *const *gen_detection_layout_list (void);

/* Open the file `path`, whose boxes lie as the layout of that name says; NULL: as its outputs are
 * called and shaped. NULL with `error` (GEN_GRAPH_ERROR, or the file's own) where it is no such
 * model. (transfer full) */
GEN_API GenDetector *gen_detector_open (const char *path, const char *layout, GError **error);
GEN_API void gen_detector_free (GenDetector *detector);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenDetector, gen_detector_free)

/* Whether the file is such a model as its outputs tell without a name of a layout. Of [1, N, 6] of
 * which N is free it is, but the layout has to be named to open it. */
GEN_API gboolean gen_detector_recognise (const char *path);
/* The layout that it has. */
GEN_API const char *gen_detector_layout (const GenDetector *detector);
/* What the labels are called, from 0 on, as the file says it, ended by NULL; NULL where it does
 * not. (transfer full) */
GEN_API char **gen_detector_get_names (const GenDetector *detector);
/* How many labels there are; 0 where its outputs do not tell. */
GEN_API guint gen_detector_n_labels (const GenDetector *detector);
/* What had to be assumed of the file: a sentence, or NULL. (transfer full) */
GEN_API char *gen_detector_describe_assumption (const GenDetector *detector);

/* Put what is found in `picture` with at least the score `least` into `detections` (of
 * GenDetection), which is emptied before, the highest score first. FALSE with `error` where the
 * model fails, or makes numbers that are not finite. */
GEN_API gboolean gen_detector_find (GenDetector *detector, const GenPicture *picture, double least,
    GArray *detections, GError **error);

G_END_DECLS
