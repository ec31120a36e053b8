/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "select.h"

#include "../shared/choices.h"

#include <math.h>

static void
choose_by_threshold (
    GstDiscriminatorSelection *selection, GstDiscriminatorCandidate *candidates, guint n)
{
  for (guint i = 0; i < n; i++)
    candidates[i].passes =
        isfinite (candidates[i].worth) && candidates[i].worth >= selection->threshold;
}

/* The first of the best ones, where several are. */
static void
choose_best (GstDiscriminatorSelection *selection, GstDiscriminatorCandidate *candidates, guint n)
{
  GstDiscriminatorCandidate *best = NULL;

  for (guint i = 0; i < n; i++)
    if (isfinite (candidates[i].worth) && (best == NULL || candidates[i].worth > best->worth))
      best = &candidates[i];
  if (best != NULL)
    best->passes = TRUE;
}

static void
choose_by_rejection (
    GstDiscriminatorSelection *selection, GstDiscriminatorCandidate *candidates, guint n)
{
  for (guint i = 0; i < n; i++) {
    candidates[i].counts = !gen_rejection_burns_in (selection->rejection);
    candidates[i].passes = gen_rejection_take (selection->rejection, candidates[i].log_odds);
  }
}

const GstDiscriminatorSelector *const *
gst_discriminator_selector_list (void)
{
  static const GstDiscriminatorSelector threshold = {
    .name = "threshold",
    .description = "Those that have at least the threshold",
    .choose = choose_by_threshold,
  };
  static const GstDiscriminatorSelector best = {
    .name = "best",
    .description = "The best one of each candidates that follow each other",
    .together = TRUE,
    .choose = choose_best,
  };
  static const GstDiscriminatorSelector rejection = {
    .name = "rejection",
    .description = "By chance, so that those that pass are as real ones are (discriminator "
                   "rejection sampling)",
    .rejects = TRUE,
    .choose = choose_by_rejection,
  };
  static const GstDiscriminatorSelector *const list[] = { &threshold, &best, &rejection, NULL };

  return list;
}

GType
gst_discriminator_select_get_type (void)
{
  GST_GENERATIVE_RETURN_FAMILY ("GstDiscriminatorSelect", gst_discriminator_selector_list);
}
