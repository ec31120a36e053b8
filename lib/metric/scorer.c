/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An ONNX model as a metric: its file is opened, and it is run on a frame, or on a frame and what
 * it should be. A GenMetric is made of it, so that a meter need not know of files. */
#include "features.h"
#include "scorer-private.h"

#include <math.h>
#include <string.h>

/* A row of numbers of which nobody says the rate is a sound of whatever rate comes. */
#define ANY_RATE 16000

static GenModel *
model_of (const GenScorer *scorer)
{
  return gen_player_model (scorer->player);
}

/* --- what goes in --- */

static gboolean
take_picture (GenPort *port)
{
  if (port->kind == GEN_PORT_VECTOR && !gen_port_make_picture (port, 0, 0))
    return FALSE;
  return port->kind == GEN_PORT_PICTURE && gen_port_use_float32 (port);
}

static gboolean
take_sound (GenPort *port)
{
  return port->kind == GEN_PORT_SOUND && port->channels > 0 && gen_port_use_float32 (port);
}

/* Whether both take the same frames. */
static gboolean
are_alike (const GenPort *a, const GenPort *b)
{
  return a->channels == b->channels && a->width == b->width && a->height == b->height &&
         a->length == b->length && a->sample_rate == b->sample_rate;
}

static gboolean
is_called_reference (const GenPort *port)
{
  return g_ascii_strncasecmp (port->name, "ref", 3) == 0;
}

/* What should be comes second. */
static void
order_inputs (GenScorer *scorer)
{
  const GenPort first = scorer->inputs[0];
  const guint place = scorer->places[0];

  if (scorer->n_inputs < 2 || !is_called_reference (&first) ||
      is_called_reference (&scorer->inputs[1]))
    return;
  scorer->inputs[0] = scorer->inputs[1];
  scorer->places[0] = scorer->places[1];
  scorer->inputs[1] = first;
  scorer->places[1] = place;
}

static gboolean
choose_inputs (GenScorer *scorer)
{
  const GenModel *model = model_of (scorer);

  for (guint i = 0; i < model->graph->inputs->len; i++) {
    GenPort *port = &scorer->inputs[scorer->n_inputs];

    if (model->inputs[i].part == GEN_PART_PARAMETER && model->parameters[i] != NULL)
      continue;
    if (model->inputs[i].part != GEN_PART_FLOW || scorer->n_inputs == GEN_SCORER_MAX_INPUTS)
      return FALSE;
    *port = model->inputs[i];
    if (!(scorer->metric.medium == &gen_medium_sound ? take_sound : take_picture) (port))
      return FALSE;
    scorer->places[scorer->n_inputs++] = i;
  }
  order_inputs (scorer);
  return scorer->n_inputs == 1 ||
         (scorer->n_inputs == 2 && are_alike (&scorer->inputs[0], &scorer->inputs[1]));
}

/* --- what comes out --- */

/* How many numbers it makes of one frame, or 0 where that is not known. */
static gint64
count_numbers (const GenShape *shape)
{
  gint64 n = 1;

  for (int d = 0; d < shape->rank; d++) {
    if (shape->dims[d] < 0 && d > 0)
      return 0;
    n *= MAX (shape->dims[d], 1);
  }
  return n;
}

static gboolean
choose_outputs (GenScorer *scorer)
{
  const GenModel *model = model_of (scorer);
  gint64 n = 0;

  if (model->graph->outputs->len > MIN (GEN_MODEL_MAX_SIDES + 1, GEN_SCORER_MAX_FIGURES))
    return FALSE;
  for (guint i = 0; i < model->graph->outputs->len; i++) {
    GenPort *port = &scorer->outputs[i];

    *port = model->outputs[i];
    scorer->lengths[i] = count_numbers (&port->shape);
    n += scorer->lengths[i];
    if (port->part != GEN_PART_FLOW || scorer->lengths[i] == 0 || !gen_port_use_float32 (port))
      return FALSE;
  }
  scorer->n_outputs = model->graph->outputs->len;
  return n > 0 && n <= GEN_SCORER_MAX_FIGURES && (!model->staged || scorer->n_outputs == 1);
}

/* --- opening --- */

void
gen_scorer_free (GenScorer *scorer)
{
  if (scorer == NULL)
    return;
  g_clear_pointer (&scorer->player, gen_player_free);
  gen_picture_clear (&scorer->fitted);
  for (guint i = 0; i < GEN_SCORER_MAX_INPUTS; i++)
    g_free (scorer->of_bytes[i]);
  g_free (scorer->numbers);
  g_free (scorer->file);
  g_free (scorer->name);
  g_free (scorer);
}

