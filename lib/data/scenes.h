/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the scenes of a film begin.
 *
 * The change at a frame is the mean absolute difference between its luma and that of the frame
 * before it, of full scale, both reduced to 64 x 36 pixels by the mean of areas. Its score is how
 * much that exceeds the greater of the changes at the frame before and at the one behind: a cut
 * stands alone, while motion goes on, and a flash changes twice. A scene of a single frame, a
 * dissolve and a fade are not found. Needs the whole film decoded. */
#pragma once

#include "video-file.h"

/* The frames whose score is greater than `threshold`, of guint32, ascending; NULL with `error`
 * where the film cannot be decoded. (transfer full) */
GArray *gen_scenes_find (GenVideoFile *film, double threshold, GError **error);
