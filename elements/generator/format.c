/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "format.h"

#include <string.h>

#include "../shared/model-file.h"
#include "../shared/passing.h"
#include "luma.h"
#include "padding.h"

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

/* --- caps --- */

gboolean
gst_generator_fail_spacing (GError **error)
{
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "the planes of a frame differ in their strides");
  return FALSE;
}

static guint
find_input (const GenModel *model, const char *name)
{
  guint i = 0;

  while (strcmp (model->inputs[i].name, name) != 0)
    i++;
  return i;
}

void
gst_generator_format_describe_tensors (GstGeneratorFormat *format, const GstGeneratorPorts *ports)
{
  const GenPort *tensors[] = { &ports->input, &ports->second };

  format->n_tensors = (guint)gst_generator_n_tensors (ports);
  for (guint t = 0; t < format->n_tensors; t++) {
    format->sizes[t] = (gsize)format->input.pictures *
                       (gsize)MAX (gst_generator_streams (ports)
                                       ? (gint64)format->input.vectors * tensors[t]->channels
                                       : tensors[t]->length,
                           0) *
                       gen_data_type_size (tensors[t]->type);
    format->places[t] = find_input (ports->model, tensors[t]->name);
  }
}

/* Negotiation asks which formats are taken, but who sends caps unasked does not. */
static gboolean
check_channels (const GstVideoInfo *info, const GenModelUse *use, GError **error)
{
  const int channels = use->input.channels, components = (int)GST_VIDEO_INFO_N_COMPONENTS (info);

  if (use->luma || (channels == 1 ? components == 1 : components >= channels))
    return TRUE;
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "frames are %s, but the model's input '%s' takes pictures of %d channels: put videoconvert "
      "in front",
      GST_VIDEO_INFO_NAME (info), use->input.name, channels);
  return FALSE;
}

gboolean
gst_generator_format_read (GstGeneratorFormat *format, GstGeneratorPlay *play, GstCaps *caps,
    GstGeneratorInput *input, GenModelUse *use, GError **error)
{
  const GstGeneratorPorts *ports = &play->ports;
  const gboolean single = ports->input.batch == 1 || gst_generator_streams (ports);
  GstVideoInfo info;

  if (!gst_generator_read_input (ports, gst_caps_get_structure (caps, 0), input, error))
    return FALSE;
  if (!gst_generator_check_batch (ports, play->batch, input->pictures, error)) {
    g_prefix_error (error, "%s: ", ports->model->path);
    return FALSE;
  }
  *use = gst_generator_play_get_use (play);
  use->input = ports->input;
  use->output = ports->output;
  use->mask = (GenPort){ 0 };
  use->n_inputs = use->n_outputs = 0;
  use->height = input->height;
  use->width = input->width;
  use->padding = gst_generator_find_padding (ports, input->height, input->width);
  use->frames = single ? 1 : (int)play->batch;
  use->pictures = single && !ports->model->staged ? 1 : input->pictures;
  use->from_frames = ports->input.kind == GEN_PORT_PICTURE;
  use->to_frames = !ports->model->staged;
  use->from = (GenFrameLayout){ 0 };
  use->from_sound = use->to_sound = (GenSoundLayout){ 0 };
  use->length = 0;
  use->in_parts = FALSE;
  use->window = ports->frames;
  use->made = ports->made;
  use->luma = FALSE;
  if (!use->from_frames)
    return TRUE;
  if (!gen_padding_is_none (&use->padding))
    GST_INFO_OBJECT (play->base,
        "frames of %d x %d, whose mirror image makes them %d x %d, multiples of %d", use->width,
        use->height, use->width + use->padding.width, use->height + use->padding.height,
        use->padding.step);
  if (!gst_video_info_from_caps (&info, caps)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "the caps are no video");
    return FALSE;
  }
  format->in_info = info;
  use->luma = ports->luma && GST_VIDEO_INFO_IS_YUV (&info);
  if (!check_channels (&info, use, error))
    return FALSE;
  gst_generative_playing_fit_info (&play->playing, caps, &info);
  return gst_generative_layout (&info, use->input.channels, 1, TRUE, &use->from) ||
         gst_generator_fail_spacing (error);
}

