/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Modules of this build, which are loaded where they are wanted and not before. */
#pragma once

#include <glib.h>

/* The path of module `name`: beside the library where that is installed, or in `folder` of lib/
 * where it has just been built. NULL where there is none. (transfer full) */
char *gen_module_find (const char *name, const char *folder);
