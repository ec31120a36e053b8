/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Caps of a generator. Latents of any number in a buffer are taken, one being preferred; what
 * cannot be said in caps (that the innermost extent must be the model's) is checked when they
 * are fixed, where the error can say what would be right. */
#include "outputs.h"

#include <math.h>

#include <gst/audio/audio.h>

#include "../shared/frames.h"
#include "../shared/passing.h"
#include "../shared/playing.h"
#include "../shared/tensors.h"
#include "luma.h"
#include "numbers.h"

/* Nearly square, and without empty places where that is possible. */
static int
nearly_square (int pictures)
{
  int root = (int)ceil (sqrt (pictures));

  for (int columns = root; columns <= 2 * root && columns <= pictures; columns++)
    if (pictures % columns == 0)
      return columns;
  return root;
}

int
gst_generator_wall_columns (const GstGeneratorPorts *ports, int pictures)
{
  return MIN (ports->columns > 0 ? ports->columns : nearly_square (pictures), pictures);
}

/* The second tensor against what the model takes with `pictures` latents. */
static gboolean
check_second (const GstGeneratorPorts *ports, const GstGenerativeTensors *tensors, gint64 pictures,
    GError **error)
{
  const GenPort *second = &ports->second;

  if (tensors->n != gst_generator_n_tensors (ports)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "a buffer has %d tensors, but the model takes %d", tensors->n,
        gst_generator_n_tensors (ports));
    return FALSE;
  }
  if (tensors->n == 1 || (tensors->types[1] == second->type &&
                             gen_shape_elements (&tensors->shapes[1]) == second->length * pictures))
    return TRUE;
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "the model's input '%s' takes %s and %" G_GINT64_FORMAT
      " numbers for each latent, but the second tensor has %s and %" G_GINT64_FORMAT
      " for %" G_GINT64_FORMAT,
      second->name, gen_data_type_name (second->type), second->length,
      gen_data_type_name (tensors->types[1]), gen_shape_elements (&tensors->shapes[1]), pictures);
  return FALSE;
}

/* From which extent of a tensor on one item of what the model takes lies: the vector of a latent,
 * or all extents of its numbers. */
static int
find_item (const GstGeneratorPorts *ports, const GenShape *shape)
{
  const gboolean apart = gst_generator_takes_numbers (ports);
  gint64 numbers = 1;
  int first = shape->rank;

  do
    numbers *= shape->dims[--first];
  while (first > 0 && (numbers == 1 || (apart && numbers < ports->input.length)));
  return first;
}

static gboolean
refuse_latents (const GstGeneratorPorts *ports, const GstGenerativeTensors *tensors, GError **error)
{
  g_autofree char *text = gst_generative_dimensions_format (tensors);

  if (gst_generator_takes_numbers (ports)) {
    g_autofree char *right = gst_generator_describe_item (ports);

    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "dimensions are %s, but the model's input '%s' takes %s", text, ports->input.name, right);
    return FALSE;
  }
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "dimensions are %s, but the model takes latents of %" G_GINT64_FORMAT
      " numbers: dimensions=%" G_GINT64_FORMAT ", or %" G_GINT64_FORMAT ":48 for 48 pictures",
      text, ports->input.length, ports->input.length, ports->input.length);
  return FALSE;
}

static gboolean
read_latents (const GstGeneratorPorts *ports, const GstStructure *structure,
    GstGeneratorInput *input, GError **error)
{
  GstGenerativeTensors tensors;
  const GenShape *shape = &tensors.shapes[0];
  int item;
  gint64 pictures;

  if (!gst_generative_tensors_read (structure, &tensors, error))
    return FALSE;
  item = find_item (ports, shape);
  pictures = gen_shape_product (shape, 0, item);
  if (gen_shape_product (shape, item, shape->rank) != ports->input.length)
    return refuse_latents (ports, &tensors, error);
  if (!check_second (ports, &tensors, pictures, error))
    return FALSE;
  *input = (GstGeneratorInput){ .pictures = (int)pictures };
  input->columns = gst_generator_wall_columns (ports, (int)pictures);
  input->rows = ((int)pictures + input->columns - 1) / input->columns;
  return TRUE;
}

