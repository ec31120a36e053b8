/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/obscure.h>

G_BEGIN_DECLS

/* Three means over `radius_x` pixels to the left and right and `radius_y` up and down, of what lies
 * in `region`, which is within the picture. FALSE, with nothing changed, where that would take more
 * memory than `scratch` can have. */
gboolean gen_blur_region (
    GenPicture *picture, const GenRegion *region, int radius_x, int radius_y, GByteArray *scratch);

G_END_DECLS
