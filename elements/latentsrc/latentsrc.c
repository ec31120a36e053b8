/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-latentsrc
 * @title: latentsrc
 * @short_description: noise for generators
 *
 * Sources latents: vectors of random numbers, or walks between such vectors, that a generator
 * turns into pictures or sound. Frame N is always the same for the same seed, whatever was
 * played before, so that seeking is exact.
 *
 * `dimensions` are innermost first, as NNStreamer writes them: `100` is one vector of 100
 * numbers in each buffer, `100:48` are 48 vectors, each walking by itself. (The first extent
 * above one is the vector's length, so that `1:1:100:48` are 48 vectors as well.) When it is
 * not set, the next element's caps decide.
 *
 * A model that is told what to make takes a second tensor in each buffer. `classes=10` makes it
 * one of ten classes, drawn for each frame (on a walk: for each keyframe), or the one that `class`
 * says; whether it goes as a vector in which that class is 1, or as its number, is what the next
 * element asks for. `dimensions=100,50` makes it a second latent of 50 numbers.
 *
 * Frames come at the rate that the next elements ask for, such as `video/x-raw,framerate=60/1`
 * behind a generator, else 30 a second. Where latents are wanted on demand (framerate=0/1), they
 * come without times and cannot walk. What the numbers are drawn from may change while a pipeline
 * plays: the next frame is what it would have been with these settings from the start.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 latentsrc walk=slerp speed=0.5 seed=7 num-buffers=90 ! fakesink
 * ]|
 * Three seconds of a walk that reaches a new vector every two seconds.
 * |[
 * gst-launch-1.0 latentsrc classes=10 class=7 num-buffers=90 ! fakesink
 * ]|
 * Latents for a model of ten classes, to make the eighth one.
 */
#include "latentsrc.h"

#include "../elements.h"
#include "../shared/settings.h"

GST_DEBUG_CATEGORY (latent_src_debug);
#define GST_CAT_DEFAULT latent_src_debug

enum {
  PROP_0,
  PROP_DIMENSIONS,
  PROP_DISTRIBUTION,
  PROP_TRUNCATION,
  PROP_SEED,
  PROP_WALK,
  PROP_KEYFRAMES,
  PROP_SPEED,
  PROP_CLASSES,
  PROP_CLASS,
  PROP_IS_LIVE,
};

#define DEFAULT_DIMENSIONS NULL
#define DEFAULT_DISTRIBUTION GEN_DISTRIBUTION_NORMAL
#define DEFAULT_TRUNCATION 2.0
#define DEFAULT_SEED 0
#define DEFAULT_WALK GEN_WALK_NONE
#define DEFAULT_KEYFRAMES 8
#define DEFAULT_SPEED 1.0
#define MAX_CLASSES (1 << 20)
#define DEFAULT_CLASSES 0
#define DEFAULT_CLASS -1
#define DEFAULT_IS_LIVE FALSE

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_GENERATIVE_TENSORS_CAPS));

G_DEFINE_FINAL_TYPE (GstLatentSrc, gst_latent_src, GST_TYPE_PUSH_SRC)
GST_ELEMENT_REGISTER_DEFINE (latentsrc, "latentsrc", GST_RANK_NONE, GST_TYPE_LATENT_SRC)

GstBaseSrcClass *
gst_latent_src_get_parent_class (void)
{
  return GST_BASE_SRC_CLASS (gst_latent_src_parent_class);
}

