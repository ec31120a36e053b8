/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A manifest: a table of files, as CSV, tab-separated values or JSON Lines. Its columns are known
 * by the names that other tools give them. */
#include <math.h>
#include <string.h>

#include <json-glib/json-glib.h>

#include "../base/json-file.h"
#include "csv.h"
#include "dataset-files.h"

/* More is not a list of files. */
#define MAX_BYTES ((gsize)1 << 32)
/* Rows in which the medium is looked for. */
#define MAX_PROBED 64

enum {
  PATH,
  LABEL,
  CAPTION,
  BOX,
  BOX_X,
  BOX_Y,
  BOX_WIDTH,
  BOX_HEIGHT,
  BOX_RIGHT,
  BOX_BOTTOM,
  ORIGIN, /* GEN_ORIGIN_FIELDS of them */
  COLUMNS = ORIGIN + GEN_ORIGIN_FIELDS
};

/* What columns are called, in small letters. A box is a list of four numbers in JSON, and else a
 * column each. */
static const char *const column_names[ORIGIN][10] = {
  [PATH] = { "path", "file", "file_name", "filename", "filepath", "image", "image_path", "audio",
      "audio_filepath", NULL },
  [LABEL] = { "label", "class", "class_name", "category", "target", NULL },
  [CAPTION] = { "caption", "text", "sentence", "prompt", "transcription", NULL },
  [BOX] = { "box", "bbox", NULL },
  [BOX_X] = { "x", "xmin", "x_min", "left", NULL },
  [BOX_Y] = { "y", "ymin", "y_min", "top", NULL },
  [BOX_WIDTH] = { "width", "w", NULL },
  [BOX_HEIGHT] = { "height", "h", NULL },
  [BOX_RIGHT] = { "xmax", "x_max", "right", NULL },
  [BOX_BOTTOM] = { "ymax", "y_max", "bottom", NULL },
};

typedef struct {
  GenFileDataset *files;
  GPtrArray *classes; /* of char *, one per item */
  char *folder;       /* of the manifest */
  gboolean has_boxes;
} Manifest;

static void
manifest_clear (Manifest *manifest)
{
  g_clear_pointer (&manifest->classes, g_ptr_array_unref);
  g_free (manifest->folder);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Manifest, manifest_clear)

static gboolean
manifest_recognise (const char *location, const GenDatasetSettings *settings)
{
  return !g_file_test (location, G_FILE_TEST_IS_DIR) &&
         (gen_dataset_has_ending (location, ".csv") || gen_dataset_has_ending (location, ".tsv") ||
             gen_dataset_has_ending (location, ".jsonl") ||
             gen_dataset_has_ending (location, ".ndjson"));
}

/* Which column a name is of; COLUMNS for none that is known. */
static int
find_column (const char *name)
{
  g_autofree char *lower = g_utf8_strdown (name, -1);

  g_strstrip (lower);
  for (int column = 0; column < ORIGIN; column++)
    if (g_strv_contains (column_names[column], lower))
      return column;
  for (int field = 0; field < GEN_ORIGIN_FIELDS; field++)
    if (g_strv_contains (gen_origin_names[field], lower))
      return ORIGIN + field;
  return COLUMNS;
}

static gboolean fail_line (const Manifest *manifest, guint line, GError **error, const char *format,
    ...) G_GNUC_PRINTF (4, 5);

static gboolean
fail_line (const Manifest *manifest, guint line, GError **error, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list arguments;

  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, "%s, line %u: %s",
      manifest->files->dataset.location, line, what);
  return FALSE;
}

/* A number of pixels; numbers with fractions are rounded. */
static gboolean
read_pixels (const char *text, int *pixels)
{
  char *end;
  double value = g_ascii_strtod (text, &end);

  if (end == text || *end != '\0' || !(fabs (value) < 1 << 24))
    return FALSE;
  *pixels = (int)lround (value);
  return TRUE;
}

/* The box of a row, where it has one. */
static gboolean
read_box (const char *const *values, GenBox *box)
{
  const gboolean corners = values[BOX_RIGHT] != NULL && values[BOX_BOTTOM] != NULL;
  const int far[] = { corners ? BOX_RIGHT : BOX_WIDTH, corners ? BOX_BOTTOM : BOX_HEIGHT };

  *box = (GenBox){ 0 };
  if (values[BOX_X] == NULL || values[BOX_Y] == NULL || values[far[0]] == NULL ||
      values[far[1]] == NULL)
    return TRUE;
  if (!read_pixels (values[BOX_X], &box->x) || !read_pixels (values[BOX_Y], &box->y) ||
      !read_pixels (values[far[0]], &box->width) || !read_pixels (values[far[1]], &box->height))
    return FALSE;
  if (corners) {
    box->width -= box->x;
    box->height -= box->y;
  }
  return box->width > 0 && box->height > 0;
}

