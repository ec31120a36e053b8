/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Heaps of pictures and of sounds with planted faults, what is found, and what is left out. */
#include <generative/data-filter.h>
#include <generative/dataset.h>
#include <generative/inspection.h>
#include <generative/model.h>
#include <generative/onnx.h>

#include <math.h>
#include <string.h>

#include <glib/gstdio.h>
#include <unistd.h>

#include "../scratch.h"

typedef struct {
  char *folder;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = scratch_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  scratch_remove (fixture->folder);
  g_free (fixture->folder);
}

static char *
path_of (const Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->folder, name, NULL);
}

/* Waves that differ from number to number. */
static void
save_picture (const Fixture *fixture, const char *name, int number)
{
  g_autofree char *path = path_of (fixture, name);
  g_auto (GenPicture) picture = { 0 };
  g_autoptr (GError) error = NULL;

  gen_picture_init (&picture, 48, 40, 3);
  for (int y = 0; y < 40; y++)
    for (int x = 0; x < 48; x++)
      for (int c = 0; c < 3; c++)
        picture.data[y * picture.stride + x * 3 + c] =
            (guint8)(128 + 100 * sin ((x * (number % 5 + 1) + y * (number % 7 + 1)) * 0.09 +
                                      number * number));
  g_assert_true (gen_picture_save_png (&picture, path, &error));
  g_assert_no_error (error);
}

static void
save_sound (const Fixture *fixture, const char *name, double frequency, double level)
{
  g_autofree char *path = path_of (fixture, name);
  g_auto (GenSound) sound = { 0 };
  g_autoptr (GError) error = NULL;

  gen_sound_init (&sound, 16000, 1, 16000);
  for (int i = 0; i < 16000; i++)
    sound.data[i] =
        (float)CLAMP (level * sin (2 * G_PI * frequency * i / 16000) * exp (-i / 9000.0), -1, 1);
  g_assert_true (gen_sound_save_wav (&sound, path, GEN_SOUND_WAV_F32, &error));
  g_assert_no_error (error);
}

static void
save_bytes (const Fixture *fixture, const char *name, const char *bytes, gsize size)
{
  g_autofree char *path = path_of (fixture, name);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, bytes, (gssize)size, &error);
  g_assert_no_error (error);
}

static GenInspection *
inspect (const Fixture *fixture)
{
  const GenInspectionSettings settings = GEN_INSPECTION_DEFAULTS;
  g_autoptr (GError) error = NULL;
  GenInspection *inspection = gen_inspection_new (fixture->folder, &settings, &error);

  g_assert_no_error (error);
  return inspection;
}

static guint32
index_of (const GenInspection *inspection, const char *name)
{
  const guint32 count = gen_dataset_get_count (gen_inspection_get_dataset (inspection));

  for (guint32 i = 0; i < count; i++)
    if (strcmp (gen_inspection_get_item (inspection, i)->name, name) == 0)
      return i;
  g_assert_not_reached ();
}

static gboolean
has (const GenInspection *inspection, const char *name, const char *finding)
{
  return gen_inspection_has (
      inspection, index_of (inspection, name), gen_data_finding_find (finding, NULL));
}

static void
test_pictures (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GenInspection) inspection = NULL;

  for (int i = 0; i < 9; i++) {
    g_autofree char *name = g_strdup_printf ("%d.png", i);

    save_picture (fixture, name, i);
  }
  save_picture (fixture, "3-again.png", 3);
  save_bytes (fixture, "bad.png", "\x89PNG\r\n\x1a\n", 8);
  inspection = inspect (fixture);
  /* "3-again" is before "3." in the order of names. */
  g_assert_true (has (inspection, "3.png", "duplicate"));
  g_assert_false (has (inspection, "3-again.png", "duplicate"));
  g_assert_true (has (inspection, "bad.png", "bad"));
  g_assert_false (has (inspection, "5.png", "bad"));
  g_assert_false (has (inspection, "5.png", "duplicate"));
}

