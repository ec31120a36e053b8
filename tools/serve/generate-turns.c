/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate-turns.h"

/* Whether `result` becomes one of `work`, which agrees with `first` (NULL: it is that). */
static gboolean
take (ServeWork *work, const ServeWork *first, ServeResult *result)
{
  if ((first != NULL && !serve_work_agrees (work, first)) ||
      !serve_work_next (work, &result->number))
    return FALSE;
  result->work = serve_work_ref (work);
  return TRUE;
}

/* Behind `n` results, one of each that may have one: how many there are then. */
static guint
go_round (GQueue *works, guint n, guint most, ServeResult *results)
{
  GList *item = works->head;

  for (guint left = works->length; left > 0 && n < most; left--) {
    GList *next = item->next;
    const gboolean taken = take (item->data, n > 0 ? results[0].work : NULL, &results[n]);

    n += taken;
    if (serve_work_is_exhausted (item->data)) {
      serve_work_unref (item->data);
      g_queue_delete_link (works, item);
    } else if (taken) {
      g_queue_unlink (works, item);
      g_queue_push_tail_link (works, item);
    }
    item = next;
  }
  return n;
}

guint
serve_turns_take (GQueue *works, guint most, ServeResult *results)
{
  guint before, n = 0;

  do {
    before = n;
    n = go_round (works, n, most, results);
  } while (n > before && n < most);
  return n;
}
