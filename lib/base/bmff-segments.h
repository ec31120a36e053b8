/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stream of fragmented MP4, cut into its initialization segment and its media segments. */
#pragma once

#include "bmff-box.h"

/* A whole segment; `start` is where it was in the stream. */
typedef gboolean (*GenBmffTake) (
    GBytes *segment, gboolean init, guint64 start, gpointer user_data, GError **error);

typedef struct _GenBmffCutter GenBmffCutter;

GEN_PRIVATE_API GenBmffCutter *gen_bmff_cutter_new (GenBmffTake take, gpointer user_data);
GEN_PRIVATE_API void gen_bmff_cutter_free (GenBmffCutter *cutter);
/* The bytes that come next. */
GEN_PRIVATE_API gboolean gen_bmff_cutter_write (
    GenBmffCutter *cutter, const guint8 *data, gsize size, GError **error);
/* That was all. */
GEN_PRIVATE_API gboolean gen_bmff_cutter_finish (GenBmffCutter *cutter, GError **error);
