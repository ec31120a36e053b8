/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What POST /v1/generate takes. */
#include "generate-fields.h"

static const char *const walks[] = { "none", "linear", "slerp", "loop", NULL };

static gboolean
read_walk (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  const int walk = gen_serve_value_choice (node, name, walks, error);

  if (walk < 0)
    return FALSE;
  request->walk = (GenWalk)walk;
  return TRUE;
}

static void
describe_walk (const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  gen_serve_schema_choice (schema, walks);
}

static gboolean
read_speed (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  return gen_serve_value_number (node, name, 0, GEN_SERVE_MAX_SPEED, &request->speed, error);
}

static void
describe_speed (const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  gen_serve_schema_number (schema, 0, GEN_SERVE_MAX_SPEED);
}

static gboolean
read_first (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  gint64 first;

  if (!gen_serve_value_whole (node, name, 0, GEN_SERVE_MAX_FRAME, &first, error))
    return FALSE;
  request->first = (guint64)first;
  return TRUE;
}

static void
describe_first (const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  gen_serve_schema_whole (schema, 0, GEN_SERVE_MAX_FRAME);
}

static gboolean
read_framerate (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  gint64 rate;

  if (!gen_serve_value_whole (node, name, 1, GEN_SERVE_MAX_FRAMERATE, &rate, error))
    return FALSE;
  request->rate_numerator = (int)rate;
  request->rate_denominator = 1;
  return TRUE;
}

static void
describe_framerate (const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  gen_serve_schema_whole (schema, 1, GEN_SERVE_MAX_FRAMERATE);
}

/* Sounds of latents are as long as they are, and follow each other at a rate of their own. */
static gboolean
has_framerate (const GenServeFacts *facts)
{
  return gen_serve_takes_latent (facts) && facts->makes != &gen_medium_sound;
}

/* Of a film there may be more. */
static guint
most_results (const GenServeFacts *facts, const GenServeLimits *limits)
{
  return gen_serve_facts_find_film (facts) != NULL ? MAX (limits->pictures, limits->frames)
                                                   : limits->pictures;
}

static gboolean
read_count (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  gint64 count;

  if (!gen_serve_value_whole (
          node, name, 1, most_results (request->facts, request->limits), &count, error))
    return FALSE;
  request->count = (guint)count;
  return TRUE;
}

static void
describe_count (const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  gen_serve_schema_whole (schema, 1, most_results (facts, limits));
}

static const char **
list_formats (const GenServeFacts *facts)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; facts->formats != NULL && facts->formats[i] != NULL; i++)
    g_ptr_array_add (names, (char *)facts->formats[i]->name);
  g_ptr_array_add (names, NULL);
  return (const char **)g_ptr_array_free (names, FALSE);
}

static gboolean
read_format (GenServeRequest *request, const char *name, JsonNode *node, GError **error)
{
  g_autofree const char **names = list_formats (request->facts);
  const int place = gen_serve_value_choice (node, name, names, error);

  if (place < 0)
    return FALSE;
  request->format = request->facts->formats[place];
  return TRUE;
}

static void
describe_format (const GenServeFacts *facts, const GenServeLimits *limits, JsonObject *schema)
{
  g_autofree const char **names = list_formats (facts);

  gen_serve_schema_choice (schema, names);
}

const GenServeField gen_serve_generate_fields[] = {
  { "model", NULL, gen_serve_read_model, gen_serve_describe_model,
      "Which model; the only one, if unsaid" },
  { "prompt", gen_serve_takes_text, gen_serve_read_prompt, gen_serve_describe_prompt,
      "The text to be spoken, in the symbols that the voice knows", TRUE },
  { "seed", gen_serve_takes_latent, gen_serve_read_seed, gen_serve_describe_seed,
      "What latents and classes are drawn from: the same seed makes the same; drawn, if unsaid" },
  { "class", gen_serve_facts_has_class, gen_serve_read_class, gen_serve_describe_class,
      "What it is to be of, by number or name; drawn, if unsaid" },
  { "count", gen_serve_takes_latent, read_count, describe_count,
      "How many to make: files, or frames of a film" },
  { "first", gen_serve_takes_latent, read_first, describe_first,
      "The number of the first frame: 3 begins with what would have come fourth" },
  { "latent", gen_serve_takes_latent, gen_serve_read_latent, gen_serve_describe_latent,
      "The numbers to make it of in place of drawn ones: a vector, or one for each result; where "
      "there are fewer, they come again" },
  { "condition", gen_serve_takes_condition, gen_serve_read_condition, gen_serve_describe_condition,
      "The numbers that go in beside the latent, in place of a class" },
  { "truncation", gen_serve_takes_latent, gen_serve_read_truncation, gen_serve_describe_truncation,
      "Draw numbers again that are further from 0 than this: less variety, fewer failures" },
  { "walk", gen_serve_takes_latent, read_walk, describe_walk,
      "How frames follow each other: each drawn for itself, or along a way between drawn ones" },
  { "speed", gen_serve_takes_latent, read_speed, describe_speed,
      "How many drawn latents a walk passes in a second" },
  { "framerate", has_framerate, read_framerate, describe_framerate, "Frames a second" },
  { "parameters", gen_serve_takes_parameters, gen_serve_read_parameters,
      gen_serve_describe_parameters, "Further numbers that the model takes" },
  { "format", NULL, read_format, describe_format,
      "The kind of file; by the header Accept, if unsaid" },
  { "quality", gen_serve_makes_pictures, gen_serve_read_quality, gen_serve_describe_quality,
      "Of formats that lose something: 0, small, to 100, good" },
  { "size", gen_serve_makes_pictures, gen_serve_read_size, gen_serve_describe_size,
      "WIDTHxHEIGHT that pictures are scaled to, cut where their shape differs; auto: as the "
      "model makes them" },
  { NULL },
};
