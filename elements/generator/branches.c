/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "branches.h"

#include "outputs.h"

#include "../shared/frames.h"
#include "../shared/origin-meta.h"
#include "../shared/passing.h"
#include "../shared/tensors.h"

#include <string.h>

/* Kernels want numbers aligned. */
#define ALIGNMENT 63

GStrv
gst_generator_list_pads (GstElement *element, const char *prefix)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  for (GList *item = element->pads; item != NULL; item = item->next) {
    const char *name = GST_OBJECT_NAME (item->data);

    if (g_str_has_prefix (name, prefix))
      g_strv_builder_add (names, name + strlen (prefix));
  }
  return g_strv_builder_end (names);
}

void
gst_generator_branches_begin (
    GstGeneratorBranches *branches, GstElement *element, const GstGeneratorPorts *ports)
{
  g_autoptr (GstPad) main = gst_element_get_static_pad (element, "src");

  *branches = (GstGeneratorBranches){ .element = element, .combiner = gst_flow_combiner_new () };
  gst_flow_combiner_add_pad (branches->combiner, main);
  for (guint k = 0; k < ports->n_further; k++) {
    g_autofree char *name = g_strconcat (GST_GENERATOR_SRC_PREFIX, ports->further[k].name, NULL);
    g_autoptr (GstPad) pad = gst_element_get_static_pad (element, name);

    if (pad == NULL)
      continue;
    gst_flow_combiner_add_pad (branches->combiner, pad);
    branches->branches[branches->n] = (GstGeneratorBranch){ .pad = g_steal_pointer (&pad),
      .making = g_new0 (GstGeneratorMaking, GST_GENERATOR_MAX_BATCH) };
    g_queue_init (&branches->branches[branches->n++].waiting);
  }
}

static void
drop (GstGeneratorMaking *making)
{
  if (making->buffer != NULL)
    gst_generative_frame_unmap (&making->frame);
  gst_clear_buffer (&making->buffer);
}

void
gst_generator_branches_forget (GstGeneratorBranches *branches)
{
  for (guint k = 0; k < branches->n; k++) {
    for (guint i = 0; i < GST_GENERATOR_MAX_BATCH; i++)
      drop (&branches->branches[k].making[i]);
    g_queue_clear_full (&branches->branches[k].waiting, (GDestroyNotify)gst_buffer_unref);
  }
}

/* What is still on its way comes back to be freed. */
static void
close_pool (GstGeneratorBranch *branch)
{
  if (branch->pool != NULL)
    gst_buffer_pool_set_active (branch->pool, FALSE);
  gst_clear_object (&branch->pool);
}

void
gst_generator_branches_end (GstGeneratorBranches *branches)
{
  gst_generator_branches_forget (branches);
  for (guint k = 0; k < branches->n; k++) {
    close_pool (&branches->branches[k]);
    gst_clear_object (&branches->branches[k].pad);
    g_clear_pointer (&branches->branches[k].making, g_free);
  }
  branches->n = 0;
  g_clear_pointer (&branches->combiner, gst_flow_combiner_free);
}

/* --- caps --- */

/* Of `parts`, which are written one by one, none shares its chroma with another. */
static GstStructure *
describe_frames (const GstGeneratorPorts *ports, const GstStructure *sink, int channels, int height,
    int width, gboolean parts)
{
  GstStructure *structure = gst_structure_new (
      "video/x-raw", "width", G_TYPE_INT, width, "height", G_TYPE_INT, height, NULL);

  if (ports->input.kind == GEN_PORT_PICTURE)
    gst_generative_pass_fields (sink, GST_PAD_SINK, structure);
  else if (gst_structure_has_field (sink, "framerate"))
    gst_structure_set_value (structure, "framerate", gst_structure_get_value (sink, "framerate"));
  gst_generative_formats_set (structure, channels, FALSE, FALSE, !parts);
  return structure;
}

/* What can be made of `port`: frames, where it is a picture, or its numbers. (transfer full) */
static GstCaps *
list_caps (const GstGeneratorPorts *ports, const GenPort *port, const GenShape *numbers,
    const GstStructure *sink)
{
  const GstGenerativeTensors tensors = { .n = 1, .types = { port->type }, .shapes = { *numbers } };
  GstStructure *structure = gst_generative_tensors_to_structure (&tensors);
  GstCaps *caps = gst_caps_new_empty ();

  if (gst_structure_has_field (sink, "framerate"))
    gst_structure_set_value (structure, "framerate", gst_structure_get_value (sink, "framerate"));
  if (port->kind == GEN_PORT_PICTURE)
    gst_caps_append_structure (
        caps, describe_frames (ports, sink, port->channels, port->height, port->width, FALSE));
  gst_caps_append_structure (caps, structure);
  return caps;
}

