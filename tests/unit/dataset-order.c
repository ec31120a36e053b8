/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In which order items come: classes that are balanced, a buffer to draw from, workers that share
 * an epoch. Orders of a seed are those that a program in Python computed apart, from the definition
 * of Philox. */
#include <generative/dataset.h>

#include <string.h>

#include "../scratch.h"

static void
save_picture (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  g_auto (GenPicture) picture = { 0 };

  g_assert_cmpint (g_mkdir_with_parents (parent, 0777), ==, 0);
  gen_picture_init (&picture, 1, 1, 1);
  g_assert_true (gen_picture_save_png (&picture, path, NULL));
}

static void
save_pictures (const char *folder, const char *class, int n)
{
  for (int i = 0; i < n; i++) {
    g_autofree char *name = g_strdup_printf ("%s/%02d.png", class, i);

    save_picture (folder, name);
  }
}

static GenDataset *
open_folder (const char *folder)
{
  g_autoptr (GError) error = NULL;
  GenDataset *dataset = gen_dataset_open (folder, &(GenDatasetSettings){ 0 }, &error);

  g_assert_no_error (error);
  return dataset;
}

/* Two items of the first class, five of the second, three of the third. */
static GenDataset *
open_classes (void)
{
  g_autofree char *folder = scratch_new ();
  GenDataset *dataset;

  save_pictures (folder, "a", 2);
  save_pictures (folder, "b", 5);
  save_pictures (folder, "c", 3);
  dataset = open_folder (folder);
  scratch_remove (folder);
  return dataset;
}

static GenSequence *
new_sequence (const GenDataset *dataset, const GenSequenceSettings *settings)
{
  g_autoptr (GError) error = NULL;
  GenSequence *sequence = gen_sequence_new (dataset, settings, &error);

  g_assert_no_error (error);
  return sequence;
}

static void
assert_epoch (GenSequence *sequence, guint64 epoch, const guint32 *items)
{
  const guint32 n = gen_sequence_get_length (sequence);

  for (guint32 i = 0; i < n; i++)
    g_assert_cmpuint (gen_sequence_get_item (sequence, epoch * n + i), ==, items[i]);
}

/* How often each item comes in an epoch. */
static void
count_items (GenSequence *sequence, guint64 epoch, guint *counts)
{
  const guint32 n = gen_sequence_get_length (sequence);

  for (guint32 i = 0; i < n; i++)
    counts[gen_sequence_get_item (sequence, epoch * n + i)]++;
}

static void
test_oversample (void)
{
  static const guint32 first[] = { 8, 3, 1, 4, 2, 0, 7, 9, 1, 8, 0, 6, 7, 5, 0 };
  static const guint32 second[] = { 5, 1, 7, 1, 8, 1, 9, 6, 2, 9, 0, 4, 9, 0, 3 };
  static const guint32 plain[] = { 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 7, 8, 8, 9 };
  g_autoptr (GenDataset) dataset = open_classes ();
  GenSequenceSettings settings = GEN_SEQUENCE_DEFAULTS;
  g_autoptr (GenSequence) sequence = NULL, in_order = NULL;
  guint counts[10] = { 0 };

  settings.seed = 5;
  settings.balance = GEN_BALANCE_OVERSAMPLE;
  sequence = new_sequence (dataset, &settings);
  g_assert_cmpuint (gen_sequence_get_length (sequence), ==, 15);
  g_assert_cmpuint (gen_sequence_count_items (sequence), ==, 10);
  assert_epoch (sequence, 0, first);
  assert_epoch (sequence, 1, second);
  assert_epoch (sequence, 0, first);
  /* After so many epochs all items of a class have come as often. */
  for (int epoch = 0; epoch < 6; epoch++)
    count_items (sequence, epoch, counts);
  for (int i = 0; i < 10; i++)
    g_assert_cmpuint (counts[i], ==, i < 2 ? 15 : i < 7 ? 6 : 10);

  settings.shuffle = FALSE;
  in_order = new_sequence (dataset, &settings);
  assert_epoch (in_order, 0, plain);
}

