/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Splits by content: what was dealt stays, whatever comes, goes or is renamed; what is nearly the
 * same stays together, and what would join two splits is left out. */
#include <generative/dataset.h>
#include <generative/features.h>
#include <generative/inspection.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "../scratch.h"

#define INDEX ".generative-split.tsv"
#define SIZE 24

/* Coarse noise, which no other number looks like. */
static void
draw (GenPicture *picture, guint64 number)
{
  const GenRandom random = gen_random_new (number, "test", 0);
  float cells[64];

  gen_random_uniform (&random, 0, 0, cells, G_N_ELEMENTS (cells));
  for (int y = 0; y < picture->height; y++)
    for (int x = 0; x < picture->width; x++)
      picture->data[y * picture->stride + x] =
          (guint8)(255 * cells[y * 8 / picture->height * 8 + x * 8 / picture->width]);
}

static void
save (const char *folder, const char *name, const GenPicture *picture)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (parent, 0777), ==, 0);
  g_assert_true (gen_picture_save_png (picture, path, NULL));
}

static void
save_number (const char *folder, const char *name, guint64 number, int size)
{
  g_auto (GenPicture) picture = { 0 };

  gen_picture_init (&picture, size, size, 1);
  draw (&picture, number);
  save (folder, name, &picture);
}