/* How the vectors of a series lie in a buffer. Where both could be, they lie as the model has them.
 */
static gboolean
read_series (const GstGeneratorPorts *ports, const GstStructure *structure,
    GstGeneratorInput *input, GError **error)
{
  const gint64 channels = ports->input.channels;
  GstGenerativeTensors tensors;
  const GenShape *shape = &tensors.shapes[0];
  gint64 rows, columns;
  gboolean apart, planar;

  if (!gst_generative_tensors_read (structure, &tensors, error))
    return FALSE;
  columns = shape->dims[shape->rank - 1];
  rows = shape->rank > 1 ? shape->dims[shape->rank - 2] : 1;
  apart = columns == channels;
  planar = rows == channels && (!apart || !ports->input.channels_last);
  if (tensors.n == 1 && (apart || planar) && rows * columns == gen_shape_elements (shape) &&
      rows * columns <= G_MAXINT) {
    *input = (GstGeneratorInput){ .pictures = 1,
      .columns = 1,
      .rows = 1,
      .vectors = (int)(planar ? columns : rows),
      .planar = planar };
    return TRUE;
  }
  g_autofree char *text = gst_generative_dimensions_format (&tensors);
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "dimensions are %s, but the model takes vectors of %" G_GINT64_FORMAT
      " numbers, one after another: dimensions=%" G_GINT64_FORMAT
      ":20 for 20 of them, or 20:%" G_GINT64_FORMAT " where the first number of each comes first",
      text, channels, channels, channels);
  return FALSE;
}

/* Text, or ids of its symbols. */
static gboolean
read_tokens (const GstGeneratorPorts *ports, const GstStructure *structure,
    GstGeneratorInput *input, GError **error)
{
  const char *type = gst_structure_get_string (structure, "types");
  const char *wanted = gen_data_type_name (ports->input.type);
  GstGenerativeTensors tensors;

  *input = (GstGeneratorInput){ .pictures = 1, .columns = 1, .rows = 1 };
  if (gst_structure_has_name (structure, "text/x-raw")) {
    if (ports->model->voice != NULL)
      return TRUE;
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "%s: nothing tells how text becomes the ids that its input '%s' takes: %s.json with a "
        "phoneme_id_map, as Piper's voices have it, would; or send ids, other/tensors of %s",
        ports->model->path, ports->input.name, ports->model->path, wanted);
    return FALSE;
  }
  if (g_strcmp0 (type, wanted) != 0) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "tensors are of %s, but the model takes ids of %s", type, wanted);
    return FALSE;
  }
  if (!gst_structure_has_field (structure, "dimensions"))
    return TRUE;
  if (!gst_generative_tensors_read (structure, &tensors, error))
    return FALSE;
  input->vectors = (int)MIN (gen_shape_elements (&tensors.shapes[0]), G_MAXINT);
  return TRUE;
}

static gboolean
check_sound (const GenPort *port, const GstStructure *structure, GError **error)
{
  g_autofree char *at = NULL;
  int rate = 0, channels = 0;

  gst_structure_get_int (structure, "rate", &rate);
  gst_structure_get_int (structure, "channels", &channels);
  if (channels == port->channels && (port->sample_rate == 0 || rate == port->sample_rate))
    return TRUE;
  if (port->sample_rate > 0)
    at = g_strdup_printf (" at %d Hz", port->sample_rate);
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "the model takes sound of %d channels%s, not %s of %d at %d Hz: audioconvert and "
      "audioresample in front may help",
      port->channels, at != NULL ? at : "", gst_structure_get_name (structure), channels, rate);
  return FALSE;
}

