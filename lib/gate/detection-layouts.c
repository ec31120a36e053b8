/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How boxes lie in what detectors make. Of each layout the outputs are found by their names, or, of
 * one output, by its shape. Those of faces are in detection-faces.c. */
#include <math.h>
#include <string.h>

#include "detector-private.h"

/* --- what several share --- */

const GenDetectorOutput *
gen_detector_find_output (
    const GenDetectorOutput *outputs, guint n, const char *part, const char *without)
{
  for (guint i = 0; i < n; i++)
    if (strstr (outputs[i].name, part) != NULL &&
        (without == NULL || strstr (outputs[i].name, without) == NULL))
      return &outputs[i];
  return NULL;
}

/* [1, rows, columns] after a run. */
static gboolean
is_table (const GenDetectorOutput *output, gint64 least_columns)
{
  return output != NULL && output->shape.rank == 3 && output->shape.dims[0] == 1 &&
         output->shape.dims[2] >= least_columns && output->shape.dims[1] <= GEN_DETECTOR_MAX_BOXES;
}

/* A box by its corners. */
static void
add_corners (const GenDetectorMade *made, double left, double top, double right, double bottom,
    int label, double score)
{
  const GenDetection found = { .x = left,
    .y = top,
    .width = right - left,
    .height = bottom - top,
    .label = label,
    .score = score };

  g_array_append_val (made->found, found);
}

void
gen_detector_add_middle (const GenDetectorMade *made, double x, double y, double width,
    double height, int label, double score)
{
  add_corners (made, (x - width / 2) / made->width, (y - height / 2) / made->height,
      (x + width / 2) / made->width, (y + height / 2) / made->height, label, score);
}

/* The greatest of `n` scores, `step` apart. */
static int
find_greatest (const float *scores, gint64 n, gint64 step)
{
  int greatest = 0;

  for (gint64 i = 1; i < n; i++)
    if (scores[i * step] > scores[greatest * step])
      greatest = (int)i;
  return greatest;
}

/* --- YOLO --- */

/* Models that choose boxes themselves make no more; those that do not make thousands. */
#define MAX_END_TO_END 1000

static gboolean
is_single (const GenDetectorOutput *outputs, guint n)
{
  return n == 1 && outputs[0].shape.rank == 3;
}

static gboolean
fits_yolov8 (const GenDetectorOutput *outputs, guint n)
{
  const gint64 *dims = outputs[0].shape.dims;

  return is_single (outputs, n) && dims[1] > 4 && (dims[2] < 0 || dims[2] > dims[1]);
}

static guint
count_yolov8 (const GenDetectorOutput *outputs, guint n)
{
  return outputs[0].shape.rank == 3 && outputs[0].shape.dims[1] > 4
             ? (guint)outputs[0].shape.dims[1] - 4
             : 0;
}

static gboolean
read_yolov8 (const GenDetectorMade *made)
{
  const GenDetectorOutput *output = &made->outputs[0];
  const gint64 rows = output->shape.dims[1], boxes = output->shape.dims[2];

  if (output->shape.rank != 3 || output->shape.dims[0] != 1 || rows <= 4 ||
      boxes > GEN_DETECTOR_MAX_BOXES)
    return FALSE;
  for (gint64 i = 0; i < boxes; i++) {
    const float *box = output->data + i;
    const int label = find_greatest (box + 4 * boxes, rows - 4, boxes);
    const double score = box[(4 + label) * boxes];

    if (score >= made->least)
      gen_detector_add_middle (
          made, box[0], box[boxes], box[2 * boxes], box[3 * boxes], label, score);
  }
  return TRUE;
}

/* Six columns are those of boxes from end to end as well, of which there are few. */
static gboolean
fits_yolov5 (const GenDetectorOutput *outputs, guint n)
{
  const gint64 *dims = outputs[0].shape.dims;

  if (!is_single (outputs, n) || dims[2] < 6)
    return FALSE;
  return dims[2] == 6 ? dims[1] > MAX_END_TO_END : dims[1] < 0 || dims[1] > dims[2];
}

