/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LPIPS: how far two pictures are apart in the features of a net that was trained to tell objects
 * apart, each feature weighted as people judged (Zhang, Isola, Efros, Shechtman and Wang, "The
 * unreasonable effectiveness of deep features as a perceptual metric", 2018). No package carries
 * the net, so that it is a file of the user's, which pipelines/convert-perceptual.py makes. */
#include "metrics.h"

const GenMetric gen_metric_lpips = {
  .name = "lpips",
  .known_as = (const char *const[]){ "perceptual", NULL },
  .medium = &gen_medium_picture,
  .summary = "Distance of a net's features, weighted as people judge (Zhang et al. 2018)",
  .unit = "from 0; 0 for equal frames",
  .needs_scorer = TRUE,
  .of_pairs = TRUE,
  .fields = { { "lpips", GEN_FIELD_NUMBER, NULL, .better = GEN_BETTER_LOWER } },
  .n_fields = 1,
};
