/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models whose inputs are of other types and shapes than their nodes expect, as hostile files
 * have them: compiling says no, or the plan runs within its bounds, which the sanitizers watch.
 * Each operator's first model of ONNX's backend tests is bent in every way, one input or
 * constant at a time. */
#include <string.h>
#include <generative/onnx.h>
#include <generative/operator.h>
#include <generative/plan.h>

#define MAX_BYTES (1 << 26)

typedef struct {
  const char *name;
  /* TRUE when it has changed the tensor. */
  gboolean (*bend) (GenTensor *tensor);
} Bend;

static gboolean
to_type (GenTensor *tensor, GenDataType type)
{
  gboolean changes = tensor->type != type;

  tensor->type = type;
  return changes;
}

static gboolean
to_float32 (GenTensor *tensor)
{
  return to_type (tensor, GEN_TYPE_FLOAT32);
}

static gboolean
to_float16 (GenTensor *tensor)
{
  return to_type (tensor, GEN_TYPE_FLOAT16);
}

static gboolean
to_float64 (GenTensor *tensor)
{
  return to_type (tensor, GEN_TYPE_FLOAT64);
}

static gboolean
to_uint8 (GenTensor *tensor)
{
  return to_type (tensor, GEN_TYPE_UINT8);
}

static gboolean
to_int64 (GenTensor *tensor)
{
  return to_type (tensor, GEN_TYPE_INT64);
}

static gboolean
drop_dimension (GenTensor *tensor)
{
  return tensor->shape.rank > 0 && tensor->shape.rank-- > 0;
}

static gboolean
add_dimension (GenTensor *tensor)
{
  if (tensor->shape.rank == GEN_MAX_RANK)
    return FALSE;
  tensor->shape.dims[tensor->shape.rank++] = 2;
  return TRUE;
}

static gboolean
set_extents (GenTensor *tensor, gint64 extent, gint64 more)
{
  for (int i = 0; i < tensor->shape.rank; i++)
    tensor->shape.dims[i] = extent >= 0 ? extent : tensor->shape.dims[i] + more;
  return tensor->shape.rank > 0;
}

static gboolean
lengthen (GenTensor *tensor)
{
  return set_extents (tensor, -1, 1);
}

static gboolean
shorten (GenTensor *tensor)
{
  for (int i = 0; i < tensor->shape.rank; i++)
    if (tensor->shape.dims[i] == 0)
      return FALSE;
  return set_extents (tensor, -1, -1);
}

static gboolean
empty (GenTensor *tensor)
{
  return set_extents (tensor, 0, 0);
}

static gboolean
collapse (GenTensor *tensor)
{
  return set_extents (tensor, 1, 0);
}

static const Bend bends[] = {
  { "float32", to_float32 },
  { "float16", to_float16 },
  { "float64", to_float64 },
  { "uint8", to_uint8 },
  { "int64", to_int64 },
  { "a dimension less", drop_dimension },
  { "a dimension more", add_dimension },
  { "longer", lengthen },
  { "shorter", shorten },
  { "empty", empty },
  { "single", collapse },
};

/* Bytes of which every float and every integer is a small number. */
static void
fill (GenDataType type, void *data, gsize size)
{
  gsize unit = gen_data_type_size (type);

  memset (data, 0, size);
  if (type == GEN_TYPE_FLOAT32)
    for (gsize i = 0; i < size / unit; i++)
      ((float *)data)[i] = 1;
  else
    for (gsize i = 0; i < size; i += unit)
      ((guint8 *)data)[i] = 1;
}

static void
compile_and_run (GenGraph *graph)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenPlan) plan = gen_plan_new (graph, &(GenPlanOptions){ .threads = 1 }, &error);

  g_assert_true ((plan == NULL) == (error != NULL));
  if (plan == NULL)
    return;
  for (guint i = 0; i < gen_plan_n_inputs (plan); i++) {
    const GenBinding *input = gen_plan_input (plan, i);

    fill (input->type, input->data, input->size);
  }
  g_assert_true (gen_plan_run (plan, NULL));
}

