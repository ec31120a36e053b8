/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A film that is signed while it is written, with a history. */
#pragma once

#include "manifest.h"

/* As gen_provenance_stream_new, of a file that was something before. `parent` is not kept. */
GenProvenanceStream *gen_bmff_stream_new (const GenProvenanceClaim *claim,
    const GenProvenanceSigner *signer, const GenProvenanceParent *parent, gsize reserve,
    GenProvenanceWrite write, gpointer user_data, GError **error);
