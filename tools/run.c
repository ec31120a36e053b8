/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model run: one run of a model on files: arrays of numpy's, pictures, or text that is
 * spoken. */
#include <math.h>
#include <string.h>
#include <generative/npy.h>
#include <generative/picture.h>

#include "command.h"
#include "hints.h"
#include "numbers.h"
#include "prepare.h"
#include "speech-files.h"

/* A file that was named for an input or output. */
typedef struct {
  guint port;
  char *path;
  GBytes *array; /* of an input, once it is loaded; NULL of a picture */
} Wish;

typedef struct {
  GenModel *model;
  Hints hints;
  Preparation preparation;
  char **inputs, **outputs; /* as given */
  GArray *from, *to;        /* of Wish */
  guint runs;               /* one after another, of a model that remembers; else 1 */
} Run;

static void
wish_clear (gpointer data)
{
  Wish *wish = data;

  g_free (wish->path);
  g_clear_pointer (&wish->array, g_bytes_unref);
}

static gboolean fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
fail (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  *error = g_error_new_valist (G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, format, arguments);
  va_end (arguments);
  return FALSE;
}

/* Whether the text can be meant as NAME=FILE. */
static gboolean
has_name (const char *text)
{
  return text[strcspn (text, "=/")] == '=';
}

/* "NAME=FILE" or, where there is just one to be meant, "FILE". */
static gboolean
read_wishes (
    char **texts, const GPtrArray *tensors, const char *what, GArray *wishes, GError **error)
{
  for (char **text = texts; text != NULL && *text != NULL; text++) {
    Wish wish = { .port = tensors->len };

    for (guint i = 0; i < tensors->len; i++) {
      const GenTensor *tensor = g_ptr_array_index (tensors, i);
      gsize n = strlen (tensor->name);

      if (strncmp (*text, tensor->name, n) == 0 && (*text)[n] == '=') {
        wish.port = i;
        wish.path = g_strdup (*text + n + 1);
        break;
      }
    }
    if (wish.path == NULL && tensors->len == 1 && !has_name (*text)) {
      wish.port = 0;
      wish.path = g_strdup (*text);
    }
    if (wish.path == NULL) {
      g_autoptr (GString) names = g_string_new (NULL);

      for (guint i = 0; i < tensors->len; i++)
        g_string_append_printf (
            names, " '%s'", ((GenTensor *)g_ptr_array_index (tensors, i))->name);
      return fail (
          error, "--%s %s should be NAME=FILE with one of the names%s", what, *text, names->str);
    }
    g_array_append_val (wishes, wish);
  }
  return TRUE;
}

static gboolean
is_npy (const char *path)
{
  return g_str_has_suffix (path, ".npy");
}

static guint
count_wishes (const GArray *wishes, guint port)
{
  guint n = 0;

  for (guint i = 0; i < wishes->len; i++)
    n += g_array_index (wishes, Wish, i).port == port;
  return n;
}

/* The file of `port` for run `number`, or the only one for all runs; NULL where there is none. */
static const Wish *
find_wish (const GArray *wishes, guint port, guint number)
{
  const Wish *last = NULL;
  guint n = 0;

  for (guint i = 0; i < wishes->len; i++) {
    const Wish *wish = &g_array_index (wishes, Wish, i);

    if (wish->port != port)
      continue;
    last = wish;
    if (n++ == number)
      return wish;
  }
  return last;
}

/* --- inputs --- */

/* numpy's numbers are doubles unless somebody cared. */
static GBytes *
narrow (GBytes *doubles)
{
  gsize size;
  const double *from = g_bytes_get_data (doubles, &size);
  float *to = g_new (float, size / sizeof (double) + 1);

  for (gsize i = 0; i < size / sizeof (double); i++)
    to[i] = from[i];
  return g_bytes_new_take (to, size / 2);
}

