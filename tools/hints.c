/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hints.h"

#include <string.h>

void
hints_clear (Hints *hints)
{
  g_clear_pointer (&hints->states, g_free);
  g_clear_pointer (&hints->parameters, g_free);
  g_clear_pointer (&hints->shapes, g_free);
  g_clear_pointer (&hints->spectrum, g_free);
  g_clear_pointer (&hints->chain, g_free);
  g_clear_pointer (&hints->input_range, g_free);
  g_clear_pointer (&hints->output_range, g_free);
  g_clear_pointer (&hints->outputs, g_free);
  g_clear_pointer (&hints->inputs, g_free);
}

/* The library names what its elements have. */
static void
name_options (GError *error)
{
  g_auto (GStrv) parts = g_strsplit (error->message, "property ", -1);

  g_free (error->message);
  error->message = g_strjoinv ("--", parts);
}

/* --- what is said of ports --- */

/* Let those of `ports` that flow, of `kind`, be sounds, where they are long enough; whether there
 * are some. */
static gboolean
make_sounds (GenPort *ports, guint n, GenPortKind kind, int rate)
{
  gboolean some = FALSE;

  for (guint i = 0; i < n; i++)
    if (ports[i].part == GEN_PART_FLOW && ports[i].kind == kind &&
        (kind == GEN_PORT_SOUND || ports[i].length >= GEN_PORT_SMALLEST_RATED_SOUND))
      some |= gen_port_make_sound (&ports[i], rate);
  return some;
}

/* As generator and discriminator have it: what is sound, or else rows that it makes or takes. */
static gboolean
say_rate (const Hints *hints, GenModel *model, GError **error)
{
  const guint n_inputs = model->graph->inputs->len, n_outputs = model->graph->outputs->len;
  const int rate = hints->sample_rate;
  gboolean takes, makes;

  if (rate == 0)
    return TRUE;
  if (!gen_model_make_sound (model, rate, error))
    return FALSE;
  takes = make_sounds (model->inputs, n_inputs, GEN_PORT_SOUND, rate);
  makes = make_sounds (model->outputs, n_outputs, GEN_PORT_SOUND, rate);
  if (!takes && !makes && !make_sounds (model->outputs, n_outputs, GEN_PORT_VECTOR, rate))
    make_sounds (model->inputs, n_inputs, GEN_PORT_VECTOR, rate);
  if (model->spectra != NULL)
    model->spectra->rate_assumed = FALSE;
  return TRUE;
}

static gboolean
has_range (const GenPort *port)
{
  return port->part == GEN_PART_FLOW &&
         (port->kind == GEN_PORT_PICTURE || port->kind == GEN_PORT_FRAMES ||
             port->kind == GEN_PORT_SOUND);
}

/* The first one that has a range, of as many channels as `like` where there is such, or NULL. */
static GenPort *
find_ranged (GenPort *ports, guint n, const GenPort *like)
{
  GenPort *first = NULL;

  for (guint i = 0; i < n; i++) {
    if (!has_range (&ports[i]))
      continue;
    if (like == NULL || ports[i].channels == like->channels)
      return &ports[i];
    if (first == NULL)
      first = &ports[i];
  }
  return first;
}

static gboolean
say_range (GenPort *port, const char *option, const char *text, GError **error)
{
  GenPort read;

  if (text == NULL)
    return TRUE;
  if (port == NULL) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--%s is of pictures and sounds, and the model has none there", option);
    return FALSE;
  }
  read = *port;
  if (port->kind == GEN_PORT_FRAMES)
    read.kind = GEN_PORT_PICTURE;
  if (!gen_port_read_range (&read, text, error)) {
    g_prefix_error (error, "--%s is ", option);
    return FALSE;
  }
  read.kind = port->kind;
  *port = read;
  return TRUE;
}

/* Of what is played, as generator has it: of all frames that follow each other. */
static gboolean
say_ranges (const Hints *hints, GenModel *model, GError **error)
{
  const guint n = model->graph->inputs->len;
  GenPort *input = find_ranged (model->inputs, n, NULL);
  GenPort *output = find_ranged (model->outputs, model->graph->outputs->len, input);

  if (!say_range (input, "input-range", hints->input_range, error) ||
      !say_range (output, "output-range", hints->output_range, error))
    return FALSE;
  for (guint i = 0; i < n && gen_model_window (model, NULL) > 1; i++)
    if (has_range (&model->inputs[i]) &&
        !say_range (&model->inputs[i], "input-range", hints->input_range, error))
      return FALSE;
  return TRUE;
}

static GenModel *
load (const Hints *hints, const char *path, const char *unsaid, GError **error)
{
  const GenModelHints said = {
    .states = hints->states,
    .parameters = hints->parameters,
    .frames = hints->frames,
    .shapes = hints->shapes,
    .sampling.sampler = "once",
    .spectrum = hints->spectrum != NULL ? hints->spectrum : unsaid,
    .chain = hints->chain != NULL ? hints->chain : unsaid,
    .outputs = hints->outputs,
    .inputs = hints->inputs,
  };
  g_autoptr (GenModel) model = NULL;
  GError *reason = NULL;

  if (hints->frames < 0 || hints->frames > GEN_MODEL_MAX_WINDOW) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--frames takes numbers from 1 to %d", GEN_MODEL_MAX_WINDOW);
    return NULL;
  }
  if (hints->sample_rate < 0) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--sample-rate takes samples a second, such as 16000");
    return NULL;
  }
  model = gen_model_load_as (path, &said, &reason);
  if (model != NULL && say_rate (hints, model, &reason) && say_ranges (hints, model, &reason))
    return g_steal_pointer (&model);
  name_options (reason);
  g_propagate_error (error, reason);
  return NULL;
}

GenModel *
hints_load (const Hints *hints, const char *path, GError **error)
{
  return load (hints, path, "", error);
}

static gboolean
has_sound (const GenModel *model)
{
  return gen_model_find_input (model, GEN_PORT_SOUND) != NULL ||
         gen_model_find_output (model, GEN_PORT_SOUND) != NULL;
}

static gboolean
has_port (const GenPort *ports, guint n, const char *name)
{
  for (guint i = 0; i < n; i++)
    if (strcmp (ports[i].name, name) == 0)
      return TRUE;
  return FALSE;
}

/* Whether there is each that `text` names, with commas between; behind a name, a file may stand. */
static gboolean
check_names (const char *text, const char *option, const char *side, const GenPort *ports, guint n,
    GError **error)
{
  g_auto (GStrv) names = g_strsplit (text != NULL ? text : "", ",", -1);

  for (guint i = 0; names[i] != NULL; i++) {
    names[i][strcspn (names[i], "=")] = '\0';
    if (has_port (ports, n, g_strstrip (names[i])))
      continue;
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--%s says '%s', which is no %s",
        option, names[i], side);
    return FALSE;
  }
  return TRUE;
}

GenModel *
hints_load_played (const Hints *hints, const char *path, GError **error)
{
  g_autoptr (GenModel) model = load (hints, path, NULL, error);

  if (model == NULL ||
      !check_names (
          hints->outputs, "outputs", "output", model->outputs, model->graph->outputs->len, error) ||
      !check_names (
          hints->inputs, "inputs", "input", model->inputs, model->graph->inputs->len, error))
    return NULL;
  if (hints->sample_rate == 0 || has_sound (model))
    return g_steal_pointer (&model);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--sample-rate is %d, and the model neither takes nor makes what may be sound",
      hints->sample_rate);
  return NULL;
}
