/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate-accept.h"

#include <string.h>

/* Whether `range` ("image", "*") stands for `type`. */
static gboolean
range_holds (const char *range, const char *type)
{
  const gsize size = strlen (range);

  if (strcmp (range, "*/*") == 0)
    return TRUE;
  if (size > 2 && strcmp (range + size - 2, "/*") == 0)
    return strncmp (range, type, size - 1) == 0;
  return strcmp (range, type) == 0;
}

/* In how many files it comes in that format. */
static guint
count_files (const GenServeRequest *request, const GenServeFormat *format)
{
  return format->joins ? 1 : request->count;
}

/* The format that the request says, or one of those that there are, as a file alone that `range`
 * stands for. */
static const GenServeFormat *
find_alone (const GenServeRequest *request, const char *range)
{
  const GenServeFormat *const *formats = request->facts->formats;

  if (request->format != NULL)
    return range_holds (range, request->format->media_type) &&
                   count_files (request, request->format) == 1
               ? request->format
               : NULL;
  for (; *formats != NULL; formats++)
    if (range_holds (range, (*formats)->media_type) && count_files (request, *formats) == 1)
      return *formats;
  return NULL;
}

static const ServeAnswerKind *
find_kind (GenServeRequest *request, const char *range)
{
  static const ServeAnswerKind *const kinds[] = { &serve_answer_multipart, &serve_answer_json,
    &serve_answer_lines };
  const GenServeFormat *usual =
      request->format != NULL ? request->format : request->facts->formats[0];
  const GenServeFormat *alone = find_alone (request, range);
  const gboolean several = count_files (request, usual) > 1;

  /* Several pictures are several files, where nobody asks for a film. */
  if (alone != NULL && !(several && strcmp (range, "*/*") == 0)) {
    request->format = alone;
    return &serve_answer_file;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (range_holds (range, kinds[i]->media_type)) {
      request->format = usual;
      return kinds[i];
    }
  return NULL;
}

static const ServeAnswerKind *
choose_by_header (GenServeRequest *request, const char *accept, GError **error)
{
  GSList *ranges =
      soup_header_parse_quality_list (accept != NULL && *accept != '\0' ? accept : "*/*", NULL);
  const ServeAnswerKind *kind = NULL;

  for (GSList *l = ranges; l != NULL && kind == NULL; l = l->next) {
    g_auto (GStrv) words = g_strsplit (l->data, ";", 2);
    g_autofree char *range = g_ascii_strdown (g_strstrip (words[0]), -1);

    kind = find_kind (request, range);
  }
  soup_header_free_list (ranges);
  if (kind == NULL)
    gen_serve_refuse (error, GEN_SERVE_NOT_ACCEPTABLE, NULL,
        "the header Accept names nothing that this can be had as: multipart/mixed, "
        "application/json, application/x-ndjson%s",
        request->count == 1 ? ", or the type of a file" : "");
  return kind;
}

/* The first one that there is, where a request says none. */
static void
choose_format (GenServeRequest *request, const char *const *wanted)
{
  const GenServeFormat *const *formats = request->facts->formats;

  for (; request->format == NULL && *wanted != NULL; wanted++)
    for (guint i = 0; formats[i] != NULL; i++)
      if (strcmp (formats[i]->name, *wanted) == 0)
        request->format = formats[i];
}

const ServeAnswerKind *
serve_accept_choose (
    GenServeRequest *request, const GenServeField *fields, const char *accept, GError **error)
{
  static const char *const images[] = { "png", NULL }, *const sounds[] = { "mp3", "wav", NULL };
  const ServeAnswerKind *kind;

  if (fields == gen_serve_image_fields) {
    choose_format (request, images);
    return request->as_events ? &serve_answer_images : &serve_answer_json;
  }
  if (fields == gen_serve_speech_fields) {
    choose_format (request, sounds);
    return request->as_events ? &serve_answer_speech : &serve_answer_file;
  }
  kind = choose_by_header (request, accept, error);
  return kind != NULL && gen_serve_request_check_count (request, error) ? kind : NULL;
}
