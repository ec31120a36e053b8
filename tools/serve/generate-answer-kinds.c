/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ways in which files are handed over. */
#include <string.h>

#include "../../lib/base/json-file.h"
#include "generate-answer.h"

/* Characters that so many bytes become at most, with what was left of those before. */
#define BASE64_SIZE(bytes) ((guint)((bytes) / 3 + 2) * 4)

static void
write_text (ServeAnswer *answer, const char *text)
{
  g_byte_array_append (answer->out, (const guint8 *)text, (guint)strlen (text));
}

/* --- as it is --- */

static void
add_as_it_is (ServeAnswer *answer, GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  g_byte_array_append (answer->out, data, (guint)size);
}

const ServeAnswerKind serve_answer_file = { .add = add_as_it_is };

/* --- parts --- */

static void
begin_part (ServeAnswer *answer, guint number)
{
  const GenServeFormat *format = serve_work_format (answer->work);
  g_autofree char *boundary = serve_answer_boundary (answer);
  g_autofree char *head = g_strdup_printf (
      "--%s\r\nContent-Type: %s\r\nContent-Disposition: attachment; filename=\"%u.%s\"\r\n\r\n",
      boundary, format->media_type, number, format->extension);

  write_text (answer, head);
}

static void
end_part (ServeAnswer *answer, guint number)
{
  write_text (answer, "\r\n");
}

static void
end_parts (ServeAnswer *answer)
{
  g_autofree char *boundary = serve_answer_boundary (answer);
  g_autofree char *tail = g_strdup_printf ("--%s--\r\n", boundary);

  write_text (answer, tail);
}

const ServeAnswerKind serve_answer_multipart = {
  .media_type = "multipart/mixed",
  .begin_file = begin_part,
  .add = add_as_it_is,
  .end_file = end_part,
  .finish = end_parts,
};

/* --- in JSON --- */

/* A file is the first member of an object, written as it comes. */
static void
begin_object (ServeAnswer *answer, guint number)
{
  write_text (answer, "{\"b64_json\":\"");
}

static void
add_as_text (ServeAnswer *answer, GBytes *bytes)
{
  GByteArray *out = answer->out;
  const guint before = out->len;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  g_byte_array_set_size (out, before + BASE64_SIZE (size));
  g_byte_array_set_size (
      out, before + (guint)g_base64_encode_step (data, size, FALSE, (char *)out->data + before,
                        &answer->base64_state, &answer->base64_rest));
}

static void
end_text (ServeAnswer *answer)
{
  GByteArray *out = answer->out;
  const guint before = out->len;

  g_byte_array_set_size (out, before + BASE64_SIZE (0));
  g_byte_array_set_size (
      out, before + (guint)g_base64_encode_close (FALSE, (char *)out->data + before,
                        &answer->base64_state, &answer->base64_rest));
  answer->base64_state = answer->base64_rest = 0;
  write_text (answer, "\"");
}

/* "{…}" (transfer full) */
static char *
format (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);

  json_object_unref (object);
  return gen_json_to_text (node, FALSE);
}

/* The members of `object`, which is taken, behind the file. */
static void
end_object (ServeAnswer *answer, JsonObject *object)
{
  g_autofree char *text = format (object);

  end_text (answer);
  write_text (answer, ",");
  write_text (answer, text + 1);
}

static void
describe (const ServeAnswer *answer, JsonObject *object)
{
  const GenServeRequest *request = serve_work_request (answer->work);

  json_object_set_string_member (object, "model", request->facts->name);
  json_object_set_string_member (object, "output_format", serve_work_format (answer->work)->name);
  if (request->facts->takes == GEN_SERVE_TAKES_LATENT)
    json_object_set_int_member (object, "seed", (gint64)request->seed);
}

static void
end_line (ServeAnswer *answer, guint number)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "index", number);
  describe (answer, object);
  end_object (answer, object);
  write_text (answer, "\n");
}

const ServeAnswerKind serve_answer_lines = {
  .media_type = "application/x-ndjson",
  .begin_file = begin_object,
  .add = add_as_text,
  .end_file = end_line,
};

/* What is said of all of them, up to the array that they are in. */
static void
begin_json (ServeAnswer *answer)
{
  JsonObject *object = json_object_new ();
  g_autofree char *text = NULL;

  json_object_set_int_member (object, "created", g_get_real_time () / G_USEC_PER_SEC);
  describe (answer, object);
  text = format (object);
  text[strlen (text) - 1] = ',';
  write_text (answer, text);
  write_text (answer, "\"data\":[");
}

static void
begin_member (ServeAnswer *answer, guint number)
{
  if (number == 0)
    begin_json (answer);
  else
    write_text (answer, ",");
  begin_object (answer, number);
}

static void
end_member (ServeAnswer *answer, guint number)
{
  end_text (answer);
  write_text (answer, "}");
}

static void
end_json (ServeAnswer *answer)
{
  write_text (answer, "]}");
}

const ServeAnswerKind serve_answer_json = {
  .media_type = "application/json",
  .whole = TRUE,
  .begin_file = begin_member,
  .add = add_as_text,
  .end_file = end_member,
  .finish = end_json,
};

/* --- events --- */

static void
begin_event (ServeAnswer *answer, const char *type)
{
  write_text (answer, "event: ");
  write_text (answer, type);
  write_text (answer, "\ndata: ");
}

#define IMAGE_COMPLETED "image_generation.completed"

static void
begin_image (ServeAnswer *answer, guint number)
{
  begin_event (answer, IMAGE_COMPLETED);
  begin_object (answer, number);
}

static void
end_image (ServeAnswer *answer, guint number)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "created_at", g_get_real_time () / G_USEC_PER_SEC);
  json_object_set_int_member (object, "index", number);
  describe (answer, object);
  json_object_set_string_member (object, "type", IMAGE_COMPLETED);
  end_object (answer, object);
  write_text (answer, "\n\n");
}

const ServeAnswerKind serve_answer_images = {
  .media_type = "text/event-stream",
  .begin_file = begin_image,
  .add = add_as_text,
  .end_file = end_image,
};

static void
write_event (ServeAnswer *answer, const char *type, JsonObject *object)
{
  g_autofree char *text = NULL;

  json_object_set_string_member (object, "type", type);
  text = format (object);
  begin_event (answer, type);
  write_text (answer, text);
  write_text (answer, "\n\n");
}

static void
add_speech (ServeAnswer *answer, GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  g_autofree char *text = g_base64_encode (data, size);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "audio", text);
  write_event (answer, "speech.audio.delta", object);
}

static void
end_speech (ServeAnswer *answer)
{
  write_event (answer, "speech.audio.done", json_object_new ());
}

const ServeAnswerKind serve_answer_speech = {
  .media_type = "text/event-stream",
  .add = add_speech,
  .finish = end_speech,
};
