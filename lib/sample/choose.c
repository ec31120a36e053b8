/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is to be sampled how: what the user says, else the model, else what suits its time. */
#include <generative/sampler.h>

#include <math.h>

/* What is said of `key`: by the user, or the model. */
static const char *
find_said (const GenGraph *graph, const char *hint, const char *key)
{
  return hint != NULL ? hint : g_hash_table_lookup (graph->metadata, key);
}

/* Whether the steps that the model says are of `sampler`, too: those of one that goes along all
 * noise are too many for one that looks again now and then, and the other way round. */
static gboolean
says_steps (const GenGraph *graph, const GenSampler *sampler)
{
  const char *name = g_hash_table_lookup (graph->metadata, "generative.sampler");
  const GenSampler *own = name != NULL ? gen_sampler_find (name, NULL) : NULL;

  return own == NULL || own->steps == sampler->steps;
}

static gboolean
read_steps (const GenGraph *graph, const GenSamplingHints *hints, const GenSampler *sampler,
    int *steps, GError **error)
{
  const char *text = says_steps (graph, sampler)
                         ? g_hash_table_lookup (graph->metadata, "generative.steps")
                         : NULL;
  guint64 said = (guint64)sampler->steps;

  if (hints->steps != 0)
    said = (guint64)hints->steps;
  else if (text != NULL && !g_ascii_string_to_unsigned (text, 10, 1, G_MAXUINT64, &said, NULL))
    said = 0;
  *steps = (int)said;
  if (said >= 1 && said <= GEN_SAMPLING_MAX_STEPS)
    return TRUE;
  if (hints->steps != 0)
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "property steps is %d, which should be a number from 1 to %d", hints->steps,
        GEN_SAMPLING_MAX_STEPS);
  else
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "metadata generative.steps is \"%s\", which should be a number from 1 to %d", text,
        GEN_SAMPLING_MAX_STEPS);
  return FALSE;
}

static gboolean
read_range (const GenGraph *graph, const char *hint, GenSamplerSettings *settings, GError **error)
{
  const char *text = find_said (graph, hint, "generative.sigma-range");
  char *middle, *end = NULL;

  if (text == NULL)
    return TRUE;
  settings->sigma_min = g_ascii_strtod (text, &middle);
  settings->sigma_max = *middle == ',' ? g_ascii_strtod (middle + 1, &end) : 0;
  if (settings->sigma_min > 0 && settings->sigma_max > settings->sigma_min &&
      settings->sigma_max < G_MAXFLOAT && *end == '\0')
    return TRUE;
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s is \"%s\", which should be the least and the largest noise, such as 0.002,80",
      hint != NULL ? "property sigma-range" : "metadata generative.sigma-range", text);
  return FALSE;
}

static gboolean
read_guidance (const GenGraph *graph, const GenDenoiser *denoiser, GenSamplerSettings *settings,
    GError **error)
{
  const char *text = g_hash_table_lookup (graph->metadata, "generative.guidance");
  const char *count = g_hash_table_lookup (graph->metadata, "generative.classes");
  char *end = NULL;
  gint64 classes = 0;

  if (text == NULL)
    return TRUE;
  settings->guided = TRUE;
  settings->guidance = g_ascii_strtod (text, &end);
  if (count != NULL)
    g_ascii_string_to_signed (count, 10, 1, G_MAXINT32, &classes, NULL);
  settings->classes = (int)classes;
  if (end != text && *end == '\0' && fabs (settings->guidance) < G_MAXFLOAT && classes > 0 &&
      denoiser->condition >= 0)
    return TRUE;
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "metadata generative.guidance is \"%s\", which should be a number, beside "
      "generative.classes, "
      "a number of classes, and an input that takes one, a whole number for each sample",
      text);
  return FALSE;
}

/* What has been said of a sampler that is none. */
static const char *
find_idle (const GenSamplingHints *hints)
{
  return hints->steps > 0             ? "steps"
         : hints->prediction != NULL  ? "prediction"
         : hints->schedule != NULL    ? "schedule"
         : hints->sigma_range != NULL ? "sigma-range"
                                      : NULL;
}

static gboolean
choose_rest (const GenGraph *graph, const GenSamplingHints *hints, GenSamplerSettings *settings,
    GError **error)
{
  const char *schedule = find_said (graph, hints->schedule, "generative.schedule");
  const char *prediction = find_said (graph, hints->prediction, "generative.prediction");
  const GenTensor *time;
  GenDenoiser denoiser;

  if (!gen_denoiser_find (graph, &denoiser, error) ||
      !read_steps (graph, hints, settings->sampler, &settings->steps, error) ||
      !read_range (graph, hints->sigma_range, settings, error) ||
      !read_guidance (graph, &denoiser, settings, error))
    return FALSE;
  time = g_ptr_array_index (graph->inputs, denoiser.time);
  settings->whole_times = time->type == GEN_TYPE_INT64 || time->type == GEN_TYPE_INT32;
  settings->width = hints->width;
  settings->height = hints->height;
  settings->schedule = schedule != NULL         ? gen_schedule_find (schedule, error)
                       : denoiser.time_is_sigma ? &gen_schedule_karras
                                                : &gen_schedule_linear;
  if (settings->schedule == NULL)
    return FALSE;
  settings->prediction = prediction != NULL ? gen_prediction_find (prediction, error)
                         : settings->schedule->beta == NULL ? &gen_prediction_sample
                                                            : &gen_prediction_epsilon;
  return settings->prediction != NULL;
}

gboolean
gen_sampling_choose (const GenGraph *graph, const GenSamplingHints *hints,
    GenSamplerSettings *settings, GError **error)
{
  const char *name = find_said (graph, hints->sampler, "generative.sampler");
  const char *idle = name == NULL ? find_idle (hints) : NULL;
  int unused;

  *settings = (GenSamplerSettings){ .sampler = &gen_sampler_once, .steps = 1 };
  if (idle != NULL) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "property %s is for samplers that run a model several times, such as sampler=euler; "
        "neither property sampler nor the model names one",
        idle);
    return FALSE;
  }
  if (name != NULL)
    settings->sampler = gen_sampler_find (name, error);
  if (settings->sampler == NULL)
    return FALSE;
  if (settings->sampler == &gen_sampler_once)
    return read_steps (graph, hints, settings->sampler, &unused, error);
  if (choose_rest (graph, hints, settings, error))
    return TRUE;
  g_prefix_error (error, "sampler %s: ", settings->sampler->name);
  return FALSE;
}

gboolean
gen_sampling_place (const GenSamplerSettings *settings, GenNoiseLevel *levels, GError **error)
{
  levels[settings->steps] = (GenNoiseLevel){ .signal = 1, .scale = 1 };
  return settings->sampler->place (settings, levels, error);
}
