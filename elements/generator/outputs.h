/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of a model's outputs are played, and which inputs and outputs have pads or files of their
 * own. */
#pragma once

#include "caps.h"

/* The input or output of that name that flows. NULL with `error`, which tells which there are. */
const GenPort *gst_generator_find_port (
    const GenModel *model, gboolean is_output, const char *name, GError **error);
/* Whether the inputs that have pads or files of their own are some of the model's. */
gboolean gst_generator_check_beside (
    const GenModel *model, const GstGeneratorHints *hints, GError **error);
/* Whether input `port` has a pad or a file of its own. */
gboolean gst_generator_is_beside (const GstGeneratorHints *hints, const GenPort *port);
/* The output that is played, and `ports->mask` where one goes with it; NULL with `error` where what
 * is said cannot be, and without where there is none. */
const GenPort *gst_generator_choose_output (
    GstGeneratorPorts *ports, GenModel *model, const GstGeneratorHints *hints, GError **error);
/* What has a pad or a file of its own, once the others are known. */
gboolean gst_generator_choose_sides (
    GstGeneratorPorts *ports, const GstGeneratorHints *hints, GError **error);
/* Let the mask be the last channel of the output, each with its range. */
void gst_generator_join_mask (GstGeneratorPorts *ports);

/* What goes into `use` of the mask where frames have alpha, or have not. */
void gst_generator_fit_mask (const GstGeneratorPorts *ports, gboolean has_alpha, GenModelUse *use);
/* `shape` without outer extents of 1, as tensors travel. */
GenShape gst_generator_inner_shape (const GenShape *shape);
/* Whether the source caps `caps` are one tensor of as many numbers as `shape`. */
gboolean gst_generator_check_tensor (GstCaps *caps, const GenShape *shape, GError **error);
/* The extents of what comes out of `port`, an output, of `input`, without outer ones. */
gboolean gst_generator_numbers_shape (const GstGeneratorPorts *ports, const GenPort *port,
    const GstGeneratorInput *input, GenShape *shape, GError **error);
/* Whether there are as many for each buffer of a run as `use` says. */
gboolean gst_generator_check_rows (const GstGeneratorPorts *ports, const GenPort *port,
    const GenModelUse *use, const GenShape *one, GError **error);
/* The size of the pictures of `port`, an output, that are made of `input`. */
gboolean gst_generator_picture_size (const GstGeneratorPorts *ports, const GenPort *port,
    const GstGeneratorInput *input, int *height, int *width, GError **error);