static void
test_sounds (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GenInspection) inspection = NULL;
  const int loudness = gen_data_measure_find ("loudness", NULL, NULL);
  const int centroid = gen_data_measure_find ("spectral-centroid", NULL, NULL);
  const int peak = gen_data_measure_find ("peak", NULL, NULL);
  guint32 low, high;

  save_sound (fixture, "low.wav", 300, 0.5);
  save_sound (fixture, "low-quiet.wav", 300, 0.25);
  save_sound (fixture, "high.wav", 2200, 0.5);
  save_sound (fixture, "silent.wav", 300, 0.0005);
  save_sound (fixture, "clipped.wav", 700, 8);
  inspection = inspect (fixture);
  low = index_of (inspection, "low.wav");
  high = index_of (inspection, "high.wav");
  g_assert_true (has (inspection, "silent.wav", "silent"));
  g_assert_false (has (inspection, "low-quiet.wav", "silent"));
  g_assert_true (has (inspection, "clipped.wav", "clipped"));
  g_assert_false (has (inspection, "low.wav", "clipped"));
  /* Half as loud, and else the same: 6.02 dB below, in steps of 0.1. "low-quiet" comes first. */
  g_assert_true (has (inspection, "low.wav", "near-duplicate"));
  g_assert_false (has (inspection, "high.wav", "near-duplicate"));
  g_assert_cmpfloat_with_epsilon (
      gen_inspection_get_value (inspection, low, loudness) -
          gen_inspection_get_value (inspection, index_of (inspection, "low-quiet.wav"), loudness),
      20 * log10 (2), 0.1);
  g_assert_cmpfloat (gen_inspection_get_value (inspection, high, centroid), >,
      3 * gen_inspection_get_value (inspection, low, centroid));
  g_assert_cmpfloat_with_epsilon (
      gen_inspection_get_value (inspection, low, peak), 20 * log10 (0.5), 0.3);
}

static GenDataFilterSettings
filter_settings (const char *without, const char *report)
{
  GenDataFilterSettings settings;

  gen_data_filter_settings_init (&settings);
  settings.without = (char *)without;
  settings.report = (char *)report;
  return settings;
}

static JsonObject *
judge (const Fixture *fixture, const GenDataFilterSettings *settings, GError **error)
{
  const GenDataFilterRun run = { .threads = 2 };
  g_autoptr (GenDataset) dataset =
      gen_dataset_open (fixture->folder, &(GenDatasetSettings){ 0 }, error);

  g_assert_no_error (*error);
  return gen_data_filter_judge (settings, &run, dataset, error);
}

/* What the filter leaves out is left out of the dataset, and a list of another one is refused. */
static void
test_leave_out (Fixture *fixture, gconstpointer data)
{
  g_autofree char *list = g_build_filename (g_get_tmp_dir (), "leave-out-XXXXXX", NULL);
  const GenDataFilterSettings filter = filter_settings ("bad,duplicate", list);
  GenDatasetSettings settings = { .leave_out = list };
  g_autoptr (JsonObject) summary = NULL;
  g_autoptr (GenDataset) dataset = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *below = path_of (fixture, "waves");

  g_assert_cmpint (g_mkdir (below, 0700), ==, 0);
  close (g_mkstemp (list));
  save_picture (fixture, "waves/a.png", 1);
  save_picture (fixture, "waves/b.png", 1);
  save_picture (fixture, "waves/c.png", 2);
  save_bytes (fixture, "waves/d.png", "none", 4);
  summary = judge (fixture, &filter, &error);
  g_assert_no_error (error);
  g_assert_cmpint (json_object_get_int_member (summary, "kept"), ==, 2);
  dataset = gen_dataset_open (fixture->folder, &settings, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (gen_dataset_get_count (dataset), ==, 2);
  g_assert_cmpint (gen_dataset_get_label_count (dataset), ==, 1);
  g_assert_cmpint (gen_dataset_get_label (dataset, 1), ==, 0);
  for (guint32 i = 0; i < 2; i++) {
    g_autofree char *path = gen_dataset_describe_item (dataset, i);

    g_assert_true (g_str_has_suffix (path, i == 0 ? "waves/a.png" : "waves/c.png"));
  }
  g_clear_pointer (&dataset, gen_dataset_free);

  g_assert_true (g_file_set_contents (list, "{\"file_name\":\"elsewhere.png\"}\n", -1, NULL));
  g_assert_null (gen_dataset_open (fixture->folder, &settings, &error));
  g_assert_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS);
  g_assert_nonnull (strstr (error->message, "names no item"));
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (list, "{\"file_name\":\"waves/a.png\"}\n[1]\n", -1, NULL));
  g_assert_null (gen_dataset_open (fixture->folder, &settings, &error));
  g_assert_nonnull (strstr (error->message, "line 2"));
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (list, "", -1, NULL));
  dataset = gen_dataset_open (fixture->folder, &settings, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (gen_dataset_get_count (dataset), ==, 4);
  g_unlink (list);
}

