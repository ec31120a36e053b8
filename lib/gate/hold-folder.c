/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The folder of what is held. Its lock is that of the file `.lock`, which goes with the process. A
 * decision is linked into its place, which fails where there is one: two who decide at once do not
 * both. */
#include <generative/hold-folder.h>

#include <errno.h>
#include <fcntl.h>
#include <generative/atomic-file.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "../base/json-file.h"
#include "../base/json-members.h"

/* Nobody writes longer ones. */
#define MAX_DECISION 65536

struct _GenHoldFolder {
  char *path;
  int lock;
  guint64 next;
};

static char *
build_path (const char *folder, guint64 number, const char *rest)
{
  return g_strdup_printf ("%s/%06" G_GUINT64_FORMAT ".%s", folder, number, rest);
}

static gboolean
fail (const char *path, const char *what, GError **error)
{
  const int code = errno;

  g_set_error (
      error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s: %s", path, what, g_strerror (code));
  return FALSE;
}

/* --- opening --- */

static gboolean
take_lock (GenHoldFolder *folder, GError **error)
{
  g_autofree char *path = g_build_filename (folder->path, ".lock", NULL);

  folder->lock = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (folder->lock < 0)
    return fail (path, "it cannot be opened", error);
  if (flock (folder->lock, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY,
      "%s: somebody else holds items in this folder; each wants one of its own", folder->path);
  return FALSE;
}

/* The number behind the greatest that a file has. */
static gboolean
find_next (GenHoldFolder *folder, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder->path, 0, error);
  const char *name;

  if (dir == NULL)
    return FALSE;
  folder->next = 1;
  while ((name = g_dir_read_name (dir)) != NULL) {
    char *end;
    const guint64 number = g_ascii_strtoull (name, &end, 10);

    if (g_ascii_isdigit (*name) && *end == '.' && number < G_MAXINT64)
      folder->next = MAX (folder->next, number + 1);
  }
  return TRUE;
}

GenHoldFolder *
gen_hold_folder_open (const char *path, GError **error)
{
  g_autoptr (GenHoldFolder) folder = g_new0 (GenHoldFolder, 1);

  folder->path = g_strdup (path);
  folder->lock = -1;
  /* What is held may be what nobody is to see. */
  if (g_mkdir_with_parents (path, 0700) != 0) {
    fail (path, "the folder cannot be made", error);
    return NULL;
  }
  if (!take_lock (folder, error) || !find_next (folder, error))
    return NULL;
  return g_steal_pointer (&folder);
}

void
gen_hold_folder_free (GenHoldFolder *folder)
{
  if (folder == NULL)
    return;
  if (folder->lock >= 0)
    close (folder->lock);
  g_free (folder->path);
  g_free (folder);
}

/* --- holding --- */

static void
set_text (JsonObject *object, const char *name, const char *text)
{
  g_autofree char *valid = text != NULL ? g_utf8_make_valid (text, -1) : NULL;

  if (valid != NULL)
    json_object_set_string_member (object, name, valid);
}

static void
set_date (JsonObject *object, const char *name, gint64 microseconds)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (microseconds / G_USEC_PER_SEC);
  g_autofree char *text = date != NULL ? g_date_time_format_iso8601 (date) : NULL;

  set_text (object, name, text);
}

static gboolean
write_json (const char *path, JsonObject *object, GError **error)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = gen_json_to_text (node, FALSE);
  g_autofree char *line = g_strconcat (text, "\n", NULL);
  g_autoptr (GBytes) bytes = g_bytes_new (line, strlen (line));

  return gen_atomic_write (path, bytes, error);
}

static JsonObject *
describe (const GenHeldItem *item, guint64 number, const char *media)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "number", (gint64)number);
  set_text (object, "media", media);
  set_text (object, "label", item->label);
  if (isfinite (item->score))
    json_object_set_double_member (object, "score", item->score);
  if (item->time != G_MAXUINT64)
    json_object_set_double_member (object, "time", (double)item->time / 1e9);
  set_text (object, "caps", item->caps);
  set_text (object, "reason", item->reason);
  set_date (object, "held", g_get_real_time ());
  if (item->deadline > 0)
    set_date (object, "deadline", item->deadline);
  return object;
}

