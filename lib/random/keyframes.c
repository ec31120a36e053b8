/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keyframes from a file. Those of numpy's are JSON's with the times 0, 1, 2 … */
#include <generative/file-bytes.h>
#include <json-glib/json-glib.h>

#include <math.h>
#include <string.h>

#include "../base/json-file.h"
#include "keyframes-private.h"

/* { "latent": [ … ] }: the parser's recursion has no limit of its own. */
#define MAX_DEPTH 2

G_DEFINE_QUARK (gen_keyframes_error, gen_keyframes_error)

struct _GenKeyframes {
  char *path;
  GArray *frames; /* of GenKeyframe */
  GPtrArray *own; /* their numbers */
  GArray *lines;  /* of guint: where each stands; NULL in numpy's files */
  char *shape;    /* of numpy's files */
};

static GenKeyframes *
keyframes_new (const char *path)
{
  GenKeyframes *keyframes = g_new0 (GenKeyframes, 1);

  keyframes->path = g_strdup (path);
  keyframes->frames = g_array_new (FALSE, FALSE, sizeof (GenKeyframe));
  keyframes->own = g_ptr_array_new_with_free_func (g_free);
  return keyframes;
}

void
gen_keyframes_free (GenKeyframes *keyframes)
{
  if (keyframes == NULL)
    return;
  g_free (keyframes->path);
  g_free (keyframes->shape);
  g_array_unref (keyframes->frames);
  g_ptr_array_unref (keyframes->own);
  g_clear_pointer (&keyframes->lines, g_array_unref);
  g_free (keyframes);
}

guint
gen_keyframes_count (const GenKeyframes *keyframes)
{
  return keyframes->frames->len;
}

const GenKeyframe *
gen_keyframes_get (const GenKeyframes *keyframes, guint64 index)
{
  return &g_array_index (keyframes->frames, GenKeyframe, index);
}

/* --- numpy's --- */

static GenKeyframes *
load_array (const char *path, GError **error)
{
  g_autoptr (GenKeyframes) keyframes = keyframes_new (path);
  GenShape shape;
  float *numbers =
      gen_latent_file_load (path, GEN_KEYFRAMES_ERROR, GEN_KEYFRAMES_ERROR_INVALID, &shape, error);
  gsize n;

  if (numbers == NULL)
    return NULL;
  g_ptr_array_add (keyframes->own, numbers);
  keyframes->shape = gen_shape_to_string (&shape);
  if (shape.rank < 2 || shape.dims[0] > GEN_KEYFRAMES_MAX) {
    g_set_error (error, GEN_KEYFRAMES_ERROR, GEN_KEYFRAMES_ERROR_INVALID,
        "%s: its shape is %s, but should be [keyframes, numbers] or [keyframes, vectors, numbers], "
        "of at most %d keyframes",
        path, keyframes->shape, GEN_KEYFRAMES_MAX);
    return NULL;
  }
  n = (gsize)gen_shape_product (&shape, 1, shape.rank);
  for (gsize k = 0; k < (gsize)shape.dims[0]; k++) {
    const GenKeyframe frame = { .time = (double)k, .numbers = numbers + k * n, .n = n };

    g_array_append_val (keyframes->frames, frame);
  }
  return g_steal_pointer (&keyframes);
}

/* --- JSON Lines --- */

static gboolean
is_number (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && (json_node_get_value_type (node) == G_TYPE_INT64 ||
                                             json_node_get_value_type (node) == G_TYPE_DOUBLE);
}

static gboolean
read_whole (JsonNode *node, guint64 *number)
{
  if (!is_number (node) || json_node_get_value_type (node) != G_TYPE_INT64 ||
      json_node_get_int (node) < 0)
    return FALSE;
  *number = (guint64)json_node_get_int (node);
  return TRUE;
}

