/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is held, for those who look at it. A file is found by its number and an ending of three
 * letters alone: no text of a file, and of nobody who asks, becomes part of a path. */
#include <generative/hold-folder.h>

#include <errno.h>
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/json-file.h"
#include "../base/json-members.h"

#define MAX_TOLD 65536
/* A picture of 8K as PNG has at most half of it. */
#define MAX_MEDIA ((goffset)256 << 20)

static const char *const extensions[] = { "png", "wav", "txt", NULL };

static gboolean
fail (const char *path, int code, GError **error)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: it cannot be read: %s", path,
      g_strerror (code));
  return FALSE;
}

/* --- files --- */

static gboolean
read_all (int fd, guint8 *data, gsize size)
{
  for (gsize n = 0; n < size;) {
    const gssize got = read (fd, data + n, size - n);

    if (got < 0 && errno == EINTR)
      continue;
    if (got == 0)
      errno = EIO; /* it has shrunk meanwhile */
    if (got <= 0)
      return FALSE;
    n += (gsize)got;
  }
  return TRUE;
}

/* A regular file of at most `most` bytes, which is no link to another. */
static GBytes *
read_file (const char *folder, guint64 number, const char *extension, goffset most, GError **error)
{
  g_autofree char *path =
      g_strdup_printf ("%s/%06" G_GUINT64_FORMAT ".%s", folder, number, extension);
  const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  g_autofree guint8 *data = NULL;
  struct stat status;
  gboolean good;

  if (fd < 0) {
    fail (path, errno, error);
    return NULL;
  }
  good = fstat (fd, &status) == 0;
  if (good && (!S_ISREG (status.st_mode) || status.st_size > most)) {
    errno = S_ISREG (status.st_mode) ? EFBIG : EINVAL;
    good = FALSE;
  }
  if (good) {
    data = g_malloc ((gsize)status.st_size + 1);
    good = read_all (fd, data, (gsize)status.st_size);
  }
  if (!good)
    fail (path, errno, error);
  close (fd);
  return good ? g_bytes_new_take (g_steal_pointer (&data), (gsize)status.st_size) : NULL;
}

/* --- which items there are --- */

/* The number of a name such as 000042.json; 0: it is another. */
static guint64
parse_name (const char *name)
{
  const guint64 number = g_ascii_isdigit (*name) ? g_ascii_strtoull (name, NULL, 10) : 0;
  g_autofree char *made = g_strdup_printf ("%06" G_GUINT64_FORMAT ".json", number);

  return strcmp (name, made) == 0 ? number : 0;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const guint64 x = *(const guint64 *)a, y = *(const guint64 *)b;

  return (x > y) - (x < y);
}

GArray *
gen_hold_list (const char *path, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, error);
  GArray *numbers;
  const char *name;

  if (dir == NULL)
    return NULL;
  numbers = g_array_new (FALSE, FALSE, sizeof (guint64));
  while ((name = g_dir_read_name (dir)) != NULL) {
    const guint64 number = parse_name (name);

    if (number > 0)
      g_array_append_val (numbers, number);
  }
  g_array_sort (numbers, compare);
  return numbers;
}

/* --- what is told of one --- */

static gint64
get_date (JsonObject *object, const char *name)
{
  const char *text = gen_json_text_in (object, name);
  g_autoptr (GDateTime) date = text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;

  return date != NULL ? g_date_time_to_unix (date) * G_USEC_PER_SEC : 0;
}

/* Its media has its number, and an ending of ours. */
static void
find_extension (JsonObject *object, guint64 number, char extension[8])
{
  const char *media = gen_json_text_in (object, "media");

  for (int i = 0; media != NULL && extensions[i] != NULL; i++) {
    g_autofree char *name = g_strdup_printf ("%06" G_GUINT64_FORMAT ".%s", number, extensions[i]);

    if (strcmp (media, name) == 0)
      g_strlcpy (extension, extensions[i], 8);
  }
}

gboolean
gen_hold_describe (
    const char *path, guint64 number, GenHoldDescription *description, GError **error)
{
  g_autoptr (GBytes) bytes = read_file (path, number, "json", MAX_TOLD, error);
  g_autofree char *text = NULL;
  g_autoptr (GError) reason = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object;

  *description = (GenHoldDescription){ .number = number, .score = NAN, .time = NAN };
  if (bytes == NULL)
    return FALSE;
  text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  node = gen_json_from_text (text, &reason);
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s/%06" G_GUINT64_FORMAT ".json tells of no item: an object of JSON is wanted", path,
        number);
    return FALSE;
  }
  object = json_node_get_object (node);
  find_extension (object, number, description->extension);
  description->label = g_strdup (gen_json_text_in (object, "label"));
  description->reason = g_strdup (gen_json_text_in (object, "reason"));
  description->score = gen_json_number_in (object, "score");
  description->time = gen_json_number_in (object, "time");
  description->held_since = get_date (object, "held");
  description->deadline = get_date (object, "deadline");
  return TRUE;
}

void
gen_hold_description_clear (GenHoldDescription *description)
{
  g_clear_pointer (&description->label, g_free);
  g_clear_pointer (&description->reason, g_free);
}

GBytes *
gen_hold_load_media (const char *path, const GenHoldDescription *description, GError **error)
{
  if (*description->extension != '\0')
    return read_file (path, description->number, description->extension, MAX_MEDIA, error);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      "item %" G_GUINT64_FORMAT " is no picture, sound or text", description->number);
  return NULL;
}
