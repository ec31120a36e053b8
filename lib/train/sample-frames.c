/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sample-frames.h"

#include <string.h>

#define CLASSES 2
/* Frames of one class that wait for those of the other, at most: in a random order of both they run
 * ahead by a few. */
#define MOST_WAITING 32
/* So many of one class and none of the other: there are none. */
#define MOST_ALONE 1000

void
gen_sample_frames_init (GenSampleFrames *self, const GenTrainer *trainer)
{
  const GenRecipe *recipe = gen_trainer_settings (trainer)->recipe;
  const gboolean of_classes = recipe->frames_of == GEN_FRAMES_OF_CLASSES;

  *self = (GenSampleFrames){ .settings = gen_trainer_settings (trainer),
    .n = gen_trainer_n_frames (trainer),
    .size = gen_trainer_frame_size (trainer) };
  gen_trainer_range (trainer, &self->low, &self->high);
  self->numbers = g_new (float, (of_classes ? MOST_WAITING : self->n) * self->size);
}

void
gen_sample_frames_clear (GenSampleFrames *self)
{
  g_clear_pointer (&self->numbers, g_free);
}

/* --- frames of a film --- */

/* Remember a frame. FALSE as long as there are not enough. */
static gboolean
follow (GenSampleFrames *self, const GenSample *sample)
{
  const gsize before = (self->n - 1) * self->size;

  if (self->n == 1)
    return TRUE;
  memmove (self->numbers, self->numbers + self->size, before * sizeof (float));
  sample->medium->to_numbers (sample, self->low, self->high, self->numbers + before);
  self->run = MIN (self->run + 1, self->n);
  return self->run == self->n;
}

void
gen_sample_frames_break (GenSampleFrames *self)
{
  self->run = 0;
}

/* --- two in a picture --- */

/* The half of a picture that becomes frame `frame`, which is that picture's. */
static GenSample
half_of (const GenTrainerSettings *settings, const GenSample *whole, guint frame)
{
  const gboolean second = (frame == 1) != (settings->direction == GEN_DIRECTION_B_TO_A);
  GenPicture half = whole->picture;

  half.owned = FALSE;
  if (settings->pair == GEN_PAIR_SIDE_BY_SIDE) {
    half.width /= 2;
    half.data += second ? half.width * half.channels : 0;
  } else {
    half.height /= 2;
    half.data += second ? half.height * half.stride : 0;
  }
  return gen_sample_of_picture (&half);
}

static gboolean
refuse_pair (const GenTrainerSettings *settings, const GenFormat *format, GError **error)
{
  const gboolean beside = settings->pair == GEN_PAIR_SIDE_BY_SIDE;
  g_autofree char *has = gen_format_describe (format);

  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "pair: recipe %s takes pairs that lie %s in one picture, whose %s is even, and the data is "
      "%s of %s",
      settings->recipe->name, beside ? "side by side" : "one above the other",
      beside ? "width" : "height", format->medium->plural, has);
  return FALSE;
}

gboolean
gen_sample_frames_fit (const GenTrainerSettings *settings, GenFormat *format, GError **error)
{
  int *extent = settings->pair == GEN_PAIR_SIDE_BY_SIDE ? &format->width : &format->height;

  if (settings->recipe->frames_of != GEN_FRAMES_OF_PICTURE)
    return TRUE;
  if (format->medium != &gen_medium_picture || *extent % 2 != 0)
    return refuse_pair (settings, format, error);
  *extent /= 2;
  return TRUE;
}

/* --- one of each class --- */

static gboolean
check_class (const GenSampleFrames *self, int label, GError **error)
{
  g_autofree char *text = NULL;

  if (label >= 0 && label < CLASSES && self->met[label] < MOST_ALONE)
    return TRUE;
  if (label >= 0 && label < CLASSES && self->met[1 - label] > 0)
    return TRUE;
  if (label >= 0 && label < CLASSES)
    text =
        g_strdup_printf ("%d came of class %d, and none of class %d", MOST_ALONE, label, 1 - label);
  else if (label >= 0)
    text = g_strdup_printf ("one is of class %d", label);
  else
    text = g_strdup ("one has none");
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "recipe: %s is taught by samples of two classes, 0 and 1, and %s; datasetsrc gives each "
      "sample the class that its folder is, so that a folder of two folders is wanted",
      self->settings->recipe->name, text);
  return FALSE;
}

/* Keep a frame until one of the other class comes. What too many would wait behind is left out. */
static void
keep (GenSampleFrames *self, const GenSample *sample, int label)
{
  const guint place = (self->oldest + self->waiting) % MOST_WAITING;

  if (self->waiting == MOST_WAITING)
    return;
  sample->medium->to_numbers (sample, self->low, self->high, self->numbers + place * self->size);
  self->waiting_class = label;
  self->waiting++;
}

static gboolean
match (GenSampleFrames *self, const GenSample *sample, int label, gboolean *whole, GError **error)
{
  if (!check_class (self, label, error))
    return FALSE;
  self->met[label]++;
  *whole = self->waiting > 0 && self->waiting_class != label;
  if (!*whole) {
    keep (self, sample, label);
    return TRUE;
  }
  self->partner = self->oldest;
  self->oldest = (self->oldest + 1) % MOST_WAITING;
  self->waiting--;
  return TRUE;
}

static void
write_match (const GenSampleFrames *self, const GenSample *sample, float *numbers)
{
  /* The class of those that wait is not changed by the last of them. */
  const int partner_class = self->waiting_class;

  memcpy (numbers + (gsize)partner_class * self->size, self->numbers + self->partner * self->size,
      self->size * sizeof (float));
  sample->medium->to_numbers (
      sample, self->low, self->high, numbers + (gsize)(1 - partner_class) * self->size);
}

/* --- any --- */

gboolean
gen_sample_frames_add (
    GenSampleFrames *self, const GenSample *sample, int label, gboolean *whole, GError **error)
{
  *whole = TRUE;
  switch (self->settings->recipe->frames_of) {
  case GEN_FRAMES_OF_FILM:
    *whole = follow (self, sample);
    return TRUE;
  case GEN_FRAMES_OF_CLASSES:
    return match (self, sample, label, whole, error);
  default:
    return TRUE;
  }
}

static void
write_halves (const GenSampleFrames *self, const GenSample *sample, float *numbers)
{
  for (guint frame = 0; frame < self->n; frame++) {
    const GenSample half = half_of (self->settings, sample, frame);

    half.medium->to_numbers (&half, self->low, self->high, numbers + frame * self->size);
  }
}

void
gen_sample_frames_write (const GenSampleFrames *self, const GenSample *sample, float *numbers)
{
  switch (self->settings->recipe->frames_of) {
  case GEN_FRAMES_OF_PICTURE:
    write_halves (self, sample, numbers);
    break;
  case GEN_FRAMES_OF_CLASSES:
    write_match (self, sample, numbers);
    break;
  default:
    if (self->n == 1)
      sample->medium->to_numbers (sample, self->low, self->high, numbers);
    else
      memcpy (numbers, self->numbers, self->n * self->size * sizeof (float));
  }
}
