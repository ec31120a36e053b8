/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file beside a model, in the keys of GStreamer 1.28 and some more, written of what has been
 * decided. Who reads it: parts.c (`state`, `value`), shapes.c (`dims`), ranges.c (the others). */
#include <string.h>

#include <generative/atomic-file.h>

#include "../ops/number.h"
#include "model-private.h"
#include "spectra.h"

#define HEADER                                                                                     \
  " What is known of the model beside this file, which can be edited. What the metadata in the\n"  \
  " model says comes before it.\n"                                                                 \
  " dims: extents, -1 where they are free. ranges: the numbers for black and white, of each\n"     \
  " channel where they differ. state: the output that an input takes of the run before, nothing\n" \
  " for none. value: the number that an input stands at, several with colons. frames: how many\n"  \
  " that follow each other go into a run. Of a model that makes figures a section of the whole\n"  \
  " tells what they are called:\n"                                                                 \
  " [generative]\n"                                                                                \
  " scores=SIG=higher,BAK=higher,NOISE=lower"

/* With as few digits as make it the same when it is read again, as a float or a double. */
static void
append_number (GString *text, double number, gboolean is_float)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE], format[8];
  double read;
  int digits = 5;

  do {
    g_snprintf (format, sizeof format, "%%.%dg", ++digits);
    g_ascii_formatd (buffer, sizeof buffer, format, number);
    read = g_ascii_strtod (buffer, NULL);
  } while (digits < 17 && (is_float ? (float)read != (float)number : read != number));
  g_string_append (text, buffer);
}

static void
write_dims (GKeyFile *file, const GenTensor *tensor, const GenShape *shape)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (int d = 0; d < shape->rank; d++)
    g_string_append_printf (
        text, d > 0 ? ",%" G_GINT64_FORMAT : "%" G_GINT64_FORMAT, MAX (shape->dims[d], -1));
  if (shape->rank > 0)
    g_key_file_set_value (file, tensor->name, "dims", text->str);
}

static gboolean
is_uniform (const GenPort *port)
{
  for (int c = 1; c < port->channels; c++)
    if (port->mean[c] != port->mean[0] || port->std[c] != port->std[0])
      return FALSE;
  return TRUE;
}

static void
write_ranges (GKeyFile *file, const GenPort *port)
{
  const int n = is_uniform (port) ? 1 : port->channels;
  g_autoptr (GString) text = g_string_new (NULL);

  for (int c = 0; c < n; c++) {
    g_string_append (text, c > 0 ? ";" : "");
    append_number (text, gen_port_black (port, c), TRUE);
    g_string_append_c (text, ',');
    append_number (text, gen_port_white (port, c), TRUE);
  }
  g_key_file_set_value (file, port->name, "ranges", text->str);
}

static void
write_numbers (GKeyFile *file, const char *name, const GenNumbers *numbers)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < numbers->n; i++) {
    g_string_append (text, i > 0 ? ":" : "");
    append_number (text, numbers->values[i], FALSE);
  }
  g_key_file_set_value (file, name, "value", text->str);
}

/* What flows has a range, or a rate. */
static void
write_medium (GKeyFile *file, const GenPort *port)
{
  const gboolean is_picture = port->kind == GEN_PORT_PICTURE || port->kind == GEN_PORT_FRAMES;

  if (port->part != GEN_PART_FLOW)
    return;
  if (is_picture || (port->kind == GEN_PORT_SOUND && port->range != GEN_RANGE_ASSUMED))
    write_ranges (file, port);
  if (port->bgr)
    g_key_file_set_value (file, port->name, "channel-order", "bgr");
  if (port->kind == GEN_PORT_SOUND && port->sample_rate > 0)
    g_key_file_set_integer (file, port->name, "sample-rate", port->sample_rate);
}

static void
write_tensor (GKeyFile *file, const GenTensor *tensor, const GenPort *port, const char *direction)
{
  g_key_file_set_value (file, tensor->name, "dir", direction);
  g_key_file_set_value (file, tensor->name, "type", gen_data_type_name (tensor->type));
  write_dims (file, tensor, port->part == GEN_PART_FLOW ? &port->shape : &tensor->shape);
  write_medium (file, port);
}

static void
write_part (GKeyFile *file, const GenModel *model, guint i)
{
  const GenPort *port = &model->inputs[i];

  if (port->part == GEN_PART_STATE)
    g_key_file_set_value (file, port->name, "state", model->outputs[port->partner].name);
  else if (port->part == GEN_PART_PARAMETER && model->parameters[i] != NULL)
    write_numbers (file, port->name, model->parameters[i]);
  else if (port->part == GEN_PART_PARAMETER)
    g_key_file_set_comment (
        file, port->name, NULL, " It stands at a number, which nobody has said yet: value=1", NULL);
  if (port->part == GEN_PART_FLOW && model->hints.frames > 0 && gen_model_window (model, NULL) > 1)
    g_key_file_set_integer (file, port->name, "frames", model->hints.frames);
  if (port->part == GEN_PART_FLOW && model->states_said && !gen_model_has_states (model))
    g_key_file_set_value (file, port->name, "state", "");
}

