/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decoding ahead.
 *
 * A ring of slots, each with a sample that is allocated once (or anew for each item, where items
 * have lengths of their own): the turn N goes to slot N modulo
 * their number. `head` is the turn that the reader waits for, `next` the one that the next idle
 * thread takes; it never runs further ahead than there are slots, which bounds the memory. Turns
 * count on from a seek, whose frame is turn 0, and go with the frames behind it or before it. One
 * lock guards all but the content of a slot, which belong to the thread that decodes into it
 * and, once it is done, to the reader.
 *
 * Samples that are kept never change and never go, so that they are read without the lock; room for
 * one is taken before it is decoded. */
#include <generative/dataset.h>

/* Slots for each thread: while one waits to be read, another is decoded into. */
#define SLOTS_PER_THREAD 3
/* Of items with lengths of their own no more numbers than these are decoded ahead. */
#define MAX_AHEAD ((gsize)1 << 26)

typedef enum {
  SLOT_FREE,
  SLOT_BUSY,
  SLOT_DONE,
  SLOT_BAD,
} SlotState;

typedef struct {
  SlotState state;
  guint32 item;
  GenSample sample;
  const GenSample *kept; /* the same, where it was there already */
  GError *error;         /* of a bad item that nobody was told of */
} Slot;

struct _GenLoader {
  const GenDataset *dataset;
  GenSequence *sequence;
  GenLoaderSettings settings;

  GMutex lock;
  GCond work; /* for the threads: a slot is free, or it is time to stop */
  GCond done; /* for the reader: a slot is done, or it is to stop waiting */
  Slot *slots;
  guint n_slots;
  guint64 head, next;
  guint64 origin;     /* the frame of turn 0, among the loader's own */
  gboolean backwards; /* the next turn's is the one before */
  guint busy;
  gsize ahead;      /* numbers in slots that are busy or done, where items have their own lengths */
  gboolean seeking; /* nothing new is begun until what is under way has ended */
  gboolean flushing, stopping;
  guint8 *bad; /* one per item of the dataset */
  guint32 skipped;
  GenSample **kept; /* one per item, NULL where it is not kept; NULL: none are */
  guint64 kept_bytes;

  GThread **threads;
  guint n_threads;
};

static Slot *
slot_of (GenLoader *loader, guint64 turn)
{
  return &loader->slots[turn % loader->n_slots];
}

static gboolean
has_part (const GenLoader *loader)
{
  return loader->settings.parts > 1;
}

/* How many frames before `frame` are the loader's own. */
static guint64
count_own (const GenLoader *loader, guint64 frame)
{
  const guint64 size = loader->settings.part_size;
  const guint64 batch = size * loader->settings.parts, first = size * loader->settings.part;
  const guint64 place = frame % MAX (batch, 1);

  if (!has_part (loader))
    return frame;
  return frame / batch * size + (place < first ? 0 : MIN (place - first, size));
}

static guint64
frame_of (const GenLoader *loader, guint64 turn)
{
  const guint64 own = loader->backwards ? loader->origin - turn : loader->origin + turn;
  const guint64 size = loader->settings.part_size;

  if (!has_part (loader))
    return own;
  return (own / size * loader->settings.parts + loader->settings.part) * size + own % size;
}

static gboolean
has_ended (const GenLoader *loader, guint64 turn)
{
  if (loader->backwards)
    return turn > loader->origin;
  return loader->settings.frames > 0 && frame_of (loader, turn) >= loader->settings.frames;
}

/* Whether each item has a length of its own. */
static gboolean
has_lengths (const GenLoader *loader)
{
  const GenFormat *format = &loader->settings.format;

  return (format->medium == &gen_medium_sound || format->medium == &gen_medium_text) &&
         format->length == 0;
}

/* Whether samples are of formats of their own, in memory of their own. */
static gboolean
has_own_formats (const GenLoader *loader)
{
  return has_lengths (loader) || loader->settings.fitting.keeps_size;
}

static gsize
count_numbers (const GenLoader *loader, guint32 item)
{
  if (!has_lengths (loader))
    return 0;
  return gen_dataset_get_length (loader->dataset, item) *
         (gsize)MAX (loader->settings.format.channels, 1);
}

