/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A model in words. */
#include <string.h>

#include "model-private.h"

/* A vector from this length on may well be a picture; shorter ones are latents more often. */
#define SMALLEST_SUPPOSED 256

static void
describe_sound (GString *text, const GenPort *port)
{
  g_string_append_printf (
      text, port->channels == 1 ? "sounds of 1 channel" : "sounds of %d channels", port->channels);
  if (port->length < 0)
    g_string_append (text, ", any number of samples long");
  else
    g_string_append_printf (text, ", %" G_GINT64_FORMAT " samples long", port->length);
  if (port->sample_rate > 0)
    g_string_append_printf (text, ", at %d Hz", port->sample_rate);
}

static void
describe_frames (GString *text, const GenPort *port, const char *colour)
{
  if (port->frames > 0)
    g_string_append_printf (text, "%d pictures in a row", port->frames);
  else
    g_string_append (text, "any number of pictures in a row");
  if (port->height > 0 && port->width > 0)
    g_string_append_printf (text, " of %d x %d pixels", port->width, port->height);
  g_string_append_printf (text, ", %s", colour);
}

static void
describe_port (GString *text, const GenPort *port)
{
  static const char *const colours[] = { "", "grey", "", "colour", "colour with alpha" };
  GenPort picture = *port;
  g_autofree char *shape = gen_shape_to_string (&port->shape);

  if (gen_port_is_empty (port)) {
    g_string_append_printf (
        text, "%s %s, which has an extent of 0", gen_data_type_name (port->type), shape);
    return;
  }
  if (port->kind == GEN_PORT_PICTURE && port->height > 0 && port->width > 0)
    g_string_append_printf (
        text, "pictures of %d x %d pixels, %s", port->width, port->height, colours[port->channels]);
  else if (port->kind == GEN_PORT_PICTURE)
    g_string_append_printf (text, "pictures of any size, %s", colours[port->channels]);
  else if (port->kind == GEN_PORT_FRAMES)
    describe_frames (text, port, colours[port->channels]);
  else if (port->kind == GEN_PORT_SOUND)
    describe_sound (text, port);
  else if (port->kind == GEN_PORT_SERIES)
    g_string_append_printf (text, "vectors of %d numbers, one after another", port->channels);
  else if (port->kind == GEN_PORT_TOKENS)
    g_string_append (text, "ids of symbols, any number of them");
  else if (port->kind == GEN_PORT_VECTOR && port->length == 1)
    g_string_append (text, "a score");
  else if (port->kind == GEN_PORT_VECTOR && port->length < 0)
    g_string_append (text, "vectors of any length");
  else if (port->kind == GEN_PORT_VECTOR)
    g_string_append_printf (text, "vectors of %" G_GINT64_FORMAT " numbers", port->length);
  else
    g_string_append_printf (text, "%s %s", gen_data_type_name (port->type), shape);
  if (port->kind != GEN_PORT_OTHER && port->type != GEN_TYPE_FLOAT32)
    g_string_append_printf (text, ", %s", gen_data_type_name (port->type));
  if (port->kind == GEN_PORT_VECTOR && port->length >= SMALLEST_SUPPOSED &&
      gen_port_make_picture (&picture, 0, 0))
    g_string_append_printf (text, " (perhaps pictures of %d x %d pixels, %s)", picture.width,
        picture.height, colours[picture.channels]);
}

/* What speaks takes text. */
static void
describe_voice (GString *text, const GenVoice *voice)
{
  if (voice == NULL)
    return;
  g_string_append_printf (
      text, ", which text becomes by %u symbols", gen_symbols_count (voice->symbols));
  if (voice->speakers > 1)
    g_string_append_printf (text, ", with %d speakers", voice->speakers);
}

/* Those of a part, with `before` in front: what flows by what it is, others by name. */
static void
describe_ports (GString *text, const GenPort *ports, guint n, GenPart part, const char *before)
{
  for (guint i = 0; i < n; i++) {
    if (ports[i].part != part)
      continue;
    g_string_append (text, before);
    if (part == GEN_PART_FLOW)
      describe_port (text, &ports[i]);
    else
      g_string_append (text, ports[i].name);
    before = " and ";
  }
}

char *
gen_model_describe (const GenModel *model)
{
  GString *text = g_string_new ("makes ");

  describe_ports (text, model->outputs, model->graph->outputs->len, GEN_PART_FLOW, "");
  if (text->len == strlen ("makes "))
    g_string_append (text, "nothing but what it remembers");
  g_string_append (text, " from ");
  describe_ports (text, model->inputs, model->graph->inputs->len, GEN_PART_FLOW, "");
  describe_voice (text, model->voice);
  describe_ports (text, model->inputs, model->graph->inputs->len, GEN_PART_PARAMETER, ", set by ");
  if (model->runs > 1 || model->sampler != &gen_sampler_once)
    g_string_append_printf (text, ", by %d run%s of sampler %s", model->runs,
        model->runs > 1 ? "s" : "", model->sampler->name);
  else
    describe_ports (
        text, model->inputs, model->graph->inputs->len, GEN_PART_STATE, ", remembering ");
  return g_string_free (text, FALSE);
}

char *
gen_model_describe_misdeclared (const GenModel *model)
{
  for (guint i = 0; !model->staged && i < model->graph->outputs->len; i++) {
    const GenPort *port = &model->outputs[i];
    const GenTensor *tensor = g_ptr_array_index (model->graph->outputs, i);
    g_autofree char *declared = gen_shape_to_string (&tensor->shape);
    g_autofree char *made = gen_shape_to_string (&port->shape);

    if (port->shape.rank >= 0 && !gen_shape_may_be (&tensor->shape, &port->shape))
      return g_strdup_printf ("%s: it declares its output '%s' as %s, and makes %s, which is what "
                              "is played",
          model->path != NULL ? model->path : "the model", port->name, declared, made);
  }
  return NULL;
}
