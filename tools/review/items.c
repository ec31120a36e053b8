/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A folder may hold many thousands of items that have been decided on: each is read once, and from
 * then on only those that wait are, and the others asked whether they are the same ones: a folder
 * may be emptied, and numbers begin anew. */
#include "items.h"

#include <string.h>
#include <sys/stat.h>

#include "../../lib/base/json-members.h"

/* What one page shows of those that wait, and of those that do not any more. */
#define MAX_SHOWN 100
#define MAX_DECIDED 20

typedef struct {
  guint64 number;
  GenHoldDecision decision;
} Decided;

typedef struct {
  GenHoldDescription description;
  char identity[64]; /* of its file: two items of one number differ in it */
  gboolean decided;
} Known;

struct _ReviewItems {
  char *path;
  gint64 looked;     /* of g_get_monotonic_time; 0: never */
  GHashTable *known; /* number to Known */
  GArray *waiting;   /* numbers, in order */
  GQueue decided;    /* of Decided, the last one first */
};

static void
free_known (gpointer data)
{
  Known *known = data;

  gen_hold_description_clear (&known->description);
  g_free (known);
}

static void
free_decided (gpointer data)
{
  Decided *decided = data;

  gen_hold_decision_clear (&decided->decision);
  g_free (decided);
}

ReviewItems *
review_items_new (const char *path)
{
  ReviewItems *items = g_new0 (ReviewItems, 1);

  items->path = g_strdup (path);
  items->known = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, free_known);
  items->waiting = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_queue_init (&items->decided);
  return items;
}

void
review_items_free (ReviewItems *items)
{
  g_free (items->path);
  g_hash_table_unref (items->known);
  g_array_unref (items->waiting);
  g_queue_clear_full (&items->decided, free_decided);
  g_free (items);
}

static void
note_decided (ReviewItems *items, Known *known, const GenHoldDecision *decision)
{
  Decided *decided = g_new0 (Decided, 1);

  decided->number = known->description.number;
  decided->decision.decision = decision->decision;
  decided->decision.by = g_strdup (decision->by);
  decided->decision.reason = g_strdup (decision->reason);
  g_queue_push_head (&items->decided, decided);
  if (items->decided.length > MAX_DECIDED)
    free_decided (g_queue_pop_tail (&items->decided));
  known->decided = TRUE;
}

/* Empty where there is no such file. */
static void
identify (const ReviewItems *items, guint64 number, char *identity, gsize size)
{
  g_autofree char *path = g_strdup_printf ("%s/%06" G_GUINT64_FORMAT ".json", items->path, number);
  struct stat status;

  *identity = '\0';
  if (lstat (path, &status) == 0)
    g_snprintf (identity, size, "%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x-%lx",
        (guint64)status.st_ino, (guint64)status.st_mtim.tv_sec,
        (unsigned long)status.st_mtim.tv_nsec);
}

/* What is known of an item, which is read where it is a new one. */
static Known *
know (ReviewItems *items, guint64 number)
{
  Known *known = g_hash_table_lookup (items->known, &number);
  char identity[sizeof known->identity];

  identify (items, number, identity, sizeof identity);
  if (known != NULL && strcmp (known->identity, identity) == 0)
    return known;
  known = g_new0 (Known, 1);
  g_strlcpy (known->identity, identity, sizeof known->identity);
  /* What cannot be read is shown by its number. */
  gen_hold_describe (items->path, number, &known->description, NULL);
  g_hash_table_insert (items->known, g_memdup2 (&number, sizeof number), known);
  return known;
}

/* What cannot be read as a decision is none: the gate waits as well. */
static gboolean
is_waiting (ReviewItems *items, guint64 number)
{
  g_auto (GenHoldDecision) decision = { 0 };
  Known *known = know (items, number);

  if (known->decided)
    return FALSE;
  gen_hold_get_decision (items->path, number, &decision, NULL);
  if (decision.decision == GEN_DECISION_NONE)
    return TRUE;
  note_decided (items, known, &decision);
  return FALSE;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const guint64 x = *(const guint64 *)a, y = *(const guint64 *)b;

  return (x > y) - (x < y);
}