/* Load an item into a sample that is there, or that is made for it. */
static gboolean
load_item (const GenLoader *loader, guint64 frame, guint32 item, GenSample *sample, GError **error)
{
  GenFitting fitting = loader->settings.fitting;

  fitting.draw =
      loader->settings.items_recur ? frame : frame / gen_sequence_get_length (loader->sequence);
  if (has_lengths (loader)) {
    GenFormat format = loader->settings.format;

    format.length = gen_dataset_get_length (loader->dataset, item);
    gen_sample_clear (sample);
    gen_sample_init (sample, &format);
  } else if (sample->medium == NULL) {
    gen_sample_init (sample, &loader->settings.format);
  }
  return gen_dataset_load (loader->dataset, item, &fitting, sample, error);
}

/* Bytes of an item's sample. */
static guint64
count_bytes (const GenLoader *loader, guint32 item)
{
  const GenFormat *format = &loader->settings.format;

  if (format->medium == &gen_medium_picture)
    return (guint64)format->width * (guint64)format->height * (guint64)format->channels;
  if (has_lengths (loader))
    return count_numbers (loader, item) * sizeof (float);
  return format->length *
         (format->medium == &gen_medium_text ? 1 : (guint64)MAX (format->channels, 1) * 4);
}

/* Room for a sample that is not kept yet; the lock is held. */
static gboolean
take_room (GenLoader *loader, guint32 item)
{
  const guint64 bytes = count_bytes (loader, item) + sizeof (GenSample);

  /* How long a text is that is an item as a whole nobody knows yet. */
  if (has_lengths (loader) && count_numbers (loader, item) == 0)
    return FALSE;
  if (loader->kept == NULL || loader->kept[item] != NULL ||
      bytes > loader->settings.cache - loader->kept_bytes)
    return FALSE;
  loader->kept_bytes += bytes;
  return TRUE;
}

static GenSample *
copy_sample (const GenSample *sample)
{
  const GenFormat format = gen_sample_format (sample);
  GenSample *copy = g_new0 (GenSample, 1);

  gen_sample_init (copy, &format);
  sample->medium->copy (sample, copy);
  return copy;
}

static void
free_sample (GenSample *sample)
{
  if (sample == NULL)
    return;
  gen_sample_clear (sample);
  g_free (sample);
}

/* Keep a sample for which there is room; give that back where there is none, or where another
 * thread was first. The lock is held. */
static void
keep_sample (GenLoader *loader, guint32 item, GenSample *sample)
{
  if (sample != NULL && loader->kept[item] == NULL) {
    loader->kept[item] = sample;
    return;
  }
  loader->kept_bytes -= count_bytes (loader, item) + sizeof (GenSample);
  free_sample (sample);
}

/* Whether the next frame is to be begun; the lock is held. */
static gboolean
may_begin (GenLoader *loader)
{
  if (loader->seeking || has_ended (loader, loader->next))
    return FALSE;
  if (loader->next == loader->head)
    return TRUE;
  return loader->next < loader->head + loader->n_slots && loader->ahead < MAX_AHEAD;
}

/* Decode one frame; the lock is held on entry and on return. */
static void
load_next (GenLoader *loader)
{
  const guint64 frame = frame_of (loader, loader->next);
  Slot *slot = slot_of (loader, loader->next);
  gboolean loaded = FALSE;
  GError *error = NULL;
  GenSample *copy = NULL;
  gboolean keep;

  slot->item = gen_sequence_get_item (loader->sequence, frame);
  slot->state = SLOT_BUSY;
  loader->ahead += count_numbers (loader, slot->item);
  loader->next++;
  slot->kept = loader->kept != NULL ? loader->kept[slot->item] : NULL;
  if (slot->kept != NULL) {
    loaded = TRUE;
  } else if (!loader->bad[slot->item]) {
    keep = take_room (loader, slot->item);
    loader->busy++;
    g_mutex_unlock (&loader->lock);
    loaded = load_item (loader, frame, slot->item, &slot->sample, &error);
    if (loaded && keep)
      copy = copy_sample (&slot->sample);
    g_mutex_lock (&loader->lock);
    loader->busy--;
    if (keep)
      keep_sample (loader, slot->item, copy);
  }
  slot->state = loaded ? SLOT_DONE : SLOT_BAD;
  slot->error = error;
  g_cond_signal (&loader->done);
}

