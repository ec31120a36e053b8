/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Extents that a model leaves free and somebody else says: the user ("1:3:-1:-1" of the first
 * input, "x=1:3:-1:-1,y=1:8" of several), or the key `dims` of the sidecar ("1,3,-1,-1", as
 * GStreamer has it), and `frames` how many pictures it sees. -1 stays free. */
#include "parts.h"

#include <string.h>

/* A graph and its copy, in which the same becomes known. */
typedef struct {
  const GenModel *model;
  GenGraph *copy;
} Shaped;

static gboolean
parse_extents (const char *text, GenShape *shape)
{
  g_auto (GStrv) words = g_strsplit_set (text, ",:x", -1);

  shape->rank = 0;
  for (guint i = 0; words[i] != NULL; i++) {
    gint64 extent;

    if (shape->rank == GEN_MAX_RANK ||
        !g_ascii_string_to_signed (g_strstrip (words[i]), 10, -1, G_MAXINT32, &extent, NULL) ||
        extent == 0)
      return FALSE;
    shape->dims[shape->rank++] = extent;
  }
  return shape->rank > 0;
}

static void
fill_in (GenTensor *tensor, const GenShape *said)
{
  if (tensor->shape.rank < 0) {
    tensor->shape = *said;
    return;
  }
  for (int d = 0; d < said->rank; d++)
    if (tensor->shape.dims[d] < 0)
      tensor->shape.dims[d] = said->dims[d];
}

/* GenPartSay */
static gboolean
say_shape (gpointer data, const char *key, const char *name, const char *text, GError **error)
{
  const Shaped *shaped = data;
  const GenModel *model = shaped->model;
  const int i = gen_parts_find (model->graph->inputs, name);
  GenTensor *tensor;
  GenShape said;

  if (i < 0 && model->fixed != NULL && g_strv_contains ((const char *const *)model->fixed, name))
    return TRUE;
  if (i < 0)
    return gen_parts_fail_name (key, "input", name, model->graph->inputs, error);
  tensor = g_ptr_array_index (model->graph->inputs, i);
  if (!parse_extents (text, &said)) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s has \"%s\" for '%s', which should be extents such as 1:3:-1:-1, -1 for those that stay "
        "free",
        key, text, name);
    return FALSE;
  }
  if (tensor->kind != GEN_KIND_TENSOR || !gen_shape_may_be (&tensor->shape, &said)) {
    g_autofree char *known = gen_shape_to_string (&tensor->shape);

    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s has %s for '%s', which is %s: those that are free there can be said alone", key, text,
        name, known);
    return FALSE;
  }
  fill_in (tensor, &said);
  fill_in (g_ptr_array_index (shaped->copy->inputs, i), &said);
  return TRUE;
}

static gboolean
say_hint (Shaped *shaped, const char *text, GError **error)
{
  const GPtrArray *inputs = shaped->model->graph->inputs;
  const char *key = "property shapes";

  if (strchr (text, '=') != NULL || inputs->len == 0)
    return gen_parts_say_all (shaped, key, text, say_shape, error);
  return say_shape (shaped, key, ((GenTensor *)g_ptr_array_index (inputs, 0))->name, text, error);
}

/* How many frames `key` says. */
static gboolean
say_frames (GenModel *model, const char *key, const char *text, GError **error)
{
  gint64 frames;

  if (!g_ascii_string_to_signed (text, 10, 1, GEN_MODEL_MAX_WINDOW, &frames, NULL)) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s is \"%s\", which should be a number from 1 to %d", key, text, GEN_MODEL_MAX_WINDOW);
    return FALSE;
  }
  model->hints.frames = (int)frames;
  return TRUE;
}

gboolean
gen_shapes_read (GenModel *model, GenGraph *copy, GKeyFile *sidecar, GError **error)
{
  const gboolean said = model->hints.shapes != NULL && *model->hints.shapes != '\0';
  const char *frames = g_hash_table_lookup (model->graph->metadata, "generative.frames");
  Shaped shaped = { model, copy };

  if (said && !say_hint (&shaped, model->hints.shapes, error))
    return FALSE;
  for (guint i = 0; sidecar != NULL && i < model->graph->inputs->len; i++) {
    const char *name = ((GenTensor *)g_ptr_array_index (model->graph->inputs, i))->name;
    g_autofree char *dims = g_key_file_get_value (sidecar, name, "dims", NULL);
    g_autofree char *beside = g_key_file_get_value (sidecar, name, "frames", NULL);

    if (!said && dims != NULL &&
        !say_shape (&shaped, "key dims of the .modelinfo file", name, dims, error))
      return FALSE;
    if (model->hints.frames == 0 && beside != NULL &&
        !say_frames (model, "key frames of the .modelinfo file", beside, error))
      return FALSE;
  }
  return model->hints.frames != 0 || frames == NULL ||
         say_frames (model, "metadata generative.frames", frames, error);
}
