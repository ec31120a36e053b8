/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DISTS: likeness of structure and of texture in the features of VGG-16, so that grass which grows
 * elsewhere is still grass (Ding, Ma, Wang and Simoncelli, "Image quality assessment: unifying
 * structure and texture similarity", 2020). No package carries the net, so that it is a file of the
 * user's, which pipelines/convert-perceptual.py makes. */
#include "metrics.h"

const GenMetric gen_metric_dists = {
  .name = "dists",
  .medium = &gen_medium_picture,
  .summary = "One less the likeness of structure and texture in VGG-16's features (Ding et al. "
             "2020)",
  .unit = "0 to 1; 0 for equal frames",
  .needs_scorer = TRUE,
  .of_pairs = TRUE,
  .fields = { { "dists", GEN_FIELD_NUMBER, NULL, .better = GEN_BETTER_LOWER } },
  .n_fields = 1,
};
