/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What elements that train have in common; which recipe it is, and what can be said of it, is
 * theirs. */
#include "trainer.h"

#include "../shared/debug.h"
#include "../shared/label-meta.h"
#include "../shared/playing.h"
#include "../shared/settings.h"

GST_DEBUG_CATEGORY (trainer_debug);
#define GST_CAT_DEFAULT trainer_debug

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_TRAINER_CAPS));
static GstStaticPadTemplate validation_template = GST_STATIC_PAD_TEMPLATE (
    "validation", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (GST_TRAINER_CAPS));
static GstStaticPadTemplate test_template = GST_STATIC_PAD_TEMPLATE (
    "test", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (GST_TRAINER_CAPS));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_TRAINER_PICTURE_CAPS));

G_DEFINE_ABSTRACT_TYPE (GstTrainer, gst_trainer, GST_TYPE_ELEMENT)

/* Beyond those of the library's list. */
#define PROP_ASYNC 10000
#define DEFAULT_ASYNC FALSE

static void
gst_trainer_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstTrainer *self = GST_TRAINER (object);

  if (!gst_generative_can_set (object, pspec))
    return;
  GST_OBJECT_LOCK (object);
  if (property_id == PROP_ASYNC)
    self->async = g_value_get_boolean (value);
  else
    gst_trainer_properties_set (&self->settings, property_id, value);
  GST_OBJECT_UNLOCK (object);
}

static void
gst_trainer_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstTrainer *self = GST_TRAINER (object);

  GST_OBJECT_LOCK (object);
  if (property_id == PROP_ASYNC)
    g_value_set_boolean (value, self->async);
  else
    gst_trainer_properties_get (&self->settings, property_id, value);
  GST_OBJECT_UNLOCK (object);
}

void
gst_trainer_install (GstTrainerClass *klass, const GenRecipe *recipe, GType presets)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = gst_trainer_set_property;
  object_class->get_property = gst_trainer_get_property;
  gst_trainer_properties_install (object_class, recipe, presets);
  g_object_class_install_property (object_class, PROP_ASYNC,
      g_param_spec_boolean ("async", "Async",
          "Where nothing is linked to the src pad, wait in PAUSED for the first data, as sinks do, "
          "so that what is wrong with it is told before PLAYING (gst-launch-1.0 of 1.22 may hang "
          "behind an error then)",
          DEFAULT_ASYNC, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY));
}

static void
gst_trainer_finalize (GObject *object)
{
  GstTrainer *self = GST_TRAINER (object);

  gen_training_settings_clear (&self->settings);
  gst_trainer_preview_clear (&self->preview);
  G_OBJECT_CLASS (gst_trainer_parent_class)->finalize (object);
}

/* --- what the training tells --- */

/* A pad that nothing is linked to would be waited for in vain. */
static gboolean
gst_trainer_is_fed (const GstTrainerHeld *held)
{
  return held->pad != NULL && gst_pad_is_linked (held->pad);
}

static gboolean
gst_trainer_validates (gpointer data)
{
  return gst_trainer_is_fed (&GST_TRAINER (data)->validation);
}

static gboolean
gst_trainer_tests (gpointer data)
{
  return gst_trainer_is_fed (&GST_TRAINER (data)->test);
}

static void
gst_trainer_stepped (const GenTrainerFigures *figures, gint64 microseconds, gpointer data)
{
  GstTrainer *self = data;

  GST_LOG_OBJECT (self, "step %" G_GUINT64_FORMAT ": %s %g in %.3f ms",
      gen_trainer_steps (gen_training_trainer (self->training)),
      gen_training_settings (self->training)->trainer.recipe->figures[0].figure.field.name,
      figures->values[0], (double)microseconds / 1e3);
}

static void
gst_trainer_progressed (const GenFigures *figures, gboolean last, gpointer data)
{
  gst_trainer_messages_progress (&GST_TRAINER (data)->messages, figures, last);
}

static void
gst_trainer_validated (const GenFigures *figures, gboolean best, gpointer data)
{
  gst_trainer_messages_validation (&GST_TRAINER (data)->messages, figures, best);
}

static void
gst_trainer_tested (const GenFigures *figures, gboolean best, gpointer data)
{
  gst_trainer_messages_test (&GST_TRAINER (data)->messages, figures, best);
}

