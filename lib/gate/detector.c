/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A detector as it runs: by a session, since many choose boxes by operators whose results have any
 * number of rows. */
#include <generative/detector.h>

#include <generative/medium.h>
#include <generative/model.h>
#include <math.h>

#include "../base/family.h"
#include "detector-private.h"

/* Where a model leaves its size free: sides, and what they are multiples of. */
#define MAX_SIDE 640
#define STEP 32
/* Boxes of one label that share more of what both cover are one. */
#define OVERLAP 0.45
/* Boxes before those that overlap are left out; those of the highest scores. */
#define MAX_CANDIDATES 2000

struct _GenDetector {
  GenModel *model;
  GenSession *session;
  GenPort port;
  const GenDetectorLayout *layout;
  GenDetectorOutput outputs[GEN_DETECTOR_MAX_OUTPUTS];
  guint n_outputs;
  GenPicture fitted; /* no data: nothing has come */
  void *numbers;
  GArray *candidates; /* of GenDetection */
};

void
gen_detector_free (GenDetector *detector)
{
  if (detector == NULL)
    return;
  g_clear_pointer (&detector->session, gen_session_free);
  g_clear_pointer (&detector->model, gen_model_unref);
  gen_picture_clear (&detector->fitted);
  g_free (detector->numbers);
  g_array_unref (detector->candidates);
  g_free (detector);
}

/* --- opening --- */

static gboolean
choose_input (GenDetector *detector)
{
  const GenModel *model = detector->model;

  if (model->graph->inputs->len != 1)
    return FALSE;
  detector->port = model->inputs[0];
  return detector->port.kind == GEN_PORT_PICTURE && detector->port.batch <= 1 &&
         (detector->port.type == GEN_TYPE_FLOAT32 || detector->port.type == GEN_TYPE_UINT8) &&
         (detector->port.channels == 1 || detector->port.channels == 3);
}

static gboolean
choose_layout (GenDetector *detector, const char *wanted)
{
  const GenModel *model = detector->model;

  detector->n_outputs = model->graph->outputs->len;
  if (detector->n_outputs == 0 || detector->n_outputs > GEN_DETECTOR_MAX_OUTPUTS)
    return FALSE;
  for (guint i = 0; i < detector->n_outputs; i++)
    detector->outputs[i] =
        (GenDetectorOutput){ model->outputs[i].name, model->outputs[i].shape, NULL };
  for (guint i = 0; gen_detector_layout_at (i) != NULL; i++) {
    const GenDetectorLayout *layout = gen_detector_layout_at (i);

    if (wanted == NULL ? layout->fits (detector->outputs, detector->n_outputs)
                       : g_str_equal (layout->told.name, wanted)) {
      detector->layout = layout;
      return TRUE;
    }
  }
  return FALSE;
}

static void
refuse (const GenDetector *detector, const char *path, GError **error)
{
  g_autofree char *text = gen_model_describe (detector->model);
  g_autofree char *names = GEN_FAMILY_NAMES (gen_detection_layout_list ());

  if (detector->n_outputs > 0 &&
      gen_detector_outputs_are_ambiguous (detector->outputs, detector->n_outputs)) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: boxes [1, N, 6] of which N is free may lie as end-to-end has them, or as yolov5 of "
        "one class has: it has to be said, such as by boxes=end-to-end; this model %s",
        path, text);
    return;
  }
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: a detector takes one picture [1, 3, H, W] or [1, H, W, 3] of floats or bytes, and makes "
      "boxes in one of the layouts %s; this model %s",
      path, names, text);
}

GenDetector *
gen_detector_open (const char *path, const char *layout, GError **error)
{
  g_autoptr (GenDetector) detector = g_new0 (GenDetector, 1);

  detector->candidates = g_array_new (FALSE, FALSE, sizeof (GenDetection));
  if (layout != NULL && GEN_FAMILY_FIND (gen_detection_layout_list (), layout, "layout of boxes",
                            GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, error) == NULL)
    return NULL;
  detector->model = gen_model_load (path, error);
  if (detector->model == NULL)
    return NULL;
  if (!choose_input (detector) || !choose_layout (detector, layout)) {
    refuse (detector, path, error);
    return NULL;
  }
  detector->session = gen_session_new (detector->model->graph, NULL);
  return g_steal_pointer (&detector);
}

gboolean
gen_detector_recognise (const char *path)
{
  g_autoptr (GenDetector) detector = g_new0 (GenDetector, 1);

  detector->candidates = g_array_new (FALSE, FALSE, sizeof (GenDetection));
  detector->model = gen_model_load (path, NULL);
  if (detector->model == NULL || !choose_input (detector))
    return FALSE;
  return choose_layout (detector, NULL) ||
         gen_detector_outputs_are_ambiguous (detector->outputs, detector->n_outputs);
}

const char *
gen_detector_layout (const GenDetector *detector)
{
  return detector->layout->told.name;
}

char **
gen_detector_get_names (const GenDetector *detector)
{
  return gen_model_get_class_names (detector->model->graph);
}

guint
gen_detector_n_labels (const GenDetector *detector)
{
  return detector->layout->count_labels (detector->outputs, detector->n_outputs);
}

char *
gen_detector_describe_assumption (const GenDetector *detector)
{
  return gen_model_describe_assumption (detector->model, &detector->port, FALSE);
}

/* --- pictures --- */

static int
choose_side (int fixed, int given)
{
  return fixed > 0 ? fixed : CLAMP ((given + STEP / 2) / STEP * STEP, STEP, MAX_SIDE);
}

