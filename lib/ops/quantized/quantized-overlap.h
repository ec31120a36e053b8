/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Transposed convolutions of integers that make a few channels, as the last layers of generators
 * do. Vector units have nothing to do across so few results; so what each tap makes of a pixel is a
 * column of one product, which fills a vector, and where the windows of neighbours overlap, columns
 * are added up afterwards. */
#pragma once

#include "quantized-layer.h"

/* Whether it is the better way for `node`; it is as exact as any other. */
gboolean gen_quantized_overlap_suits (const GenNode *node, const GenQuantizedGeometry *geometry);
gboolean gen_quantized_overlap_cpu (
    GenKernel *kernel, const GenQuantizedGeometry *geometry, GError **error);