static void
gst_trainer_compared (const GenFigures *figures, gpointer data)
{
  gst_trainer_messages_comparison (&GST_TRAINER (data)->messages, figures);
}

static void
gst_trainer_saved (gint64 microseconds, gpointer data)
{
  GstTrainer *self = data;

  GST_INFO_OBJECT (self, "checkpoint '%s' at step %" G_GUINT64_FORMAT ", saved in %.1f ms",
      self->settings.checkpoint, gen_trainer_steps (gen_training_trainer (self->training)),
      (double)microseconds / 1e3);
}

static gboolean
gst_trainer_draw (gpointer data, GenPicture *wall, GError **error)
{
  return gen_training_draw (GST_TRAINER (data)->training, wall, error);
}

static gboolean
gst_trainer_shown (gboolean last, gpointer data, GError **error)
{
  GstTrainer *self = data;

  return gst_trainer_preview_update (&self->preview,
      gen_trainer_steps (gen_training_trainer (self->training)), last, gst_trainer_draw, self,
      error);
}

static void
gst_trainer_told (const char *text, gpointer data)
{
  /* gst-launch-1.0 shows nothing of such a message but what is for debugging. */
  GST_ELEMENT_INFO (data, LIBRARY, SETTINGS, ("%s", text), ("%s", text));
}

static void
gst_trainer_warned (const GError *error, gpointer data)
{
  gst_trainer_post_problem (GST_ELEMENT (data), GST_MESSAGE_WARNING, error);
}

static void
gst_trainer_fell_back (const GError *error, gpointer data)
{
  gst_generative_announce_cpu (GST_ELEMENT (data), error);
}

static void
gst_trainer_failed (const GError *error, gpointer data)
{
  gst_trainer_post_problem (GST_ELEMENT (data), GST_MESSAGE_ERROR, error);
}

static const GenTrainingCallbacks callbacks = {
  .validates = gst_trainer_validates,
  .stepped = gst_trainer_stepped,
  .progressed = gst_trainer_progressed,
  .validated = gst_trainer_validated,
  .tests = gst_trainer_tests,
  .tested = gst_trainer_tested,
  .compared = gst_trainer_compared,
  .saved = gst_trainer_saved,
  .shown = gst_trainer_shown,
  .told = gst_trainer_told,
  .warned = gst_trainer_warned,
  .fell_back = gst_trainer_fell_back,
  .failed = gst_trainer_failed,
};

/* --- training --- */

/* What is trained, and how. */
static void
gst_trainer_log (GstTrainer *self, gint64 began)
{
  const GenTrainingSettings *all = gen_training_settings (self->training);
  const GenTrainerSettings *settings = &all->trainer;
  const GenPlanOptions options = { .device = settings->device,
    .threads = settings->threads,
    .precision = settings->precision,
    .choice = settings->device != &gen_device_cpu ? settings->choice : GEN_CHOICE_RULES };
  g_autofree char *text = gst_generative_describe_options (&options);

  GST_INFO_OBJECT (self, "%s, preset %s, a step of %d %s compiled in %.1f ms: optimizer %s; %s",
      settings->recipe->name, all->preset->name, settings->batch_size,
      gen_training_format (self->training)->medium->plural, gst_generative_since (began),
      settings->optimizer->name, text);
  if (all->resume)
    GST_INFO_OBJECT (self,
        "goes on from step %" G_GUINT64_FORMAT " of %s, passing %" G_GUINT64_FORMAT " samples over",
        gen_trainer_steps (gen_training_trainer (self->training)), all->checkpoint,
        gen_training_get_skipped (self->training));
}

static gpointer
gst_trainer_run (gpointer data)
{
  GstTrainer *self = data;
  GenTrainingOutcome outcome = gen_training_run (self->training);
  const guint64 step = gen_trainer_steps (gen_training_trainer (self->training));
  const gboolean done = outcome == GEN_TRAINING_DONE || outcome == GEN_TRAINING_IDLE;

  GST_INFO_OBJECT (self, "training %s after step %" G_GUINT64_FORMAT,
      done                              ? "ends"
      : outcome == GEN_TRAINING_STOPPED ? "was stopped"
                                        : "failed",
      step);
  gst_trainer_messages_end (&self->messages, outcome, step, self->settings.checkpoint);
  gst_trainer_preview_end (&self->preview);
  if (done)
    gst_trainer_preroll_end (&self->preroll);
  if (done && GST_OBJECT_FLAG_IS_SET (self, GST_ELEMENT_FLAG_SINK))
    gst_element_post_message (GST_ELEMENT (self), gst_message_new_eos (GST_OBJECT (self)));
  return NULL;
}

