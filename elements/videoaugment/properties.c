/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* videoaugment's properties, but those of the transforms, which are of a list. */
#include "../shared/augment.h"
#include "../shared/choices.h"
#include "../shared/settings.h"

#include "videoaugment.h"

enum {
  PROP_0,
  PROP_POLICY,
  PROP_CLIP_FRAMES,
  PROP_CLIPS,
  PROP_MIX,
  PROP_MIX_CONCENTRATION,
  PROP_MIX_PROBABILITY,
  PROP_ADD_META,
  PROP_MIN_VISIBILITY,
  PROP_FIRST_OF_AUGMENT, /* elements/shared/augment.h */
};

#define DEFAULT_POLICY NULL
#define DEFAULT_CLIP_FRAMES 1
#define DEFAULT_CLIPS GST_CLIPS_OF_FRAMES
#define DEFAULT_MIX 0
#define DEFAULT_MIX_CONCENTRATION 0.0
#define DEFAULT_MIX_PROBABILITY 1.0
#define DEFAULT_ADD_META FALSE
#define DEFAULT_MIN_VISIBILITY 0.0

static GType
gst_clips_get_type (void)
{
  static const GEnumValue values[] = {
    { GST_CLIPS_OF_FRAMES, "as many frames as clip-frames says", "frames" },
    { GST_CLIPS_OF_ITEMS, "the frames of an item of a dataset, or up to a discontinuity", "items" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type)) {
    GType made = g_enum_register_static ("GstVideoAugmentClips", values);

    gst_type_mark_as_plugin_api (made, 0);
    g_once_init_leave (&type, made);
  }
  return type;
}

static GType
gst_mix_get_type (void)
{
  const GenAugmentMixing *const *list = gen_augment_mixing_list ();
  static gsize type = 0;

  if (g_once_init_enter (&type)) {
    GArray *values = g_array_new (TRUE, TRUE, sizeof (GEnumValue));

    gst_generative_choices_add (values, "none", "No partners");
    for (guint i = 0; list[i] != NULL; i++)
      gst_generative_choices_add (values, list[i]->name, list[i]->description);
    g_once_init_leave (&type, gst_generative_choices_register ("GstVideoAugmentMix", values));
  }
  return type;
}

/* Number of a mixing in the enumeration. */
static int
mix_number (const GenAugmentMixing *mixing)
{
  const GenAugmentMixing *const *list = gen_augment_mixing_list ();
  int number = 0;

  while (mixing != NULL && list[number++] != mixing)
    ;
  return number;
}

void
gst_video_augment_find_passthrough (GstVideoAugment *self)
{
  gboolean idle;

  GST_OBJECT_LOCK (self);
  idle = gen_augment_settings_are_idle (&self->settings) && self->policy_name == NULL &&
         !self->add_meta && self->mix.mixing == NULL && self->masks->len == 0;
  GST_OBJECT_UNLOCK (self);
  gst_base_transform_set_passthrough (GST_BASE_TRANSFORM (self), idle);
}

static void
set_property (GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (object);

  if (!gst_generative_can_set (object, pspec))
    return;
  GST_OBJECT_LOCK (self);
  if (property_id == PROP_POLICY) {
    g_free (self->policy_name);
    self->policy_name = g_value_dup_string (value);
  } else if (property_id == PROP_CLIP_FRAMES) {
    self->settings.clip_frames = g_value_get_uint64 (value);
  } else if (property_id == PROP_CLIPS) {
    self->clips = g_value_get_enum (value);
  } else if (property_id == PROP_MIX) {
    const int number = g_value_get_enum (value);

    self->mix.mixing = number > 0 ? gen_augment_mixing_list ()[number - 1] : NULL;
  } else if (property_id == PROP_MIX_CONCENTRATION) {
    self->mix.concentration = g_value_get_double (value);
  } else if (property_id == PROP_MIX_PROBABILITY) {
    self->mix.probability = g_value_get_double (value);
  } else if (property_id == PROP_ADD_META) {
    self->add_meta = g_value_get_boolean (value);
  } else if (property_id == PROP_MIN_VISIBILITY) {
    self->min_visibility = g_value_get_double (value);
  } else {
    gst_generative_augment_set (&self->settings, property_id - PROP_FIRST_OF_AUGMENT, value);
  }
  GST_OBJECT_UNLOCK (self);
  gst_video_augment_find_passthrough (self);
}