/* What frames are made of: NULL, where that is no picture. */
static const GstVideoInfo *
read_source (const GstGeneratorPorts *ports, GstCaps *sink, GstVideoInfo *info)
{
  return ports->input.kind == GEN_PORT_PICTURE && gst_video_info_from_caps (info, sink) ? info
                                                                                        : NULL;
}

static gboolean
fix_caps (GstGeneratorBranch *branch, GstCaps *made, const GstVideoInfo *made_of, GstCaps **caps,
    GError **error)
{
  *caps = gst_pad_peer_query_caps (branch->pad, made);
  if (*caps == NULL || gst_caps_is_empty (*caps)) {
    g_autofree char *text = gst_caps_to_string (made);

    gst_clear_caps (caps);
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "what is behind pad %s does not take what the model makes there, %s",
        GST_PAD_NAME (branch->pad), text);
    return FALSE;
  }
  *caps = gst_generative_prefer_whole_chroma (*caps);
  if (gst_structure_has_name (gst_caps_get_structure (*caps, 0), "video/x-raw"))
    *caps = gst_generative_describe_picture (*caps, made_of);
  *caps = gst_caps_fixate (*caps);
  return TRUE;
}

static gsize
size_of (const GstGeneratorBranch *branch)
{
  return branch->in_frames ? GST_VIDEO_INFO_SIZE (&branch->info) : branch->size;
}

static gboolean
fail_memory (const GstGeneratorBranch *branch, GError **error)
{
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT,
      "there is no memory for a buffer of %" G_GSIZE_FORMAT " bytes for pad %s", size_of (branch),
      GST_PAD_NAME (branch->pad));
  return FALSE;
}

/* Buffers that come back are used again; they lie as caps say. */
static gboolean
open_pool (GstGeneratorBranch *branch, GstCaps *caps, GError **error)
{
  GstAllocationParams params = { .align = ALIGNMENT };
  GstStructure *config;

  close_pool (branch);
  branch->pool = gst_buffer_pool_new ();
  config = gst_buffer_pool_get_config (branch->pool);
  gst_buffer_pool_config_set_params (config, caps, (guint)size_of (branch), 0, 0);
  gst_buffer_pool_config_set_allocator (config, NULL, &params);
  return (size_of (branch) <= G_MAXUINT && gst_buffer_pool_set_config (branch->pool, config) &&
             gst_buffer_pool_set_active (branch->pool, TRUE)) ||
         fail_memory (branch, error);
}

/* Buffers are to be as `caps` say from now on. */
static gboolean
set_caps (GstGeneratorBranch *branch, GstCaps *caps, GenModelSide *side, GError **error)
{
  if (branch->in_frames &&
      (!gst_video_info_from_caps (&branch->info, caps) ||
          !gst_generative_layout (&branch->info, side->port.channels, 1, FALSE, &side->layout))) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "the frames of pad %s cannot be written", GST_PAD_NAME (branch->pad));
    return FALSE;
  }
  if (!open_pool (branch, caps, error))
    return FALSE;
  gst_pad_push_event (branch->pad, gst_event_new_caps (caps));
  return TRUE;
}

static gboolean
negotiate_branch (GstGeneratorBranch *branch, const GstGeneratorPorts *ports,
    const GstGeneratorInput *input, GstCaps *sink, const GenModelUse *use, GenModelSide *side,
    GError **error)
{
  g_autoptr (GstCaps) made = NULL, caps = NULL;
  GenPort *port = &side->port;
  GstVideoInfo info;
  GenShape numbers;

  if (!gst_generator_numbers_shape (ports, port, input, &numbers, error) ||
      !gst_generator_check_rows (ports, port, use, &numbers, error) ||
      (port->kind == GEN_PORT_PICTURE &&
          !gst_generator_picture_size (ports, port, input, &port->height, &port->width, error)))
    return FALSE;
  made = list_caps (ports, port, &numbers, gst_caps_get_structure (sink, 0));
  if (!fix_caps (branch, made, read_source (ports, sink, &info), &caps, error))
    return FALSE;
  branch->in_frames = side->in_frames =
      gst_structure_has_name (gst_caps_get_structure (caps, 0), "video/x-raw");
  branch->size = (gsize)gen_shape_elements (&numbers) * gen_data_type_size (port->type);
  return set_caps (branch, caps, side, error);
}

