/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Heaps of pictures and of sounds with planted faults, what is found, and what is left out. */
#include <generative/dataset.h>
#include <generative/inspection.h>

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

/* What the filter leaves out is left out of the dataset, and a list of another one is refused. */
static void
test_leave_out (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) findings = g_ptr_array_new ();
  g_autoptr (GArray) limits = g_array_new (FALSE, FALSE, sizeof (GenDataLimit));
  const GenDataFilter filter = { .findings = findings, .limits = limits };
  g_autofree char *list = g_build_filename (g_get_tmp_dir (), "leave-out-XXXXXX", NULL);
  GenDatasetSettings settings = { .leave_out = list };
  g_autoptr (GenInspection) inspection = NULL;
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
  inspection = inspect (fixture);
  g_ptr_array_add (findings, (gpointer)gen_data_finding_find ("duplicate", NULL));
  summary = gen_data_filter_write (&filter, inspection, list, &error);
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/inspection/pictures", Fixture, NULL, set_up, test_pictures, tear_down);
  g_test_add ("/inspection/sounds", Fixture, NULL, set_up, test_sounds, tear_down);
  g_test_add ("/inspection/leave-out", Fixture, NULL, set_up, test_leave_out, tear_down);
  return g_test_run ();
}