/* --- a model as gate --- */

/* A model that gives the mean of each channel, from -1 (black) to 1. */
static char *
save_means (const Fixture *fixture)
{
  static const char *const names[] = { "red", "green", "blue", NULL };
  char *path = g_strconcat (fixture->folder, ".onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("means");
  g_autoptr (GError) error = NULL;
  GenTensor *x =
      gen_graph_add_input (graph, "picture", GEN_TYPE_FLOAT32, &GEN_SHAPE (-1, 3, 40, 48));

  x = gen_graph_op (graph, "GlobalAveragePool", &x, 1, 1, &error, NULL);
  g_assert_no_error (error);
  x = gen_graph_op (graph, "Flatten", &x, 1, 1, &error, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  gen_model_name_classes (graph, names);
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
  return path;
}

static void
save_colour (const Fixture *fixture, const char *name, guint8 red, guint8 green)
{
  g_autofree char *path = path_of (fixture, name);
  g_auto (GenPicture) picture = { 0 };

  gen_picture_init (&picture, 48, 40, 3);
  for (int y = 0; y < 40; y++)
    for (int x = 0; x < 48; x++) {
      picture.data[y * picture.stride + 3 * x] = red;
      picture.data[y * picture.stride + 3 * x + 1] = green;
    }
  g_assert_true (gen_picture_save_png (&picture, path, NULL));
}

static GenInspection *
inspect_by (const Fixture *fixture, const char *gate, const char *output, GError **error)
{
  GenInspectionSettings settings = GEN_INSPECTION_DEFAULTS;

  settings.gate = gate;
  settings.gate_output = output;
  return gen_inspection_new (fixture->folder, &settings, error);
}

/* The number that is asked for is the model's, in the report as well, and what is below the limit
 * is left out with it. */
static void
test_gate (Fixture *fixture, gconstpointer data)
{
  g_autofree char *gate = save_means (fixture);
  g_autofree char *list = g_strconcat (fixture->folder, ".jsonl", NULL);
  GenDataFilterSettings filter = filter_settings ("bad", list);
  g_autofree char *text = NULL;
  g_autoptr (GenInspection) inspection = NULL;
  g_autoptr (JsonObject) report = NULL, summary = NULL;
  g_autoptr (GError) error = NULL;
  JsonArray *measures;
  JsonObject *measure;

  save_colour (fixture, "dim.png", 255, 51);
  save_colour (fixture, "green.png", 0, 204);
  save_bytes (fixture, "bad.png", "none", 4);
  inspection = inspect_by (fixture, gate, "green", &error);
  g_assert_no_error (error);
  g_assert_cmpfloat_with_epsilon (
      gen_inspection_get_item (inspection, index_of (inspection, "dim.png"))->gate, -0.6, 1e-4);
  g_assert_cmpfloat_with_epsilon (
      gen_inspection_get_item (inspection, index_of (inspection, "green.png"))->gate, 0.6, 1e-4);
  report = gen_inspection_summarise (inspection, NULL, &error);
  measures = json_object_get_array_member (report, "measures");
  measure = json_array_get_object_element (measures, json_array_get_length (measures) - 1);
  g_assert_cmpstr (json_object_get_string_member (measure, "name"), ==, "gate");
  g_assert_cmpint (json_object_get_int_member (measure, "count"), ==, 2);
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (measure, "maximum"), 0.6, 1e-4);

  filter.gate = gate;
  filter.gate_output = (char *)"green";
  g_assert_null (judge (fixture, &filter, &error));
  g_assert_nonnull (strstr (error->message, "min-gate or max-gate"));
  g_clear_error (&error);
  filter.gate_range.minimum = 0;
  summary = judge (fixture, &filter, &error);
  g_assert_no_error (error);
  g_assert_cmpint (json_object_get_int_member (summary, "kept"), ==, 1);
  g_assert_true (g_file_get_contents (list, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "\"file_name\":\"dim.png\""));
  g_assert_nonnull (strstr (text, "\"reason\":\"gate\",\"gate\":-0."));
  g_assert_null (strstr (text, "green.png"));
  g_clear_pointer (&inspection, gen_inspection_free);
  g_assert_null (inspect_by (fixture, gate, "3", &error));
  g_assert_nonnull (strstr (error->message, "no class \"3\"; there are 3"));
  g_clear_error (&error);
  filter.gate_output = (char *)"gren";
  g_assert_null (judge (fixture, &filter, &error));
  g_assert_nonnull (strstr (error->message, "gate-output: "));
  g_assert_nonnull (strstr (error->message, "no class \"gren\" (did you mean \"green\"?)"));
  g_unlink (list);
  g_unlink (gate);
}

/* Where what an item is like is left out for another reason, the item is the one that stays. */
static void
test_keeps_one (Fixture *fixture, gconstpointer data)
{
  g_autofree char *list = g_strconcat (fixture->folder, ".jsonl", NULL);
  GenDataFilterSettings filter = filter_settings ("near-duplicate", list);
  g_autofree char *denied = g_strconcat (fixture->folder, ".txt", NULL);
  g_autofree char *text = NULL, *digests = NULL, *first = NULL, *bytes = NULL;
  g_autoptr (GenInspection) inspection = NULL;
  g_autoptr (JsonObject) summary = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  save_sound (fixture, "a.wav", 300, 0.5);
  save_sound (fixture, "b.wav", 300, 0.4);
  save_sound (fixture, "c.wav", 300, 0.3);
  save_sound (fixture, "d.wav", 2200, 0.5);
  inspection = inspect (fixture);
  g_assert_true (has (inspection, "b.wav", "near-duplicate"));
  g_assert_true (has (inspection, "c.wav", "near-duplicate"));
  g_assert_false (has (inspection, "d.wav", "near-duplicate"));
  first = path_of (fixture, "a.wav");
  g_assert_true (g_file_get_contents (first, &bytes, &size, NULL));
  digests = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guint8 *)bytes, size);
  g_assert_true (g_file_set_contents (denied, "# none\n\0\0\0", 10, NULL));
  g_assert_null (gen_data_filter_load_denied (denied, &error));
  g_assert_nonnull (strstr (error->message, "byte 7 is zero"));
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (denied, digests, -1, NULL));
  filter.deny = denied;
  summary = judge (fixture, &filter, &error);
  g_assert_no_error (error);
  g_assert_cmpint (json_object_get_int_member (summary, "kept"), ==, 2);
  g_assert_true (g_file_get_contents (list, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "\"file_name\":\"a.wav\""));
  g_assert_null (strstr (text, "\"file_name\":\"b.wav\""));
  g_assert_nonnull (strstr (text, "\"reason\":\"near-duplicate\",\"of\":\"b.wav\""));
  g_unlink (list);
  g_unlink (denied);
}