gboolean
gst_generator_branches_negotiate (GstGeneratorBranches *branches, const GstGeneratorPorts *ports,
    const GstGeneratorInput *input, GstCaps *caps, GenModelUse *use, GError **error)
{
  use->n_outputs = branches->n;
  if (branches->n > 0 && input->pictures > 1) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "%d latents come in a buffer, which make a wall; pads of further outputs want them one by "
        "one",
        input->pictures);
    return FALSE;
  }
  for (guint k = 0; k < branches->n; k++) {
    use->outputs[k] = (GenModelSide){ .port = ports->further[k] };
    if (!negotiate_branch (
            &branches->branches[k], ports, input, caps, use, &use->outputs[k], error))
      return FALSE;
  }
  return TRUE;
}

gboolean
gst_generator_branches_negotiate_tiles (GstGeneratorBranches *branches,
    const GstGeneratorPorts *ports, GstCaps *caps, int height, int width, GenModelUse *use,
    GError **error)
{
  use->n_outputs = branches->n;
  for (guint k = 0; k < branches->n; k++) {
    GstGeneratorBranch *branch = &branches->branches[k];
    GenModelSide *side = &use->outputs[k];
    g_autoptr (GstCaps) made = gst_caps_new_empty (), fixed = NULL;
    GstVideoInfo info;

    *side = (GenModelSide){ .port = ports->further[k], .in_frames = TRUE };
    side->port.height = use->output.height;
    side->port.width = use->output.width;
    gst_caps_append_structure (made, describe_frames (ports, gst_caps_get_structure (caps, 0),
                                         side->port.channels, height, width, TRUE));
    branch->in_frames = TRUE;
    if (!fix_caps (branch, made, read_source (ports, caps, &info), &fixed, error) ||
        !set_caps (branch, fixed, side, error))
      return FALSE;
  }
  return TRUE;
}

/* --- a run --- */

static gboolean
map (const GstGeneratorBranch *branch, GstGeneratorMaking *making)
{
  making->frame = (GstGenerativeFrame){ 0 };
  if (branch->in_frames)
    return gst_video_frame_map (&making->frame.video, &branch->info, making->buffer, GST_MAP_WRITE);
  return gst_generative_sound_map (&making->frame, making->buffer, GST_MAP_WRITE);
}

/* Whether numbers of all frames of a run come in one piece. */
static gboolean
is_shared (const GstGeneratorBranch *branch, GenPlayer *player)
{
  return !branch->in_frames && gen_player_use (player)->frames > 1;
}

/* Frames lie as caps say, since their memory is our own. */
static void
bind (const GstGeneratorBranch *branch, GenPlayer *player, guint k, guint i)
{
  const GstGenerativeFrame *made = &branch->making[i].frame;
  GenFrame frame;

  if (is_shared (branch, player)) {
    gen_player_bind_side_output (player, k, 0, NULL);
    return;
  }
  frame = branch->in_frames
              ? gst_generative_frame_part (made, &gen_player_use (player)->outputs[k].layout, 0, 0,
                    GST_VIDEO_INFO_HEIGHT (&branch->info))
              : gst_generative_sound_part (made, 0);
  gen_player_bind_side_output (player, k, i, &frame);
}

/* Memory for what is to be made, mapped. */
static gboolean
open_making (const GstGeneratorBranch *branch, GstGeneratorMaking *making, GError **error)
{
  drop (making);
  if (gst_buffer_pool_acquire_buffer (branch->pool, &making->buffer, NULL) == GST_FLOW_OK &&
      map (branch, making))
    return TRUE;
  gst_clear_buffer (&making->buffer);
  return fail_memory (branch, error);
}

gboolean
gst_generator_branches_bind (
    GstGeneratorBranches *branches, GenPlayer *player, guint i, GError **error)
{
  for (guint k = 0; k < branches->n; k++) {
    const GstGeneratorBranch *branch = &branches->branches[k];

    if (!open_making (branch, &branch->making[i], error))
      return FALSE;
    bind (branch, player, k, i);
  }
  return TRUE;
}

gboolean
gst_generator_branches_open (GstGeneratorBranches *branches, GError **error)
{
  for (guint k = 0; k < branches->n; k++)
    if (!open_making (&branches->branches[k], &branches->branches[k].making[0], error))
      return FALSE;
  return TRUE;
}

void
gst_generator_branches_bind_tile (
    GstGeneratorBranches *branches, GenPlayer *player, guint i, int x, int y, int rows)
{
  for (guint k = 0; k < branches->n; k++) {
    const GenFrame part = gst_generative_frame_part (&branches->branches[k].making[0].frame,
        &gen_player_use (player)->outputs[k].layout, x, y, rows);

    gen_player_bind_side_output (player, k, i, &part);
  }
}

