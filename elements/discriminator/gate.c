/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate.h"

#include "../shared/settings.h"
#include "fields.h"

#include <math.h>

GST_DEBUG_CATEGORY_EXTERN (discriminator_debug);
#define GST_CAT_DEFAULT discriminator_debug

#define DEFAULT_THRESHOLD 0.5
#define DEFAULT_ACTION GST_DISCRIMINATOR_TAG
#define DEFAULT_SELECT 0
#define DEFAULT_CANDIDATES 4
#define MAX_CANDIDATES 1024
#define DEFAULT_GAMMA 0.0
#define DEFAULT_GAMMA_PERCENTILE 0.0
#define DEFAULT_BURN_IN -1
/* Where the model does not say how high its scores go. */
#define SUITABLE_BURN_IN 100
#define DEFAULT_SEED 0
#define DEFAULT_RESTAMP FALSE

#define GST_TYPE_DISCRIMINATOR_ACTION (gst_discriminator_action_get_type ())
static GType
gst_discriminator_action_get_type (void)
{
  static const GEnumValue values[] = {
    { GST_DISCRIMINATOR_TAG, "Let all frames pass, with their scores", "tag" },
    { GST_DISCRIMINATOR_DROP, "Drop frames that are not selected", "drop" },
    { GST_DISCRIMINATOR_HOLD_LAST,
        "Show the last frame that was selected in their place, and let the last sound go on; until "
        "there is one, drop them",
        "hold-last" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstDiscriminatorAction", values));
  return type;
}

/* --- properties --- */

void
gst_discriminator_gate_install (GObjectClass *gobject_class, guint first)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;
  const GParamFlags ready = flags | GST_PARAM_MUTABLE_READY;
  const GParamFlags live = flags | GST_PARAM_MUTABLE_PLAYING;

  g_object_class_install_property (gobject_class, first + GST_DISCRIMINATOR_GATE_ACTION,
      g_param_spec_enum ("action", "Action", "What happens to frames that are not selected",
          GST_TYPE_DISCRIMINATOR_ACTION, DEFAULT_ACTION, live));
  g_object_class_install_property (gobject_class, first + GST_DISCRIMINATOR_GATE_THRESHOLD,
      g_param_spec_double ("threshold", "Threshold",
          "Frames with at least this are selected, with select=threshold: this probability of "
          "being real where the model is calibrated, else this score, as the model makes it",
          -G_MAXDOUBLE, G_MAXDOUBLE, DEFAULT_THRESHOLD, live | GST_PARAM_CONTROLLABLE));
  g_object_class_install_property (gobject_class, first + GST_DISCRIMINATOR_GATE_SELECT,
      g_param_spec_enum ("select", "Select", "Which frames, or windows of sound, are selected",
          gst_discriminator_select_get_type (), DEFAULT_SELECT, live));
  g_object_class_install_property (gobject_class, first + GST_DISCRIMINATOR_GATE_CANDIDATES,
      g_param_spec_uint ("candidates", "Candidates",
          "Of how many frames that follow each other the best is selected, with select=best: they "
          "are held until the last of them has come",
          1, MAX_CANDIDATES, DEFAULT_CANDIDATES, live));
  g_object_class_install_property (gobject_class, first + GST_DISCRIMINATOR_GATE_GAMMA,
      g_param_spec_double ("gamma", "Gamma",
          "How strict select=rejection is: taken off the log odds that a frame is kept", -1000,
          1000, DEFAULT_GAMMA, live | GST_PARAM_CONTROLLABLE));
  g_object_class_install_property (gobject_class, first + GST_DISCRIMINATOR_GATE_GAMMA_PERCENTILE,
      g_param_spec_double ("gamma-percentile", "Gamma percentile",
          "Let gamma be such that, of the frames of the burn-in, so many of a hundred would be "
          "refused more likely than not (0: as gamma says)",
          0, 100, DEFAULT_GAMMA_PERCENTILE, ready));
  g_object_class_install_property (gobject_class, first + GST_DISCRIMINATOR_GATE_BURN_IN,
      g_param_spec_int ("burn-in", "Burn-in",
          "How many frames select=rejection only looks at, to know how high scores go, before it "
          "selects any (-1: none where the model's calibration tells it, else 100)",
          -1, G_MAXINT, DEFAULT_BURN_IN, ready));
  g_object_class_install_property (gobject_class, first + GST_DISCRIMINATOR_GATE_SEED,
      g_param_spec_uint64 ("seed", "Seed", "Seed of what select=rejection draws", 0, G_MAXUINT64,
          DEFAULT_SEED, ready));
  g_object_class_install_property (gobject_class, first + GST_DISCRIMINATOR_GATE_RESTAMP,
      g_param_spec_boolean ("restamp", "Restamp",
          "Leave what is dropped out of time as well: what passes follows each other without gaps, "
          "and ends sooner (for files; live, it would be late)",
          DEFAULT_RESTAMP, ready));
  g_object_class_install_property (gobject_class, first + GST_DISCRIMINATOR_GATE_ACCEPT_RATE,
      g_param_spec_double ("accept-rate", "Accept rate",
          "Which share of the frames so far was selected, without those of a burn-in (-1: none has "
          "been judged)",
          -1, 1, -1, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  gst_type_mark_as_plugin_api (GST_TYPE_DISCRIMINATOR_ACTION, 0);
}

void
gst_discriminator_gate_init (GstDiscriminatorGate *gate, GstElement *element)
{
  gate->element = element;
  gate->action = DEFAULT_ACTION;
  gate->threshold = DEFAULT_THRESHOLD;
  gate->select = DEFAULT_SELECT;
  gate->candidates = DEFAULT_CANDIDATES;
  gate->gamma = DEFAULT_GAMMA;
  gate->gamma_percentile = DEFAULT_GAMMA_PERCENTILE;
  gate->burn_in = DEFAULT_BURN_IN;
  gate->seed = DEFAULT_SEED;
  gate->restamp = DEFAULT_RESTAMP;
  gate->candidates_now = g_array_new (FALSE, FALSE, sizeof (GstDiscriminatorCandidate));
}

void
gst_discriminator_gate_clear (GstDiscriminatorGate *gate)
{
  g_clear_pointer (&gate->selection.rejection, gen_rejection_free);
  g_array_unref (gate->candidates_now);
}

gboolean
gst_discriminator_gate_set (GstDiscriminatorGate *gate, guint property, const GValue *value)
{
  switch (property) {
  case GST_DISCRIMINATOR_GATE_ACTION:
    gate->action = g_value_get_enum (value);
    return TRUE;
  case GST_DISCRIMINATOR_GATE_THRESHOLD:
    gate->threshold = g_value_get_double (value);
    return TRUE;
  case GST_DISCRIMINATOR_GATE_SELECT:
    gate->select = g_value_get_enum (value);
    return TRUE;
  case GST_DISCRIMINATOR_GATE_CANDIDATES:
    gate->candidates = g_value_get_uint (value);
    return TRUE;
  case GST_DISCRIMINATOR_GATE_GAMMA:
    gate->gamma = g_value_get_double (value);
    return TRUE;
  case GST_DISCRIMINATOR_GATE_GAMMA_PERCENTILE:
    gate->gamma_percentile = g_value_get_double (value);
    return TRUE;
  case GST_DISCRIMINATOR_GATE_BURN_IN:
    gate->burn_in = g_value_get_int (value);
    return TRUE;
  case GST_DISCRIMINATOR_GATE_SEED:
    gate->seed = g_value_get_uint64 (value);
    return TRUE;
  case GST_DISCRIMINATOR_GATE_RESTAMP:
    gate->restamp = g_value_get_boolean (value);
    return TRUE;
  default:
    return FALSE;
  }
}

gboolean
gst_discriminator_gate_get (const GstDiscriminatorGate *gate, guint property, GValue *value)
{
  switch (property) {
  case GST_DISCRIMINATOR_GATE_ACTION:
    g_value_set_enum (value, gate->action);
    return TRUE;
  case GST_DISCRIMINATOR_GATE_THRESHOLD:
    g_value_set_double (value, gate->threshold);
    return TRUE;
  case GST_DISCRIMINATOR_GATE_SELECT:
    g_value_set_enum (value, gate->select);
    return TRUE;
  case GST_DISCRIMINATOR_GATE_CANDIDATES:
    g_value_set_uint (value, gate->candidates);
    return TRUE;
  case GST_DISCRIMINATOR_GATE_GAMMA:
    g_value_set_double (value, gate->gamma);
    return TRUE;
  case GST_DISCRIMINATOR_GATE_GAMMA_PERCENTILE:
    g_value_set_double (value, gate->gamma_percentile);
    return TRUE;
  case GST_DISCRIMINATOR_GATE_BURN_IN:
    g_value_set_int (value, gate->burn_in);
    return TRUE;
  case GST_DISCRIMINATOR_GATE_SEED:
    g_value_set_uint64 (value, gate->seed);
    return TRUE;
  case GST_DISCRIMINATOR_GATE_RESTAMP:
    g_value_set_boolean (value, gate->restamp);
    return TRUE;
  case GST_DISCRIMINATOR_GATE_ACCEPT_RATE:
    g_value_set_double (value, gate->counted > 0 ? gst_discriminator_gate_accept_rate (gate) : -1);
    return TRUE;
  default:
    return FALSE;
  }
}

/* --- what is asked for --- */

void
gst_discriminator_gate_forget_model (GstDiscriminatorGate *gate)
{
  g_clear_pointer (&gate->selection.rejection, gen_rejection_free);
}

void
gst_discriminator_gate_open (GstDiscriminatorGate *gate)
{
  gst_discriminator_gate_forget_model (gate);
  gate->judged = gate->dropped = 0;
  GST_OBJECT_LOCK (gate->element);
  gate->passed = gate->counted = 0;
  GST_OBJECT_UNLOCK (gate->element);
}

static const GstDiscriminatorSelector *
selector_of (const GstDiscriminatorGate *gate)
{
  return gst_discriminator_selector_list ()[gate->select];
}

static GstScoreGateOtherwise
otherwise_of (GstDiscriminatorAction action)
{
  switch (action) {
  case GST_DISCRIMINATOR_TAG:
    return GST_SCORE_GATE_PASS;
  case GST_DISCRIMINATOR_HOLD_LAST:
    return GST_SCORE_GATE_REPEAT;
  case GST_DISCRIMINATOR_DROP:
    break;
  }
  return GST_SCORE_GATE_LEAVE_OUT;
}

GstScoreGateSettings
gst_discriminator_gate_settings (const GstDiscriminatorGate *gate)
{
  GstScoreGateSettings settings;

  GST_OBJECT_LOCK (gate->element);
  settings.otherwise = otherwise_of (gate->action);
  settings.together = selector_of (gate)->together ? gate->candidates : 1;
  settings.restamp = gate->restamp;
  GST_OBJECT_UNLOCK (gate->element);
  return settings;
}

double
gst_discriminator_gate_accept_rate (const GstDiscriminatorGate *gate)
{
  return gate->counted > 0 ? (double)gate->passed / (double)gate->counted : NAN;
}

/* --- deciding --- */

/* What select=rejection begins with. */
static GenRejection *
new_rejection (GstDiscriminatorGate *gate, const GstDiscriminatorPorts *ports)
{
  const double maximum = ports->calibration != NULL ? ports->calibration->maximum : -INFINITY;
  GenRejectionSettings settings;

  GST_OBJECT_LOCK (gate->element);
  settings = (GenRejectionSettings){ .gamma = gate->gamma,
    .percentile = gate->gamma_percentile,
    .burn_in = (guint)MAX (gate->burn_in, 0),
    .maximum = maximum,
    .seed = gate->seed };
  if (gate->burn_in < 0 && (!isfinite (maximum) || gate->gamma_percentile > 0))
    settings.burn_in = SUITABLE_BURN_IN;
  GST_OBJECT_UNLOCK (gate->element);
  GST_INFO_OBJECT (gate->element,
      "rejection begins with a burn-in of %u and %g for the greatest log odds", settings.burn_in,
      maximum);
  if (ports->calibration == NULL && !ports->probabilities)
    GST_ELEMENT_WARNING (gate->element, LIBRARY, SETTINGS,
        ("Property select is rejection, but %s is not calibrated, and its scores are taken for the "
         "log odds of being real as they are: generative-model calibrate makes them such",
            ports->model->path),
        (NULL));
  return gen_rejection_new (&settings);
}

/* What is to be known of a measurement. */
static GstDiscriminatorCandidate
candidate_of (const GstDiscriminatorPorts *ports, const double *values)
{
  const gboolean calibrated = ports->calibration != NULL;
  const double worth = values[calibrated ? GST_DISCRIMINATOR_PROBABILITY : GST_DISCRIMINATOR_SCORE];
  GstDiscriminatorCandidate candidate = { .worth = NAN, .log_odds = NAN, .counts = TRUE };

  if (!isfinite (worth))
    return candidate;
  candidate.worth = worth;
  candidate.log_odds = calibrated || ports->probabilities ? gen_log_odds (worth) : worth;
  return candidate;
}

static void
choose (GstDiscriminatorGate *gate, const GstDiscriminatorSelector *selector,
    const GstDiscriminatorPorts *ports)
{
  GstDiscriminatorSelection *selection = &gate->selection;
  double gamma;

  GST_OBJECT_LOCK (gate->element);
  selection->threshold = gate->threshold;
  gamma = gate->gamma;
  GST_OBJECT_UNLOCK (gate->element);
  if (selector->rejects && selection->rejection == NULL)
    selection->rejection = new_rejection (gate, ports);
  if (selector->rejects)
    gen_rejection_set_gamma (selection->rejection, gamma);
  selector->choose (selection, (GstDiscriminatorCandidate *)(gpointer)gate->candidates_now->data,
      gate->candidates_now->len);
}

/* Count what was chosen, and tell of it in `values`. */
static void
count (GstDiscriminatorGate *gate, const GstDiscriminatorSelector *selector,
    const GstDiscriminatorCandidate *candidate, double *values)
{
  GstDiscriminatorAction action;
  double rate;

  GST_OBJECT_LOCK (gate->element);
  gate->counted += candidate->counts;
  gate->passed += candidate->passes;
  rate = gst_discriminator_gate_accept_rate (gate);
  action = gate->action;
  GST_OBJECT_UNLOCK (gate->element);
  values[GST_DISCRIMINATOR_PASSED] = candidate->passes;
  values[GST_DISCRIMINATOR_ACCEPT_RATE] =
      action != GST_DISCRIMINATOR_TAG || selector->together || selector->rejects ? rate : NAN;
  gate->judged++;
  if (candidate->passes || action == GST_DISCRIMINATOR_TAG)
    return;
  gate->dropped++;
  GST_DEBUG_OBJECT (gate->element,
      "frame %" G_GUINT64_FORMAT ": dropped, its score %g, worth %g, is not selected by %s",
      gate->judged - 1, values[GST_DISCRIMINATOR_SCORE], candidate->worth, selector->name);
}

void
gst_discriminator_gate_decide (
    GstDiscriminatorGate *gate, const GstDiscriminatorPorts *ports, GstScoreJudged *judged, guint n)
{
  const GstDiscriminatorSelector *selector;

  GST_OBJECT_LOCK (gate->element);
  selector = selector_of (gate);
  GST_OBJECT_UNLOCK (gate->element);
  g_array_set_size (gate->candidates_now, n);
  for (guint i = 0; i < n; i++)
    g_array_index (gate->candidates_now, GstDiscriminatorCandidate, i) =
        candidate_of (ports, judged[i].values);
  choose (gate, selector, ports);
  for (guint i = 0; i < n; i++) {
    const GstDiscriminatorCandidate *candidate =
        &g_array_index (gate->candidates_now, GstDiscriminatorCandidate, i);

    count (gate, selector, candidate, judged[i].values);
    judged[i].passes = candidate->passes;
  }
}
