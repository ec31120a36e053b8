/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ONNX files: weights in files of their own, and where weights lie. */
#include <unistd.h>
#include <glib/gstdio.h>
#include <generative/file-bytes.h>

#include "onnx-sample.h"

typedef struct {
  Onnx__StringStringEntryProto entries[3], *list[3];
} External;

static void
make_external (External *e, Onnx__TensorProto *tensor, const char *location, const char *offset,
    const char *length)
{
  const char *const keys[] = { "location", "offset", "length" };
  const char *const values[] = { location, offset, length };

  for (int i = 0; i < 3; i++) {
    onnx__string_string_entry_proto__init (&e->entries[i]);
    e->entries[i].key = (char *)keys[i];
    e->entries[i].value = (char *)values[i];
    e->list[i] = &e->entries[i];
  }
  tensor->has_raw_data = FALSE;
  tensor->has_data_location = TRUE;
  tensor->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
  tensor->external_data = e->list;
  tensor->n_external_data = length != NULL ? 3 : offset != NULL ? 2 : 1;
}

static void
assert_external_refused (const char *folder, const char *location, const char *offset,
    const char *length, int code, const char *text)
{
  Sample s;
  External e;
  g_autoptr (GError) error = NULL;

  sample_init (&s);
  make_external (&e, &s.weight, location, offset, length);
  g_assert_null (parse (&s, folder, &error));
  g_assert_error (error, GEN_ONNX_ERROR, code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "tensor 'w'"));
  g_assert_nonnull (strstr (error->message, text));
}

static void
test_external (void)
{
  g_autofree char *folder = g_dir_make_tmp ("generative-onnx-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "weights.bin", NULL);
  g_autofree char *outside = g_build_filename (g_get_tmp_dir (), "outside.bin", NULL);
  char content[40];
  g_autoptr (GError) error = NULL;

  memset (content, 'x', sizeof content);
  for (int offset = 0; offset <= 16; offset += 8) {
    Sample s;
    External e;
    g_autoptr (GenGraph) graph = NULL;
    g_autofree char *text = g_strdup_printf ("%d", offset);

    sample_init (&s);
    memcpy (content + offset, s.weight_values, sizeof s.weight_values);
    g_assert_true (g_file_set_contents (path, content, sizeof content, NULL));
    make_external (
        &e, &s.weight, "weights.bin", offset > 0 ? text : NULL, offset > 8 ? "24" : NULL);
    graph = parse (&s, folder, &error);
    g_assert_no_error (error);
    g_assert_cmpmem (gen_tensor_constant (gen_graph_find (graph, "w")), 24, s.weight_values, 24);
  }
  assert_external_refused (folder, "none.bin", NULL, NULL, GEN_ONNX_ERROR_FILE, "none.bin");
  assert_external_refused (folder, "weights.bin", "17", NULL, GEN_ONNX_ERROR_INVALID, "not there");
  assert_external_refused (
      folder, "weights.bin", "9223372036854775800", NULL, GEN_ONNX_ERROR_INVALID, "not there");
  assert_external_refused (folder, "weights.bin", "-1", NULL, GEN_ONNX_ERROR_INVALID, "'-1'");
  assert_external_refused (folder, "weights.bin", "0x1", NULL, GEN_ONNX_ERROR_INVALID, "'0x1'");
  assert_external_refused (folder, "weights.bin", "0", "23", GEN_ONNX_ERROR_INVALID, "23 bytes");
  assert_external_refused (folder, "", NULL, NULL, GEN_ONNX_ERROR_INVALID, "model's folder");
  assert_external_refused (folder, outside, NULL, NULL, GEN_ONNX_ERROR_INVALID, "model's folder");
  assert_external_refused (
      folder, "../weights.bin", NULL, NULL, GEN_ONNX_ERROR_INVALID, "model's folder");
  assert_external_refused (
      folder, "a/../../b", NULL, NULL, GEN_ONNX_ERROR_INVALID, "model's folder");
  assert_external_refused (
      NULL, "weights.bin", NULL, NULL, GEN_ONNX_ERROR_UNSUPPORTED, "no folder");
  assert_external_refused (folder, ".", NULL, NULL, GEN_ONNX_ERROR_FILE, "folder");
  g_unlink (path);
  g_rmdir (folder);
}

/* --- where weights lie --- */

/* Weights that lie aligned in the file's bytes are used there, others are copied. */
static void
test_in_place (void)
{
  guint shared = 0;

  for (int n = 0; n < 16; n++) {
    g_autofree char *producer = g_strnfill (n, 'x');
    Sample s;
    g_autoptr (GBytes) bytes = NULL;
    g_autoptr (GenGraph) graph = NULL;
    g_autoptr (GError) error = NULL;
    const guint8 *start, *weight;
    gsize size;

    sample_init (&s);
    s.model.producer_name = producer;
    bytes = pack (&s);
    start = g_bytes_get_data (bytes, &size);
    graph = gen_onnx_parse (bytes, "sample.onnx", NULL, &error);
    g_assert_no_error (error);
    weight = gen_tensor_constant (gen_graph_find (graph, "w"));
    g_assert_cmpmem (weight, 24, s.weight_values, 24);
    g_assert_cmpuint ((guintptr)weight % sizeof (float), ==, 0);
    shared += weight >= start && weight < start + size;
  }
  g_assert_cmpuint (shared, ==, 4);
}

static gboolean
is_mapped (const char *path)
{
  g_autofree char *maps = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/maps", &maps, NULL, NULL));
  return strstr (maps, path) != NULL;
}

/* A large external file is mapped for as long as a graph has weights in it, and no longer. */
static void
test_mapped (void)
{
  g_autofree char *folder = g_dir_make_tmp ("generative-onnx-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "weights.bin", NULL);
  g_autofree char *content = g_malloc0 (8192);
  g_autoptr (GError) error = NULL;
  GenGraph *graph;
  External e;
  Sample s;

  sample_init (&s);
  memcpy (content + 4096, s.weight_values, sizeof s.weight_values);
  g_assert_true (g_file_set_contents (path, content, 8192, NULL));
  g_assert_cmpint (truncate (path, GEN_FILE_MAP_SIZE), ==, 0);
  make_external (&e, &s.weight, "weights.bin", "4096", NULL);
  graph = parse (&s, folder, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (gen_tensor_constant (gen_graph_find (graph, "w")), 24, s.weight_values, 24);
  g_assert_true (is_mapped (path));
  gen_graph_unref (graph);
  g_assert_false (is_mapped (path));
  g_unlink (path);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/onnx/external/external", test_external);
  g_test_add_func ("/onnx/external/in-place", test_in_place);
  g_test_add_func ("/onnx/external/mapped", test_mapped);
  return g_test_run ();
}
