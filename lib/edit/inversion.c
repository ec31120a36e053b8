/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The search: all starts of all samples some steps, then the best start of each all the way. */
#include <generative/inversion.h>

#include <math.h>
#include <string.h>

#include "inversion-step.h"
#include "latent-space-private.h"
#include "samples.h"

/* One in so many steps is made from each start. */
#define SURVEY 8
/* Of the steps, how many the rate goes up over, and down. */
#define RISE 0.05
#define FALL 0.25
/* Of all starts of all samples, to hold. */
#define MOST_NUMBERS ((guint64)1 << 28)

/* Where somebody begins: a sample, and the best that has come of it. */
typedef struct {
  guint sample;
  float *place;
  double loss, square;
  guint steps;
} Climber;

typedef struct {
  GenLatentSpace *space;
  const GenInversionSettings *settings;
  const float *samples;
  guint n;
  gsize numbers, place; /* of a sample and of a place */
  GArray *climbers;     /* starts * n, the starts of a sample one after the other */
  GenInversionStep *step;
  GenInversionProgress progress;
  gpointer user_data;
  guint64 done, total;
  gboolean stopped;
} Search;

/* --- settings --- */

static gboolean
check_number (const char *name, double value, gboolean may_be_zero, GError **error)
{
  if (isfinite (value) && (may_be_zero ? value >= 0 : value > 0))
    return TRUE;
  g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_SETTING,
      "%s is %g, and should be a number %s", name, value, may_be_zero ? "from 0 on" : "above 0");
  return FALSE;
}

static gboolean
check_count (const char *name, int value, int most, GError **error)
{
  if (value >= 1 && value <= most)
    return TRUE;
  g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_SETTING,
      "%s is %d, and should be from 1 to %d", name, value, most);
  return FALSE;
}

static gboolean
check_settings (const GenLatentSpace *space, const GenInversionSettings *settings, GError **error)
{
  if (!check_count ("steps", settings->steps, GEN_INVERSION_MAX_STEPS, error) ||
      !check_count ("starts", settings->starts, GEN_INVERSION_MAX_STARTS, error) ||
      !check_number ("rate", settings->rate, FALSE, error) ||
      !check_number ("likeness", settings->likeness, TRUE, error) ||
      !check_number ("prior", settings->prior, TRUE, error))
    return FALSE;
  if (settings->encoder == NULL || gen_latent_space_kind (space) == GEN_SPACE_LATENT)
    return TRUE;
  g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_SETTING,
      "encoder: what it makes are latents, not places of the space %s",
      gen_space_kind_names ()[gen_latent_space_kind (space)]);
  return FALSE;
}

/* --- starts --- */

/* The places that an encoder makes of the samples. (transfer full) */
static float *
encode (const Search *search, GError **error)
{
  const GenFormat *format = gen_latent_space_format (search->space);
  const gint64 batch = 1;
  const GenShape shape = format->medium == &gen_medium_picture
                             ? GEN_SHAPE (batch, format->channels, format->height, format->width)
                             : GEN_SHAPE (batch, format->channels, (gint64)format->length);
  const GenPlanOptions options = { .threads = gen_latent_space_threads (search->space) };
  g_autoptr (GenGraph) graph = gen_graph_new ("encode");
  guint output = 0;
  g_autoptr (GenModel) encoder =
      gen_samples_open_reader (search->settings->encoder, "an encoder", &shape, &output, error);
  GenTensor *x = gen_graph_add_input (graph, "samples", GEN_TYPE_FLOAT32, &shape), *made;
  g_autofree float *places = g_new (float, search->n * search->place);
  g_autoptr (GenPlan) plan = NULL;

  made = encoder != NULL ? gen_samples_read (graph, encoder, output, x, error) : NULL;
  if (made == NULL)
    return NULL;
  if (made->shape.dims[1] != (gint64)search->place) {
    g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_MODEL,
        "%s makes %" G_GINT64_FORMAT " numbers of a sample; a latent has %" G_GSIZE_FORMAT,
        search->settings->encoder, made->shape.dims[1], search->place);
    return NULL;
  }
  gen_graph_add_output (graph, made);
  plan = gen_plan_new (graph, &options, error);
  if (plan == NULL || !gen_plan_run_rows (plan, batch, search->samples, search->numbers, search->n,
                          places, search->place, error))
    return NULL;
  return g_steal_pointer (&places);
}

