/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "training-nets.h"

#include <generative/onnx.h>

/* The best device that works. One that is there and fails is worth a word, one that is not is
 * not. */
static const GenDevice *
find_best_device (const GenTrainingEvents *events)
{
  for (const GenDevice *const *device = gen_device_list (); *device != NULL; device++) {
    g_autoptr (GError) error = NULL;

    if ((*device)->available (&error))
      return *device;
    g_debug ("device=auto passes over %s: %s", (*device)->name, error->message);
    if (g_error_matches (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED) &&
        events->callbacks.fell_back != NULL)
      events->callbacks.fell_back (error, events->data);
  }
  return &gen_device_cpu;
}

/* Whether any device will do. */
static gboolean
is_any_device (const GenTrainingSettings *settings)
{
  return settings->device == 0;
}

gboolean
gen_training_nets_resolve (
    GenTrainingSettings *settings, const GenTrainingEvents *events, GError **error)
{
  settings->options.seed = settings->trainer.seed;
  settings->trainer.precision =
      settings->precision == 0 ? GEN_PRECISION_TF32 : (GenPrecision)(settings->precision - 1);
  settings->trainer.device = is_any_device (settings)
                                 ? find_best_device (events)
                                 : gen_device_find (gen_training_settings_device (settings), error);
  return settings->trainer.device != NULL;
}

/* Nets that do not say at which rate their sounds play play at that of the data. */
static void
note_rate (GenGraph *net, const GenFormat *format)
{
  if (format->rate > 0 && !g_hash_table_contains (net->metadata, "generative.sample-rate"))
    g_hash_table_insert (
        net->metadata, g_strdup ("generative.sample-rate"), g_strdup_printf ("%d", format->rate));
}

static gboolean
make_graphs (const GenTrainingSettings *settings, const GenFormat *format, GenGraph **generator,
    GenGraph **discriminator, GError **error)
{
  const GenPreset *preset = settings->preset;
  GenPresetOptions options = settings->options;

  if (settings->generator_model != NULL) {
    *generator = gen_onnx_load (settings->generator_model, error);
    *discriminator =
        *generator != NULL ? gen_onnx_load (settings->discriminator_model, error) : NULL;
    return *discriminator != NULL;
  }
  if (preset->medium != format->medium) {
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "preset %s makes %s, and the data is %s", preset->name, preset->medium->plural,
        format->medium->plural);
    return FALSE;
  }
  options.format = *format;
  if (preset->medium == &gen_medium_sound && options.format.length == 0)
    options.format.length = (gsize)(settings->length > 0 ? settings->length : preset->extents[0]);
  *generator = preset->generator (&options, error);
  *discriminator = *generator != NULL ? preset->discriminator (&options, error) : NULL;
  return *discriminator != NULL;
}

/* A trainer on the device; where that fails and any will do, on the CPU. */
static GenTrainer *
make_trainer (GenTrainingSettings *settings, const GenTrainingEvents *events, GenGraph *generator,
    GenGraph *discriminator, GError **error)
{
  g_autoptr (GError) failure = NULL;
  GenTrainer *trainer = gen_trainer_new (generator, discriminator, &settings->trainer, &failure);

  if (trainer != NULL)
    return trainer;
  if (failure->domain != GEN_DEVICE_ERROR || !is_any_device (settings) ||
      settings->trainer.device == &gen_device_cpu) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return NULL;
  }
  g_debug ("falls back to the CPU: %s", failure->message);
  if (events->callbacks.fell_back != NULL)
    events->callbacks.fell_back (failure, events->data);
  settings->trainer.device = &gen_device_cpu;
  return gen_trainer_new (generator, discriminator, &settings->trainer, error);
}

/* Whether the nets are for the data. A model of sounds need not say their rate, nor data of them
 * their length. */
static gboolean
fit_format (const GenTrainer *trainer, GenFormat *format, GError **error)
{
  GenFormat taken = gen_trainer_format (trainer);
  g_autofree char *takes = NULL, *has = NULL;

  if (taken.rate == 0)
    taken.rate = format->rate;
  if (format->length == 0)
    format->length = taken.length;
  if (gen_format_equal (&taken, format))
    return TRUE;
  takes = gen_format_describe (&taken);
  has = gen_format_describe (format);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "discriminator-model takes %s of %s, but the data is %s of %s", taken.medium->plural, takes,
      format->medium->plural, has);
  return FALSE;
}

GenTrainer *
gen_training_nets_make (GenTrainingSettings *settings, const GenTrainingEvents *events,
    GenFormat *format, GError **error)
{
  g_autoptr (GenGraph) generator = NULL, discriminator = NULL;
  g_autoptr (GenTrainer) trainer = NULL;

  if (!make_graphs (settings, format, &generator, &discriminator, error))
    return NULL;
  note_rate (generator, format);
  note_rate (discriminator, format);
  trainer = make_trainer (settings, events, generator, discriminator, error);
  if (trainer == NULL || !fit_format (trainer, format, error))
    return NULL;
  return g_steal_pointer (&trainer);
}
