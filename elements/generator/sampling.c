/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sampling.h"

#define DEFAULT_STEPS 0

static const char *
sampler_blurb (void)
{
  g_autoptr (GString) blurb = g_string_new ("What makes pictures of noise by a denoiser: ");

  for (const GenSampler *const *sampler = gen_sampler_list (); *sampler != NULL; sampler++)
    g_string_append_printf (blurb, "%s: %s; ", (*sampler)->name, (*sampler)->description);
  g_string_append (blurb, "unset: as the model says, else once");
  return g_intern_string (blurb->str);
}

static const char *
steps_blurb (void)
{
  g_autoptr (GString) blurb = g_string_new (
      "How many times the sampler runs the denoiser for a picture: more are nearer to "
      "what it has learned, and take longer (0: as the model says, else");

  for (const GenSampler *const *sampler = gen_sampler_list (); *sampler != NULL; sampler++)
    g_string_append_printf (blurb, "%s %d with %s", sampler == gen_sampler_list () ? "" : ",",
        (*sampler)->steps, (*sampler)->name);
  g_string_append_c (blurb, ')');
  return g_intern_string (blurb->str);
}

static const char *
prediction_blurb (void)
{
  g_autoptr (GString) blurb = g_string_new ("What the denoiser makes: ");

  for (const GenPrediction *const *prediction = gen_prediction_list (); *prediction != NULL;
       prediction++)
    g_string_append_printf (blurb, "%s: %s; ", (*prediction)->name, (*prediction)->description);
  g_string_append (blurb, "unset: as the model says, else sample with schedule karras and epsilon "
                          "with others");
  return g_intern_string (blurb->str);
}

static const char *
schedule_blurb (void)
{
  g_autoptr (GString) blurb = g_string_new ("Which noise the denoiser has learned: ");

  for (const GenSchedule *const *schedule = gen_schedule_list (); *schedule != NULL; schedule++)
    g_string_append_printf (blurb, "%s: %s; ", (*schedule)->name, (*schedule)->description);
  g_string_append (blurb, "unset: as the model says, else karras where its input is called sigma, "
                          "and linear");
  return g_intern_string (blurb->str);
}

void
gst_generator_sampling_install (GObjectClass *klass, guint first)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  g_object_class_install_property (klass, first + GST_GENERATOR_SAMPLER,
      g_param_spec_string ("sampler", "Sampler", sampler_blurb (), NULL, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_STEPS,
      g_param_spec_uint (
          "steps", "Steps", steps_blurb (), 0, GEN_SAMPLING_MAX_STEPS, DEFAULT_STEPS, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_PREDICTION,
      g_param_spec_string ("prediction", "Prediction", prediction_blurb (), NULL, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_SCHEDULE,
      g_param_spec_string ("schedule", "Schedule", schedule_blurb (), NULL, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_SIGMA_RANGE,
      g_param_spec_string ("sigma-range", "Range of sigma",
          "The least and the largest noise that sampler euler goes along, as deviations beside "
          "samples without noise, such as 0.002,80 (unset: as the model says, else that with "
          "schedule karras, and all that others have)",
          NULL, flags));
}

void
gst_generator_sampling_clear (GstGeneratorSampling *sampling)
{
  g_clear_pointer (&sampling->sampler, g_free);
  g_clear_pointer (&sampling->prediction, g_free);
  g_clear_pointer (&sampling->schedule, g_free);
  g_clear_pointer (&sampling->sigma_range, g_free);
}

/* Where the text of property `number` is; NULL of others. */
static char **
find_text (GstGeneratorSampling *sampling, guint number)
{
  switch (number) {
  case GST_GENERATOR_SAMPLER:
    return &sampling->sampler;
  case GST_GENERATOR_PREDICTION:
    return &sampling->prediction;
  case GST_GENERATOR_SCHEDULE:
    return &sampling->schedule;
  case GST_GENERATOR_SIGMA_RANGE:
    return &sampling->sigma_range;
  default:
    return NULL;
  }
}

gboolean
gst_generator_sampling_set (GstGeneratorSampling *sampling, guint number, const GValue *value)
{
  char **text = find_text (sampling, number);

  if (text != NULL) {
    g_free (*text);
    *text = g_value_dup_string (value);
  } else if (number == GST_GENERATOR_STEPS) {
    sampling->steps = (int)g_value_get_uint (value);
  }
  return number < GST_GENERATOR_N_SAMPLING;
}

gboolean
gst_generator_sampling_get (const GstGeneratorSampling *sampling, guint number, GValue *value)
{
  char *const *text = find_text ((GstGeneratorSampling *)sampling, number);

  if (text != NULL)
    g_value_set_string (value, *text);
  else if (number == GST_GENERATOR_STEPS)
    g_value_set_uint (value, (guint)sampling->steps);
  return number < GST_GENERATOR_N_SAMPLING;
}

GstGeneratorSampling
gst_generator_sampling_copy (const GstGeneratorSampling *sampling)
{
  return (GstGeneratorSampling){
    .sampler = g_strdup (sampling->sampler),
    .prediction = g_strdup (sampling->prediction),
    .schedule = g_strdup (sampling->schedule),
    .sigma_range = g_strdup (sampling->sigma_range),
    .steps = sampling->steps,
  };
}