static gboolean
read_numbers (GenKeyframes *keyframes, JsonNode *node, GenKeyframe *frame)
{
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  guint n = array != NULL ? json_array_get_length (array) : 0;
  float *numbers;

  if (n == 0)
    return FALSE;
  numbers = g_new (float, n);
  g_ptr_array_add (keyframes->own, numbers);
  frame->numbers = numbers;
  frame->n = n;
  for (guint i = 0; i < n; i++) {
    JsonNode *element = json_array_get_element (array, i);

    if (!is_number (element))
      return FALSE;
    numbers[i] = (float)json_node_get_double (element);
    if (!isfinite (numbers[i]))
      return FALSE;
  }
  return TRUE;
}

/* What is wrong with a member, or NULL. */
static const char *
read_member (GenKeyframes *keyframes, const char *name, JsonNode *node, GenKeyframe *frame)
{
  if (g_str_equal (name, "time")) {
    frame->time = is_number (node) ? json_node_get_double (node) : -1;
    return frame->time >= 0 && isfinite (frame->time) ? NULL : "a number of seconds, from 0 on";
  }
  if (g_str_equal (name, "seed")) {
    frame->has_seed = TRUE;
    return read_whole (node, &frame->seed) ? NULL : "a whole number, from 0 to 2^63 - 1";
  }
  if (g_str_equal (name, "frame"))
    return read_whole (node, &frame->frame) ? NULL : "a whole number, from 0 to 2^63 - 1";
  if (g_str_equal (name, "latent"))
    return read_numbers (keyframes, node, frame) ? NULL : "an array of numbers";
  return "\"time\", \"seed\", \"frame\" or \"latent\"";
}

static gboolean
fail (const GenKeyframes *keyframes, guint line, GError **error, const char *text)
{
  g_set_error (error, GEN_KEYFRAMES_ERROR, GEN_KEYFRAMES_ERROR_INVALID, "%s: line %u: %s",
      keyframes->path, line, text);
  return FALSE;
}

static gboolean
read_object (
    GenKeyframes *keyframes, JsonObject *object, guint line, GenKeyframe *frame, GError **error)
{
  g_autoptr (GList) names = json_object_get_members (object);

  for (const GList *item = names; item != NULL; item = item->next) {
    const char *name = item->data;
    const char *wrong = read_member (keyframes, name, json_object_get_member (object, name), frame);
    g_autofree char *text = NULL;

    if (wrong == NULL)
      continue;
    text = g_strdup_printf ("\"%s\" should be %s", name, wrong);
    return fail (keyframes, line, error, text);
  }
  if (!json_object_has_member (object, "time"))
    return fail (keyframes, line, error, "there is no \"time\"");
  if (frame->numbers != NULL && (frame->has_seed || json_object_has_member (object, "frame")))
    return fail (keyframes, line, error, "\"latent\" goes without \"seed\" and \"frame\"");
  if (frame->numbers == NULL && !frame->has_seed && !json_object_has_member (object, "frame"))
    return fail (keyframes, line, error, "there is neither \"seed\", \"frame\" nor \"latent\"");
  return TRUE;
}

static gboolean
read_line (GenKeyframes *keyframes, const char *text, guint line, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  GenKeyframe frame = { 0 };
  JsonNode *root;

  if (gen_json_is_deep (text, MAX_DEPTH) || !json_parser_load_from_data (parser, text, -1, NULL) ||
      (root = json_parser_get_root (parser)) == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return fail (keyframes, line, error,
        "a keyframe should stand there, as {\"time\": 2.5, \"seed\": 7} is one");
  if (!read_object (keyframes, json_node_get_object (root), line, &frame, error))
    return FALSE;
  if (keyframes->frames->len > 0 &&
      frame.time <= gen_keyframes_get (keyframes, keyframes->frames->len - 1)->time)
    return fail (keyframes, line, error, "its time is not behind that of the keyframe before it");
  if (keyframes->frames->len == GEN_KEYFRAMES_MAX)
    return fail (keyframes, line, error, "there are more keyframes than are read");
  g_array_append_val (keyframes->frames, frame);
  g_array_append_val (keyframes->lines, line);
  return TRUE;
}

static GenKeyframes *
load_lines (const char *path, GBytes *bytes, GError **error)
{
  g_autoptr (GenKeyframes) keyframes = keyframes_new (path);
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);
  g_autofree char *text = g_strndup (data, size);
  char *next = text;

  keyframes->lines = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint line = 1; next != NULL; line++) {
    char *begin = next;

    next = strchr (begin, '\n');
    if (next != NULL)
      *next++ = '\0';
    g_strstrip (begin);
    if (*begin != '\0' && !read_line (keyframes, begin, line, error))
      return NULL;
  }
  if (keyframes->frames->len > 0)
    return g_steal_pointer (&keyframes);
  g_set_error (error, GEN_KEYFRAMES_ERROR, GEN_KEYFRAMES_ERROR_INVALID,
      "%s: there are no keyframes in it", path);
  return NULL;
}