gboolean
gst_generator_format_read_video (
    GstGeneratorFormat *format, GstCaps *caps, const GenModelUse *use, GError **error)
{
  if (!gst_video_info_from_caps (&format->out_info, caps)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "the caps are no video");
    return FALSE;
  }
  if (use->luma && !gst_generator_luma_check (&format->in_info, &format->out_info, error))
    return FALSE;
  return !use->from_frames ||
         gst_generative_check_picture (&format->in_info, &format->out_info, error);
}

gboolean
gst_generator_format_check_size (const GstGeneratorFormat *format, const GstGeneratorPlay *play,
    int width, int height, GError **error)
{
  if (format->out_info.width == width && format->out_info.height == height)
    return TRUE;
  if (width < 1 || height < 1) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "%s: of frames of %d x %d it makes pictures of %d x %d, which are nothing: give it larger "
        "ones, as videoscale or videobox in front make them",
        play->ports.model->path, format->in_info.width, format->in_info.height, width, height);
    return FALSE;
  }
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "the next element wants %d x %d pixels, but the model makes %d x %d: put videoscale behind",
      format->out_info.width, format->out_info.height, width, height);
  return FALSE;
}

gboolean
gst_generator_format_read_frames (GstGeneratorFormat *format, GstGeneratorPlay *play, GstCaps *sink,
    GstCaps *source, GenModelUse *use, GError **error)
{
  GstVideoInfo info;

  if (!gst_generator_format_read (format, play, sink, &format->input, use, error) ||
      !gst_generator_output_size (
          &play->ports, &format->input, &use->output.height, &use->output.width, error) ||
      !gst_generator_format_read_video (format, source, use, error) ||
      !gst_generator_format_check_size (format, play, use->output.width, use->output.height, error))
    return FALSE;
  info = format->out_info;
  gst_generative_playing_fit_info (&play->playing, source, &info);
  return gst_generative_layout (&info, use->output.channels, 1, FALSE, &use->to) ||
         gst_generator_fail_spacing (error);
}

/* --- buffers --- */

static void
unmap_latents (GstGeneratorMapped *mapped, GstBuffer *input)
{
  for (guint i = 0; i < mapped->n_maps; i++)
    gst_buffer_unmap (input, &mapped->maps[i]);
  mapped->n_maps = 0;
}

/* Tensors of a buffer should each have a memory of their own; where they have not, they follow each
 * other. */
static gboolean
are_apart (const GstGeneratorFormat *format, GstBuffer *input)
{
  return format->n_tensors > 1 && gst_buffer_n_memory (input) == format->n_tensors &&
         gst_buffer_peek_memory (input, 0)->size == format->sizes[0];
}

static gboolean
check_tensors (const GstGeneratorFormat *format, GstBuffer *input, GError **error)
{
  gsize wanted = 0;

  for (guint t = 0; t < format->n_tensors; t++)
    wanted += format->sizes[t];
  return gst_buffer_get_size (input) == wanted || gst_generative_fail_size (input, wanted, error);
}

/* Samples of all channels. */
static gboolean
check_samples (const GstGeneratorPlay *play, GstBuffer *input, GError **error)
{
  const gboolean int16 = gen_player_use (play->player)->from_sound.int16;
  const gsize size = gst_buffer_get_size (input),
              frame = (gsize)play->ports.input.channels * (int16 ? 2 : sizeof (float));

  if (size % frame == 0)
    return TRUE;
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      "A buffer has %" G_GSIZE_FORMAT " bytes, which are not whole frames of %" G_GSIZE_FORMAT,
      size, frame);
  return FALSE;
}

gboolean
gst_generator_format_check_buffer (const GstGeneratorFormat *format, const GstGeneratorPlay *play,
    GstBuffer *input, GError **error)
{
  switch (play->ports.input.kind) {
  case GEN_PORT_PICTURE:
    return gst_generative_check_frame (&format->in_info, input, error);
  case GEN_PORT_SOUND:
    return check_samples (play, input, error);
  case GEN_PORT_TOKENS: /* as many as there are */
    return TRUE;
  default:
    return check_tensors (format, input, error);
  }
}

