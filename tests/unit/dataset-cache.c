/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decoded items that are kept: what is shown again once their files are gone. */
#include <generative/dataset.h>

#include <string.h>

#include "../scratch.h"

enum { ITEMS = 12, SIZE = 8 };

static void
save_picture (const char *folder, int number)
{
  g_autofree char *path = g_strdup_printf ("%s/%02d.png", folder, number);
  g_auto (GenPicture) picture = { 0 };

  gen_picture_init (&picture, SIZE, SIZE, 1);
  memset (picture.data, 20 * number, (gsize)picture.stride * SIZE);
  g_assert_true (gen_picture_save_png (&picture, path, NULL));
}

static void
save_sound (const char *folder, int number)
{
  g_autofree char *path = g_strdup_printf ("%s/%02d.wav", folder, number);
  g_auto (GenSound) sound = { 0 };

  gen_sound_init (&sound, 8000, 1, (gsize)(50 + number));
  for (gsize i = 0; i < sound.frames; i++)
    sound.data[i] = (float)number / 32;
  g_assert_true (gen_sound_save_wav (&sound, path, GEN_SOUND_WAV_S16, NULL));
}

static void
remove_files (const char *folder)
{
  for (int i = 0; i < ITEMS; i++) {
    g_autofree char *picture = g_strdup_printf ("%s/%02d.png", folder, i);
    g_autofree char *sound = g_strdup_printf ("%s/%02d.wav", folder, i);

    g_unlink (picture);
    g_unlink (sound);
  }
}

/* How many of an epoch there are, all of which must be what they were. */
static guint
show_epoch (GenLoader *loader, GenSample *sample)
{
  guint shown = 0;

  for (int i = 0; i < ITEMS; i++) {
    g_autoptr (GError) error = NULL;
    guint64 frame;
    guint32 item;

    if (gen_loader_next (loader, sample, &frame, &item, &error) != GEN_LOADER_SAMPLE)
      continue;
    shown++;
    if (sample->medium == &gen_medium_picture) {
      for (int p = 0; p < SIZE * SIZE; p++)
        g_assert_cmpint (
            sample->picture.data[p / SIZE * sample->picture.stride + p % SIZE], ==, 20 * item);
      continue;
    }
    g_assert_cmpuint (sample->sound.frames, ==, 50 + item);
    for (gsize s = 0; s < sample->sound.frames; s++)
      g_assert_cmpfloat (sample->sound.data[s], ==, (float)item / 32);
  }
  return shown;
}

/* The room is for `room` pictures, with what each takes besides. */
static void
test_pictures (gconstpointer data)
{
  const guint room = GPOINTER_TO_UINT (data);
  const guint64 bytes = room * (SIZE * SIZE + sizeof (GenSample));
  g_autofree char *folder = scratch_new ();
  g_autoptr (GenDataset) dataset = NULL;
  g_autoptr (GenSequence) sequence = NULL;
  g_autoptr (GenLoader) loader = NULL;
  g_auto (GenSample) sample = { 0 };
  GenLoaderSettings settings = { .format = { &gen_medium_picture, SIZE, SIZE, 1 },
    .threads = 3,
    .frames = 3 * ITEMS,
    .cache = bytes };

  for (int i = 0; i < ITEMS; i++)
    save_picture (folder, i);
  dataset = gen_dataset_open (folder, &(GenDatasetSettings){ 0 }, NULL);
  sequence = gen_sequence_new (dataset, &GEN_SEQUENCE_DEFAULTS, NULL);
  loader = gen_loader_new (dataset, sequence, &settings);
  gen_sample_init (&sample, &settings.format);
  g_assert_cmpuint (show_epoch (loader, &sample), ==, ITEMS);
  /* Nothing of the second epoch is decoded ahead any more. */
  remove_files (folder);
  gen_loader_seek (loader, ITEMS);
  g_assert_cmpuint (show_epoch (loader, &sample), ==, MIN (room, ITEMS));
  g_assert_cmpuint (gen_loader_get_cached (loader), <=, bytes);
  g_assert_cmpuint (gen_loader_get_skipped (loader), ==, ITEMS - MIN (room, ITEMS));
  /* Backwards, too. */
  gen_loader_seek_backwards (loader, ITEMS - 1);
  g_assert_cmpuint (show_epoch (loader, &sample), ==, MIN (room, ITEMS));
  scratch_remove (folder);
}

static void
test_sounds (void)
{
  g_autofree char *folder = scratch_new ();
  g_autoptr (GenDataset) sounds = NULL, cut = NULL;
  g_autoptr (GenSequence) sequence = NULL;
  g_autoptr (GenLoader) loader = NULL;
  g_auto (GenSample) sample = { 0 };
  const GenDatasetCut cutting = { .rate = 8000 };
  GenLoaderSettings settings = { .format = { &gen_medium_sound, .channels = 1, .rate = 8000 },
    .threads = 3,
    .frames = 2 * ITEMS,
    .cache = 1 << 20 };

  for (int i = 0; i < ITEMS; i++)
    save_sound (folder, i);
  sounds = gen_dataset_open (folder, &(GenDatasetSettings){ 0 }, NULL);
  cut = gen_dataset_cut (sounds, &cutting, NULL);
  sequence = gen_sequence_new (cut, &GEN_SEQUENCE_DEFAULTS, NULL);
  loader = gen_loader_new (cut, sequence, &settings);
  sample.medium = &gen_medium_sound;
  g_assert_cmpuint (show_epoch (loader, &sample), ==, ITEMS);
  remove_files (folder);
  gen_loader_seek (loader, ITEMS);
  g_assert_cmpuint (show_epoch (loader, &sample), ==, ITEMS);
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/dataset-cache/none", GUINT_TO_POINTER (0), test_pictures);
  g_test_add_data_func ("/dataset-cache/some", GUINT_TO_POINTER (5), test_pictures);
  g_test_add_data_func ("/dataset-cache/all", GUINT_TO_POINTER (ITEMS), test_pictures);
  g_test_add_func ("/dataset-cache/sounds", test_sounds);
  return g_test_run ();
}
