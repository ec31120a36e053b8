/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What plays a model: which of its ports, with which settings, on which device. */
#include "generator.h"

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

void
gst_generator_successor_free (Successor *successor)
{
  if (successor == NULL)
    return;
  g_clear_pointer (&successor->player, gen_player_free);
  g_free (successor);
}

Successor *
gst_generator_take_next (GstGenerator *self)
{
  Successor *next = g_atomic_pointer_get (&self->next);

  while (next != NULL && !g_atomic_pointer_compare_and_exchange (&self->next, next, NULL))
    next = g_atomic_pointer_get (&self->next);
  return next;
}

gboolean
gst_generator_find_ports (
    GstGenerator *self, GenModel *model, GstGeneratorPorts *ports, GError **error)
{
  g_autofree char *input_range = NULL, *output_range = NULL;
  GstGeneratorHints hints;

  GST_OBJECT_LOCK (self);
  input_range = g_strdup (self->settings.input_range);
  output_range = g_strdup (self->settings.output_range);
  hints = self->settings.hints;
  ports->columns = (int)self->settings.columns;
  GST_OBJECT_UNLOCK (self);
  return gst_generator_choose_ports (ports, model, &hints, error) &&
         gst_generative_override_range (&ports->input, "input-range", input_range, error) &&
         gst_generative_override_range (&ports->output, "output-range", output_range, error);
}

static void
warn_of_overlap (GstGenerator *self, const GstGeneratorPorts *ports)
{
  g_autoptr (GError) reason = NULL;
  GenContext context;

  gen_model_find_context (ports->model, &ports->input, &ports->output, &context, &reason);
  GST_ELEMENT_WARNING (self, STREAM, FORMAT,
      ("%s: %s, and so pieces of it, which overlap by half, do not come out as the whole would. "
       "Properties chunk-size, overlap and context say how long they are, how much they overlap, "
       "and how much around them is to be enough",
          ports->model->path, reason->message),
      (NULL));
}

void
gst_generator_warn_of_ranges (GstGenerator *self, const GstGeneratorPorts *ports)
{
  GstElement *element = GST_ELEMENT (self);

  if (ports->input.kind == GEN_PORT_PICTURE)
    gst_generative_warn_of_range (element, ports->model, &ports->input, FALSE, "input-range");
  if (ports->endless && ports->overlap < 0)
    warn_of_overlap (self, ports);
  if (ports->output.kind == GEN_PORT_SOUND)
    gst_generator_warn_of_sample_rate (self, ports);
  else if (ports->output.kind == GEN_PORT_PICTURE)
    gst_generative_warn_of_range (element, ports->model, &ports->output, TRUE, "output-range");
}

GenPlayer *
gst_generator_player_new (GstGenerator *self, GenModel *model)
{
  const GenPlayerOptions options =
      gst_generative_playing_options (&self->playing, GST_ELEMENT (self));

  return gen_player_new (model, &options);
}

/* Once the CPU plays, frames are better the system's. */
static void
follow_device (GstGenerator *self)
{
  GST_OBJECT_LOCK (self);
  self->ports.prefers_device &= gst_generative_playing_has_device (&self->playing);
  GST_OBJECT_UNLOCK (self);
}

gboolean
gst_generator_prepare (
    GstGenerator *self, GenPlayer *player, const GenModelUse *use, GError **error)
{
  g_autofree char *what = g_strdup_printf ("%d frames of %d pictures", use->frames, use->pictures);
  gboolean prepared = gst_generative_playing_prepare (
      &self->playing, GST_ELEMENT (self), GST_CAT_DEFAULT, player, use, what, error);

  follow_device (self);
  return prepared;
}

gboolean
gst_generator_compile (GstGenerator *self, const GenModelUse *use, GError **error)
{
  if (!gst_generator_prepare (self, self->player, use, error))
    return FALSE;
  GST_OBJECT_LOCK (self);
  self->use = *gen_player_use (self->player);
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

gboolean
gst_generator_fall_back (GstGenerator *self, const GError *error)
{
  if (!gen_player_fall_back (self->player, error))
    return FALSE;
  gst_generative_playing_fall_back (&self->playing, GST_ELEMENT (self), error);
  follow_device (self);
  return TRUE;
}

GenModelUse
gst_generator_use_of (const GenModelUse *use, const GstGeneratorPorts *ports, guint batch)
{
  GenModelUse changed = *use;

  changed.input = ports->input;
  changed.output = ports->output;
  changed.output.height = use->output.height;
  changed.output.width = use->output.width;
  if (use->frames > 0)
    changed.frames = ports->input.batch == 1 ? 1 : (int)batch;
  return changed;
}
