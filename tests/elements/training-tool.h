/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model train in a folder of its own, with pictures or sounds to train on. */
#pragma once

#include <generative/picture.h>
#include <json-glib/json-glib.h>
#include <sys/wait.h>

#include <string.h>

#include "../launch.h"
#include "../scratch.h"

#define N_PICTURES 60

typedef struct {
  char *folder;
  char *err; /* of the last run */
} Fixture;

static inline char *
path_in (const Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->folder, name, NULL);
}

/* Pictures, larger than what is trained on and in colour, and a file that is none. */
static inline void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *pictures = NULL, *broken = NULL;
  g_auto (GenPicture) picture = { 0 };
  g_autoptr (GError) error = NULL;

  fixture->folder = scratch_new ();
  pictures = path_in (fixture, "pictures");
  g_assert_cmpint (g_mkdir (pictures, 0700), ==, 0);
  gen_picture_init (&picture, 12, 10, 3);
  for (int n = 0; n < N_PICTURES; n++) {
    g_autofree char *name = g_strdup_printf ("pictures/%02d.png", n);
    g_autofree char *path = path_in (fixture, name);

    for (int i = 0; i < picture.height * picture.stride; i++)
      picture.data[i] = (guint8)(n * 41 + i * (n % 7 + 2));
    g_assert_true (gen_picture_save_png (&picture, path, &error));
    g_assert_no_error (error);
  }
  broken = path_in (fixture, "pictures/broken.png");
  g_assert_true (g_file_set_contents (broken, "none", -1, NULL));
}

static inline void
tear_down (Fixture *fixture, gconstpointer data)
{
  scratch_remove (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->err);
}

static inline void
write_settings (const Fixture *fixture, const char *text)
{
  g_autofree char *path = path_in (fixture, "settings.json");

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static inline GPtrArray *
command_line (const char *option)
{
  GPtrArray *line = launch_line (g_getenv ("GENERATIVE_MODEL"));

  g_ptr_array_add (line, g_strdup ("train"));
  g_ptr_array_add (line, g_strdup ("settings.json"));
  if (option != NULL)
    g_ptr_array_add (line, g_strdup (option));
  g_ptr_array_add (line, NULL);
  return line;
}

/* The tool's exit status. */
static inline int
train (Fixture *fixture, const char *option)
{
  g_autoptr (GPtrArray) line = command_line (option);
  g_autoptr (GError) error = NULL;
  int status;

  g_clear_pointer (&fixture->err, g_free);
  g_spawn_sync (fixture->folder, (char **)line->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
      &fixture->err, &status, &error);
  g_assert_no_error (error);
  g_test_message ("%s", fixture->err);
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

static inline void
assert_same_files (const char *one, const char *other)
{
  g_autofree char *in_one = NULL, *in_other = NULL;
  gsize size_of_one, size_of_other;

  g_assert_true (g_file_get_contents (one, &in_one, &size_of_one, NULL));
  g_assert_true (g_file_get_contents (other, &in_other, &size_of_other, NULL));
  g_assert_cmpmem (in_one, size_of_one, in_other, size_of_other);
}

static inline void
assert_same (const Fixture *fixture, const char *one, const char *other, const char *name)
{
  g_autofree char *path_of_one = g_build_filename (fixture->folder, one, name, NULL);
  g_autofree char *path_of_other = g_build_filename (fixture->folder, other, name, NULL);

  assert_same_files (path_of_one, path_of_other);
}

/* An object of JSON. (transfer full) */
static inline JsonObject *
read_json (const Fixture *fixture, const char *checkpoint, const char *name)
{
  g_autofree char *path = g_build_filename (fixture->folder, checkpoint, name, NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  return json_object_ref (json_node_get_object (json_parser_get_root (parser)));
}

/* Of a sheet of two classes. */
static inline void
write_sheet_settings (const Fixture *fixture, const char *more)
{
  g_autofree char *text = g_strdup_printf (
      "{\"data\":{\"location\":\"pictures/00.png\",\"tile-width\":4,\"tile-height\":5,"
      "\"rows-per-label\":1,\"width\":28,\"height\":28,\"channels\":1},\"width\":2,"
      "\"batch-size\":2,%s}",
      more);

  write_settings (fixture, text);
}