/* Numbers of a place in deviations from the mean, and back. */
static void
standardise (const GenLatentSpace *space, float *place, gsize n)
{
  const gsize length = gen_latent_space_length (space);
  const float *mean = gen_latent_space_mean (space);
  const float *deviation = gen_latent_space_deviation (space);

  for (gsize i = 0; i < n; i++)
    place[i] =
        deviation[i % length] > 0 ? (place[i] - mean[i % length]) / deviation[i % length] : 0;
}

static void
unstandardise (const GenLatentSpace *space, float *place, gsize n)
{
  const gsize length = gen_latent_space_length (space);

  for (gsize i = 0; i < n; i++)
    place[i] = gen_latent_space_mean (space)[i % length] +
               gen_latent_space_deviation (space)[i % length] * place[i];
}

static gboolean
choose_starts (Search *search, GError **error)
{
  const int starts = search->settings->starts;
  g_autofree float *encoded = NULL, *drawn = g_new (float, starts * search->place);

  if (search->settings->encoder != NULL && (encoded = encode (search, error)) == NULL)
    return FALSE;
  if (!gen_latent_space_draw (search->space, 0, (guint)starts, drawn, error))
    return FALSE;
  standardise (search->space, drawn, starts * search->place);
  if (encoded != NULL)
    standardise (search->space, encoded, search->n * search->place);
  for (guint i = 0; i < search->n; i++)
    for (int k = 0; k < starts; k++) {
      Climber climber = { .sample = i, .loss = INFINITY, .square = NAN };

      climber.place = g_new0 (float, search->place);
      if (k == 0 && encoded != NULL)
        memcpy (climber.place, encoded + i * search->place, search->place * sizeof (float));
      else if (k > 0)
        memcpy (climber.place, drawn + k * search->place, search->place * sizeof (float));
      g_array_append_val (search->climbers, climber);
    }
  return TRUE;
}

static void
climber_clear (gpointer climber)
{
  g_free (((Climber *)climber)->place);
}

/* --- climbing down --- */

static double
rate_at (const GenInversionSettings *settings, guint step, guint steps)
{
  const double t = (double)step / steps;
  const double up = MIN (1, (step + 1) / (RISE * steps));
  const double down = MIN (1, (1 - t) / FALL);

  return settings->rate * up * (0.5 - 0.5 * cos (G_PI * down));
}

static Climber *
get (const Search *search, guint i)
{
  return &g_array_index (search->climbers, Climber, i);
}

/* The mean over the samples that have been looked at of the best square. */
static double
find_square (const Search *search)
{
  double sum = 0;
  guint n = 0;

  for (guint k = 0; k < search->climbers->len;) {
    const Climber *best = get (search, k);
    const guint sample = best->sample;

    for (; k < search->climbers->len && get (search, k)->sample == sample; k++)
      if (get (search, k)->loss < best->loss)
        best = get (search, k);
    if (!isfinite (best->loss))
      continue;
    sum += best->square;
    n++;
  }
  return n > 0 ? sum / n : NAN;
}

static void
note (const Search *search, Climber *climber, guint row)
{
  const double loss = gen_inversion_step_loss (search->step, row);

  climber->steps++;
  if (!(loss < climber->loss))
    return;
  climber->loss = loss;
  climber->square = gen_inversion_step_square (search->step, row);
  memcpy (
      climber->place, gen_inversion_step_place (search->step, row), search->place * sizeof (float));
}

/* Let climbers `first` and on, up to a batch of them, make `steps`. */
static gboolean
climb (Search *search, guint first, guint steps, GError **error)
{
  const guint batch = gen_inversion_step_batch (search->step);
  const guint n = MIN (batch, search->climbers->len - first);

  for (guint row = 0; row < batch; row++) {
    const Climber *climber = get (search, first + MIN (row, n - 1));

    gen_inversion_step_set (
        search->step, row, search->samples + climber->sample * search->numbers, climber->place);
  }
  gen_inversion_step_begin (search->step);
  /* The last one is looked at, and goes nowhere. */
  for (guint i = 0; i <= steps && !search->stopped; i++) {
    if (!gen_inversion_step_run (
            search->step, i < steps ? rate_at (search->settings, i, steps) : 0, error))
      return FALSE;
    for (guint row = 0; row < n; row++)
      note (search, get (search, first + row), row);
    if (i == steps || search->progress == NULL)
      continue;
    search->done++;
    search->stopped =
        !search->progress (search->done, search->total, find_square (search), search->user_data);
  }
  return TRUE;
}

