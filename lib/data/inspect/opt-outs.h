/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who does not want to be learned from: files that are kept with data, and are heeded by whoever
 * filters them. opt-outs.txt has a line for each content (SHA-256), fingerprint or rule; ai.txt and
 * robots.txt have rules; tdmrep.json is the W3C's TDM Reservation Protocol's. */
#pragma once

#include <json-glib/json-glib.h>

#include "../dataset-private.h"
#include "look.h"

typedef struct _GenOptOuts GenOptOuts;

/* Those kept with `dataset`: in its folder, or in that of its file, and in the file `further`,
 * which has lines as opt-outs.txt (NULL: none). NULL without an error where there are none, and
 * nothing is reserved by what is said of items. Errors name file and line. */
GenOptOuts *gen_opt_outs_load (const GenDataset *dataset, const char *further, GError **error);
void gen_opt_outs_free (GenOptOuts *opt_outs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenOptOuts, gen_opt_outs_free)
/* Whether gen_opt_outs_load would find any. */
gboolean gen_opt_outs_are_kept (const GenDataset *dataset);

/* What of an item has to be read (GenDataNeeds), and whether its fingerprint. */
guint gen_opt_outs_needs (const GenOptOuts *opt_outs);
gboolean gen_opt_outs_need_fingerprint (const GenOptOuts *opt_outs);
/* Fingerprints are near that differ in so many bits of 64 at most. */
void gen_opt_outs_set_distance (GenOptOuts *opt_outs, int distance);

/* By what an item is out, a reason as filters have them; NULL: it is not. `fingerprint` may be
 * NULL.
 */
const char *gen_opt_outs_find (const GenOptOuts *opt_outs, const GenDataset *dataset, guint32 index,
    const GenLook *look, const guint64 *fingerprint);
/* Which files were heeded, each with its SHA-256: [{"name":…,"sha256":…}]. (transfer full) */
JsonArray *gen_opt_outs_describe (const GenOptOuts *opt_outs);
/* Whether `reason` is one of gen_opt_outs_find's. */
gboolean gen_opt_outs_is_reason (const char *reason);
