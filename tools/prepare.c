/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a model and the user's wishes to a plan that can run. */
#include <string.h>
#include <unistd.h>
#include <generative/random.h>

#include "numbers.h"
#include "prepare.h"

void
preparation_clear (Preparation *preparation)
{
  g_clear_pointer (&preparation->device, g_free);
  g_clear_pointer (&preparation->precision, g_free);
  g_clear_pointer (&preparation->kernels, g_free);
  g_clear_pointer (&preparation->shapes, g_strfreev);
}

static gboolean
parse_shape (const char *text, GenShape *shape)
{
  g_auto (GStrv) parts = g_strsplit_set (text, "x,", -1);

  shape->rank = 0;
  for (char **part = parts; *part != NULL; part++) {
    guint64 extent;

    if (shape->rank == GEN_MAX_RANK ||
        !g_ascii_string_to_unsigned (g_strstrip (*part), 10, 0, G_MAXINT32, &extent, NULL))
      return FALSE;
    shape->dims[shape->rank++] = extent;
  }
  return TRUE;
}

static gboolean
fix_shape (GenGraph *graph, const char *wish, GError **error)
{
  const char *equals = strrchr (wish, '=');
  g_autofree char *name = equals != NULL ? g_strndup (wish, equals - wish) : NULL;
  GenTensor *input = name != NULL ? gen_graph_find (graph, name) : NULL;
  GenShape shape;

  if (input == NULL || input->role != GEN_ROLE_INPUT || !parse_shape (equals + 1, &shape)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--shape '%s' should be the name of an input, '=' and extents such as 1x3x64x64", wish);
    return FALSE;
  }
  return gen_graph_set_input_shape (graph, input, &shape, error);
}

/* Parameters and states of a known shape are what they are, whatever the batch is. */
static gboolean
takes_batch (const GenModel *model, guint i, const GenTensor *input)
{
  return input->shape.rank > 0 &&
         (model->inputs[i].part == GEN_PART_FLOW || input->shape.dims[0] < 0);
}

gboolean
preparation_fix_shapes (
    const Preparation *preparation, const GenModel *model, GenGraph *graph, GError **error)
{
  if (preparation->batch < 0 || preparation->threads < 0) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--batch and --threads take numbers that are not negative");
    return FALSE;
  }
  for (char **wish = preparation->shapes; wish != NULL && *wish != NULL; wish++)
    if (!fix_shape (graph, *wish, error))
      return FALSE;
  for (guint i = 0; i < graph->inputs->len; i++) {
    const GenTensor *input = g_ptr_array_index (graph->inputs, i);

    if (input->kind != GEN_KIND_TENSOR) {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
          "input '%s' is a sequence or optional, which only `check` can give a model", input->name);
      return FALSE;
    }
    if (input->shape.rank < 0) {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
          "input '%s' says nothing of its shape; give it with --shapes %s=…", input->name,
          input->name);
      return FALSE;
    }
    if (preparation->batch > 0 && takes_batch (model, i, input) && input->shape.dims[0] >= 0 &&
        input->shape.dims[0] != preparation->batch) {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
          "input '%s' takes %" G_GINT64_FORMAT " items in a run, not %d: leave --batch out",
          input->name, input->shape.dims[0], preparation->batch);
      return FALSE;
    }
  }
  gen_graph_set_free_dimensions (graph, NULL, MAX (preparation->batch, 1));
  return TRUE;
}

/* The extents of what flows in that the user has made known; 1 where nothing has. */
static void
find_extents (const GenModel *model, gint64 *batch, int *height, int *width, gint64 *length)
{
  for (guint i = 0; i < model->graph->inputs->len; i++) {
    const GenTensor *input = g_ptr_array_index (model->graph->inputs, i);
    const GenPort *port = &model->inputs[i];
    const gint64 *dims = input->shape.dims;

    if (port->part != GEN_PART_FLOW || input->shape.rank < 2)
      continue;
    if (port->batch < 0)
      *batch = MAX (*batch, dims[0]);
    if (port->kind == GEN_PORT_PICTURE || port->kind == GEN_PORT_FRAMES) {
      *height = (int)MAX (*height, dims[gen_port_height_axis (port)]);
      *width = (int)MAX (*width, dims[gen_port_height_axis (port) + 1]);
    } else if (port->length < 0) {
      *length = MAX (*length, MAX (dims[1], dims[input->shape.rank - 1]));
    }
  }
}