static void
make_room (GenDetector *detector, const GenPicture *picture)
{
  const int width = choose_side (detector->port.width, picture->width);
  const int height = choose_side (detector->port.height, picture->height);
  GenPicture *fitted = &detector->fitted;

  if (fitted->data != NULL && fitted->width == width && fitted->height == height)
    return;
  gen_picture_clear (fitted);
  gen_picture_init (fitted, width, height, detector->port.channels);
  g_free (detector->numbers);
  detector->numbers = g_malloc ((gsize)width * (gsize)height * (gsize)detector->port.channels *
                                gen_data_type_size (detector->port.type));
}

/* What byte `value` of channel `c` of the model is. */
static void
write_number (const GenDetector *detector, gsize at, int c, guint8 value)
{
  const GenPort *port = &detector->port;
  const float black = gen_port_black (port, c), white = gen_port_white (port, c);

  if (port->type == GEN_TYPE_UINT8)
    ((guint8 *)detector->numbers)[at] = value;
  else
    ((float *)detector->numbers)[at] = black + (white - black) * (float)value / 255;
}

static void
write_numbers (const GenDetector *detector)
{
  const GenPicture *picture = &detector->fitted;
  const int channels = picture->channels;
  const gsize area = (gsize)picture->width * (gsize)picture->height;

  for (int y = 0; y < picture->height; y++)
    for (int x = 0; x < picture->width; x++) {
      const guint8 *pixel = picture->data + (gssize)y * picture->stride + (gssize)x * channels;
      const gsize place = (gsize)y * (gsize)picture->width + (gsize)x;

      for (int c = 0; c < channels; c++)
        write_number (detector,
            detector->port.channels_last ? place * (gsize)channels + (gsize)c
                                         : (gsize)c * area + place,
            c, pixel[detector->port.bgr && channels == 3 ? 2 - c : c]);
    }
}

static GenBinding
bind_input (const GenDetector *detector)
{
  GenBinding binding = gen_session_input (detector->session, 0);
  const GenPicture *picture = &detector->fitted;

  binding.shape = detector->port.channels_last
                      ? GEN_SHAPE (1, picture->height, picture->width, picture->channels)
                      : GEN_SHAPE (1, picture->channels, picture->height, picture->width);
  binding.data = detector->numbers;
  return binding;
}

static gboolean
is_finite (const GenBinding *made)
{
  const float *numbers = made->data;
  const gint64 n = gen_shape_elements (&made->shape);

  for (gint64 i = 0; i < n; i++)
    if (!isfinite (numbers[i]))
      return FALSE;
  return TRUE;
}

static gboolean
take_outputs (GenDetector *detector, GError **error)
{
  for (guint i = 0; i < detector->n_outputs; i++) {
    const GenBinding *made = gen_session_output (detector->session, i);

    detector->outputs[i].data = NULL;
    if (made == NULL || made->type != GEN_TYPE_FLOAT32) {
      g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
          "%s: its output '%s' is not of float32, which boxes are read from", detector->model->path,
          detector->outputs[i].name);
      return FALSE;
    }
    if (!is_finite (made)) {
      g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
          "%s: its output '%s' is not of finite numbers", detector->model->path,
          detector->outputs[i].name);
      return FALSE;
    }
    detector->outputs[i].shape = made->shape;
    detector->outputs[i].data = made->data;
  }
  return TRUE;
}

/* --- boxes --- */

static int
compare_scores (gconstpointer a, gconstpointer b)
{
  const double first = ((const GenDetection *)a)->score, second = ((const GenDetection *)b)->score;

  return (first < second) - (first > second);
}

static double
overlap (const GenDetection *a, const GenDetection *b)
{
  const double width = MIN (a->x + a->width, b->x + b->width) - MAX (a->x, b->x);
  const double height = MIN (a->y + a->height, b->y + b->height) - MAX (a->y, b->y);
  const double shared = width > 0 && height > 0 ? width * height : 0;
  const double covered = a->width * a->height + b->width * b->height - shared;

  return covered > 0 ? shared / covered : 0;
}

static gboolean
is_taken (const GArray *detections, const GenDetection *candidate)
{
  for (guint i = 0; i < detections->len; i++) {
    const GenDetection *taken = &g_array_index (detections, GenDetection, i);

    if (taken->label == candidate->label && overlap (taken, candidate) > OVERLAP)
      return TRUE;
  }
  return FALSE;
}

static void
choose (GArray *candidates, GArray *detections)
{
  g_array_sort (candidates, compare_scores);
  for (guint i = 0; i < MIN (candidates->len, MAX_CANDIDATES); i++) {
    const GenDetection *candidate = &g_array_index (candidates, GenDetection, i);

    if (candidate->width > 0 && candidate->height > 0 && isfinite (candidate->width) &&
        isfinite (candidate->height) && !is_taken (detections, candidate))
      g_array_append_vals (detections, candidate, 1);
  }
}

gboolean
gen_detector_find (GenDetector *detector, const GenPicture *picture, double least,
    GArray *detections, GError **error)
{
  const GenDetectorMade made = { .outputs = detector->outputs,
    .n_outputs = detector->n_outputs,
    .width = choose_side (detector->port.width, picture->width),
    .height = choose_side (detector->port.height, picture->height),
    .least = least,
    .found = detector->candidates };
  GenBinding binding;

  g_array_set_size (detections, 0);
  g_array_set_size (detector->candidates, 0);
  make_room (detector, picture);
  if (!gen_picture_fit (picture, &detector->fitted, GEN_FIT_STRETCH, error))
    return FALSE;
  write_numbers (detector);
  binding = bind_input (detector);
  if (!gen_session_run (detector->session, &binding, error) || !take_outputs (detector, error))
    return FALSE;
  if (!detector->layout->read (&made)) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: what it makes has not the shape of the layout %s: %s", detector->model->path,
        detector->layout->told.name, detector->layout->told.description);
    return FALSE;
  }
  choose (detector->candidates, detections);
  return TRUE;
}
