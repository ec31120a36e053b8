/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a model takes or makes that is neither a picture nor a sound, and goes on as a tensor. */
#pragma once

#include "caps.h"

/* Let an input of numbers of known extents, whatever they are, be met as one vector of all of them.
 * FALSE where it is no such. */
gboolean gst_generator_make_vector (GenPort *port);
/* The same of one that is shaped as a picture or a sound is. */
gboolean gst_generator_take_as_vector (GenPort *port);
/* Whether it is integers [N, D], which are no latents: bytes, ids, counts. */
gboolean gst_generator_is_integers (const GenPort *port);
/* Whether `ports->input` is such numbers, not latents. */
gboolean gst_generator_takes_numbers (const GstGeneratorPorts *ports);
/* The extents of one item of what goes in: a latent, or such numbers as they lie in the model. */
GenShape gst_generator_item_shape (const GstGeneratorPorts *ports);
/* Caps of one. (transfer full) */
char *gst_generator_describe_item (const GstGeneratorPorts *ports);
/* Whether `output` cannot be meant as a picture or a sound, made as it is of a picture or of
 * numbers. */
gboolean gst_generator_is_numbers (
    const GstGeneratorPorts *ports, const GenPort *output, const GstGeneratorHints *hints);
/* Let `ports->output` go on as it is. FALSE with `error` where that cannot be. */
gboolean gst_generator_choose_numbers (GstGeneratorPorts *ports, GError **error);
