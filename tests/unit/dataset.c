/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Datasets: folders, sheets and IDX files as they should be and as they should not, splits and
 * orders against a reference computed apart, and decoding ahead. */
#include <generative/dataset.h>

#include <string.h>
#include <unistd.h>

#include "../scratch.h"

/* The picture that has been made ready takes an item. */
static gboolean
load (const GenDataset *dataset, guint32 item, GenFit fit, GenPicture *picture, GError **error)
{
  const GenFitting fitting = { .fit = fit };
  GenSample sample = gen_sample_of_picture (picture);

  return gen_dataset_load (dataset, item, &fitting, &sample, error);
}

static GenLoaderResult
next (GenLoader *loader, GenPicture *picture, guint64 *frame, guint32 *item, GError **error)
{
  GenSample sample = gen_sample_of_picture (picture);

  return gen_loader_next (loader, &sample, frame, item, error);
}

static void
get_format (const GenDataset *dataset, int *width, int *height, int *channels)
{
  const GenFormat *format = gen_dataset_get_format (dataset);

  g_assert_true (format->medium == &gen_medium_picture);
  *width = format->width;
  *height = format->height;
  *channels = format->channels;
}

/* A grey picture of one value, by which the tests know it again. */
static void
save_grey (const char *folder, const char *name, int size, guint8 value)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  g_auto (GenPicture) picture = { 0 };

  g_assert_cmpint (g_mkdir_with_parents (parent, 0777), ==, 0);
  gen_picture_init (&picture, size, size, 1);
  memset (picture.data, value, (gsize)picture.stride * (gsize)size);
  g_assert_true (gen_picture_save_png (&picture, path, NULL));
}

static void
save_bytes (const char *folder, const char *name, const void *bytes, gsize length)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, bytes, (gssize)length, NULL));
}

/* Cut a file down to `length` bytes. */
static void
cut_file (const char *folder, const char *name, gsize length)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *bytes = NULL;
  gsize whole;

  g_assert_true (g_file_get_contents (path, &bytes, &whole, NULL));
  g_assert_cmpuint (length, <, whole);
  save_bytes (folder, name, bytes, length);
}

static GenDataset *
open_dataset (const char *folder, const char *name, GenDatasetSettings settings)
{
  g_autofree char *location = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;
  GenDataset *dataset = gen_dataset_open (location, &settings, &error);

  g_assert_no_error (error);
  return dataset;
}

/* Opening must fail with this code and a text that has these words. */
static void
assert_fails (
    const char *folder, const char *name, GenDatasetSettings settings, int code, const char *words)
{
  g_autofree char *location = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_dataset_open (location, &settings, &error));
  g_assert_error (error, GEN_DATASET_ERROR, code);
  if (strstr (error->message, words) == NULL || strstr (error->message, folder) == NULL)
    g_error ("\"%s\" does not say \"%s\" of %s", error->message, words, location);
}

/* The first sample of an item. */
static int
first_sample (const GenDataset *dataset, guint32 index)
{
  g_auto (GenPicture) picture = { 0 };
  g_autoptr (GError) error = NULL;

  gen_picture_init (&picture, 4, 4, 1);
  load (dataset, index, GEN_FIT_STRETCH, &picture, &error);
  g_assert_no_error (error);
  return picture.data[0];
}