static gpointer
run_thread (gpointer data)
{
  GenLoader *loader = data;

  g_mutex_lock (&loader->lock);
  while (!loader->stopping) {
    if (may_begin (loader))
      load_next (loader);
    else
      g_cond_wait (&loader->work, &loader->lock);
  }
  g_mutex_unlock (&loader->lock);
  return NULL;
}

GenLoader *
gen_loader_new (const GenDataset *dataset, GenSequence *sequence, const GenLoaderSettings *settings)
{
  GenLoader *loader = g_new0 (GenLoader, 1);

  loader->dataset = dataset;
  loader->sequence = sequence;
  loader->settings = *settings;
  loader->bad = g_new0 (guint8, gen_dataset_get_count (dataset));
  if (settings->cache > 0 && settings->fitting.fit != GEN_FIT_RANDOM_CROP &&
      !gen_dataset_is_in_memory (dataset))
    loader->kept = g_new0 (GenSample *, gen_dataset_get_count (dataset));
  g_mutex_init (&loader->lock);
  g_cond_init (&loader->work);
  g_cond_init (&loader->done);
  if (!gen_dataset_is_in_memory (dataset))
    loader->n_threads =
        settings->threads > 0 ? (guint)settings->threads : (guint)g_get_num_processors ();
  loader->n_slots = loader->n_threads * SLOTS_PER_THREAD;
  loader->slots = g_new0 (Slot, loader->n_slots);
  for (guint i = 0; i < loader->n_slots && !has_lengths (loader); i++)
    gen_sample_init (&loader->slots[i].sample, &settings->format);
  loader->threads = g_new (GThread *, loader->n_threads);
  for (guint i = 0; i < loader->n_threads; i++)
    loader->threads[i] = g_thread_new ("gen-loader", run_thread, loader);
  return loader;
}

void
gen_loader_free (GenLoader *loader)
{
  if (loader == NULL)
    return;
  g_mutex_lock (&loader->lock);
  loader->stopping = TRUE;
  g_cond_broadcast (&loader->work);
  g_mutex_unlock (&loader->lock);
  for (guint i = 0; i < loader->n_threads; i++)
    g_thread_join (loader->threads[i]);
  for (guint i = 0; i < loader->n_slots; i++) {
    gen_sample_clear (&loader->slots[i].sample);
    g_clear_error (&loader->slots[i].error);
  }
  g_mutex_clear (&loader->lock);
  g_cond_clear (&loader->work);
  g_cond_clear (&loader->done);
  for (guint32 i = 0; loader->kept != NULL && i < gen_dataset_get_count (loader->dataset); i++)
    free_sample (loader->kept[i]);
  g_free (loader->kept);
  g_free (loader->threads);
  g_free (loader->slots);
  g_free (loader->bad);
  g_free (loader);
}

/* A dataset in memory: nothing is gained by loading ahead. The lock is held. */
static GenLoaderResult
load_directly (GenLoader *loader, guint32 *item, GenSample *target, GError **error)
{
  const guint64 frame = frame_of (loader, loader->head);

  *item = gen_sequence_get_item (loader->sequence, frame);
  if (load_item (loader, frame, *item, target, error))
    return GEN_LOADER_SAMPLE;
  return GEN_LOADER_BAD;
}

/* The slot's sample to the reader. */
static void
give_sample (const GenLoader *loader, Slot *slot, GenSample *target)
{
  const GenSample *sample = slot->kept != NULL ? slot->kept : &slot->sample;

  if (!has_own_formats (loader)) {
    sample->medium->copy (sample, target);
    return;
  }
  gen_sample_clear (target);
  if (slot->kept != NULL) {
    const GenFormat format = gen_sample_format (sample);

    gen_sample_init (target, &format);
    sample->medium->copy (sample, target);
    return;
  }
  *target = slot->sample;
  slot->sample = (GenSample){ 0 };
}

