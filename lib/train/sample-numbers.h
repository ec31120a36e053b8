/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/medium.h>

/* Whether all numbers of a sample are finite, as those of pictures always are: of others nothing
 * can be learned, and training diverges. The error says where `what`, sample `number` of them from
 * 0 on, has one that is not. */
gboolean gen_sample_check_numbers (
    const GenSample *sample, const char *what, guint64 number, GError **error);
