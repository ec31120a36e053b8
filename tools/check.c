/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model check: runs ONNX backend test folders, as ONNX's own runner does: a model and
 * sets of inputs and the outputs that they must give, to a relative 1e-3 and an absolute 1e-7. */
#include <math.h>
#include <string.h>
#include <generative/onnx.h>
#include <generative/operator.h>

#include "command.h"
#include "prepare.h"

#define RELATIVE 1e-3
#define ABSOLUTE 1e-7
#define MAX_DEPTH 4

static void
value_free (gpointer data)
{
  gen_onnx_value_free (data);
}

/* The values STEM_0.pb, STEM_1.pb, … of a data set, of the kinds of `tensors`; as many as there
 * are. */
static GPtrArray *
load_values (const char *folder, const char *stem, const GPtrArray *tensors, GError **error)
{
  g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func (value_free);

  for (;;) {
    g_autofree char *name = g_strdup_printf ("%s_%u.pb", stem, values->len);
    g_autofree char *path = g_build_filename (folder, name, NULL);
    GenKind kind = GEN_KIND_TENSOR;
    GenOnnxValue *value;

    if (!g_file_test (path, G_FILE_TEST_EXISTS))
      return g_steal_pointer (&values);
    if (values->len < tensors->len)
      kind = ((GenTensor *)g_ptr_array_index (tensors, values->len))->kind;
    value = gen_onnx_load_value (path, kind, error);
    if (value == NULL)
      return NULL;
    g_ptr_array_add (values, value);
  }
}

/* The tensors in `value`, one after the other. */
static void
flatten (const GenOnnxValue *value, GPtrArray *into)
{
  if (value->items == NULL)
    g_ptr_array_add (into, (gpointer)value);
  for (guint i = 0; value->items != NULL && i < value->items->len; i++)
    flatten (g_ptr_array_index (value->items, i), into);
}

/* --- comparing --- */

static double
half_to_double (guint16 bits)
{
  int exponent = bits >> 10 & 31, fraction = bits & 1023;
  double value = exponent == 0    ? ldexp (fraction, -24)
                 : exponent == 31 ? (fraction != 0 ? NAN : INFINITY)
                                  : ldexp (1024 + fraction, exponent - 25);

  return bits & 0x8000 ? -value : value;
}

/* Element i as a number; integers of 64 bits are compared as such before. */
static double
element (GenDataType type, const void *data, gsize i)
{
  switch (type) {
  case GEN_TYPE_FLOAT32:
    return ((const float *)data)[i];
  case GEN_TYPE_FLOAT64:
    return ((const double *)data)[i];
  case GEN_TYPE_FLOAT16:
    return half_to_double (((const guint16 *)data)[i]);
  case GEN_TYPE_BFLOAT16: {
    guint32 bits = (guint32)((const guint16 *)data)[i] << 16;
    float value;

    memcpy (&value, &bits, sizeof value);
    return value;
  }
  case GEN_TYPE_INT8:
    return ((const gint8 *)data)[i];
  case GEN_TYPE_INT16:
    return ((const gint16 *)data)[i];
  case GEN_TYPE_UINT16:
    return ((const guint16 *)data)[i];
  case GEN_TYPE_INT32:
    return ((const gint32 *)data)[i];
  case GEN_TYPE_UINT32:
    return ((const guint32 *)data)[i];
  case GEN_TYPE_INT64:
    return ((const gint64 *)data)[i];
  case GEN_TYPE_UINT64:
    return ((const guint64 *)data)[i];
  default:
    return ((const guint8 *)data)[i];
  }
}

static gboolean
is_floating (GenDataType type)
{
  return type == GEN_TYPE_FLOAT32 || type == GEN_TYPE_FLOAT64 || type == GEN_TYPE_FLOAT16 ||
         type == GEN_TYPE_BFLOAT16;
}

/* What is not a number has several codes. */
static gboolean
is_nan_code (GenDataType type, guint8 code)
{
  return (type == GEN_TYPE_FLOAT8E4M3FN && (code & 0x7f) == 0x7f) ||
         (type == GEN_TYPE_FLOAT8E5M2 && (code & 0x7f) > 0x7c);
}

static gboolean
is_close (double is, double should)
{
  if (isnan (should) || isnan (is))
    return isnan (should) && isnan (is);
  if (is == should)
    return TRUE;
  return isfinite (is) && fabs (is - should) <= ABSOLUTE + RELATIVE * fabs (should);
}

/* numpy, and so the tests, have no bfloat16 and keep its bits. */
static gboolean
is_same_type (GenDataType model, GenDataType data)
{
  return model == data || (model == GEN_TYPE_BFLOAT16 && data == GEN_TYPE_UINT16);
}

static gboolean
is_same (GenDataType type, const guint8 *is, const guint8 *should)
{
  return memcmp (is, should, gen_data_type_size (type)) == 0 ||
         (is_nan_code (type, *is) && is_nan_code (type, *should));
}

