/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fitting.h"

#include <math.h>

#include <generative/random.h>

#include "picture-private.h"

/* More halvings than decoders know. */
#define MAX_HALVINGS 3
#define MAX_DRAWS 10

/* The part in the middle that is as large as its shape allows. */
static GenPicturePart
middle_part (double aspect, int width, int height)
{
  const double own = (double)width / height, wanted = CLAMP (own, 1 / aspect, aspect);
  GenPicturePart part = { .width = width, .height = height };

  if (own > wanted)
    part.width = (int)CLAMP (lround (height * wanted), 1, width);
  else if (own < wanted)
    part.height = (int)CLAMP (lround (width / wanted), 1, height);
  part.x = (width - part.width) / 2;
  part.y = (height - part.height) / 2;
  return part;
}

/* Place 0 to `room`, each as likely. */
static int
draw_place (float uniform, int room)
{
  return MIN ((int)(uniform * (float)(room + 1)), room);
}

static GenPicturePart
draw_part (const GenFitting *fitting, int width, int height)
{
  enum { NUMBERS = 4 };
  const GenRandom random = gen_random_new (fitting->seed, GEN_STREAM_CROP, fitting->item);
  const double aspect = MAX (fitting->crop_aspect, 1);

  for (guint64 i = 0; i < MAX_DRAWS; i++) {
    float u[NUMBERS];
    double area, shape;
    GenPicturePart part;

    gen_random_uniform (&random, fitting->draw, i * NUMBERS, u, NUMBERS);
    area = (fitting->crop_area + (1 - fitting->crop_area) * (double)u[0]) * width * height;
    shape = pow (aspect, 2 * (double)u[1] - 1);
    part.width = (int)lround (sqrt (area * shape));
    part.height = (int)lround (sqrt (area / shape));
    if (part.width < 1 || part.width > width || part.height < 1 || part.height > height)
      continue;
    part.x = draw_place (u[2], width - part.width);
    part.y = draw_place (u[3], height - part.height);
    return part;
  }
  return middle_part (aspect, width, height);
}

gboolean
gen_fitting_find_part (const GenFitting *fitting, int width, int height, GenPicturePart *part)
{
  if (fitting->fit != GEN_FIT_RANDOM_CROP || fitting->keeps_size)
    return FALSE;
  *part = draw_part (fitting, width, height);
  return TRUE;
}

gboolean
gen_fitting_apply_to_part (
    const GenFitting *fitting, const GenPicture *part, GenPicture *target, GError **error)
{
  return gen_picture_fit_over (part, target, GEN_FIT_STRETCH, fitting->background, error);
}

static void
keep_size (const GenFitting *fitting, const GenPicture *source, GenPicture *target)
{
  const int channels = target->channels;

  if (target->width != source->width || target->height != source->height) {
    gen_picture_clear (target);
    gen_picture_init (target, source->width, source->height, channels);
  }
  gen_picture_convert_over (source, target, fitting->background);
}

gboolean
gen_fitting_apply (
    const GenFitting *fitting, const GenPicture *source, GenPicture *target, GError **error)
{
  GenPicture cut = *source;
  GenPicturePart part;

  if (fitting->keeps_size) {
    keep_size (fitting, source, target);
    return TRUE;
  }
  if (!gen_fitting_find_part (fitting, source->width, source->height, &part))
    return gen_picture_fit_over (source, target, fitting->fit, fitting->background, error);
  cut.data += (gssize)part.y * source->stride + (gssize)part.x * source->channels;
  cut.width = part.width;
  cut.height = part.height;
  cut.owned = FALSE;
  return gen_fitting_apply_to_part (fitting, &cut, target, error);
}

/* How many times larger than its target the part of a picture is that is scaled, along the axis on
 * which it is so least; below 1 where it grows. */
static double
reduction (const GenFitting *fitting, int width, int height, const GenPicture *target)
{
  const double wide = (double)width / target->width, high = (double)height / target->height;

  if (fitting->fit == GEN_FIT_RANDOM_CROP) {
    const GenPicturePart part = draw_part (fitting, width, height);

    return MIN ((double)part.width / target->width, (double)part.height / target->height);
  }
  return fitting->fit == GEN_FIT_PAD ? MAX (wide, high) : MIN (wide, high);
}

int
gen_fitting_halvings (const GenFitting *fitting, int width, int height, const GenPicture *target)
{
  /* It may be turned yet. */
  const double least =
      MIN (reduction (fitting, width, height, target), reduction (fitting, height, width, target));
  int halvings = 0;

  if (fitting->keeps_size)
    return 0;
  while (halvings < MAX_HALVINGS && least >= 4 << halvings)
    halvings++;
  return halvings;
}
