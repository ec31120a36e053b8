/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one registry of the process: plans know nothing of each other, and elements in different
 * pipelines have nothing in common but the process, so that what they share can only be found here.
 * It holds nothing by itself: an entry goes with the last of its users.
 *
 * Packed weights are found by their bytes, after packing. That asks nothing of a kernel (equal
 * bytes are equal whatever made them, from whichever file), and a hash that misleads costs a
 * comparison, never a result. */
#include "shared.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "weight-files.h"

/* Smaller memory is not worth an entry. */
#define LEAST_SHARED 4096
/* From here on memory comes from the system, and goes back to it at once. */
#define LEAST_MAPPED (256 * 1024)

typedef struct {
  GenSharedKey key;
  GBytes *bytes;
  guint users;
} Entry;

/* Not a GMutex: the thread sanitizer would not see it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static GHashTable *entries; /* those in use, by key; NULL when there are none */
static gsize total;

static guint
key_hash (gconstpointer data)
{
  const GenSharedKey *key = data;
  guint64 hash = 0;

  for (guint i = 0; i < G_N_ELEMENTS (key->words); i++)
    hash = (hash ^ key->words[i]) * 0x9e3779b97f4a7c15u;
  return hash >> 32;
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (GenSharedKey)) == 0;
}

static void
leave (gpointer data)
{
  Entry *entry = data;

  pthread_mutex_lock (&lock);
  if (--entry->users > 0)
    entry = NULL;
  if (entry != NULL) {
    total -= g_bytes_get_size (entry->bytes);
    g_hash_table_remove (entries, &entry->key);
    if (g_hash_table_size (entries) == 0)
      g_clear_pointer (&entries, g_hash_table_unref);
  }
  pthread_mutex_unlock (&lock);
  if (entry == NULL)
    return;
  g_bytes_unref (entry->bytes);
  g_free (entry);
}

/* A further user of the entry, under the lock. */
static GBytes *
join (Entry *entry)
{
  gsize size;
  const void *data = g_bytes_get_data (entry->bytes, &size);

  entry->users++;
  return g_bytes_new_with_free_func (data, size, leave, entry);
}

GBytes *
gen_shared_find (const GenSharedKey *key)
{
  GBytes *found = NULL;
  Entry *entry;

  pthread_mutex_lock (&lock);
  entry = entries != NULL ? g_hash_table_lookup (entries, key) : NULL;
  if (entry != NULL)
    found = join (entry);
  pthread_mutex_unlock (&lock);
  return found;
}

GBytes *
gen_shared_add (const GenSharedKey *key, GBytes *bytes)
{
  GBytes *found;
  Entry *entry;

  pthread_mutex_lock (&lock);
  if (entries == NULL)
    entries = g_hash_table_new (key_hash, key_equal);
  entry = g_hash_table_lookup (entries, key);
  if (entry == NULL) {
    entry = g_new0 (Entry, 1);
    entry->key = *key;
    entry->bytes = g_bytes_ref (bytes);
    g_hash_table_insert (entries, &entry->key, entry);
    total += g_bytes_get_size (bytes);
  }
  found = join (entry);
  pthread_mutex_unlock (&lock);
  return found;
}

gsize
gen_shared_size (void)
{
  gsize size;

  pthread_mutex_lock (&lock);
  size = total;
  pthread_mutex_unlock (&lock);
  return size;
}

/* --- memory --- */

static gsize
round_up (gsize size)
{
  return (size + 63) & ~(gsize)63;
}

void *
gen_shared_alloc (gsize size)
{
  void *memory;

  size = MAX (round_up (size), 64);
  if (size >= LEAST_MAPPED) {
    memory = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
      memory = NULL;
    else
      madvise (memory, size, MADV_HUGEPAGE);
  } else {
    memory = aligned_alloc (64, size);
    if (memory != NULL)
      memset (memory, 0, size);
  }
  if (memory == NULL)
    g_error ("%s: cannot allocate %" G_GSIZE_FORMAT " bytes", G_STRLOC, size);
  return memory;
}

void
gen_shared_free (void *memory, gsize size)
{
  if (memory != NULL && round_up (size) >= LEAST_MAPPED)
    munmap (memory, round_up (size));
  else
    free (memory);
}

typedef struct {
  void *memory;
  gsize size;
} Block;

static void
free_block (gpointer data)
{
  Block *block = data;

  gen_shared_free (block->memory, block->size);
  g_free (block);
}

/* Eight sums side by side, which keep up with memory. */
guint64
gen_shared_hash (const void *memory, gsize size)
{
  const guint8 *bytes = memory;
  guint64 sums[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, hash = size, word;
  gsize at = 0;

  for (; at + sizeof sums <= size; at += sizeof sums)
    for (guint i = 0; i < G_N_ELEMENTS (sums); i++) {
      memcpy (&word, bytes + at + i * sizeof word, sizeof word);
      sums[i] = (sums[i] ^ word) * 0x9e3779b97f4a7c15u;
      sums[i] ^= sums[i] >> 32;
    }
  for (guint i = 0; i < G_N_ELEMENTS (sums); i++)
    hash = (hash ^ sums[i]) * 0xbf58476d1ce4e5b9u ^ hash >> 29;
  for (; at < size; at++)
    hash = (hash ^ bytes[at]) * 0x100000001b3u;
  return hash;
}

GBytes *
gen_shared_keep (void *memory, gsize size)
{
  Block *block = g_new (Block, 1);

  *block = (Block){ memory, size };
  return g_bytes_new_with_free_func (memory, size, free_block, block);
}

/* The process's own first, then the machine's. `own` is what was packed. */
static GBytes *
find_or_add (const GenSharedKey *key, GBytes *own)
{
  GBytes *shared = gen_shared_find (key);
  g_autoptr (GBytes) mapped = NULL;
  gsize size;
  const void *memory = g_bytes_get_data (own, &size);

  if (shared != NULL)
    return shared;
  mapped = gen_weight_files_share (memory, size, key->words[0]);
  return gen_shared_add (key, mapped != NULL ? mapped : own);
}

GBytes *
gen_shared_take (void *memory, gsize size)
{
  g_autoptr (GBytes) own = gen_shared_keep (memory, size);
  GenSharedKey key = { { 0 } };
  GBytes *shared;

  if (size < LEAST_SHARED)
    return g_steal_pointer (&own);
  key.words[0] = gen_shared_hash (memory, size);
  key.words[1] = size;
  shared = find_or_add (&key, own);
  if (memcmp (g_bytes_get_data (shared, NULL), memory, size) == 0)
    return shared;
  g_bytes_unref (shared);
  return g_steal_pointer (&own);
}
