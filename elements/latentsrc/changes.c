/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is done to latents: keyframes and directions from files, mixing with another seed's, and
 * what the sound that was heard makes of them. */
#include "latentsrc.h"

/* The bands' directions follow each other as the bands do. */
#define BANDS (GEN_SOUND_VALUES - 1)

/* --- files --- */

static gboolean
load_directions (const char *property, const char *path, GenDirections **directions, GError **error)
{
  if (path == NULL)
    return TRUE;
  *directions = gen_directions_load (path, error);
  if (*directions == NULL)
    g_prefix_error (error, "Property %s: ", property);
  return *directions != NULL;
}

static gboolean
load_keyframes (const char *property, const char *path, GenKeyframes **keyframes, GError **error)
{
  if (path == NULL)
    return TRUE;
  *keyframes = gen_keyframes_load (path, error);
  if (*keyframes == NULL)
    g_prefix_error (error, "Property %s: ", property);
  return *keyframes != NULL;
}

/* Make `chosen` the numbers of the directions that `names` are. */
static gboolean
choose_directions (GstLatentSrc *self, char *names, GError **error)
{
  g_auto (GStrv) parts = names != NULL ? g_strsplit (names, ",", -1) : NULL;
  g_autoptr (GArray) chosen = g_array_new (FALSE, FALSE, sizeof (int));

  if (names == self->chosen_by)
    return TRUE;
  for (char **name = parts; name != NULL && *name != NULL; name++) {
    const int number = gen_directions_find (self->directions, g_strstrip (*name), error);

    if (number < 0) {
      g_prefix_error (error, "Property direction: ");
      return FALSE;
    }
    g_array_append_val (chosen, number);
  }
  g_clear_pointer (&self->chosen_by, g_ref_string_release);
  g_clear_pointer (&self->chosen, g_array_unref);
  if (names == NULL)
    return TRUE;
  self->chosen_by = g_ref_string_acquire (names);
  self->chosen = g_steal_pointer (&chosen);
  return TRUE;
}

/* Names and weights of directions that there are. */
static gboolean
check_directions (GstLatentSrc *self, const char *path, GError **error)
{
  guint there = self->directions != NULL ? gen_directions_count (self->directions) : 0;
  g_autoptr (GError) reason = NULL;
  char *names;
  guint asked;

  GST_OBJECT_LOCK (self);
  asked = self->changes.direction_weights != NULL ? self->changes.direction_weights->len : 0;
  names = self->changes.direction != NULL ? g_ref_string_acquire (self->changes.direction) : NULL;
  GST_OBJECT_UNLOCK (self);
  if (names != NULL && path == NULL)
    g_set_error (&reason, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "Property direction is set, but direction-location, which has what it names, is not");
  else if (names != NULL)
    choose_directions (self, names, &reason);
  g_clear_pointer (&names, g_ref_string_release);
  if (reason != NULL) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return FALSE;
  }
  if (self->chosen != NULL)
    there = self->chosen->len;
  if (asked <= there)
    return TRUE;
  if (self->chosen != NULL) {
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "Property direction-weights has %u numbers, but property direction names %u", asked, there);
    return FALSE;
  }
  if (path == NULL)
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "Property direction-weights is set, but direction-location, which has what they weigh, is "
        "not");
  else
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "Property direction-weights has %u numbers, but %s has %u directions", asked, path, there);
  return FALSE;
}

gboolean
gst_latent_src_load_changes (GstLatentSrc *self, GError **error)
{
  g_autofree char *keyframes = NULL, *directions = NULL, *bands = NULL, *mixing = NULL;

  GST_OBJECT_LOCK (self);
  keyframes = g_strdup (self->keyframe_location);
  directions = g_strdup (self->direction_location);
  bands = g_strdup (self->band_directions);
  mixing = g_strdup (self->mixing_location);
  GST_OBJECT_UNLOCK (self);
  if (!load_keyframes ("keyframe-location", keyframes, &self->path, error) ||
      !load_keyframes ("mixing-location", mixing, &self->mixing, error) ||
      !load_directions ("direction-location", directions, &self->directions, error) ||
      !load_directions ("band-directions", bands, &self->bands, error) ||
      !check_directions (self, directions, error)) {
    gst_latent_src_unload_changes (self);
    return FALSE;
  }
  if (self->bands == NULL || gen_directions_count (self->bands) == BANDS)
    return TRUE;
  g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "Property band-directions: %s has %u directions, but there are %d bands: bass, middle and "
      "treble",
      bands, gen_directions_count (self->bands), BANDS);
  gst_latent_src_unload_changes (self);
  return FALSE;
}

void
gst_latent_src_unload_changes (GstLatentSrc *self)
{
  g_clear_pointer (&self->path, gen_keyframes_free);
  g_clear_pointer (&self->mixing, gen_keyframes_free);
  g_clear_pointer (&self->chosen_by, g_ref_string_release);
  g_clear_pointer (&self->chosen, g_array_unref);
  g_clear_pointer (&self->directions, gen_directions_free);
  g_clear_pointer (&self->bands, gen_directions_free);
  g_clear_pointer (&self->others, g_free);
  self->bands_length = 0;
}

static gboolean
fit_directions (
    const GstLatentSrc *self, const char *property, const GenDirections *directions, GError **error)
{
  if (directions == NULL ||
      gen_directions_fit (directions, self->latent.length, self->latent.count, error))
    return TRUE;
  g_prefix_error (error, "Property %s: ", property);
  return FALSE;
}