/* A parameter that is a plane of the picture's size, of `shape`. */
static gboolean
fix_plane (const GenPort *port, int height, int width, GenShape *shape)
{
  const int rows = port->kind == GEN_PORT_PICTURE ? gen_port_height_axis (port) : 0;

  if (port->part != GEN_PART_PARAMETER || port->kind != GEN_PORT_PICTURE)
    return FALSE;
  for (int d = 0; d < shape->rank; d++)
    if (shape->dims[d] < 0)
      shape->dims[d] = d == rows ? height : d == rows + 1 ? width : 1;
  return TRUE;
}

/* A mask of tokens, of `shape`, which is theirs. */
static gboolean
fix_mask (const GenModel *model, const GenPort *port, GenShape *shape)
{
  const GenTensor *tokens;

  if (port->part != GEN_PART_LENGTH || shape->rank != 2)
    return FALSE;
  tokens = g_ptr_array_index (model->graph->inputs, (guint)port->partner);
  *shape = tokens->shape;
  return gen_shape_is_known (shape);
}

/* States that follow the picture or sound, planes of its size and masks of tokens; what cannot be
 * worked out becomes 1 as others do. */
static gboolean
fix_states (const Preparation *preparation, GenModel *model, GError **error)
{
  gint64 batch = MAX (preparation->batch, 1), length = 1;
  int height = 1, width = 1;

  find_extents (model, &batch, &height, &width, &length);
  for (guint i = 0; i < model->graph->inputs->len; i++) {
    GenTensor *input = g_ptr_array_index (model->graph->inputs, i);
    const GenPort *port = &model->inputs[i];
    GenShape shape = input->shape;

    if (gen_shape_is_known (&shape) ||
        !(fix_plane (port, height, width, &shape) || fix_mask (model, port, &shape) ||
            (port->part == GEN_PART_STATE &&
                gen_model_output_shape (model, &model->outputs[port->partner], batch, height, width,
                    length, &shape, NULL))))
      continue;
    if (!gen_graph_set_input_shape (model->graph, input, &shape, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
preparation_fix_model (const Preparation *preparation, GenModel *model, GError **error)
{
  for (char **wish = preparation->shapes; wish != NULL && *wish != NULL; wish++)
    if (!fix_shape (model->graph, *wish, error))
      return FALSE;
  return fix_states (preparation, model, error) &&
         preparation_fix_shapes (preparation, model, model->graph, error);
}

/* Which of the names `name` is; `*found` is left as it is where none is given. */
static gboolean
find_name (
    const char *option, const char *const *names, const char *name, int *found, GError **error)
{
  g_autofree char *all = NULL;

  if (name == NULL)
    return TRUE;
  for (int i = 0; names[i] != NULL; i++)
    if (strcmp (name, names[i]) == 0) {
      *found = i;
      return TRUE;
    }
  all = g_strjoinv (", ", (char **)names);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--%s is '%s', which should be one of %s", option, name, all);
  return FALSE;
}

static const char *const precisions[] = { [GEN_PRECISION_FLOAT32] = "fp32",
  [GEN_PRECISION_TF32] = "tf32",
  [GEN_PRECISION_BFLOAT16] = "bf16",
  [GEN_PRECISION_FLOAT16] = "fp16",
  NULL };
static const char *const choices[] = { [GEN_CHOICE_RULES] = "rules",
  [GEN_CHOICE_REMEMBERED] = "remembered",
  [GEN_CHOICE_MEASURE] = "measured",
  NULL };

static gboolean
find_options (const Preparation *preparation, GenPlanOptions *options, GError **error)
{
  int precision = GEN_PRECISION_FLOAT32, choice = preparation->choice;

  if (!find_name ("precision", precisions, preparation->precision, &precision, error) ||
      !find_name ("kernels", choices, preparation->kernels, &choice, error))
    return FALSE;
  *options = (GenPlanOptions){ .threads = preparation->threads,
    .seed = preparation->seed,
    .precision = precision,
    .choice = choice };
  if (preparation->device == NULL)
    return TRUE;
  options->device = gen_device_find (preparation->device, error);
  return options->device != NULL;
}

GenPlan *
preparation_compile (const Preparation *preparation, GenGraph *graph, GError **error)
{
  GenPlanOptions options;

  return find_options (preparation, &options, error) ? gen_plan_new (graph, &options, error) : NULL;
}

GenSession *
preparation_open (const Preparation *preparation, GenGraph *graph, GError **error)
{
  GenPlanOptions options;

  return find_options (preparation, &options, error) ? gen_session_new (graph, &options) : NULL;
}

char *
preparation_describe (const Preparation *preparation)
{
  const char *precision = preparation->precision, *kernels = preparation->kernels;
  const int threads = preparation->threads > 0 ? preparation->threads : gen_cpu_count ();
  const GenDevice *device =
      preparation->device != NULL ? gen_device_find (preparation->device, NULL) : NULL;
  g_autofree char *processor = gen_cpu_describe ();

  return g_strdup_printf ("%s; precision %s, kernels %s, %d thread%s",
      device == NULL || device == &gen_device_cpu ? processor : device->description,
      precision != NULL ? precision : "fp32",
      kernels != NULL ? kernels : choices[preparation->choice], threads, threads > 1 ? "s" : "");
}

void *
preparation_allocate (const GenBinding *binding, GError **error)
{
  const double machine = (double)sysconf (_SC_PHYS_PAGES) * (double)sysconf (_SC_PAGESIZE);
  void *data = (double)binding->size <= machine ? g_try_malloc0 (MAX (binding->size, 1)) : NULL;
  g_autofree char *shape = gen_shape_to_string (&binding->shape);

  if (data == NULL)
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_TOO_LARGE,
        "input '%s', %s %s, takes %.1f GB, and this machine has %.1f", binding->name,
        gen_data_type_name (binding->type), shape, (double)binding->size * 1e-9, machine * 1e-9);
  return data;
}

static gboolean
is_floating (GenDataType type)
{
  return type == GEN_TYPE_FLOAT32 || type == GEN_TYPE_FLOAT16 || type == GEN_TYPE_BFLOAT16 ||
         type == GEN_TYPE_FLOAT64;
}

static gboolean
fill_floats (const GenRandom *random, const GenBinding *binding, GError **error)
{
  gsize n = gen_shape_elements (&binding->shape);
  g_autofree float *numbers = g_new (float, n + 1);
  g_autofree gpointer converted = NULL;

  gen_random_normal (random, 0, 0, numbers, n);
  converted = numbers_convert (numbers, &binding->shape, GEN_TYPE_FLOAT32, binding->type, error);
  if (converted == NULL)
    return FALSE;
  memcpy (binding->data, converted, binding->size);
  return TRUE;
}

gboolean
preparation_fill_random (
    const Preparation *preparation, guint number, const GenBinding *binding, GError **error)
{
  GenRandom random = gen_random_new (preparation->seed, GEN_STREAM_MODEL_INPUT, number);
  gsize n = gen_shape_elements (&binding->shape);

  if (binding->type == GEN_TYPE_FLOAT32) {
    gen_random_normal (&random, 0, 0, binding->data, n);
    return TRUE;
  }
  if (binding->type == GEN_TYPE_UINT8) {
    for (gsize i = 0; i < n; i++)
      ((guint8 *)binding->data)[i] = gen_random_below (&random, 0, i, 256);
    return TRUE;
  }
  if (is_floating (binding->type))
    return fill_floats (&random, binding, error);
  if (gen_data_type_size (binding->type) > 0) {
    /* Zero is a class, an index and a length that every model has. */
    memset (binding->data, 0, binding->size);
    return TRUE;
  }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "input '%s' takes %s, of which none can be made up", binding->name,
      gen_data_type_name (binding->type));
  return FALSE;
}

/* How many tokens go in, or a one for each. */
static void
fill_length (const GenModel *model, const GenPort *port, const GenBinding *binding)
{
  const GenTensor *tokens = g_ptr_array_index (model->graph->inputs, (guint)port->partner);
  g_autofree GenNumbers *number = g_malloc (sizeof *number + sizeof number->values[0]);

  number->n = 1;
  number->values[0] = binding->shape.rank == 2 ? 1 : (double)tokens->shape.dims[1];
  gen_numbers_write (
      number, binding->type, binding->data, (gsize)gen_shape_elements (&binding->shape));
}

gboolean
preparation_fill (const Preparation *preparation, const GenModel *model, guint number,
    const GenBinding *binding, GError **error)
{
  const GenNumbers *numbers = model->parameters[number];
  const GenPort *port = &model->inputs[number];

  if (port->part == GEN_PART_LENGTH) {
    fill_length (model, port, binding);
    return TRUE;
  }
  if (port->part == GEN_PART_STATE) {
    memset (binding->data, 0, binding->size);
    return TRUE;
  }
  if (numbers == NULL || gen_data_type_size (binding->type) == 0)
    return preparation_fill_random (preparation, number, binding, error);
  gen_numbers_write (
      numbers, binding->type, binding->data, (gsize)gen_shape_elements (&binding->shape));
  return TRUE;
}