static void
test_undersample (void)
{
  static const guint32 epochs[][6] = { { 0, 6, 7, 1, 8, 2 }, { 9, 4, 1, 5, 0, 7 },
    { 0, 8, 9, 3, 1, 6 } };
  g_autoptr (GenDataset) dataset = open_classes ();
  GenSequenceSettings settings = GEN_SEQUENCE_DEFAULTS;
  g_autoptr (GenSequence) sequence = NULL;
  guint counts[10] = { 0 };

  settings.seed = 5;
  settings.balance = GEN_BALANCE_UNDERSAMPLE;
  sequence = new_sequence (dataset, &settings);
  g_assert_cmpuint (gen_sequence_get_length (sequence), ==, 6);
  for (gsize e = 0; e < G_N_ELEMENTS (epochs); e++)
    assert_epoch (sequence, e, epochs[e]);
  /* Nothing is left aside for good: five epochs show the greatest class twice. */
  for (int epoch = 0; epoch < 5; epoch++)
    count_items (sequence, epoch, counts);
  for (int i = 2; i < 7; i++)
    g_assert_cmpuint (counts[i], ==, 2);
}

static void
test_balance_faults (void)
{
  g_autofree char *folder = scratch_new ();
  g_autoptr (GenDataset) dataset = NULL;
  GenSequenceSettings settings = GEN_SEQUENCE_DEFAULTS;
  g_autoptr (GError) error = NULL;

  save_picture (folder, "a.png");
  save_picture (folder, "b.png");
  dataset = open_folder (folder);
  settings.balance = GEN_BALANCE_OVERSAMPLE;
  g_assert_null (gen_sequence_new (dataset, &settings, &error));
  g_assert_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS);
  g_assert_nonnull (strstr (error->message, "balance"));
  scratch_remove (folder);
}

static void
test_buffer (void)
{
  static const guint32 first[] = { 2, 3, 1, 4, 5, 0, 7, 8, 9, 6 };
  static const guint32 second[] = { 0, 2, 1, 5, 6, 7, 3, 8, 9, 4 };
  g_autoptr (GenDataset) dataset = open_classes ();
  GenSequenceSettings settings = GEN_SEQUENCE_DEFAULTS;

  settings.seed = 5;
  settings.shuffle_buffer = 3;
  {
    g_autoptr (GenSequence) sequence = new_sequence (dataset, &settings);

    assert_epoch (sequence, 0, first);
    assert_epoch (sequence, 1, second);
  }
  /* What comes is never further ahead than the buffer reaches, whatever its size. */
  for (guint buffer = 1; buffer < 13; buffer++) {
    g_autoptr (GenSequence) sequence = NULL;
    guint counts[10] = { 0 };

    settings.shuffle_buffer = buffer;
    sequence = new_sequence (dataset, &settings);
    count_items (sequence, 7, counts);
    for (guint i = 0; i < 10; i++) {
      g_assert_cmpuint (counts[i], ==, 1);
      g_assert_cmpuint (gen_sequence_get_item (sequence, 70 + i), <, i + buffer);
    }
  }
}

/* Shards of ten pictures each: those of one come together, and shards in an order of their own. */
static void
test_shards (void)
{
  g_autofree char *folder = scratch_new ();
  g_autoptr (GenDataset) dataset = NULL;
  g_autoptr (GenSequence) sequence = NULL;
  GenSequenceSettings settings = GEN_SEQUENCE_DEFAULTS;
  gboolean moved = FALSE;

  for (int shard = 0; shard < 3; shard++) {
    g_autofree char *class = g_strdup_printf ("class%d", shard);
    g_autofree char *archive = g_strdup_printf ("%s/%d.tar", folder, shard);
    g_autofree char *below = g_build_filename (folder, class, NULL);
    const char *arguments[] = { "tar", "cf", archive, "-C", folder, class, NULL };
    int status;

    save_pictures (folder, class, 10);
    g_assert_true (g_spawn_sync (NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
        NULL, NULL, &status, NULL));
    g_assert_cmpint (status, ==, 0);
    scratch_remove (below);
  }
  dataset = open_folder (folder);
  g_assert_cmpuint (gen_dataset_get_count (dataset), ==, 30);
  settings.shuffle_buffer = 1;
  sequence = new_sequence (dataset, &settings);
  for (guint64 epoch = 0; epoch < 8; epoch++) {
    guint8 seen[3] = { 0 };

    for (guint i = 0; i < 3; i++) {
      const guint32 begin = gen_sequence_get_item (sequence, epoch * 30 + i * 10);

      moved |= begin != i * 10;
      g_assert_cmpuint (begin % 10, ==, 0);
      g_assert_cmpint (seen[begin / 10]++, ==, 0);
      for (guint k = 1; k < 10; k++)
        g_assert_cmpuint (gen_sequence_get_item (sequence, epoch * 30 + i * 10 + k), ==, begin + k);
    }
  }
  g_assert_true (moved);
  scratch_remove (folder);
}

