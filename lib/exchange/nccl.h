/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NCCL: sums of numbers that lie in the memory of NVIDIA's GPUs, over processes of which each has
 * one. The library is the machine's, and loaded where it is first asked for. */
#pragma once

#include <glib.h>

#include "../private-api.h"

G_BEGIN_DECLS

/* One of those that sum together; one thread's at a time. */
typedef struct _GenNccl GenNccl;

/* By which they find each other. */
typedef struct {
  char bytes[128];
} GenNcclId;

/* Its version: 10000 for a major one, 100 for a minor one. 0 with `error` where there is none that
 * serves. */
int gen_nccl_version (GError **error);
gboolean gen_nccl_make_id (GenNcclId *id, GError **error);
/* Number `rank` of `n`, on the GPU that is the thread's. It waits for the others. (transfer full)
 */
GenNccl *gen_nccl_new (const GenNcclId *id, guint rank, guint n, GError **error);
/* `agreed`: all have done what they were asked for. Where they have not, it is broken off. */
void gen_nccl_free (GenNccl *nccl, gboolean agreed);

/* Put the sums of the `n` numbers at `from` of all of them to `to` into a stream of CUDA's, or into
 * what is captured of it. All ask for the same in the same order. NULL, or what NCCL says. */
GEN_PRIVATE_API const char *gen_nccl_sum (
    GenNccl *nccl, const float *from, float *to, gsize n, void *stream);
/* Whether nothing has gone wrong so far with what was asked for. */
GEN_PRIVATE_API gboolean gen_nccl_check (GenNccl *nccl, GError **error);
/* End what waits for others that will not come. Nothing can be asked for any more. */
GEN_PRIVATE_API void gen_nccl_abort (GenNccl *nccl);

G_END_DECLS
