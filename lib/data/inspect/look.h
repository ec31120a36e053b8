/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One item of a dataset, looked at as closely as is asked for: what examining, filters and splits
 * by content share. */
#pragma once

#include "inspect-private.h"

typedef struct {
  GenInspected inspected; /* which points to what follows */
  GenSample sample, luma;
  GenFileTraits traits;
  gboolean has_digest;
  guint8 digest[GEN_DATA_DIGEST]; /* SHA-256 of the file; of what is none, of its numbers */
} GenLook;

/* Look at an item; `needs` are GenDataNeeds, and what is not among them is not read. A file within
 * another one is known by its bytes, as one that lies by itself. With FALSE, which says that not
 * all of it could be had, there may be a digest nevertheless. `look` is filled anew, and must not
 * move. */
gboolean gen_look_at (
    GenLook *look, const GenDataset *dataset, guint32 index, guint needs, GError **error);
void gen_look_clear (GenLook *look);
