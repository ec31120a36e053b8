/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/tensor.h>

/* Numbers of `from`, `shape` of them at `data`, as those of `to`. (transfer full), or NULL where
 * either is no number. */
gpointer numbers_convert (
    const void *data, const GenShape *shape, GenDataType from, GenDataType to, GError **error);