/* What is no closer looked at than it has to be: the beginning of a file tells its size. */
static void
test_headers (Fixture *fixture, gconstpointer data)
{
  g_autofree char *list = g_strconcat (fixture->folder, ".jsonl", NULL);
  GenDataFilterSettings filter = filter_settings (NULL, list);
  const int width = gen_data_measure_find ("width", NULL, NULL);
  g_autofree char *cut = path_of (fixture, "1.png"), *text = NULL, *digest = NULL, *bytes = NULL;
  g_autofree char *wanted = NULL;
  g_autoptr (JsonObject) summary = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  save_picture (fixture, "0.png", 0);
  save_picture (fixture, "1.png", 1);
  save_bytes (fixture, "2.png", "none", 4);
  g_assert_true (g_file_get_contents (cut, &bytes, &size, NULL));
  g_assert_cmpint (truncate (cut, (off_t)size - 40), ==, 0);
  g_clear_pointer (&bytes, g_free);
  filter.ranges[width].minimum = 48;
  summary = judge (fixture, &filter, &error);
  g_assert_no_error (error);
  g_assert_cmpint (json_object_get_int_member (summary, "kept"), ==, 2);
  g_clear_pointer (&summary, json_object_unref);
  filter.without = (char *)"bad";
  summary = judge (fixture, &filter, &error);
  g_assert_cmpint (json_object_get_int_member (summary, "kept"), ==, 1);
  g_clear_pointer (&summary, json_object_unref);
  filter.ranges[width].minimum = 49;
  filter.without = NULL;
  summary = judge (fixture, &filter, &error);
  g_assert_cmpint (json_object_get_int_member (summary, "kept"), ==, 0);
  g_assert_cmpint (
      json_object_get_int_member (json_object_get_object_member (summary, "reasons"), "width"), ==,
      2);
  g_assert_true (g_file_get_contents (list, &text, NULL, NULL));
  g_assert_true (g_file_get_contents (cut, &bytes, &size, NULL));
  digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guint8 *)bytes, size);
  wanted = g_strdup_printf ("{\"file_name\":\"1.png\",\"sha256\":\"%s\",\"reason\":\"width\","
                            "\"width\":48.0}\n",
      digest);
  g_assert_nonnull (strstr (text, wanted));
  g_unlink (list);
}