static gboolean
load_array (Run *run, Wish *wish, GError **error)
{
  GenTensor *input = g_ptr_array_index (run->model->graph->inputs, wish->port);
  GenDataType type;
  GenShape shape;
  GBytes *data;

  if (run->runs == 1 && count_wishes (run->from, wish->port) > 1)
    return fail (error, "input '%s' is given more than once", input->name);
  if (speech_is_text (wish->path))
    data = speech_load_text (
        run->model, &run->model->inputs[wish->port], wish->path, &type, &shape, error);
  else
    data = gen_npy_load (wish->path, &type, &shape, error);
  if (data == NULL)
    return FALSE;
  if (type == GEN_TYPE_FLOAT64 && input->type == GEN_TYPE_FLOAT32) {
    GBytes *narrowed = narrow (data);

    g_bytes_unref (data);
    data = narrowed;
    type = GEN_TYPE_FLOAT32;
  }
  wish->array = data;
  if (type != input->type)
    return fail (error, "%s holds %s, but input '%s' takes %s", wish->path,
        gen_data_type_name (type), input->name, gen_data_type_name (input->type));
  return gen_graph_set_input_shape (run->model->graph, input, &shape, error);
}

static gboolean
check_picture (Run *run, const Wish *wish, GError **error)
{
  GenTensor *input = g_ptr_array_index (run->model->graph->inputs, wish->port);
  const GenPort *port = &run->model->inputs[wish->port];
  int n = run->runs > 1 ? 1 : (int)count_wishes (run->from, wish->port);
  g_auto (GenPicture) picture = { 0 };
  GenShape shape = input->shape;

  if (port->kind != GEN_PORT_PICTURE)
    return fail (
        error, "%s is no .npy file, and input '%s' takes no picture", wish->path, input->name);
  if (!gen_picture_load (&picture, wish->path, port->channels, error))
    return FALSE;
  /* Several pictures are a batch; the first decides on a size that the model leaves open. */
  if (port->batch < 0)
    shape.dims[0] = n;
  for (int i = 0; i < shape.rank; i++)
    if (shape.dims[i] < 0)
      shape.dims[i] = i == gen_port_height_axis (port)       ? picture.height
                      : i == gen_port_height_axis (port) + 1 ? picture.width
                                                             : port->channels;
  if (port->batch >= 0 && port->batch != n)
    return fail (error,
        "input '%s' takes %" G_GINT64_FORMAT " pictures, but %d came: give --input once for each",
        input->name, port->batch, n);
  return gen_graph_set_input_shape (run->model->graph, input, &shape, error);
}

/* What a model that remembers is given several times comes one after another. */
static gboolean
count_runs (Run *run, GError **error)
{
  run->runs = 1;
  for (guint i = 0; gen_model_has_states (run->model) && i < run->model->graph->inputs->len; i++) {
    const guint n = count_wishes (run->from, i);

    if (n > 1 && run->runs > 1 && n != run->runs)
      return fail (error, "input '%s' is given %u times, others %u times",
          run->model->inputs[i].name, n, run->runs);
    run->runs = MAX (run->runs, n);
  }
  return TRUE;
}

/* Parameters have to stand at something. */
static gboolean
check_parameters (const Run *run, GError **error)
{
  for (guint i = 0; i < run->model->graph->inputs->len; i++) {
    const GenPort *port = &run->model->inputs[i];

    if (port->part == GEN_PART_PARAMETER && run->model->parameters[i] == NULL &&
        count_wishes (run->from, i) == 0)
      return fail (error,
          "nothing tells which number its input '%s' stands at: give --parameters %s=1 (several "
          "numbers with colons), or --input %s=FILE.npy",
          port->name, port->name, port->name);
  }
  return TRUE;
}

/* Shapes first: the plan is made for them. */
static gboolean
prepare_inputs (Run *run, GError **error)
{
  for (guint i = 0; i < run->from->len; i++) {
    Wish *wish = &g_array_index (run->from, Wish, i);

    if (!(is_npy (wish->path) || speech_is_text (wish->path) ? load_array (run, wish, error)
                                                             : check_picture (run, wish, error)))
      return FALSE;
  }
  return TRUE;
}