/* GenMetric.score */
static gboolean
score (gpointer metric, const GenSample *frame, const GenSample *reference, double *values,
    GError **error)
{
  return gen_scorer_score (metric, frame, reference, values, error);
}

/* GenMetric.describe: what the list of metrics cannot tell of its figures. */
static void
describe (gpointer metric, const char *const *class_names, JsonObject *summary)
{
  const GenScorer *scorer = metric;

  if (!json_object_has_member (summary, "scorers"))
    json_object_set_object_member (summary, "scorers", json_object_new ());
  for (int i = 0; i < scorer->metric.n_fields; i++) {
    const GenField *field = &scorer->metric.fields[i];
    JsonObject *told = json_object_new ();

    json_object_set_string_member (told, "file", scorer->name);
    if (field->better != GEN_BETTER_NEITHER)
      json_object_set_string_member (told, "better", gen_better_name (field->better));
    json_object_set_object_member (
        json_object_get_object_member (summary, "scorers"), field->name, told);
  }
}

static gboolean
choose_ports (GenScorer *scorer, GError **error)
{
  const GenModel *model = model_of (scorer);
  g_autofree char *text = NULL;

  if (choose_inputs (scorer) && choose_outputs (scorer))
    return TRUE;
  text = gen_model_describe (model);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: a scorer of %s makes up to %d numbers of one of them, or of one and of what it should "
      "be, and takes nothing else%s; this model %s",
      scorer->file, scorer->metric.medium->plural, GEN_SCORER_MAX_FIGURES,
      scorer->metric.medium == &gen_medium_sound
          ? " (metadata generative.sample-rate tells that a row of numbers is sound)"
          : "",
      text);
  return FALSE;
}

GenScorer *
gen_scorer_open (const char *path, const GenMedium *medium, GError **error)
{
  const GenPlayerOptions options = { .plan = { .choice = GEN_CHOICE_MEASURE } };
  g_autoptr (GenScorer) scorer = g_new0 (GenScorer, 1);
  g_autoptr (GenModel) model = NULL;

  if (medium != &gen_medium_picture && medium != &gen_medium_sound) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: models score pictures and sounds, and these are %s", path, medium->plural);
    return NULL;
  }
  model = gen_model_load (path, error);
  if (model == NULL)
    return NULL;
  if (medium == &gen_medium_sound && gen_model_find_input (model, GEN_PORT_SOUND) == NULL) {
    scorer->rate_assumed = TRUE;
    if (!gen_model_make_sound (model, ANY_RATE, error))
      return NULL;
  }
  scorer->file = g_strdup (path);
  scorer->player = gen_player_new (model, &options);
  scorer->metric.medium = medium;
  scorer->name = gen_features_name_file (path, error);
  if (scorer->name == NULL || !choose_ports (scorer, error) || !gen_scorer_name (scorer, error))
    return NULL;
  scorer->metric.name = scorer->metric.fields[0].name;
  scorer->metric.summary = "What a model of its own file makes of it";
  scorer->metric.unit = "the model's own";
  scorer->metric.in_colour = scorer->metric.needs_scorer = TRUE;
  scorer->metric.of_pairs = scorer->n_inputs == 2;
  scorer->metric.score = score;
  scorer->metric.describe = describe;
  return g_steal_pointer (&scorer);
}

GPtrArray *
gen_scorers_open (const char *files, const GenMedium *medium, GError **error)
{
  g_autoptr (GPtrArray) scorers = g_ptr_array_new_with_free_func ((GDestroyNotify)gen_scorer_free);
  g_auto (GStrv) paths = g_strsplit (files != NULL ? files : "", ",", -1);

  for (char **path = paths; *path != NULL; path++) {
    GenScorer *scorer = gen_scorer_open (g_strstrip (*path), medium, error);

    if (scorer == NULL)
      return NULL;
    g_ptr_array_add (scorers, scorer);
  }
  g_ptr_array_add (scorers, NULL);
  return g_steal_pointer (&scorers);
}

/* --- what it is --- */

const GenMetric *
gen_scorer_metric (const GenScorer *scorer)
{
  return &scorer->metric;
}

const GenField *
gen_scorer_find_field (const GenScorer *scorer, const char *name)
{
  for (int i = 0; i < scorer->metric.n_fields; i++)
    if (g_str_equal (scorer->metric.fields[i].name, name))
      return &scorer->metric.fields[i];
  return NULL;
}

