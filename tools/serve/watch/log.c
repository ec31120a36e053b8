/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A record is a message and fields, as the journal has them: GENERATIVE_REQUEST, GENERATIVE_STATUS.
 * In text they follow the message, in JSON they are members, each without the prefix and in small
 * letters. Nothing that a client sends makes a line of its own. */
#include "log.h"

#include <glib.h>
#include <generative/report.h>
#include <stdio.h>
#include <string.h>

#include "../../../lib/base/json-file.h"
#include "../configuration.h"

#define PREFIX "GENERATIVE_"

static const char *
level_name (GLogLevelFlags level)
{
  switch (level & G_LOG_LEVEL_MASK) {
  case G_LOG_LEVEL_ERROR:
  case G_LOG_LEVEL_CRITICAL:
    return "error";
  case G_LOG_LEVEL_WARNING:
    return "warning";
  case G_LOG_LEVEL_MESSAGE:
    return "notice";
  case G_LOG_LEVEL_INFO:
    return "info";
  default:
    return "debug";
  }
}

static const char *
find_field (const GLogField *fields, gsize n, const char *name)
{
  for (gsize i = 0; i < n; i++)
    if (strcmp (fields[i].key, name) == 0 && fields[i].length < 0)
      return fields[i].value;
  return NULL;
}

static gboolean
is_ours (const GLogField *field)
{
  return g_str_has_prefix (field->key, PREFIX) && field->length < 0;
}

static gboolean
is_asked_for (GLogLevelFlags level, const GLogField *fields, gsize n)
{
  if ((level & G_LOG_LEVEL_INFO) != 0 && find_field (fields, n, "GENERATIVE_REQUEST") != NULL)
    return TRUE;
  return !g_log_writer_default_would_drop (level, find_field (fields, n, "GLIB_DOMAIN"));
}

/* (transfer full) */
static char *
now (void)
{
  g_autoptr (GDateTime) time = g_date_time_new_now_utc ();
  g_autofree char *seconds = g_date_time_format (time, "%Y-%m-%dT%H:%M:%S");

  return g_strdup_printf ("%s.%03dZ", seconds, g_date_time_get_microsecond (time) / 1000);
}

/* "request" of GENERATIVE_REQUEST. (transfer full) */
static char *
member_name (const char *key)
{
  return g_ascii_strdown (key + strlen (PREFIX), -1);
}

static void
append_escaped (GString *text, const char *value)
{
  g_autofree char *valid = g_utf8_make_valid (value, -1);

  for (const char *c = valid; *c != '\0'; c++) {
    if (*c == '\n')
      g_string_append (text, "\\n");
    else if (g_ascii_iscntrl (*c))
      g_string_append_printf (text, "\\x%02x", *c);
    else
      g_string_append_c (text, *c);
  }
}

static char *
to_text (GLogLevelFlags level, const GLogField *fields, gsize n)
{
  g_autofree char *time = now ();
  const char *message = find_field (fields, n, "MESSAGE");
  GString *text = g_string_new (time);

  g_string_append_printf (text, " %s: ", level_name (level));
  append_escaped (text, message != NULL ? message : "");
  for (gsize i = 0; i < n; i++)
    if (is_ours (&fields[i]) && *(const char *)fields[i].value != '\0') {
      g_autofree char *name = member_name (fields[i].key);

      g_string_append_printf (text, " %s=", name);
      append_escaped (text, fields[i].value);
    }
  return g_string_free (text, FALSE);
}

/* Those that are measured are numbers. */
static gboolean
is_number (const char *name)
{
  static const char *const names[] = { "bytes", "seconds", "status", "value", NULL };

  return g_strv_contains (names, name);
}

static char *
to_json (GLogLevelFlags level, const GLogField *fields, gsize n)
{
  g_autofree char *time = now ();
  const char *message = find_field (fields, n, "MESSAGE");
  g_autofree char *valid = g_utf8_make_valid (message != NULL ? message : "", -1);
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "time", time);
  json_object_set_string_member (object, "level", level_name (level));
  json_object_set_string_member (object, "message", valid);
  for (gsize i = 0; i < n; i++)
    if (is_ours (&fields[i]) && *(const char *)fields[i].value != '\0') {
      g_autofree char *name = member_name (fields[i].key);
      g_autofree char *value = g_utf8_make_valid (fields[i].value, -1);

      if (is_number (name))
        gen_json_set_number (object, name, g_ascii_strtod (value, NULL));
      else
        json_object_set_string_member (object, name, value);
    }
  json_node_take_object (node, object);
  return gen_json_to_text (node, FALSE);
}

static GLogWriterOutput
write_record (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
  const int kind = GPOINTER_TO_INT (data);
  g_autofree char *line = NULL;

  if (!is_asked_for (level, fields, n))
    return G_LOG_WRITER_HANDLED;
  if (kind == SERVE_LOG_JOURNAL &&
      g_log_writer_journald (level, fields, n, NULL) == G_LOG_WRITER_HANDLED)
    return G_LOG_WRITER_HANDLED;
  line = kind == SERVE_LOG_JSON ? to_json (level, fields, n) : to_text (level, fields, n);
  fprintf (stderr, "%s\n", line);
  fflush (stderr);
  return G_LOG_WRITER_HANDLED;
}

void
serve_log_begin (int kind)
{
  g_log_set_writer_func (write_record, GINT_TO_POINTER (kind), NULL);
}
