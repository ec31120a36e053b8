/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The folder of a rendering. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <generative/atomic-file.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include "../lib/base/json-file.h"
#include "../lib/base/json-members.h"
#include "../lib/render/join.h"
#include "render.h"

#define STATE "render.json"
#define LOCK "render.lock"
#define UNFINISHED ".unfinished-"

void
render_clear (Render *render)
{
  g_strfreev (render->line);
  g_free (render->output);
  g_free (render->sound_codec);
  g_free (render->folder);
}

guint64
render_count (const Render *render)
{
  return gen_ranges_count (render->frames, render->length);
}

GenRange
render_get (const Render *render, guint64 number)
{
  return gen_ranges_get (render->frames, render->length, number);
}

gboolean
render_joins (const Render *render)
{
  return !gen_range_is_in (render->output, "range");
}

/* --- what is made here --- */

static JsonNode *
describe (const Render *render)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "frames");
  json_builder_add_int_value (builder, (gint64)render->frames);
  json_builder_set_member_name (builder, "range");
  json_builder_add_int_value (builder, (gint64)render->length);
  json_builder_set_member_name (builder, "output");
  json_builder_add_string_value (builder, render->output);
  if (render->sound_codec != NULL) {
    json_builder_set_member_name (builder, "sound-codec");
    json_builder_add_string_value (builder, render->sound_codec);
  }
  json_builder_set_member_name (builder, "pipeline");
  json_builder_begin_array (builder);
  for (char **word = render->line; *word != NULL; word++)
    json_builder_add_string_value (builder, *word);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  return json_builder_get_root (builder);
}

static char **
read_line (JsonArray *words)
{
  g_autoptr (GStrvBuilder) line = g_strv_builder_new ();

  for (guint i = 0; i < gen_json_length_of (words); i++) {
    JsonNode *word = json_array_get_element (words, i);

    if (json_node_get_value_type (word) != G_TYPE_STRING)
      return NULL;
    g_strv_builder_add (line, json_node_get_string (word));
  }
  return g_strv_builder_end (line);
}

gboolean
render_load (Render *render, const char *folder, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree char *path = g_build_filename (folder, STATE, NULL);
  JsonNode *root;
  JsonObject *object;
  double frames, length;

  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
        "%s: no rendering was begun there; --output=FILE and a pipeline behind -- begin one",
        folder);
    return FALSE;
  }
  if (!gen_json_load (parser, path, error))
    return FALSE;
  root = json_parser_get_root (parser);
  object = root != NULL && JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
  frames = gen_json_number_in (object, "frames");
  length = gen_json_number_in (object, "range");
  render->folder = g_canonicalize_filename (folder, NULL);
  render->output = g_strdup (gen_json_text_in (object, "output"));
  render->sound_codec = g_strdup (gen_json_text_in (object, "sound-codec"));
  render->line = read_line (gen_json_array_in (object, "pipeline"));
  if (render->output != NULL && render->line != NULL && frames >= 1 && frames < 0x1p53 &&
      length >= 1 && length < 0x1p53) {
    render->frames = (guint64)frames;
    render->length = (guint64)length;
    return TRUE;
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s does not say what is rendered: its frames, range, output and pipeline", path);
  return FALSE;
}

/* Which setting differs, or NULL. */
static const char *
find_difference (const Render *a, const Render *b)
{
  if (a->frames != b->frames)
    return "--frames";
  if (a->length != b->length)
    return "--range";
  if (!g_strv_equal ((const char *const *)a->line, (const char *const *)b->line))
    return "pipeline";
  return g_str_equal (a->output, b->output) ? NULL : "--output";
}

gboolean
render_begin (const Render *render, GError **error)
{
  g_autofree char *path = g_build_filename (render->folder, STATE, NULL), *text = NULL;
  g_auto (Render) before = { 0 };
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (JsonNode) node = describe (render);
  const char *difference;

  if (g_mkdir_with_parents (render->folder, 0777) != 0) {
    const int number = errno;

    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "cannot make '%s': %s",
        render->folder, g_strerror (number));
    return FALSE;
  }
  if (g_file_test (path, G_FILE_TEST_EXISTS)) {
    if (!render_load (&before, render->folder, error))
      return FALSE;
    difference = find_difference (render, &before);
    if (difference != NULL) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
          "%s has ranges of another rendering, whose %s differs: remove it, or take another folder "
          "(--work)",
          render->folder, difference);
      return FALSE;
    }
  }
  text = gen_json_to_text (node, TRUE);
  bytes = g_bytes_new_static (text, strlen (text));
  return gen_atomic_write (path, bytes, error);
}

