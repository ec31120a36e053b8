/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a model can be asked for, found from how a generator plays it. */
#pragma once

#include <generative/model.h>

#include "../../lib/serve/generate-facts.h"
#include "generate-player.h"

/* NULL with `error`. (transfer full) */
GenServeFacts *serve_facts_of (
    const char *name, const GenModel *model, ServePlayer *player, GError **error);
