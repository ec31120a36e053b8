/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sounds of a folder that windows draw from. What is short is decoded once and kept, as long as all
 * that is kept stays within a bound; of what is long the piece is decoded that is wanted. Which of
 * the two it is hangs on the sound alone, so that it is always the same samples. */
#include "sounds.h"

#include <string.h>

#include <generative/dataset.h>

/* Seconds of a sound that is decoded whole. */
#define SHORT 60
#define MOST_BYTES ((gsize)256 << 20)
#define MOST_ERRORS 100 /* that wait until somebody asks */

struct _GenAugmentSounds {
  GenDataset *dataset;
  GMutex lock;
  GHashTable *kept; /* GenSound by "index rate channels"; without samples where there are none */
  gsize bytes;
  GQueue errors; /* of GError, of sounds that could not be decoded */
};

static void
free_kept (gpointer sound)
{
  gen_sound_clear (sound);
  g_free (sound);
}

GenAugmentSounds *
gen_augment_sounds_open (const char *location, GError **error)
{
  const GenDatasetSettings settings = { .medium = &gen_medium_sound };
  GenDataset *dataset = gen_dataset_open (location, &settings, error);
  GenAugmentSounds *sounds;

  if (dataset == NULL)
    return NULL;
  sounds = g_new0 (GenAugmentSounds, 1);
  sounds->dataset = dataset;
  g_mutex_init (&sounds->lock);
  sounds->kept = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_kept);
  return sounds;
}

void
gen_augment_sounds_free (GenAugmentSounds *sounds)
{
  if (sounds == NULL)
    return;
  gen_dataset_free (sounds->dataset);
  g_hash_table_unref (sounds->kept);
  g_queue_clear_full (&sounds->errors, (GDestroyNotify)g_error_free);
  g_mutex_clear (&sounds->lock);
  g_free (sounds);
}

/* What a file says of its length, at the rate that is wanted; 0 where it cannot be read. */
static guint64
length_of (const char *path, int rate)
{
  guint64 frames;
  int own;

  if (!gen_sound_probe (path, &own, NULL, &frames, NULL))
    return 0;
  return gen_sound_scale_frames (frames, own, rate);
}

static void
note_error (GenAugmentSounds *sounds, GError *error)
{
  if (g_queue_get_length (&sounds->errors) < MOST_ERRORS)
    g_queue_push_tail (&sounds->errors, error);
  else
    g_error_free (error);
}

GError *
gen_augment_sounds_take_error (GenAugmentSounds *sounds)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&sounds->lock);

  return g_queue_pop_head (&sounds->errors);
}

static const GenSound *
keep (GenAugmentSounds *sounds, char *key, GenSound *sound)
{
  const gsize bytes = sound->frames * (gsize)sound->channels * sizeof (float);

  if (sounds->bytes + bytes > MOST_BYTES) {
    g_hash_table_remove_all (sounds->kept);
    sounds->bytes = 0;
  }
  sounds->bytes += bytes;
  g_hash_table_insert (sounds->kept, key, sound);
  return sound;
}

/* Frames [first, first + frames) of `whole`. */
static void
copy_frames (const GenSound *whole, guint64 first, gsize frames, GenSound *sound)
{
  const gsize frame = (gsize)whole->channels;

  gen_sound_init (sound, whole->rate, whole->channels, frames);
  memcpy (sound->data, whole->data + first * frame, frames * frame * sizeof (float));
}

/* Decode all of the sound and keep it, without frames where it cannot be. Under the lock. */
static const GenSound *
decode (GenAugmentSounds *sounds, char *key, const char *path, int rate, int channels)
{
  GenSound *sound = g_new0 (GenSound, 1);
  GError *error = NULL;

  if (!gen_sound_load (sound, path, rate, channels, &error)) {
    note_error (sounds, error);
    *sound = (GenSound){ .rate = rate, .channels = channels };
  }
  return keep (sounds, key, sound);
}

static guint64
begin_at (guint64 length, gsize most, double where)
{
  return length > most ? (guint64)(where * (double)(length - most)) : 0;
}

static gboolean
load_part (GenAugmentSounds *sounds, const char *path, double where, int rate, int channels,
    guint64 length, gsize most, GenSound *sound)
{
  GError *error = NULL;

  if (gen_sound_load_part (
          sound, path, rate, channels, begin_at (length, most, where), most, &error))
    return sound->frames > 0;
  note_error (sounds, error);
  return FALSE;
}

gboolean
gen_augment_sounds_load (GenAugmentSounds *sounds, double which, double where, int rate,
    int channels, gsize most, GenSound *sound)
{
  const guint32 count = gen_dataset_get_count (sounds->dataset);
  const guint32 index = MIN ((guint32)(which * count), count - 1);
  g_autofree char *key = g_strdup_printf ("%u %d %d", index, rate, channels);
  g_autofree char *path = gen_dataset_describe_item (sounds->dataset, index);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&sounds->lock);
  const GenSound *whole = g_hash_table_lookup (sounds->kept, key);

  if (whole == NULL) {
    const guint64 length = length_of (path, rate);

    if (length > (guint64)SHORT * (guint64)rate)
      return load_part (sounds, path, where, rate, channels, length, most, sound);
    whole = decode (sounds, g_steal_pointer (&key), path, rate, channels);
  }
  if (whole->frames > 0)
    copy_frames (whole, begin_at (whole->frames, most, where), MIN (whole->frames, most), sound);
  return whole->frames > 0;
}