static gboolean
map_latents (GstGeneratorMapped *mapped, const GstGeneratorFormat *format, GstBuffer *input)
{
  const gboolean apart = are_apart (format, input);

  mapped->n_maps = 0;
  for (guint t = 0; t < format->n_tensors; t++) {
    GstMapInfo *map = &mapped->maps[mapped->n_maps];

    if (!apart && t > 0) {
      mapped->tensors[t] = mapped->tensors[t - 1] + format->sizes[t - 1];
      continue;
    }
    if (!gst_buffer_map_range (input, t, apart ? 1 : -1, map, GST_MAP_READ)) {
      unmap_latents (mapped, input);
      return FALSE;
    }
    mapped->n_maps++;
    mapped->tensors[t] = map->data;
  }
  return TRUE;
}

gboolean
gst_generator_map_input (GstGeneratorMapped *mapped, const GstGeneratorFormat *format,
    const GstGeneratorPlay *play, GstBuffer *input)
{
  if (play->ports.input.kind == GEN_PORT_PICTURE
          ? gst_generative_frame_map (
                &mapped->frame, &play->playing, play->player, &format->in_info, input, GST_MAP_READ)
          : map_latents (mapped, format, input))
    return TRUE;
  GST_ELEMENT_ERROR (play->base, RESOURCE, READ,
      ("A buffer of %" G_GSIZE_FORMAT " bytes cannot be read", gst_buffer_get_size (input)),
      (NULL));
  return FALSE;
}

void
gst_generator_unmap_input (
    GstGeneratorMapped *mapped, const GstGeneratorPlay *play, GstBuffer *input)
{
  if (play->ports.input.kind == GEN_PORT_PICTURE)
    gst_video_frame_unmap (&mapped->frame.video);
  else
    unmap_latents (mapped, input);
}

/* How the frames lie; `frame` may be NULL. */
static gboolean
read_layouts (const GstGeneratorMapped *mapped, const GstGenerativeFrame *frame, GenModelUse *use)
{
  const gboolean was_grey = !use->from.ycbcr;

  if ((frame != NULL && !frame->is_sound &&
          !gst_generative_layout_of_frame (
              &frame->video, use->output.channels, use->to.columns, FALSE, &use->to)) ||
      (use->from_frames && !gst_generative_layout_of_frame (
                               &mapped->frame.video, use->input.channels, 1, TRUE, &use->from)))
    return FALSE;
  /* Luma is played by itself. */
  if (was_grey && use->from.ycbcr) {
    use->from = gen_frame_layout_luma (&use->from);
    if (frame != NULL)
      use->to = gen_frame_layout_luma (&use->to);
  }
  return TRUE;
}

gboolean
gst_generator_follow_layouts (
    GstGeneratorPlay *play, const GstGeneratorMapped *mapped, const GstGenerativeFrame *frame)
{
  const GenModelUse *now = gen_player_use (play->player);
  GenModelUse use = *now;
  g_autoptr (GError) error = NULL;

  if (!read_layouts (mapped, frame, &use)) {
    GST_ELEMENT_ERROR (
        play->base, STREAM, FORMAT, ("The planes of a frame differ in their strides"), (NULL));
    return FALSE;
  }
  if (gen_frame_layout_equal (&use.to, &now->to) && gen_frame_layout_equal (&use.from, &now->from))
    return TRUE;
  GST_DEBUG_OBJECT (play->base, "frames have a stride of %" G_GSIZE_FORMAT " bytes: compiling anew",
      use.to.stride);
  if (gst_generator_play_compile (play, &use, &error))
    return TRUE;
  gst_generative_post_error (GST_ELEMENT (play->base), error);
  return FALSE;
}

void
gst_generator_bind_picture (const GstGeneratorMapped *mapped, const GstGeneratorPlay *play, guint i)
{
  const GenFrame frame = gst_generative_frame_part (&mapped->frame,
      &gen_player_use (play->player)->from, 0, 0, GST_VIDEO_FRAME_HEIGHT (&mapped->frame.video));

  gen_player_bind_input_frame (play->player, i, &frame);
}
