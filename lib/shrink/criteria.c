/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/channel-criterion.h>

#include "../base/family.h"

const GenChannelCriterion *const *
gen_channel_criterion_list (void)
{
  static const GenChannelCriterion *const list[] = {
    &gen_channel_criterion_l2,
    &gen_channel_criterion_l1,
    &gen_channel_criterion_group,
    &gen_channel_criterion_batch_norm,
    &gen_channel_criterion_taylor,
    NULL,
  };

  return list;
}

const GenChannelCriterion *
gen_channel_criterion_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (gen_channel_criterion_list (), name, "criterion of channels",
      GEN_CHANNELS_ERROR, GEN_CHANNELS_ERROR_SETTING, error);
}