static gboolean
climb_all (Search *search, guint steps, GError **error)
{
  const gint64 batch = gen_latent_space_batch (search->space, search->climbers->len);

  if (search->step != NULL && gen_inversion_step_batch (search->step) != batch)
    g_clear_pointer (&search->step, gen_inversion_step_free);
  if (search->step == NULL)
    search->step = gen_inversion_step_new (search->space, search->settings, batch, error);
  if (search->step == NULL)
    return FALSE;
  for (guint i = 0; i < search->climbers->len && !search->stopped; i += (guint)batch)
    if (!climb (search, i, steps, error))
      return FALSE;
  return TRUE;
}

/* Keep of each sample's climbers the one that came furthest down. */
static void
choose (Search *search)
{
  const guint starts = search->climbers->len / search->n;

  for (guint i = 0; i < search->n; i++) {
    guint best = i;

    for (guint k = i; k < i + starts; k++)
      if (get (search, k)->loss < get (search, best)->loss)
        best = k;
    for (guint k = i + starts; k > i; k--)
      if (k - 1 != best)
        g_array_remove_index (search->climbers, k - 1);
  }
}

static guint64
count_batches (const Search *search, guint64 climbers)
{
  const guint64 batch = (guint64)gen_latent_space_batch (search->space, climbers);

  return (climbers + batch - 1) / batch;
}

static gboolean
run (Search *search, GError **error)
{
  const guint steps = (guint)search->settings->steps, survey = MAX (steps / SURVEY, 1);
  const gboolean surveys = search->settings->starts > 1;

  search->total = count_batches (search, search->n) * steps;
  if (surveys)
    search->total += count_batches (search, search->climbers->len) * survey;
  if (surveys && !climb_all (search, survey, error))
    return FALSE;
  choose (search);
  return search->stopped || climb_all (search, steps, error);
}

/* --- the whole --- */

/* What has been found; where nobody came to look, that is the first start. */
static gboolean
tell (const Search *search, float *places, GenInverted *found, GError **error)
{
  for (guint i = 0; i < search->n; i++) {
    const Climber *climber = get (search, i);

    if (climber->steps > 0 && !isfinite (climber->loss)) {
      g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_NOT_FINITE,
          "%s makes numbers that are not finite, or the sample number %u has such, from %d starts",
          gen_latent_space_path (search->space), i, search->settings->starts);
      return FALSE;
    }
    memcpy (places + i * search->place, climber->place, search->place * sizeof *places);
    found[i].loss = climber->steps > 0 ? climber->loss : NAN;
    found[i].square = climber->square;
    found[i].steps = climber->steps;
  }
  unstandardise (search->space, places, search->n * search->place);
  return TRUE;
}

/* How far samples are from what is made at the mean. */
static gboolean
measure_mean (const Search *search, GenInverted *found, GError **error)
{
  g_autofree float *place = g_new0 (float, search->place);
  g_autofree float *made = g_new (float, search->numbers);

  unstandardise (search->space, place, search->place);
  if (!gen_latent_space_make (search->space, place, 1, made, error))
    return FALSE;
  for (guint i = 0; i < search->n; i++) {
    const float *sample = search->samples + i * search->numbers;
    double sum = 0;

    for (gsize k = 0; k < search->numbers; k++)
      sum += ((double)sample[k] - made[k]) * ((double)sample[k] - made[k]);
    found[i].from = sum / (double)search->numbers;
  }
  return TRUE;
}

gboolean
gen_invert (GenLatentSpace *space, const GenInversionSettings *settings, const float *samples,
    guint n, GenInversionProgress progress, gpointer user_data, float *places, GenInverted *found,
    GError **error)
{
  const GenFormat *format = gen_latent_space_format (space);
  Search search = { .space = space,
    .settings = settings,
    .samples = samples,
    .n = n,
    .numbers = format->medium->count_numbers (format),
    .place = gen_latent_space_vectors (space) * gen_latent_space_length (space),
    .progress = progress,
    .user_data = user_data };
  gboolean fine;

  g_return_val_if_fail (n > 0, FALSE);
  if (!check_settings (space, settings, error))
    return FALSE;
  if ((guint64)n * (guint64)settings->starts > MOST_NUMBERS / search.place) {
    g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_SETTING,
        "%u samples with %d starts of %" G_GSIZE_FORMAT
        " numbers each are more than are looked for at once",
        n, settings->starts, search.place);
    return FALSE;
  }
  search.climbers = g_array_new (FALSE, FALSE, sizeof (Climber));
  g_array_set_clear_func (search.climbers, climber_clear);
  fine = choose_starts (&search, error) && run (&search, error) &&
         tell (&search, places, found, error) && measure_mean (&search, found, error);
  g_array_unref (search.climbers);
  gen_inversion_step_free (search.step);
  return fine;
}
