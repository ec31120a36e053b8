/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "main-call.h"

/* A server that ends does not wait for those who wait for it. */
#define PATIENCE (10 * G_TIME_SPAN_SECOND)

typedef struct {
  GMutex lock;
  GCond cond;
  ServeMainCall call;
  gpointer data, result;
  GDestroyNotify free_data, release;
  gboolean done, abandoned;
} Call;

static void
clear_call (gpointer data)
{
  Call *call = data;

  if (call->free_data != NULL)
    call->free_data (call->data);
  g_mutex_clear (&call->lock);
  g_cond_clear (&call->cond);
}

static void
release_call (gpointer call)
{
  g_atomic_rc_box_release_full (call, clear_call);
}

static gboolean
run (gpointer data)
{
  Call *call = data;
  gpointer result = call->call (call->data);
  gboolean abandoned;

  g_mutex_lock (&call->lock);
  call->done = TRUE;
  call->result = result;
  abandoned = call->abandoned;
  g_cond_signal (&call->cond);
  g_mutex_unlock (&call->lock);
  if (abandoned && result != NULL && call->release != NULL)
    call->release (result);
  return G_SOURCE_REMOVE;
}

gpointer
serve_main_call (
    ServeMainCall function, gpointer data, GDestroyNotify free_data, GDestroyNotify release)
{
  const gint64 end = g_get_monotonic_time () + PATIENCE;
  Call *call = g_atomic_rc_box_new0 (Call);
  gpointer result;

  g_mutex_init (&call->lock);
  g_cond_init (&call->cond);
  call->call = function;
  call->data = data;
  call->free_data = free_data;
  call->release = release;
  g_idle_add_full (G_PRIORITY_DEFAULT, run, g_atomic_rc_box_acquire (call), release_call);
  g_mutex_lock (&call->lock);
  while (!call->done && g_cond_wait_until (&call->cond, &call->lock, end))
    ;
  call->abandoned = !call->done;
  result = call->result;
  g_mutex_unlock (&call->lock);
  release_call (call);
  return result;
}
