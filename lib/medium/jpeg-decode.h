/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JPEG by libjpeg-turbo: faster than libav, part by part, and the very samples that most other
 * programs get of a file. Takes what is plain and whole (grey or YCbCr of 8 bits); whatever else a
 * file is, libav is to say. */
#pragma once

#include "fitting.h"

typedef struct _GenJpeg GenJpeg;

/* What the header says; NULL where libav is to be asked. `data` has to stay. */
GenJpeg *gen_jpeg_open (const guint8 *data, gsize size);
void gen_jpeg_free (GenJpeg *jpeg);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenJpeg, gen_jpeg_free)

/* As the file lies, whatever its Exif data say of how it was held: 1, upright, to 8. */
int gen_jpeg_get_width (const GenJpeg *jpeg);
int gen_jpeg_get_height (const GenJpeg *jpeg);
int gen_jpeg_get_orientation (const GenJpeg *jpeg);
/* The colour profile in it; NULL where there is none. */
const guint8 *gen_jpeg_get_profile (const GenJpeg *jpeg, gsize *size);

/* The picture, whose sides are halved so many times (0 to 3) and rounded up; where a part of that
 * is given, no more than it is decoded, and comes out as it is in the whole. FALSE where the file
 * is damaged or cut short, of which libav is to say what. Once. */
gboolean gen_jpeg_read (
    GenJpeg *jpeg, int halvings, const GenPicturePart *part, GenPicture *picture);