/* Shapes of pixels and colours are those of the pictures that it learns from. */
static void
gst_trainer_begin_preview (GstTrainer *self)
{
  const GstTrainerSamples *data = &self->training_data;
  g_autofree char *data_stream = NULL, *stream = NULL;
  int width, height, channels;
  GstVideoInfo wall;

  if (!gst_pad_is_linked (self->src) ||
      !gen_training_measure (self->training, &width, &height, &channels))
    return;
  gst_video_info_set_format (&wall, channels == 1 ? GST_VIDEO_FORMAT_GRAY8 : GST_VIDEO_FORMAT_RGB,
      (guint)width, (guint)height);
  if (data->medium == &gen_medium_picture) {
    wall.par_n = data->video.par_n;
    wall.par_d = data->video.par_d;
    wall.colorimetry = data->video.colorimetry;
  }
  /* GStreamer derives ids where there is one sink pad, and here may be two. */
  data_stream = gst_pad_get_stream_id (self->sink);
  stream =
      g_strconcat (data_stream != NULL ? data_stream : GST_OBJECT_NAME (self), "/preview", NULL);
  gst_trainer_preview_start (&self->preview, &wall, stream);
  /* What the nets make before the first step, so that a pipeline plays at once. Where it cannot be
   * drawn, the next time says why. */
  gst_trainer_shown (FALSE, self, NULL);
}

gboolean
gst_trainer_begin (GstTrainer *self)
{
  const GenFormat format = gst_trainer_samples_format (&self->training_data);
  const gint64 began = g_get_monotonic_time ();
  g_auto (GStrv) classes = gst_generative_query_classes (self->sink);
  g_autoptr (GError) error = NULL;

  gen_training_set_classes (self->training, (int)g_strv_length (classes));
  gen_training_name_classes (self->training, (const char *const *)classes);
  if (!gen_training_open (self->training, &format, &error)) {
    self->refused = TRUE;
    GST_ELEMENT_ERROR (self, LIBRARY, INIT, ("%s", error->message), (NULL));
    return FALSE;
  }
  if (format.medium == &gen_medium_sound)
    gst_trainer_samples_set_length (
        &self->training_data, gen_training_format (self->training)->length);
  gst_trainer_log (self, began);
  gst_trainer_begin_preview (self);
  gst_trainer_messages_begin (&self->messages, GST_ELEMENT (self), self->settings.silent);
  self->thread = g_thread_new ("trainer", gst_trainer_run, self);
  return TRUE;
}

/* --- states --- */

static gboolean
gst_trainer_start (GstTrainer *self)
{
  g_autoptr (GError) error = NULL;

  if (self->settings.early_stopping > 0 && !gst_trainer_validates (self)) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("early-stopping: nothing tells when training gets no better; link samples, such as those "
         "of datasetsrc split=validation, to the pad validation"),
        (NULL));
    return FALSE;
  }
  self->training = gen_training_new (&self->settings, &callbacks, self, &error);
  if (self->training == NULL) {
    gst_trainer_post_problem (GST_ELEMENT (self), GST_MESSAGE_ERROR, error);
    return FALSE;
  }
  self->refused = self->has_part = FALSE;
  gst_trainer_preview_reset (&self->preview);
  /* Without anybody behind it, it is the sink whose EOS ends the pipeline. */
  if (gst_pad_is_linked (self->src))
    GST_OBJECT_FLAG_UNSET (self, GST_ELEMENT_FLAG_SINK);
  else
    GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK);
  return TRUE;
}

/* Whoever waits for the training does so no longer. */
static void
gst_trainer_release (GstTrainer *self)
{
  if (self->training != NULL)
    gen_training_stop (self->training);
  gst_trainer_preview_close (&self->preview);
  gst_trainer_preroll_cancel (&self->preroll);
}

