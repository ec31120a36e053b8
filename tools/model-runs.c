/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model-runs.h"

#include <string.h>

#include <generative/npz.h>

#include "numbers.h"
#include "training-data.h"

/* Bytes of an array in an archive, at most. */
#define MOST_BYTES ((gsize)1 << 34)

/* What was read of an input, item after item. */
typedef struct {
  guint input;
  GByteArray *bytes;
} Column;

typedef struct {
  GenModel *model;
  const ModelRunsSettings *settings;
  const char *what;
  GArray *columns; /* of Column */
  /* Of samples: */
  const GenPort *port;
  GenFormat format;
  float *numbers, *turned;
  gsize n_numbers, taken;
  GArray *classes; /* of gint64 */
} Reading;

static void
column_clear (gpointer data)
{
  g_byte_array_unref (((Column *)data)->bytes);
}

static void
reading_clear (Reading *reading)
{
  g_clear_pointer (&reading->columns, g_array_unref);
  g_clear_pointer (&reading->classes, g_array_unref);
  g_free (reading->numbers);
  g_free (reading->turned);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reading, reading_clear)

static gboolean fail (const Reading *reading, GError **error, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static gboolean
fail (const Reading *reading, GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--%s %s: %s", reading->what,
      reading->settings->location, text);
  return FALSE;
}

static const GenTensor *
input_of (const Reading *reading, guint i)
{
  return g_ptr_array_index (reading->model->graph->inputs, i);
}

/* --- samples --- */

/* The first picture or sound that flows in. */
static const GenPort *
find_port (const GenModel *model)
{
  const GenPort *picture = gen_model_find_input (model, GEN_PORT_PICTURE);

  return picture != NULL ? picture : gen_model_find_input (model, GEN_PORT_SOUND);
}

static gboolean
say_number (JsonObject *said, const char *name, gint64 number, GError **error)
{
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, number);

  return number <= 0 || json_object_has_member (said, name) ||
         training_data_say (said, name, text, error);
}

/* What the model says of its input, samples are made as. */
static gboolean
say_format (const GenPort *port, JsonObject *said, GError **error)
{
  if (port->kind == GEN_PORT_SOUND)
    return (json_object_has_member (said, "medium") ||
               training_data_say (said, "medium", "sound", error)) &&
           say_number (said, "rate", port->sample_rate, error) &&
           say_number (said, "channels", port->channels, error) &&
           say_number (said, "length", port->length, error);
  return say_number (said, "width", port->width, error) &&
         say_number (said, "height", port->height, error) &&
         say_number (said, "channels", port->channels, error);
}

/* The shape of a run's input for samples of `format`. */
static GenShape
find_shape (const GenPort *port, const GenFormat *format, gint64 batch)
{
  if (port->kind == GEN_PORT_SOUND) {
    if (port->shape.rank == 2)
      return GEN_SHAPE (batch, (gint64)format->length);
    return port->channels_last ? GEN_SHAPE (batch, (gint64)format->length, format->channels)
                               : GEN_SHAPE (batch, format->channels, (gint64)format->length);
  }
  return port->channels_last ? GEN_SHAPE (batch, format->height, format->width, format->channels)
                             : GEN_SHAPE (batch, format->channels, format->height, format->width);
}

/* Planes of a sample become what the model takes: in its range, order and layout. */
static void
turn (const GenPort *port, const float *from, gsize n, int channels, float *to)
{
  const gsize plane = n / (gsize)channels;
  const gboolean is_picture = port->kind == GEN_PORT_PICTURE;

  for (int c = 0; c < channels; c++) {
    const int own = is_picture && port->bgr && c < 3 ? 2 - c : c;

    for (gsize i = 0; i < plane; i++) {
      const float number = from[(gsize)own * plane + i];
      const gsize place =
          port->channels_last ? i * (gsize)channels + (gsize)c : (gsize)c * plane + i;

      to[place] = is_picture ? (number - port->mean[c]) / port->std[c] : number;
    }
  }
}

static gboolean
is_enough (const Reading *reading)
{
  return reading->taken >= (gsize)reading->settings->count;
}

/* A sample of the format becomes an item. */
static gboolean
add_item (Reading *reading, const GenSample *sample, GError **error)
{
  const GenPort *port = reading->port;
  const GenShape shape = GEN_SHAPE ((gint64)reading->n_numbers);
  const gboolean is_sound = port->kind == GEN_PORT_SOUND;
  g_autofree guint8 *converted = NULL;

  sample->medium->to_numbers (sample, is_sound ? -1 : 0, 1, reading->numbers);
  turn (port, reading->numbers, reading->n_numbers, reading->format.channels, reading->turned);
  converted = numbers_convert (reading->turned, &shape, GEN_TYPE_FLOAT32, port->type, error);
  if (converted == NULL)
    return FALSE;
  g_byte_array_append (g_array_index (reading->columns, Column, 0).bytes, converted,
      (guint)(reading->n_numbers * gen_data_type_size (port->type)));
  reading->taken++;
  return TRUE;
}