gboolean
gst_generator_read_input (const GstGeneratorPorts *ports, const GstStructure *structure,
    GstGeneratorInput *input, GError **error)
{
  const GenPort *port = &ports->input;

  if (port->kind == GEN_PORT_VECTOR)
    return read_latents (ports, structure, input, error);
  if (port->kind == GEN_PORT_SERIES)
    return read_series (ports, structure, input, error);
  if (port->kind == GEN_PORT_TOKENS)
    return read_tokens (ports, structure, input, error);
  *input = (GstGeneratorInput){ .pictures = 1, .columns = 1, .rows = 1 };
  if (port->kind == GEN_PORT_SOUND)
    return check_sound (port, structure, error);
  if (!gst_structure_get_int (structure, "width", &input->width) ||
      !gst_structure_get_int (structure, "height", &input->height)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "the model takes pictures, but the caps have no width and height");
    return FALSE;
  }
  if (!ports->tiling.used && ((port->width > 0 && port->width != input->width) ||
                                 (port->height > 0 && port->height != input->height))) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "frames are %d x %d, but the model takes %d x %d: put videoscale in front%s", input->width,
        input->height, port->width, port->height,
        gst_generator_could_tile (ports, input->height, input->width)
            ? ", or set property tile=auto to play it tile by tile"
            : "");
    return FALSE;
  }
  return TRUE;
}

/* Whether what comes from pads of their own is as large as what is played. */
static gboolean
are_as_large (const GstGeneratorPorts *ports)
{
  for (guint k = 0; k < ports->n_further; k++) {
    const GenPort *port = &ports->further[k];

    if (port->kind != GEN_PORT_PICTURE || port->height != ports->output.height ||
        port->width != ports->output.width)
      return FALSE;
  }
  return TRUE;
}

gboolean
gst_generator_can_tile (const GstGeneratorPorts *ports)
{
  /* Noise that is drawn for each tile would leave seams. */
  return ports->input.kind == GEN_PORT_PICTURE && ports->output.kind == GEN_PORT_PICTURE &&
         !ports->staged && !ports->remembers && ports->frames == 1 && !ports->mask_said &&
         are_as_large (ports) && ports->n_beside == 0 && ports->model->sampler == &gen_sampler_once;
}

gboolean
gst_generator_could_tile (const GstGeneratorPorts *ports, int height, int width)
{
  return !ports->tiling.used && gst_generator_can_tile (ports) && height >= ports->input.height &&
         width >= ports->input.width;
}

gboolean
gst_generator_plan_tiles (const GstGeneratorPorts *ports, int height, int width, gboolean chroma_in,
    gboolean chroma_out, GenTiles *tiles, GError **error)
{
  const GstGeneratorTiling *tiling = &ports->tiling;
  const GenTileRequest request = { .height = height,
    .width = width,
    .tile_height = tiling->height,
    .tile_width = tiling->width,
    .overlap = tiling->overlap,
    .chroma_in = chroma_in,
    .chroma_out = chroma_out };

  return gen_tiles_plan (tiles, ports->model, &ports->input, &ports->output,
      tiling->endless ? NULL : &tiling->context, &request, error);
}

static gboolean
tiled_size (const GstGeneratorPorts *ports, const GstGeneratorInput *input, int *height, int *width,
    GError **error)
{
  GenTiles tiles;

  if (!gst_generator_plan_tiles (ports, input->height, input->width, FALSE, FALSE, &tiles, error))
    return FALSE;
  *height = tiles.rows.out;
  *width = tiles.columns.out;
  return TRUE;
}

gboolean
gst_generator_check_batch (
    const GstGeneratorPorts *ports, guint batch, int pictures, GError **error)
{
  const GenPort *port = &ports->input;
  const gint64 wanted = port->batch, now = (gint64)batch * pictures;
  const gboolean fits = wanted % pictures == 0 && wanted / pictures <= GST_GENERATOR_MAX_BATCH;

  if (wanted <= 1 || wanted == now)
    return TRUE;
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "its input '%s' takes %" G_GINT64_FORMAT " %s in a run, no more and no less, but %u %s of "
      "%d would come; %s%" G_GINT64_FORMAT "%s, or export the model with a free batch",
      port->name, wanted, port->kind == GEN_PORT_PICTURE ? "pictures" : "latents", batch,
      batch == 1 ? "buffer" : "buffers", pictures,
      fits ? "set property batch-size=" : "give it buffers of ", fits ? wanted / pictures : wanted,
      fits ? "" : " each");
  return FALSE;
}

