/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ways in which files are handed over. */
#include <string.h>

#include "../../lib/base/json-file.h"
#include "generate-answer.h"

static void
write_text (ServeAnswer *answer, const char *text)
{
  g_byte_array_append (answer->out, (const guint8 *)text, (guint)strlen (text));
}

static void
write_bytes (GByteArray *array, GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  g_byte_array_append (array, data, (guint)size);
}

/* --- as it is --- */

static void
add_as_it_is (ServeAnswer *answer, GBytes *bytes)
{
  write_bytes (answer->out, bytes);
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

static void
keep (ServeAnswer *answer, GBytes *bytes)
{
  write_bytes (answer->file, bytes);
}

/* The file that has come, which is forgotten. */
static JsonObject *
take_file (ServeAnswer *answer)
{
  JsonObject *object = json_object_new ();
  g_autofree char *text = g_base64_encode (answer->file->data, answer->file->len);

  json_object_set_string_member (object, "b64_json", text);
  g_byte_array_set_size (answer->file, 0);
  return object;
}

static void
write_object (ServeAnswer *answer, JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = gen_json_to_text (node, FALSE);

  json_object_unref (object);
  write_text (answer, text);
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
  JsonObject *object = take_file (answer);

  json_object_set_int_member (object, "index", number);
  describe (answer, object);
  write_object (answer, object);
  write_text (answer, "\n");
}

const ServeAnswerKind serve_answer_lines = {
  .media_type = "application/x-ndjson",
  .add = keep,
  .end_file = end_line,
};

static void
end_member (ServeAnswer *answer, guint number)
{
  json_array_add_object_element (answer->files, take_file (answer));
}

static void
end_json (ServeAnswer *answer)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "created", g_get_real_time () / G_USEC_PER_SEC);
  describe (answer, object);
  json_object_set_array_member (object, "data", json_array_ref (answer->files));
  write_object (answer, object);
}

const ServeAnswerKind serve_answer_json = {
  .media_type = "application/json",
  .whole = TRUE,
  .add = keep,
  .end_file = end_member,
  .finish = end_json,
};

/* --- events --- */

static void
write_event (ServeAnswer *answer, const char *type, JsonObject *object)
{
  json_object_set_string_member (object, "type", type);
  write_text (answer, "event: ");
  write_text (answer, type);
  write_text (answer, "\ndata: ");
  write_object (answer, object);
  write_text (answer, "\n\n");
}

static void
end_image (ServeAnswer *answer, guint number)
{
  JsonObject *object = take_file (answer);

  json_object_set_int_member (object, "created_at", g_get_real_time () / G_USEC_PER_SEC);
  json_object_set_int_member (object, "index", number);
  describe (answer, object);
  write_event (answer, "image_generation.completed", object);
}

const ServeAnswerKind serve_answer_images = {
  .media_type = "text/event-stream",
  .add = keep,
  .end_file = end_image,
};

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