static void
get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstVideoAugment *self = GST_VIDEO_AUGMENT (object);

  GST_OBJECT_LOCK (self);
  if (property_id == PROP_POLICY)
    g_value_set_string (value, self->policy_name);
  else if (property_id == PROP_CLIP_FRAMES)
    g_value_set_uint64 (value, self->settings.clip_frames);
  else if (property_id == PROP_CLIPS)
    g_value_set_enum (value, self->clips);
  else if (property_id == PROP_MIX)
    g_value_set_enum (value, mix_number (self->mix.mixing));
  else if (property_id == PROP_MIX_CONCENTRATION)
    g_value_set_double (value, self->mix.concentration);
  else if (property_id == PROP_MIX_PROBABILITY)
    g_value_set_double (value, self->mix.probability);
  else if (property_id == PROP_ADD_META)
    g_value_set_boolean (value, self->add_meta);
  else if (property_id == PROP_MIN_VISIBILITY)
    g_value_set_double (value, self->min_visibility);
  else
    gst_generative_augment_get (&self->settings, property_id - PROP_FIRST_OF_AUGMENT, value);
  GST_OBJECT_UNLOCK (self);
}

static char *
describe_policies (void)
{
  const GenAugmentProgram *const *list = gen_augment_program_list ();
  GString *text = g_string_new ("What else is done, after the transforms of the properties: ");

  for (int i = 0; list[i] != NULL; i++)
    g_string_append_printf (text, "%s, ", list[i]->name);
  g_string_append (text, "or a file of steps as JSON (unset: nothing)");
  return g_string_free (text, FALSE);
}

void
gst_video_augment_install_properties (GObjectClass *gobject_class)
{
  g_autofree char *policies = describe_policies ();

  gobject_class->set_property = set_property;
  gobject_class->get_property = get_property;
  g_object_class_install_property (gobject_class, PROP_POLICY,
      g_param_spec_string ("policy", "Policy", policies, DEFAULT_POLICY,
          G_PARAM_READWRITE | G_PARAM_STATIC_NAME | G_PARAM_STATIC_NICK | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (gobject_class, PROP_CLIP_FRAMES,
      g_param_spec_uint64 ("clip-frames", "Frames of a clip",
          "So many frames in a row have one draw, so that a film stays coherent; noise is each "
          "frame's own",
          1, G_MAXUINT64, DEFAULT_CLIP_FRAMES,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (gobject_class, PROP_CLIPS,
      g_param_spec_enum ("clips", "Clips", "Which frames have one draw", gst_clips_get_type (),
          DEFAULT_CLIPS, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (gobject_class, PROP_MIX,
      g_param_spec_enum ("mix", "Mix",
          "How each frame is mixed with those of the pad partner, and its label with theirs",
          gst_mix_get_type (), DEFAULT_MIX,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (gobject_class, PROP_MIX_CONCENTRATION,
      g_param_spec_double ("mix-concentration", "Concentration of shares",
          "Alpha of the Beta distribution of a frame's share in mixup and cutmix (0: 0.2 and 1, as "
          "their papers have it)",
          0, 100, DEFAULT_MIX_CONCENTRATION,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_CONTROLLABLE |
              GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (gobject_class, PROP_MIX_PROBABILITY,
      g_param_spec_double ("mix-probability", "Probability of mixing",
          "How often a frame is mixed: 1 is always", 0, 1, DEFAULT_MIX_PROBABILITY,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_CONTROLLABLE |
              GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (gobject_class, PROP_ADD_META,
      g_param_spec_boolean ("add-meta", "Add a meta",
          "Say on each frame what was done to it (custom meta generative-augment)",
          DEFAULT_ADD_META,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (gobject_class, PROP_MIN_VISIBILITY,
      g_param_spec_double ("min-visibility", "Least visible share",
          "Boxes of which less than this share is left in the frame are dropped (0: those of which "
          "nothing is)",
          0, 1, DEFAULT_MIN_VISIBILITY,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_CONTROLLABLE |
              GST_PARAM_MUTABLE_PLAYING));
  gst_generative_augment_install (gobject_class, PROP_FIRST_OF_AUGMENT, &gen_medium_picture,
      "GstVideoAugment", "How often each transform is applied to a frame: 1 is always");
}

void
gst_video_augment_init_properties (GstVideoAugment *self)
{
  self->settings = gst_generative_augment_defaults (&gen_medium_picture);
  self->settings.clip_frames = DEFAULT_CLIP_FRAMES;
  self->clips = DEFAULT_CLIPS;
  self->add_meta = DEFAULT_ADD_META;
  self->min_visibility = DEFAULT_MIN_VISIBILITY;
  self->mix = (GenAugmentMixSettings){ .concentration = DEFAULT_MIX_CONCENTRATION,
    .probability = DEFAULT_MIX_PROBABILITY };
}
