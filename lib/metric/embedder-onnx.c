/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Features that an ONNX model makes of a picture: its first vector, or the mean over the picture
 * of its first map. Pictures are brought to the model's size in one block of bytes, a wall of one
 * column, which the plan reads as it lies. */
#include "features.h"

#include <generative/file-bytes.h>
#include <generative/metric.h>
#include <generative/player.h>

#include <string.h>

/* Pictures in a run, where there are as many and the model takes any number. */
#define BATCH 16
#define DIGEST_DIGITS 8

typedef struct {
  GenPlayer *player;
  GenPort input, output;
  int length;
  int width, height; /* of the pictures that go in, which the model may leave free; 0: none yet */
  int many, few;     /* pictures in a run: where there are as many, and where there are not */
  guint8 *bytes;     /* `many` pictures of that size */
} Embedder;

static GenModel *
model_of (const Embedder *embedder)
{
  return gen_player_model (embedder->player);
}

static void
embedder_close (gpointer state)
{
  Embedder *embedder = state;

  g_clear_pointer (&embedder->player, gen_player_free);
  g_free (embedder->bytes);
  g_free (embedder);
}

/* [N, C, H, W], or [N, H, W, C] where pictures come in like that, of more channels than pictures
 * have. */
static gboolean
is_map (const GenPort *port, gboolean channels_last)
{
  return port->kind != GEN_PORT_VECTOR && port->shape.rank == 4 &&
         port->shape.dims[channels_last ? 3 : 1] > GEN_PORT_MAX_CHANNELS;
}

static const GenPort *
find_output (const GenModel *model, gboolean channels_last)
{
  guint n = model->graph->outputs->len;

  for (guint i = 0; i < n; i++)
    if (model->outputs[i].kind == GEN_PORT_VECTOR && model->outputs[i].length > 1)
      return &model->outputs[i];
  for (guint i = 0; i < n; i++)
    if (is_map (&model->outputs[i], channels_last))
      return &model->outputs[i];
  return NULL;
}

static gboolean
choose_ports (Embedder *embedder, const char *path, GError **error)
{
  const GenModel *model = model_of (embedder);
  const GenPort *input = gen_model_find_input (model, GEN_PORT_PICTURE), *output;
  g_autofree char *text = gen_model_describe (model);

  if (input == NULL)
    input = gen_model_find_input (model, GEN_PORT_VECTOR);
  if (input != NULL)
    embedder->input = *input;
  output = find_output (model, embedder->input.channels_last);
  if (output != NULL)
    embedder->output = *output;
  if (model->graph->inputs->len != 1 || input == NULL || !gen_port_use_float32 (&embedder->input) ||
      (input->kind == GEN_PORT_VECTOR && !gen_port_make_picture (&embedder->input, 0, 0)) ||
      output == NULL || !gen_port_use_float32 (&embedder->output)) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: an embedder makes a vector [N, D] or map [N, D, H, W] of one picture "
        "[N, C, H, W] and nothing else; this model %s",
        path, text);
    return FALSE;
  }
  if (output->kind != GEN_PORT_VECTOR)
    embedder->output.length = output->shape.dims[embedder->input.channels_last ? 3 : 1];
  if (embedder->output.length > GEN_FEATURES_MAX) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: its output \"%s\" has %" G_GINT64_FORMAT " features; at most %d can be compared", path,
        output->name, embedder->output.length, GEN_FEATURES_MAX);
    return FALSE;
  }
  embedder->length = (int)embedder->output.length;
  return TRUE;
}

static char *
name_of (const char *path, GError **error)
{
  g_autoptr (GBytes) bytes = gen_file_bytes (path, error);
  g_autofree char *digest = NULL, *base = g_path_get_basename (path);

  if (bytes == NULL)
    return NULL;
  digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
  return g_strdup_printf ("%s-%.*s", base, DIGEST_DIGITS, digest);
}

static gpointer
embedder_open (const char *path, const GenMedium *medium, char **name, GError **error)
{
  const GenPlayerOptions options = { .plan = { .choice = GEN_CHOICE_MEASURE } };
  g_autoptr (GenModel) model = gen_model_load (path, error);
  Embedder *embedder;

  if (model == NULL)
    return NULL;
  if (medium != &gen_medium_picture) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: embedders of %s are not made of files", path, medium->plural);
    return NULL;
  }
  embedder = g_new0 (Embedder, 1);
  embedder->player = gen_player_new (model, &options);
  if (choose_ports (embedder, path, error) && (*name = name_of (path, error)) != NULL)
    return embedder;
  embedder_close (embedder);
  return NULL;
}

static int
embedder_length (gpointer state, const GenFormat *format)
{
  return ((Embedder *)state)->length;
}

/* Whether the embedder makes of `pictures` pictures what it is to make. */
static gboolean
check_made (const Embedder *embedder, int pictures, const GenBinding *made, GError **error)
{
  const GenShape *shape = &made->shape;
  int channels = embedder->input.channels_last ? 3 : 1;
  g_autofree char *text = NULL;
  gboolean good = shape->rank > 0 && shape->dims[0] == pictures;

  if (embedder->output.kind == GEN_PORT_VECTOR)
    good = good && gen_shape_elements (shape) == (gint64)pictures * embedder->length;
  else
    good = good && shape->rank == 4 && shape->dims[channels] == embedder->length &&
           gen_shape_elements (shape) > 0;
  if (good && made->type == GEN_TYPE_FLOAT32)
    return TRUE;
  text = gen_shape_to_string (shape);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: of %d pictures of %d x %d it makes %s, where %d features of each were expected",
      model_of (embedder)->path, pictures, embedder->width, embedder->height, text,
      embedder->length);
  return FALSE;
}

