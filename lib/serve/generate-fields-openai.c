/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What POST /v1/images/generations and POST /v1/audio/speech take: what clients of OpenAI's API
 * send, and a seed, a class, a latent and parameters besides. What only makes sense there (who
 * asks, how strictly it is judged) is read and not heeded. */
#include "generate-fields.h"

#include <string.h>

#include <generative/model.h>

#define SLOWEST 0.25
#define FASTEST 4.0

static gboolean
makes_pictures_of_latents (const GenServeFacts *facts)
{
  return gen_serve_makes_pictures (facts) && gen_serve_takes_latent (facts);
}

static gboolean
speaks (const GenServeFacts *facts)
{
  return gen_serve_takes_text (facts) && facts->makes == &gen_medium_sound;
}

static gboolean
read_any_text (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  return gen_serve_value_text (node, name, "anything", error) != NULL;
}

static void
describe_any_text (const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  json_object_set_string_member (schema, "type", "string");
  json_object_set_string_member (schema, "pattern", "^" GEN_SERVE_ANYTHING "$");
}

/* --- formats --- */

static const GenServeFormat *
find_format (const GenServeFacts *facts, const char *name)
{
  for (guint i = 0; facts->formats != NULL && facts->formats[i] != NULL; i++)
    if (strcmp (facts->formats[i]->name, name) == 0)
      return facts->formats[i];
  return NULL;
}

/* Of `wanted`, those that there are. */
static const char **
list_formats (const GenServeFacts *facts, const char *const *wanted)
{
  GPtrArray *names = g_ptr_array_new ();

  for (; *wanted != NULL; wanted++)
    if (find_format (facts, *wanted) != NULL)
      g_ptr_array_add (names, (char *)*wanted);
  g_ptr_array_add (names, NULL);
  return (const char **)g_ptr_array_free (names, FALSE);
}

static gboolean
read_format (GenServeRequest *request, const char *const *wanted, const char *name, JsonNode *node,
    GError **error)
{
  g_autofree const char **names = list_formats (request->facts, wanted);
  const int place = gen_serve_value_choice (node, name, names, error);

  if (place < 0)
    return FALSE;
  request->format = find_format (request->facts, names[place]);
  return TRUE;
}

static void
describe_format (const GenServeFacts *facts, const char *const *wanted, JsonObject *schema)
{
  g_autofree const char **names = list_formats (facts, wanted);

  gen_serve_schema_choice (schema, names);
}

/* --- pictures --- */

static const char *const image_formats[] = { "png", "jpeg", "webp", NULL };

static gboolean
read_image_format (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  return read_format (request, image_formats, name, node, error);
}

static void
describe_image_format (const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  describe_format (facts, image_formats, schema);
}

/* A model that is told a class, and no words: a class that is among them. */
static gint64
find_class (const GenServeFacts *facts, const char *prompt)
{
  g_auto (GStrv) words = g_str_tokenize_and_fold (prompt, NULL, NULL);

  for (guint i = 0; facts->class_names != NULL && i < facts->classes; i++) {
    g_autofree char *folded = g_utf8_casefold (facts->class_names[i], -1);

    for (guint w = 0; words[w] != NULL; w++)
      if (strcmp (words[w], folded) == 0)
        return i;
  }
  return -1;
}

static gboolean
read_image_prompt (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  const char *text = gen_serve_value_text (node, name, "what the picture is to be of", error);

  if (text == NULL)
    return FALSE;
  g_free (request->prompt);
  request->prompt = g_strdup (text);
  if (request->class < 0)
    request->class = find_class (request->facts, text);
  return TRUE;
}

static const char *const base64_only[] = { "b64_json", NULL };

static gboolean
read_response_format (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  return gen_serve_value_choice (node, name, base64_only, error) >= 0;
}

static void
describe_response_format (
    const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  gen_serve_schema_choice (schema, base64_only);
}

static gboolean
read_stream (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  return gen_serve_value_truth (node, name, &request->as_events, error);
}

static void
describe_truth (const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  json_object_set_string_member (schema, "type", "boolean");
}

static gboolean
read_partial_images (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  gint64 partial;

  return gen_serve_value_whole (node, name, 0, 3, &partial, error);
}

static void
describe_partial_images (
    const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  gen_serve_schema_whole (schema, 0, 3);
}

