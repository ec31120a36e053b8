/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Splits by content.
 *
 * What is dealt is a source: an item, or all that is cut from one. It is read once, and an index
 * remembers its digest, its fingerprint and its part. New ones are dealt in the order of their
 * digests, so that names and the order of files do not matter: to the part of what is the same or
 * nearly the same, else by the first bits of the digest. What is near to two parts would join them,
 * and is of none. */
#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "inspect/look.h"
#include "inspect/near.h"
#include "split-index.h"
#include "split.h"

/* Sources of a thread that are read between two looks at whether to go on. */
#define BLOCK 16

typedef struct {
  guint32 item, first, n; /* the one that stands for it, and all of it */
  GenSplitEntry entry;
  char *name;
  gboolean readable;
} Source;

typedef struct {
  const GenDataset *dataset;
  const GenSequenceSettings *settings;
  GenSplitIndex *index;
  GArray *sources; /* of Source */
} Deal;

static void
clear_source (gpointer data)
{
  g_free (((Source *)data)->name);
}

/* --- what there is --- */

/* Of what is shown as a row of items, the one in the middle stands for all: films begin alike. */
static void
list_sources (Deal *deal)
{
  const guint32 count = gen_dataset_get_count (deal->dataset);

  for (guint32 first = 0, next; first < count; first = next) {
    const guint32 source = gen_dataset_get_source (deal->dataset, first);
    g_autofree char *description = NULL;
    Source one = { .first = first };

    next = first + 1;
    while (next < count && gen_dataset_get_source (deal->dataset, next) == source)
      next++;
    one.n = next - first;
    one.item = first + one.n / 2;
    description = gen_dataset_describe_item (deal->dataset, one.item);
    one.name = g_strdup (gen_dataset_name_below (deal->dataset, description));
    g_array_append_val (deal->sources, one);
  }
}

/* The size and the time of the file that a source lies in. */
static gboolean
stamp (const Deal *deal, Source *source)
{
  g_autofree char *path = gen_dataset_describe_item (deal->dataset, source->item);
  GStatBuf status;

  if (g_stat (path, &status) != 0) {
    g_free (path);
    path = gen_dataset_get_shard_path (deal->dataset, source->item);
    if (path == NULL)
      path = g_strdup (deal->dataset->location);
    if (g_stat (path, &status) != 0)
      return FALSE;
  }
  if (!S_ISREG (status.st_mode))
    return FALSE;
  source->entry.size = (guint64)status.st_size;
  source->entry.modified =
      (gint64)status.st_mtim.tv_sec * 1000000000 + (gint64)status.st_mtim.tv_nsec;
  return TRUE;
}

/* Whether the index has it as it is now. */
static gboolean
recall (const Deal *deal, Source *source)
{
  const gint64 number = gen_split_index_find (deal->index, source->name);
  const GenSplitEntry *entry =
      number >= 0 ? gen_split_index_get (deal->index, (guint32)number) : NULL;

  if (!stamp (deal, source) || entry == NULL || entry->size != source->entry.size ||
      entry->modified != source->entry.modified)
    return FALSE;
  source->entry = *entry;
  return TRUE;
}

/* --- what is in it --- */

/* Whether near-duplicates of a medium are known. */
static gboolean
has_fingerprints (const Deal *deal)
{
  const GenMedium *medium = gen_dataset_get_format (deal->dataset)->medium;

  return deal->settings->split_distance > 0 &&
         (medium == &gen_medium_picture || medium == &gen_medium_sound);
}

/* What can be read and not decoded is known by its digest alone. */
static void
read_source (const Deal *deal, Source *source)
{
  const gboolean wants_fingerprint = has_fingerprints (deal);
  GenLook look;
  const gboolean seen = gen_look_at (&look, deal->dataset, source->item,
      wants_fingerprint ? GEN_NEED_FILE | GEN_NEED_ITEM : GEN_NEED_FILE, NULL);

  source->readable = look.has_digest;
  memcpy (source->entry.digest, look.digest, GEN_SPLIT_DIGEST);
  if (seen && wants_fingerprint)
    source->entry.has_fingerprint =
        gen_fingerprint_take (&look.inspected, &source->entry.fingerprint);
  gen_look_clear (&look);
}

