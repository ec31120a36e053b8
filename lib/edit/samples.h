/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/model.h>

/* Append what makes samples, [batch, channels, …], black 0 and white 1 or full scale 1, of what a
 * model has made by its output `port`. */
GenTensor *gen_samples_of_port (GenGraph *graph, GenTensor *x, const GenPort *port, GError **error);
/* How black and white of samples of `shape` stand: 0 and 1 of pictures, -1 and 1 of sounds. */
float gen_samples_black (const GenShape *shape);
/* The model of file `path` that makes a vector of each sample, with one input that takes samples of
 * `shape`, [batch, channels, …]; and that output's number. `what` it is stands in errors. */
GenModel *gen_samples_open_reader (
    const char *path, const char *what, const GenShape *shape, guint *output, GError **error);
/* Append what that model makes of `samples`: [batch, numbers]. */
GenTensor *gen_samples_read (
    GenGraph *graph, const GenModel *reader, guint output, GenTensor *samples, GError **error);
