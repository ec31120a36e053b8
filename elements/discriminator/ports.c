/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ports.h"

#include "../shared/frames.h"
#include "../shared/model-file.h"
#include "../shared/model-parameters.h"
#include "../shared/score-filter.h"

#include <math.h>

/* Of a window of a model that takes any length, where nobody says it. */
#define DEFAULT_SECONDS 1

/* --- of a model --- */

/* A picture or a sound. A row of numbers is a picture, unless a rate is given. */
static const GenPort *
find_input (const GenModel *model, int sample_rate)
{
  const GenPort *picture = gen_model_find_input (model, GEN_PORT_PICTURE);
  const GenPort *sound = gen_model_find_input (model, GEN_PORT_SOUND);

  if (sound != NULL && (sample_rate > 0 || picture == NULL))
    return sound;
  return picture != NULL ? picture : gen_model_find_input (model, GEN_PORT_VECTOR);
}

/* Whether `port` can be met as a picture, or as a sound of the rate that is said or assumed. */
static gboolean
use_input (const GstDiscriminatorHints *hints, GenPort *port)
{
  if (!gen_port_use_float32 (port))
    return FALSE;
  if (hints->sample_rate > 0 || port->kind == GEN_PORT_SOUND)
    return gen_port_make_sound (port, hints->sample_rate > 0  ? hints->sample_rate
                                      : port->sample_rate > 0 ? port->sample_rate
                                                              : GST_GENERATIVE_ASSUMED_RATE) &&
           port->channels > 0 && port->batch <= 1;
  return port->kind != GEN_PORT_VECTOR ||
         gen_port_make_picture (port, hints->tile_width, hints->tile_height);
}

/* Seconds in frames of the model's rate. */
static gint64
to_frames (const GstDiscriminatorPorts *ports, double seconds)
{
  return MAX (llround (seconds * ports->input.sample_rate), 1);
}

/* Whether the window that is asked for suits a model of one length. */
static gboolean
check_window (
    const GstDiscriminatorPorts *ports, const GstDiscriminatorHints *hints, GError **error)
{
  const gint64 length = ports->input.length;

  if (length <= 0 || hints->window == 0 || to_frames (ports, hints->window) == length)
    return TRUE;
  g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "Property window is %g seconds, but %s takes %" G_GINT64_FORMAT
      " samples at %d Hz, which are %g: leave it unset",
      hints->window, ports->model->path, length, ports->input.sample_rate,
      (double)length / ports->input.sample_rate);
  return FALSE;
}

/* How many inputs something flows into. */
static guint
count_flowing (const GenModel *model)
{
  guint n = 0;

  for (guint i = 0; i < model->graph->inputs->len; i++)
    n += model->inputs[i].part == GEN_PART_FLOW;
  return n;
}

void
gst_discriminator_ports_clear (GstDiscriminatorPorts *ports)
{
  g_clear_pointer (&ports->calibration, gen_calibration_free);
  g_clear_pointer (&ports->model, gen_model_unref);
}

/* What its scores are worth, as the model says. */
static gboolean
read_calibration (GstDiscriminatorPorts *ports, const GstDiscriminatorHints *hints, GError **error)
{
  g_autoptr (GError) failure = NULL;

  ports->probabilities = gen_model_scores_are_probabilities (ports->model, &ports->output);
  if (hints->uncalibrated)
    return TRUE;
  ports->calibration = gen_calibration_of_model (ports->model, &failure);
  if (failure == NULL)
    return TRUE;
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: generative-model calibrate writes another one, and calibration=none goes without",
      failure->message);
  return FALSE;
}

gboolean
gst_discriminator_choose_ports (GstDiscriminatorPorts *ports, GenModel *model,
    const GstDiscriminatorHints *hints, GError **error)
{
  g_autofree char *text = NULL;
  const GenPort *input, *output;

  if (hints->sample_rate > 0 && !gen_model_make_sound (model, hints->sample_rate, error))
    return FALSE;
  input = find_input (model, hints->sample_rate);
  output = gen_model_find_output (model, GEN_PORT_VECTOR);
  text = gen_model_describe (model);
  ports->model = model;
  if (input != NULL)
    ports->input = *input;
  if (output != NULL)
    ports->output = *output;
  ports->remembers = gen_model_has_states (model);
  if (count_flowing (model) != 1 || input == NULL || !use_input (hints, &ports->input) ||
      output == NULL || output->length != 1 || !gen_port_use_float32 (&ports->output)) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: a discriminator makes one number [N, 1] of a picture [N, C, H, W] of 1, 3 or 4 "
        "channels, of floats or integers, or of a sound [N, C, T], [N, T, C] or [N, T] of "
        "floats or int16 whose rate is said (property sample-rate, or sample-rate in its "
        ".modelinfo file), with states and parameters besides; this model %s",
        model->path, text);
    return FALSE;
  }
  if (!read_calibration (ports, hints, error) || !gst_generative_parameters_check (model, error) ||
      !gst_generative_numbers_apply (&hints->numbers, &ports->input, FALSE, error))
    return FALSE;
  if (ports->input.kind == GEN_PORT_SOUND)
    return check_window (ports, hints, error);
  if (ports->input.width < 0 && hints->tile_width > 0)
    ports->input.width = hints->tile_width;
  if (ports->input.height < 0 && hints->tile_height > 0)
    ports->input.height = hints->tile_height;
  if ((hints->tile_width > 0 && hints->tile_width != ports->input.width) ||
      (hints->tile_height > 0 && hints->tile_height != ports->input.height)) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: tile-width and tile-height are %d x %d, but the model takes %d x %d", model->path,
        hints->tile_width, hints->tile_height, ports->input.width, ports->input.height);
    return FALSE;
  }
  return TRUE;
}

