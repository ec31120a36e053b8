/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "answer.h"

#include <string.h>

#include "../../lib/base/json-file.h"

#define POLICY                                                                                     \
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "    \
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

static const struct {
  const char *name, *value;
} headers[] = {
  { "Content-Security-Policy", POLICY },
  { "X-Content-Type-Options", "nosniff" },
  { "Cache-Control", "no-store" },
  { "Referrer-Policy", "no-referrer" },
  { "Cross-Origin-Resource-Policy", "same-origin" },
  { "Cross-Origin-Opener-Policy", "same-origin" },
};

void
http_answer_begin (SoupServerMessage *message)
{
  SoupMessageHeaders *answer = soup_server_message_get_response_headers (message);

  for (guint i = 0; i < G_N_ELEMENTS (headers); i++)
    soup_message_headers_replace (answer, headers[i].name, headers[i].value);
}

/* Whether `range` is one, such as bytes=0-99, that ends within `size` bytes. */
static gboolean
is_within (const char *range, gsize size)
{
  g_auto (GStrv) ends = NULL;
  guint64 first, last;

  if (size == 0 || !g_str_has_prefix (range, "bytes="))
    return FALSE;
  ends = g_strsplit (range + strlen ("bytes="), "-", -1);
  return g_strv_length (ends) == 2 &&
         g_ascii_string_to_unsigned (ends[0], 10, 0, size - 1, &first, NULL) &&
         (*ends[1] == '\0' ||
             g_ascii_string_to_unsigned (ends[1], 10, first, size - 1, &last, NULL));
}

/* libsoup cuts a range out of an answer without looking where the answer ends, and sends as many
 * copies as ranges are asked for: those are answered by all of it, as they may be. */
static void
drop_wild_range (SoupServerMessage *message, gsize size)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *range = soup_message_headers_get_one (headers, "Range");

  if (range != NULL && !is_within (range, size))
    soup_message_headers_remove (headers, "Range");
}

void
http_answer_bytes (SoupServerMessage *message, guint status, const char *type, GBytes *bytes)
{
  SoupMessageHeaders *answer = soup_server_message_get_response_headers (message);

  drop_wild_range (message, g_bytes_get_size (bytes));
  soup_server_message_set_status (message, status, NULL);
  soup_message_headers_replace (answer, "Content-Type", type);
  soup_message_body_append_bytes (soup_server_message_get_response_body (message), bytes);
}

void
http_answer_json (SoupServerMessage *message, guint status, JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = gen_json_to_text (node, FALSE), *valid = g_utf8_make_valid (text, -1);
  g_autoptr (GBytes) bytes = g_bytes_new (valid, strlen (valid));

  json_object_unref (object);
  http_answer_bytes (message, status, "application/json", bytes);
}

void
http_answer_error (SoupServerMessage *message, guint status, const char *format, ...)
{
  JsonObject *object = json_object_new ();
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  json_object_set_string_member (object, "error", text);
  http_answer_json (message, status, object);
}

void
http_answer_refused (SoupServerMessage *message)
{
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
  soup_message_headers_replace (
      soup_server_message_get_response_headers (message), "Connection", "close");
}

void
http_answer_retry_after (SoupServerMessage *message, int seconds)
{
  g_autofree char *text = g_strdup_printf ("%d", seconds);

  soup_message_headers_replace (
      soup_server_message_get_response_headers (message), "Retry-After", text);
}

const char *
http_request_header (SoupServerMessage *message, const char *name)
{
  const char *value =
      soup_message_headers_get_one (soup_server_message_get_request_headers (message), name);

  return value != NULL ? value : "";
}

char *
http_request_address (SoupServerMessage *message)
{
  GSocketAddress *address = soup_server_message_get_remote_address (message);

  return G_IS_INET_SOCKET_ADDRESS (address)
             ? g_inet_address_to_string (
                   g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)))
             : g_strdup ("");
}

JsonObject *
http_request_object (SoupServerMessage *message)
{
  g_autoptr (GBytes) body =
      soup_message_body_flatten (soup_server_message_get_request_body (message));
  gsize size;
  const char *data = g_bytes_get_data (body, &size);
  g_autofree char *text = g_strndup (data != NULL ? data : "", size);
  g_autoptr (JsonNode) node = strlen (text) == size ? gen_json_from_request (text, NULL) : NULL;

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node)
             ? json_object_ref (json_node_get_object (node))
             : NULL;
}