GenKeyframes *
gen_keyframes_load (const char *path, GError **error)
{
  static const char magic[] = "\x93NUMPY";
  g_autoptr (GBytes) bytes = gen_file_bytes (path, error);
  gsize size;
  const void *data;

  if (bytes == NULL)
    return NULL;
  data = g_bytes_get_data (bytes, &size);
  if (g_str_has_suffix (path, ".npy") ||
      (size >= sizeof magic - 1 && memcmp (data, magic, sizeof magic - 1) == 0))
    return load_array (path, error);
  return load_lines (path, bytes, error);
}

/* --- what they are for --- */

gboolean
gen_keyframes_fit (const GenKeyframes *keyframes, gsize length, gsize count, GError **error)
{
  for (guint k = 0; k < keyframes->frames->len; k++) {
    const GenKeyframe *frame = gen_keyframes_get (keyframes, k);
    g_autofree char *place = NULL;

    if (frame->numbers == NULL || frame->n == length || frame->n == length * count)
      continue;
    place = keyframes->lines != NULL
                ? g_strdup_printf ("line %u", g_array_index (keyframes->lines, guint, k))
                : g_strdup_printf ("shape %s", keyframes->shape);
    g_set_error (error, GEN_KEYFRAMES_ERROR, GEN_KEYFRAMES_ERROR_SHAPE,
        "%s: %s: a keyframe has %" G_GSIZE_FORMAT " numbers, but a frame has %" G_GSIZE_FORMAT
        " vectors of %" G_GSIZE_FORMAT,
        keyframes->path, place, frame->n, count, length);
    return FALSE;
  }
  return TRUE;
}

/* How long a loop is from the last keyframe back to the first. */
static double
way_back (const GenKeyframes *keyframes)
{
  const guint n = keyframes->frames->len;

  return n > 1 ? gen_keyframes_get (keyframes, n - 1)->time -
                     gen_keyframes_get (keyframes, n - 2)->time
               : 1;
}

/* The last keyframe at `time` or before; the first where there is none. */
static guint64
find_before (const GenKeyframes *keyframes, double time)
{
  guint64 low = 0, high = keyframes->frames->len;

  while (high - low > 1) {
    const guint64 middle = low + (high - low) / 2;

    if (gen_keyframes_get (keyframes, middle)->time <= time)
      low = middle;
    else
      high = middle;
  }
  return low;
}

void
gen_keyframes_find (const GenKeyframes *keyframes, double time, gboolean loop, guint64 *from,
    guint64 *to, double *t)
{
  const guint64 last = keyframes->frames->len - 1;
  const double first_time = gen_keyframes_get (keyframes, 0)->time;
  const double end = gen_keyframes_get (keyframes, last)->time + way_back (keyframes);
  double begin, next;

  if (loop && time > first_time)
    time = first_time + fmod (time - first_time, end - first_time);
  *from = find_before (keyframes, time);
  *to = *from == last ? (loop ? 0 : last) : *from + 1;
  *t = 0;
  begin = gen_keyframes_get (keyframes, *from)->time;
  next = *from == last ? end : gen_keyframes_get (keyframes, *to)->time;
  if (time > begin && *to != *from)
    *t = (time - begin) / (next - begin);
}