static void
warn_of_rate (
    const GstDiscriminatorPorts *ports, const GstDiscriminatorHints *hints, GstElement *element)
{
  const GenPort *said = gen_model_find_input (ports->model, GEN_PORT_SOUND);

  if (hints->sample_rate > 0 || (said != NULL && said->sample_rate > 0))
    return;
  GST_ELEMENT_WARNING (element, LIBRARY, SETTINGS,
      ("%s: nothing tells how many samples a second its input '%s' takes; %d are assumed. Metadata "
       "generative.sample-rate in the model would tell, as would sample-rate in its .modelinfo "
       "file "
       "and property sample-rate",
          ports->model->path, ports->input.name, ports->input.sample_rate),
      (NULL));
}

void
gst_discriminator_warn (
    const GstDiscriminatorPorts *ports, const GstDiscriminatorHints *hints, GstElement *element)
{
  gst_generative_warn_of_range (element, ports->model, &ports->input, FALSE, "input-range");
  if (ports->input.kind == GEN_PORT_SOUND)
    warn_of_rate (ports, hints, element);
}

gint64
gst_discriminator_window (const GstDiscriminatorPorts *ports, const GstDiscriminatorHints *hints)
{
  if (ports->input.length > 0)
    return ports->input.length;
  return to_frames (ports, hints->window > 0 ? hints->window : DEFAULT_SECONDS);
}

gint64
gst_discriminator_hop (const GstDiscriminatorPorts *ports, const GstDiscriminatorHints *hints)
{
  const gint64 window = gst_discriminator_window (ports, hints);

  return hints->hop > 0 ? MIN (to_frames (ports, hints->hop), window) : window;
}

/* --- caps --- */

static void
set_multiples (GstStructure *structure, const char *field, int size)
{
  GValue range = G_VALUE_INIT;

  if (size <= 0)
    return;
  g_value_init (&range, GST_TYPE_INT_RANGE);
  gst_value_set_int_range_step (&range, size, MAX (G_MAXINT16 / size, 2) * size, size);
  gst_structure_take_value (structure, field, &range);
}

/* Append what the model takes to `caps`: one picture of its size is preferred, walls are taken by a
 * model that does not remember which picture it has seen. */
static void
append_pictures (GstCaps *caps, const GstDiscriminatorPorts *ports, gboolean on_device)
{
  const GenPort *port = &ports->input;
  g_autoptr (GstStructure) one = gst_structure_new_empty ("video/x-raw");
  const char *feature =
      on_device ? GST_GENERATIVE_DEVICE_MEMORY : GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY;
  GstStructure *wall;

  if (!gst_generative_formats_set (one, port->channels, TRUE, on_device, TRUE))
    return;
  wall = gst_structure_copy (one);
  /* Where two by two pixels share chroma, pictures that are read one by one have to be even. */
  gst_generative_formats_set (wall, port->channels, TRUE, on_device,
      port->batch != 1 ||
          (port->width > 0 && port->width % 2 == 0 && port->height > 0 && port->height % 2 == 0));
  if (port->width > 0)
    gst_structure_set (one, "width", G_TYPE_INT, port->width, NULL);
  if (port->height > 0)
    gst_structure_set (one, "height", G_TYPE_INT, port->height, NULL);
  set_multiples (wall, "width", port->width);
  set_multiples (wall, "height", port->height);
  gst_caps_append_structure_full (
      caps, gst_structure_copy (one), gst_caps_features_new_single (feature));
  if (!ports->remembers && !gst_structure_is_equal (one, wall))
    gst_caps_append_structure_full (
        caps, gst_structure_copy (wall), gst_caps_features_new_single (feature));
  gst_structure_free (wall);
}

/* The same of a model of sounds. */
static void
append_sound (GstCaps *caps, const GenPort *port)
{
  GstCaps *all = gst_caps_from_string (GST_SCORE_FILTER_SOUND_CAPS);

  gst_caps_set_simple (
      all, "rate", G_TYPE_INT, port->sample_rate, "channels", G_TYPE_INT, port->channels, NULL);
  gst_caps_append (caps, all);
}

GstCaps *
gst_discriminator_caps_of (const GstDiscriminatorPorts *ports, gboolean on_device)
{
  GstCaps *caps = gst_caps_new_empty ();

  if (ports->input.kind == GEN_PORT_SOUND) {
    append_sound (caps, &ports->input);
    return caps;
  }
  if (on_device)
    append_pictures (caps, ports, TRUE);
  append_pictures (caps, ports, FALSE);
  return caps;
}
