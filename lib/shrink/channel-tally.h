/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many indices are left of each axis that channels lie along: none may lose all. */
#pragma once

#include "channels-private.h"

typedef struct _GenChannelTally GenChannelTally;

GenChannelTally *gen_channel_tally_new (const GenChannels *channels);
void gen_channel_tally_free (GenChannelTally *tally);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenChannelTally, gen_channel_tally_free)
/* Let `channel` go; FALSE where that would be the last one somewhere, and it stays. */
gboolean gen_channel_tally_take (GenChannelTally *tally, guint channel);