static guint
count_yolov5 (const GenDetectorOutput *outputs, guint n)
{
  return outputs[0].shape.rank == 3 && outputs[0].shape.dims[2] > 5
             ? (guint)outputs[0].shape.dims[2] - 5
             : 0;
}

static gboolean
read_yolov5 (const GenDetectorMade *made)
{
  const GenDetectorOutput *output = &made->outputs[0];
  const gint64 columns = output->shape.dims[2];

  if (!is_table (output, 6))
    return FALSE;
  for (gint64 i = 0; i < output->shape.dims[1]; i++) {
    const float *box = output->data + i * columns;
    const int label = find_greatest (box + 5, columns - 5, 1);
    const double score = (double)box[4] * (double)box[5 + label];

    if (score >= made->least)
      gen_detector_add_middle (made, box[0], box[1], box[2], box[3], label, score);
  }
  return TRUE;
}

/* --- from end to end --- */

static gboolean
fits_end_to_end (const GenDetectorOutput *outputs, guint n)
{
  const gint64 *dims = outputs[0].shape.dims;

  return is_single (outputs, n) && dims[2] == 6 && dims[1] >= 0 && dims[1] <= MAX_END_TO_END;
}

gboolean
gen_detector_outputs_are_ambiguous (const GenDetectorOutput *outputs, guint n)
{
  const gint64 *dims = outputs[0].shape.dims;

  return is_single (outputs, n) && dims[2] == 6 && dims[1] < 0;
}

static guint
count_none (const GenDetectorOutput *outputs, guint n)
{
  return 0;
}

static gboolean
read_end_to_end (const GenDetectorMade *made)
{
  const GenDetectorOutput *output = &made->outputs[0];

  if (!is_table (output, 6) || output->shape.dims[2] != 6)
    return FALSE;
  for (gint64 i = 0; i < output->shape.dims[1]; i++) {
    const float *box = output->data + i * 6;

    if ((double)box[4] >= made->least && box[5] >= 0 && box[5] < G_MAXINT16)
      add_corners (made, (double)box[0] / made->width, (double)box[1] / made->height,
          (double)box[2] / made->width, (double)box[3] / made->height, (int)box[5], box[4]);
  }
  return TRUE;
}

/* --- SSD as TensorFlow's exports have it --- */

static gboolean
fits_ssd (const GenDetectorOutput *outputs, guint n)
{
  return gen_detector_find_output (outputs, n, "detection_boxes", "raw") != NULL &&
         gen_detector_find_output (outputs, n, "detection_classes", NULL) != NULL &&
         gen_detector_find_output (outputs, n, "detection_scores", "multiclass") != NULL;
}

static gboolean
read_ssd (const GenDetectorMade *made)
{
  const GenDetectorOutput *boxes =
      gen_detector_find_output (made->outputs, made->n_outputs, "detection_boxes", "raw");
  const GenDetectorOutput *classes =
      gen_detector_find_output (made->outputs, made->n_outputs, "detection_classes", NULL);
  const GenDetectorOutput *scores =
      gen_detector_find_output (made->outputs, made->n_outputs, "detection_scores", "multiclass");
  gint64 n;

  if (!is_table (boxes, 4) || boxes->shape.dims[2] != 4)
    return FALSE;
  n = boxes->shape.dims[1];
  if (gen_shape_elements (&classes->shape) != n || gen_shape_elements (&scores->shape) != n)
    return FALSE;
  for (gint64 i = 0; i < n; i++) {
    const float *box = boxes->data + i * 4, class = classes->data[i];

    if ((double)scores->data[i] >= made->least && class >= 0 && class < G_MAXINT16)
      add_corners (made, box[1], box[0], box[3], box[2], (int)class, scores->data[i]);
  }
  return TRUE;
}

/* --- scores and boxes side by side --- */

