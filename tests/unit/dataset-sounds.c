/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Datasets of sounds: folders with classes, windows and lengths of their own, splits that keep a
 * sound together, decoding ahead, and files that are not what they seem. */
#include <generative/dataset.h>

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "../scratch.h"

/* A sound whose sample N is (start + N) / 2^15, by which the tests know it again. */
static void
save_ramp (const char *folder, const char *name, int rate, gsize frames, int start)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  g_auto (GenSound) sound = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (parent, 0777), ==, 0);
  gen_sound_init (&sound, rate, 1, frames);
  for (gsize i = 0; i < frames; i++)
    sound.data[i] = (float)(start + (int)i) / 32768;
  gen_sound_save_wav (&sound, path, GEN_SOUND_WAV_S16, &error);
  g_assert_no_error (error);
}

static void
save_bytes (const char *folder, const char *name, const char *bytes, gsize length)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, bytes, (gssize)length, NULL));
}

static GenDataset *
open_sounds (const char *location)
{
  GenDatasetSettings settings = { 0 };
  g_autoptr (GError) error = NULL;
  GenDataset *dataset = gen_dataset_open (location, &settings, &error);

  g_assert_no_error (error);
  g_assert_true (gen_dataset_get_format (dataset)->medium == &gen_medium_sound);
  return dataset;
}

static GenDataset *
cut (const GenDataset *sources, gsize window, gsize hop)
{
  const GenDatasetCut settings = { .rate = 8000, .window = window, .hop = hop, .threads = 2 };
  g_autoptr (GError) error = NULL;
  GenDataset *dataset = gen_dataset_cut (sources, &settings, &error);

  g_assert_no_error (error);
  return dataset;
}

/* Three classes, one of them with a sound that is no sound; and beside them one without a class. */
static char *
make_folder (void)
{
  char *folder = scratch_new ();

  save_ramp (folder, "a/1.wav", 8000, 1000, 0);
  save_ramp (folder, "a/2.wav", 8000, 100, 2000);
  save_ramp (folder, "b/3.wav", 8000, 2550, 4000);
  save_bytes (folder, "b/4.wav", "words", 5);
  save_ramp (folder, "c.wav", 8000, 500, 8000);
  save_bytes (folder, "a/picture.png", "\x89PNG\r\n\x1a\n", 8);
  save_bytes (folder, "notes.txt", "words\n", 6);
  return folder;
}

static void
assert_ramp (const GenSound *sound, int start, gsize frames)
{
  for (gsize i = 0; i < sound->frames; i++)
    g_assert_cmpfloat_with_epsilon (
        sound->data[i], i < frames ? (float)(start + (int)i) / 32768 : 0, 1e-6);
}

static void
assert_item (const GenDataset *dataset, guint32 index, int start, gsize frames, gsize length)
{
  const GenFormat format = {
    .medium = &gen_medium_sound, .rate = 8000, .channels = 1, .length = length
  };
  g_auto (GenSample) sample = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (gen_dataset_get_length (dataset, index), ==, length);
  gen_sample_init (&sample, &format);
  gen_dataset_load (dataset, index, &(GenFitting){ 0 }, &sample, &error);
  g_assert_no_error (error);
  assert_ramp (&sample.sound, start, frames);
}

static void
test_folder (void)
{
  g_autofree char *folder = make_folder ();
  g_autoptr (GenDataset) files = open_sounds (folder), whole = cut (files, 0, 0);
  static const gsize lengths[] = { 1000, 100, 2550, 1, 500 };
  static const int labels[] = { 0, 0, 1, 1, -1 };
  static const int starts[] = { 0, 2000, 4000, -1, 8000 };

  g_assert_cmpuint (gen_dataset_get_count (files), ==, 5);
  g_assert_cmpint (gen_dataset_get_format (files)->rate, ==, 8000);
  g_assert_cmpint (gen_dataset_get_label_count (files), ==, 2);
  g_assert_cmpuint (gen_dataset_get_count (whole), ==, 5);
  g_assert_cmpstr (gen_dataset_get_label_name (whole, 1), ==, "b");
  for (guint32 i = 0; i < 5; i++) {
    g_autofree char *from = gen_dataset_describe_item (files, i);
    g_autofree char *name = gen_dataset_describe_item (whole, i);

    g_assert_cmpint (gen_dataset_get_label (whole, i), ==, labels[i]);
    g_assert_cmpuint (gen_dataset_get_length (whole, i), ==, lengths[i]);
    g_assert_cmpuint (gen_dataset_get_source (whole, i), ==, i);
    g_assert_cmpstr (name, ==, from);
    if (starts[i] >= 0)
      assert_item (whole, i, starts[i], lengths[i], lengths[i]);
  }
  scratch_remove (folder);
}

