/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "opt-outs.h"

#include <gio/gio.h>
#include <string.h>

#include "../../base/json-file.h"
#include "../list-text.h"
#include "../opt-out-files.h"
#include "../origin.h"
#include "near.h"
#include "opt-out-rules.h"

#define HEX (2 * GEN_DATA_DIGEST)
#define FINGERPRINT_HEX 16

static const char *const reasons[] = { "opted-out-content", "opted-out-fingerprint",
  "opted-out-path", "reserved", NULL };
enum { BY_CONTENT, BY_FINGERPRINT, BY_PATH, BY_RESERVATION };

struct _GenOptOuts {
  GHashTable *digests;  /* SHA-256 in small hexadecimal digits */
  GArray *fingerprints; /* of guint64 */
  GenNear *near;        /* of them */
  GenOptOutRules *rules, *reservations;
  JsonArray *files;
  char *folder;       /* where they lie, and paths begin */
  gboolean has_files; /* beside the data, or named */
};

/* --- lines --- */

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static gboolean
is_hex (const char *text, gsize n)
{
  return strspn (text, "0123456789abcdefABCDEF") == n;
}

/* "name: value" of a line, in small letters and without white space; FALSE of a line that is none.
 */
static gboolean
split_line (char *line, char **name, char **value)
{
  char *colon = strchr (line, ':');

  if (colon == NULL)
    return FALSE;
  *colon = '\0';
  *name = g_strstrip (line);
  *value = g_strstrip (colon + 1);
  for (char *c = *name; *c != '\0'; c++)
    *c = g_ascii_tolower (*c);
  return TRUE;
}

static gboolean
take_digest (GenOptOuts *opt_outs, const char *text)
{
  if (!is_hex (text, HEX))
    return FALSE;
  g_hash_table_add (opt_outs->digests, g_ascii_strdown (text, HEX));
  return TRUE;
}

static gboolean
take_fingerprint (GenOptOuts *opt_outs, const char *text)
{
  guint64 fingerprint;

  if (strlen (text) != FINGERPRINT_HEX || !is_hex (text, FINGERPRINT_HEX) ||
      !g_ascii_string_to_unsigned (text, 16, 0, G_MAXUINT64, &fingerprint, NULL))
    return FALSE;
  g_array_append_val (opt_outs->fingerprints, fingerprint);
  return TRUE;
}

/* Where a file of lines stands. */
typedef struct {
  GenOptOuts *opt_outs;
  gboolean is_ours;  /* what it does not know would be left unheeded */
  gboolean in_group; /* agents are named, and no rule has come yet */
} Reading;

/* FALSE of what is none of them. */
static gboolean
take_pair (Reading *reading, const char *name, const char *value)
{
  GenOptOuts *opt_outs = reading->opt_outs;
  const gboolean allows = g_str_equal (name, "allow");

  if (g_str_equal (name, "user-agent")) {
    if (!reading->in_group)
      gen_opt_out_rules_begin_group (opt_outs->rules);
    reading->in_group = TRUE;
    return TRUE;
  }
  if (allows || g_str_equal (name, "disallow")) {
    gen_opt_out_rules_add (opt_outs->rules, value, allows);
    reading->in_group = FALSE;
    return TRUE;
  }
  if (!reading->is_ours)
    return TRUE; /* Sitemap and the like */
  return (g_str_equal (name, "sha256") && take_digest (opt_outs, value)) ||
         (g_str_equal (name, "fingerprint") && take_fingerprint (opt_outs, value));
}

static gboolean
take_line (Reading *reading, char *line)
{
  char *comment = strchr (line, '#'), *name, *value;

  /* As sha256sum writes it, with whatever name. */
  if (reading->is_ours && take_digest (reading->opt_outs, line))
    return TRUE;
  if (comment != NULL)
    *comment = '\0';
  if (*g_strstrip (line) == '\0')
    return TRUE;
  if (!split_line (line, &name, &value))
    return !reading->is_ours;
  return take_pair (reading, name, value);
}

/* A line ends as any of RFC 9309's do, the mark that editors put in front is none of it. */
static char **
split_lines (char *text)
{
  for (char *at = text; (at = strchr (at, '\r')) != NULL; at++)
    if (at[1] != '\n')
      *at = '\n';
  return g_strsplit (text + (g_str_has_prefix (text, BYTE_ORDER_MARK) ? 3 : 0), "\n", -1);
}

static gboolean
read_lines (GenOptOuts *opt_outs, const char *path, char *text, gboolean is_ours, GError **error)
{
  g_auto (GStrv) lines = split_lines (text);
  Reading reading = { .opt_outs = opt_outs, .is_ours = is_ours };

  gen_opt_out_rules_begin_group (opt_outs->rules);
  for (guint i = 0; lines[i] != NULL; i++) {
    g_autofree char *line = g_strdup (lines[i]);

    if (take_line (&reading, g_strstrip (line)))
      continue;
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
        "%s, line %u: \"%s\" is no opt-out: there are a SHA-256 of %d digits, fingerprint: and %d "
        "digits, User-agent:, Disallow: and Allow:",
        path, i + 1, g_strstrip (lines[i]), HEX, FINGERPRINT_HEX);
    return FALSE;
  }
  return TRUE;
}

