/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether two uses of a model come to the same. */
#include <generative/player.h>

#include <string.h>

gboolean
gen_frame_layout_equal (const GenFrameLayout *a, const GenFrameLayout *b)
{
  return a->columns == b->columns && a->bytes == b->bytes && a->planar == b->planar &&
         a->stride == b->stride && a->upward == b->upward && a->studio_range == b->studio_range &&
         a->ycbcr == b->ycbcr && a->full_range == b->full_range && a->luma[0] == b->luma[0] &&
         a->luma[1] == b->luma[1] && a->sited_x == b->sited_x && a->sited_y == b->sited_y &&
         a->chroma_stride == b->chroma_stride && a->n_order == b->n_order &&
         memcmp (a->order, b->order, sizeof a->order) == 0;
}

static gboolean
ports_equal (const GenPort *a, const GenPort *b)
{
  return g_strcmp0 (a->name, b->name) == 0 && a->kind == b->kind && a->type == b->type &&
         a->batch == b->batch && a->length == b->length && a->frames == b->frames &&
         a->channels == b->channels && a->height == b->height && a->width == b->width &&
         a->channels_last == b->channels_last && a->bgr == b->bgr &&
         memcmp (a->mean, b->mean, sizeof a->mean) == 0 && a->classes == b->classes &&
         memcmp (a->std, b->std, sizeof a->std) == 0;
}

static gboolean
sides_equal (const GenModelSide *a, const GenModelSide *b, guint n)
{
  for (guint i = 0; i < n; i++)
    if (!ports_equal (&a[i].port, &b[i].port) || a[i].in_frames != b[i].in_frames ||
        (a[i].in_frames && !gen_frame_layout_equal (&a[i].layout, &b[i].layout)))
      return FALSE;
  return TRUE;
}

static gboolean
sound_layouts_equal (const GenSoundLayout *a, const GenSoundLayout *b)
{
  return a->int16 == b->int16 && a->skip == b->skip && a->keep == b->keep;
}

gboolean
gen_model_use_equal (const GenModelUse *a, const GenModelUse *b)
{
  return ports_equal (&a->input, &b->input) && ports_equal (&a->output, &b->output) &&
         ports_equal (&a->mask, &b->mask) && a->n_inputs == b->n_inputs &&
         a->n_outputs == b->n_outputs && sides_equal (a->inputs, b->inputs, a->n_inputs) &&
         sides_equal (a->outputs, b->outputs, a->n_outputs) && a->frames == b->frames &&
         a->window == b->window && MAX (a->made, 1) == MAX (b->made, 1) &&
         a->pictures == b->pictures && a->height == b->height && a->width == b->width &&
         a->padding.height == b->padding.height && a->padding.width == b->padding.width &&
         a->from_frames == b->from_frames && a->to_frames == b->to_frames &&
         a->in_parts == b->in_parts && a->luma == b->luma &&
         (!a->from_frames || gen_frame_layout_equal (&a->from, &b->from)) &&
         (!a->to_frames || gen_frame_layout_equal (&a->to, &b->to)) && a->length == b->length &&
         sound_layouts_equal (&a->from_sound, &b->from_sound) &&
         sound_layouts_equal (&a->to_sound, &b->to_sound);
}
