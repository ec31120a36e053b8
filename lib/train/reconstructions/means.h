/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/reconstruction.h>

/* The mean over the numbers of each sample: [batch] of [batch, …]. NULL of NULL. */
GenTensor *gen_reconstruction_mean (GenGraph *graph, GenTensor *numbers, GError **error);