/* A row becomes an item. Values are NULL, or empty, where it has none. */
static gboolean
add_row (Manifest *manifest, const char *const *values, guint line, GError **error)
{
  const char *path = values[PATH], *label = values[LABEL];
  GenBox box;

  if (path == NULL || *path == '\0')
    return fail_line (manifest, line, error, "it names no file");
  if (!read_box (values, &box))
    return fail_line (manifest, line, error,
        "its box has to be four numbers of pixels: x, y, width and height, or the corners");
  if (!gen_origins_set (&manifest->files->origins, manifest->files->dataset.count, values + ORIGIN))
    return fail_line (manifest, line, error,
        "tdm-reservation is \"%s\", and should be 1 where the right to learn from it is reserved, "
        "else 0",
        values[ORIGIN + GEN_ORIGIN_RESERVATION]);
  manifest->has_boxes |= box.width > 0;
  g_array_append_val (manifest->files->boxes, box);
  g_ptr_array_add (manifest->classes, label != NULL && *label != '\0' ? g_strdup (label) : NULL);
  gen_file_dataset_add (manifest->files,
      g_path_is_absolute (path) ? g_strdup (path) : g_build_filename (manifest->folder, path, NULL),
      values[CAPTION] != NULL && *values[CAPTION] != '\0' ? g_strdup (values[CAPTION]) : NULL);
  return TRUE;
}

/* --- tables --- */

/* Which column each value of a row is of. Without a header, that is the path, the label and the
 * caption. */
static gboolean
read_header (char **row, int *columns, guint n)
{
  static const int usual[] = { PATH, LABEL, CAPTION };
  gboolean has_path = FALSE;

  for (guint i = 0; i < n; i++) {
    columns[i] = find_column (row[i]);
    has_path |= columns[i] == PATH;
  }
  for (guint i = 0; i < n && !has_path; i++)
    columns[i] = i < G_N_ELEMENTS (usual) ? usual[i] : COLUMNS;
  return has_path;
}

/* The first column of a name counts. */
static void
place_values (char **row, const int *columns, guint n, const char **values)
{
  memset (values, 0, COLUMNS * sizeof *values);
  for (guint i = 0; i < n; i++)
    if (columns[i] < COLUMNS && values[columns[i]] == NULL)
      values[columns[i]] = row[i];
}

static gboolean
read_table (Manifest *manifest, const char *text, char separator, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autofree int *columns = NULL;
  guint n = 0;
  char **next;
  GenCsv csv;

  gen_csv_init (&csv, text, separator);
  while ((next = gen_csv_next (&csv, &reason)) != NULL) {
    g_auto (GStrv) row = next;
    const char *values[COLUMNS];

    if (columns == NULL) {
      n = g_strv_length (row);
      columns = g_new (int, n);
      if (read_header (row, columns, n))
        continue;
    }
    if (g_strv_length (row) != n)
      return fail_line (manifest, csv.line, error, "%u values, where the first line has %u",
          g_strv_length (row), n);
    place_values (row, columns, n, values);
    if (!add_row (manifest, values, csv.line, error))
      return FALSE;
  }
  return reason == NULL || fail_line (manifest, csv.line, error, "%s", reason->message);
}

/* --- JSON Lines --- */

/* What a member says as text; NULL for lists, objects and null. (transfer full) */
static char *
value_text (JsonNode *node)
{
  GType type;

  if (!JSON_NODE_HOLDS_VALUE (node))
    return NULL;
  type = json_node_get_value_type (node);
  if (type == G_TYPE_STRING)
    return g_strdup (json_node_get_string (node));
  if (type == G_TYPE_INT64)
    return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
  if (type == G_TYPE_BOOLEAN)
    return g_strdup (json_node_get_boolean (node) ? "true" : "false");
  return g_strdup_printf ("%.17g", json_node_get_double (node));
}

static void
place_box (JsonNode *node, char **values)
{
  static const int places[] = { BOX_X, BOX_Y, BOX_WIDTH, BOX_HEIGHT };
  JsonArray *box = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    g_free (values[places[i]]);
    values[places[i]] = box != NULL && json_array_get_length (box) == G_N_ELEMENTS (places)
                            ? value_text (json_array_get_element (box, i))
                            : g_strdup ("");
  }
}

/* The members of an object; the first of each kind counts. */
static void
place_members (JsonObject *object, char **values)
{
  g_autoptr (GList) names = json_object_get_members (object);

  for (GList *name = names; name != NULL; name = name->next) {
    JsonNode *node = json_object_get_member (object, name->data);
    int column = find_column (name->data);

    if (column == BOX && !JSON_NODE_HOLDS_NULL (node))
      place_box (node, values);
    else if (column < COLUMNS && column != BOX && values[column] == NULL)
      values[column] = value_text (node);
  }
}