static void
test_worker_values (void)
{
  static const guint32 shares[][4] = { { 8, 3, 6, 0 }, { 2, 7, 9 }, { 1, 4, 5 } };
  g_autoptr (GenDataset) dataset = open_classes ();
  GenSequenceSettings settings = GEN_SEQUENCE_DEFAULTS;

  settings.seed = 5;
  settings.workers = 3;
  for (settings.worker = 0; settings.worker < 3; settings.worker++) {
    g_autoptr (GenSequence) sequence = new_sequence (dataset, &settings);

    g_assert_cmpuint (gen_sequence_get_length (sequence), ==, settings.worker == 0 ? 4 : 3);
    assert_epoch (sequence, 1, shares[settings.worker]);
  }
}

/* What all workers show in an epoch, and how many items each of them. */
static void
show_together (const GenDataset *dataset, GenSequenceSettings settings, guint64 epoch,
    guint *counts, guint *least, guint *most)
{
  *least = G_MAXUINT;
  *most = 0;
  for (settings.worker = 0; settings.worker < settings.workers; settings.worker++) {
    g_autoptr (GenSequence) sequence = new_sequence (dataset, &settings);

    *least = MIN (*least, gen_sequence_get_length (sequence));
    *most = MAX (*most, gen_sequence_get_length (sequence));
    count_items (sequence, epoch, counts);
  }
}

static void
assert_together (const GenDataset *dataset, const GenSequenceSettings *settings, guint length)
{
  const guint workers = settings->workers, left = length % workers;
  guint all = 0;

  for (guint64 epoch = 0; epoch < 3; epoch++) {
    guint counts[10] = { 0 }, least, most, times[16] = { 0 };

    show_together (dataset, *settings, epoch, counts, &least, &most);
    for (int i = 0; i < 10; i++) {
      times[counts[i]]++;
      all += counts[i];
    }
    if (settings->remainder != GEN_REMAINDER_SHARE)
      g_assert_cmpuint (least, ==, most);
    if (settings->balance != GEN_BALANCE_NONE)
      continue;
    switch (settings->remainder) {
    case GEN_REMAINDER_SHARE:
      g_assert_cmpuint (most - least, ==, left > 0 ? 1 : 0);
      g_assert_cmpuint (times[1], ==, 10);
      break;
    case GEN_REMAINDER_DROP:
      g_assert_cmpuint (times[0], ==, left);
      g_assert_cmpuint (times[1], ==, 10 - left);
      break;
    case GEN_REMAINDER_REPEAT:
      g_assert_cmpuint (times[2], ==, left > 0 ? workers - left : 0);
      g_assert_cmpuint (times[1] + times[2], ==, 10);
    }
  }
  switch (settings->remainder) {
  case GEN_REMAINDER_SHARE:
    g_assert_cmpuint (all, ==, 3 * length);
    break;
  case GEN_REMAINDER_DROP:
    g_assert_cmpuint (all, ==, 3 * (length - left));
    break;
  case GEN_REMAINDER_REPEAT:
    g_assert_cmpuint (all, ==, 3 * (length + (left > 0 ? workers - left : 0)));
  }
}

static void
test_workers (void)
{
  static const guint lengths[] = {
    [GEN_BALANCE_NONE] = 10, [GEN_BALANCE_OVERSAMPLE] = 15, [GEN_BALANCE_UNDERSAMPLE] = 6
  };
  g_autoptr (GenDataset) dataset = open_classes ();
  GenSequenceSettings settings = GEN_SEQUENCE_DEFAULTS;

  for (int balance = 0; balance <= GEN_BALANCE_UNDERSAMPLE; balance++)
    for (int remainder = 0; remainder <= GEN_REMAINDER_REPEAT; remainder++)
      for (guint workers = 1; workers < 7; workers++)
        for (int order = 0; order < 3; order++) {
          settings.balance = balance;
          settings.remainder = remainder;
          settings.workers = workers;
          settings.shuffle = order > 0;
          settings.shuffle_buffer = order == 2 ? 4 : 0;
          assert_together (dataset, &settings, lengths[balance]);
        }
}

