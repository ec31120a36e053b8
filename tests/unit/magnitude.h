/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

/**
 * How far apart two computations of `tensor` that round differently may come: a float32 tensor of
 * its shape (or of one element, where a bound for all will do), made by further nodes of `graph`,
 * which has to be inferred. Of sums of products it is the sum of the magnitudes of the products,
 * each factor's own magnitude in it, so that it follows through the graph what had been added up
 * before it was cancelled. Times the rounding error of a number, it bounds the error of the result,
 * but for a factor of the few roundings on the way.
 *
 * `made` remembers tensors' magnitudes from call to call. Fails for an operator that it does not
 * know.
 */
GenTensor *magnitude_of (GenGraph *graph, GenTensor *tensor, GHashTable *made, GError **error);
