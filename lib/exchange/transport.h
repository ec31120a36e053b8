/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How an engine moves what members exchange between processes: what its module exports. All
 * functions but open are called by one thread. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  /* Find the other processes, and which one this is. */
  gpointer (*open) (guint *process, guint *processes, GError **error);
  /* `agreed`: all processes are done. Where they are not, the others are ended, and this one. */
  void (*close) (gpointer self, gboolean agreed);
  /* `factor` times the sum of the numbers of all processes, by gen_sum_tree in their order. While
   * `*urgent` is 0, nobody waits for it, and the processor is somebody else's. */
  gboolean (*sum) (gpointer self, const float *from, float *to, gsize n, float factor,
      const int *urgent, GError **error);
  /* `size` bytes of each process, one after the other. */
  gboolean (*gather) (
      gpointer self, const void *mine, gsize size, void *all, const int *urgent, GError **error);
} GenExchangeTransport;

/* By this name. */
#define GEN_EXCHANGE_SYMBOL "gen_exchange_transport"

/* That of MPI, whose module is loaded when it is first asked for. */
const GenExchangeTransport *gen_exchange_mpi_transport (GError **error);

G_END_DECLS