/* --- tdmrep.json --- */

static gboolean
take_reservation (GenOptOuts *opt_outs, JsonNode *node)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonNode *location = object != NULL ? json_object_get_member (object, "location") : NULL;
  JsonNode *reserved = object != NULL ? json_object_get_member (object, "tdm-reservation") : NULL;
  gint64 number;

  if (location == NULL || json_node_get_value_type (location) != G_TYPE_STRING ||
      reserved == NULL || json_node_get_value_type (reserved) != G_TYPE_INT64)
    return FALSE;
  number = json_node_get_int (reserved);
  gen_opt_out_rules_add (opt_outs->reservations, json_node_get_string (location), number == 0);
  return number == 0 || number == 1;
}

static gboolean
read_reservations (GenOptOuts *opt_outs, const char *path, const char *text, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (JsonNode) root = gen_json_from_text (text, &reason);
  JsonArray *rules =
      root != NULL && JSON_NODE_HOLDS_ARRAY (root) ? json_node_get_array (root) : NULL;

  for (guint i = 0; rules != NULL && i < json_array_get_length (rules); i++)
    if (!take_reservation (opt_outs, json_array_get_element (rules, i)))
      rules = NULL;
  if (rules != NULL)
    return TRUE;
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
      "%s: %s: a list of {\"location\": \"/path\", \"tdm-reservation\": 0 or 1} is wanted", path,
      reason != NULL ? reason->message : "it is none of the TDM Reservation Protocol's");
  return FALSE;
}

/* --- files --- */

static void
note_file (GenOptOuts *opt_outs, const char *path, const char *text)
{
  g_autofree char *name = g_path_get_basename (path), *valid = g_utf8_make_valid (name, -1);
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  JsonObject *file = json_object_new ();

  json_object_set_string_member (file, "name", valid);
  json_object_set_string_member (file, "sha256", digest);
  json_array_add_object_element (opt_outs->files, file);
}

static gboolean
read_file (GenOptOuts *opt_outs, const char *path, GenOptOutKind kind, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autofree char *text = NULL;

  /* A device may have no end. */
  if (g_file_test (path, G_FILE_TEST_EXISTS) && !g_file_test (path, G_FILE_TEST_IS_REGULAR))
    g_set_error (
        &reason, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, "%s: it is no regular file", path);
  else
    gen_list_text_read (path, &text, &reason);
  if (reason != NULL) {
    g_set_error_literal (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ, reason->message);
    return FALSE;
  }
  note_file (opt_outs, path, text);
  return kind == GEN_OPT_OUT_RESERVATIONS
             ? read_reservations (opt_outs, path, text, error)
             : read_lines (opt_outs, path, text, kind == GEN_OPT_OUT_LINES, error);
}

/* A link to nothing has led to opt-outs. */
static gboolean
is_there (const char *path)
{
  return g_file_test (path, G_FILE_TEST_EXISTS) || g_file_test (path, G_FILE_TEST_IS_SYMLINK);
}

