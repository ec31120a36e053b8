/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds: plain memory for plans on the CPU, the executor's own for those on a device. */
#include <generative/feed.h>

#include "kernel.h"
#include "plan-private.h"

struct _GenFeed {
  guint input;
  void *data;
  const GenExecutorClass *klass;
  GenExecutorFeed *remote; /* NULL: `data` is the feed's own */
};

GenFeed *
gen_feed_new (GenPlan *plan, guint input, GError **error)
{
  g_autoptr (GenFeed) feed = g_new0 (GenFeed, 1);
  const gsize size = gen_plan_input (plan, input)->size;
  GenExecutor *executor = gen_plan_executor (plan, &feed->klass);

  feed->input = input;
  if (feed->klass->create_feed == NULL) {
    feed->data = gen_aligned_alloc (MAX (size, 1));
    memset (feed->data, 0, size);
    return g_steal_pointer (&feed);
  }
  feed->remote = feed->klass->create_feed (executor, input, error);
  if (feed->remote == NULL)
    return NULL;
  feed->data = feed->klass->feed_host (feed->remote);
  return g_steal_pointer (&feed);
}

void
gen_feed_free (GenFeed *feed)
{
  if (feed->remote != NULL)
    feed->klass->destroy_feed (feed->remote);
  else
    gen_aligned_free (feed->data);
  g_free (feed);
}

void *
gen_feed_data (GenFeed *feed)
{
  return feed->data;
}

gboolean
gen_feed_send (GenFeed *feed, GError **error)
{
  return feed->remote == NULL || feed->klass->send (feed->remote, error);
}

void
gen_plan_bind_feed (GenPlan *plan, GenFeed *feed)
{
  gen_plan_bind_input (plan, feed->input, feed->data);
  if (feed->remote != NULL)
    feed->klass->bind_feed (gen_plan_executor (plan, NULL), feed->input, feed->remote);
}