gboolean
gst_generator_output_size (const GstGeneratorPorts *ports, const GstGeneratorInput *input,
    int *height, int *width, GError **error)
{
  const GenPort *port = &ports->output;
  int one_height, one_width;
  gint64 all_height, all_width;

  if (ports->staged) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "the size of what the model makes hangs on what it sees");
    return FALSE;
  }
  if (ports->tiling.used) {
    if (!tiled_size (ports, input, &one_height, &one_width, error))
      return FALSE;
  } else if (!gst_generator_picture_size (ports, port, input, &one_height, &one_width, error)) {
    return FALSE;
  }
  all_height = (gint64)one_height * input->rows;
  all_width = (gint64)one_width * input->columns;
  if (all_height > G_MAXINT16 || all_width > G_MAXINT16) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "%d pictures make a frame of %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT
        " pixels, which is too large",
        input->pictures, all_width, all_height);
    return FALSE;
  }
  *height = (int)all_height;
  *width = (int)all_width;
  return TRUE;
}

gboolean
gst_generator_sound_length (
    const GstGeneratorPorts *ports, const GstGeneratorInput *input, gint64 *length, GError **error)
{
  const GenPort *port = &ports->output;
  GenShape shape;

  *length = port->length;
  if (*length > 0)
    return TRUE;
  if (!gen_model_output_shape (
          ports->model, port, 1, input->height, input->width, 0, &shape, error))
    return FALSE;
  *length = shape.dims[shape.rank == 2 || port->channels_last ? 1 : 2];
  return TRUE;
}

static void
copy_rate (const GstStructure *from, GstStructure *to)
{
  const GValue *rate = gst_structure_get_value (from, "framerate");

  if (rate != NULL)
    gst_structure_set_value (to, "framerate", rate);
}

static void
set_size (GstStructure *structure, const char *field, int size)
{
  if (size > 0)
    gst_structure_set (structure, field, G_TYPE_INT, size, NULL);
  else
    gst_structure_set (structure, field, GST_TYPE_INT_RANGE, 1, G_MAXINT16, NULL);
}

/* Frames for pictures of `channels` that are like `structure`, in each memory, the better one
 * first. */
static GstCaps *
append_frames (const GstGeneratorPorts *ports, GstStructure *structure, int channels,
    gboolean is_input, gboolean subsampled, GstCaps *caps)
{
  for (int i = 0; i < 2; i++) {
    gboolean on_device = (i == 0) == ports->prefers_device;
    GstStructure *one = gst_structure_copy (structure);

    if ((on_device && !ports->shares_device) ||
        !gst_generative_formats_set (one, channels, is_input, on_device, subsampled))
      gst_structure_free (one);
    else
      caps = gst_caps_merge_structure_full (
          caps, one, on_device ? gst_caps_features_new (GST_GENERATIVE_DEVICE_MEMORY, NULL) : NULL);
  }
  gst_structure_free (structure);
  return caps;
}

/* The same of one side, where frames on the other one are like `other`. Video in colour stays that,
 * where the model may play on its luma. */
static GstCaps *
append_beside_luma (const GstGeneratorPorts *ports, GstStructure *structure,
    const GstStructure *other, int channels, gboolean is_input, gboolean subsampled, GstCaps *caps)
{
  for (int same = TRUE; ports->luma && same >= FALSE; same--) {
    g_autoptr (GstStructure) one = gst_structure_copy (structure);

    if (gst_generator_luma_set_formats (one, other, same))
      caps = append_frames (ports, g_steal_pointer (&one), 3, is_input, subsampled, caps);
  }
  if (!ports->luma || is_input || gst_generator_luma_may_be_grey (other))
    return append_frames (ports, structure, channels, is_input, subsampled, caps);
  gst_structure_free (structure);
  return caps;
}