static void
test_windows (void)
{
  static const struct {
    gsize window, hop;
    guint32 count;
    struct {
      guint32 index, source;
      int start;
      gsize frames;
    } items[3];
  } cases[] = {
    { 1000, 0, 6, { { 0, 0, 0, 1000 }, { 1, 1, 2000, 100 }, { 3, 2, 5000, 1000 } } },
    { 1000, 500, 8, { { 2, 2, 4000, 1000 }, { 5, 2, 5500, 1000 }, { 7, 4, 8000, 500 } } },
    { 100, 300, 17, { { 0, 0, 0, 100 }, { 3, 0, 900, 100 }, { 16, 4, 8300, 100 } } },
    { 5000, 1, 5, { { 0, 0, 0, 1000 }, { 2, 2, 4000, 2550 }, { 4, 4, 8000, 500 } } },
  };
  g_autofree char *folder = make_folder ();
  g_autoptr (GenDataset) files = open_sounds (folder);

  for (gsize c = 0; c < G_N_ELEMENTS (cases); c++) {
    g_autoptr (GenDataset) windows = cut (files, cases[c].window, cases[c].hop);

    g_assert_cmpuint (gen_dataset_get_count (windows), ==, cases[c].count);
    g_assert_cmpuint (gen_dataset_get_format (windows)->length, ==, cases[c].window);
    for (int i = 0; i < 3; i++) {
      g_assert_cmpuint (
          gen_dataset_get_source (windows, cases[c].items[i].index), ==, cases[c].items[i].source);
      assert_item (windows, cases[c].items[i].index, cases[c].items[i].start,
          cases[c].items[i].frames, cases[c].window);
    }
  }
  scratch_remove (folder);
}

/* A single file is a dataset, too. */
static void
test_file (void)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "b", "3.wav", NULL);
  g_autofree char *text = g_build_filename (folder, "b", "4.wav", NULL);
  g_autoptr (GenDataset) file = open_sounds (path), windows = cut (file, 500, 250);
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;

  g_assert_cmpuint (gen_dataset_get_count (file), ==, 1);
  g_assert_cmpuint (gen_dataset_get_count (windows), ==, 9);
  assert_item (windows, 8, 6000, 500, 500);
  name = gen_dataset_describe_item (windows, 8);
  g_assert_nonnull (strstr (name, "3.wav, from frame 2000 at 8000 Hz"));
  g_assert_null (gen_dataset_open (text, &(GenDatasetSettings){ 0 }, &error));
  g_assert_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ);
  g_assert_nonnull (strstr (error->message, text));
  scratch_remove (folder);
}

/* More windows than there is room for, of a file that is nearly all hole. */
static void
test_many (void)
{
  const guint32 length = 100000000;
  const guint8 header[] = { 'R', 'I', 'F', 'F', 0x24, 0xe1, 0xf5, 0x05, 'W', 'A', 'V', 'E', 'f',
    'm', 't', ' ', 16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x40, 0x1f, 0, 0, 1, 0, 8, 0, 'd',
    'a', 't', 'a', 0x00, 0xe1, 0xf5, 0x05 };
  const GenDatasetCut settings = { .rate = 8000, .window = 1, .hop = 1 };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "long.wav", NULL);
  g_autoptr (GenDataset) file = NULL;
  g_autoptr (GError) error = NULL;

  save_bytes (folder, "long.wav", (const char *)header, sizeof header);
  g_assert_cmpint (truncate (path, (off_t)sizeof header + length), ==, 0);
  file = open_sounds (path);
  g_assert_null (gen_dataset_cut (file, &settings, &error));
  g_assert_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS);
  g_assert_nonnull (strstr (error->message, "100000000 windows of 1 frames are too many"));
  g_assert_nonnull (strstr (error->message, "a longer hop makes fewer"));
  scratch_remove (folder);
}