static gboolean
fits_ultraface (const GenDetectorOutput *outputs, guint n)
{
  return n == 2 && gen_detector_find_output (outputs, n, "scores", NULL) != NULL &&
         gen_detector_find_output (outputs, n, "boxes", NULL) != NULL;
}

static guint
count_ultraface (const GenDetectorOutput *outputs, guint n)
{
  const GenDetectorOutput *scores = gen_detector_find_output (outputs, n, "scores", NULL);

  return scores != NULL && scores->shape.rank == 3 && scores->shape.dims[2] > 1
             ? (guint)scores->shape.dims[2]
             : 0;
}

static gboolean
read_ultraface (const GenDetectorMade *made)
{
  const GenDetectorOutput *scores =
      gen_detector_find_output (made->outputs, made->n_outputs, "scores", NULL);
  const GenDetectorOutput *boxes =
      gen_detector_find_output (made->outputs, made->n_outputs, "boxes", NULL);
  gint64 classes;

  if (!is_table (scores, 2) || !is_table (boxes, 4) || boxes->shape.dims[2] != 4 ||
      scores->shape.dims[1] != boxes->shape.dims[1])
    return FALSE;
  classes = scores->shape.dims[2];
  for (gint64 i = 0; i < boxes->shape.dims[1]; i++) {
    const float *score = scores->data + i * classes, *box = boxes->data + i * 4;
    /* The first one is the background. */
    const int label = 1 + find_greatest (score + 1, classes - 1, 1);

    if ((double)score[label] >= made->least)
      add_corners (made, box[0], box[1], box[2], box[3], label, score[label]);
  }
  return TRUE;
}

/* --- the list --- */

static const GenDetectorLayout ssd = {
  .told = { "ssd", "detection_boxes (top, left, bottom, right as shares), detection_classes and "
                   "detection_scores: TensorFlow's exports" },
  .fits = fits_ssd,
  .count_labels = count_none,
  .read = read_ssd,
};

static const GenDetectorLayout ultraface = {
  .told = { "ultraface",
      "scores [1, N, C], of which class 0 is the background, and boxes [1, N, 4] "
      "(left, top, right, bottom as shares)" },
  .fits = fits_ultraface,
  .count_labels = count_ultraface,
  .read = read_ultraface,
};

static const GenDetectorLayout end_to_end = {
  .told = { "end-to-end",
      "[1, N, 6]: left, top, right, bottom in pixels, score, class; YOLOv10 and others that leave "
      "nothing out to be done" },
  .fits = fits_end_to_end,
  .count_labels = count_none,
  .read = read_end_to_end,
};

static const GenDetectorLayout yolov8 = {
  .told = { "yolov8", "[1, 4 + C, N]: middle and size in pixels, and a score for each class; "
                      "YOLOv8, YOLO11" },
  .fits = fits_yolov8,
  .count_labels = count_yolov8,
  .read = read_yolov8,
};

static const GenDetectorLayout yolov5 = {
  .told = { "yolov5", "[1, N, 5 + C]: middle and size in pixels, how sure it is that there is "
                      "anything, and a score for each class; YOLOv5, v7" },
  .fits = fits_yolov5,
  .count_labels = count_yolov5,
  .read = read_yolov5,
};

static const GenDetectorLayout *const layouts[] = { &gen_detector_layout_yunet,
  &gen_detector_layout_centerface, &ssd, &ultraface, &end_to_end, &yolov8, &yolov5 };

const GenDetectorLayout *
gen_detector_layout_at (guint i)
{
  return i < G_N_ELEMENTS (layouts) ? layouts[i] : NULL;
}

const GenDetectionLayout *const *
gen_detection_layout_list (void)
{
  static const GenDetectionLayout *const list[] = { &gen_detector_layout_yunet.told,
    &gen_detector_layout_centerface.told, &ssd.told, &ultraface.told, &end_to_end.told,
    &yolov8.told, &yolov5.told, NULL };

  return list;
}