/* Sounds are read as long as they are: each piece of the model's length is an item, and what is
 * shorter is none. */
static gboolean
add_pieces (Reading *reading, const GenSound *sound, GError **error)
{
  const gsize length = reading->format.length;

  for (gsize at = 0; at + length <= sound->frames && !is_enough (reading); at += length) {
    GenSound piece = *sound;
    GenSample sample;

    piece.data = sound->data + at * (gsize)sound->channels;
    piece.frames = length;
    piece.owned = FALSE;
    sample = gen_sample_of_sound (&piece);
    if (!add_item (reading, &sample, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
take_samples (
    const GenSample *samples, const guint32 *items, int n, gpointer user_data, GError **error)
{
  Reading *reading = user_data;

  for (int i = 0; i < n && !is_enough (reading); i++)
    if (samples[i].medium == &gen_medium_sound ? !add_pieces (reading, &samples[i].sound, error)
                                               : !add_item (reading, &samples[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
read_samples (Reading *reading, GError **error)
{
  const ModelRunsSettings *settings = reading->settings;
  const GenPort *port = find_port (reading->model);
  g_autoptr (TrainingData) data = NULL;
  Column column = { .bytes = NULL };
  GenFormat format;
  GenShape shape;

  if (port == NULL)
    return fail (reading, error,
        "the model takes no picture and no sound; give it an array (.npy), or several by the names "
        "of its inputs (.npz)");
  reading->port = port;
  column.input = (guint)(port - reading->model->inputs);
  column.bytes = g_byte_array_new ();
  g_array_append_val (reading->columns, column);
  if (!training_data_say (settings->said, "location", settings->location, error) ||
      !say_format (port, settings->said, error) ||
      (data = training_data_open (settings->said, NULL, NULL, reading->what, error)) == NULL)
    return FALSE;
  reading->format = format = *training_data_get_format (data);
  if (format.medium == &gen_medium_sound && format.length == 0)
    return fail (reading, error, "length= should say how many frames of a sound go into a run");
  shape = find_shape (port, &format, MAX (settings->preparation->batch, 1));
  if (!gen_graph_set_input_shape (reading->model->graph,
          g_ptr_array_index (reading->model->graph->inputs, column.input), &shape, error))
    return FALSE;
  reading->n_numbers = format.medium->count_numbers (&format);
  reading->numbers = g_new (float, reading->n_numbers);
  reading->turned = g_new (float, reading->n_numbers);
  return training_data_read (data, &format, take_samples, reading, error);
}

/* --- arrays --- */

/* An array whose first extent counts items, for input `i`. */
static gboolean
take_array (Reading *reading, guint i, GBytes *bytes, GenDataType type, const GenShape *shape,
    GError **error)
{
  GenTensor *input = (GenTensor *)input_of (reading, i);
  Column column = { .input = i, .bytes = g_byte_array_new () };
  GenShape own = *shape;
  g_autofree guint8 *converted = NULL;
  g_autofree char *text = gen_shape_to_string (shape);

  g_array_append_val (reading->columns, column);
  if (shape->rank < 1)
    return fail (reading, error, "the array for input '%s' is %s; its first extent should be items",
        input->name, text);
  own.dims[0] = MAX (reading->settings->preparation->batch, 1);
  if (!gen_graph_set_input_shape (reading->model->graph, input, &own, error)) {
    g_prefix_error (error, "--%s: an array of %s: ", reading->what, text);
    return FALSE;
  }
  converted = numbers_convert (g_bytes_get_data (bytes, NULL), shape, type, input->type, error);
  if (converted == NULL)
    return FALSE;
  g_byte_array_append (column.bytes, converted,
      (guint)((gsize)gen_shape_elements (shape) * gen_data_type_size (input->type)));
  return TRUE;
}

static gboolean
read_array (Reading *reading, GError **error)
{
  GenDataType type;
  GenShape shape;
  g_autoptr (GBytes) bytes = gen_npy_load (reading->settings->location, &type, &shape, error);

  return bytes != NULL && take_array (reading, 0, bytes, type, &shape, error);
}

static gboolean
read_archive (Reading *reading, GError **error)
{
  g_autoptr (GenNpz) npz = gen_npz_open (reading->settings->location, error);

  if (npz == NULL)
    return FALSE;
  for (guint i = 0; i < reading->model->graph->inputs->len; i++) {
    const char *name = input_of (reading, i)->name;
    g_autoptr (GBytes) bytes = NULL;
    GenDataType type;
    GenShape shape;

    if (!gen_npz_has (npz, name))
      continue;
    bytes = gen_npz_read (npz, name, MOST_BYTES, &type, &shape, error);
    if (bytes == NULL || !take_array (reading, i, bytes, type, &shape, error))
      return FALSE;
  }
  return reading->columns->len > 0 ||
         fail (reading, error, "no array in it has the name of an input, such as '%s'",
             input_of (reading, 0)->name);
}

/* --- runs --- */

static gboolean
read_classes (Reading *reading, GError **error)
{
  g_auto (GStrv) names =
      g_strsplit (reading->settings->classes != NULL ? reading->settings->classes : "", ",", -1);

  reading->classes = g_array_new (FALSE, FALSE, sizeof (gint64));
  for (char **name = names; *name != NULL; name++) {
    guint64 number;
    gint64 own;

    if (!g_ascii_string_to_unsigned (g_strstrip (*name), 10, 0, G_MAXINT32, &number, NULL)) {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
          "--classes '%s' should be numbers with commas between", reading->settings->classes);
      return FALSE;
    }
    own = (gint64)number;
    g_array_append_val (reading->classes, own);
  }
  return TRUE;
}

/* Classes, which take turns, from item `first` on. */
static void
fill_classes (const Reading *reading, const GenPort *port, const GenBinding *binding, guint64 first)
{
  const gint64 n = gen_shape_elements (&binding->shape);
  const guint64 given = reading->classes->len, all = (guint64)port->choices;

  for (gint64 i = 0; i < n; i++) {
    const guint64 turn = first + (guint64)i;
    const gint64 number =
        given > 0 ? g_array_index (reading->classes, gint64, turn % given) : (gint64)(turn % all);

    if (binding->type == GEN_TYPE_INT64)
      ((gint64 *)binding->data)[i] = MIN (number, port->choices - 1);
    else
      ((gint32 *)binding->data)[i] = (gint32)MIN (number, port->choices - 1);
  }
}

static const Column *
find_column (const Reading *reading, guint input)
{
  for (guint i = 0; i < reading->columns->len; i++)
    if (g_array_index (reading->columns, Column, i).input == input)
      return &g_array_index (reading->columns, Column, i);
  return NULL;
}

static gboolean
fill (const Reading *reading, guint run, guint i, const GenBinding *binding, GError **error)
{
  const Column *column = find_column (reading, i);
  const GenPort *port = &reading->model->inputs[i];
  Preparation drawn = *reading->settings->preparation;

  if (column != NULL) {
    memcpy (binding->data, column->bytes->data + (gsize)run * binding->size, binding->size);
    return TRUE;
  }
  drawn.seed += run;
  if (!preparation_fill (&drawn, reading->model, i, binding, error))
    return FALSE;
  if (port->choices > 0 && port->part != GEN_PART_STATE &&
      (binding->type == GEN_TYPE_INT64 || binding->type == GEN_TYPE_INT32))
    fill_classes (reading, port, binding,
        (guint64)run * (guint64)MAX (gen_shape_elements (&binding->shape), 1));
  return TRUE;
}

/* How many runs there is enough for. */
static guint
count_runs (const Reading *reading, const GenRunSet *set)
{
  const gint64 batch = MAX (reading->settings->preparation->batch, 1);
  gsize n = MAX ((gsize)(reading->settings->count / batch), 1);

  for (guint i = 0; i < reading->columns->len; i++) {
    const Column *column = &g_array_index (reading->columns, Column, i);
    const gsize size = gen_run_set_input (set, column->input)->size;

    n = MIN (n, column->bytes->len / MAX (size, 1));
  }
  return (guint)n;
}

static gboolean
add_runs (const Reading *reading, GenRunSet *set, GError **error)
{
  const guint n_inputs = gen_run_set_n_inputs (set), n = count_runs (reading, set);
  g_autoptr (GPtrArray) memory = g_ptr_array_new_with_free_func (g_free);

  if (n == 0)
    return fail (reading, error, "there are fewer samples than the %d that go into a run",
        MAX (reading->settings->preparation->batch, 1));
  for (guint i = 0; i < n_inputs; i++)
    g_ptr_array_add (memory, g_malloc0 (MAX (gen_run_set_input (set, i)->size, 1)));
  for (guint run = 0; run < n; run++) {
    for (guint i = 0; i < n_inputs; i++) {
      GenBinding binding = *gen_run_set_input (set, i);

      binding.data = g_ptr_array_index (memory, i);
      if (!fill (reading, run, i, &binding, error))
        return FALSE;
    }
    gen_run_set_add (set, (const void *const *)memory->pdata);
  }
  return TRUE;
}

static gboolean
read_location (Reading *reading, GError **error)
{
  const char *location = reading->settings->location;

  if (location == NULL)
    return TRUE;
  if (g_str_has_suffix (location, ".npy"))
    return read_array (reading, error);
  return g_str_has_suffix (location, ".npz") ? read_archive (reading, error)
                                             : read_samples (reading, error);
}

GenRunSet *
model_runs_read (
    GenModel *model, const ModelRunsSettings *settings, const char *what, GError **error)
{
  g_auto (Reading) reading = { .model = model, .settings = settings, .what = what };
  g_autoptr (GenRunSet) set = NULL;

  reading.columns = g_array_new (FALSE, FALSE, sizeof (Column));
  g_array_set_clear_func (reading.columns, column_clear);
  if (!read_classes (&reading, error) || !read_location (&reading, error) ||
      !preparation_fix_model (settings->preparation, model, error) ||
      (set = gen_run_set_new (model->graph, error)) == NULL || !add_runs (&reading, set, error))
    return NULL;
  return g_steal_pointer (&set);
}