/* Wait for the slot of `head`, copy what is in it and give it back. The lock is held on entry
 * and on return. */
static GenLoaderResult
take_slot (GenLoader *loader, guint32 *item, GenSample *target, GError **error)
{
  Slot *slot = slot_of (loader, loader->head);
  GenLoaderResult result = GEN_LOADER_BAD;

  while (!loader->flushing && slot->state != SLOT_DONE && slot->state != SLOT_BAD)
    g_cond_wait (&loader->done, &loader->lock);
  if (loader->flushing)
    return GEN_LOADER_FLUSHING;
  *item = slot->item;
  if (slot->state == SLOT_DONE) {
    g_mutex_unlock (&loader->lock);
    give_sample (loader, slot, target);
    g_mutex_lock (&loader->lock);
    result = GEN_LOADER_SAMPLE;
  } else if (!loader->bad[slot->item]) {
    /* Threads may have met the same bad item in several epochs by now. */
    loader->bad[slot->item] = TRUE;
    loader->skipped++;
    g_propagate_error (error, g_steal_pointer (&slot->error));
  }
  g_clear_error (&slot->error);
  slot->state = SLOT_FREE;
  loader->ahead -= count_numbers (loader, slot->item);
  g_cond_signal (&loader->work);
  return result;
}

GenLoaderResult
gen_loader_next (
    GenLoader *loader, GenSample *target, guint64 *frame, guint32 *item, GError **error)
{
  GenLoaderResult result;

  g_mutex_lock (&loader->lock);
  *frame = frame_of (loader, loader->head);
  if (loader->flushing)
    result = GEN_LOADER_FLUSHING;
  else if (has_ended (loader, loader->head))
    result = GEN_LOADER_END;
  else if (loader->n_threads == 0)
    result = load_directly (loader, item, target, error);
  else
    result = take_slot (loader, item, target, error);
  if (result == GEN_LOADER_SAMPLE || result == GEN_LOADER_BAD)
    loader->head++;
  g_mutex_unlock (&loader->lock);
  return result;
}

static void
seek (GenLoader *loader, guint64 frame, gboolean backwards)
{
  const guint64 own = count_own (loader, backwards ? frame + 1 : frame);

  g_mutex_lock (&loader->lock);
  loader->seeking = TRUE;
  while (loader->busy > 0)
    g_cond_wait (&loader->done, &loader->lock);
  for (guint i = 0; i < loader->n_slots; i++) {
    g_clear_error (&loader->slots[i].error);
    loader->slots[i].state = SLOT_FREE;
  }
  /* Behind the last one, where there is none of its own before. */
  loader->head = loader->next = backwards && own == 0;
  loader->ahead = 0;
  loader->origin = backwards ? MAX (own, 1) - 1 : own;
  loader->backwards = backwards;
  loader->seeking = FALSE;
  g_cond_broadcast (&loader->work);
  g_mutex_unlock (&loader->lock);
}

void
gen_loader_seek (GenLoader *loader, guint64 frame)
{
  seek (loader, frame, FALSE);
}

void
gen_loader_seek_backwards (GenLoader *loader, guint64 frame)
{
  seek (loader, frame, TRUE);
}

void
gen_loader_set_flushing (GenLoader *loader, gboolean flushing)
{
  g_mutex_lock (&loader->lock);
  loader->flushing = flushing;
  g_cond_signal (&loader->done);
  g_mutex_unlock (&loader->lock);
}

guint64
gen_loader_get_cached (GenLoader *loader)
{
  guint64 bytes;

  g_mutex_lock (&loader->lock);
  bytes = loader->kept_bytes;
  g_mutex_unlock (&loader->lock);
  return bytes;
}

guint32
gen_loader_get_skipped (GenLoader *loader)
{
  guint32 skipped;

  g_mutex_lock (&loader->lock);
  skipped = loader->skipped;
  g_mutex_unlock (&loader->lock);
  return skipped;
}
