/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of adapters share. */
#pragma once

#include <generative/adapter-file.h>

#include "../private-api.h"

/* gen_adapter_hash of a net as it was read, ended by 0: of the same files, unchanged, it is not
 * worked out again while somebody holds it. (transfer full) */
GEN_PRIVATE_API GBytes *gen_adapter_hash_of_files (const GenGraph *graph);

/* gen_adapters_attach; `*hash` gets that of the base, to be held as long as other adapters may be
 * wanted beside it, or NULL where there are none. */
gboolean gen_adapters_attach_to (GenGraph *graph, const char *files, const char *scales,
    const char *name, GBytes **hash, GError **error);

/* Put all of `files`, GenAdapterFile, beside the layers of `graph`, whatever their order, each by
 * an input of the name in `scales` at its place. */
gboolean gen_adapter_files_attach (
    const GPtrArray *files, GenGraph *graph, const char *const *scales, GError **error);