static void
test_folder (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *link = g_build_filename (folder, "cats", "again", NULL);
  g_autoptr (GenDataset) dataset = NULL;
  static const struct {
    guint8 value;
    int label;
    const char *name;
  } items[] = {
    { 10, 0, "cats/deep/er/1.png" }, { 20, 0, "cats/z.png" }, { 30, 1, "dogs/2.png" },
    { 40, -1, "e.png" }, { 50, 2, "owls/3.unknown" }, /* known by its content */
  };
  int width, height, channels;

  for (int i = G_N_ELEMENTS (items) - 1; i >= 0; i--)
    save_grey (folder, items[i].name, 6 + i, items[i].value);
  save_grey (folder, ".thumbnails/1.png", 4, 1);
  save_grey (folder, "cats/.hidden.png", 4, 1);
  save_bytes (folder, "cats/README.txt", "words", 5);
  save_bytes (folder, "notes.txt", "These are words.\n", 17);
  /* A link that goes round. */
  g_assert_cmpint (symlink (folder, link), ==, 0);

  dataset = open_dataset (folder, "", (GenDatasetSettings){ 0 });
  g_assert_cmpuint (gen_dataset_get_count (dataset), ==, G_N_ELEMENTS (items));
  g_assert_cmpint (gen_dataset_get_label_count (dataset), ==, 3);
  g_assert_cmpstr (gen_dataset_get_label_name (dataset, 0), ==, "cats");
  g_assert_cmpstr (gen_dataset_get_label_name (dataset, 1), ==, "dogs");
  g_assert_cmpstr (gen_dataset_get_label_name (dataset, 2), ==, "owls");
  for (guint i = 0; i < G_N_ELEMENTS (items); i++) {
    g_autofree char *text = gen_dataset_describe_item (dataset, i);

    g_assert_cmpint (first_sample (dataset, i), ==, items[i].value);
    g_assert_cmpint (gen_dataset_get_label (dataset, i), ==, items[i].label);
    g_assert_true (g_str_has_suffix (text, items[i].name));
  }
  get_format (dataset, &width, &height, &channels);
  g_assert_cmpint (width, ==, 6);
  g_assert_cmpint (height, ==, 6);
  g_assert_cmpint (channels, ==, 1);
  g_assert_false (gen_dataset_is_in_memory (dataset));
  scratch_remove (folder);
}

static void
test_folder_faults (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *empty = g_build_filename (folder, "empty", "below", NULL);

  assert_fails (
      folder, "missing", (GenDatasetSettings){ 0 }, GEN_DATASET_ERROR_NOT_FOUND, "no such file");
  g_assert_cmpint (g_mkdir_with_parents (empty, 0777), ==, 0);
  assert_fails (
      folder, "empty", (GenDatasetSettings){ 0 }, GEN_DATASET_ERROR_NOT_FOUND, "no pictures");
  save_grey (folder, "empty/below/a.png", 16, 7);
  cut_file (folder, "empty/below/a.png", 50);
  save_bytes (folder, "empty/below/b.jpg", "", 0);
  assert_fails (
      folder, "empty", (GenDatasetSettings){ 0 }, GEN_DATASET_ERROR_READ, "none of its 2 pictures");
  /* One sound picture behind them is enough. */
  save_grey (folder, "empty/below/c.png", 9, 7);
  {
    g_autoptr (GenDataset) dataset = open_dataset (folder, "empty", (GenDatasetSettings){ 0 });
    int width, height, channels;

    get_format (dataset, &width, &height, &channels);
    g_assert_cmpuint (gen_dataset_get_count (dataset), ==, 3);
    g_assert_cmpint (width, ==, 9);
  }
  scratch_remove (folder);
}

/* Six rows of four tiles of 5x3; the samples of tile n are all n. */
static void
save_sheet (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "sheet.png", NULL);
  g_auto (GenPicture) picture = { 0 };

  gen_picture_init (&picture, 20, 18, 1);
  for (int y = 0; y < 18; y++)
    for (int x = 0; x < 20; x++)
      picture.data[y * picture.stride + x] = (guint8)(y / 3 * 4 + x / 5);
  g_assert_true (gen_picture_save_png (&picture, path, NULL));
}