static gboolean
is_gone (gpointer number, gpointer known, gpointer numbers)
{
  return !g_array_binary_search (numbers, number, compare, NULL);
}

gboolean
review_items_look (ReviewItems *items, gint64 age, GError **error)
{
  g_autoptr (GArray) numbers = NULL;
  const gint64 now = g_get_monotonic_time ();

  if (items->looked > 0 && now - items->looked < age)
    return TRUE;
  numbers = gen_hold_list (items->path, error);
  if (numbers == NULL)
    return FALSE;
  items->looked = now;
  g_hash_table_foreach_remove (items->known, is_gone, numbers);
  g_array_set_size (items->waiting, 0);
  for (guint i = 0; i < numbers->len; i++) {
    const guint64 number = g_array_index (numbers, guint64, i);

    if (is_waiting (items, number))
      g_array_append_val (items->waiting, number);
  }
  return TRUE;
}

static Known *
find (ReviewItems *items, guint64 number)
{
  return g_array_binary_search (items->waiting, &number, compare, NULL)
             ? g_hash_table_lookup (items->known, &number)
             : NULL;
}

const GenHoldDescription *
review_items_find (ReviewItems *items, guint64 number)
{
  const Known *known = find (items, number);

  return known != NULL ? &known->description : NULL;
}

const char *
review_items_get_identity (ReviewItems *items, guint64 number)
{
  const Known *known = find (items, number);

  return known != NULL ? known->identity : NULL;
}

void
review_items_take (ReviewItems *items, guint64 number, const GenHoldDecision *decision)
{
  Known *known = g_hash_table_lookup (items->known, &number);

  if (known != NULL && !known->decided)
    note_decided (items, known, decision);
  items->looked = 0;
}

/* --- as JSON --- */

static void
set_time (JsonObject *object, const char *name, gint64 microseconds)
{
  if (microseconds > 0)
    json_object_set_int_member (object, name, microseconds / 1000);
}

static JsonObject *
write_item (const Known *known)
{
  const GenHoldDescription *item = &known->description;
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "number", (gint64)item->number);
  gen_json_set_text (object, "identity", known->identity);
  gen_json_set_text (object, "media", item->extension);
  gen_json_set_text (object, "label", item->label);
  gen_json_set_text (object, "reason", item->reason);
  gen_json_set_finite (object, "score", item->score);
  gen_json_set_finite (object, "time", item->time);
  set_time (object, "held", item->held_since);
  set_time (object, "deadline", item->deadline);
  return object;
}

static JsonObject *
write_decided (const Decided *decided)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "number", (gint64)decided->number);
  gen_json_set_text (object, "decision",
      decided->decision.decision == GEN_DECISION_APPROVE ? "approve" : "reject");
  gen_json_set_text (object, "by", decided->decision.by);
  gen_json_set_text (object, "reason", decided->decision.reason);
  return object;
}

void
review_items_write (ReviewItems *items, JsonObject *object)
{
  JsonArray *waiting = json_array_new (), *decided = json_array_new ();

  for (guint i = 0; i < MIN (items->waiting->len, MAX_SHOWN); i++) {
    const Known *known = find (items, g_array_index (items->waiting, guint64, i));

    if (known != NULL)
      json_array_add_object_element (waiting, write_item (known));
  }
  for (const GList *l = items->decided.head; l != NULL; l = l->next)
    json_array_add_object_element (decided, write_decided (l->data));
  set_time (object, "now", g_get_real_time ());
  json_object_set_int_member (object, "pending", items->waiting->len);
  json_object_set_array_member (object, "items", waiting);
  json_object_set_array_member (object, "decided", decided);
}