/* The rate of one side of a model that takes any, from that of the other: `made` for `taken`. */
static void
set_other_rate (GstStructure *structure, const GstStructure *other, gint64 made, gint64 taken)
{
  const GValue *rate = gst_structure_get_value (other, "rate");

  if (rate != NULL && made == taken)
    gst_structure_set_value (structure, "rate", rate);
  else if (rate != NULL && G_VALUE_HOLDS_INT (rate))
    gst_structure_set (structure, "rate", G_TYPE_INT,
        (int)gst_util_uint64_scale ((guint64)g_value_get_int (rate), (guint64)made, (guint64)taken),
        NULL);
  else
    gst_structure_set (structure, "rate", GST_TYPE_INT_RANGE, 1, G_MAXINT, NULL);
}

/* Samples of what goes in or comes out, where the other side's are like `other`. */
static GstCaps *
append_sound (
    const GstGeneratorPorts *ports, const GenPort *port, const GstStructure *other, GstCaps *caps)
{
  const GenContext *context = &ports->context;
  GstStructure *structure = gst_structure_new ("audio/x-raw", "layout", G_TYPE_STRING,
      "interleaved", "channels", G_TYPE_INT, port->channels, NULL);
  GValue formats = G_VALUE_INIT;

  if (port->sample_rate > 0)
    gst_structure_set (structure, "rate", G_TYPE_INT, port->sample_rate, NULL);
  else if (port == &ports->output)
    set_other_rate (structure, other, context->made, context->taken);
  else
    set_other_rate (structure, other, context->taken, context->made);

  g_value_init (&formats, GST_TYPE_LIST);
  for (int i = 0; i < 2; i++) {
    GValue format = G_VALUE_INIT;

    g_value_init (&format, G_TYPE_STRING);
    g_value_set_static_string (&format, i == 0 ? GST_AUDIO_NE (F32) : GST_AUDIO_NE (S16));
    gst_value_list_append_and_take_value (&formats, &format);
  }
  gst_structure_take_value (structure, "format", &formats);
  /* Where there are more, nobody knows which is which. */
  if (port->channels > 2)
    gst_structure_set (structure, "channel-mask", GST_TYPE_BITMASK, G_GUINT64_CONSTANT (0), NULL);
  return gst_caps_merge_structure (caps, structure);
}

/* Of a model that makes what lies between frames, which go on as they are: the fields of the other
 * side, whose frames are as `other`, `numerator` / `denominator` times as many a second. */
static void
follow_frames (const GstStructure *other, int numerator, int denominator, GstStructure *structure)
{
  const GValue *format = gst_structure_get_value (other, "format");
  int n, d;

  if (format != NULL)
    gst_structure_set_value (structure, "format", format);
  if (gst_structure_get_fraction (other, "framerate", &n, &d) &&
      gst_util_fraction_multiply (n, d, numerator, denominator, &n, &d))
    gst_structure_set (structure, "framerate", GST_TYPE_FRACTION, n, d, NULL);
  else
    gst_structure_set (structure, "framerate", GST_TYPE_FRACTION_RANGE, 0, 1, G_MAXINT, 1, NULL);
}

/* The numbers that are made of `input`, which `sink` says. */
static GstCaps *
append_numbers (const GstGeneratorPorts *ports, const GstGeneratorInput *input,
    const GstStructure *sink, GstCaps *caps)
{
  GstGenerativeTensors tensors = { .n = 1, .types = { ports->output.type } };
  GstStructure *structure;

  if (input->pictures > 0)
    gst_generator_numbers_shape (ports, &ports->output, input, &tensors.shapes[0], NULL);
  structure = gst_generative_tensors_to_structure (&tensors);
  copy_rate (sink, structure);
  return gst_caps_merge_structure (caps, structure);
}

/* Frames for what is made of `input`, which `sink` says. Where two by two pixels share chroma,
 * pictures that are written into a wall one by one have to be even. Those with alpha come first. */
