/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/data-found.h>

#include <generative/file-bytes.h>
#include <glib/gstdio.h>
#include <string.h>

#include "../dataset-private.h"
#include "../opt-out-files.h"

/* A location of more bytes is not read for its digest. */
#define MOST_BYTES (1 << 30)
/* Of a licence's text, so many characters tell which one it is. */
#define BEGINNING 80

/* --- items --- */

static void
add_line (GChecksum *listing, const GenDataset *dataset, const char *folder, guint32 index)
{
  const int label = gen_dataset_get_label (dataset, index);
  g_autofree char *path = gen_dataset_describe_item (dataset, index);
  g_autoptr (GString) line = g_string_new (gen_opt_out_name (dataset, folder, path));
  GStatBuf status;

  if (g_stat (path, &status) == 0 && S_ISREG (status.st_mode))
    g_string_append_printf (line, "\t%" G_GINT64_FORMAT "\t", (gint64)status.st_size);
  else
    g_string_append (line, "\t-\t");
  g_string_append_printf (
      line, "%s\n", label >= 0 ? gen_dataset_get_label_name (dataset, label) : "");
  g_checksum_update (listing, (const guchar *)line->str, (gssize)line->len);
}

static void
count_one (JsonObject *counts, const char *name)
{
  g_autofree char *valid = g_utf8_make_valid (name, -1);

  json_object_set_int_member (
      counts, valid, json_object_get_int_member_with_default (counts, valid, 0) + 1);
}

static void
add_if_any (JsonObject *object, const char *name, JsonObject *member)
{
  if (json_object_get_size (member) > 0)
    json_object_set_object_member (object, name, json_object_ref (member));
}

static void
describe_items (JsonObject *found, const GenDataset *dataset)
{
  const guint32 count = gen_dataset_get_count (dataset);
  g_autoptr (JsonObject) classes = json_object_new (), licences = json_object_new ();
  g_autofree char *folder = gen_opt_out_folder (dataset->location);
  g_autoptr (GChecksum) listing = g_checksum_new (G_CHECKSUM_SHA256);

  for (guint32 i = 0; i < count; i++) {
    const int label = gen_dataset_get_label (dataset, i);
    GenDatasetOrigin origin;

    add_line (listing, dataset, folder, i);
    if (label >= 0)
      count_one (classes, gen_dataset_get_label_name (dataset, label));
    if (gen_dataset_get_origin (dataset, i, &origin) && origin.licence != NULL)
      count_one (licences, origin.licence);
  }
  json_object_set_string_member (found, "medium", gen_dataset_get_format (dataset)->medium->name);
  json_object_set_int_member (found, "items", count);
  add_if_any (found, "classes", classes);
  json_object_set_string_member (found, "listing-sha256", g_checksum_get_string (listing));
  add_if_any (found, "licences", licences);
}

/* --- files --- */

static void
describe_location (JsonObject *found, const char *location)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *digest = NULL;
  GStatBuf status;

  if (g_stat (location, &status) != 0 || !S_ISREG (status.st_mode) || status.st_size > MOST_BYTES)
    return;
  bytes = gen_file_bytes (location, NULL);
  if (bytes == NULL)
    return;
  digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
  json_object_set_string_member (found, "file-sha256", digest);
}

/* The first line that says something, cut. (transfer full) */
static char *
take_beginning (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    if (*g_strstrip (lines[i]) != '\0')
      return g_utf8_substring (lines[i], 0, MIN (g_utf8_strlen (lines[i], -1), BEGINNING));
  return g_strdup ("");
}

static void
describe_licence_file (JsonObject *found, const char *location)
{
  static const char *const names[] = { "LICENSE", "LICENCE", "LICENSE.txt", "LICENCE.txt",
    "LICENSE.md", "LICENCE.md", "COPYING" };
  g_autofree char *folder = gen_opt_out_folder (location);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (folder, names[i], NULL), *text = NULL;
    g_autofree char *valid = NULL, *begins = NULL, *digest = NULL;
    JsonObject *file;
    gsize size;

    if (!g_file_test (path, G_FILE_TEST_IS_REGULAR) ||
        !g_file_get_contents (path, &text, &size, NULL))
      continue;
    valid = g_utf8_make_valid (text, -1);
    begins = take_beginning (valid);
    digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *)text, size);
    file = json_object_new ();
    json_object_set_string_member (file, "name", names[i]);
    json_object_set_string_member (file, "sha256", digest);
    json_object_set_string_member (file, "begins", begins);
    json_object_set_object_member (found, "licence-file", file);
    return;
  }
}

/* --- what was left out --- */

static void
describe_left_out (JsonObject *found, JsonObject *summary)
{
  JsonObject *left_out = json_object_new ();
  const gint64 items = json_object_get_int_member (summary, "items");

  json_object_set_int_member (
      left_out, "items", items - json_object_get_int_member (summary, "kept"));
  json_object_set_object_member (
      left_out, "reasons", json_object_ref (json_object_get_object_member (summary, "reasons")));
  if (json_object_has_member (summary, "opt-outs"))
    json_object_set_array_member (
        left_out, "opt-outs", json_array_ref (json_object_get_array_member (summary, "opt-outs")));
  json_object_set_object_member (found, "left-out", left_out);
}

JsonObject *
gen_data_describe_found (
    const GenDataset *dataset, const GenSequence *sequence, JsonObject *left_out)
{
  JsonObject *found = json_object_new ();

  describe_items (found, dataset);
  describe_location (found, dataset->location);
  describe_licence_file (found, dataset->location);
  json_object_set_int_member (found, "samples", gen_sequence_count_items (sequence));
  if (left_out != NULL)
    describe_left_out (found, left_out);
  return found;
}