static void
picture_size (const GenPort *port, const GenShape *shape, int *width, int *height)
{
  *height = shape->dims[gen_port_height_axis (port)];
  *width = shape->dims[gen_port_height_axis (port) + 1];
}

/* Where a sample of picture `index` lies, in numbers. */
static gsize
sample_offset (const GenPort *port, const GenShape *shape, gsize index, gsize y, gsize x, gsize c)
{
  const gsize channels = (gsize)port->channels;
  int width, height;

  picture_size (port, shape, &width, &height);
  if (port->channels_last)
    return ((index * (gsize)height + y) * (gsize)width + x) * channels + c;
  return ((index * channels + c) * (gsize)height + y) * (gsize)width + x;
}

/* Picture `index` of the input, as the numbers that the model takes. */
static gboolean
load_picture (const GenPort *port, const char *path, const GenShape *shape, guint index,
    float *numbers, GError **error)
{
  g_auto (GenPicture) picture = { 0 }, fitted = { 0 };
  int width, height;

  picture_size (port, shape, &width, &height);
  if (!gen_picture_load (&picture, path, port->channels, error))
    return FALSE;
  gen_picture_init (&fitted, width, height, port->channels);
  if (!gen_picture_fit (&picture, &fitted, GEN_FIT_CROP, error))
    return FALSE;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      for (int c = 0; c < port->channels; c++) {
        guint8 byte = fitted.data[(gsize)y * fitted.stride + x * port->channels + c];
        float number = (byte / 255.f - port->mean[c]) / port->std[c];

        numbers[sample_offset (port, shape, index, y, x, c)] =
            port->type == GEN_TYPE_UINT8 ? rintf (number) : number;
      }
  return TRUE;
}

static gboolean
fill_pictures (Run *run, guint i, guint number, const GenBinding *binding, GError **error)
{
  const GenPort *port = &run->model->inputs[i];
  g_autofree float *numbers = g_new0 (float, gen_shape_elements (&binding->shape) + 1);
  g_autofree char *assumption = gen_model_describe_assumption (run->model, port, FALSE);
  g_autofree gpointer converted = NULL;
  guint picture = 0;

  for (guint k = 0; k < run->from->len; k++) {
    const Wish *wish = &g_array_index (run->from, Wish, k);

    if (wish->port == i && (run->runs == 1 || wish == find_wish (run->from, i, number)) &&
        !load_picture (port, wish->path, &binding->shape, picture++, numbers, error))
      return FALSE;
  }
  converted = numbers_convert (numbers, &binding->shape, GEN_TYPE_FLOAT32, binding->type, error);
  if (converted == NULL)
    return FALSE;
  memcpy (binding->data, converted, binding->size);
  if (assumption != NULL && number == 0)
    command_warn ("%s", assumption);
  return TRUE;
}

/* Input `i` of run `number`. */
static gboolean
fill_input (Run *run, guint i, guint number, const GenBinding *binding, GError **error)
{
  const Wish *wish = find_wish (run->from, i, number);

  if (wish == NULL)
    return preparation_fill (&run->preparation, run->model, i, binding, error);
  if (wish->array == NULL)
    return fill_pictures (run, i, number, binding, error);
  if (binding->size > 0)
    memcpy (binding->data, g_bytes_get_data (wish->array, NULL), binding->size);
  return TRUE;
}

/* --- outputs --- */

static gsize
count_not_finite (const float *numbers, gint64 n)
{
  gsize found = 0;

  for (gint64 i = 0; i < n; i++)
    found += !isfinite (numbers[i]);
  return found;
}