/* Read all that the index does not have. */
static gboolean
read_new (const Deal *deal, GPtrArray *new, GError **error)
{
  const int threads =
      deal->settings->threads > 0 ? deal->settings->threads : (int)g_get_num_processors ();
  const guint block = (guint)threads * BLOCK;

  for (guint begin = 0; begin < new->len; begin += block) {
    const int n = (int)MIN (new->len - begin, block);

    if (g_cancellable_set_error_if_cancelled (deal->settings->cancellable, error))
      return FALSE;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int i = 0; i < n; i++)
      read_source (deal, g_ptr_array_index (new, begin + (guint)i));
  }
  return TRUE;
}

/* --- dealing --- */

/* By the first bits: a number from 0 to 1 that a content has for good. */
static GenSplit
split_of_digest (const GenSequenceSettings *settings, const guint8 *digest)
{
  guint64 bits = 0;
  double number;

  for (int i = 0; i < 8; i++)
    bits = bits << 8 | digest[i];
  number = ldexp ((double)(bits >> 11), -53);
  if (number < settings->test_fraction)
    return GEN_SPLIT_TEST;
  return number < settings->test_fraction + settings->validation_fraction ? GEN_SPLIT_VALIDATION
                                                                          : GEN_SPLIT_TRAIN;
}

/* What is near to a source: the first of each part. */
typedef struct {
  const GenSplitIndex *index;
  gint64 first[GEN_SPLIT_TEST + 1]; /* -1: none */
} Neighbours;

static void
take_neighbour (guint32 number, gpointer data)
{
  Neighbours *neighbours = data;
  const GenSplit split = gen_split_index_get (neighbours->index, number)->split;

  if (neighbours->first[split] < 0 || (gint64)number < neighbours->first[split])
    neighbours->first[split] = number;
}

static void
deal_source (Deal *deal, GenNear *near, Source *source)
{
  const gint64 same = gen_split_index_find_digest (deal->index, source->entry.digest);
  Neighbours neighbours = { deal->index, { -1, -1, -1, -1 } };
  GenSplitEntry *entry = &source->entry;
  guint parts = 0, number;

  entry->name = source->name;
  if (same >= 0) {
    const GenSplitEntry *other = gen_split_index_get (deal->index, (guint32)same);

    entry->split = other->split;
    memcpy (entry->near, other->near, sizeof entry->near);
    gen_split_index_put (deal->index, entry);
    return;
  }
  if (near != NULL && entry->has_fingerprint)
    gen_near_visit (near, entry->fingerprint, take_neighbour, &neighbours);
  entry->split = split_of_digest (deal->settings, entry->digest);
  for (GenSplit split = GEN_SPLIT_TRAIN; split <= GEN_SPLIT_TEST; split++) {
    if (neighbours.first[split] < 0)
      continue;
    entry->split = split;
    if (parts < G_N_ELEMENTS (entry->near))
      entry->near[parts] =
          gen_split_index_get (deal->index, (guint32)neighbours.first[split])->name;
    parts++;
  }
  if (parts > 1)
    entry->split = GEN_SPLIT_ALL;
  else
    memset (entry->near, 0, sizeof entry->near);
  number = gen_split_index_put (deal->index, entry);
  if (near != NULL && entry->has_fingerprint && entry->split != GEN_SPLIT_ALL)
    gen_near_add (near, entry->fingerprint, number);
}

static int
compare_sources (gconstpointer a, gconstpointer b)
{
  const Source *first = *(const Source *const *)a, *second = *(const Source *const *)b;
  const int order = memcmp (first->entry.digest, second->entry.digest, GEN_SPLIT_DIGEST);

  return order != 0 ? order : strcmp (first->name, second->name);
}