static gboolean
fit_keyframes (
    const GstLatentSrc *self, const char *property, const GenKeyframes *keyframes, GError **error)
{
  if (keyframes == NULL ||
      gen_keyframes_fit (keyframes, self->latent.length, self->latent.count, error))
    return TRUE;
  g_prefix_error (error, "Property %s: ", property);
  return FALSE;
}

gboolean
gst_latent_src_fit_changes (GstLatentSrc *self, GError **error)
{
  if (self->bands_length > 0)
    g_clear_pointer (&self->bands, gen_directions_free);
  self->bands_length = 0;
  g_clear_pointer (&self->others, g_free);
  return fit_keyframes (self, "keyframe-location", self->path, error) &&
         fit_keyframes (self, "mixing-location", self->mixing, error) &&
         fit_directions (self, "direction-location", self->directions, error) &&
         fit_directions (self, "band-directions", self->bands, error);
}

/* --- frames --- */

void
gst_latent_src_take_changes (GstLatentSrc *self)
{
  self->taken = self->changes;
  if (self->taken.direction_weights != NULL)
    g_array_ref (self->taken.direction_weights);
  if (self->taken.direction != NULL)
    g_ref_string_acquire (self->taken.direction);
}

void
gst_latent_src_drop_changes (GstLatentSrc *self)
{
  g_clear_pointer (&self->taken.direction_weights, g_array_unref);
  g_clear_pointer (&self->taken.direction, g_ref_string_release);
}

static void
mix (GstLatentSrc *self, float *latents)
{
  const GstLatentChanges *changes = &self->taken;
  GenLatent other = self->latent;

  if (changes->mixing_amount == 0)
    return;
  if (self->others == NULL)
    self->others = g_new (float, self->latent.length * self->latent.count);
  if (self->mixing != NULL) {
    other.path = self->mixing;
    other.speed = 0;
    other.advance = changes->mixing_time;
  } else {
    other.seed = changes->mixing_seed;
    other.path = NULL;
  }
  gen_latent_fill (
      &other, self->drawn, MAX (self->rate_numerator, 1), self->rate_denominator, self->others);
  gen_latent_mix (&self->latent, self->others, changes->mixing_amount, changes->mixing_first,
      changes->mixing_last < 0 ? G_MAXSIZE : (gsize)changes->mixing_last, latents);
}

/* The directions of the bands, where no file has them, for the seed that latents have now. */
static const GenDirections *
get_bands (GstLatentSrc *self)
{
  const gboolean stale = self->bands_length > 0 && self->bands_seed != self->latent.seed;

  if (stale)
    g_clear_pointer (&self->bands, gen_directions_free);
  if (self->bands == NULL) {
    self->bands_seed = self->latent.seed;
    self->bands_length = self->latent.length;
    self->bands = gen_directions_draw (self->bands_seed, BANDS, self->bands_length);
  }
  return self->bands;
}

static void
push_by_bands (GstLatentSrc *self, float *latents)
{
  double amounts[BANDS];
  gboolean pushed = FALSE;

  for (int i = 0; i < BANDS; i++) {
    amounts[i] = self->taken.pushes[GEN_SOUND_BASS + i] * self->heard[GEN_SOUND_BASS + i];
    pushed = pushed || amounts[i] != 0;
  }
  if (pushed)
    gen_latent_turn (&self->latent, get_bands (self), amounts, BANDS, latents);
}

/* A frame that was drawn for one bound is scaled to another, so that numbers move with it; drawn
 * for the other one, some would jump. */
static void
truncate_by_sound (const GstLatentSrc *self, float *latents)
{
  const double drawn = MAX (self->latent.truncation, GEN_LATENT_TRUNCATION_MIN);
  const double more = self->taken.sound_truncation * self->heard[self->taken.truncation_follows];

  if (self->latent.distribution == GEN_DISTRIBUTION_TRUNCATED && more != 0)
    gen_latent_scale (
        &self->latent, MAX (drawn + more, GEN_LATENT_TRUNCATION_MIN) / drawn, latents);
}

/* Without names, weights are of directions in their order; without weights, the first one counts
 * once. With names, those that are named count, each once where it has no weight. */
static gboolean
push_by_directions (GstLatentSrc *self, float *latents, GError **error)
{
  const GArray *weights = self->taken.direction_weights;
  g_autofree double *amounts = NULL;
  guint count, n;

  if (self->directions == NULL || self->taken.direction_amount == 0)
    return TRUE;
  if (!choose_directions (self, self->taken.direction, error))
    return FALSE;
  count = gen_directions_count (self->directions);
  amounts = g_new0 (double, count);
  n = self->chosen != NULL ? self->chosen->len : weights != NULL ? MIN (weights->len, count) : 1;
  for (guint i = 0; i < n; i++) {
    const guint number = self->chosen != NULL ? (guint)g_array_index (self->chosen, int, i) : i;
    const gboolean is_weighed = weights != NULL && i < weights->len;

    amounts[number] +=
        self->taken.direction_amount * (is_weighed ? g_array_index (weights, double, i) : 1);
  }
  gen_latent_push (&self->latent, self->directions, amounts, count, latents);
  return TRUE;
}

gboolean
gst_latent_src_change (GstLatentSrc *self, float *latents, GError **error)
{
  mix (self, latents);
  if (self->follows) {
    push_by_bands (self, latents);
    truncate_by_sound (self, latents);
  }
  return push_by_directions (self, latents, error);
}