static gboolean
read_kept (GenOptOuts *opt_outs, GError **error)
{
  for (const GenOptOutFile *file = gen_opt_out_files; file->name != NULL; file++) {
    g_autofree char *path = g_build_filename (opt_outs->folder, file->name, NULL);

    if (!is_there (path))
      continue;
    opt_outs->has_files = TRUE;
    if (!read_file (opt_outs, path, file->kind, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
any_is_reserved (const GenDataset *dataset)
{
  GenDatasetOrigin origin;

  for (guint32 i = 0; dataset->format->get_origin != NULL && i < dataset->count; i++)
    if (gen_dataset_get_origin (dataset, i, &origin) && origin.is_reserved)
      return TRUE;
  return FALSE;
}

gboolean
gen_opt_outs_are_kept (const GenDataset *dataset)
{
  g_autofree char *folder = gen_opt_out_folder (dataset->location);

  for (const GenOptOutFile *file = gen_opt_out_files; file->name != NULL; file++) {
    g_autofree char *path = g_build_filename (folder, file->name, NULL);

    if (is_there (path))
      return TRUE;
  }
  return any_is_reserved (dataset);
}

GenOptOuts *
gen_opt_outs_load (const GenDataset *dataset, const char *further, GError **error)
{
  g_autoptr (GenOptOuts) opt_outs = NULL;

  if (further == NULL && !gen_opt_outs_are_kept (dataset))
    return NULL;
  opt_outs = g_new0 (GenOptOuts, 1);
  opt_outs->digests = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  opt_outs->fingerprints = g_array_new (FALSE, FALSE, sizeof (guint64));
  opt_outs->rules = gen_opt_out_rules_new ();
  opt_outs->reservations = gen_opt_out_rules_new ();
  opt_outs->files = json_array_new ();
  opt_outs->folder = gen_opt_out_folder (dataset->location);
  opt_outs->has_files = further != NULL;
  if (!read_kept (opt_outs, error) ||
      (further != NULL && !read_file (opt_outs, further, GEN_OPT_OUT_LINES, error)))
    return NULL;
  return g_steal_pointer (&opt_outs);
}

void
gen_opt_outs_free (GenOptOuts *opt_outs)
{
  g_hash_table_unref (opt_outs->digests);
  g_array_unref (opt_outs->fingerprints);
  g_clear_pointer (&opt_outs->near, gen_near_free);
  gen_opt_out_rules_free (opt_outs->rules);
  gen_opt_out_rules_free (opt_outs->reservations);
  json_array_unref (opt_outs->files);
  g_free (opt_outs->folder);
  g_free (opt_outs);
}

/* --- items --- */

gboolean
gen_opt_outs_need_fingerprint (const GenOptOuts *opt_outs)
{
  return opt_outs->fingerprints->len > 0;
}

guint
gen_opt_outs_needs (const GenOptOuts *opt_outs)
{
  return (g_hash_table_size (opt_outs->digests) > 0 ? GEN_NEED_FILE : 0) |
         (gen_opt_outs_need_fingerprint (opt_outs) ? GEN_NEED_ITEM : 0);
}

void
gen_opt_outs_set_distance (GenOptOuts *opt_outs, int distance)
{
  opt_outs->near = gen_near_new (distance);
  for (guint i = 0; i < opt_outs->fingerprints->len; i++)
    gen_near_add (opt_outs->near, g_array_index (opt_outs->fingerprints, guint64, i), i);
}

static void
take_near (guint32 id, gpointer data)
{
  *(gboolean *)data = TRUE;
}

static gboolean
is_near (const GenOptOuts *opt_outs, const guint64 *fingerprint)
{
  gboolean found = FALSE;

  if (fingerprint != NULL && opt_outs->near != NULL)
    gen_near_visit (opt_outs->near, *fingerprint, take_near, &found);
  return found;
}

/* Add what an object says, and the data do not. FALSE where it cannot be understood. `kept` keeps
 * the texts. */
static gboolean
add_origin (JsonObject *object, GenOrigins *kept, GenDatasetOrigin *origin)
{
  GenDatasetOrigin added;
  char *texts[GEN_ORIGIN_FIELDS];
  gboolean understood;

  gen_origin_read_object (object, texts);
  understood = gen_origins_set (kept, 0, (const char *const *)texts);
  for (int i = 0; i < GEN_ORIGIN_FIELDS; i++)
    g_free (texts[i]);
  gen_origins_get (kept, 0, &added);
  origin->address = origin->address != NULL ? origin->address : added.address;
  origin->licence = origin->licence != NULL ? origin->licence : added.licence;
  origin->group = origin->group != NULL ? origin->group : added.group;
  origin->is_reserved |= added.is_reserved;
  return understood;
}

/* What is said of an item by the data, and beside its file. */
static gboolean
find_origin (const GenOptOuts *opt_outs, const GenDataset *dataset, guint32 index, const char *path,
    GenOrigins *kept, GenDatasetOrigin *origin)
{
  g_autoptr (JsonObject) object = NULL;

  if (!gen_dataset_get_origin (dataset, index, origin))
    *origin = (GenDatasetOrigin){ 0 };
  if (!opt_outs->has_files)
    return TRUE;
  return gen_origin_read_sidecar (path, &object) &&
         (object == NULL || add_origin (object, kept, origin));
}

/* A reservation that cannot be understood is one, and what cannot be read may have one. */
static const char *
find_by_origin (const GenOptOuts *opt_outs, const GenDataset *dataset, guint32 index)
{
  g_autofree char *path = gen_dataset_describe_item (dataset, index);
  const char *name = gen_opt_out_name (dataset, opt_outs->folder, path), *reason = NULL;
  GenDatasetOrigin origin = { 0 };
  GenOrigins sidecar;

  gen_origins_init (&sidecar);
  if (!find_origin (opt_outs, dataset, index, path, &sidecar, &origin) || origin.is_reserved ||
      gen_opt_out_rules_forbid (opt_outs->reservations, name, origin.address))
    reason = reasons[BY_RESERVATION];
  else if (gen_opt_out_rules_forbid (opt_outs->rules, name, origin.address))
    reason = reasons[BY_PATH];
  gen_origins_clear (&sidecar);
  return reason;
}

const char *
gen_opt_outs_find (const GenOptOuts *opt_outs, const GenDataset *dataset, guint32 index,
    const GenLook *look, const guint64 *fingerprint)
{
  g_autofree char *digest = look->has_digest ? gen_data_digest_to_text (look->digest) : NULL;

  if (digest != NULL && g_hash_table_contains (opt_outs->digests, digest))
    return reasons[BY_CONTENT];
  if (is_near (opt_outs, fingerprint))
    return reasons[BY_FINGERPRINT];
  return find_by_origin (opt_outs, dataset, index);
}

JsonArray *
gen_opt_outs_describe (const GenOptOuts *opt_outs)
{
  return json_array_ref (opt_outs->files);
}

gboolean
gen_opt_outs_is_reason (const char *reason)
{
  return g_strv_contains (reasons, reason);
}
