/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The sum of |a - b| over `n` levels. */
guint64 gen_differences_sum (const guint8 *a, const guint8 *b, int n);
