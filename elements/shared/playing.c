/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "playing.h"

#include "debug.h"
#include "frames.h"
#include "host-allocator.h"
#include "model-file.h"

#define GST_CAT_DEFAULT gst_generative_debug

#define DEFAULT_DEVICE GST_GENERATIVE_DEVICE_AUTO
#define DEFAULT_KERNELS GEN_CHOICE_MEASURE
#define DEFAULT_THREADS 0

/* --- the properties --- */

GType
gst_generative_device_get_type (void)
{
  static const GEnumValue values[] = {
    { GST_GENERATIVE_DEVICE_AUTO, "The best one that is there", "auto" },
    { GST_GENERATIVE_DEVICE_CPU, "Central processor", "cpu" },
    { GST_GENERATIVE_DEVICE_CUDA, "NVIDIA graphics processor", "cuda" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstGenerativeDevice", values));
  return type;
}

GType
gst_generative_precision_get_type (void)
{
  static const GEnumValue values[] = {
    { GST_GENERATIVE_PRECISION_AUTO, "The fastest that keeps the pictures the same", "auto" },
    { GST_GENERATIVE_PRECISION_FP32, "32-bit floating point", "fp32" },
    { GST_GENERATIVE_PRECISION_TF32, "32-bit floating point, products of 16 bits and more",
        "tf32" },
    { GST_GENERATIVE_PRECISION_BF16,
        "As tf32, and weights of dense layers kept in 16 bits (bfloat16); on a GPU all that "
        "passes between layers; training on the CPU: as tf32",
        "bf16" },
    { GST_GENERATIVE_PRECISION_FP16,
        "As tf32, and weights of dense layers kept in 16 bits (float16); on a GPU all that "
        "passes between layers; training on the CPU: as tf32",
        "fp16" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstGenerativePrecision", values));
  return type;
}

GenPrecision
gst_generative_precision_resolve (GstGenerativePrecision precision)
{
  static const GenPrecision precisions[] = {
    [GST_GENERATIVE_PRECISION_AUTO] = GEN_PRECISION_TF32,
    [GST_GENERATIVE_PRECISION_FP32] = GEN_PRECISION_FLOAT32,
    [GST_GENERATIVE_PRECISION_TF32] = GEN_PRECISION_TF32,
    [GST_GENERATIVE_PRECISION_BF16] = GEN_PRECISION_BFLOAT16,
    [GST_GENERATIVE_PRECISION_FP16] = GEN_PRECISION_FLOAT16,
  };

  return precisions[precision];
}

GType
gst_generative_kernels_get_type (void)
{
  static const GEnumValue values[] = {
    { GEN_CHOICE_RULES, "By rules of shape: the same bits on every run", "rules" },
    { GEN_CHOICE_REMEMBERED, "What was measured before, else by the rules", "remembered" },
    { GEN_CHOICE_MEASURE,
        "What is the fastest here: measured when a model is first loaded, and remembered",
        "measured" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstGenerativeKernels", values));
  return type;
}

/* The best device that works. One that is there and fails is worth a word, one that is not is
 * not. */
static const GenDevice *
find_best (GstElement *element)
{
  for (const GenDevice *const *device = gen_device_list (); *device != NULL; device++) {
    g_autoptr (GError) error = NULL;

    if ((*device)->available (&error))
      return *device;
    GST_INFO_OBJECT (element, "device=auto passes over %s: %s", (*device)->name, error->message);
    if (g_error_matches (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED))
      gst_generative_announce_cpu (element, error);
  }
  return &gen_device_cpu;
}

const GenDevice *
gst_generative_device_find (GstElement *element, GstGenerativeDevice device, GError **error)
{
  static const char *const names[] = { "auto", "cpu", "cuda" };

  return device == GST_GENERATIVE_DEVICE_AUTO ? find_best (element)
                                              : gen_device_find (names[device], error);
}

void
gst_generative_announce_cpu (GstElement *element, const GError *error)
{
  GST_ELEMENT_WARNING (
      element, RESOURCE, FAILED, ("%s. The model runs on the CPU.", error->message), (NULL));
}

void
gst_generative_playing_install (GObjectClass *klass, guint first, GstGenerativePrecision precision)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  g_object_class_install_property (klass, first + GST_GENERATIVE_PLAYING_DEVICE,
      g_param_spec_enum ("device", "Device", "Where the model runs", GST_TYPE_GENERATIVE_DEVICE,
          DEFAULT_DEVICE, flags));
  g_object_class_install_property (klass, first + GST_GENERATIVE_PLAYING_PRECISION,
      g_param_spec_enum ("precision", "Precision",
          "How exact products are: auto takes tf32, which is faster on some processors; bf16 and "
          "fp16 halve what dense layers read",
          GST_TYPE_GENERATIVE_PRECISION, precision, flags));
  g_object_class_install_property (klass, first + GST_GENERATIVE_PLAYING_KERNELS,
      g_param_spec_enum ("kernels", "Kernels",
          "How the kernels of layers are chosen: measuring takes up to 1.5 seconds when a model is "
          "loaded for the first time on a machine",
          GST_TYPE_GENERATIVE_KERNELS, DEFAULT_KERNELS, flags));
  g_object_class_install_property (klass, first + GST_GENERATIVE_PLAYING_THREADS,
      g_param_spec_uint ("threads", "Threads", "How many threads to use (0: one for each core)", 0,
          1024, DEFAULT_THREADS, flags));
}

void
gst_generative_playing_init (GstGenerativePlaying *playing, GstGenerativePrecision precision)
{
  *playing = (GstGenerativePlaying){ .device = DEFAULT_DEVICE,
    .precision = precision,
    .kernels = DEFAULT_KERNELS,
    .threads = DEFAULT_THREADS,
    .found = &gen_device_cpu };
}

void
gst_generative_playing_clear (GstGenerativePlaying *playing)
{
  g_clear_object (&playing->context);
}

gboolean
gst_generative_playing_set (GstGenerativePlaying *playing, guint number, const GValue *value)
{
  switch (number) {
  case GST_GENERATIVE_PLAYING_DEVICE:
    playing->device = g_value_get_enum (value);
    return TRUE;
  case GST_GENERATIVE_PLAYING_PRECISION:
    playing->precision = g_value_get_enum (value);
    return TRUE;
  case GST_GENERATIVE_PLAYING_KERNELS:
    playing->kernels = g_value_get_enum (value);
    return TRUE;
  case GST_GENERATIVE_PLAYING_THREADS:
    playing->threads = g_value_get_uint (value);
    return TRUE;
  default:
    return FALSE;
  }
}

gboolean
gst_generative_playing_get (const GstGenerativePlaying *playing, guint number, GValue *value)
{
  switch (number) {
  case GST_GENERATIVE_PLAYING_DEVICE:
    g_value_set_enum (value, playing->device);
    return TRUE;
  case GST_GENERATIVE_PLAYING_PRECISION:
    g_value_set_enum (value, playing->precision);
    return TRUE;
  case GST_GENERATIVE_PLAYING_KERNELS:
    g_value_set_enum (value, playing->kernels);
    return TRUE;
  case GST_GENERATIVE_PLAYING_THREADS:
    g_value_set_uint (value, playing->threads);
    return TRUE;
  default:
    return FALSE;
  }
}

/* --- the device --- */

gboolean
gst_generative_playing_open (GstGenerativePlaying *playing, GstElement *element)
{
  g_autoptr (GError) error = NULL;
  const GenDevice *found;
  GstGenerativeDevice device;

  GST_OBJECT_LOCK (element);
  device = playing->device;
  GST_OBJECT_UNLOCK (element);
  found = gst_generative_device_find (element, device, &error);
  if (found == NULL) {
    gst_generative_post_error (element, error);
    return FALSE;
  }
  GST_OBJECT_LOCK (element);
  playing->found = found;
  GST_OBJECT_UNLOCK (element);
  return TRUE;
}

void
gst_generative_playing_close (GstGenerativePlaying *playing, GstElement *element)
{
  GstObject *context;

  GST_OBJECT_LOCK (element);
  context = g_steal_pointer (&playing->context);
  playing->found = &gen_device_cpu;
  GST_OBJECT_UNLOCK (element);
  gst_clear_object (&context);
}

gboolean
gst_generative_playing_share_memory (GstGenerativePlaying *playing, GstElement *element)
{
  return playing->found == &gen_device_cuda &&
         gst_generative_cuda_ensure_context (element, &playing->context);
}

static gboolean
enter (GObject *context)
{
  return gst_generative_cuda_enter (GST_OBJECT (context));
}

static void
leave (GObject *context)
{
  gst_generative_cuda_leave ();
}

GenPlayerOptions
gst_generative_playing_options (const GstGenerativePlaying *playing, GstElement *element)
{
  GenPlayerOptions options = { .enter = enter, .leave = leave };

  GST_OBJECT_LOCK (element);
  options.plan = (GenPlanOptions){ .device = playing->found,
    .threads = (int)playing->threads,
    .precision = gst_generative_precision_resolve (playing->precision),
    .choice = playing->kernels };
  options.falls_back = playing->device == GST_GENERATIVE_DEVICE_AUTO;
  options.context = (GObject *)playing->context;
  GST_OBJECT_UNLOCK (element);
  return options;
}

gboolean
gst_generative_playing_prepare (GstGenerativePlaying *playing, GstElement *element,
    GstDebugCategory *category, GenPlayer *player, const GenModelUse *use, const char *what,
    GError **error)
{
  const gboolean kept = gen_player_keeps (player, use);
  g_autoptr (GError) announced = NULL;
  g_autofree char *options = NULL;
  gint64 began = g_get_monotonic_time ();
  gboolean prepared = gen_player_prepare (player, use, &announced, error);

  if (announced != NULL)
    gst_generative_playing_fall_back (playing, element, announced);
  if (!prepared)
    return FALSE;
  if (kept) {
    GST_CAT_DEBUG_OBJECT (
        category, element, "what was compiled for these frames before plays again");
    return TRUE;
  }
  options = gst_generative_describe_options (gen_player_options (player));
  GST_CAT_INFO_OBJECT (category, element, "%s in %.1f ms: %s a run; %s",
      gen_player_model (player)->staged ? "opened, to be compiled with the first frame,"
                                        : "compiled",
      gst_generative_since (began), what, options);
  return TRUE;
}

gboolean
gst_generative_playing_has_device (const GstGenerativePlaying *playing)
{
  return playing->found != &gen_device_cpu;
}

void
gst_generative_playing_fall_back (
    GstGenerativePlaying *playing, GstElement *element, const GError *error)
{
  gboolean falls;

  GST_OBJECT_LOCK (element);
  falls = playing->found != &gen_device_cpu;
  playing->found = &gen_device_cpu;
  GST_OBJECT_UNLOCK (element);
  if (!falls)
    return;
  GST_INFO_OBJECT (element, "falls back to the CPU: %s", error->message);
  gst_generative_announce_cpu (element, error);
}

void
gst_generative_playing_set_context (
    GstGenerativePlaying *playing, GstElement *element, GstContext *context)
{
  gst_generative_cuda_set_context (element, context, &playing->context);
}

gboolean
gst_generative_playing_answer (GstGenerativePlaying *playing, GstElement *element, GstQuery *query)
{
  g_autoptr (GstObject) context = NULL;

  if (GST_QUERY_TYPE (query) != GST_QUERY_CONTEXT)
    return FALSE;
  GST_OBJECT_LOCK (element);
  if (playing->context != NULL)
    context = gst_object_ref (playing->context);
  GST_OBJECT_UNLOCK (element);
  return gst_generative_cuda_answer (element, query, context);
}

/* --- memory --- */

gboolean
gst_generative_playing_on_device (const GstCaps *caps, guint i)
{
  return gst_generative_cuda_in_caps (caps, i);
}

gboolean
gst_generative_playing_next_takes_device (GstPad *pad)
{
  g_autoptr (GstCaps) caps = gst_pad_peer_query_caps (pad, NULL);

  for (guint i = 0; caps != NULL && i < gst_caps_get_size (caps); i++)
    if (gst_generative_playing_on_device (caps, i))
      return TRUE;
  return FALSE;
}

void
gst_generative_playing_fit_info (
    const GstGenerativePlaying *playing, const GstCaps *caps, GstVideoInfo *info)
{
  gst_generative_cuda_fit_info (playing->context, caps, info);
}

gboolean
gst_generative_frame_is_on_device (
    const GstGenerativePlaying *playing, const GenPlayer *player, GstBuffer *buffer)
{
  return gen_player_shares_context (player) &&
         gst_generative_cuda_has_memory (playing->context, buffer);
}

gboolean
gst_generative_frame_map (GstGenerativeFrame *frame, const GstGenerativePlaying *playing,
    const GenPlayer *player, const GstVideoInfo *info, GstBuffer *buffer, GstMapFlags flags)
{
  frame->is_sound = FALSE;
  frame->fence = NULL;
  frame->on_device = gst_generative_frame_is_on_device (playing, player, buffer);
  if (frame->on_device)
    return gst_generative_cuda_map (&frame->video, info, buffer, flags, &frame->fence);
  return gst_video_frame_map (&frame->video, (GstVideoInfo *)info, buffer, flags);
}

gboolean
gst_generative_sound_map (GstGenerativeFrame *frame, GstBuffer *buffer, GstMapFlags flags)
{
  frame->is_sound = TRUE;
  frame->fence = NULL;
  frame->on_device = FALSE;
  frame->buffer = buffer;
  return gst_buffer_map (buffer, &frame->map, flags);
}

void
gst_generative_frame_unmap (GstGenerativeFrame *frame)
{
  if (frame->is_sound)
    gst_buffer_unmap (frame->buffer, &frame->map);
  else
    gst_video_frame_unmap (&frame->video);
}

GenFrame
gst_generative_sound_part (const GstGenerativeFrame *frame, gsize offset)
{
  return (GenFrame){ .planes = { frame->map.data + offset } };
}

GenFrame
gst_generative_frame_part (
    const GstGenerativeFrame *frame, const GenFrameLayout *layout, int x, int y, int rows)
{
  GenFrame part = { .on_device = frame->on_device, .fence = frame->fence };

  for (int p = 0; p < gen_frame_layout_planes (layout); p++)
    part.planes[p] = gst_generative_frame_plane (&frame->video, layout, p, x, y, rows);
  return part;
}

gboolean
gst_generative_playing_decide_pool (const GstGenerativePlaying *playing, GstBaseTransform *base,
    GstQuery *query, const GstVideoInfo *info)
{
  GstCaps *caps;

  gst_query_parse_allocation (query, &caps, NULL);
  if (playing->context != NULL && gst_generative_playing_on_device (caps, 0))
    return gst_generative_cuda_decide_pool (playing->context, query);
  return gst_generative_decide_pool (base, query, info, playing->found);
}

gboolean
gst_generative_playing_propose_host (const GstGenerativePlaying *playing, GstQuery *query)
{
  GstCaps *caps;

  gst_query_parse_allocation (query, &caps, NULL);
  if (playing->found == &gen_device_cpu || caps == NULL ||
      gst_generative_playing_on_device (caps, 0))
    return FALSE;
  gst_generative_propose_allocator (query, playing->found);
  return TRUE;
}

void
gst_generative_playing_propose (const GstGenerativePlaying *playing, GstQuery *query)
{
  GstCaps *caps;

  gst_query_parse_allocation (query, &caps, NULL);
  if (playing->context != NULL && caps != NULL && gst_generative_playing_on_device (caps, 0))
    gst_generative_cuda_propose_pool (playing->context, query);
  else
    gst_generative_propose_allocator (query, playing->found);
}