static void
test_worker_faults (void)
{
  g_autoptr (GenDataset) dataset = open_classes ();
  GenSequenceSettings settings = GEN_SEQUENCE_DEFAULTS;
  g_autoptr (GenSequence) repeated = NULL;
  g_autoptr (GError) beyond = NULL, none = NULL;

  settings.workers = settings.worker = 3;
  g_assert_null (gen_sequence_new (dataset, &settings, &beyond));
  g_assert_error (beyond, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS);
  g_assert_nonnull (strstr (beyond->message, "worker-index is 3"));
  settings.workers = 12;
  settings.worker = 11;
  g_assert_null (gen_sequence_new (dataset, &settings, &none));
  g_assert_error (none, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS);
  g_assert_nonnull (strstr (none->message, "worker-remainder=repeat"));
  settings.remainder = GEN_REMAINDER_REPEAT;
  repeated = new_sequence (dataset, &settings);
  g_assert_cmpuint (gen_sequence_get_length (repeated), ==, 1);
}

static void
save_sound (const char *folder, int number)
{
  g_autofree char *path = g_strdup_printf ("%s/%d/%d.wav", folder, number % 2, number);
  g_autofree char *parent = g_path_get_dirname (path);
  g_auto (GenSound) sound = { 0 };

  g_assert_cmpint (g_mkdir_with_parents (parent, 0777), ==, 0);
  gen_sound_init (&sound, 8000, 1, (gsize)(100 + number));
  g_assert_true (gen_sound_save_wav (&sound, path, GEN_SOUND_WAV_S16, NULL));
}

static guint64
sum_lengths (const GenDataset *dataset, GenSequence *sequence, guint64 epoch)
{
  const guint32 n = gen_sequence_get_length (sequence);
  guint64 sum = 0;

  for (guint32 i = 0; i < n; i++)
    sum += gen_dataset_get_length (dataset, gen_sequence_get_item (sequence, epoch * n + i));
  return sum;
}

/* Sounds of lengths of their own: shares last, so that each epoch is as long; orders do not. */
static void
test_lasting (void)
{
  g_autofree char *folder = scratch_new ();
  g_autoptr (GenDataset) sounds = NULL, cut = NULL;
  GenSequenceSettings settings = GEN_SEQUENCE_DEFAULTS;
  const GenDatasetCut cutting = { .rate = 8000 };
  guint counts[11] = { 0 };

  for (int i = 0; i < 11; i++)
    save_sound (folder, i);
  sounds = open_folder (folder);
  cut = gen_dataset_cut (sounds, &cutting, NULL);
  g_assert_nonnull (cut);
  settings.workers = 2;
  for (settings.worker = 0; settings.worker < 2; settings.worker++) {
    g_autoptr (GenSequence) sequence = new_sequence (cut, &settings);
    const guint32 n = gen_sequence_get_length (sequence);
    gboolean moved = FALSE;

    g_assert_cmpuint (gen_sequence_count_items (sequence), ==, n);
    for (guint64 epoch = 1; epoch < 4; epoch++) {
      g_assert_cmpuint (sum_lengths (cut, sequence, epoch), ==, sum_lengths (cut, sequence, 0));
      for (guint32 i = 0; i < n; i++)
        moved |=
            gen_sequence_get_item (sequence, epoch * n + i) != gen_sequence_get_item (sequence, i);
    }
    g_assert_true (moved);
    count_items (sequence, 2, counts);
  }
  for (int i = 0; i < 11; i++)
    g_assert_cmpuint (counts[i], ==, 1);

  settings.worker = 0;
  settings.workers = 1;
  settings.balance = GEN_BALANCE_UNDERSAMPLE;
  {
    g_autoptr (GenSequence) balanced = new_sequence (cut, &settings);

    g_assert_cmpuint (gen_sequence_get_length (balanced), ==, 10);
    g_assert_cmpuint (gen_sequence_count_items (balanced), ==, 10);
    g_assert_cmpuint (sum_lengths (cut, balanced, 5), ==, sum_lengths (cut, balanced, 0));
  }
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dataset-order/oversample", test_oversample);
  g_test_add_func ("/dataset-order/undersample", test_undersample);
  g_test_add_func ("/dataset-order/balance-faults", test_balance_faults);
  g_test_add_func ("/dataset-order/buffer", test_buffer);
  g_test_add_func ("/dataset-order/shards", test_shards);
  g_test_add_func ("/dataset-order/worker-values", test_worker_values);
  g_test_add_func ("/dataset-order/workers", test_workers);
  g_test_add_func ("/dataset-order/worker-faults", test_worker_faults);
  g_test_add_func ("/dataset-order/lasting", test_lasting);
  return g_test_run ();
}