static gboolean
read_object (Manifest *manifest, const char *text, guint line, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (JsonNode) root = NULL;
  char *values[COLUMNS] = { NULL };
  gboolean added;

  if (gen_json_is_deep (text, GEN_JSON_DEPTH))
    return fail_line (manifest, line, error, "nested too deep");
  root = gen_json_from_text (text, &reason);
  if (reason != NULL)
    return fail_line (manifest, line, error, "no JSON: %s", reason->message);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return fail_line (manifest, line, error, "it has to be an object, {...}");
  place_members (json_node_get_object (root), values);
  added = add_row (manifest, (const char *const *)values, line, error);
  for (int column = 0; column < COLUMNS; column++)
    g_free (values[column]);
  return added;
}

static gboolean
read_lines (Manifest *manifest, char *text, GError **error)
{
  guint line = 1;

  for (char *next; text != NULL; text = next, line++) {
    next = strchr (text, '\n');
    if (next != NULL)
      *next++ = '\0';
    if (*g_strstrip (text) != '\0' && !read_object (manifest, text, line, error))
      return FALSE;
  }
  return TRUE;
}

/* --- the dataset --- */

/* What the files are of: as the first that is of anything. */
static const GenMedium *
find_medium (const GenFileDataset *files)
{
  for (guint i = 0; i < MIN (files->paths->len, MAX_PROBED); i++)
    for (const GenMedium *const *m = gen_medium_list (); *m != NULL; m++)
      if ((*m)->recognise != NULL && (*m)->recognise (g_ptr_array_index (files->paths, i)))
        return *m;
  return &gen_medium_picture;
}

/* The text of the file, in UTF-8 and without its mark. */
static char *
read_text (const char *location, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) reason = NULL;
  const char *end;
  gsize length;

  if (!g_file_get_contents (location, &text, &length, &reason)) {
    g_set_error_literal (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, reason->message);
    return NULL;
  }
  if (length > MAX_BYTES || !g_utf8_validate_len (text, length, &end)) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
        "%s: a list of files has to be text in UTF-8", location);
    return NULL;
  }
  if (g_str_has_prefix (text, "\xef\xbb\xbf"))
    memmove (text, text + 3, length - 2);
  return g_steal_pointer (&text);
}

/* Between which characters values are: where a .csv file has no comma in its first line, a
 * semicolon may be meant. */
static char
find_separator (const char *location, const char *text)
{
  const gsize line = strcspn (text, "\r\n");

  if (gen_dataset_has_ending (location, ".tsv"))
    return '\t';
  return memchr (text, ',', line) == NULL && memchr (text, ';', line) != NULL ? ';' : ',';
}

static gboolean
manifest_open (GenDataset *dataset, const GenDatasetSettings *settings, GError **error)
{
  g_auto (Manifest) manifest = { .files = (GenFileDataset *)dataset,
    .classes = g_ptr_array_new_with_free_func (g_free),
    .folder = g_path_get_dirname (dataset->location) };
  g_autofree char *text = read_text (dataset->location, error);
  const char *location = dataset->location;
  const GenMedium *medium;
  gboolean is_table =
      gen_dataset_has_ending (location, ".csv") || gen_dataset_has_ending (location, ".tsv");

  if (text == NULL)
    return FALSE;
  if (is_table ? !read_table (&manifest, text, find_separator (location, text), error)
               : !read_lines (&manifest, text, error))
    return FALSE;
  if (dataset->count == 0) {
    g_set_error (
        error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_NOT_FOUND, "%s: it names no files", location);
    return FALSE;
  }
  if (!manifest.has_boxes)
    g_array_set_size (manifest.files->boxes, 0);
  gen_dataset_name_labels (dataset, manifest.classes, TRUE);
  medium = settings->medium != NULL ? settings->medium : find_medium (manifest.files);
  if (medium->probe == NULL) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "%s: its files cannot be read as %s", location, medium->plural);
    return FALSE;
  }
  return gen_file_dataset_probe (manifest.files, medium, error);
}

const GenDatasetFormat gen_dataset_manifest = {
  .name = "manifest",
  .description = "A list of files, as CSV or JSON Lines",
  .recognise = manifest_recognise,
  .create = gen_file_dataset_create,
  .open = manifest_open,
  .load = gen_file_dataset_load,
  .describe = gen_file_dataset_describe,
  .get_caption = gen_file_dataset_get_caption,
  .get_origin = gen_file_dataset_get_origin,
  .free = gen_file_dataset_free,
};