static gboolean
compare (const GenBinding *is, const GenOnnxValue *should, GError **error)
{
  const void *expected = g_bytes_get_data (should->data, NULL);
  gsize unit = gen_data_type_size (is->type), n = gen_shape_elements (&is->shape);

  if (!is_same_type (is->type, should->type) || !gen_shape_equal (&is->shape, &should->shape)) {
    g_autofree char *a = gen_shape_to_string (&is->shape);
    g_autofree char *b = gen_shape_to_string (&should->shape);

    g_set_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_INVALID,
        "output '%s' is %s %s, should be %s %s", is->name, gen_data_type_name (is->type), a,
        gen_data_type_name (should->type), b);
    return FALSE;
  }
  for (gsize i = 0; i < n; i++) {
    gboolean same = is_same (
        is->type, (const guint8 *)is->data + i * unit, (const guint8 *)expected + i * unit);

    if (same || (is_floating (is->type) &&
                    is_close (element (is->type, is->data, i), element (is->type, expected, i))))
      continue;
    g_set_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_INVALID,
        "output '%s', element %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " is %.9g, should be %.9g",
        is->name, i, n, element (is->type, is->data, i), element (is->type, expected, i));
    return FALSE;
  }
  return TRUE;
}

/* --- running --- */

static gboolean
set_input (GenGraph *graph, GenTensor *input, const GenOnnxValue *value, GError **error)
{
  g_autoptr (GPtrArray) items = NULL;

  if (value->items == NULL) {
    if (is_same_type (input->type, value->type))
      return gen_graph_set_input_shape (graph, input, &value->shape, error);
    g_set_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_INVALID,
        "input '%s' is %s, the model takes %s", input->name, gen_data_type_name (value->type),
        gen_data_type_name (input->type));
    return FALSE;
  }
  if (!gen_graph_expand_input (graph, input, value->items->len, error))
    return FALSE;
  items = g_ptr_array_ref (input->items);
  for (guint i = 0; i < items->len; i++)
    if (!set_input (
            graph, g_ptr_array_index (items, i), g_ptr_array_index (value->items, i), error))
      return FALSE;
  return TRUE;
}

static gboolean
set_inputs (GenGraph *graph, const GPtrArray *values, GError **error)
{
  guint n = graph->inputs->len;
  g_autofree GenTensor **inputs = g_memdup2 (graph->inputs->pdata, n * sizeof *inputs);

  if (values->len != n) {
    g_set_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_INVALID,
        "%u inputs are given, the model takes %u", values->len, n);
    return FALSE;
  }
  for (guint i = 0; i < n; i++)
    if (!set_input (graph, inputs[i], g_ptr_array_index (values, i), error))
      return FALSE;
  return TRUE;
}

static gboolean
compare_output (const GenSession *session, guint i, const GenOnnxValue *should, GError **error)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new ();

  flatten (should, items);
  if (items->len != gen_session_n_items (session, i)) {
    g_set_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_INVALID,
        "output %u holds %u tensors, should hold %u", i, gen_session_n_items (session, i),
        items->len);
    return FALSE;
  }
  for (guint k = 0; k < items->len; k++)
    if (!compare (gen_session_item (session, i, k), g_ptr_array_index (items, k), error))
      return FALSE;
  return TRUE;
}

static gboolean
run_session (GenSession *session, const GPtrArray *inputs, const GPtrArray *outputs, GError **error)
{
  g_autoptr (GPtrArray) flat = g_ptr_array_new ();
  g_autofree GenBinding *bindings = g_new0 (GenBinding, gen_session_n_inputs (session) + 1);

  if (outputs->len == 0 || outputs->len != gen_session_n_outputs (session)) {
    g_set_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_INVALID,
        "%u outputs are expected, the model makes %u", outputs->len,
        gen_session_n_outputs (session));
    return FALSE;
  }
  for (guint i = 0; i < inputs->len; i++)
    flatten (g_ptr_array_index (inputs, i), flat);
  for (guint i = 0; i < flat->len; i++) {
    const GenOnnxValue *value = g_ptr_array_index (flat, i);

    bindings[i] = gen_session_input (session, i);
    bindings[i].shape = value->shape;
    bindings[i].data = (void *)g_bytes_get_data (value->data, &bindings[i].size);
  }
  if (!gen_session_run (session, bindings, error))
    return FALSE;
  for (guint i = 0; i < outputs->len; i++)
    if (!compare_output (session, i, g_ptr_array_index (outputs, i), error))
      return FALSE;
  return TRUE;
}

