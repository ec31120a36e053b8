/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ICC profiles (ISO 15076-1), where the library is built with lcms2. */
#pragma once

#include <generative/picture.h>

/* Bring the colours of `picture` from those of a profile to sRGB, by its perceptual intent. Left as
 * they are where the profile is damaged, is of other samples (CMYK, say, of which libav has made
 * RGB already) or is sRGB itself. */
void gen_colour_profile_apply (const guint8 *profile, gsize size, GenPicture *picture);
