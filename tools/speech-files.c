/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "speech-files.h"

#include <gio/gio.h>

#include <generative/sound.h>

#include "command.h"

gboolean
speech_is_text (const char *path)
{
  return g_str_has_suffix (path, ".txt");
}

gboolean
speech_is_sound (const char *path)
{
  return g_str_has_suffix (path, ".wav");
}

static gboolean
read_text (const char *path, char **text, GError **error)
{
  if (!g_file_get_contents (path, text, NULL, error))
    return FALSE;
  if (g_utf8_validate (*text, -1, NULL))
    return TRUE;
  g_set_error (error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE, "%s is no UTF-8", path);
  return FALSE;
}

/* As the input has them. */
static GBytes *
to_type (const GArray *ids, GenDataType type)
{
  if (type == GEN_TYPE_INT64)
    return g_bytes_new (ids->data, ids->len * sizeof (gint64));
  gint32 *narrow = g_new (gint32, ids->len);
  for (guint i = 0; i < ids->len; i++)
    narrow[i] = (gint32)g_array_index (ids, gint64, i);
  return g_bytes_new_take (narrow, ids->len * sizeof *narrow);
}

GBytes *
speech_load_text (const GenModel *model, const GenPort *port, const char *path, GenDataType *type,
    GenShape *shape, GError **error)
{
  g_autoptr (GPtrArray) missing = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) ids = NULL;
  g_autofree char *text = NULL;

  if (port->kind != GEN_PORT_TOKENS || model->voice == NULL) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "nothing tells how the text in %s becomes what input '%s' takes: a file %s.json with a "
        "phoneme_id_map would",
        path, port->name, model->path);
    return NULL;
  }
  if (!read_text (path, &text, error))
    return NULL;
  ids = gen_symbols_encode (model->voice->symbols, text, missing);
  for (guint i = 0; i < missing->len; i++)
    command_warn ("%s has no ids for '%s', which is left out", model->voice->path,
        (const char *)g_ptr_array_index (missing, i));
  if (ids->len == 0) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%s holds nothing that %s has ids for", path, model->voice->path);
    return NULL;
  }
  *type = port->type;
  *shape = GEN_SHAPE (1, ids->len);
  return to_type (ids, port->type);
}

gboolean
speech_save_sound (const GenPort *port, const GenShape *shape, const float *numbers,
    const char *path, GError **error)
{
  const gsize n = (gsize)gen_shape_elements (shape);
  const GenSound sound = {
    .rate = port->sample_rate, .channels = 1, .frames = n, .data = (float *)numbers
  };

  if (port->kind == GEN_PORT_SOUND && port->channels == 1 && port->sample_rate > 0)
    return gen_sound_save_wav (&sound, path, GEN_SOUND_WAV_S16, error);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "output '%s' is no sound of one channel whose rate is known; save it as .npy", port->name);
  return FALSE;
}
