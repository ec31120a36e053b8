/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bucket is one number, the time at which it is full again (the virtual scheduling algorithm):
 * nothing drips in while nobody asks. Those that are full again know nothing that a new one would
 * not, so that forgetting the one that has been silent for longest gives nobody more than is due,
 * unless there are more clients at once than are remembered. */
#include "rate-limit.h"

#include <math.h>

#define SHARE_AT_ONCE 6
#define LEAST_AT_ONCE 5

typedef struct {
  char *client;
  double full; /* when, in microseconds */
  GList link;  /* in `order` */
} Bucket;

struct _GenRateLimit {
  double interval; /* microseconds for one; 0: no limit */
  double burst;    /* microseconds that one may be ahead */
  guint most;
  GHashTable *buckets; /* client to Bucket */
  GQueue order;        /* of Buckets; the one that has been silent for longest comes first */
};

static void
free_bucket (gpointer data)
{
  Bucket *bucket = data;

  g_free (bucket->client);
  g_free (bucket);
}

void
gen_rate_limit_set (GenRateLimit *limit, double per_minute)
{
  limit->interval = per_minute > 0 ? 60.0 * G_USEC_PER_SEC / per_minute : 0;
  limit->burst = limit->interval * (MAX (floor (per_minute / SHARE_AT_ONCE), LEAST_AT_ONCE) - 1);
}

GenRateLimit *
gen_rate_limit_new (double per_minute, guint clients)
{
  GenRateLimit *limit = g_new0 (GenRateLimit, 1);

  limit->most = MAX (clients, 1);
  limit->buckets = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, free_bucket);
  g_queue_init (&limit->order);
  gen_rate_limit_set (limit, per_minute);
  return limit;
}

void
gen_rate_limit_free (GenRateLimit *limit)
{
  g_hash_table_unref (limit->buckets);
  g_free (limit);
}

/* The bucket of `client`, which is now the one that has asked last. */
static Bucket *
find (GenRateLimit *limit, const char *client)
{
  Bucket *bucket = g_hash_table_lookup (limit->buckets, client);

  if (bucket != NULL) {
    g_queue_unlink (&limit->order, &bucket->link);
    g_queue_push_tail_link (&limit->order, &bucket->link);
    return bucket;
  }
  if (g_hash_table_size (limit->buckets) >= limit->most) {
    Bucket *silent = g_queue_pop_head_link (&limit->order)->data;

    g_hash_table_remove (limit->buckets, silent->client);
  }
  bucket = g_new0 (Bucket, 1);
  bucket->client = g_strdup (client);
  bucket->full = -INFINITY;
  bucket->link.data = bucket;
  g_hash_table_insert (limit->buckets, bucket->client, bucket);
  g_queue_push_tail_link (&limit->order, &bucket->link);
  return bucket;
}

int
gen_rate_limit_take (GenRateLimit *limit, const char *client, gint64 now)
{
  Bucket *bucket;
  double excess;

  if (limit->interval == 0)
    return 0;
  bucket = find (limit, client);
  excess = bucket->full - (double)now - limit->burst;
  if (excess > 0)
    return (int)MIN (ceil (excess / G_USEC_PER_SEC), 3600);
  bucket->full = MAX (bucket->full, (double)now) + limit->interval;
  return 0;
}