static void
warn_of_numbers (const GenBinding *binding, const float *numbers)
{
  gint64 n = gen_shape_elements (&binding->shape);
  gsize found = count_not_finite (numbers, n);

  if (found > 0)
    command_warn ("%" G_GSIZE_FORMAT " of the %" G_GINT64_FORMAT
                  " numbers of output '%s' are not finite (NaN or infinite)",
        found, n, binding->name);
}

/* All pictures of the output in one, side by side in rows. */
static gboolean
save_picture (const GenPort *port, const GenBinding *binding, const float *numbers,
    const char *path, GError **error)
{
  g_auto (GenPicture) sheet = { 0 };
  int n = binding->shape.dims[0], columns = ceil (sqrt (MAX (n, 1)));
  int width, height;

  picture_size (port, &binding->shape, &width, &height);
  if (n == 0 || width == 0 || height == 0)
    return fail (error, "output '%s' holds no picture", binding->name);
  gen_picture_init (&sheet, columns * width, (n + columns - 1) / columns * height, port->channels);
  for (int i = 0; i < n; i++)
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++)
        for (int c = 0; c < port->channels; c++) {
          gsize at = sample_offset (port, &binding->shape, i, y, x, c);
          guint8 *to = sheet.data + ((gsize)(i / columns) * height + y) * sheet.stride +
                       ((i % columns) * width + x) * port->channels + c;
          float byte = (numbers[at] * port->std[c] + port->mean[c]) * 255;

          *to = byte > 0 ? lrintf (MIN (byte, 255)) : 0; /* NaN becomes 0 */
        }
  return gen_picture_save_png (&sheet, path, error);
}

static gboolean
save_output (Run *run, const Wish *wish, const GenBinding *binding, GError **error)
{
  GenPort port = run->model->outputs[wish->port];
  GenBinding picture = *binding;
  g_autofree char *assumption = gen_model_describe_assumption (run->model, &port, TRUE);
  g_autofree float *numbers = NULL;

  if (!is_npy (wish->path) && !g_str_has_suffix (wish->path, ".png") &&
      !speech_is_sound (wish->path))
    return fail (error, "%s should end in .npy, .png or .wav", wish->path);
  if (gen_data_type_size (binding->type) > 0) {
    numbers =
        numbers_convert (binding->data, &binding->shape, binding->type, GEN_TYPE_FLOAT32, error);
    if (numbers == NULL)
      return FALSE;
    warn_of_numbers (binding, numbers);
  }
  if (is_npy (wish->path))
    return gen_npy_save (wish->path, binding->type, &binding->shape, binding->data, error);
  if (speech_is_sound (wish->path) && numbers != NULL)
    return speech_save_sound (&port, &binding->shape, numbers, wish->path, error);
  /* A vector may be a picture after all: the numbers of a net of dense layers. */
  if (port.kind == GEN_PORT_VECTOR && gen_port_make_picture (&port, 0, 0)) {
    picture.shape = GEN_SHAPE (binding->shape.dims[0], port.channels, port.height, port.width);
    port.channels_last = FALSE;
  }
  if (port.kind != GEN_PORT_PICTURE || numbers == NULL) {
    g_autofree char *shape = gen_shape_to_string (&binding->shape);

    return fail (error, "output '%s', %s %s, is no picture; save it as .npy", binding->name,
        gen_data_type_name (binding->type), shape);
  }
  if (assumption != NULL)
    command_warn ("%s", assumption);
  return save_picture (&port, &picture, numbers, wish->path, error);
}