static void
test_sheet (void)
{
  g_autofree char *folder = scratch_new ();
  g_autoptr (GenDataset) tiles = NULL, whole = NULL;
  g_auto (GenPicture) tile = { 0 };
  int width, height, channels;

  save_sheet (folder);
  tiles = open_dataset (folder, "sheet.png",
      (GenDatasetSettings){ .tile_width = 5, .tile_height = 3, .rows_per_label = 2 });
  get_format (tiles, &width, &height, &channels);
  g_assert_cmpint (width, ==, 5);
  g_assert_cmpint (height, ==, 3);
  g_assert_cmpint (channels, ==, 1);
  g_assert_true (gen_dataset_is_in_memory (tiles));
  g_assert_cmpuint (gen_dataset_get_count (tiles), ==, 24);
  g_assert_cmpint (gen_dataset_get_label_count (tiles), ==, 3);
  g_assert_cmpstr (gen_dataset_get_label_name (tiles, 2), ==, "2");
  gen_picture_init (&tile, 5, 3, 3);
  for (guint i = 0; i < 24; i++) {
    g_assert_cmpint (gen_dataset_get_label (tiles, i), ==, i / 8);
    g_assert_true (load (tiles, i, GEN_FIT_PAD, &tile, NULL));
    for (int y = 0; y < 3; y++)
      for (int x = 0; x < 15; x++)
        g_assert_cmpint (tile.data[y * tile.stride + x], ==, i);
  }

  whole = open_dataset (folder, "sheet.png", (GenDatasetSettings){ 0 });
  g_assert_cmpuint (gen_dataset_get_count (whole), ==, 1);
  g_assert_cmpint (gen_dataset_get_label_count (whole), ==, 0);
  g_assert_cmpint (gen_dataset_get_label (whole, 0), ==, -1);
  scratch_remove (folder);
}

static void
test_sheet_faults (void)
{
  g_autofree char *folder = scratch_new ();

  save_sheet (folder);
  assert_fails (folder, "sheet.png", (GenDatasetSettings){ .tile_width = 5, .tile_height = 4 },
      GEN_DATASET_ERROR_SETTINGS, "20x18 pixels cannot be cut into tiles of 5x4");
  assert_fails (folder, "sheet.png", (GenDatasetSettings){ .tile_width = 40 },
      GEN_DATASET_ERROR_SETTINGS, "tiles of 40x40");
  assert_fails (folder, "sheet.png",
      (GenDatasetSettings){ .tile_width = 5, .tile_height = 3, .rows_per_label = 4 },
      GEN_DATASET_ERROR_SETTINGS, "6 rows of tiles");
  cut_file (folder, "sheet.png", 60);
  assert_fails (folder, "sheet.png", (GenDatasetSettings){ .tile_width = 5, .tile_height = 3 },
      GEN_DATASET_ERROR_READ, "");
  scratch_remove (folder);
}

/* Three pictures of 2x3: each sample is 10 n + its place. */
#define IDX_LENGTH (16 + 18)
static void
make_idx (guint8 bytes[IDX_LENGTH])
{
  static const guint8 header[16] = { 0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3 };

  memcpy (bytes, header, sizeof header);
  for (int i = 0; i < 18; i++)
    bytes[16 + i] = (guint8)(i / 6 * 10 + i % 6);
}

static const guint8 idx_labels[] = { 0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 2 };

static void
save_zipped (const char *folder, const char *name, const void *bytes, gsize length)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GConverter) zip =
      G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1));
  g_autoptr (GFileOutputStream) plain =
      g_file_replace (file, NULL, FALSE, G_FILE_CREATE_NONE, NULL, NULL);
  g_autoptr (GOutputStream) stream = g_converter_output_stream_new (G_OUTPUT_STREAM (plain), zip);

  g_assert_true (g_output_stream_write_all (stream, bytes, length, NULL, NULL, NULL));
  g_assert_true (g_output_stream_close (stream, NULL, NULL));
}

static void
assert_idx (const char *folder, const char *name)
{
  g_autoptr (GenDataset) dataset = open_dataset (folder, name, (GenDatasetSettings){ 0 });
  g_auto (GenPicture) picture = { 0 };

  g_assert_cmpuint (gen_dataset_get_count (dataset), ==, 3);
  g_assert_cmpint (gen_dataset_get_label_count (dataset), ==, 8);
  g_assert_cmpint (gen_dataset_get_label (dataset, 0), ==, 7);
  g_assert_cmpint (gen_dataset_get_label (dataset, 1), ==, 0);
  g_assert_cmpstr (gen_dataset_get_label_name (dataset, 7), ==, "7");
  gen_picture_init (&picture, 3, 2, 1);
  for (guint n = 0; n < 3; n++) {
    g_assert_true (load (dataset, n, GEN_FIT_STRETCH, &picture, NULL));
    for (guint i = 0; i < 6; i++)
      g_assert_cmpint (picture.data[i / 3 * (guint)picture.stride + i % 3], ==, 10 * n + i);
  }
}