gboolean
gen_hold_folder_add (
    GenHoldFolder *folder, const GenHeldItem *item, guint64 *number, GError **error)
{
  g_autofree char *media = build_path (folder->path, folder->next, item->extension);
  g_autofree char *told = build_path (folder->path, folder->next, "json");
  g_autofree char *name = g_path_get_basename (media);
  g_autoptr (JsonObject) object = describe (item, folder->next, name);

  if (!gen_atomic_write (media, item->media, error) || !write_json (told, object, error))
    return FALSE;
  *number = folder->next++;
  return TRUE;
}

/* --- deciding --- */

void
gen_hold_decision_clear (GenHoldDecision *decision)
{
  g_clear_pointer (&decision->reason, g_free);
  g_clear_pointer (&decision->by, g_free);
  decision->decision = GEN_DECISION_NONE;
}

static gboolean
read_decision (const char *path, const char *text, GenHoldDecision *decision, GError **error)
{
  g_autoptr (JsonNode) node = gen_json_from_text (text, error);
  JsonObject *object =
      node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  const char *said = gen_json_text_in (object, "decision");

  if (g_strcmp0 (said, "approve") == 0)
    decision->decision = GEN_DECISION_APPROVE;
  else if (g_strcmp0 (said, "reject") == 0)
    decision->decision = GEN_DECISION_REJECT;
  else {
    g_clear_error (error);
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s is no decision: {\"decision\":\"approve\"} or {\"decision\":\"reject\"} is wanted",
        path);
    return FALSE;
  }
  decision->reason = g_strdup (gen_json_text_in (object, "reason"));
  decision->by = g_strdup (gen_json_text_in (object, "by"));
  return TRUE;
}

gboolean
gen_hold_get_decision (const char *path, guint64 number, GenHoldDecision *decision, GError **error)
{
  g_autofree char *file = build_path (path, number, "decision.json");
  g_autofree char *text = NULL;
  g_autoptr (GError) reason = NULL;
  GStatBuf status;

  *decision = (GenHoldDecision){ GEN_DECISION_NONE };
  if (g_stat (file, &status) == 0 && (!S_ISREG (status.st_mode) || status.st_size > MAX_DECISION)) {
    g_set_error (
        error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s is no decision: it is too large", file);
    return FALSE;
  }
  if (g_file_get_contents (file, &text, NULL, &reason))
    return read_decision (file, text, decision, error);
  if (g_error_matches (reason, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&reason));
  return FALSE;
}

/* `part` becomes `file`, where there is none. */
static gboolean
place (const char *part, const char *file, GError **error)
{
  const gboolean placed = link (part, file) == 0;

  if (!placed && errno == EEXIST)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "%s: it has been decided before", file);
  else if (!placed)
    fail (file, "it cannot be written", error);
  g_unlink (part);
  return placed;
}

gboolean
gen_hold_decide (const char *path, guint64 number, const GenHoldDecision *decision, GError **error)
{
  g_autofree char *file = build_path (path, number, "decision.json");
  g_autofree char *part = g_strdup_printf ("%s.%d-%08x", file, (int)getpid (), g_random_int ());
  g_autoptr (JsonObject) object = json_object_new ();

  g_return_val_if_fail (decision->decision != GEN_DECISION_NONE, FALSE);
  set_text (object, "decision", decision->decision == GEN_DECISION_APPROVE ? "approve" : "reject");
  set_text (object, "reason", decision->reason);
  set_text (object, "by", decision->by);
  set_date (object, "time", g_get_real_time ());
  return write_json (part, object, error) && place (part, file, error) &&
         gen_folder_sync (path, error);
}