/* --- energy --- */

enum { LENGTH = 3, N_A = 5, N_B = 6 };

/* The distance is scipy.stats.energy_distance's of numbers, and numpy's of vectors; its probability
 * is the share of all 462 ways to part the vectors, as far as chance lets it be. */
static void
test_energy (void)
{
  enum { PERMUTATIONS = 20000 };
  const double share = 163.0 / 462;
  float one[7], other[9], a[N_A][LENGTH], b[N_B][LENGTH];
  GenEnergyTest test, again;

  for (int i = 0; i < 7; i++)
    one[i] = sinf ((float)(i * i));
  for (int i = 0; i < 9; i++)
    other[i] = (float)(cos (i * 1.7) * 1.5 + 0.4);
  test = gen_energy_test (one, 7, other, 9, 1, 0, 0);
  g_assert_cmpfloat_with_epsilon (test.distance, 0.7271876901024427, 1e-6);

  for (int i = 0; i < N_B; i++)
    for (int c = 0; c < LENGTH; c++) {
      if (i < N_A)
        a[i][c] = (float)sin (i * 3 + c);
      b[i][c] = (float)(cos (i * 2 + c * c) + 0.5);
    }
  test = gen_energy_test (a[0], N_A, b[0], N_B, LENGTH, PERMUTATIONS, 3);
  g_assert_cmpfloat_with_epsilon (test.distance, 0.8485965280667148, 1e-6);
  g_assert_cmpfloat_with_epsilon (
      test.probability, share, 4 * sqrt (share * (1 - share) / PERMUTATIONS));
  again = gen_energy_test (a[0], N_A, b[0], N_B, LENGTH, PERMUTATIONS, 3);
  g_assert_cmpfloat (again.probability, ==, test.probability);

  test = gen_energy_test (a[0], N_A, a[0], N_A, LENGTH, 99, 0);
  g_assert_cmpfloat (test.distance, <, 1e-3);
  g_assert_cmpfloat (test.probability, ==, 1);
  test = gen_energy_test (a[0], N_A, NULL, 0, LENGTH, 99, 0);
  g_assert_cmpfloat (test.probability, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/inspection/pictures", Fixture, NULL, set_up, test_pictures, tear_down);
  g_test_add ("/inspection/sounds", Fixture, NULL, set_up, test_sounds, tear_down);
  g_test_add ("/inspection/leave-out", Fixture, NULL, set_up, test_leave_out, tear_down);
  g_test_add ("/inspection/gate", Fixture, NULL, set_up, test_gate, tear_down);
  g_test_add ("/inspection/keeps-one", Fixture, NULL, set_up, test_keeps_one, tear_down);
  g_test_add ("/inspection/headers", Fixture, NULL, set_up, test_headers, tear_down);
  g_test_add_func ("/inspection/energy", test_energy);
  return g_test_run ();
}
