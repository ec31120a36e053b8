/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/picture.h>

/* The AVPixelFormat of pictures of 1, 3 or 4 channels. */
int gen_picture_av_format (int channels);

/* Convert `source` to the channels of `target`, which has the same size. */
void gen_picture_convert (const GenPicture *source, GenPicture *target);

/* TRUE when the name or, failing that, the first bytes of the file tell a still picture that
 * libav knows. Says nothing of whether the file is whole. */
gboolean gen_picture_recognise (const char *path);