static void
save_numbers (const char *folder, const char *class, guint64 first, int n)
{
  for (int i = 0; i < n; i++) {
    g_autofree char *name = g_strdup_printf ("%s/%04d.png", class, i);

    save_number (folder, name, first + (guint64)i, SIZE);
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

static GenSequenceSettings
by_content (GenSplit split)
{
  GenSequenceSettings settings = GEN_SEQUENCE_DEFAULTS;

  settings.split = split;
  settings.split_by = GEN_SPLIT_BY_CONTENT;
  settings.validation_fraction = 0.25;
  settings.test_fraction = 0.25;
  settings.shuffle = FALSE;
  settings.threads = 2;
  return settings;
}

/* The split of each name. */
static GHashTable *
deal (const char *folder, guint64 seed)
{
  g_autoptr (GenDataset) dataset = open_folder (folder);
  GHashTable *splits = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (GenSplit split = GEN_SPLIT_TRAIN; split <= GEN_SPLIT_TEST; split++) {
    GenSequenceSettings settings = by_content (split);
    g_autoptr (GenSequence) sequence = NULL;
    g_autoptr (GError) error = NULL;

    settings.seed = seed;
    sequence = gen_sequence_new (dataset, &settings, &error);
    if (sequence == NULL && strstr (error->message, "leave none") != NULL)
      continue;
    g_assert_no_error (error);
    for (guint32 i = 0; i < gen_sequence_get_length (sequence); i++) {
      char *path = gen_dataset_describe_item (dataset, gen_sequence_get_item (sequence, i));

      g_assert_true (g_str_has_prefix (path, folder));
      memmove (path, path + strlen (folder) + 1, strlen (path) - strlen (folder));
      g_assert_true (g_hash_table_insert (splits, path, GINT_TO_POINTER (split)));
    }
  }
  return splits;
}

static GenSplit
split_of (GHashTable *splits, const char *name)
{
  return GPOINTER_TO_INT (g_hash_table_lookup (splits, name));
}

/* Each that is in both is in the same split. */
static void
assert_agree (GHashTable *a, GHashTable *b)
{
  GHashTableIter iter;
  gpointer name, split, other;

  g_hash_table_iter_init (&iter, a);
  while (g_hash_table_iter_next (&iter, &name, &split))
    if (g_hash_table_lookup_extended (b, name, NULL, &other))
      g_assert_cmpint (GPOINTER_TO_INT (split), ==, GPOINTER_TO_INT (other));
}

static void
remove_file (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
rename_file (const char *folder, const char *from, const char *to)
{
  g_autofree char *old = g_build_filename (folder, from, NULL);
  g_autofree char *new = g_build_filename (folder, to, NULL);

  g_assert_cmpint (g_rename (old, new), ==, 0);
}

/* 600 pictures in two classes: a quarter of each, within four standard deviations of a binomial
 * draw; the same for another seed, and for whoever begins anew with other names. */
static void
test_shares (void)
{
  g_autofree char *folder = scratch_new ();
  g_autoptr (GHashTable) splits = NULL, again = NULL, anew = NULL;
  int counts[2][4] = { 0 };

  save_numbers (folder, "a", 0, 400);
  save_numbers (folder, "b", 1000, 200);
  splits = deal (folder, 0);
  g_assert_cmpuint (g_hash_table_size (splits), ==, 600);
  for (int i = 0; i < 600; i++) {
    g_autofree char *name =
        i < 400 ? g_strdup_printf ("a/%04d.png", i) : g_strdup_printf ("b/%04d.png", i - 400);

    counts[i >= 400][split_of (splits, name)]++;
  }
  for (int class = 0; class < 2; class ++)
    for (GenSplit split = GEN_SPLIT_TRAIN; split <= GEN_SPLIT_TEST; split++) {
      const double n = class == 0 ? 400 : 200, share = split == GEN_SPLIT_TRAIN ? 0.5 : 0.25;

      g_assert_cmpfloat (
          fabs (counts[class][split] - n * share), <, 4 * sqrt (n * share * (1 - share)));
    }
  again = deal (folder, 99);
  g_assert_cmpuint (g_hash_table_size (again), ==, 600);
  assert_agree (splits, again);

  remove_file (folder, INDEX);
  rename_file (folder, "a/0000.png", "b/z.png");
  anew = deal (folder, 0);
  g_assert_cmpuint (g_hash_table_size (anew), ==, 600);
  assert_agree (splits, anew);
  g_assert_cmpint (split_of (anew, "b/z.png"), ==, split_of (splits, "a/0000.png"));
  scratch_remove (folder);
}

/* Files come, go, come back and are renamed. */
static void
test_stays (void)
{
  g_autofree char *folder = scratch_new ();
  g_autoptr (GHashTable) before = NULL, after = NULL, back = NULL;

  save_numbers (folder, "a", 0, 60);
  before = deal (folder, 0);
  save_numbers (folder, "0", 2000, 60);
  for (int i = 0; i < 30; i++) {
    g_autofree char *name = g_strdup_printf ("a/%04d.png", i);

    remove_file (folder, name);
  }
  rename_file (folder, "a/0040.png", "0/renamed.png");
  after = deal (folder, 1);
  g_assert_cmpuint (g_hash_table_size (after), ==, 90);
  assert_agree (before, after);
  g_assert_cmpint (split_of (after, "0/renamed.png"), ==, split_of (before, "a/0040.png"));
  for (int i = 0; i < 30; i++) {
    g_autofree char *name = g_strdup_printf ("a/%04d.png", i);

    save_number (folder, name, (guint64)i, SIZE);
  }
  back = deal (folder, 2);
  g_assert_cmpuint (g_hash_table_size (back), ==, 120);
  assert_agree (before, back);
  assert_agree (after, back);
  scratch_remove (folder);
}

/* The same picture larger, which no byte tells. */
static void
test_follows (void)
{
  g_autofree char *folder = scratch_new ();
  g_autoptr (GHashTable) before = NULL, after = NULL;
  int elsewhere = 0;

  save_numbers (folder, "a", 0, 60);
  before = deal (folder, 0);
  for (int i = 0; i < 60; i++) {
    g_autofree char *name = g_strdup_printf ("b/%04d.png", i);

    save_number (folder, name, (guint64)i, 4 * SIZE);
  }
  after = deal (folder, 0);
  g_assert_cmpuint (g_hash_table_size (after), ==, 120);
  assert_agree (before, after);
  for (int i = 0; i < 60; i++) {
    g_autofree char *old = g_strdup_printf ("a/%04d.png", i);
    g_autofree char *new = g_strdup_printf ("b/%04d.png", i);

    g_assert_cmpint (split_of (after, new), ==, split_of (before, old));
    elsewhere += split_of (before, old) != GEN_SPLIT_TRAIN;
  }
  g_assert_cmpint (elsewhere, >, 10);
  scratch_remove (folder);
}

static guint64
fingerprint_of (const GenPicture *picture)
{
  float cells[GEN_FINGERPRINT_SIZE * GEN_FINGERPRINT_SIZE];

  gen_features_area (picture, 0, GEN_FINGERPRINT_SIZE, cells);
  return gen_fingerprint (cells);
}

static int
distance (guint64 a, guint64 b)
{
  return __builtin_popcountll (a ^ b);
}

/* What differs from a picture in three or four bits, and from all others so far in more. */
static void
save_neighbours (const char *folder, const GenPicture *middle, guint64 *found, int n)
{
  const guint64 wanted = fingerprint_of (middle);
  guint64 number = 5000;

  for (int i = 0; i < n; number++) {
    g_autofree char *name = g_strdup_printf ("%02d.png", i);
    g_auto (GenPicture) other = { 0 };
    gboolean apart = TRUE;

    gen_picture_init (&other, SIZE, SIZE, 1);
    draw (&other, number);
    for (int p = 0; p < SIZE * SIZE; p++) {
      guint8 *pixel = &other.data[p / SIZE * other.stride + p % SIZE];

      *pixel = (guint8)((9 * middle->data[p / SIZE * middle->stride + p % SIZE] + *pixel) / 10);
    }
    found[i] = fingerprint_of (&other);
    for (int k = 0; k < i; k++)
      apart &= distance (found[i], found[k]) > 4;
    if (!apart || distance (found[i], wanted) < 3 || distance (found[i], wanted) > 4)
      continue;
    save (folder, name, &other);
    i++;
  }
}

static void
test_joins (void)
{
  enum { NEIGHBOURS = 8 };
  g_autofree char *folder = scratch_new ();
  g_autoptr (GHashTable) before = NULL, after = NULL;
  g_autoptr (GenDataset) dataset = NULL;
  g_autoptr (GenSequence) all = NULL;
  g_auto (GenPicture) middle = { 0 };
  guint64 fingerprints[NEIGHBOURS];
  GenSequenceSettings settings = by_content (GEN_SPLIT_ALL);
  const char *const *left_out;
  int splits = 0;

  gen_picture_init (&middle, SIZE, SIZE, 1);
  draw (&middle, 1);
  save_neighbours (folder, &middle, fingerprints, NEIGHBOURS);
  before = deal (folder, 0);
  g_assert_cmpuint (g_hash_table_size (before), ==, NEIGHBOURS);
  for (int i = 0; i < NEIGHBOURS; i++) {
    g_autofree char *name = g_strdup_printf ("%02d.png", i);

    splits |= 1 << split_of (before, name);
  }
  g_assert_cmpint (__builtin_popcount ((guint)splits), >, 1);

  save (folder, "middle.png", &middle);
  after = deal (folder, 0);
  g_assert_cmpuint (g_hash_table_size (after), ==, NEIGHBOURS);
  g_assert_false (g_hash_table_contains (after, "middle.png"));
  assert_agree (before, after);
  /* Named, with those that it would have joined; the second time as the first. */
  dataset = open_folder (folder);
  all = gen_sequence_new (dataset, &settings, NULL);
  g_assert_cmpuint (gen_sequence_get_length (all), ==, NEIGHBOURS);
  left_out = gen_sequence_get_left_out (all);
  g_assert_nonnull (left_out);
  g_assert_null (left_out[1]);
  g_assert_nonnull (strstr (left_out[0], "middle.png: nearly the same as "));
  g_assert_nonnull (strstr (left_out[0], ".png, of split "));
  /* Where nothing is near, all are dealt. */
  settings.split_distance = 0;
  remove_file (folder, INDEX);
  {
    g_autoptr (GenSequence) apart = gen_sequence_new (dataset, &settings, NULL);

    g_assert_cmpuint (gen_sequence_get_length (apart), ==, NEIGHBOURS + 1);
    g_assert_null (gen_sequence_get_left_out (apart));
  }
  scratch_remove (folder);
}

static void
assert_fails (
    const GenDataset *dataset, const GenSequenceSettings *settings, int code, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_sequence_new (dataset, settings, &error));
  g_assert_error (error, GEN_DATASET_ERROR, code);
  if (strstr (error->message, words) == NULL || strstr (error->message, INDEX) == NULL)
    g_error ("\"%s\" does not say \"%s\" of %s", error->message, words, INDEX);
}

static void
test_faults (void)
{
  static const char *const damaged[] = { "", "# nothing", "# nothing\n",
    "# a\nvalidation-fraction=0.25\ttest-fraction=0.25\tsplit-distance=4\ntrain\n",
    "# a\nvalidation-fraction=0.25\ttest-fraction=0.25\tsplit-distance=4\n"
    "train\t00\t-\t1\t1\ta.png\n",
    "# a\nvalidation-fraction=0.25\ttest-fraction=0.25\tsplit-distance=4\n"
    "trains\t0000000000000000000000000000000000000000000000000000000000000000\t-\t1\t1\ta.png\n",
    "# a\nvalidation-fraction=0.25\ttest-fraction=0.25\tsplit-distance=4\n"
    "train\t0000000000000000000000000000000000000000000000000000000000000000\t-\t1\t1\ta.png" };
  g_autofree char *folder = scratch_new ();
  g_autofree char *index = g_build_filename (folder, INDEX, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GenDataset) dataset = NULL;
  GenSequenceSettings settings = by_content (GEN_SPLIT_ALL);
  g_autoptr (GenSequence) first = NULL;
  g_autoptr (GError) cancelled = NULL;
  gsize length;

  save_numbers (folder, "a", 0, 5);
  dataset = open_folder (folder);
  settings.cancellable = g_cancellable_new ();
  g_cancellable_cancel (settings.cancellable);
  g_assert_null (gen_sequence_new (dataset, &settings, &cancelled));
  g_assert_error (cancelled, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (g_file_test (index, G_FILE_TEST_EXISTS));
  g_clear_object (&settings.cancellable);

  first = gen_sequence_new (dataset, &settings, NULL);
  g_assert_nonnull (first);
  settings.validation_fraction = 0.1;
  assert_fails (dataset, &settings, GEN_DATASET_ERROR_SETTINGS, "validation-fraction=0.1");
  settings.validation_fraction = 0.25;
  for (gsize i = 0; i < G_N_ELEMENTS (damaged); i++) {
    g_assert_true (g_file_set_contents (index, damaged[i], -1, NULL));
    assert_fails (dataset, &settings, GEN_DATASET_ERROR_READ, "damaged");
  }
  g_assert_true (g_file_get_contents (index, &text, &length, NULL));
  text[length - 1] = '\0'; /* which a disk leaves that failed */
  g_assert_true (g_file_set_contents (index, text, (gssize)length, NULL));
  assert_fails (dataset, &settings, GEN_DATASET_ERROR_READ, "is zero");
  g_assert_true (g_file_set_contents (index, "# a\nsomething\n", -1, NULL));
  assert_fails (dataset, &settings, GEN_DATASET_ERROR_SETTINGS, "something");
  scratch_remove (folder);
}

/* Names that have in them what separates columns and lines. */
static void
test_names (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *index = g_build_filename (folder, INDEX, NULL);
  g_autofree char *first = NULL, *second = NULL;
  g_autoptr (GHashTable) before = NULL, after = NULL;

  save_number (folder, "tab\there.png", 1, SIZE);
  save_number (folder, "line\nhere.png", 2, SIZE);
  save_number (folder, "back\\slash \"ünï\".png", 3, SIZE);
  before = deal (folder, 0);
  g_assert_cmpuint (g_hash_table_size (before), ==, 3);
  g_assert_true (g_file_get_contents (index, &first, NULL, NULL));
  after = deal (folder, 0);
  assert_agree (before, after);
  /* Nothing was new, and so nothing was written. */
  g_assert_true (g_file_get_contents (index, &second, NULL, NULL));
  g_assert_cmpstr (first, ==, second);
  scratch_remove (folder);
}

/* A damaged picture has a split, in which it is met; one that cannot be opened is not remembered.
 */
static void
test_damaged (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "a", "bad.png", NULL);
  g_autoptr (GHashTable) before = NULL, after = NULL;

  save_numbers (folder, "a", 0, 5);
  g_assert_true (g_file_set_contents (path, "no picture", -1, NULL));
  before = deal (folder, 0);
  after = deal (folder, 0);
  g_assert_cmpuint (g_hash_table_size (before), ==, 6);
  g_assert_true (g_hash_table_contains (before, "a/bad.png"));
  assert_agree (before, after);
  scratch_remove (folder);
}

/* Where nothing can be written beside the data: what root could would prove nothing. */
static void
test_read_only (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *index = g_build_filename (folder, INDEX, NULL);
  g_autofree char *cache =
      g_build_filename (g_get_user_cache_dir (), "gst-generative", "splits", NULL);
  g_autoptr (GHashTable) before = NULL, after = NULL;
  const gboolean is_root = geteuid () == 0;

  save_numbers (folder, "a", 0, 20);
  g_assert_cmpint (g_chmod (folder, 0555), ==, 0);
  g_assert_cmpint (g_chmod (g_get_user_cache_dir (), 0777), ==, 0);
  if (is_root)
    g_assert_cmpint (seteuid (65534), ==, 0);
  before = deal (folder, 0);
  after = deal (folder, 0);
  g_assert_false (g_file_test (index, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (cache, G_FILE_TEST_IS_DIR));
  if (is_root)
    g_assert_cmpint (seteuid (0), ==, 0);
  g_assert_cmpuint (g_hash_table_size (before), ==, 20);
  g_assert_cmpuint (g_hash_table_size (after), ==, 20);
  assert_agree (before, after);
  g_assert_cmpint (g_chmod (folder, 0755), ==, 0);
  scratch_remove (folder);
}

static gpointer
deal_in_thread (gpointer folder)
{
  return deal (folder, 0);
}

/* Several at once, as three sources of a trainer are. */
static void
test_together (void)
{
  g_autofree char *folder = scratch_new ();
  GThread *threads[4];
  GHashTable *splits[4];

  save_numbers (folder, "a", 0, 80);
  for (int i = 0; i < 4; i++)
    threads[i] = g_thread_new ("deal", deal_in_thread, folder);
  for (int i = 0; i < 4; i++)
    splits[i] = g_thread_join (threads[i]);
  for (int i = 0; i < 4; i++) {
    g_assert_cmpuint (g_hash_table_size (splits[i]), ==, 80);
    assert_agree (splits[0], splits[i]);
  }
  for (int i = 0; i < 4; i++)
    g_hash_table_unref (splits[i]);
  scratch_remove (folder);
}

static void
save_sound (const char *folder, const char *name, guint64 number, float level)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  const GenRandom random = gen_random_new (number, "test", 0);
  g_auto (GenSound) sound = { 0 };
  float tones[16];

  gen_random_uniform (&random, 0, 0, tones, G_N_ELEMENTS (tones));
  gen_sound_init (&sound, 16000, 1, 16000);
  for (gsize i = 0; i < sound.frames; i++)
    sound.data[i] =
        level * (float)sin (2 * G_PI * (100 + 3000 * tones[i / 1000]) * (double)i / 16000);
  g_assert_true (gen_sound_save_wav (&sound, path, GEN_SOUND_WAV_F32, NULL));
}

/* All windows of a sound are in its split, and what is only quieter follows. */
static void
test_sounds (void)
{
  g_autofree char *folder = scratch_new ();
  g_autoptr (GenDataset) sounds = NULL, cut = NULL;
  const GenDatasetCut cutting = { .rate = 16000, .window = 4000 };
  int split_of_sound[40] = { 0 };
  guint32 total = 0;

  for (int i = 0; i < 20; i++) {
    g_autofree char *loud = g_strdup_printf ("%02d.wav", i);
    g_autofree char *quiet = g_strdup_printf ("%02d.wav", i + 20);

    save_sound (folder, loud, (guint64)i, 0.8f);
    save_sound (folder, quiet, (guint64)i, 0.3f);
  }
  sounds = open_folder (folder);
  cut = gen_dataset_cut (sounds, &cutting, NULL);
  for (GenSplit split = GEN_SPLIT_TRAIN; split <= GEN_SPLIT_TEST; split++) {
    GenSequenceSettings settings = by_content (split);
    g_autoptr (GenSequence) sequence = gen_sequence_new (cut, &settings, NULL);

    g_assert_nonnull (sequence);
    g_assert_null (gen_sequence_get_left_out (sequence));
    total += gen_sequence_get_length (sequence);
    for (guint32 i = 0; i < gen_sequence_get_length (sequence); i++) {
      const guint32 source = gen_dataset_get_source (cut, gen_sequence_get_item (sequence, i));

      g_assert_true (split_of_sound[source] == 0 || split_of_sound[source] == (int)split);
      split_of_sound[source] = (int)split;
    }
  }
  g_assert_cmpuint (total, ==, 160);
  for (int i = 0; i < 20; i++)
    g_assert_cmpint (split_of_sound[i], ==, split_of_sound[i + 20]);
  scratch_remove (folder);
}

/* Items that are no files of their own: the tiles of a sheet. */
static void
test_sheet (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *location = g_build_filename (folder, "sheet.png", NULL);
  g_autofree char *index = g_build_filename (folder, ".sheet.png.generative-split.tsv", NULL);
  const GenDatasetSettings tiles = { .tile_width = 32 };
  g_autoptr (GenDataset) dataset = NULL;
  g_auto (GenPicture) sheet = { 0 };
  guint8 seen[64] = { 0 };

  gen_picture_init (&sheet, 32 * 8, 32 * 8, 1);
  for (int i = 0; i < 64; i++) {
    GenPicture tile = sheet;

    tile.data += i / 8 * 32 * sheet.stride + i % 8 * 32;
    tile.width = tile.height = 32;
    draw (&tile, (guint64)i);
  }
  save (folder, "sheet.png", &sheet);
  dataset = gen_dataset_open (location, &tiles, NULL);
  g_assert_cmpuint (gen_dataset_get_count (dataset), ==, 64);
  for (int round = 0; round < 2; round++)
    for (GenSplit split = GEN_SPLIT_TRAIN; split <= GEN_SPLIT_TEST; split++) {
      GenSequenceSettings settings = by_content (split);
      g_autoptr (GenSequence) sequence = gen_sequence_new (dataset, &settings, NULL);

      g_assert_nonnull (sequence);
      for (guint32 i = 0; i < gen_sequence_get_length (sequence); i++) {
        const guint32 item = gen_sequence_get_item (sequence, i);

        g_assert_cmpint (seen[item], ==, round == 0 ? 0 : (int)split);
        seen[item] = (guint8)split;
      }
    }
  for (int i = 0; i < 64; i++)
    g_assert_cmpint (seen[i], >, 0);
  g_assert_true (g_file_test (index, G_FILE_TEST_IS_REGULAR));
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_autofree char *cache = scratch_new ();
  int result;

  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dataset-split/shares", test_shares);
  g_test_add_func ("/dataset-split/stays", test_stays);
  g_test_add_func ("/dataset-split/follows", test_follows);
  g_test_add_func ("/dataset-split/joins", test_joins);
  g_test_add_func ("/dataset-split/faults", test_faults);
  g_test_add_func ("/dataset-split/names", test_names);
  g_test_add_func ("/dataset-split/damaged", test_damaged);
  g_test_add_func ("/dataset-split/read-only", test_read_only);
  g_test_add_func ("/dataset-split/together", test_together);
  g_test_add_func ("/dataset-split/sounds", test_sounds);
  g_test_add_func ("/dataset-split/sheet", test_sheet);
  result = g_test_run ();
  scratch_remove (cache);
  return result;
}
