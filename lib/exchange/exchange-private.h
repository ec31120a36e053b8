/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How members that work on devices of their own sum what lies there. */
#pragma once

#include <generative/device.h>
#include <generative/exchange.h>

#include "nccl.h"

G_BEGIN_DECLS

/* All members: each works on `device`. From here on what lies on a device is summed by NCCL, where
 * each has a GPU of its own and all have NCCL. FALSE where that is not so: such sums take the way
 * through the CPU's memory; `error` says why, and stays NULL where all work on the CPU. */
GEN_PRIVATE_API gboolean gen_exchange_join_devices (
    GenExchange *exchange, const GenDevice *device, GError **error);
/* What a member has of it; NULL: nothing. (transfer none) */
GEN_PRIVATE_API GenNccl *gen_exchange_nccl (const GenExchange *exchange);

/* Of exchange.c. (transfer full) */
void gen_exchange_set_nccl (GenExchange *exchange, GenNccl *nccl);
/* Members that share the process. */
GEN_PRIVATE_API guint gen_exchange_members_here (const GenExchange *exchange);

/* Which of the processes this is that were started together on this machine, from 0 on, as mpirun
 * or srun says it. */
GEN_PRIVATE_API guint gen_exchange_local_process (void);

G_END_DECLS
