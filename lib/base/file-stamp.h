/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which file was read, as it was then. */
#pragma once

#include <generative/file-bytes.h>

/* gen_file_bytes, and in `*stamp` a number of the file's device, inode, size and times: it is never
 * 0, and another one once the file was written to or replaced. */
GBytes *gen_file_bytes_stamped (const char *path, guint64 *stamp, GError **error);
