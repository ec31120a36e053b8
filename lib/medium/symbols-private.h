/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the server tells of symbols. */
#pragma once

#include <generative/symbols.h>

#include "../private-api.h"

/* A regular expression, as JSON Schema has them, of texts in which there is a symbol that is a
 * single character: of others it says nothing. (transfer full) */
GEN_PRIVATE_API char *gen_symbols_pattern (const GenSymbols *symbols);