static GstCaps *
append_pictures (const GstGeneratorPorts *ports, const GstGeneratorInput *input, int height,
    int width, const GstStructure *sink, GstCaps *caps)
{
  const gboolean apart = ports->input.batch == 1 && input->pictures > 1;
  const gboolean subsampled =
      !apart || (width / input->columns % 2 == 0 && height / input->rows % 2 == 0);
  const gboolean also_without = ports->mask.name != NULL && !ports->mask_said;
  GstStructure *structure = gst_structure_new_empty ("video/x-raw");

  set_size (structure, "width", width);
  set_size (structure, "height", height);
  if (ports->input.kind == GEN_PORT_PICTURE)
    gst_generative_pass_fields (sink, GST_PAD_SINK, structure);
  else
    copy_rate (sink, structure);
  if (ports->between)
    follow_frames (sink, ports->made + 1, 1, structure);
  if (also_without)
    caps = append_frames (
        ports, gst_structure_copy (structure), ports->output.channels, FALSE, subsampled, caps);
  return append_beside_luma (
      ports, structure, sink, ports->output.channels - also_without, FALSE, subsampled, caps);
}

/* What is made of `sink`: frames, or numbers where these are wanted. */
static GstCaps *
append_output (const GstGeneratorPorts *ports, const GstStructure *sink, GstCaps *caps)
{
  GstGeneratorInput input = { .pictures = 1, .columns = 1, .rows = 1 };
  const GstGeneratorInput unknown = { 0 };
  const gboolean known = gst_generator_read_input (ports, sink, &input, NULL);
  int height = 0, width = 0;

  if (!gst_generator_makes_tensors (ports)) {
    if (known)
      gst_generator_output_size (ports, &input, &height, &width, NULL);
    caps = append_pictures (ports, &input, height, width, sink, caps);
  }
  if (ports->staged || ports->tiling.used ||
      (ports->frames > 1 && !gst_generator_makes_tensors (ports)))
    return caps;
  return append_numbers (ports, known ? &input : &unknown, sink, caps);
}

/* A picture of each window of the sound of `sink`, or a tensor. */
static GstCaps *
append_windows (const GstGeneratorPorts *ports, const GstStructure *sink, GstCaps *caps)
{
  const GenPort *output = &ports->output;
  const gint64 hop = ports->window - ports->context.before - ports->context.after;
  const GstGenerativeTensors tensors = {
    .n = 1, .types = { GEN_TYPE_FLOAT32 }, .shapes = { ports->numbers }
  };
  GstStructure *numbers = gst_generative_tensors_to_structure (&tensors);
  int rate = ports->input.sample_rate;

  gst_structure_get_int (sink, "rate", &rate);
  if (rate > 0 && hop <= G_MAXINT)
    gst_structure_set (numbers, "framerate", GST_TYPE_FRACTION, rate, (int)hop, NULL);
  if (!gst_generator_makes_tensors (ports)) {
    GstStructure *picture = gst_structure_new_empty ("video/x-raw");

    copy_rate (numbers, picture);
    set_size (picture, "width", output->width);
    set_size (picture, "height", output->height);
    caps = append_frames (ports, picture, output->channels, FALSE, TRUE, caps);
  }
  return gst_caps_merge_structure (caps, numbers);
}

/* How fast latents or vectors come that suit the model: as it says, or so that their sounds follow
 * each other. */
static void
own_rate (const GstGeneratorPorts *ports, int *numerator, int *denominator)
{
  *numerator = ports->model->rate_numerator;
  *denominator = ports->model->rate_denominator;
  if (ports->output.kind != GEN_PORT_SOUND)
    return;
  *numerator = ports->output.sample_rate;
  *denominator = (int)CLAMP (ports->output.length - ports->overlap, 1, G_MAXINT);
  if (!gst_generator_streams (ports))
    return;
  *numerator = (int)gst_util_uint64_scale ((guint64)*numerator, (guint64)ports->context.taken, 1);
  *denominator = (int)MIN (ports->context.made, G_MAXINT);
}

