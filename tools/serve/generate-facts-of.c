/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate-facts-of.h"

#include "../../lib/medium/symbols-private.h"

#include <string.h>

#include "encode.h"

/* The names of parameters of voices as Piper has them (model.h, GenVoice): alone, or the second one
 * of three scales. */
#define SPEAKER "sid"
#define LENGTH "length_scale"
#define SCALES "scales"
#define LENGTH_OF_SCALES 1
#define N_SCALES 3

static void
add_parameters (GenServeFacts *facts, const GenModel *model)
{
  for (guint i = 0; i < model->graph->inputs->len; i++) {
    const GenNumbers *numbers = model->parameters[i];

    if (model->inputs[i].part == GEN_PART_PARAMETER && numbers != NULL)
      gen_serve_facts_add_parameter (facts, model->inputs[i].name, numbers->values, numbers->n);
  }
}

static void
add_voice (GenServeFacts *facts, const GenModel *model)
{
  const GenServeParameter *scales = gen_serve_facts_find_parameter (facts, SCALES);

  facts->speakers = model->voice->speakers;
  facts->text_pattern = gen_symbols_pattern (model->voice->symbols);
  if (gen_serve_facts_find_parameter (facts, SPEAKER) != NULL)
    facts->speaker_parameter = g_strdup (SPEAKER);
  if (gen_serve_facts_find_parameter (facts, LENGTH) != NULL) {
    facts->length_parameter = g_strdup (LENGTH);
  } else if (scales != NULL && scales->n == N_SCALES) {
    facts->length_parameter = g_strdup (SCALES);
    facts->length_place = LENGTH_OF_SCALES;
  }
}

/* The input that is told a class, where it says of how many. */
static guint
count_choices (const GenModel *model)
{
  for (guint i = 0; i < model->graph->inputs->len; i++) {
    const GenPort *port = &model->inputs[i];

    if (port->part == GEN_PART_FLOW && port->choices > 0)
      return (guint)MIN (port->choices, G_MAXINT32);
  }
  return 0;
}

static void
add_second (GenServeFacts *facts, const GenModel *model, const GstGenerativeTensors *tensors)
{
  g_auto (GStrv) names = gen_model_get_class_names (model->graph);
  const gboolean is_float = tensors->types[1] == GEN_TYPE_FLOAT32;
  guint n;

  if (tensors->n < 2)
    return;
  n = names != NULL ? g_strv_length (names) : 0;
  facts->second = (gsize)gen_shape_elements (&tensors->shapes[1]);
  facts->second_kind = is_float ? GEN_SERVE_SECOND_NUMBERS : GEN_SERVE_SECOND_INDEX;
  facts->classes = is_float ? (guint)facts->second : MAX (count_choices (model), n);
  if (n > 0 && n <= facts->classes)
    facts->class_names = g_steal_pointer (&names);
}

static const GenMedium *
medium_of (const GstStructure *made)
{
  if (gst_structure_has_name (made, "video/x-raw"))
    return &gen_medium_picture;
  return gst_structure_has_name (made, "audio/x-raw") ? &gen_medium_sound : &gen_medium_vector;
}

GenServeFacts *
serve_facts_of (const char *name, const GenModel *model, ServePlayer *player, GError **error)
{
  const ServePlayerInput *input = serve_player_input (player);
  g_autoptr (GenServeFacts) facts = gen_serve_facts_new (name);
  g_autoptr (GstCaps) made = serve_player_output (player);
  const GstStructure *first = gst_caps_get_structure (made, 0);

  facts->description = gen_model_describe (model);
  facts->takes = input->text ? GEN_SERVE_TAKES_TEXT : GEN_SERVE_TAKES_LATENT;
  facts->makes = medium_of (first);
  facts->formats = serve_encoder_formats (facts->makes);
  facts->rate_numerator = input->rate_numerator;
  facts->rate_denominator = input->rate_denominator;
  gst_structure_get_int (first, "width", &facts->width);
  gst_structure_get_int (first, "height", &facts->height);
  add_parameters (facts, model);
  if (input->text) {
    add_voice (facts, model);
  } else {
    facts->latent = (gsize)gen_shape_elements (&input->latents.shapes[0]);
    add_second (facts, model, &input->latents);
  }
  return g_steal_pointer (&facts);
}