/* What an output is like, for those who asked for no file. */
static void
print_output (const GenBinding *binding)
{
  g_autofree char *shape = gen_shape_to_string (&binding->shape);
  gint64 n = gen_shape_elements (&binding->shape);
  double low = INFINITY, high = -INFINITY, sum = 0;
  g_autofree float *numbers = NULL;
  gsize found;

  g_print ("%s: %s %s", binding->name, gen_data_type_name (binding->type), shape);
  if (n > 0 && gen_data_type_size (binding->type) > 0)
    numbers =
        numbers_convert (binding->data, &binding->shape, binding->type, GEN_TYPE_FLOAT32, NULL);
  if (numbers == NULL) {
    g_print ("\n");
    return;
  }
  found = count_not_finite (numbers, n);
  for (gint64 i = 0; i < n; i++) {
    if (!isfinite (numbers[i]))
      continue;
    low = fmin (low, numbers[i]);
    high = fmax (high, numbers[i]);
    sum += numbers[i];
  }
  if (found < (gsize)n)
    g_print (" from %g to %g, mean %g", low, high, sum / (n - found));
  g_print ("\n");
  warn_of_numbers (binding, numbers);
}

/* --- all of it --- */

/* Memory for all inputs, filled. */
static GenBinding *
make_inputs (Run *run, GPtrArray *memory, GError **error)
{
  const GPtrArray *tensors = run->model->graph->inputs;
  g_autofree GenBinding *inputs = g_new0 (GenBinding, tensors->len + 1);

  for (guint i = 0; i < tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (tensors, i);
    GenBinding *input = &inputs[i];

    *input = (GenBinding){ tensor->name, tensor->type, tensor->shape, gen_tensor_size (tensor) };
    input->data = preparation_allocate (input, error);
    if (input->data == NULL)
      return NULL;
    g_ptr_array_add (memory, input->data);
    if (!fill_input (run, i, 0, input, error))
      return NULL;
  }
  return g_steal_pointer (&inputs);
}

static gpointer
copy_bytes (const GenBinding *binding)
{
  gpointer copy = g_malloc (MAX (binding->size, 1));

  if (binding->size > 0)
    memcpy (copy, binding->data, binding->size);
  return copy;
}

/* What run `number` takes: states as they came out of the one before. */
static gboolean
renew_inputs (Run *run, guint number, const GenSession *session, GPtrArray *memory,
    GenBinding *inputs, GError **error)
{
  for (guint i = 0; i < run->model->graph->inputs->len; i++) {
    const GenPort *port = &run->model->inputs[i];
    const GenBinding *made;

    if (port->part != GEN_PART_STATE) {
      if (count_wishes (run->from, i) > 1 && !fill_input (run, i, number, &inputs[i], error))
        return FALSE;
      continue;
    }
    made = gen_session_output (session, (guint)port->partner);
    inputs[i].shape = made->shape;
    inputs[i].size = made->size;
    inputs[i].data = copy_bytes (made);
    g_free (memory->pdata[i]);
    memory->pdata[i] = inputs[i].data;
  }
  return TRUE;
}

/* Put what output `i` is behind what it was in the runs before, along its first axis. */
static gboolean
append_output (GenBinding *all, const GenBinding *made, GError **error)
{
  GenShape rest = made->shape;

  if (all->data == NULL) {
    *all = *made;
    all->data = copy_bytes (made);
    return TRUE;
  }
  if (rest.rank > 0 && all->shape.rank == rest.rank)
    rest.dims[0] = all->shape.dims[0];
  if (rest.rank == 0 || !gen_shape_equal (&rest, &all->shape))
    return fail (error, "output '%s' is of another shape in each run, or of none", made->name);
  all->data = g_realloc (all->data, all->size + made->size);
  memcpy ((guint8 *)all->data + all->size, made->data, made->size);
  all->size += made->size;
  all->shape.dims[0] += made->shape.dims[0];
  return TRUE;
}

/* All runs, and all outputs of all of them, which of several are copies. */
static gboolean
run_on (Run *run, GenSession *session, GPtrArray *memory, GenBinding *inputs, GenBinding *outputs,
    GError **error)
{
  for (guint number = 0; number < run->runs; number++) {
    if ((number > 0 && !renew_inputs (run, number, session, memory, inputs, error)) ||
        !gen_session_run (session, inputs, error))
      return FALSE;
    for (guint i = 0; i < gen_session_n_outputs (session); i++) {
      const GenBinding *made = gen_session_output (session, i);

      if (run->runs == 1)
        outputs[i] = *made;
      else if (!append_output (&outputs[i], made, error))
        return FALSE;
    }
  }
  return TRUE;
}