static GenTensor *
bendable (GenGraph *graph, guint number)
{
  for (guint i = 0; i < graph->tensors->len; i++) {
    GenTensor *tensor = g_ptr_array_index (graph->tensors, i);

    if (tensor->role != GEN_ROLE_VALUE && number-- == 0)
      return tensor;
  }
  return NULL;
}

/* Bend tensor number `number`; FALSE when there is none. */
static gboolean
try_bend (const GenGraph *model, guint number, const Bend *bend)
{
  g_autoptr (GenGraph) graph = gen_graph_copy (model);
  g_autoptr (GenGraph) fixed = NULL;
  GenTensor *tensor = bendable (graph, number);
  gsize size;

  if (tensor == NULL)
    return FALSE;
  if (!bend->bend (tensor))
    return TRUE;
  size = gen_tensor_size (tensor);
  if (gen_shape_elements (&tensor->shape) > MAX_BYTES)
    return TRUE;
  if (tensor->role == GEN_ROLE_CONSTANT) {
    void *data = g_malloc (MAX (size, 1));

    fill (tensor->type, data, size);
    g_bytes_unref (tensor->data);
    tensor->data = g_bytes_new_take (data, size);
  }
  compile_and_run (graph);

  /* Once more with all inputs known, which is the way to the operators that want them so. */
  fixed = gen_graph_copy (graph);
  while (fixed->inputs->len > 0) {
    GenTensor *input = g_ptr_array_index (fixed->inputs, 0);
    gsize n = gen_tensor_size (input);
    void *data = g_malloc (MAX (n, 1));

    fill (input->type, data, n);
    gen_graph_fix_input (fixed, input, g_bytes_new_take (data, n));
  }
  compile_and_run (fixed);
  return TRUE;
}

static void
test_model (gconstpointer path)
{
  g_autoptr (GenGraph) model = gen_onnx_load (path, NULL);
  gboolean more = TRUE;

  g_assert_nonnull (model);
  gen_graph_set_free_dimensions (model, NULL, 1);
  for (guint number = 0; more; number++)
    for (guint i = 0; i < G_N_ELEMENTS (bends) && more; i++) {
      g_test_message ("tensor %u: %s", number, bends[i].name);
      more = try_bend (model, number, &bends[i]);
    }
}

/* The kind of a model: its operators and how many inputs they have. */
static char *
kind_of (const GenGraph *graph)
{
  GString *kind = g_string_new (NULL);

  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    g_string_append_printf (kind, "-%s%u", node->op->name, node->inputs->len);
  }
  return g_string_free (kind, FALSE);
}

static void
add_model (const char *path, GHashTable *seen, GPtrArray *paths)
{
  g_autoptr (GenGraph) graph = gen_onnx_load (path, NULL);
  g_autofree char *name = NULL;
  char *kind;

  if (graph == NULL || graph->nodes->len != 1)
    return;
  kind = kind_of (graph);
  name = g_strdup_printf ("/mismatched/%s", kind + 1);
  if (!g_hash_table_add (seen, kind))
    return;
  g_ptr_array_add (paths, g_strdup (path));
  g_test_add_data_func (name, g_ptr_array_index (paths, paths->len - 1), test_model);
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

int
main (int argc, char **argv)
{
  const char *set = g_getenv ("ONNX_TESTDATA");
  g_autofree char *folder =
      g_build_filename (set ? set : "/usr/share/libonnx-testdata/data", "node", NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  g_test_init (&argc, &argv, NULL);
  if (dir == NULL) {
    g_print ("1..0 # SKIP no ONNX backend tests in %s: install libonnx-testdata\n", folder);
    return 0;
  }
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (all, g_build_filename (folder, name, "model.onnx", NULL));
  g_ptr_array_sort (all, compare_paths);
  for (guint i = 0; i < all->len; i++)
    add_model (g_ptr_array_index (all, i), seen, paths);
  return g_test_run ();
}
