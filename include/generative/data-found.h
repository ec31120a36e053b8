/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/dataset.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * What is found in data that are trained on, so that somebody can say later what they were:
 *
 *   {"medium", "items", "classes": {name: items}, "listing-sha256", "file-sha256",
 *    "licences": {licence: items}, "licence-file": {"name", "sha256", "begins"}, "samples",
 *    "left-out": {"items", "reasons": {reason: items}, "opt-outs": [{"name", "sha256"}]}}
 *
 * It is of the items that are kept. What is not known is not there.
 *
 * The listing is a line for each item, in their order: its name below the folder that the location
 * is or is in, a tab, the bytes of its file (- where it has none of its own), a tab, its class. So
 * it is another one when files come, go, are renamed or become longer, and not when one is
 * rewritten in its length: that would take reading all of them. A location that is one file of up
 * to 1 GiB is known by its bytes, too.
 *
 * @sequence: of the split that is trained on
 * @left_out: the summary of gen_data_filter_apply; NULL where nothing was to be left out
 * (transfer full) Since: 0.2
 */
GEN_API JsonObject *gen_data_describe_found (
    const GenDataset *dataset, const GenSequence *sequence, JsonObject *left_out);

G_END_DECLS