/* Frames that no sound has so many of in a second, and one who does not want to wait. */
static void
test_refused (void)
{
  g_autofree char *folder = make_folder ();
  g_autoptr (GenDataset) files = open_sounds (folder);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GenDatasetCut settings = { .rate = G_MAXINT, .window = 100, .cancellable = cancellable };
  g_autoptr (GError) rate = NULL, cancelled = NULL;

  g_assert_null (gen_dataset_cut (files, &settings, &rate));
  g_assert_error (rate, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS);
  g_assert_nonnull (strstr (rate->message, "2147483647 Hz; sounds have at most 3072000"));
  settings.rate = 8000;
  g_cancellable_cancel (cancellable);
  g_assert_null (gen_dataset_cut (files, &settings, &cancelled));
  g_assert_error (cancelled, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  scratch_remove (folder);
}

/* What a folder has most of is meant, unless something else is asked for. */
static void
test_medium (void)
{
  g_autofree char *folder = make_folder ();
  g_autoptr (GenDataset) files = open_sounds (folder);
  g_autoptr (GError) error = NULL;
  GenDatasetSettings settings = { .medium = &gen_medium_picture };

  /* There is one picture, and it is broken. */
  g_assert_null (gen_dataset_open (folder, &settings, &error));
  g_assert_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ);
  g_assert_nonnull (strstr (error->message, "none of its 1 pictures"));
  scratch_remove (folder);
}

/* Windows of one sound go into one part, and each window is in one part. */
static void
test_split (void)
{
  g_autofree char *folder = scratch_new ();
  g_autoptr (GenDataset) files = NULL, windows = NULL;
  GenSequenceSettings settings = GEN_SEQUENCE_DEFAULTS;
  int part_of[20];
  guint32 total = 0;

  for (int i = 0; i < 20; i++) {
    g_autofree char *name = g_strdup_printf ("%c/%02d.wav", i < 10 ? 'x' : 'y', i);

    save_ramp (folder, name, 8000, (gsize)(300 + 100 * i), i);
  }
  files = open_sounds (folder);
  windows = cut (files, 200, 100);
  memset (part_of, -1, sizeof part_of);
  settings.validation_fraction = 0.3;
  settings.test_fraction = 0.2;
  for (int part = GEN_SPLIT_TRAIN; part <= GEN_SPLIT_TEST; part++) {
    g_autoptr (GenSequence) sequence = NULL;
    gboolean seen[20] = { FALSE };
    int sources = 0;

    settings.split = part;
    sequence = gen_sequence_new (windows, &settings, NULL);
    for (guint32 i = 0; i < gen_sequence_get_length (sequence); i++) {
      guint32 source = gen_dataset_get_source (windows, gen_sequence_get_item (sequence, i));

      g_assert_true (part_of[source] == -1 || part_of[source] == part);
      part_of[source] = part;
      sources += !seen[source];
      seen[source] = TRUE;
    }
    g_assert_cmpint (sources, ==,
        part == GEN_SPLIT_TRAIN        ? 10
        : part == GEN_SPLIT_VALIDATION ? 6
                                       : 4);
    total += gen_sequence_get_length (sequence);
  }
  g_assert_cmpuint (total, ==, gen_dataset_get_count (windows));
  scratch_remove (folder);
}

static GenLoaderResult
next (GenLoader *loader, GenSample *sample, guint64 *frame, guint32 *item, gboolean *told)
{
  g_autoptr (GError) error = NULL;
  GenLoaderResult result = gen_loader_next (loader, sample, frame, item, &error);

  *told = error != NULL;
  return result;
}

/* Decoded ahead, with lengths of their own or all of one, forwards and backwards; the broken one is
 * told of once. */
