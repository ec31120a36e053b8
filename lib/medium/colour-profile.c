/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "colour-profile.h"

#include <lcms2.h>

/* Lcms keeps all that it knows in a context, and complains nowhere. */
typedef struct {
  cmsContext context;
  cmsHPROFILE from, to;
  cmsHTRANSFORM transform;
} Conversion;

static void
conversion_clear (Conversion *conversion)
{
  if (conversion->transform != NULL)
    cmsDeleteTransform (conversion->transform);
  if (conversion->from != NULL)
    cmsCloseProfile (conversion->from);
  if (conversion->to != NULL)
    cmsCloseProfile (conversion->to);
  if (conversion->context != NULL)
    cmsDeleteContext (conversion->context);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Conversion, conversion_clear)

/* Grey with the transfer of sRGB. */
static cmsHPROFILE
create_grey (cmsContext context)
{
  /* IEC 61966-2-1, in the order of ISO 15076-1's parametric curve of type 3. */
  static const double srgb[] = { 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045 };
  cmsToneCurve *curve = cmsBuildParametricToneCurve (context, 4, srgb);
  cmsHPROFILE profile = cmsCreateGrayProfileTHR (context, cmsD50_xyY (), curve);

  cmsFreeToneCurve (curve);
  return profile;
}

static gboolean
open_conversion (Conversion *conversion, const guint8 *profile, gsize size, int channels)
{
  static const guint types[] = { [1] = TYPE_GRAY_8, [3] = TYPE_RGB_8, [4] = TYPE_RGBA_8 };
  const cmsColorSpaceSignature space = channels == 1 ? cmsSigGrayData : cmsSigRgbData;

  conversion->context = cmsCreateContext (NULL, NULL);
  if (size > G_MAXUINT32)
    return FALSE;
  conversion->from = cmsOpenProfileFromMemTHR (conversion->context, profile, (guint32)size);
  if (conversion->from == NULL || cmsGetColorSpace (conversion->from) != space)
    return FALSE;
  conversion->to = channels == 1 ? create_grey (conversion->context)
                                 : cmsCreate_sRGBProfileTHR (conversion->context);
  conversion->transform = cmsCreateTransformTHR (conversion->context, conversion->from,
      types[channels], conversion->to, types[channels], INTENT_PERCEPTUAL, cmsFLAGS_COPY_ALPHA);
  return conversion->transform != NULL;
}

/* Whether it changes no colour by more than rounding does: most profiles are sRGB's own. */
static gboolean
changes_nothing (const Conversion *conversion, int channels)
{
  enum { STEPS = 6, STEP = 51 };

  for (int i = 0; i < STEPS * STEPS * STEPS; i++) {
    const guint8 colour[4] = { (guint8)(i % STEPS * STEP), (guint8)(i / STEPS % STEPS * STEP),
      (guint8)(i / STEPS / STEPS * STEP), 255 };
    guint8 changed[4];

    cmsDoTransform (conversion->transform, colour, changed, 1);
    for (int c = 0; c < MIN (channels, 3); c++)
      if (ABS (colour[c] - changed[c]) > 1)
        return FALSE;
  }
  return TRUE;
}

void
gen_colour_profile_apply (const guint8 *profile, gsize size, GenPicture *picture)
{
  g_auto (Conversion) conversion = { 0 };

  if (!open_conversion (&conversion, profile, size, picture->channels) ||
      changes_nothing (&conversion, picture->channels))
    return;
  for (int y = 0; y < picture->height; y++) {
    guint8 *row = picture->data + (gssize)y * picture->stride;

    cmsDoTransform (conversion.transform, row, row, (guint32)picture->width);
  }
}