/* One latent or vector at the model's own rate, one at any rate, many. */
static GstCaps *
append_latents (const GstGeneratorPorts *ports, const GstStructure *source, GstCaps *caps)
{
  GstGenerativeTensors tensors = { .n = gst_generator_n_tensors (ports),
    .types = { ports->input.type, ports->second.type },
    .shapes = { gst_generator_streams (ports) ? GEN_SHAPE (ports->input.channels)
                                              : gst_generator_item_shape (ports),
        GEN_SHAPE (ports->second.length) } };
  GstStructure *one = gst_generative_tensors_to_structure (&tensors), *many;
  int numerator, denominator;

  own_rate (ports, &numerator, &denominator);
  copy_rate (source, one);
  many = gst_structure_copy (one);
  gst_structure_remove_field (many, "dimensions");
  if (numerator > 0) {
    GstStructure *own = gst_structure_copy (one);
    GValue rate = G_VALUE_INIT;

    g_value_init (&rate, GST_TYPE_FRACTION);
    gst_value_set_fraction (&rate, numerator, denominator);
    if (gst_value_can_intersect (&rate, gst_structure_get_value (own, "framerate"))) {
      gst_structure_set_value (own, "framerate", &rate);
      caps = gst_caps_merge_structure (caps, gst_structure_copy (own));
    }
    g_value_unset (&rate);
    gst_structure_free (own);
  }
  caps = gst_caps_merge_structure (caps, one);
  return gst_caps_merge_structure (caps, many);
}

/* Text comes first, where it is known how it becomes ids. */
static GstCaps *
append_tokens (const GstGeneratorPorts *ports, GstCaps *caps)
{
  GstStructure *ids =
      gst_structure_new ("other/tensors", "format", G_TYPE_STRING, "static", "num_tensors",
          G_TYPE_INT, 1, "types", G_TYPE_STRING, gen_data_type_name (ports->input.type), NULL);
  GstStructure *text = gst_structure_new ("text/x-raw", "format", G_TYPE_STRING, "utf8", NULL);
  const gboolean text_first = ports->model->voice != NULL;

  caps = gst_caps_merge_structure (caps, text_first ? text : ids);
  return gst_caps_merge_structure (caps, text_first ? ids : text);
}

static GstStructure *
make_input (const GstGeneratorPorts *ports, const GstStructure *source)
{
  GstStructure *structure = gst_structure_new_empty ("video/x-raw");

  set_size (structure, "width", ports->tiling.used ? 0 : ports->input.width);
  set_size (structure, "height", ports->tiling.used ? 0 : ports->input.height);
  if (ports->output.kind == GEN_PORT_PICTURE)
    gst_generative_pass_fields (source, GST_PAD_SRC, structure);
  if (ports->between)
    follow_frames (source, 1, ports->made + 1, structure);
  return structure;
}

/* Whether a size that the next element insists on can be made of whole pictures. */
static gboolean
size_fits (const GstStructure *source, const char *field, int size)
{
  int wanted;

  return size <= 0 || !gst_structure_get_int (source, field, &wanted) || wanted % size == 0;
}

GstCaps *
gst_generator_transform_caps_of (
    const GstGeneratorPorts *ports, GstPadDirection direction, GstCaps *caps)
{
  GstCaps *result = gst_caps_new_empty ();

  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    const GstStructure *structure = gst_caps_get_structure (caps, i);

    if (direction == GST_PAD_SINK && ports->output.kind == GEN_PORT_SOUND)
      result = append_sound (ports, &ports->output, structure, result);
    else if (direction == GST_PAD_SINK && ports->window > 0)
      result = append_windows (ports, structure, result);
    else if (direction == GST_PAD_SINK)
      result = append_output (ports, structure, result);
    else if (!ports->tiling.used && (!size_fits (structure, "width", ports->output.width) ||
                                        !size_fits (structure, "height", ports->output.height)))
      continue;
    else if (ports->input.kind == GEN_PORT_SOUND)
      result = append_sound (ports, &ports->input, structure, result);
    else if (ports->input.kind == GEN_PORT_TOKENS)
      result = append_tokens (ports, result);
    else if (ports->input.kind == GEN_PORT_VECTOR || ports->input.kind == GEN_PORT_SERIES)
      result = append_latents (ports, structure, result);
    else
      result = append_beside_luma (ports, make_input (ports, structure), structure,
          ports->input.channels, TRUE, TRUE, result);
  }
  return result;
}