static void
test_idx (void)
{
  g_autofree char *folder = scratch_new ();
  guint8 bytes[IDX_LENGTH];

  make_idx (bytes);
  save_bytes (folder, "train-images-idx3-ubyte", bytes, IDX_LENGTH);
  save_bytes (folder, "train-labels-idx1-ubyte", idx_labels, sizeof idx_labels);
  assert_idx (folder, "train-images-idx3-ubyte");
  /* Zipped, with labels that are not. */
  save_zipped (folder, "train-images-idx3-ubyte.gz", bytes, IDX_LENGTH);
  assert_idx (folder, "train-images-idx3-ubyte.gz");
  save_zipped (folder, "t10k-images.idx3-ubyte.gz", bytes, IDX_LENGTH);
  save_zipped (folder, "t10k-labels.idx1-ubyte.gz", idx_labels, sizeof idx_labels);
  assert_idx (folder, "t10k-images.idx3-ubyte.gz");
  /* Under any name, by its content; without labels. */
  save_bytes (folder, "digits", bytes, IDX_LENGTH);
  {
    g_autoptr (GenDataset) dataset = open_dataset (folder, "digits", (GenDatasetSettings){ 0 });

    g_assert_cmpuint (gen_dataset_get_count (dataset), ==, 3);
    g_assert_cmpint (gen_dataset_get_label (dataset, 2), ==, -1);
  }
  scratch_remove (folder);
}

static void
test_idx_faults (void)
{
  static const GenDatasetSettings none = { 0 };
  g_autofree char *folder = scratch_new ();
  guint8 bytes[IDX_LENGTH + 1] = { 0 };
  const char *name = "a-images-idx3-ubyte";

  make_idx (bytes);
  for (gsize length = 0; length < IDX_LENGTH; length++) {
    save_bytes (folder, name, bytes, length);
    assert_fails (
        folder, name, none, GEN_DATASET_ERROR_READ, length < 4 ? "not an IDX file" : "cut short");
    save_zipped (folder, name, bytes, length);
    assert_fails (
        folder, name, none, GEN_DATASET_ERROR_READ, length < 4 ? "not an IDX file" : "cut short");
  }
  save_zipped (folder, name, bytes, IDX_LENGTH);
  for (gsize length = 2; length < 30; length++) {
    save_zipped (folder, name, bytes, IDX_LENGTH);
    cut_file (folder, name, length);
    assert_fails (folder, name, none, GEN_DATASET_ERROR_READ, name);
  }
  save_bytes (folder, name, bytes, IDX_LENGTH + 1);
  assert_fails (folder, name, none, GEN_DATASET_ERROR_READ, "too long");
  save_zipped (folder, name, bytes, IDX_LENGTH + 1);
  assert_fails (folder, name, none, GEN_DATASET_ERROR_READ, "too long");

  /* A header that promises two thousand million bytes, or more than 64 bits count. */
  memset (bytes + 4, 0x7f, 4);
  save_zipped (folder, name, bytes, IDX_LENGTH);
  assert_fails (folder, name, none, GEN_DATASET_ERROR_READ, "too many");
  memset (bytes + 4, 0xff, 12);
  save_bytes (folder, name, bytes, IDX_LENGTH);
  assert_fails (folder, name, none, GEN_DATASET_ERROR_READ, "extent");
  make_idx (bytes);
  bytes[11] = 0;
  save_bytes (folder, name, bytes, IDX_LENGTH);
  assert_fails (folder, name, none, GEN_DATASET_ERROR_READ, "extent of 0");

  make_idx (bytes);
  bytes[2] = 0x0d;
  save_bytes (folder, name, bytes, IDX_LENGTH);
  assert_fails (folder, name, none, GEN_DATASET_ERROR_READ, "type 0x0d");

  make_idx (bytes);
  save_bytes (folder, name, bytes, IDX_LENGTH);
  save_bytes (folder, "a-labels-idx1-ubyte", idx_labels, sizeof idx_labels - 1);
  assert_fails (folder, name, none, GEN_DATASET_ERROR_READ, "a-labels-idx1-ubyte: cut short");
  {
    guint8 two[] = { 0, 0, 8, 1, 0, 0, 0, 2, 7, 0 };

    save_bytes (folder, "a-labels-idx1-ubyte", two, sizeof two);
    assert_fails (folder, name, none, GEN_DATASET_ERROR_READ, "2 labels");
  }
  scratch_remove (folder);
}

