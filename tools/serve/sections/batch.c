/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [batch]: frames of several sessions in one run of a model. */
#include "../configuration.h"

#define FIELD(name) G_STRUCT_OFFSET (ServeBatchSettings, name)

static const ServeKey keys[] = {
  { "most", SERVE_KEY_INTEGER, FIELD (most), "8", 1, 64,
      .blurb = "how many frames go into a run of a model at most" },
  { "wait-ms", SERVE_KEY_NUMBER, FIELD (wait_ms), "5", 0, 1000,
      .blurb = "how many milliseconds a frame waits for others at most" },
};

const ServeSection serve_section_batch = {
  .name = "batch",
  .blurb = "Frames of several sessions in one run of a model",
  .size = sizeof (ServeBatchSettings),
  .keys = keys,
  .n_keys = G_N_ELEMENTS (keys),
};
