/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "messages.h"

#include <math.h>

#include "../shared/model-file.h"

GST_DEBUG_CATEGORY_EXTERN (trainer_debug);
#define GST_CAT_DEFAULT trainer_debug

/* --- the terminal --- */

static void
print (GstTrainerMessages *messages, const char *line, gboolean last)
{
  g_autofree char *named = g_strdup_printf ("%s: %s", GST_OBJECT_NAME (messages->element), line);

  GST_DEBUG_OBJECT (messages->element, "%s", line);
  if (!messages->silent)
    gen_terminal_print (&messages->terminal, named, last);
}

/* --- progress --- */

static void
post_progress_message (GstTrainerMessages *messages, GstProgressType type, const char *text)
{
  gst_element_post_message (messages->element,
      gst_message_new_progress (GST_OBJECT (messages->element), type, "training", text));
}

/* Before PLAYING, something in progress says that the pipeline is not ready for it, and whoever
 * plays it waits for the end, as gst-launch-1.0 does: the preview would stand still. */
static void
post_progress (GstTrainerMessages *messages, GstProgressType type, const char *text)
{
  if (!messages->progressing && GST_STATE (messages->element) != GST_STATE_PLAYING)
    return;
  if (!messages->progressing)
    post_progress_message (messages, GST_PROGRESS_TYPE_START, "Training started");
  messages->progressing = type == GST_PROGRESS_TYPE_CONTINUE;
  post_progress_message (messages, type, text);
}

/* --- figures --- */

/* Those that have a name, as a structure that is named by the element's kind: gantrainer-progress.
 */
static GstStructure *
to_structure (const GstTrainerMessages *messages, const char *what, const GenFigures *figures)
{
  const GstElementFactory *factory = gst_element_get_factory (messages->element);
  g_autofree char *name = g_strconcat (GST_OBJECT_NAME (factory), "-", what, NULL);
  GstStructure *structure = gst_structure_new_empty (name);

  for (guint i = 0; i < figures->n; i++) {
    const GenField *field = &figures->figures[i].field;
    const double value = figures->values[i];

    if (field->name == NULL || isnan (value))
      continue;
    switch (field->type) {
    case GEN_FIELD_NUMBER:
      gst_structure_set (structure, field->name, G_TYPE_DOUBLE, value, NULL);
      break;
    case GEN_FIELD_COUNT:
      gst_structure_set (structure, field->name, G_TYPE_UINT64, (guint64)value, NULL);
      break;
    case GEN_FIELD_TEXT:
      gst_structure_set (structure, field->name, G_TYPE_STRING, field->text, NULL);
      break;
    }
  }
  return structure;
}

static void
post (GstTrainerMessages *messages, GstStructure *structure)
{
  gst_element_post_message (
      messages->element, gst_message_new_element (GST_OBJECT (messages->element), structure));
}

void
gst_trainer_messages_begin (GstTrainerMessages *messages, GstElement *element, gboolean silent)
{
  *messages = (GstTrainerMessages){ .element = element, .silent = silent };
  gen_terminal_begin (&messages->terminal);
}

void
gst_trainer_messages_progress (
    GstTrainerMessages *messages, const GenFigures *figures, gboolean last)
{
  g_autofree char *line = gen_figures_to_line (figures);

  print (messages, line, last);
  post (messages, to_structure (messages, "progress", figures));
  post_progress (messages, last ? GST_PROGRESS_TYPE_COMPLETE : GST_PROGRESS_TYPE_CONTINUE, line);
}

static void
post_held (GstTrainerMessages *messages, const char *what, const GenFigures *figures, gboolean best)
{
  GstStructure *structure = to_structure (messages, what, figures);

  gst_structure_set (structure, "best", G_TYPE_BOOLEAN, best, NULL);
  GST_INFO_OBJECT (messages->element, "%" GST_PTR_FORMAT, (void *)structure);
  post (messages, structure);
}

void
gst_trainer_messages_validation (
    GstTrainerMessages *messages, const GenFigures *figures, gboolean best)
{
  post_held (messages, "validation", figures, best);
}

void
gst_trainer_messages_test (GstTrainerMessages *messages, const GenFigures *figures, gboolean best)
{
  post_held (messages, "test", figures, best);
}

void
gst_trainer_messages_comparison (GstTrainerMessages *messages, const GenFigures *figures)
{
  post (messages, to_structure (messages, "comparison", figures));
}

/* How to go on. */
static void
tell_stopped (GstTrainerMessages *messages, guint64 step, const char *checkpoint)
{
  g_autofree char *line = g_strdup_printf (
      "stopped after step %" G_GUINT64_FORMAT "; resume=true goes on from '%s'", step, checkpoint);

  print (messages, line, TRUE);
}

void
gst_trainer_messages_end (
    GstTrainerMessages *messages, GenTrainingOutcome outcome, guint64 step, const char *checkpoint)
{
  switch (outcome) {
  case GEN_TRAINING_IDLE:
    post_progress (messages, GST_PROGRESS_TYPE_COMPLETE, "Nothing was trained");
    break;
  case GEN_TRAINING_STOPPED:
    if (step > 0)
      tell_stopped (messages, step, checkpoint);
    post_progress (messages, GST_PROGRESS_TYPE_CANCELED, "Training was stopped");
    break;
  case GEN_TRAINING_FAILED:
    post_progress (messages, GST_PROGRESS_TYPE_ERROR, "Training failed");
    break;
  default:
    break; /* the last figures have told */
  }
}

/* --- problems --- */

void
gst_trainer_post_problem (GstElement *element, GstMessageType type, const GError *problem)
{
  static const struct {
    GQuark (*domain) (void);
    int code;
    const char *where;
  } kinds[] = {
    [GEN_TRAINING_ERROR_SETTING] = { gst_resource_error_quark, GST_RESOURCE_ERROR_SETTINGS, "" },
    [GEN_TRAINING_ERROR_NO_STATE] = { gst_resource_error_quark, GST_RESOURCE_ERROR_NOT_FOUND, "" },
    [GEN_TRAINING_ERROR_FOLDER] = { gst_resource_error_quark, GST_RESOURCE_ERROR_OPEN_WRITE, "" },
    [GEN_TRAINING_ERROR_BUSY] = { gst_resource_error_quark, GST_RESOURCE_ERROR_BUSY, "" },
    [GEN_TRAINING_ERROR_WRITE] = { gst_resource_error_quark, GST_RESOURCE_ERROR_WRITE, "" },
    [GEN_TRAINING_ERROR_FAILED] = { gst_stream_error_quark, GST_STREAM_ERROR_FAILED, "" },
    [GEN_TRAINING_ERROR_VALIDATION] = { gst_stream_error_quark, GST_STREAM_ERROR_FAILED,
        "pad validation: " },
    [GEN_TRAINING_ERROR_TEST] = { gst_stream_error_quark, GST_STREAM_ERROR_FAILED, "pad test: " },
    [GEN_TRAINING_ERROR_PREVIEW] = { gst_library_error_quark, GST_LIBRARY_ERROR_FAILED, "" },
  };

  if (problem->domain != GEN_TRAINING_ERROR) {
    gst_generative_post_error (element, problem);
    return;
  }
  gst_element_message_full (element, type, kinds[problem->code].domain (),
      kinds[problem->code].code, g_strconcat (kinds[problem->code].where, problem->message, NULL),
      NULL, __FILE__, G_STRFUNC, __LINE__);
}
