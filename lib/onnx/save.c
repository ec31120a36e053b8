/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models into files and memory: whole or not at all. Weights are packed straight into the file, and
 * copied nowhere on the way. */
#include <generative/atomic-file.h>
#include <generative/onnx.h>

#include "fail.h"
#include "write.h"

typedef struct {
  ProtobufCBuffer base;
  GenAtomicFile *file;
  GError *error;
} FileBuffer;

static void
append_to_file (ProtobufCBuffer *buffer, size_t size, const uint8_t *data)
{
  FileBuffer *out = (FileBuffer *)buffer;

  if (out->error == NULL)
    gen_atomic_file_write (out->file, data, size, &out->error);
}

static gboolean
save_model (const Onnx__ModelProto *model, const char *path, GError **error)
{
  FileBuffer out = { .base.append = append_to_file };

  out.file = gen_atomic_file_new (path, &out.error);
  if (out.file != NULL)
    onnx__model_proto__pack_to_buffer (model, &out.base);
  if (out.error == NULL)
    gen_atomic_file_commit (out.file, &out.error);
  g_clear_pointer (&out.file, gen_atomic_file_free);
  if (out.error == NULL)
    return TRUE;
  gen_onnx_fail (error, GEN_ONNX_ERROR_FILE, "%s", out.error->message);
  g_error_free (out.error);
  return FALSE;
}

/* --- with a file beside it --- */

static gboolean
write_apart (const GenOnnxApart *apart, GenAtomicFile *file, GError **error)
{
  static const guint8 zeros[GEN_ONNX_APART_ALIGNMENT];

  for (guint i = 0; i < apart->data->len; i++) {
    const gsize gap = (gsize)(-gen_atomic_file_size (file) & (GEN_ONNX_APART_ALIGNMENT - 1));

    if (!gen_atomic_file_write (file, zeros, gap, error) ||
        !gen_atomic_file_write (
            file, apart->data->pdata[i], g_array_index (apart->sizes, gsize, i), error))
      return FALSE;
  }
  return gen_atomic_file_sync (file, error);
}

static gboolean
write_beside (const Onnx__ModelProto *model, GenAtomicFile *file, GError **error)
{
  FileBuffer out = { .base.append = append_to_file, .file = file };

  onnx__model_proto__pack_to_buffer (model, &out.base);
  if (out.error == NULL)
    return gen_atomic_file_sync (file, error);
  g_propagate_error (error, out.error);
  return FALSE;
}

/* Both are complete before either gets its name, the weights first: a model never names weights
 * that are not there. */
static gboolean
save_both (
    const Onnx__ModelProto *model, const GenOnnxApart *apart, const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *beside = g_build_filename (folder, apart->name, NULL);
  g_autoptr (GenAtomicFile) weights = gen_atomic_file_new (beside, error);
  g_autoptr (GenAtomicFile) file = weights != NULL ? gen_atomic_file_new (path, error) : NULL;

  return file != NULL && write_apart (apart, weights, error) && write_beside (model, file, error) &&
         gen_atomic_file_place (weights, error) && gen_atomic_file_place (file, error) &&
         gen_folder_sync (folder, error);
}

gboolean
gen_onnx_save_apart (const GenGraph *graph, const char *path, GError **error)
{
  g_autofree char *base = g_path_get_basename (path);
  GenOnnxApart apart = { g_strconcat (base, ".data", NULL), g_ptr_array_new (),
    g_array_new (FALSE, FALSE, sizeof (gsize)), 0 };
  GenOnnxWriter writer = { graph, g_ptr_array_new_with_free_func (g_free), .apart = &apart };
  const Onnx__ModelProto *model = gen_onnx_write_model (&writer, error);
  g_autoptr (GError) reason = NULL;
  gboolean saved = FALSE;

  if (model == NULL)
    g_prefix_error (error, "%s: ", path);
  else if (!(saved = save_both (model, &apart, path, &reason)))
    gen_onnx_fail (error, GEN_ONNX_ERROR_FILE, "%s", reason->message);
  g_ptr_array_unref (writer.owned);
  g_ptr_array_unref (apart.data);
  g_array_unref (apart.sizes);
  g_free (apart.name);
  return saved;
}

gboolean
gen_onnx_save (const GenGraph *graph, const char *path, GError **error)
{
  GenOnnxWriter writer = { graph, g_ptr_array_new_with_free_func (g_free) };
  const Onnx__ModelProto *model = gen_onnx_write_model (&writer, error);
  gboolean saved = FALSE;

  if (model != NULL)
    saved = save_model (model, path, error);
  else
    g_prefix_error (error, "%s: ", path);
  g_ptr_array_unref (writer.owned);
  return saved;
}

GBytes *
gen_onnx_serialize (const GenGraph *graph, GError **error)
{
  GenOnnxWriter writer = { graph, g_ptr_array_new_with_free_func (g_free) };
  const Onnx__ModelProto *model = gen_onnx_write_model (&writer, error);
  GBytes *bytes = NULL;

  if (model != NULL) {
    gsize size = onnx__model_proto__get_packed_size (model);
    guint8 *data = g_malloc (size);

    onnx__model_proto__pack (model, data);
    bytes = g_bytes_new_take (data, size);
  }
  g_ptr_array_unref (writer.owned);
  return bytes;
}