/* Make ready to take `pictures` at a time, of the size that the embedder has. */
static gboolean
prepare_run (Embedder *embedder, int pictures, GError **error)
{
  const GenPort *input = &embedder->input;
  int bytes = input->channels;
  GenModelUse use = { .input = *input,
    .output = embedder->output,
    .frames = 1,
    .pictures = pictures,
    .height = embedder->height,
    .width = embedder->width,
    .from_frames = TRUE,
    .from = { .columns = 1,
        .bytes = bytes,
        .n_order = bytes,
        .stride = (gsize)embedder->width * (gsize)bytes } };

  for (int c = 0; c < bytes; c++)
    use.from.order[c] = c;
  return gen_player_prepare (embedder->player, &use, NULL, error) &&
         (model_of (embedder)->staged ||
             check_made (embedder, pictures, gen_player_output (embedder->player), error));
}

/* What the model makes of the bytes of `pictures` pictures; NULL with `error`. */
static const GenBinding *
run_once (Embedder *embedder, int pictures, GError **error)
{
  const GenFrame frame = { .planes = { embedder->bytes } };
  const GenBinding *made;

  if (!prepare_run (embedder, pictures, error))
    return NULL;
  gen_player_bind_input_frame (embedder->player, 0, &frame);
  if (!gen_player_run (embedder->player, error)) {
    g_prefix_error (error, "%s: ", model_of (embedder)->path);
    return NULL;
  }
  made = gen_player_output (embedder->player);
  return check_made (embedder, pictures, made, error) ? made : NULL;
}

static gboolean
prepare (Embedder *embedder, const GenPicture *picture, GError **error)
{
  int width = embedder->input.width > 0 ? embedder->input.width : picture->width;
  int height = embedder->input.height > 0 ? embedder->input.height : picture->height;

  if (width == embedder->width && height == embedder->height)
    return TRUE;
  embedder->width = width;
  embedder->height = height;
  embedder->few = (int)MAX (embedder->input.batch, 1);
  /* A file may say that it takes any number, and not mean it: then one at a time. */
  embedder->many = embedder->input.batch < 0 && !model_of (embedder)->staged &&
                           prepare_run (embedder, BATCH, NULL)
                       ? BATCH
                       : embedder->few;
  if (!prepare_run (embedder, embedder->few, error)) {
    embedder->width = embedder->height = 0;
    return FALSE;
  }
  g_free (embedder->bytes);
  embedder->bytes = g_malloc0 (
      (gsize)embedder->many * (gsize)width * (gsize)height * (gsize)embedder->input.channels);
  return TRUE;
}

/* The output's rows, each the mean over a map's extents. */
static void
collect (const Embedder *embedder, int pictures, const GenBinding *made, int n, float *out)
{
  gsize length = (gsize)embedder->length;
  gsize area = (gsize)gen_shape_elements (&made->shape) / length / (gsize)pictures;
  gsize step = embedder->input.channels_last ? length : 1;
  gsize start = embedder->input.channels_last ? 1 : area;
  const float *from = made->data;

  if (area == 1) {
    memcpy (out, from, (gsize)n * length * sizeof *out);
    return;
  }
  for (int i = 0; i < n; i++, from += length * area)
    for (gsize c = 0; c < length; c++) {
      double sum = 0;

      for (gsize k = 0; k < area; k++)
        sum += from[c * start + k * step];
      *out++ = (float)(sum / (double)area);
    }
}

static gboolean
embedder_compute (gpointer state, const GenSample *samples, int n, float *out, GError **error)
{
  Embedder *embedder = state;
  gsize size;

  if (!prepare (embedder, &samples[0].picture, error))
    return FALSE;
  size = (gsize)embedder->width * (gsize)embedder->height * (gsize)embedder->input.channels;
  while (n > 0) {
    int of_run = n >= embedder->many ? embedder->many : embedder->few;
    int taken = MIN (n, of_run);
    const GenBinding *made;

    for (int i = 0; i < taken; i++) {
      GenPicture slot = { .data = embedder->bytes + (gsize)i * size,
        .width = embedder->width,
        .height = embedder->height,
        .channels = embedder->input.channels,
        .stride = embedder->width * embedder->input.channels };

      if (!gen_picture_fit (&samples[i].picture, &slot, GEN_FIT_STRETCH, error))
        return FALSE;
    }
    made = run_once (embedder, of_run, error);
    if (made == NULL)
      return FALSE;
    collect (embedder, of_run, made, taken, out);
    samples += taken;
    out += (gsize)taken * (gsize)embedder->length;
    n -= taken;
  }
  return TRUE;
}

static char *
embedder_describe_assumption (gpointer state)
{
  const Embedder *embedder = state;

  return gen_model_describe_assumption (model_of (embedder), &embedder->input, FALSE);
}

const GenEmbedder gen_embedder_onnx = {
  .summary = "What an ONNX model makes of a picture",
  .batch = BATCH,
  .open = embedder_open,
  .close = embedder_close,
  .length = embedder_length,
  .compute = embedder_compute,
  .describe_assumption = embedder_describe_assumption,
};
