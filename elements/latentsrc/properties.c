/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The properties of latentsrc. */
#include "../shared/settings.h"
#include "latentsrc.h"

enum {
  PROP_0,
  PROP_DIMENSIONS,
  PROP_DISTRIBUTION,
  PROP_TRUNCATION,
  PROP_SEED,
  PROP_FIRST_FRAME,
  PROP_WALK,
  PROP_KEYFRAMES,
  PROP_SPEED,
  PROP_CLASSES,
  PROP_CLASS,
  PROP_IS_LIVE,
  PROP_REPEAT_VECTOR,
  PROP_KEYFRAME_LOCATION,
  PROP_SOUND_SPEED,
  PROP_SPEED_FOLLOWS,
  PROP_SOUND_TRUNCATION,
  PROP_TRUNCATION_FOLLOWS,
  PROP_BASS,
  PROP_MIDDLE,
  PROP_TREBLE,
  PROP_BAND_DIRECTIONS,
  PROP_ATTACK,
  PROP_RELEASE,
  PROP_DIRECTION_LOCATION,
  PROP_DIRECTION_AMOUNT,
  PROP_DIRECTION_WEIGHTS,
  PROP_DIRECTION,
  PROP_MIXING_SEED,
  PROP_MIXING_AMOUNT,
  PROP_MIXING_FIRST,
  PROP_MIXING_LAST,
  PROP_MIXING_LOCATION,
  PROP_MIXING_TIME,
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
#define DEFAULT_REPEAT_VECTOR FALSE
/* Loud music has a level of about 0.4, its bass 0.3 and its treble 0.05. */
#define DEFAULT_SOUND_SPEED 2.0
#define DEFAULT_SPEED_FOLLOWS GEN_SOUND_LEVEL
#define DEFAULT_SOUND_TRUNCATION 0.0
#define DEFAULT_TRUNCATION_FOLLOWS GEN_SOUND_LEVEL
#define DEFAULT_BASS 1.0
#define DEFAULT_MIDDLE 1.0
#define DEFAULT_TREBLE 2.0
#define DEFAULT_ATTACK 0.01
#define DEFAULT_RELEASE 0.25
#define DEFAULT_DIRECTION_AMOUNT 1.0
#define DEFAULT_MIXING_SEED 0
#define DEFAULT_FIRST_FRAME 0
/* Frames behind it can still be counted. */
#define MAX_FIRST_FRAME ((guint64)1 << 62)
#define DEFAULT_MIXING_AMOUNT 0.0
#define DEFAULT_MIXING_FIRST 0
#define DEFAULT_MIXING_LAST -1
#define DEFAULT_MIXING_TIME 0.0

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

#define GST_TYPE_LATENT_FOLLOWS (gst_latent_follows_get_type ())
static GType
gst_latent_follows_get_type (void)
{
  static const GEnumValue values[] = {
    { GEN_SOUND_LEVEL, "The whole sound", "level" },
    { GEN_SOUND_BASS, "What is up to 250 Hz", "bass" },
    { GEN_SOUND_MIDDLE, "What is from 250 to 4000 Hz", "middle" },
    { GEN_SOUND_TREBLE, "What is from 4000 Hz on", "treble" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstLatentFollows", values));
  return type;
}

/* Where a property of doubles is kept, or NULL. */
static double *
find_number (GstLatentSrc *self, guint property_id)
{
  switch (property_id) {
  case PROP_TRUNCATION:
    return &self->settings.truncation;
  case PROP_SPEED:
    return &self->settings.speed;
  case PROP_SOUND_SPEED:
    return &self->changes.sound_speed;
  case PROP_SOUND_TRUNCATION:
    return &self->changes.sound_truncation;
  case PROP_BASS:
    return &self->changes.pushes[GEN_SOUND_BASS];
  case PROP_MIDDLE:
    return &self->changes.pushes[GEN_SOUND_MIDDLE];
  case PROP_TREBLE:
    return &self->changes.pushes[GEN_SOUND_TREBLE];
  case PROP_ATTACK:
    return &self->attack;
  case PROP_RELEASE:
    return &self->release;
  case PROP_DIRECTION_AMOUNT:
    return &self->changes.direction_amount;
  case PROP_MIXING_AMOUNT:
    return &self->changes.mixing_amount;
  case PROP_MIXING_TIME:
    return &self->changes.mixing_time;
  default:
    return NULL;
  }
}

/* Where a property of text is kept, or NULL. */
static char **
find_text (GstLatentSrc *self, guint property_id)
{
  switch (property_id) {
  case PROP_DIMENSIONS:
    return &self->dimensions;
  case PROP_KEYFRAME_LOCATION:
    return &self->keyframe_location;
  case PROP_BAND_DIRECTIONS:
    return &self->band_directions;
  case PROP_DIRECTION_LOCATION:
    return &self->direction_location;
  case PROP_MIXING_LOCATION:
    return &self->mixing_location;
  default:
    return NULL;
  }
}

static GArray *
weights_from (const GValue *value)
{
  const guint n = gst_value_array_get_size (value);
  GArray *weights = n > 0 ? g_array_sized_new (FALSE, FALSE, sizeof (double), n) : NULL;

  for (guint i = 0; i < n; i++) {
    const double weight = g_value_get_double (gst_value_array_get_value (value, i));

    g_array_append_val (weights, weight);
  }
  return weights;
}

static void
weights_to (const GArray *weights, GValue *value)
{
  g_auto (GValue) weight = G_VALUE_INIT;

  g_value_init (&weight, G_TYPE_DOUBLE);
  for (guint i = 0; weights != NULL && i < weights->len; i++) {
    g_value_set_double (&weight, g_array_index (weights, double, i));
    gst_value_array_append_value (value, &weight);
  }
}

static void
gst_latent_src_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstLatentSrc *self = GST_LATENT_SRC (object);
  double *number = find_number (self, property_id);
  char **text = find_text (self, property_id);

  if (!gst_generative_can_set (object, pspec))
    return;
  if (property_id == PROP_IS_LIVE) {
    gst_base_src_set_live (GST_BASE_SRC (self), g_value_get_boolean (value));
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_DISTRIBUTION:
    self->settings.distribution = g_value_get_enum (value);
    break;
  case PROP_SEED:
    self->settings.seed = g_value_get_uint64 (value);
    break;
  case PROP_FIRST_FRAME:
    self->first_frame = g_value_get_uint64 (value);
    break;
  case PROP_WALK:
    self->settings.walk = g_value_get_enum (value);
    break;
  case PROP_KEYFRAMES:
    self->settings.keyframes = g_value_get_uint (value);
    break;
  case PROP_CLASSES:
    self->classes = g_value_get_uint (value);
    break;
  case PROP_CLASS:
    self->class = g_value_get_int (value);
    break;
  case PROP_REPEAT_VECTOR:
    self->settings.repeat = g_value_get_boolean (value);
    break;
  case PROP_SPEED_FOLLOWS:
    self->changes.speed_follows = g_value_get_enum (value);
    break;
  case PROP_TRUNCATION_FOLLOWS:
    self->changes.truncation_follows = g_value_get_enum (value);
    break;
  case PROP_DIRECTION_WEIGHTS:
    g_clear_pointer (&self->changes.direction_weights, g_array_unref);
    self->changes.direction_weights = weights_from (value);
    break;
  case PROP_DIRECTION:
    g_clear_pointer (&self->changes.direction, g_ref_string_release);
    if (g_value_get_string (value) != NULL)
      self->changes.direction = g_ref_string_new (g_value_get_string (value));
    break;
  case PROP_MIXING_SEED:
    self->changes.mixing_seed = g_value_get_uint64 (value);
    break;
  case PROP_MIXING_FIRST:
    self->changes.mixing_first = g_value_get_uint (value);
    break;
  case PROP_MIXING_LAST:
    self->changes.mixing_last = g_value_get_int (value);
    break;
  default:
    if (number != NULL) {
      *number = g_value_get_double (value);
    } else if (text != NULL) {
      g_free (*text);
      *text = g_value_dup_string (value);
    } else {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_latent_src_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstLatentSrc *self = GST_LATENT_SRC (object);
  const double *number = find_number (self, property_id);
  char **text = find_text (self, property_id);

  if (property_id == PROP_IS_LIVE) {
    g_value_set_boolean (value, gst_base_src_is_live (GST_BASE_SRC (self)));
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_DISTRIBUTION:
    g_value_set_enum (value, self->settings.distribution);
    break;
  case PROP_SEED:
    g_value_set_uint64 (value, self->settings.seed);
    break;
  case PROP_FIRST_FRAME:
    g_value_set_uint64 (value, self->first_frame);
    break;
  case PROP_WALK:
    g_value_set_enum (value, self->settings.walk);
    break;
  case PROP_KEYFRAMES:
    g_value_set_uint (value, self->settings.keyframes);
    break;
  case PROP_CLASSES:
    g_value_set_uint (value, self->classes);
    break;
  case PROP_CLASS:
    g_value_set_int (value, self->class);
    break;
  case PROP_REPEAT_VECTOR:
    g_value_set_boolean (value, self->settings.repeat);
    break;
  case PROP_SPEED_FOLLOWS:
    g_value_set_enum (value, self->changes.speed_follows);
    break;
  case PROP_TRUNCATION_FOLLOWS:
    g_value_set_enum (value, self->changes.truncation_follows);
    break;
  case PROP_DIRECTION_WEIGHTS:
    weights_to (self->changes.direction_weights, value);
    break;
  case PROP_DIRECTION:
    g_value_set_string (value, self->changes.direction);
    break;
  case PROP_MIXING_SEED:
    g_value_set_uint64 (value, self->changes.mixing_seed);
    break;
  case PROP_MIXING_FIRST:
    g_value_set_uint (value, self->changes.mixing_first);
    break;
  case PROP_MIXING_LAST:
    g_value_set_int (value, self->changes.mixing_last);
    break;
  default:
    if (number != NULL)
      g_value_set_double (value, *number);
    else if (text != NULL)
      g_value_set_string (value, *text);
    else
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

/* How far a band of the sound pushes. */
static void
install_push (GObjectClass *gobject_class, guint property_id, const char *name, const char *nick,
    const char *blurb, double value)
{
  g_object_class_install_property (gobject_class, property_id,
      g_param_spec_double (name, nick, blurb, -100, 100, value,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING |
              GST_PARAM_CONTROLLABLE));
}

/* How latents follow a sound. */
static void
install_sound_properties (GObjectClass *gobject_class, GParamFlags flags, GParamFlags live)
{
  g_object_class_install_property (gobject_class, PROP_SOUND_SPEED,
      g_param_spec_double ("sound-speed", "Sound speed",
          "How many keyframes more a walk reaches in a second at full volume of the sound that is "
          "followed (less than 0: fewer, down to none)",
          -1000, 1000, DEFAULT_SOUND_SPEED, live | GST_PARAM_CONTROLLABLE));
  g_object_class_install_property (gobject_class, PROP_SPEED_FOLLOWS,
      g_param_spec_enum ("speed-follows", "Speed follows", "What of the sound sound-speed is for",
          GST_TYPE_LATENT_FOLLOWS, DEFAULT_SPEED_FOLLOWS, live));
  g_object_class_install_property (gobject_class, PROP_SOUND_TRUNCATION,
      g_param_spec_double ("sound-truncation", "Sound truncation",
          "How much is added to truncation at full volume of the sound that is followed: all "
          "numbers are scaled to the bound that results",
          -10, 10, DEFAULT_SOUND_TRUNCATION, live | GST_PARAM_CONTROLLABLE));
  g_object_class_install_property (gobject_class, PROP_TRUNCATION_FOLLOWS,
      g_param_spec_enum ("truncation-follows", "Truncation follows",
          "What of the sound sound-truncation is for", GST_TYPE_LATENT_FOLLOWS,
          DEFAULT_TRUNCATION_FOLLOWS, live));
  install_push (gobject_class, PROP_BASS, "bass", "Bass",
      "How far the bass of the sound that is followed pushes along its direction: at full volume, "
      "so many times the direction is added",
      DEFAULT_BASS);
  install_push (gobject_class, PROP_MIDDLE, "middle", "Middle",
      "The same of what is between bass and treble", DEFAULT_MIDDLE);
  install_push (
      gobject_class, PROP_TREBLE, "treble", "Treble", "The same of the treble", DEFAULT_TREBLE);
  g_object_class_install_property (gobject_class, PROP_BAND_DIRECTIONS,
      g_param_spec_string ("band-directions", "Band directions",
          "File of numpy's format with the directions of bass, middle and treble, an array [3, "
          "numbers] or [3, vectors, numbers] (unset: drawn by the seed)",
          NULL, flags));
  g_object_class_install_property (gobject_class, PROP_ATTACK,
      g_param_spec_double ("attack", "Attack",
          "Seconds in which latents follow a sound that becomes louder, most of the way", 0, 60,
          DEFAULT_ATTACK, flags));
  g_object_class_install_property (gobject_class, PROP_RELEASE,
      g_param_spec_double ("release", "Release",
          "Seconds in which latents follow a sound that becomes softer, most of the way", 0, 60,
          DEFAULT_RELEASE, flags));
}

/* What is done to latents, with a sound or without. */
static void
install_change_properties (GObjectClass *gobject_class, GParamFlags flags, GParamFlags live)
{
  g_object_class_install_property (gobject_class, PROP_REPEAT_VECTOR,
      g_param_spec_boolean ("repeat-vector", "Repeat vector",
          "Make all vectors in a buffer the first one, for models that take a vector for each of "
          "their layers",
          DEFAULT_REPEAT_VECTOR, live));
  g_object_class_install_property (gobject_class, PROP_KEYFRAME_LOCATION,
      g_param_spec_string ("keyframe-location", "Keyframe location",
          "File of keyframes to walk along: JSON Lines of a time with a seed, a frame of one or a "
          "latent, or an array of numpy's format (unset: drawn by the seed)",
          NULL, flags));
  g_object_class_install_property (gobject_class, PROP_DIRECTION_LOCATION,
      g_param_spec_string ("direction-location", "Direction location",
          "File of numpy's format with directions that are added to latents, an array [numbers], "
          "[directions, numbers] or [directions, vectors, numbers], or an archive of named ones "
          "(unset: none)",
          NULL, flags));
  g_object_class_install_property (gobject_class, PROP_DIRECTION_AMOUNT,
      g_param_spec_double ("direction-amount", "Direction amount",
          "How many times the directions of direction-location are added", -1000, 1000,
          DEFAULT_DIRECTION_AMOUNT, live | GST_PARAM_CONTROLLABLE));
  g_object_class_install_property (gobject_class, PROP_DIRECTION_WEIGHTS,
      gst_param_spec_array ("direction-weights", "Direction weights",
          "How much of each direction of direction-location, or of those that direction names, "
          "that is (empty: the first one alone, or all that are named alike)",
          g_param_spec_double ("weight", "Weight", "Of a direction", -G_MAXDOUBLE, G_MAXDOUBLE, 0,
              G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS),
          live));
  g_object_class_install_property (gobject_class, PROP_DIRECTION,
      g_param_spec_string ("direction", "Direction",
          "Which directions of direction-location are added, by their names, with commas between "
          "them (unset: by their order)",
          NULL, live));
  g_object_class_install_property (gobject_class, PROP_MIXING_LOCATION,
      g_param_spec_string ("mixing-location", "Mixing location",
          "File of keyframes, as keyframe-location has them, of which the latents to mix with are "
          "(unset: those of mixing-seed)",
          NULL, flags));
  g_object_class_install_property (gobject_class, PROP_MIXING_TIME,
      g_param_spec_double ("mixing-time", "Mixing time",
          "Which of mixing-location: what stands there at so many seconds, of an array keyframe 0, "
          "1, 2 and so on; between two of them as walk says",
          0, GEN_KEYFRAMES_MAX, DEFAULT_MIXING_TIME, live | GST_PARAM_CONTROLLABLE));
  g_object_class_install_property (gobject_class, PROP_MIXING_SEED,
      g_param_spec_uint64 ("mixing-seed", "Mixing seed", "Seed of the latents to mix with", 0,
          G_MAXUINT64, DEFAULT_MIXING_SEED, live));
  g_object_class_install_property (gobject_class, PROP_MIXING_AMOUNT,
      g_param_spec_double ("mixing-amount", "Mixing amount",
          "How far latents go to those of mixing-seed or mixing-location, from mixing-first to "
          "mixing-last (1: all the way)",
          0, 1, DEFAULT_MIXING_AMOUNT, live | GST_PARAM_CONTROLLABLE));
  g_object_class_install_property (gobject_class, PROP_MIXING_FIRST,
      g_param_spec_uint ("mixing-first", "Mixing first",
          "The first of a buffer's vectors that is mixed, which are a model's layers; of a single "
          "vector, the first number",
          0, G_MAXINT, DEFAULT_MIXING_FIRST, live));
  g_object_class_install_property (gobject_class, PROP_MIXING_LAST,
      g_param_spec_int ("mixing-last", "Mixing last",
          "The last vector, or number, that is mixed (-1: the last there is)", -1, G_MAXINT,
          DEFAULT_MIXING_LAST, live));
}

void
gst_latent_src_install_properties (GObjectClass *gobject_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;
  const GParamFlags live = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

  gobject_class->set_property = gst_latent_src_set_property;
  gobject_class->get_property = gst_latent_src_get_property;

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
  g_object_class_install_property (gobject_class, PROP_FIRST_FRAME,
      g_param_spec_uint64 ("first-frame", "First frame",
          "Frame of the seed that the stream begins with: a part of a film, as generative-model "
          "render makes it, has the latents that it would have in the whole",
          0, MAX_FIRST_FRAME, DEFAULT_FIRST_FRAME, live));
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

  install_change_properties (gobject_class, flags, live);
  install_sound_properties (gobject_class, flags, live);

  gst_type_mark_as_plugin_api (GST_TYPE_LATENT_DISTRIBUTION, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_LATENT_FOLLOWS, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_LATENT_WALK, 0);
}

void
gst_latent_src_init_properties (GstLatentSrc *self)
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
  self->changes = (GstLatentChanges){
    .sound_speed = DEFAULT_SOUND_SPEED,
    .sound_truncation = DEFAULT_SOUND_TRUNCATION,
    .speed_follows = DEFAULT_SPEED_FOLLOWS,
    .truncation_follows = DEFAULT_TRUNCATION_FOLLOWS,
    .pushes = { [GEN_SOUND_BASS] = DEFAULT_BASS,
        [GEN_SOUND_MIDDLE] = DEFAULT_MIDDLE,
        [GEN_SOUND_TREBLE] = DEFAULT_TREBLE },
    .direction_amount = DEFAULT_DIRECTION_AMOUNT,
    .mixing_seed = DEFAULT_MIXING_SEED,
    .mixing_amount = DEFAULT_MIXING_AMOUNT,
    .mixing_first = DEFAULT_MIXING_FIRST,
    .mixing_last = DEFAULT_MIXING_LAST,
  };
  self->attack = DEFAULT_ATTACK;
  self->release = DEFAULT_RELEASE;
  gst_base_src_set_live (GST_BASE_SRC (self), DEFAULT_IS_LIVE);
}