static gboolean
check_data_set (
    const Preparation *preparation, const GenGraph *model, const char *folder, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_copy (model);
  g_autoptr (GPtrArray) inputs = load_values (folder, "input", graph->inputs, error);
  g_autoptr (GPtrArray) outputs = NULL;
  g_autoptr (GenSession) session = NULL;

  if (inputs == NULL)
    return FALSE;
  outputs = load_values (folder, "output", graph->outputs, error);
  if (outputs == NULL || !set_inputs (graph, inputs, error))
    return FALSE;
  session = preparation_open (preparation, graph, error);
  return session != NULL && run_session (session, inputs, outputs, error);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

/* What is in a folder, sorted. */
static GPtrArray *
list_folder (const char *folder, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  GPtrArray *names;
  const char *name;

  if (dir == NULL)
    return NULL;
  names = g_ptr_array_new_with_free_func (g_free);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  return names;
}

/* All data sets of a test. */
static gboolean
check_folder (const Preparation *preparation, const char *folder, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_onnx_load (path, error);
  g_autoptr (GPtrArray) names = NULL;
  guint sets = 0;

  if (graph == NULL)
    return FALSE;
  names = list_folder (folder, error);
  if (names == NULL)
    return FALSE;
  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index (names, i);
    g_autofree char *set = g_build_filename (folder, name, NULL);

    if (!g_str_has_prefix (name, "test_data_set_"))
      continue;
    sets++;
    if (!check_data_set (preparation, graph, set, error)) {
      g_prefix_error (error, "%s: ", name);
      return FALSE;
    }
  }
  if (sets == 0)
    g_set_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_FILE,
        "'%s' has no test_data_set_0 beside its model", folder);
  return sets > 0;
}

/* The folders with a model in and below `folder`. */
static gboolean
find_tests (const char *folder, int depth, GPtrArray *tests, GError **error)
{
  g_autofree char *model = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (GPtrArray) names = NULL;

  if (g_file_test (model, G_FILE_TEST_EXISTS)) {
    g_ptr_array_add (tests, g_strdup (folder));
    return TRUE;
  }
  names = list_folder (folder, error);
  if (names == NULL)
    return FALSE;
  for (guint i = 0; i < names->len && depth < MAX_DEPTH; i++) {
    g_autofree char *path = g_build_filename (folder, g_ptr_array_index (names, i), NULL);

    if (g_file_test (path, G_FILE_TEST_IS_DIR) && !find_tests (path, depth + 1, tests, error))
      return FALSE;
  }
  return TRUE;
}

/* One line, as TAP has it: no newline and no '#' within. */
static char *
one_line (const char *text)
{
  char *line = g_strdup (text);

  return g_strdelimit (line, "\n\r#", ' ');
}

typedef struct {
  guint passed, failed, skipped;
} Count;

static void
report (const Preparation *preparation, const char *folder, guint number, gboolean supported_only,
    Count *count)
{
  g_autofree char *name = g_path_get_basename (folder);
  g_autofree char *title = one_line (name);
  g_autofree char *reason = NULL;
  g_autoptr (GError) error = NULL;

  if (check_folder (preparation, folder, &error)) {
    g_print ("ok %u - %s\n", number, title);
    count->passed++;
    return;
  }
  reason = one_line (error->message);
  if (supported_only &&
      (g_error_matches (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_UNKNOWN_OPERATOR) ||
          g_error_matches (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_UNSUPPORTED))) {
    g_print ("ok %u - %s # SKIP %s\n", number, title, reason);
    count->skipped++;
    return;
  }
  g_print ("not ok %u - %s\n# %s\n", number, title, reason);
  count->failed++;
}

static int
run (int argc, char **argv)
{
  gboolean supported_only = FALSE;
  g_auto (Preparation) preparation = { 0 };
  const GOptionEntry entries[] = {
    { "supported", 0, 0, G_OPTION_ARG_NONE, &supported_only,
        "Skip tests of operators and kinds of values that no model may have here, instead of "
        "failing them",
        NULL },
    { "threads", 't', 0, G_OPTION_ARG_INT, &preparation.threads, "Threads (as many as cores)",
        "N" },
    { "precision", 'p', 0, G_OPTION_ARG_STRING, &preparation.precision,
        "fp32, tf32, bf16 or fp16 (fp32); the bounds stay the same", "NAME" },
    { "device", 'd', 0, G_OPTION_ARG_STRING, &preparation.device, "auto, cpu or cuda (cpu)",
        "NAME" },
    { NULL },
  };
  g_autoptr (GPtrArray) tests = g_ptr_array_new_with_free_func (g_free);
  GError *error = NULL;
  Count count = { 0 };

  if (!command_parse (&command_check, entries,
          "A DIR holds model.onnx and test_data_set_0/input_0.pb, output_0.pb and so on, as ONNX's "
          "backend tests do, or many such folders. The result is TAP, closed by a line "
          "\"N passed, N failed\". Debian's libonnx-testdata has tests in "
          "/usr/share/libonnx-testdata/data.",
          1, -1, &argc, &argv))
    return STATUS_USAGE;
  for (int i = 1; i < argc; i++)
    if (!find_tests (argv[i], 0, tests, &error))
      return command_fail (error);
  if (tests->len == 0) {
    g_printerr ("%s: no model.onnx in these folders\n", g_get_prgname ());
    return STATUS_FAILED;
  }
  g_print ("1..%u\n", tests->len);
  for (guint i = 0; i < tests->len; i++)
    report (&preparation, g_ptr_array_index (tests, i), i + 1, supported_only, &count);
  if (count.skipped > 0)
    g_print ("# %u skipped\n", count.skipped);
  g_print ("%u passed, %u failed\n", count.passed, count.failed);
  return count.failed > 0 ? STATUS_FAILED : STATUS_FINE;
}

const Command command_check = {
  .name = "check",
  .arguments = "DIR...",
  .summary = "Run ONNX backend test folders",
  .run = run,
};