void
gst_generator_branches_bind_nothing (GstGeneratorBranches *branches, GenPlayer *player, guint i)
{
  for (guint k = 0; k < branches->n; k++)
    gen_player_bind_side_output (player, k, i, NULL);
}

typedef struct {
  GstBuffer *made;
  const GstVideoInfo *from, *to;
} Passing;

static gboolean
pass_meta (GstBuffer *input, GstMeta **meta, gpointer data)
{
  const Passing *passing = data;
  GstMetaTransformCopy copy = { FALSE, 0, (gsize)-1 };

  if (gst_generative_pass_meta (*meta, input, passing->from, passing->made, passing->to) &&
      (*meta)->info->transform_func != NULL)
    (*meta)->info->transform_func (passing->made, *meta, input, _gst_meta_transform_copy, &copy);
  return TRUE;
}

void
gst_generator_branches_take (GstGeneratorBranches *branches, GenPlayer *player, guint i,
    GstBuffer *input, const GstVideoInfo *info)
{
  for (guint k = 0; k < branches->n; k++) {
    GstGeneratorBranch *branch = &branches->branches[k];
    GstGeneratorMaking *making = &branch->making[i];
    Passing passing = { making->buffer, info, branch->in_frames ? &branch->info : info };

    if (is_shared (branch, player))
      memcpy (making->frame.map.data,
          (const guint8 *)gen_player_side_output (player, k)->data + i * branch->size,
          branch->size);
    gst_generative_frame_unmap (&making->frame);
    gst_buffer_copy_into (
        making->buffer, input, GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
    if (info != NULL)
      gst_buffer_foreach_meta (input, pass_meta, &passing);
    g_queue_push_tail (&branch->waiting, g_steal_pointer (&making->buffer));
  }
}

/* --- pads --- */

/* Somebody may release a pad while it is pushed on: then nothing is wanted there any more. */
static GstFlowReturn
push_branch (GstPad *pad, GstBuffer *buffer)
{
  const GstFlowReturn flow = gst_pad_push (pad, buffer);

  return GST_OBJECT_FLAG_IS_SET (pad, GST_GENERATOR_PAD_RELEASED) ? GST_FLOW_NOT_LINKED : flow;
}

/* What is made beside `buffer` is made of the same, by the same. */
static void
mark_waiting (const GstGeneratorBranches *branches, GstBuffer *buffer)
{
  for (guint k = 0; k < branches->n; k++) {
    GstBuffer *made = g_queue_peek_head ((GQueue *)&branches->branches[k].waiting);

    if (made != NULL)
      gst_generative_origin_copy (buffer, made);
  }
}

GstFlowReturn
gst_generator_branches_push (GstGeneratorBranches *branches, GstPad *pad, GstBuffer *buffer)
{
  GstFlowReturn flow;

  if (branches->n == 0)
    return gst_pad_push (pad, buffer);
  mark_waiting (branches, buffer);
  flow = gst_flow_combiner_update_pad_flow (branches->combiner, pad, gst_pad_push (pad, buffer));
  for (guint k = 0; k < branches->n; k++) {
    GstGeneratorBranch *branch = &branches->branches[k];
    GstBuffer *made = g_queue_pop_head (&branch->waiting);

    if (made != NULL)
      flow = gst_flow_combiner_update_pad_flow (
          branches->combiner, branch->pad, push_branch (branch->pad, made));
  }
  return flow;
}

static void
forward (GstPad *pad, GstElement *element, GstEvent *event)
{
  g_autofree char *id = NULL;
  GstEvent *start;
  guint group;

  if (GST_EVENT_TYPE (event) != GST_EVENT_STREAM_START) {
    gst_pad_push_event (pad, gst_event_ref (event));
    return;
  }
  id = gst_pad_create_stream_id (pad, element, GST_PAD_NAME (pad));
  start = gst_event_new_stream_start (id);
  if (gst_event_parse_group_id (event, &group))
    gst_event_set_group_id (start, group);
  gst_pad_push_event (pad, start);
}

void
gst_generator_branches_forward (GstGeneratorBranches *branches, GstEvent *event)
{
  /* Each has its own. */
  if (branches->n == 0 || GST_EVENT_TYPE (event) == GST_EVENT_CAPS)
    return;
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP) {
    gst_generator_branches_forget (branches);
    gst_flow_combiner_reset (branches->combiner);
  }
  for (guint k = 0; k < branches->n; k++)
    forward (branches->branches[k].pad, branches->element, event);
}
