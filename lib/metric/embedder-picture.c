/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ONNX embedders of pictures, which are brought to the model's size in one block of bytes, a wall
 * of one column, which the plan reads as it lies. */
#include "embedder-onnx.h"

static gboolean
choose_input (Embedder *embedder, const GenModel *model)
{
  const GenPort *input = gen_model_find_input (model, GEN_PORT_PICTURE);

  if (input == NULL)
    input = gen_model_find_input (model, GEN_PORT_VECTOR);
  if (input == NULL)
    return FALSE;
  embedder->input = *input;
  return gen_port_use_float32 (&embedder->input) &&
         (input->kind != GEN_PORT_VECTOR || gen_port_make_picture (&embedder->input, 0, 0));
}

/* [N, C, H, W], or [N, H, W, C] where pictures come in like that, of more channels than pictures
 * have. */
static gboolean
is_map (const Embedder *embedder, const GenPort *port, gint64 *features, gboolean *features_last)
{
  *features_last = embedder->input.channels_last;
  *features = port->shape.rank == 4 ? port->shape.dims[*features_last ? 3 : 1] : 0;
  return *features > GEN_PORT_MAX_CHANNELS;
}

static gboolean
choose_format (const Embedder *embedder, const GenFormat *format, GenFormat *chosen, GError **error)
{
  const GenPort *input = &embedder->input;

  *chosen = (GenFormat){ &gen_medium_picture, input->width > 0 ? input->width : format->width,
    input->height > 0 ? input->height : format->height, input->channels };
  return TRUE;
}

static gboolean
makes_numbers (const Embedder *embedder)
{
  return embedder->resizing != NULL && embedder->resizing->levels;
}

static gsize
sample_size (const Embedder *embedder)
{
  const GenFormat *format = &embedder->format;

  return (gsize)format->width * (gsize)format->height * (gsize)format->channels *
         (makes_numbers (embedder) ? sizeof (float) : 1);
}

static void
describe_use (const Embedder *embedder, GenModelUse *use)
{
  const GenFormat *format = &embedder->format;

  use->height = format->height;
  use->width = format->width;
  use->from = (GenFrameLayout){ .columns = 1,
    .bytes = format->channels,
    .n_order = format->channels,
    .stride = (gsize)format->width * (gsize)format->channels };
  for (int c = 0; c < format->channels; c++)
    use->from.order[c] = c;
}

/* The model's numbers for levels, which lie channel after channel. */
static void
fit_numbers (const Embedder *embedder, const GenPicture *picture, float *out)
{
  const GenFormat *format = &embedder->format;
  const GenPort *input = &embedder->input;
  const int channels = format->channels;
  const gsize area = (gsize)format->width * (gsize)format->height;
  g_autofree float *levels = g_new (float, area *(gsize)channels);

  gen_resizing_apply_levels (
      embedder->resizing, picture, format->width, format->height, channels, levels);
  for (int c = 0; c < channels; c++) {
    const int from = input->bgr && c < 3 ? 2 - c : c;
    const float *in = levels + (gsize)from * area;
    const gsize step = input->channels_last ? (gsize)channels : 1;
    float *to = out + (input->channels_last ? (gsize)c : (gsize)c * area);

    for (gsize i = 0; i < area; i++)
      to[i * step] = (in[i] / 255 - input->mean[c]) / input->std[c];
  }
}

static gboolean
fit (const Embedder *embedder, const GenSample *sample, guint8 *slot, GError **error)
{
  const GenFormat *format = &embedder->format;
  GenPicture picture = { .data = slot,
    .width = format->width,
    .height = format->height,
    .channels = format->channels,
    .stride = format->width * format->channels };

  if (makes_numbers (embedder))
    fit_numbers (embedder, &sample->picture, (float *)(void *)slot);
  else if (embedder->resizing != NULL)
    gen_resizing_apply (embedder->resizing, &sample->picture, &picture);
  else
    return gen_picture_fit (&sample->picture, &picture, GEN_FIT_STRETCH, error);
  return TRUE;
}

const EmbedderSide gen_embedder_side_picture = {
  .medium = &gen_medium_picture,
  .takes = "makes a vector [N, D] or map [N, D, H, W] of one picture [N, C, H, W] and nothing else",
  .choose_input = choose_input,
  .is_map = is_map,
  .choose_format = choose_format,
  .sample_size = sample_size,
  .describe_use = describe_use,
  .makes_numbers = makes_numbers,
  .fit = fit,
};