/* What came out, into files or described. */
static gboolean
tell_outputs (Run *run, const GenBinding *outputs, GError **error)
{
  for (guint i = 0; i < run->to->len; i++) {
    const Wish *wish = &g_array_index (run->to, Wish, i);

    if (!save_output (run, wish, &outputs[wish->port], error))
      return FALSE;
  }
  for (guint i = 0; run->to->len == 0 && i < run->model->graph->outputs->len; i++)
    print_output (&outputs[i]);
  return TRUE;
}

static gboolean
run_model (Run *run, GError **error)
{
  GenGraph *graph = run->model->graph;
  g_autoptr (GenSession) session = NULL;
  g_autoptr (GPtrArray) memory = g_ptr_array_new_with_free_func (g_free);
  g_autofree GenBinding *inputs = NULL, *outputs = NULL;
  gboolean good;

  if (!read_wishes (run->inputs, graph->inputs, "input", run->from, error) ||
      !read_wishes (run->outputs, graph->outputs, "output", run->to, error) ||
      !check_parameters (run, error) || !count_runs (run, error) || !prepare_inputs (run, error) ||
      !preparation_fix_model (&run->preparation, run->model, error))
    return FALSE;
  session = preparation_open (&run->preparation, graph, error);
  if (session == NULL)
    return FALSE;
  inputs = make_inputs (run, memory, error);
  if (inputs == NULL)
    return FALSE;
  outputs = g_new0 (GenBinding, gen_session_n_outputs (session) + 1);
  good =
      run_on (run, session, memory, inputs, outputs, error) && tell_outputs (run, outputs, error);
  for (guint i = 0; run->runs > 1 && i < gen_session_n_outputs (session); i++)
    g_free (outputs[i].data);
  return good;
}

static int
run (int argc, char **argv)
{
  Run run = { 0 };
  const GOptionEntry entries[] = {
    { "input", 'i', 0, G_OPTION_ARG_FILENAME_ARRAY, &run.inputs,
        "Give an input an array, a picture, or a text (.txt); several pictures are a batch",
        "[NAME=]FILE" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME_ARRAY, &run.outputs,
        "Save an output as an array (.npy), picture (.png) or sound (.wav)", "[NAME=]FILE" },
    HINTS_ENTRIES (run.hints),
    PREPARATION_ENTRIES (run.preparation),
    { NULL },
  };
  GError *error = NULL;

  if (!command_parse (&command_run, entries,
          "Inputs that are not given are random: standard normal numbers, which is what latents "
          "are; states begin as zeros. A model that remembers takes what is given several times "
          "one after another. Without --output the outputs are described.",
          1, 1, &argc, &argv))
    return STATUS_USAGE;
  run.from = g_array_new (FALSE, FALSE, sizeof (Wish));
  run.to = g_array_new (FALSE, FALSE, sizeof (Wish));
  g_array_set_clear_func (run.from, wish_clear);
  g_array_set_clear_func (run.to, wish_clear);
  run.model = hints_load (&run.hints, argv[1], &error);
  if (run.model != NULL)
    run_model (&run, &error);
  g_clear_pointer (&run.model, gen_model_unref);
  g_array_unref (run.from);
  g_array_unref (run.to);
  g_strfreev (run.inputs);
  g_strfreev (run.outputs);
  hints_clear (&run.hints);
  preparation_clear (&run.preparation);
  return error != NULL ? command_fail_of (argv[1], error) : STATUS_FINE;
}

const Command command_run = {
  .name = "run",
  .arguments = "MODEL",
  .summary = "Run a model once, on files",
  .run = run,
};
