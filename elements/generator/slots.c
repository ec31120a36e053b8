/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "slots.h"

#include "../shared/debug.h"
#include "../shared/model-file.h"

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

void
gst_generator_slots_init (
    GstGeneratorSlots *slots, const GstGeneratorContext *context, guint capacity)
{
  *slots = (GstGeneratorSlots){
    .context = *context,
    .slots = g_new0 (GstGeneratorSlot, capacity),
    .capacity = capacity,
  };
}

void
gst_generator_slots_forget (GstGeneratorSlots *slots)
{
  for (guint i = 0; i < slots->capacity; i++) {
    gst_clear_buffer (&slots->slots[i].input);
    gst_clear_buffer (&slots->slots[i].output);
  }
  slots->n_gathered = slots->n_made = slots->n_given = 0;
  gst_generator_branches_forget (&slots->context.play->branches);
}

void
gst_generator_slots_clear (GstGeneratorSlots *slots)
{
  gst_generator_slots_forget (slots);
  g_clear_pointer (&slots->slots, g_free);
}

void
gst_generator_slots_gather (GstGeneratorSlots *slots, GstBuffer *input)
{
  slots->slots[slots->n_gathered++].input = input;
}

/* --- a run --- */

static gboolean
map_output (const GstGeneratorSlots *slots, GstGeneratorSlot *slot)
{
  GstGeneratorPlay *play = slots->context.play;

  if (!gst_generator_play_makes_frames (play))
    return gst_generative_sound_map (&slot->frame, slot->output, GST_MAP_WRITE);
  return gst_generative_frame_map (&slot->frame, &play->playing, play->player,
      &slots->context.format->out_info, slot->output, GST_MAP_WRITE);
}

/* FALSE when an error was posted. */
static gboolean
map_slot (const GstGeneratorSlots *slots, GstGeneratorSlot *slot)
{
  GstGeneratorPlay *play = slots->context.play;

  if (!gst_generator_map_input (&slot->mapped, slots->context.format, play, slot->input))
    return FALSE;
  if (map_output (slots, slot))
    return TRUE;
  gst_generator_unmap_input (&slot->mapped, play, slot->input);
  GST_ELEMENT_ERROR (
      play->base, RESOURCE, WRITE, ("The next element's buffer cannot be written"), (NULL));
  return FALSE;
}

static void
unmap (const GstGeneratorSlots *slots, guint n)
{
  for (guint i = 0; i < n; i++) {
    gst_generative_frame_unmap (&slots->slots[i].frame);
    gst_generator_unmap_input (&slots->slots[i].mapped, slots->context.play, slots->slots[i].input);
  }
}

/* For a player that fits how their frames lie. FALSE when an error was posted. */
static gboolean
map (const GstGeneratorSlots *slots)
{
  GstGeneratorPlay *play = slots->context.play;
  const gboolean on_device = gen_player_shares_context (play->player);
  gboolean good = TRUE;
  guint mapped = 0;

  while (mapped < slots->n_gathered && good) {
    GstGeneratorSlot *slot = &slots->slots[mapped];

    good = map_slot (slots, slot);
    if (!good)
      break;
    mapped++;
    good = gst_generator_follow_layouts (play, &slot->mapped, &slot->frame);
  }
  if (good && on_device == gen_player_shares_context (play->player))
    return TRUE;
  unmap (slots, mapped);
  /* The device has given way to the CPU, which cannot read what was mapped for it. */
  return good && map (slots);
}

typedef struct {
  GstGeneratorSlots *slots;
  const GstGeneratorSlotsClass *class;
  gpointer mode;
} Run;

static gboolean
run_mapped (gpointer data, GError **error)
{
  const Run *run = data;
  GstClockTime start;
  gboolean good;

  if (!map (run->slots))
    return FALSE;
  start = gst_util_get_timestamp ();
  good = run->class->run (run->mode, error);
  unmap (run->slots, run->slots->n_gathered);
  gst_generator_lateness_note_run (run->slots->context.lateness, start);
  return good;
}

static GstFlowReturn
make (Run *run)
{
  GstGeneratorSlots *slots = run->slots;
  GstGeneratorPlay *play = slots->context.play;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < slots->n_gathered; i++) {
    const GstFlowReturn flow = run->class->allocate (run->mode, &slots->slots[i]);

    if (flow != GST_FLOW_OK)
      return flow;
  }
  if (gen_player_use (play->player) == NULL)
    return GST_FLOW_NOT_NEGOTIATED;
  if (gst_generator_play_run (play, run_mapped, run, &error))
    return GST_FLOW_OK;
  /* Nobody wants it any more. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return GST_FLOW_FLUSHING;
  if (error != NULL)
    gst_generative_post_error (GST_ELEMENT (play->base), error);
  return GST_FLOW_ERROR;
}

GstFlowReturn
gst_generator_slots_make (
    GstGeneratorSlots *slots, const GstGeneratorSlotsClass *class, gpointer mode)
{
  const gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  const guint n = slots->n_gathered;
  Run run = { slots, class, mode };
  const GstFlowReturn flow = make (&run);

  if (flow != GST_FLOW_OK) {
    gst_generator_slots_forget (slots);
    return flow;
  }
  for (guint i = 0; i < n; i++) {
    GST_LOG_OBJECT (slots->context.play->base,
        GST_GENERATIVE_FRAME_FORMAT ": made, in a run of %u frames that took %.3f ms",
        GST_GENERATIVE_FRAME_ARGS (slots->slots[i].input), n, gst_generative_since (began));
    gst_clear_buffer (&slots->slots[i].input);
  }
  slots->n_gathered = slots->n_given = 0;
  slots->n_made = n;
  return GST_FLOW_OK;
}

/* --- what is made --- */

GstBuffer *
gst_generator_slots_take (GstGeneratorSlots *slots)
{
  if (slots->n_given == slots->n_made)
    return NULL;
  return g_steal_pointer (&slots->slots[slots->n_given++].output);
}

GstFlowReturn
gst_generator_slots_push (GstGeneratorSlots *slots)
{
  GstFlowReturn flow = GST_FLOW_OK;
  GstBuffer *made;

  while (flow == GST_FLOW_OK && (made = gst_generator_slots_take (slots)) != NULL)
    flow = gst_generator_play_push (slots->context.play, made);
  return flow;
}