/* A sheet of n tiles of one pixel, `rows` rows of it. */
static GenDataset *
open_tiles (int n, int rows, int rows_per_label)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "tiles.png", NULL);
  g_auto (GenPicture) picture = { 0 };
  GenDataset *dataset;

  gen_picture_init (&picture, n / rows, rows, 1);
  for (int i = 0; i < n; i++)
    picture.data[i / picture.width * picture.stride + i % picture.width] = (guint8)i;
  g_assert_true (gen_picture_save_png (&picture, path, NULL));
  dataset = open_dataset (folder, "tiles.png",
      (GenDatasetSettings){ .tile_width = 1, .rows_per_label = rows_per_label });
  scratch_remove (folder);
  return dataset;
}

static GenSequence *
new_sequence (const GenDataset *dataset, GenSequenceSettings settings)
{
  g_autoptr (GError) error = NULL;
  GenSequence *sequence = gen_sequence_new (dataset, &settings, &error);

  g_assert_no_error (error);
  return sequence;
}

static void
assert_items (GenSequence *sequence, const guint32 *items, guint n)
{
  g_assert_cmpuint (gen_sequence_get_length (sequence), ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (gen_sequence_get_item (sequence, i), ==, items[i]);
}

/* Computed apart, in Python, from the definition of Philox. */
static void
test_split_values (void)
{
  static const guint32 test[] = { 14, 16 }, validation[] = { 2, 4, 8, 18 };
  static const guint32 train[] = { 0, 1, 3, 5, 6, 7, 9, 10, 11, 12, 13, 15, 17, 19 };
  g_autoptr (GenDataset) dataset = open_tiles (20, 1, 0);
  GenSequenceSettings settings = { .validation_fraction = 0.2, .test_fraction = 0.1, .seed = 5 };
  g_autoptr (GenSequence) a = NULL, b = NULL, c = NULL;

  settings.split = GEN_SPLIT_TEST;
  a = new_sequence (dataset, settings);
  assert_items (a, test, G_N_ELEMENTS (test));
  settings.split = GEN_SPLIT_VALIDATION;
  b = new_sequence (dataset, settings);
  assert_items (b, validation, G_N_ELEMENTS (validation));
  settings.split = GEN_SPLIT_TRAIN;
  c = new_sequence (dataset, settings);
  assert_items (c, train, G_N_ELEMENTS (train));
}

static void
test_order_values (void)
{
  static const guint32 first[] = { 0, 3, 4, 1, 5, 2 }, second[] = { 5, 2, 1, 3, 0, 4 };
  g_autoptr (GenDataset) dataset = open_tiles (6, 1, 0);
  GenSequenceSettings settings = GEN_SEQUENCE_DEFAULTS;
  g_autoptr (GenSequence) sequence = NULL;

  settings.seed = 5;
  sequence = new_sequence (dataset, settings);
  assert_items (sequence, first, 6);
  for (guint i = 0; i < 6; i++)
    g_assert_cmpuint (gen_sequence_get_item (sequence, 6 + i), ==, second[i]);
  /* Back again, and far away. */
  assert_items (sequence, first, 6);
  g_assert_cmpuint (gen_sequence_get_item (sequence, G_GUINT64_CONSTANT (6) << 40), <, 6);
}

/* The parts of ten classes of 50: 40, 5 and 5 of each, none twice. */
static void
test_split_stratified (void)
{
  g_autoptr (GenDataset) dataset = open_tiles (500, 20, 2);
  guint8 seen[500] = { 0 };

  for (int split = GEN_SPLIT_TRAIN; split <= GEN_SPLIT_TEST; split++) {
    GenSequenceSettings settings = GEN_SEQUENCE_DEFAULTS;
    g_autoptr (GenSequence) sequence = NULL;
    int per_class[10] = { 0 };

    settings.split = split;
    settings.seed = 123;
    sequence = new_sequence (dataset, settings);
    for (guint i = 0; i < gen_sequence_get_length (sequence); i++) {
      guint32 item = gen_sequence_get_item (sequence, i);

      g_assert_cmpint (seen[item]++, ==, 0);
      per_class[gen_dataset_get_label (dataset, item)]++;
    }
    for (int i = 0; i < 10; i++)
      g_assert_cmpint (per_class[i], ==, split == GEN_SPLIT_TRAIN ? 40 : 5);
  }
  for (int i = 0; i < 500; i++)
    g_assert_cmpint (seen[i], ==, 1);
}

static void
test_split_faults (void)
{
  g_autoptr (GenDataset) dataset = open_tiles (4, 1, 0);
  GenSequenceSettings settings = GEN_SEQUENCE_DEFAULTS;
  g_autoptr (GError) empty = NULL, fractions = NULL;

  settings.split = GEN_SPLIT_VALIDATION;
  g_assert_null (gen_sequence_new (dataset, &settings, &empty));
  g_assert_error (empty, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS);
  g_assert_nonnull (strstr (empty->message, "split=validation"));
  settings.validation_fraction = 0.6;
  settings.test_fraction = 0.6;
  g_assert_null (gen_sequence_new (dataset, &settings, &fractions));
  g_assert_error (fractions, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS);
}

/* A folder of twelve pictures, the fifth and the ninth of them damaged. */
enum { LOADER_ITEMS = 12, LOADER_FRAMES = 30 };

static gboolean
is_damaged (guint32 item)
{
  return item == 4 || item == 8;
}

static void
assert_frame (GenLoader *loader, GenSequence *reference, guint64 frame)
{
  g_auto (GenPicture) picture = { 0 };
  g_autoptr (GError) error = NULL;
  GenLoaderResult result;
  guint64 shown;
  guint32 item;

  gen_picture_init (&picture, 8, 8, 1);
  result = next (loader, &picture, &shown, &item, &error);

  g_assert_cmpuint (shown, ==, frame);
  g_assert_cmpuint (item, ==, gen_sequence_get_item (reference, frame));
  g_assert_cmpint (result, ==, is_damaged (item) ? GEN_LOADER_BAD : GEN_LOADER_SAMPLE);
  if (result == GEN_LOADER_SAMPLE)
    g_assert_cmpint (picture.data[0], ==, 20 * item);
}

static void
test_loader (gconstpointer data)
{
  int threads = GPOINTER_TO_INT (data);
  g_autofree char *folder = scratch_new ();
  g_autoptr (GenDataset) dataset = NULL;
  g_autoptr (GenSequence) sequence = NULL, reference = NULL;
  g_autoptr (GenLoader) loader = NULL;
  GenLoaderSettings settings = {
    .format = { &gen_medium_picture, 8, 8, 1 }, .threads = threads, .frames = LOADER_FRAMES
  };
  g_auto (GenPicture) picture = { 0 };
  guint64 frame;
  guint32 item;

  gen_picture_init (&picture, 8, 8, 1);
  for (int i = 0; i < LOADER_ITEMS; i++) {
    g_autofree char *name = g_strdup_printf ("%02d.png", i);

    save_grey (folder, name, 8, (guint8)(20 * i));
    if (is_damaged ((guint32)i))
      cut_file (folder, name, 50);
  }
  dataset = open_dataset (folder, "", (GenDatasetSettings){ 0 });
  sequence = new_sequence (dataset, GEN_SEQUENCE_DEFAULTS);
  reference = new_sequence (dataset, GEN_SEQUENCE_DEFAULTS);
  loader = gen_loader_new (dataset, sequence, &settings);

  for (int i = 0; i < LOADER_FRAMES; i++)
    assert_frame (loader, reference, (guint64)i);
  g_assert_cmpint (next (loader, &picture, &frame, &item, NULL), ==, GEN_LOADER_END);
  g_assert_cmpuint (gen_loader_get_skipped (loader), ==, 2);
  /* From anywhere to anywhere, the frames stay what they are. */
  for (guint64 i = 0; i < 60; i++) {
    guint64 start = i * 7 % LOADER_FRAMES;

    gen_loader_seek (loader, start);
    for (guint64 n = start; n < LOADER_FRAMES && n < start + i % 5; n++)
      assert_frame (loader, reference, n);
  }
  g_assert_cmpuint (gen_loader_get_skipped (loader), ==, 2);

  gen_loader_seek (loader, 3);
  gen_loader_set_flushing (loader, TRUE);
  g_assert_cmpint (next (loader, &picture, &frame, &item, NULL), ==, GEN_LOADER_FLUSHING);
  gen_loader_set_flushing (loader, FALSE);
  assert_frame (loader, reference, 3);
  scratch_remove (folder);
}

/* The error of a bad item is told once. */
static void
test_loader_tells_once (void)
{
  g_autofree char *folder = scratch_new ();
  g_autoptr (GenDataset) dataset = NULL;
  g_autoptr (GenSequence) sequence = NULL;
  g_autoptr (GenLoader) loader = NULL;
  GenLoaderSettings settings = { .format = { &gen_medium_picture, 8, 8, 1 } };
  g_auto (GenPicture) picture = { 0 };
  int told = 0, bad = 0;

  gen_picture_init (&picture, 8, 8, 1);
  save_grey (folder, "a.png", 8, 1);
  save_grey (folder, "b.png", 8, 2);
  cut_file (folder, "b.png", 50);
  dataset = open_dataset (folder, "", (GenDatasetSettings){ 0 });
  sequence = new_sequence (dataset, GEN_SEQUENCE_DEFAULTS);
  loader = gen_loader_new (dataset, sequence, &settings);
  for (int i = 0; i < 40; i++) {
    g_autoptr (GError) error = NULL;
    guint64 frame;
    guint32 item;

    bad += next (loader, &picture, &frame, &item, &error) == GEN_LOADER_BAD;
    told += error != NULL;
    if (error != NULL)
      g_assert_nonnull (strstr (error->message, "b.png"));
  }
  g_assert_cmpint (bad, ==, 20);
  g_assert_cmpint (told, ==, 1);
  scratch_remove (folder);
}

/* A dataset in memory goes through the loader all the same. */
static void
test_loader_memory (void)
{
  g_autoptr (GenDataset) dataset = open_tiles (6, 1, 0);
  g_autoptr (GenSequence) sequence = new_sequence (dataset, GEN_SEQUENCE_DEFAULTS);
  g_autoptr (GenSequence) reference = new_sequence (dataset, GEN_SEQUENCE_DEFAULTS);
  GenLoaderSettings settings = { .format = { &gen_medium_picture, 1, 1, 1 }, .frames = 12 };
  g_autoptr (GenLoader) loader = gen_loader_new (dataset, sequence, &settings);
  g_auto (GenPicture) picture = { 0 };
  guint64 frame;
  guint32 item;

  gen_picture_init (&picture, 1, 1, 1);
  gen_loader_seek (loader, 2);
  for (guint i = 2; i < 12; i++) {
    g_assert_cmpint (next (loader, &picture, &frame, &item, NULL), ==, GEN_LOADER_SAMPLE);
    g_assert_cmpuint (frame, ==, i);
    g_assert_cmpuint (item, ==, gen_sequence_get_item (reference, i));
    g_assert_cmpuint (picture.data[0], ==, item);
  }
  g_assert_cmpint (next (loader, &picture, &frame, &item, NULL), ==, GEN_LOADER_END);
}

/* The frames of one of `parts` from `start` on, or back from there; they are as numbers say that
 * are counted one by one. */
static void
check_part (guint part, guint parts, guint size, guint64 start, gboolean backwards)
{
  g_autoptr (GenDataset) dataset = open_tiles (6, 1, 0);
  g_autoptr (GenSequence) sequence = new_sequence (dataset, GEN_SEQUENCE_DEFAULTS);
  g_autoptr (GenSequence) reference = new_sequence (dataset, GEN_SEQUENCE_DEFAULTS);
  const GenLoaderSettings settings = { .format = { &gen_medium_picture, 1, 1, 1 },
    .frames = 31,
    .part = part,
    .parts = parts,
    .part_size = size };
  g_autoptr (GenLoader) loader = gen_loader_new (dataset, sequence, &settings);
  g_auto (GenPicture) picture = { 0 };
  guint64 frame;
  guint32 item;

  gen_picture_init (&picture, 1, 1, 1);
  if (backwards)
    gen_loader_seek_backwards (loader, start);
  else
    gen_loader_seek (loader, start);
  for (guint64 i = start; i < 31; i += backwards ? -1 : 1) {
    if (i / size % parts != part)
      continue;
    g_assert_cmpint (next (loader, &picture, &frame, &item, NULL), ==, GEN_LOADER_SAMPLE);
    g_assert_cmpuint (frame, ==, i);
    g_assert_cmpuint (item, ==, gen_sequence_get_item (reference, i));
    g_assert_cmpuint (picture.data[0], ==, item);
  }
  g_assert_cmpint (next (loader, &picture, &frame, &item, NULL), ==, GEN_LOADER_END);
}

static void
test_loader_parts (void)
{
  for (guint parts = 2; parts < 4; parts++)
    for (guint part = 0; part < parts; part++)
      for (guint size = 1; size < 6; size++)
        for (guint64 start = 0; start < 31; start++) {
          check_part (part, parts, size, start, FALSE);
          check_part (part, parts, size, start, TRUE);
        }
}

/* The handwritten digits of OpenCV's samples; pipelines/fetch-digits.sh brings them. */
static void
test_digits (void)
{
  const char *location = g_getenv ("GENERATIVE_DIGITS");
  g_autoptr (GenDataset) dataset = NULL;
  GenDatasetSettings settings = { .tile_width = 20, .tile_height = 20, .rows_per_label = 5 };
  g_auto (GenPicture) digit = { 0 };
  double ink[10] = { 0 };

  if (location == NULL || !g_file_test (location, G_FILE_TEST_EXISTS)) {
    g_test_skip ("GENERATIVE_DIGITS does not name digits.png");
    return;
  }
  dataset = gen_dataset_open (location, &settings, NULL);
  g_assert_nonnull (dataset);
  g_assert_cmpuint (gen_dataset_get_count (dataset), ==, 5000);
  g_assert_cmpint (gen_dataset_get_label_count (dataset), ==, 10);
  gen_picture_init (&digit, 28, 28, 1);
  for (guint32 i = 0; i < 5000; i++) {
    g_assert_true (load (dataset, i, GEN_FIT_PAD, &digit, NULL));
    for (int y = 0; y < 28; y++)
      for (int x = 0; x < 28; x++)
        ink[gen_dataset_get_label (dataset, i)] += digit.data[y * digit.stride + x] / 255.0 / 500;
  }
  /* A one takes the least ink, a nought the most. */
  for (int i = 0; i < 10; i++) {
    g_assert_cmpfloat (ink[i], >=, ink[1]);
    g_assert_cmpfloat (ink[i], <=, ink[0]);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dataset/folder", test_folder);
  g_test_add_func ("/dataset/folder-faults", test_folder_faults);
  g_test_add_func ("/dataset/sheet", test_sheet);
  g_test_add_func ("/dataset/sheet-faults", test_sheet_faults);
  g_test_add_func ("/dataset/idx", test_idx);
  g_test_add_func ("/dataset/idx-faults", test_idx_faults);
  g_test_add_func ("/dataset/split-values", test_split_values);
  g_test_add_func ("/dataset/order-values", test_order_values);
  g_test_add_func ("/dataset/split-stratified", test_split_stratified);
  g_test_add_func ("/dataset/split-faults", test_split_faults);
  g_test_add_data_func ("/dataset/loader/one-thread", GINT_TO_POINTER (1), test_loader);
  g_test_add_data_func ("/dataset/loader/four-threads", GINT_TO_POINTER (4), test_loader);
  g_test_add_func ("/dataset/loader/tells-once", test_loader_tells_once);
  g_test_add_func ("/dataset/loader/memory", test_loader_memory);
  g_test_add_func ("/dataset/loader/parts", test_loader_parts);
  g_test_add_func ("/dataset/digits", test_digits);
  return g_test_run ();
}