static void
deal_new (Deal *deal, GPtrArray *new)
{
  const guint distance = MIN (deal->settings->split_distance, GEN_FINGERPRINT_MAX_DISTANCE);
  g_autoptr (GenNear) near = distance > 0 && new->len > 0 ? gen_near_new ((int)distance) : NULL;

  for (guint32 i = 0; near != NULL && i < gen_split_index_get_count (deal->index); i++) {
    const GenSplitEntry *entry = gen_split_index_get (deal->index, i);

    if (entry->has_fingerprint && entry->split != GEN_SPLIT_ALL)
      gen_near_add (near, entry->fingerprint, i);
  }
  g_ptr_array_sort (new, compare_sources);
  for (guint i = 0; i < new->len; i++)
    deal_source (deal, near, g_ptr_array_index (new, i));
}

/* What cannot be read goes by its name, and is not remembered: it may be whole the next time. */
static void
deal_unreadable (const Deal *deal, Source *source)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize length = GEN_SPLIT_DIGEST;

  g_checksum_update (sum, (const guchar *)source->name, -1);
  g_checksum_get_digest (sum, source->entry.digest, &length);
  source->entry.split = split_of_digest (deal->settings, source->entry.digest);
}

static char *
explain (const Deal *deal, const GenSplitEntry *entry)
{
  static const char *const names[] = { "nothing", "train", "validation", "test" };
  GenSplit splits[2] = { GEN_SPLIT_ALL, GEN_SPLIT_ALL };

  for (gsize i = 0; i < G_N_ELEMENTS (splits); i++) {
    const gint64 number =
        entry->near[i] != NULL ? gen_split_index_find (deal->index, entry->near[i]) : -1;

    if (number >= 0)
      splits[i] = gen_split_index_get (deal->index, (guint32)number)->split;
  }
  return g_strdup_printf ("%s: nearly the same as %s, of split %s, and %s, of split %s",
      entry->name, entry->near[0] != NULL ? entry->near[0] : "something", names[splits[0]],
      entry->near[1] != NULL ? entry->near[1] : "something", names[splits[1]]);
}

/* The part of each item, and what is left out. */
static guint8 *
collect (const Deal *deal, char ***left_out)
{
  guint8 *parts = g_new (guint8, gen_dataset_get_count (deal->dataset));
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < deal->sources->len; i++) {
    const Source *source = &g_array_index (deal->sources, Source, i);

    memset (parts + source->first, (int)source->entry.split, source->n);
    if (source->entry.split == GEN_SPLIT_ALL)
      g_ptr_array_add (texts, explain (deal, &source->entry));
  }
  if (texts->len == 0)
    return parts;
  g_ptr_array_add (texts, NULL);
  *left_out = (char **)g_ptr_array_free (g_steal_pointer (&texts), FALSE);
  return parts;
}

guint8 *
gen_split_by_content (const GenDataset *sources, const GenSequenceSettings *settings,
    char ***left_out, GError **error)
{
  g_autoptr (GenSplitIndex) index = gen_split_index_open (sources->location, settings, error);
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (Source));
  g_autoptr (GPtrArray) unknown = g_ptr_array_new (), new = g_ptr_array_new ();
  Deal deal = { sources, settings, index, all };

  if (index == NULL)
    return NULL;
  g_array_set_clear_func (all, clear_source);
  list_sources (&deal);
  for (guint i = 0; i < all->len; i++) {
    Source *source = &g_array_index (all, Source, i);

    if (!recall (&deal, source))
      g_ptr_array_add (unknown, source);
  }
  if (!read_new (&deal, unknown, error))
    return NULL;
  for (guint i = 0; i < unknown->len; i++) {
    Source *source = g_ptr_array_index (unknown, i);

    if (source->readable)
      g_ptr_array_add (new, source);
    else
      deal_unreadable (&deal, source);
  }
  deal_new (&deal, new);
  return gen_split_index_save (index, error) ? collect (&deal, left_out) : NULL;
}
