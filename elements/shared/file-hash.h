/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Of a file's bytes, SHA-256 in hexadecimal digits; NULL where it cannot be read, as where it is a
 * folder. (transfer full) */
char *gst_generative_hash_file (const char *path);