const GenServeField gen_serve_image_fields[] = {
  { "model", makes_pictures_of_latents, gen_serve_read_model, gen_serve_describe_model,
      "Which model; the only one, if unsaid", FALSE },
  { "prompt", makes_pictures_of_latents, read_image_prompt, describe_any_text,
      "What the picture is to be of: a model that is told classes takes one that is named in it; "
      "nothing else of it is heeded",
      TRUE },
  { "n", gen_serve_takes_latent, gen_serve_read_count, gen_serve_describe_count,
      "How many pictures" },
  { "size", gen_serve_makes_pictures, gen_serve_read_size, gen_serve_describe_size,
      "WIDTHxHEIGHT that pictures are scaled to; auto: as the model makes them" },
  { "response_format", NULL, read_response_format, describe_response_format,
      "Nothing is kept here that could have an address, so that pictures are in the answer" },
  { "output_format", NULL, read_image_format, describe_image_format, "The kind of file" },
  { "output_compression", NULL, gen_serve_read_quality, gen_serve_describe_quality,
      "Of formats that lose something: 0, small, to 100, good" },
  { "stream", NULL, read_stream, describe_truth,
      "Have each picture as an event, as soon as it is made" },
  { "partial_images", NULL, read_partial_images, describe_partial_images,
      "Not heeded: a picture comes when it is whole" },
  { "background", NULL, read_any_text, describe_any_text, "Not heeded" },
  { "moderation", NULL, read_any_text, describe_any_text, "Not heeded" },
  { "quality", NULL, read_any_text, describe_any_text, "Not heeded: see output_compression" },
  { "style", NULL, read_any_text, describe_any_text, "Not heeded" },
  { "user", NULL, read_any_text, describe_any_text, "Not heeded" },
  { "seed", gen_serve_takes_latent, gen_serve_read_seed, gen_serve_describe_seed,
      "What latents and classes are drawn from: the same seed makes the same; drawn, if unsaid" },
  { "class", gen_serve_facts_has_class, gen_serve_read_class, gen_serve_describe_class,
      "What it is to be of, by number or name, whatever the prompt says" },
  { "latent", gen_serve_takes_latent, gen_serve_read_latent, gen_serve_describe_latent,
      "The numbers to make it of in place of drawn ones" },
  { "truncation", gen_serve_takes_latent, gen_serve_read_truncation, gen_serve_describe_truncation,
      "Draw numbers again that are further from 0 than this" },
  { "parameters", gen_serve_takes_parameters, gen_serve_read_parameters,
      gen_serve_describe_parameters, "Further numbers that the model takes" },
  { NULL },
};

/* --- speech --- */

static const char *const speech_formats[] = { "mp3", "opus", "aac", "flac", "wav", "pcm", NULL };

static gboolean
read_speech_format (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  return read_format (request, speech_formats, name, node, error);
}

static void
describe_speech_format (
    const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  describe_format (facts, speech_formats, schema);
}

/* "default", and each speaker's number. (transfer full) */
static char **
list_voices (const GenServeFacts *facts)
{
  GPtrArray *voices = g_ptr_array_new ();

  g_ptr_array_add (voices, g_strdup ("default"));
  for (int i = 0; facts->speaker_parameter != NULL && i < facts->speakers; i++)
    g_ptr_array_add (voices, g_strdup_printf ("%d", i));
  g_ptr_array_add (voices, NULL);
  return (char **)g_ptr_array_free (voices, FALSE);
}

static gboolean
read_voice (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  g_auto (GStrv) voices = list_voices (request->facts);
  const int place = gen_serve_value_choice (node, name, (const char *const *)voices, error);
  const double speaker = place - 1;

  if (place < 0)
    return FALSE;
  if (place > 0)
    gen_serve_request_set_parameter (request, request->facts->speaker_parameter, &speaker, 1);
  return TRUE;
}

static void
describe_voice (const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  g_auto (GStrv) voices = list_voices (facts);

  gen_serve_schema_choice (schema, (const char *const *)voices);
}

static gboolean
has_speed (const GenServeFacts *facts)
{
  return facts->length_parameter != NULL;
}

static gboolean
read_speech_speed (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  const GenServeFacts *facts = request->facts;
  const GenServeParameter *parameter =
      gen_serve_facts_find_parameter (facts, facts->length_parameter);
  g_autofree double *values = g_memdup2 (parameter->values, parameter->n * sizeof (double));
  double speed;

  if (!gen_serve_value_number (node, name, SLOWEST, FASTEST, &speed, error))
    return FALSE;
  values[facts->length_place] /= speed;
  gen_serve_request_set_parameter (request, parameter->name, values, parameter->n);
  return TRUE;
}

static void
describe_speech_speed (const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  gen_serve_schema_number (schema, SLOWEST, FASTEST);
}

static const char *const stream_formats[] = { "audio", "sse", NULL };

static gboolean
read_stream_format (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  const int place = gen_serve_value_choice (node, name, stream_formats, error);

  request->as_events = place == 1;
  return place >= 0;
}

static void
describe_stream_format (
    const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  gen_serve_schema_choice (schema, stream_formats);
}

const GenServeField gen_serve_speech_fields[] = {
  { "model", speaks, gen_serve_read_model, gen_serve_describe_model,
      "Which voice; the only one, if unsaid" },
  { "input", speaks, gen_serve_read_prompt, gen_serve_describe_prompt,
      "The text to be spoken, in the symbols that the voice knows", TRUE },
  { "voice", NULL, read_voice, describe_voice, "Which of the model's speakers" },
  { "response_format", NULL, read_speech_format, describe_speech_format,
      "The kind of file; pcm is 16 bits, signed, little-endian, mono, 24000 samples a second" },
  { "speed", has_speed, read_speech_speed, describe_speech_speed,
      "How fast it is spoken; 1: as the voice was trained" },
  { "instructions", NULL, read_any_text, describe_any_text, "Not heeded" },
  { "stream_format", NULL, read_stream_format, describe_stream_format,
      "The sound itself, or events that hold pieces of it" },
  { NULL },
};
