/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <glib.h>

G_BEGIN_DECLS

/* The one of `names`, which NULL ends, that was most likely meant by `wanted`: the fewest letters
 * are missing, too many, other ones or have changed places (optimal string alignment), no more than
 * a third of those of `wanted`, or one. The case of letters, and whether - or _ is between words,
 * do not count. NULL where none is near. Since: 0.2 */
GEN_API const char *gen_nearest_name (const char *wanted, const char *const *names);
/* The same as what an error adds to `wanted`: " (did you mean "hinge"?)", or "". (transfer full)
 * Since: 0.2 */
GEN_API char *gen_nearest_hint (const char *wanted, const char *const *names);

G_END_DECLS
