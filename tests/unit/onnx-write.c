/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ONNX files: what is written is read back the same. */
#include <glib/gstdio.h>
#include <generative/file-bytes.h>

#include "onnx-sample.h"

static GenGraph *
built (void)
{
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_graph_new ("built");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (4, 3));
  GenTensor *w = gen_graph_add_state (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (5, 3),
      g_bytes_new_take (g_new0 (float, 15), 15 * sizeof (float)));
  GenTensor *y = gen_graph_op (graph, "Gemm", (GenTensor *[]){ x, w, gen_graph_float (graph, 0.5) },
      3, 1, &error, "transB", GEN_INT, 1, "alpha", GEN_FLOAT, 0.25, NULL);
  gint64 shape[] = { 2, -1 };

  y = gen_unary (graph, "Relu", y, &error);
  y = gen_binary (graph, "Reshape", y, gen_graph_ints (graph, shape, 2), &error);
  g_assert_no_error (error);
  gen_graph_float (graph, 3); /* used by nothing: not to be written */
  gen_graph_add_output (graph, y);
  g_hash_table_insert (graph->metadata, g_strdup ("b"), g_strdup ("2"));
  g_hash_table_insert (graph->metadata, g_strdup ("a"), g_strdup ("1"));
  return graph;
}

static void
test_round_trip (void)
{
  g_autofree char *folder = g_dir_make_tmp ("generative-onnx-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (GenGraph) graph = built ();
  g_autoptr (GenGraph) again = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) first = NULL;
  g_autoptr (GBytes) file = NULL;
  g_autoptr (GBytes) second = NULL;

  g_assert_true (gen_onnx_save (graph, path, &error));
  g_assert_no_error (error);
  first = gen_onnx_serialize (graph, &error);
  g_assert_no_error (error);
  file = gen_file_bytes (path, &error);
  g_assert_true (g_bytes_equal (first, file));
  again = gen_onnx_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again->nodes->len, ==, 3);
  g_assert_cmpint (gen_graph_find (again, "w")->role, ==, GEN_ROLE_CONSTANT);
  g_assert_cmpstr (g_hash_table_lookup (again->metadata, "a"), ==, "1");
  g_assert_true (gen_graph_infer (again, &error));
  g_assert_true (gen_shape_equal (
      &((GenTensor *)g_ptr_array_index (again->outputs, 0))->shape, &GEN_SHAPE (2, 10)));
  second = gen_onnx_serialize (again, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (first, second));
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_not_writable (void)
{
  g_autoptr (GenGraph) graph = built ();
  g_autoptr (GError) error = NULL;
  GenNode *first = g_ptr_array_index (graph->nodes, 0);

  g_assert_false (gen_onnx_save (graph, "/nonexistent/folder/model.onnx", &error));
  g_assert_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "/nonexistent/folder/model.onnx"));
  g_clear_error (&error);
  /* Opsets that agree on all operators can be mixed, others cannot. */
  first->opset = 13;
  g_bytes_unref (gen_onnx_serialize (graph, &error));
  g_assert_no_error (error);
  first->opset = 12;
  g_assert_null (gen_onnx_serialize (graph, &error));
  g_assert_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_UNSUPPORTED);
}

static void
test_files (void)
{
  g_autofree char *folder = g_dir_make_tmp ("generative-onnx-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "empty.onnx", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_onnx_load ("/nonexistent.onnx", &error));
  g_assert_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "/nonexistent.onnx"));
  g_clear_error (&error);
  g_assert_null (gen_onnx_load (folder, &error));
  g_assert_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_FILE);
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  g_assert_null (gen_onnx_load (path, &error));
  g_assert_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "empty"));
  g_unlink (path);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/onnx/write/round-trip", test_round_trip);
  g_test_add_func ("/onnx/write/not-writable", test_not_writable);
  g_test_add_func ("/onnx/write/files", test_files);
  return g_test_run ();
}