/* Parameters that have become constants. */
static void
write_fixed (GKeyFile *file, const GenModel *model, const char *name)
{
  const GenTensor *tensor = gen_graph_find (model->graph, name);
  const guint n = tensor != NULL ? (guint)gen_shape_elements (&tensor->shape) : 0;
  g_autofree GenNumbers *numbers = g_malloc0 (sizeof (GenNumbers) + n * sizeof (double));

  if (n == 0 || tensor->data == NULL)
    return;
  numbers->n = n;
  for (guint k = 0; k < n; k++)
    numbers->values[k] = gen_number_get (tensor->type, g_bytes_get_data (tensor->data, NULL), k);
  g_key_file_set_value (file, name, "dir", "input");
  g_key_file_set_value (file, name, "type", gen_data_type_name (tensor->type));
  write_numbers (file, name, numbers);
}

/* Names of sections are in brackets, and of one line. */
static gboolean
check_names (const GPtrArray *tensors, GError **error)
{
  for (guint i = 0; i < tensors->len; i++) {
    const char *name = ((GenTensor *)g_ptr_array_index (tensors, i))->name;

    if (*name != '\0' && strpbrk (name, "[]\n\r") == NULL && g_utf8_validate (name, -1, NULL))
      continue;
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "'%s' cannot be the name of a section of a .modelinfo file: rename it in the model", name);
    return FALSE;
  }
  return TRUE;
}

static void
write_whole (GKeyFile *file, const GenModelInfo *whole)
{
  if (whole->outputs != NULL)
    g_key_file_set_value (file, "generative", "outputs", whole->outputs);
  if (whole->inputs != NULL)
    g_key_file_set_value (file, "generative", "inputs", whole->inputs);
  if (whole->spectrum != NULL)
    g_key_file_set_value (file, "generative", "spectrum", whole->spectrum);
  if (whole->chain != NULL)
    g_key_file_set_value (file, "generative", "chain", whole->chain);
  if (whole->sample_rate > 0)
    g_key_file_set_integer (file, "generative", "sample-rate", whole->sample_rate);
}

static GBytes *
describe (const GenModel *model, const GenModelInfo *whole)
{
  const GenGraph *graph = model->graph;
  g_autoptr (GKeyFile) file = g_key_file_new ();
  gsize size;
  char *text;

  g_key_file_set_value (file, "modelinfo", "version", "1.0");
  g_key_file_set_comment (file, "modelinfo", NULL, HEADER, NULL);
  for (guint i = 0; i < graph->inputs->len; i++) {
    write_tensor (file, g_ptr_array_index (graph->inputs, i), &model->inputs[i], "input");
    write_part (file, model, i);
  }
  for (guint i = 0; model->fixed != NULL && model->fixed[i] != NULL; i++)
    write_fixed (file, model, model->fixed[i]);
  for (guint i = 0; i < graph->outputs->len; i++)
    write_tensor (file, g_ptr_array_index (graph->outputs, i), &model->outputs[i], "output");
  write_whole (file, whole);
  if (model->hints.scores != NULL)
    g_key_file_set_value (file, "generative", "scores", model->hints.scores);
  text = g_key_file_to_data (file, &size, NULL);
  return g_bytes_new_take (text, size);
}

gboolean
gen_model_write_info (
    const GenModel *model, const GenModelInfo *whole, gboolean replace, char **path, GError **error)
{
  g_autofree char *beside = g_strconcat (model->path, ".modelinfo", NULL);
  g_autofree char *chain = NULL;
  g_autoptr (GBytes) bytes = NULL;
  GenModelInfo written = *whole;

  g_return_val_if_fail (model->path != NULL, FALSE);
  if (!replace && g_file_test (beside, G_FILE_TEST_EXISTS)) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
        "there is a file '%s' already, which is not replaced", beside);
    return FALSE;
  }
  if (whole->chain != NULL)
    written.chain = chain = gen_chain_shorten (model, whole->chain);
  if (chain != NULL && !gen_chain_check_inside (chain, error))
    return FALSE;
  if (!check_names (model->graph->inputs, error) || !check_names (model->graph->outputs, error))
    return FALSE;
  bytes = describe (model, &written);
  if (!gen_atomic_write (beside, bytes, error))
    return FALSE;
  if (path != NULL)
    *path = g_steal_pointer (&beside);
  return TRUE;
}