static void
gst_trainer_clear_held (GstTrainerHeld *held)
{
  gst_trainer_samples_clear (&held->samples);
  gst_trainer_forget_classes (held);
  held->length = held->n_come = 0;
}

/* All that start and training have made. */
static void
gst_trainer_stop (GstTrainer *self)
{
  gst_trainer_release (self);
  g_clear_pointer (&self->thread, g_thread_join);
  g_clear_pointer (&self->training, gen_training_free);
  gst_trainer_samples_clear (&self->training_data);
  gst_trainer_clear_held (&self->validation);
  gst_trainer_clear_held (&self->test);
}

/* To PAUSED. With somebody behind it, it is his to wait for data, and the preview comes with it. */
static GstStateChangeReturn
gst_trainer_pause (GstTrainer *self)
{
  GstElement *element = GST_ELEMENT (self);
  GstStateChangeReturn result;
  gboolean waits;

  if (!gst_trainer_start (self))
    return GST_STATE_CHANGE_FAILURE;
  waits = self->async && GST_OBJECT_FLAG_IS_SET (self, GST_ELEMENT_FLAG_SINK);
  if (waits)
    gst_trainer_preroll_begin (&self->preroll);
  result = GST_ELEMENT_CLASS (gst_trainer_parent_class)
               ->change_state (element, GST_STATE_CHANGE_READY_TO_PAUSED);
  if (result != GST_STATE_CHANGE_FAILURE)
    return waits ? GST_STATE_CHANGE_ASYNC : result;
  gst_trainer_stop (self);
  return result;
}

static GstStateChangeReturn
gst_trainer_change_state (GstElement *element, GstStateChange transition)
{
  GstTrainer *self = GST_TRAINER (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    return gst_trainer_pause (self);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    gst_trainer_release (self);
  result = GST_ELEMENT_CLASS (gst_trainer_parent_class)->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    gst_trainer_stop (self);
  return result;
}

/* The preview's thread stops when the pad does. */
static gboolean
gst_trainer_src_activate (GstPad *pad, GstObject *parent, GstPadMode mode, gboolean active)
{
  if (!active) {
    gst_trainer_preview_close (&GST_TRAINER (parent)->preview);
    gst_pad_stop_task (pad);
  }
  return mode == GST_PAD_MODE_PUSH;
}

static GstPad *
gst_trainer_request_new_pad (
    GstElement *element, GstPadTemplate *pad_template, const char *name, const GstCaps *caps)
{
  GstTrainer *self = GST_TRAINER (element);
  const char *wanted = GST_PAD_TEMPLATE_NAME_TEMPLATE (pad_template);
  GstTrainerHeld *held = g_str_equal (wanted, "test") ? &self->test : &self->validation;

  if (held->pad != NULL)
    return NULL;
  held->pad = gst_trainer_new_sink (pad_template);
  gst_element_add_pad (element, held->pad);
  return held->pad;
}

static void
gst_trainer_release_pad (GstElement *element, GstPad *pad)
{
  GstTrainer *self = GST_TRAINER (element);

  if (pad == self->test.pad)
    self->test.pad = NULL;
  else
    self->validation.pad = NULL;
  gst_element_remove_pad (element, pad);
}

static void
gst_trainer_class_init (GstTrainerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      trainer_debug, "trainer", 0, "the nets, how training goes, and each step");

  object_class->finalize = gst_trainer_finalize;

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &validation_template);
  gst_element_class_add_static_pad_template (element_class, &test_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  element_class->change_state = gst_trainer_change_state;
  element_class->request_new_pad = gst_trainer_request_new_pad;
  element_class->release_pad = gst_trainer_release_pad;
}

static void
gst_trainer_init (GstTrainer *self)
{
  self->sink = gst_trainer_new_sink (
      gst_element_class_get_pad_template (GST_ELEMENT_GET_CLASS (self), "sink"));
  gst_element_add_pad (GST_ELEMENT (self), self->sink);
  self->src = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_activatemode_function (self->src, gst_trainer_src_activate);
  gst_pad_use_fixed_caps (self->src);
  gst_trainer_preroll_init (&self->preroll, GST_ELEMENT (self));
  gst_trainer_preview_init (&self->preview, self->src);
  gst_element_add_pad (GST_ELEMENT (self), self->src);
  gen_training_settings_init (&self->settings);
  self->async = DEFAULT_ASYNC;
}
