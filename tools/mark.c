/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model mark: what marks files have that videomark and audiomark made. */
#include <stdio.h>
#include <string.h>

#include <generative/mark-span.h>
#include <generative/picture.h>
#include <generative/sound.h>

#include "../lib/base/json-file.h"
#include "command.h"

typedef struct {
  const char *path;
  gboolean json;
  guint spans;
} Reading;

/* What marks are looked for by: a key, and in pictures a net, where there is one. */
typedef struct {
  GenMarkKey *key;
  GenLearnedMarkReader *net;
} Readers;

/* {"NAME":object} as a line; the file comes first. */
static void
print_line (const Reading *reading, const char *name, JsonObject *object)
{
  g_autoptr (JsonObject) line = json_object_new ();
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *path = g_utf8_make_valid (reading->path, -1), *text = NULL;

  json_object_set_string_member (line, "file", path);
  json_object_set_object_member (line, name, json_object_ref (object));
  json_node_set_object (node, line);
  text = gen_json_to_text (node, FALSE);
  g_print ("%s\n", text);
}

static void
print_span (const Reading *reading, const GenMarkSpan *span)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (span->payload.time);
  g_autofree char *when = g_date_time_format (time, "%Y-%m-%d %H:%M UTC");
  g_autofree char *path = command_escape (reading->path);

  g_print ("%s: ", path);
  if (span->end > span->begin)
    g_print ("%.1f to %.1f s: ", (double)span->begin / 1e9, (double)span->end / 1e9);
  g_print ("operator %u, model %05x, %s (%016" G_GINT64_MODIFIER "x); %.1f deviations, %.0f%% of "
           "symbols corrected, ",
      span->payload.operator_id, span->payload.model_id, when, span->bits, span->deviations,
      100 * span->errors);
  if (span->speed > 0)
    g_print ("in sound, speed %.3f\n", span->speed);
  else
    g_print ("scale %.3f x %.3f, turned by %.1f degrees\n", span->scale_across, span->scale_down,
        span->rotation);
}

/* GenMarkSpanFunc */
static void
tell (const GenMarkSpan *span, gboolean ended, gpointer data)
{
  Reading *reading = data;

  if (!ended)
    return;
  reading->spans++;
  if (reading->json) {
    g_autoptr (JsonObject) object = gen_mark_span_to_json (span);

    print_line (reading, "mark", object);
  } else {
    print_span (reading, span);
  }
  fflush (stdout);
}

static void
summarise (const Reading *reading, double seconds, const GenSoundMarkHeard *heard)
{
  g_autoptr (JsonObject) summary = json_object_new ();
  g_autofree char *path = command_escape (reading->path);

  json_object_set_int_member (summary, "marks", reading->spans);
  json_object_set_double_member (summary, "seconds", seconds);
  json_object_set_double_member (summary, "silent-seconds", heard->silent);
  json_object_set_int_member (summary, "windows-of-sound", heard->windows);
  if (reading->json)
    print_line (reading, "summary", summary);
  else if (reading->spans == 0)
    g_print ("%s: no mark of this key\n", path);
}

static gboolean
read_pictures (Reading *reading, const Readers *readers, double *seconds, GError **error)
{
  if (readers->net != NULL)
    return gen_learned_mark_read_file (reading->path, readers->net, tell, reading, seconds, error);
  return gen_picture_mark_read_file (reading->path, readers->key, tell, reading, seconds, error);
}

/* The pictures of a file and its sound. FALSE where it has neither, or has pictures that cannot be
 * read: the marks of its sound are told all the same. The cover of a sound is none of its pictures.
 */
static gboolean
read_file (Reading *reading, const Readers *readers, GError **error)
{
  const gboolean named_sound = gen_sound_is_named (reading->path);
  g_autoptr (GError) of_pictures = NULL, of_sound = NULL;
  GenSoundMarkHeard heard = { 0 };
  double seconds = 0;
  const gboolean seen = !named_sound && read_pictures (reading, readers, &seconds, &of_pictures);
  const gboolean was_heard =
      gen_sound_mark_read_file (reading->path, readers->key, tell, reading, &heard, &of_sound);
  const gboolean is_sound =
      named_sound || g_error_matches (of_pictures, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_NONE);

  if (seen || (is_sound && was_heard)) {
    summarise (reading, MAX (seconds, heard.seconds), &heard);
    return TRUE;
  }
  *error = is_sound ? g_steal_pointer (&of_sound) : g_steal_pointer (&of_pictures);
  return FALSE;
}

static int
read_marks (const char *const *paths, const char *key_path, const char *decoder, gboolean json)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenMarkKey) key = gen_mark_key_load (key_path, &error);
  g_autoptr (GenLearnedMarkReader) net = NULL;
  int status = STATUS_FINE;

  if (key == NULL)
    return command_fail (g_steal_pointer (&error));
  if (decoder != NULL && (net = gen_learned_mark_reader_new (decoder, key, &error)) == NULL)
    return command_fail (g_steal_pointer (&error));
  for (; *paths != NULL; paths++) {
    Reading reading = { *paths, json, 0 };

    if (!read_file (&reading, &(Readers){ key, net }, &error))
      status = command_fail (g_steal_pointer (&error));
    else if (reading.spans == 0)
      status = STATUS_FAILED;
  }
  return status;
}

static int
run (int argc, char **argv)
{
  g_autofree char *key = NULL, *decoder = NULL;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "key", 'k', 0, G_OPTION_ARG_FILENAME, &key, "File of the key that they were made by",
        "FILE" },
    { "decoder", 0, 0, G_OPTION_ARG_FILENAME, &decoder,
        "ONNX model that reads pictures, of the pair of nets that marked them (without: the "
        "pattern is read)",
        "FILE" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print a line of JSON for each mark, and a summary",
        NULL },
    { NULL },
  };

  if (!command_parse (&command_mark, entries,
          "\"read\" is what there is to do. Of a film or a sound it tells the spans of time that "
          "are "
          "marked, to about a second.\nThe exit status is 1 where a file has no mark, or cannot be "
          "read.\n"
          "docs/marking.md says what marks survive.",
          2, -1, &argc, &argv))
    return STATUS_USAGE;
  if (strcmp (argv[1], "read") != 0) {
    g_printerr ("generative-model mark: \"%s\" is nothing to do; read is\n", argv[1]);
    return STATUS_USAGE;
  }
  if (key == NULL) {
    g_printerr ("generative-model mark read: --key=FILE says which key's marks are looked for\n");
    return STATUS_USAGE;
  }
  return read_marks ((const char *const *)argv + 2, key, decoder, json);
}

const Command command_mark = { "mark", "read FILE...",
  "Tell the marks in films, pictures and sounds", run };
