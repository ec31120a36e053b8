/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measuring a training on pictures that it does not see. The figures are those of the metrics in
 * lib/metric, so that they mean what qualitymeter's do. */
#include <generative/validation.h>

#include <string.h>

#include <generative/metric.h>
#include <generative/random.h>

struct _GenValidation {
  GenRandom random;
  GArray *pictures; /* GenPicture, each its own */
};

static void
clear_picture (gpointer picture)
{
  gen_picture_clear (picture);
}

GenValidation *
gen_validation_new (guint64 seed)
{
  GenValidation *validation = g_new0 (GenValidation, 1);

  validation->random = gen_random_new (seed, GEN_STREAM_VALIDATION_LATENT, 0);
  validation->pictures = g_array_new (FALSE, FALSE, sizeof (GenPicture));
  g_array_set_clear_func (validation->pictures, clear_picture);
  return validation;
}

void
gen_validation_free (GenValidation *validation)
{
  g_array_unref (validation->pictures);
  g_free (validation);
}

void
gen_validation_add (GenValidation *validation, const GenPicture *picture)
{
  GenPicture copy;

  gen_picture_init (&copy, picture->width, picture->height, picture->channels);
  for (int y = 0; y < picture->height; y++)
    memcpy (copy.data + (gsize)y * copy.stride, picture->data + (gssize)y * picture->stride,
        (gsize)picture->width * picture->channels);
  g_array_append_val (validation->pictures, copy);
}

guint
gen_validation_count (const GenValidation *validation)
{
  return validation->pictures->len;
}

static const GenPicture *
picture (const GenValidation *validation, guint i)
{
  return &g_array_index (validation->pictures, GenPicture, i);
}

static gboolean
check (const GenValidation *validation, const GenTrainer *trainer, GError **error)
{
  const GenShape *shape = gen_trainer_picture_shape (trainer);

  if (validation->pictures->len < 2) {
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "validation takes at least two pictures, and there are %u", validation->pictures->len);
    return FALSE;
  }
  for (guint i = 0; i < validation->pictures->len; i++) {
    const GenPicture *p = picture (validation, i);

    if (p->channels == shape->dims[1] && p->height == shape->dims[2] && p->width == shape->dims[3])
      continue;
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "validation has a picture of %d by %d pixels and %d channels; training takes %d by %d and "
        "%d",
        p->width, p->height, p->channels, (int)shape->dims[3], (int)shape->dims[2],
        (int)shape->dims[1]);
    return FALSE;
  }
  return TRUE;
}

static GenMeter *
meter_new (const GenValidation *validation, GError **error)
{
  GenMeterSettings settings = { .metrics = "frechet,diversity", .has_reference = TRUE };
  g_autoptr (GenMeter) meter = gen_meter_new (&settings, error);

  if (meter == NULL)
    return NULL;
  for (guint i = 0; i < validation->pictures->len; i++)
    if (!gen_meter_refer (meter, picture (validation, i), -1, error))
      return NULL;
  return g_steal_pointer (&meter);
}

/* A batch at a time, so that memory does not grow with the pictures. */
static gboolean
measure_made (const GenValidation *validation, GenTrainer *trainer, GenMeter *meter, GError **error)
{
  const gsize size = gen_trainer_latent_size (trainer);
  const GenShape *shape = gen_trainer_picture_shape (trainer);
  const guint batch = shape->dims[0];
  g_autofree float *latents = g_new (float, batch *size);
  g_autofree double *values = NULL;
  g_auto (GenPicture) wall = { 0 };
  gboolean average = gen_trainer_settings (trainer)->ema > 0;
  guint n_fields;

  gen_meter_fields (meter, &n_fields);
  values = g_new (double, n_fields);
  gen_picture_init (&wall, shape->dims[3], shape->dims[2] * batch, shape->dims[1]);
  for (guint first = 0; first < validation->pictures->len; first += batch) {
    guint n = MIN (batch, validation->pictures->len - first);
    GenPicture column = wall;

    column.height = shape->dims[2] * n;
    gen_random_normal (&validation->random, 0, first * size, latents, n * size);
    if (!gen_trainer_draw (trainer, average, latents, 1, n, &column, error))
      return FALSE;
    for (guint i = 0; i < n; i++) {
      GenPicture made = column;

      made.height = shape->dims[2];
      made.data += (gsize)i * made.height * made.stride;
      if (!gen_meter_measure (meter, &made, values, error))
        return FALSE;
    }
  }
  return TRUE;
}

static gboolean
accuracy (const GenValidation *validation, GenTrainer *trainer, double *share, GError **error)
{
  const gsize size = gen_trainer_picture_size (trainer);
  const guint n = validation->pictures->len;
  const guint batch = gen_trainer_settings (trainer)->batch_size;
  g_autofree float *numbers = g_new (float, batch *size);
  g_autofree float *scores = g_new (float, batch);
  guint real = 0;
  float low, high;

  gen_trainer_range (trainer, &low, &high);
  for (guint first = 0; first < n; first += batch) {
    guint count = MIN (batch, n - first);

    for (guint i = 0; i < count; i++)
      gen_picture_to_planes (picture (validation, first + i), low, high, numbers + i * size);
    if (!gen_trainer_score (trainer, numbers, count, scores, error))
      return FALSE;
    for (guint i = 0; i < count; i++)
      real += scores[i] > 0;
  }
  *share = (double)real / n;
  return TRUE;
}

gboolean
gen_validation_measure (
    GenValidation *validation, GenTrainer *trainer, GenValidationFigures *figures, GError **error)
{
  g_autoptr (GenMeter) meter = NULL;
  g_autoptr (JsonObject) summary = NULL;

  if (!check (validation, trainer, error) || (meter = meter_new (validation, error)) == NULL ||
      !measure_made (validation, trainer, meter, error) ||
      (summary = gen_meter_summarise (meter, error)) == NULL)
    return FALSE;
  figures->frechet = json_object_get_double_member (summary, "frechet");
  figures->features = g_intern_string (json_object_get_string_member (summary, "frechet-features"));
  figures->samples = json_object_get_int_member (summary, "frechet-samples");
  figures->diversity = json_object_get_double_member (summary, "diversity");
  return accuracy (validation, trainer, &figures->accuracy_on_validation, error);
}
