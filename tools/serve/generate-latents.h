/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The latents of a request, as `latentsrc` would make them: frame N of a seed is the same. */
#pragma once

#include <gst/gst.h>

#include "../../lib/serve/generate-request.h"
#include "generate-player.h"

/* What goes in for result `number` of `request`. (transfer full) */
GstBuffer *serve_latents_make (
    const GenServeRequest *request, const ServePlayerInput *input, guint number);
/* Drawn, of a seed that nobody said, and of the first class: for trials. (transfer full) */
GstBuffer *serve_latents_sample (const ServePlayerInput *input, guint number);