#define GST_TYPE_LATENT_DISTRIBUTION (gst_latent_distribution_get_type ())
static GType
gst_latent_distribution_get_type (void)
{
  static const GEnumValue values[] = {
    { GEN_DISTRIBUTION_NORMAL, "Standard normal: mean 0, variance 1", "normal" },
    { GEN_DISTRIBUTION_UNIFORM, "Uniform between -1 and 1", "uniform" },
    { GEN_DISTRIBUTION_TRUNCATED, "Normal within the bound that truncation sets", "truncated" },
    { GEN_DISTRIBUTION_SPHERICAL, "Uniform over the sphere of radius sqrt (length)", "spherical" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstLatentDistribution", values));
  return type;
}

#define GST_TYPE_LATENT_WALK (gst_latent_walk_get_type ())
static GType
gst_latent_walk_get_type (void)
{
  static const GEnumValue values[] = {
    { GEN_WALK_NONE, "Each frame is drawn anew", "none" },
    { GEN_WALK_LINEAR, "In a straight line from keyframe to keyframe", "linear" },
    { GEN_WALK_SLERP, "Along great circles from keyframe to keyframe", "slerp" },
    { GEN_WALK_LOOP, "Along great circles, round and round the same keyframes", "loop" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstLatentWalk", values));
  return type;
}

static void
gst_latent_src_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstLatentSrc *self = GST_LATENT_SRC (object);

  if (!gst_generative_can_set (object, pspec))
    return;
  if (property_id == PROP_IS_LIVE) {
    gst_base_src_set_live (GST_BASE_SRC (self), g_value_get_boolean (value));
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_DIMENSIONS:
    g_free (self->dimensions);
    self->dimensions = g_value_dup_string (value);
    break;
  case PROP_DISTRIBUTION:
    self->settings.distribution = g_value_get_enum (value);
    break;
  case PROP_TRUNCATION:
    self->settings.truncation = g_value_get_double (value);
    break;
  case PROP_SEED:
    self->settings.seed = g_value_get_uint64 (value);
    break;
  case PROP_WALK:
    self->settings.walk = g_value_get_enum (value);
    break;
  case PROP_KEYFRAMES:
    self->settings.keyframes = g_value_get_uint (value);
    break;
  case PROP_SPEED:
    self->settings.speed = g_value_get_double (value);
    break;
  case PROP_CLASSES:
    self->classes = g_value_get_uint (value);
    break;
  case PROP_CLASS:
    self->class = g_value_get_int (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_latent_src_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstLatentSrc *self = GST_LATENT_SRC (object);

  if (property_id == PROP_IS_LIVE) {
    g_value_set_boolean (value, gst_base_src_is_live (GST_BASE_SRC (self)));
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_DIMENSIONS:
    g_value_set_string (value, self->dimensions);
    break;
  case PROP_DISTRIBUTION:
    g_value_set_enum (value, self->settings.distribution);
    break;
  case PROP_TRUNCATION:
    g_value_set_double (value, self->settings.truncation);
    break;
  case PROP_SEED:
    g_value_set_uint64 (value, self->settings.seed);
    break;
  case PROP_WALK:
    g_value_set_enum (value, self->settings.walk);
    break;
  case PROP_KEYFRAMES:
    g_value_set_uint (value, self->settings.keyframes);
    break;
  case PROP_SPEED:
    g_value_set_double (value, self->settings.speed);
    break;
  case PROP_CLASSES:
    g_value_set_uint (value, self->classes);
    break;
  case PROP_CLASS:
    g_value_set_int (value, self->class);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_latent_src_finalize (GObject *object)
{
  g_free (GST_LATENT_SRC (object)->dimensions);
  G_OBJECT_CLASS (gst_latent_src_parent_class)->finalize (object);
}

static gboolean
gst_latent_src_start (GstBaseSrc *base)
{
  GstLatentSrc *self = GST_LATENT_SRC (base);
  g_autoptr (GError) error = NULL;

  if (!gst_latent_src_check_settings (self, &error)) {
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("%s", error->message), (NULL));
    return FALSE;
  }
  self->frame = 0;
  self->rate_numerator = self->rate_denominator = 0;
  self->reverse = self->ended = self->moved = FALSE;
  self->live_offset = GST_CLOCK_TIME_NONE;
  return TRUE;
}

static void
gst_latent_src_class_init (GstLatentSrcClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *base_class = GST_BASE_SRC_CLASS (klass);
  GstPushSrcClass *push_class = GST_PUSH_SRC_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;
  const GParamFlags live = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

  GST_DEBUG_CATEGORY_INIT (
      latent_src_debug, "latentsrc", 0, "what latents are made, and each of them");

  gobject_class->set_property = gst_latent_src_set_property;
  gobject_class->get_property = gst_latent_src_get_property;
  gobject_class->finalize = gst_latent_src_finalize;

  g_object_class_install_property (gobject_class, PROP_DIMENSIONS,
      g_param_spec_string ("dimensions", "Dimensions",
          "Numbers in a vector, and vectors in a buffer: 100 or 100:48; 100,50 adds a second "
          "latent (unset: what the next element asks for, else 100)",
          DEFAULT_DIMENSIONS, flags));
  g_object_class_install_property (gobject_class, PROP_DISTRIBUTION,
      g_param_spec_enum ("distribution", "Distribution", "What the numbers are drawn from",
          GST_TYPE_LATENT_DISTRIBUTION, DEFAULT_DISTRIBUTION, live));
  g_object_class_install_property (gobject_class, PROP_TRUNCATION,
      g_param_spec_double ("truncation", "Truncation",
          "Bound of the numbers of distribution=truncated, in standard deviations: smaller is "
          "more typical, larger more varied",
          GEN_LATENT_TRUNCATION_MIN, 10, DEFAULT_TRUNCATION, live | GST_PARAM_CONTROLLABLE));
  g_object_class_install_property (gobject_class, PROP_SEED,
      g_param_spec_uint64 ("seed", "Seed", "Same seed, same latents, on every machine", 0,
          G_MAXUINT64, DEFAULT_SEED, live));
  g_object_class_install_property (gobject_class, PROP_WALK,
      g_param_spec_enum ("walk", "Walk", "How frames follow each other", GST_TYPE_LATENT_WALK,
          DEFAULT_WALK, live));
  g_object_class_install_property (gobject_class, PROP_KEYFRAMES,
      g_param_spec_uint ("keyframes", "Keyframes",
          "Number of vectors that walk=loop goes round; a round takes keyframes / speed seconds", 1,
          G_MAXINT, DEFAULT_KEYFRAMES, live));
  g_object_class_install_property (gobject_class, PROP_SPEED,
      g_param_spec_double ("speed", "Speed", "How many keyframes a walk reaches in a second", 0,
          1000, DEFAULT_SPEED, live));
  g_object_class_install_property (gobject_class, PROP_CLASSES,
      g_param_spec_uint ("classes", "Classes",
          "How many classes the model knows: one goes with each latent (0: none, or as many as "
          "the next element asks for)",
          0, MAX_CLASSES, DEFAULT_CLASSES, flags));
  g_object_class_install_property (gobject_class, PROP_CLASS,
      g_param_spec_int ("class", "Class",
          "The class that goes with each latent, from 0 on (-1: drawn by the seed, anew for each "
          "frame, or each keyframe of a walk)",
          -1, MAX_CLASSES - 1, DEFAULT_CLASS, live | GST_PARAM_CONTROLLABLE));
  g_object_class_install_property (gobject_class, PROP_IS_LIVE,
      g_param_spec_boolean ("is-live", "Is live",
          "Make each frame when the pipeline's clock reaches its time", DEFAULT_IS_LIVE, flags));

  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Latent source", "Source",
      "Sources noise for generators: independent vectors, or walks between them", "gst-generative");

  base_class->start = gst_latent_src_start;
  base_class->get_caps = gst_latent_src_get_caps;
  base_class->fixate = gst_latent_src_fixate;
  base_class->negotiate = gst_latent_src_negotiate;
  base_class->set_caps = gst_latent_src_set_caps;
  base_class->decide_allocation = gst_latent_src_decide_allocation;
  base_class->query = gst_latent_src_query;
  base_class->event = gst_latent_src_event;
  base_class->is_seekable = gst_latent_src_is_seekable;
  base_class->do_seek = gst_latent_src_do_seek;
  base_class->get_times = gst_latent_src_get_times;
  push_class->fill = gst_latent_src_fill;

  gst_type_mark_as_plugin_api (GST_TYPE_LATENT_DISTRIBUTION, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_LATENT_WALK, 0);
}

static void
gst_latent_src_init (GstLatentSrc *self)
{
  self->settings = GEN_LATENT_DEFAULTS;
  self->settings.distribution = DEFAULT_DISTRIBUTION;
  self->settings.truncation = DEFAULT_TRUNCATION;
  self->settings.seed = DEFAULT_SEED;
  self->settings.walk = DEFAULT_WALK;
  self->settings.keyframes = DEFAULT_KEYFRAMES;
  self->settings.speed = DEFAULT_SPEED;
  self->classes = DEFAULT_CLASSES;
  self->class = DEFAULT_CLASS;
  self->live_offset = GST_CLOCK_TIME_NONE;
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
  gst_base_src_set_live (GST_BASE_SRC (self), DEFAULT_IS_LIVE);
}
