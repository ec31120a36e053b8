/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Members tell each other where they work. NCCL hangs where two are on one GPU, where one has it
 * not, or another version: so all of that is known before it is asked for anything. */
#include "exchange-private.h"

#include <unistd.h>

#include "../graph/executor.h"

typedef struct {
  gboolean on_device;
  guint here;  /* members of its process */
  int version; /* of NCCL; 0: it has none that serves, as `text` says */
  char machine[64];
  char name[64]; /* of the GPU, on its machine */
  char text[256];
} Place;

static void
find_place (const GenExchange *exchange, const GenDevice *device, Place *place)
{
  const GenExecutorClass *executor = gen_device_executor (device, NULL);
  g_autoptr (GError) error = NULL;

  place->here = gen_exchange_members_here (exchange);
  gethostname (place->machine, sizeof place->machine - 1);
  if (executor == NULL || executor->identify == NULL)
    return;
  place->on_device = TRUE;
  if (executor->identify (place->name, sizeof place->name, &error))
    place->version = gen_nccl_version (&error);
  if (error != NULL)
    g_strlcpy (place->text, error->message, sizeof place->text);
}

static gboolean
is_same_gpu (const Place *a, const Place *b)
{
  return g_str_equal (a->machine, b->machine) && g_str_equal (a->name, b->name);
}

static char *
name_version (int version)
{
  return g_strdup_printf ("%d.%d.%d", version / 10000, version / 100 % 100, version % 100);
}

/* Why member `i` cannot take part; NULL: it can. (transfer full) */
static char *
find_reason (const Place *all, guint i)
{
  if (!all[i].on_device)
    return g_strdup ("it works on the CPU");
  if (all[i].here > 1)
    return g_strdup_printf ("its %u parts share a GPU", all[i].here);
  if (all[i].version == 0)
    return g_strdup (all[i].text);
  if (all[i].version != all[0].version) {
    g_autofree char *own = name_version (all[i].version), *first = name_version (all[0].version);

    return g_strdup_printf ("its NCCL is %s, and that of process 0 %s", own, first);
  }
  for (guint k = 0; k < i; k++)
    if (is_same_gpu (&all[k], &all[i]))
      return g_strdup_printf (
          "it shares GPU %s of %s with process %u", all[i].name, all[i].machine, k);
  return NULL;
}

static gboolean
check_places (const Place *all, guint n, GError **error)
{
  gboolean any = FALSE;

  for (guint i = 0; i < n; i++)
    any = any || all[i].on_device;
  for (guint i = 0; i < n; i++) {
    g_autofree char *reason = find_reason (all, i);

    if (reason == NULL)
      continue;
    if (any)
      g_set_error (error, GEN_EXCHANGE_ERROR, GEN_EXCHANGE_ERROR_UNAVAILABLE,
          "process %u of %u: %s", i / all[i].here, n / all[i].here, reason);
    return FALSE;
  }
  return TRUE;
}

/* The first one makes what they find each other by. */
static gboolean
join (GenExchange *exchange, GError **error)
{
  const guint rank = gen_exchange_rank (exchange), n = gen_exchange_size (exchange);
  g_autofree GenNcclId *ids = g_new (GenNcclId, n);
  g_autoptr (GError) failure = NULL;
  GenNcclId mine = { { 0 } };
  GenNccl *nccl = NULL;

  if (!gen_exchange_agree (exchange, rank != 0 || gen_nccl_make_id (&mine, &failure), &failure) ||
      !gen_exchange_gather (exchange, &mine, sizeof mine, ids, &failure)) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return FALSE;
  }
  nccl = gen_nccl_new (ids, rank, n, &failure);
  if (gen_exchange_agree (exchange, nccl != NULL, &failure)) {
    gen_exchange_set_nccl (exchange, nccl);
    return TRUE;
  }
  if (nccl != NULL)
    gen_nccl_free (nccl, FALSE);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

gboolean
gen_exchange_join_devices (GenExchange *exchange, const GenDevice *device, GError **error)
{
  const guint n = gen_exchange_size (exchange);
  g_autofree Place *all = g_new0 (Place, n);
  Place mine = { 0 };

  find_place (exchange, device, &mine);
  if (!gen_exchange_gather (exchange, &mine, sizeof mine, all, error) ||
      !check_places (all, n, error))
    return FALSE;
  return gen_exchange_nccl (exchange) != NULL || join (exchange, error);
}
