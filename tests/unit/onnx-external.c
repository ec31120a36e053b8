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
  guint64 stamp = 0;
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
    /* A graph tells that it was read from another file, too. */
    g_assert_cmpuint (graph->stamp, !=, stamp);
    stamp = graph->stamp;
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

/* --- links --- */

/* blobs/ has the files under other names, and snapshot/ links to them, as caches of models do. */
typedef struct {
  char *root, *blobs, *snapshot, *model, *weights;
} Cache;

static void
write_file (const char *folder, const char *name, gconstpointer data, gsize size)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, data, size, NULL));
}

static void
cache_init (Cache *c)
{
  Sample s;
  External e;
  g_autoptr (GBytes) bytes = NULL;

  c->root = g_dir_make_tmp ("generative-onnx-XXXXXX", NULL);
  c->blobs = g_build_filename (c->root, "blobs", NULL);
  c->snapshot = g_build_filename (c->root, "snapshot", NULL);
  c->model = g_build_filename (c->snapshot, "model.onnx", NULL);
  c->weights = g_build_filename (c->snapshot, "weights.bin", NULL);
  g_assert_cmpint (g_mkdir (c->blobs, 0700), ==, 0);
  g_assert_cmpint (g_mkdir (c->snapshot, 0700), ==, 0);
  sample_init (&s);
  make_external (&e, &s.weight, "weights.bin", NULL, NULL);
  bytes = pack (&s);
  write_file (c->blobs, "1f", g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  write_file (c->blobs, "2e", s.weight_values, sizeof s.weight_values);
  write_file (c->root, "elsewhere", s.weight_values, sizeof s.weight_values);
}

static void
cache_clear (Cache *c)
{
  const char *const files[] = { "snapshot/model.onnx", "snapshot/weights.bin", "snapshot/inside",
    "blobs/1f", "blobs/2e", "elsewhere", "blobs", "snapshot" };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = g_build_filename (c->root, files[i], NULL);

    g_remove (path);
  }
  g_rmdir (c->root);
  g_free (c->root);
  g_free (c->blobs);
  g_free (c->snapshot);
  g_free (c->model);
  g_free (c->weights);
}

static void
link_to (const char *to, const char *path)
{
  g_unlink (path);
  g_assert_cmpint (symlink (to, path), ==, 0);
}

static void
assert_loads (const Cache *c)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_onnx_load (c->model, &error);

  g_assert_no_error (error);
  g_assert_nonnull (gen_graph_find (graph, "w"));
}

static void
assert_leaves (const Cache *c)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_onnx_load (c->model, &error));
  g_assert_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_INVALID);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "is a link to"));
}

static void
test_links (void)
{
  Cache c;
  g_autofree char *blob = NULL;
  g_autoptr (GError) error = NULL;
  Sample s;

  cache_init (&c);
  link_to ("../blobs/1f", c.model);
  link_to ("../blobs/2e", c.weights);
  assert_loads (&c);
  /* Beside the link, or beside what it leads to, but nowhere else. */
  link_to ("../elsewhere", c.weights);
  assert_leaves (&c);
  sample_init (&s);
  g_unlink (c.weights);
  write_file (c.snapshot, "weights.bin", s.weight_values, sizeof s.weight_values);
  assert_loads (&c);
  write_file (c.snapshot, "inside", s.weight_values, sizeof s.weight_values);
  link_to ("inside", c.weights);
  assert_loads (&c);
  /* A model that is no link allows none that leaves its folder. */
  link_to ("../blobs/2e", c.weights);
  blob = g_build_filename (c.blobs, "1f", NULL);
  g_assert_cmpint (g_rename (blob, c.model), ==, 0);
  assert_leaves (&c);
  link_to ("nowhere", c.weights);
  g_assert_null (gen_onnx_load (c.model, &error));
  g_assert_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_FILE);
  cache_clear (&c);
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
  g_test_add_func ("/onnx/external/links", test_links);
  g_test_add_func ("/onnx/external/in-place", test_in_place);
  g_test_add_func ("/onnx/external/mapped", test_mapped);
  return g_test_run ();
}