int
gen_scorer_channels (const GenScorer *scorer)
{
  return scorer->metric.medium == &gen_medium_picture ? scorer->inputs[0].channels : 0;
}

const char *
gen_scorer_file (const GenScorer *scorer)
{
  return scorer->file;
}

char *
gen_scorer_describe_assumption (const GenScorer *scorer)
{
  const GenPort *input = &scorer->inputs[0];

  if (scorer->metric.medium == &gen_medium_picture)
    return gen_model_describe_assumption (model_of (scorer), input, FALSE);
  if (!scorer->rate_assumed && input->sample_rate > 0)
    return NULL;
  return g_strdup_printf ("%s: nothing tells at which rate it hears; it hears sound as it comes. "
                          "Metadata generative.sample-rate in the model would tell",
      scorer->file);
}

/* --- running --- */

static gboolean
prepare (GenScorer *scorer, const GenFormat *format, GError **error)
{
  GenModelUse use = { .input = scorer->inputs[0],
    .output = scorer->outputs[0],
    .frames = 1,
    .pictures = 1,
    .n_outputs = scorer->n_outputs - 1 };
  GenFormat taken;

  if (scorer->format.medium != NULL && gen_format_equal (format, &scorer->format))
    return TRUE;
  scorer->format = (GenFormat){ 0 };
  if (!gen_scorer_choose_format (scorer, format, &taken, error))
    return FALSE;
  use.height = taken.height;
  use.width = taken.width;
  use.length = (gint64)taken.length;
  for (guint i = 0; i < use.n_outputs; i++)
    use.outputs[i].port = scorer->outputs[i + 1];
  if (!gen_player_prepare (scorer->player, &use, NULL, error))
    return FALSE;
  scorer->taken = taken;
  scorer->format = *format;
  return TRUE;
}

/* What an output made, from `values` on. */
static gboolean
read_output (
    const GenScorer *scorer, guint i, const GenBinding *made, double *values, GError **error)
{
  const float *numbers = made->data;
  g_autofree char *text = NULL;

  if (made->type == GEN_TYPE_FLOAT32 && gen_shape_elements (&made->shape) == scorer->lengths[i]) {
    for (gint64 k = 0; k < scorer->lengths[i]; k++)
      values[k] = isfinite (numbers[k]) ? numbers[k] : GEN_MISSING;
    return TRUE;
  }
  text = gen_shape_to_string (&made->shape);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "its output '%s' made %s, where %" G_GINT64_FORMAT " numbers were expected",
      scorer->outputs[i].name, text, scorer->lengths[i]);
  return FALSE;
}

static gboolean
read_outputs (const GenScorer *scorer, double *values, GError **error)
{
  for (guint i = 0; i < scorer->n_outputs; values += scorer->lengths[i], i++) {
    const GenBinding *made = i == 0 ? gen_player_output (scorer->player)
                                    : gen_player_side_output (scorer->player, i - 1);

    if (!read_output (scorer, i, made, values, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
run (GenScorer *scorer, const GenSample *const samples[], double *values, GError **error)
{
  const GenFormat format = gen_sample_format (samples[0]);

  if (!prepare (scorer, &format, error))
    return FALSE;
  for (guint i = 0; i < scorer->n_inputs; i++)
    if (!gen_scorer_fit (
            scorer, i, samples[i], gen_player_numbers (scorer->player, scorer->places[i]), error))
      return FALSE;
  return gen_player_run (scorer->player, error) && read_outputs (scorer, values, error);
}

gboolean
gen_scorer_score (GenScorer *scorer, const GenSample *frame, const GenSample *reference,
    double *values, GError **error)
{
  const GenSample *const samples[GEN_SCORER_MAX_INPUTS] = { frame, reference };
  g_autoptr (GError) reason = NULL;

  g_return_val_if_fail (frame->medium == scorer->metric.medium, FALSE);
  g_return_val_if_fail ((reference != NULL) == scorer->metric.of_pairs, FALSE);
  for (int i = 0; i < scorer->metric.n_fields; i++)
    values[i] = GEN_MISSING;
  if (frame->medium == &gen_medium_sound && frame->sound.frames == 0)
    return TRUE;
  if (run (scorer, samples, values, &reason))
    return TRUE;
  if (reason->domain == GEN_METRIC_ERROR)
    g_propagate_error (error, g_steal_pointer (&reason));
  else if (g_str_has_prefix (reason->message, scorer->file))
    g_set_error_literal (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_FAILED, reason->message);
  else
    g_set_error (
        error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_FAILED, "%s: %s", scorer->file, reason->message);
  return FALSE;
}