static int
lock_file (const char *path, gboolean exclusive, const char *what, GError **error)
{
  const int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  const int number = errno;

  if (fd < 0) {
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "cannot write '%s': %s",
        path, g_strerror (number));
    return -1;
  }
  if (flock (fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0)
    return fd;
  close (fd);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY, "%s is being rendered by another process", what);
  return -1;
}

int
render_lock (const Render *render, gboolean exclusive, GError **error)
{
  g_autofree char *path = g_build_filename (render->folder, LOCK, NULL);

  return lock_file (path, exclusive, render->folder, error);
}

/* --- ranges --- */

/* A name of a range, whose digits sort. (transfer full) */
static char *
name_of (const Render *render, const GenRange *range, const char *template)
{
  g_autofree char *most = g_strdup_printf ("%" G_GUINT64_FORMAT, render_count (render) - 1);

  return gen_range_fill (range, (guint)strlen (most), NULL, template);
}

static char *
path_in_folder (const Render *render, const GenRange *range, const char *template)
{
  g_autofree char *name = name_of (render, range, template);

  return g_build_filename (render->folder, name, NULL);
}

char *
render_path (const Render *render, const GenRange *range)
{
  return render_joins (render) ? path_in_folder (render, range, "range-{range}.mkv")
                               : name_of (render, range, render->output);
}

char *
render_unfinished_path (const Render *render, const GenRange *range)
{
  g_autofree char *path = render_path (render, range), *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *unfinished = g_strconcat (UNFINISHED, name, NULL);

  return g_build_filename (folder, unfinished, NULL);
}

char *
render_log_path (const Render *render, const GenRange *range)
{
  return path_in_folder (render, range, "range-{range}.log");
}

int
render_lock_range (const Render *render, const GenRange *range, GError **error)
{
  g_autofree char *path = path_in_folder (render, range, "range-{range}.lock");
  g_autofree char *what = path_in_folder (render, range, "range {range}");

  return lock_file (path, TRUE, what, error);
}

gboolean
render_is_made (const Render *render, const GenRange *range)
{
  g_autofree char *path = render_path (render, range);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static gboolean
fail_of (GError **error, const char *path)
{
  const int number = errno;

  g_set_error (
      error, G_FILE_ERROR, g_file_error_from_errno (number), "%s: %s", path, g_strerror (number));
  return FALSE;
}

static int
remove_one (const char *path, const struct stat *info, int kind, struct FTW *place)
{
  return remove (path);
}

gboolean
render_clear_range (const Render *render, const GenRange *range, GError **error)
{
  g_autofree char *unfinished = render_unfinished_path (render, range);
  g_autofree char *log = render_log_path (render, range);
  g_autofree char *folder = g_path_get_dirname (unfinished);

  g_unlink (log);
  if (nftw (unfinished, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
    return fail_of (error, unfinished);
  return g_mkdir_with_parents (folder, 0777) == 0 || fail_of (error, folder);
}

/* What it holds is on the disk before its name says that it is whole. */
static gboolean
place (const char *from, const char *to, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (to);
  const int fd = open (from, O_RDONLY | O_CLOEXEC);
  gboolean synced;

  if (fd < 0)
    return fail_of (error, from);
  synced = fsync (fd) == 0;
  close (fd);
  if (!synced || g_rename (from, to) != 0)
    return fail_of (error, from);
  return gen_folder_sync (folder, error);
}

gboolean
render_finish_range (const Render *render, const GenRange *range, GError **error)
{
  g_autofree char *unfinished = render_unfinished_path (render, range);
  g_autofree char *path = render_path (render, range);

  if (!g_file_test (unfinished, G_FILE_TEST_EXISTS)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
        "the pipeline has come to its end, and %s is not there: does its sink write {file}?",
        unfinished);
    return FALSE;
  }
  return (!render_joins (render) || gen_film_check (unfinished, range->frames, error)) &&
         place (unfinished, path, error);
}

gboolean
render_finish (const Render *render, GError **error)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  if (!render_joins (render))
    return TRUE;
  for (guint64 i = 0; i < render_count (render); i++) {
    const GenRange range = render_get (render, i);

    g_ptr_array_add (paths, render_path (render, &range));
  }
  return gen_films_join (
      (const char *const *)paths->pdata, paths->len, render->output, render->sound_codec, error);
}