static void
test_loader (void)
{
  static const int starts[] = { 0, 2000, 4000, -1, 8000 };
  static const gsize lengths[] = { 1000, 100, 2550, 1, 500 };
  g_autofree char *folder = make_folder ();
  g_autoptr (GenDataset) files = open_sounds (folder);

  for (int mode = 0; mode < 4; mode++) {
    gboolean own = mode % 2 == 0;
    g_autoptr (GenDataset) windows = cut (files, own ? 0 : 600, 600);
    g_autoptr (GenSequence) sequence = gen_sequence_new (windows, &GEN_SEQUENCE_DEFAULTS, NULL);
    g_autoptr (GenSequence) reference = gen_sequence_new (windows, &GEN_SEQUENCE_DEFAULTS, NULL);
    const GenLoaderSettings settings = { .format = { .medium = &gen_medium_sound,
                                             .rate = 8000,
                                             .channels = 1,
                                             .length = own ? 0 : 600 },
      .threads = mode < 2 ? 1 : 3,
      .frames = 10 * (guint64)gen_dataset_get_count (windows) };
    g_autoptr (GenLoader) loader = gen_loader_new (windows, sequence, &settings);
    g_auto (GenSample) sample = { 0 };
    guint bad = 0, told_of = 0;

    gen_sample_init (&sample, &settings.format);
    for (guint64 i = 0; i < 2 * settings.frames; i++) {
      guint64 frame, expected = i < settings.frames ? i : 2 * settings.frames - 1 - i;
      guint32 item, source;
      gboolean told;
      GenLoaderResult result;

      if (i == settings.frames)
        gen_loader_seek_backwards (loader, settings.frames - 1);
      result = next (loader, &sample, &frame, &item, &told);
      g_assert_cmpuint (frame, ==, expected);
      g_assert_cmpuint (item, ==, gen_sequence_get_item (reference, frame));
      source = gen_dataset_get_source (windows, item);
      told_of += told;
      bad += result == GEN_LOADER_BAD;
      g_assert_cmpint (result, ==, starts[source] < 0 ? GEN_LOADER_BAD : GEN_LOADER_SAMPLE);
      if (result != GEN_LOADER_SAMPLE)
        continue;
      g_assert_cmpuint (sample.sound.frames, ==, own ? lengths[source] : 600);
      if (own)
        assert_ramp (&sample.sound, starts[source], lengths[source]);
    }
    g_assert_cmpuint (bad, ==, 20);
    g_assert_cmpuint (told_of, ==, 1);
    g_assert_cmpuint (gen_loader_get_skipped (loader), ==, 1);
  }
  scratch_remove (folder);
}

/* Of a file that says it has a frame a second no hours of sound are made: it is left out, at once,
 * and named; as it is, it can be had. */
static void
test_slow (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *slow = g_build_filename (folder, "slow.wav", NULL);
  g_autoptr (GenDataset) files = NULL, windows = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GenSample) sample = { .medium = &gen_medium_sound };
  g_auto (GenSound) whole = { 0 };

  save_ramp (folder, "a.wav", 8000, 800, 0);
  save_ramp (folder, "slow.wav", 1, 200000, 0);
  files = open_sounds (folder);
  windows = cut (files, 400, 0);
  g_assert_cmpuint (gen_dataset_get_count (windows), ==, 2 + 1);
  gen_sample_init (&sample,
      &(GenFormat){ .medium = &gen_medium_sound, .rate = 8000, .channels = 1, .length = 400 });
  g_assert_false (gen_dataset_load (windows, 2, &(GenFitting){ 0 }, &sample, &error));
  g_assert_nonnull (strstr (error->message, slow));
  g_assert_nonnull (strstr (error->message, "1 frames a second"));
  g_clear_error (&error);
  g_assert_true (gen_sound_load (&whole, slow, 0, 0, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (whole.frames, ==, 200000);
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dataset-sounds/folder", test_folder);
  g_test_add_func ("/dataset-sounds/windows", test_windows);
  g_test_add_func ("/dataset-sounds/file", test_file);
  g_test_add_func ("/dataset-sounds/many", test_many);
  g_test_add_func ("/dataset-sounds/refused", test_refused);
  g_test_add_func ("/dataset-sounds/medium", test_medium);
  g_test_add_func ("/dataset-sounds/split", test_split);
  g_test_add_func ("/dataset-sounds/loader", test_loader);
  g_test_add_func ("/dataset-sounds/slow", test_slow);
  return g_test_run ();
}
