/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Figures of each class by itself. Of frames these are tallies; metrics that go by features are
 * taken of rows that are kept of each class, when the summary is due: the rows of all classes are
 * together no more than those of the whole, however many classes there are, and where there are too
 * many, each class keeps half, chosen by chance. Metrics that look at samples themselves are at
 * work for each class, and what each of them keeps is bounded in the same way. */
#include <math.h>
#include <string.h>

#include "classes.h"
#include "metrics.h"

typedef struct {
  char *name;
  guint64 frames, counts[2]; /* frames; samples, and those of the reference */
  GenTally *tallies;         /* a field each */
  GenFeatureRows sets[2];
  gpointer *states; /* an instrument each, of those that look at samples */
} Class;

/* What is of no class, or of one too many. */
typedef struct {
  guint64 frames, counts[2];
} Rest;

/* What an instrument keeps of samples for all classes, and how often each class let go of half. */
typedef struct {
  gsize bytes;
  guint thinned;
} Keeping;

/* After which a class keeps a millionth. */
#define THINNED_MOST 20

struct _GenClasses {
  const GenMeter *meter;
  int n_names;        /* of the meter */
  GPtrArray *classes; /* Class */
  GHashTable *by_name;
  Class *current;      /* the frames'; NULL: they are of none, */
  gboolean is_surplus; /* or of one too many */
  Rest without, surplus;
  guint limits[2];  /* rows of a class; 0: not known yet */
  guint64 rows[2];  /* of all classes */
  Keeping *keeping; /* an instrument each; NULL: none has been at work */
};

static const Instrument *
instrument_at (const GenMeter *meter, guint i)
{
  return &g_array_index (meter->instruments, Instrument, i);
}

/* Taken of features that are kept. */
static gboolean
is_of_rows (const GenMetric *metric)
{
  return metric->needs_features && !metric->needs_labels &&
         (metric->compare != NULL || metric->take != NULL);
}

static gboolean
is_of_samples (const GenMetric *metric)
{
  return !metric->needs_features && metric->take != NULL;
}

/* --- which there are --- */

static void
free_class (Class *class, const GenMeter *meter)
{
  for (guint i = 0; class->states != NULL && i < meter->instruments->len; i++)
    if (class->states[i] != NULL)
      instrument_at (meter, i)->metric->close (class->states[i]);
  g_free (class->states);
  g_free (class->tallies);
  for (int side = 0; side < 2; side++)
    gen_feature_rows_clear (&class->sets[side]);
  g_free (class->name);
  g_free (class);
}

static void
init_rows (const GenClasses *classes, Class *class)
{
  static const char *const streams[] = { "samples", "reference" };

  for (int side = 0; side < 2; side++)
    gen_feature_rows_init (
        &class->sets[side], classes->limits[side], classes->meter->settings.seed, streams[side]);
}

/* NULL where there are too many already. Nothing is allocated for a class that is known. */
static Class *
find_class (GenClasses *classes, const char *name)
{
  g_autofree char *valid = g_utf8_validate (name, -1, NULL) ? NULL : g_utf8_make_valid (name, -1);
  Class *class;

  name = valid != NULL ? valid : name;
  class = g_hash_table_lookup (classes->by_name, name);
  if (class != NULL || classes->classes->len == GEN_METRIC_CLASSES)
    return class;
  class = g_new0 (Class, 1);
  class->name = g_strdup (name);
  class->tallies = g_new0 (GenTally, classes->meter->fields->len);
  init_rows (classes, class);
  g_ptr_array_add (classes->classes, class);
  g_hash_table_insert (classes->by_name, class->name, class);
  return class;
}

/* A class that has no name is called by its number. */
static Class *
find_label (GenClasses *classes, int label)
{
  char **names = classes->meter->class_names;
  char number[16];

  if (label < classes->n_names)
    return find_class (classes, names[label]);
  g_snprintf (number, sizeof number, "%d", label);
  return find_class (classes, number);
}

GenClasses *
gen_classes_new (const GenMeter *meter)
{
  GenClasses *classes = g_new0 (GenClasses, 1);

  classes->meter = meter;
  classes->n_names = meter->class_names != NULL ? (int)g_strv_length (meter->class_names) : 0;
  classes->classes = g_ptr_array_new ();
  classes->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  for (char **name = meter->class_names; name != NULL && *name != NULL; name++)
    find_class (classes, *name);
  return classes;
}

void
gen_classes_free (GenClasses *classes)
{
  if (classes == NULL)
    return;
  for (guint c = 0; c < classes->classes->len; c++)
    free_class (classes->classes->pdata[c], classes->meter);
  g_hash_table_unref (classes->by_name);
  g_ptr_array_unref (classes->classes);
  g_free (classes->keeping);
  g_free (classes);
}

void
gen_classes_set (GenClasses *classes, int label, const char *name)
{
  const gboolean any = name != NULL || label >= 0;

  classes->current = name != NULL ? find_class (classes, name)
                     : any        ? find_label (classes, label)
                                  : NULL;
  classes->is_surplus = any && classes->current == NULL;
}

/* --- what comes --- */

void
gen_classes_add_frame (GenClasses *classes, const double *values)
{
  const GenMeter *meter = classes->meter;
  Class *class = classes->current;

  if (class == NULL) {
    (classes->is_surplus ? &classes->surplus : &classes->without)->frames++;
    return;
  }
  class->frames++;
  for (guint i = 0; i < meter->instruments->len; i++) {
    const Instrument *instrument = instrument_at (meter, i);
    const int first = instrument->first_field;

    for (int f = first; f < first + gen_metric_count_measured (instrument->metric); f++)
      gen_tally_add (&class->tallies[f], values[f]);
  }
}

/* All classes keep half of what they may, until what they keep together is few enough, or a row
 * each. */
static void
make_room (GenClasses *classes, int side)
{
  const guint most = classes->meter->sets[side].most;

  while (classes->rows[side] > most && classes->limits[side] > 1) {
    classes->limits[side] /= 2;
    classes->rows[side] = 0;
    for (guint c = 0; c < classes->classes->len; c++) {
      Class *class = classes->classes->pdata[c];

      gen_feature_rows_thin (&class->sets[side], classes->limits[side]);
      classes->rows[side] += class->sets[side].n;
    }
  }
}

static void
keep_row (GenClasses *classes, Class *class, const GenMetricSample *sample, int side)
{
  GenFeatureRows *rows = &class->sets[side];
  float *row;
  guint had;

  if (classes->limits[side] == 0) {
    classes->limits[side] = classes->meter->sets[side].most;
    for (guint c = 0; c < classes->classes->len; c++)
      ((Class *)classes->classes->pdata[c])->sets[side].most = classes->limits[side];
  }
  had = rows->n;
  row = gen_feature_rows_next (rows, sample->n_features);
  if (row != NULL)
    memcpy (row, sample->features, (gsize)sample->n_features * sizeof *row);
  classes->rows[side] += rows->n - had;
  if (classes->rows[side] > classes->meter->sets[side].most)
    make_room (classes, side);
}

/* A metric at work for a class, which may keep as much as in the others. */
static gpointer
open_state (const GenClasses *classes, guint i)
{
  const Instrument *instrument = instrument_at (classes->meter, i);
  const GenMetric *metric = instrument->metric;
  GenMetricSettings settings = classes->meter->settings;
  gpointer state;

  settings.reference = NULL;
  state =
      metric->open_part != NULL ? metric->open_part (instrument->state) : metric->open (&settings);
  for (guint n = 0; n < classes->keeping[i].thinned; n++)
    metric->thin (state);
  return state;
}

/* All classes let go of half of what an instrument may keep, until that is few enough bytes. */
static void
thin_states (GenClasses *classes, guint i)
{
  const GenMetric *metric = instrument_at (classes->meter, i)->metric;
  Keeping *keeping = &classes->keeping[i];

  while (keeping->bytes > GEN_METRIC_CLASSES_BYTES && keeping->thinned < THINNED_MOST) {
    keeping->thinned++;
    keeping->bytes = 0;
    for (guint c = 0; c < classes->classes->len; c++) {
      Class *class = classes->classes->pdata[c];

      if (class->states == NULL || class->states[i] == NULL)
        continue;
      metric->thin (class->states[i]);
      keeping->bytes += metric->kept (class->states[i]);
    }
  }
}

static void
hand_on (GenClasses *classes, Class *class, const GenMetricSample *sample, gboolean reference)
{
  const guint n = classes->meter->instruments->len;

  if (classes->keeping == NULL)
    classes->keeping = g_new0 (Keeping, n);
  if (class->states == NULL)
    class->states = g_new0 (gpointer, n);
  for (guint i = 0; i < n; i++) {
    const GenMetric *metric = instrument_at (classes->meter, i)->metric;
    gsize had = 0;

    if (!is_of_samples (metric) || (reference && metric->refer == NULL))
      continue;
    if (class->states[i] == NULL)
      class->states[i] = open_state (classes, i);
    else if (metric->kept != NULL)
      had = metric->kept (class->states[i]);
    (reference ? metric->refer : metric->take) (class->states[i], sample);
    if (metric->kept == NULL)
      continue;
    classes->keeping[i].bytes += metric->kept (class->states[i]) - had;
    thin_states (classes, i);
  }
}

void
gen_classes_take (GenClasses *classes, const GenMetricSample *sample, gboolean reference)
{
  const int side = reference ? 1 : 0;
  Class *class = sample->label >= 0 ? find_label (classes, sample->label)
                 : reference        ? NULL
                                    : classes->current;
  const gboolean is_surplus =
      class == NULL && (sample->label >= 0 || (!reference && classes->is_surplus));

  if (class == NULL) {
    (is_surplus ? &classes->surplus : &classes->without)->counts[side]++;
    return;
  }
  class->counts[side]++;
  if (sample->features != NULL)
    keep_row (classes, class, sample, side);
  if (sample->sample != NULL)
    hand_on (classes, class, sample, reference);
}

/* --- figures --- */

static gboolean
has_reference (const GenClasses *classes)
{
  for (guint c = 0; c < classes->classes->len; c++)
    if (((const Class *)classes->classes->pdata[c])->counts[1] > 0)
      return TRUE;
  return FALSE;
}

/* Why a metric has no figure of a class, or NULL. (transfer full) */
static char *
describe_lack (const GenClasses *classes, const Class *class, const GenMetric *metric)
{
  if (class->counts[0] == 0)
    return g_strdup ("no sample is of this class");
  if (metric->needs_reference && class->counts[1] == 0)
    return g_strdup (classes->meter->settings.reference != NULL
                         ? "the reference is statistics of all, which know no classes"
                     : has_reference (classes) ? "the reference has none of this class"
                                               : "the reference has no classes");
  if (metric->needs_rank)
    return gen_frechet_describe_doubt (class->sets[0].n, class->sets[1].n, class->sets[0].length);
  return NULL;
}

/* A metric that takes samples one by one, of rows. */
static gboolean
take_rows (const GenMeter *meter, const Class *class, const GenMetric *metric, double *figures,
    GError **error)
{
  GenMetricSettings settings = meter->settings;
  gpointer state;
  gboolean done;

  settings.reference = NULL;
  state = metric->open (&settings);
  for (int side = 1; side >= 0; side--) {
    const GenFeatureRows *rows = &class->sets[side];
    void (*take) (gpointer, const GenMetricSample *) = side == 1 ? metric->refer : metric->take;

    for (guint r = 0; take != NULL && r < rows->n; r++)
      take (state, &(GenMetricSample){ NULL, gen_feature_rows_at (rows, r), rows->length, -1 });
  }
  done = metric->figure (state, figures, error);
  metric->close (state);
  return done;
}

/* `values` are the class's, from the metric's first field on that is not of frames. */
static gboolean
figure_class (const GenClasses *classes, const Class *class, guint i, double *values, char **lack,
    GError **error)
{
  const GenMetric *metric = instrument_at (classes->meter, i)->metric;
  const GenMetricSets sets = { &class->sets[0], &class->sets[1], classes->meter->settings.seed };

  *lack = describe_lack (classes, class, metric);
  if (*lack != NULL) {
    for (int f = gen_metric_count_measured (metric); f < metric->n_fields; f++)
      values[f - gen_metric_count_measured (metric)] = GEN_MISSING;
    return TRUE;
  }
  if (metric->compare != NULL)
    return metric->compare (&sets, values, error);
  if (is_of_rows (metric))
    return take_rows (classes->meter, class, metric, values, error);
  return metric->figure (class->states[i], values, error);
}

/* --- what is told --- */

/* Names are those of the whole, and a count that there is none of goes without saying. */
static gboolean
is_told (const GenField *field, double value)
{
  return field->type == GEN_FIELD_NUMBER || (field->type == GEN_FIELD_COUNT && isfinite (value));
}

static void
tell_tally (const GenField *field, const GenTally *tally, JsonObject *object)
{
  g_autofree char *name = g_strconcat (field->name, "-missing", NULL);

  if (tally->count > 0) {
    json_object_set_object_member (object, field->name, gen_tally_to_json (tally));
    return;
  }
  json_object_set_null_member (object, field->name);
  json_object_set_string_member (object, name, "no frame of this class has one");
}

/* The figures of a class, into `values` as well. NULL with `error`. */
static JsonObject *
tell_class (const GenClasses *classes, const Class *class, double *values, GError **error)
{
  const GenMeter *meter = classes->meter;
  g_autoptr (JsonObject) object = json_object_new ();

  if (meter->frames > 0)
    json_object_set_int_member (object, "frames", (gint64) class->frames);
  if (meter->takes_samples)
    json_object_set_int_member (object, "samples", (gint64) class->counts[0]);
  if (meter->wants_reference)
    json_object_set_int_member (object, "reference-samples", (gint64) class->counts[1]);
  for (guint i = 0; i < meter->instruments->len; i++) {
    const Instrument *instrument = instrument_at (meter, i);
    const GenMetric *metric = instrument->metric;
    const guint first = (guint)instrument->first_field;
    const guint measured = (guint)gen_metric_count_measured (metric);
    g_autofree char *lack = NULL;

    for (guint f = first; f < first + (guint)metric->n_fields; f++)
      values[f] =
          f<first + measured &&class->tallies[f].count> 0 ? class->tallies[f].mean : (double)NAN;
    if ((is_of_rows (metric) || is_of_samples (metric)) &&
        !figure_class (classes, class, i, values + first + measured, &lack, error))
      return NULL;
    for (guint f = first; f < first + (guint)metric->n_fields; f++) {
      const GenField *field = &g_array_index (meter->fields, GenField, f);

      if (f < first + measured)
        tell_tally (field, &class->tallies[f], object);
      else if (is_told (field, values[f]))
        gen_meter_tell_figure (field, values[f], lack, object);
    }
  }
  return g_steal_pointer (&object);
}

static void
tell_rest (const char *name, const Rest *rest, JsonObject *object)
{
  JsonObject *told;

  if (rest->frames + rest->counts[0] + rest->counts[1] == 0)
    return;
  told = json_object_new ();
  json_object_set_int_member (told, "frames", (gint64)rest->frames);
  json_object_set_int_member (told, "samples", (gint64)rest->counts[0]);
  json_object_set_int_member (told, "reference-samples", (gint64)rest->counts[1]);
  json_object_set_object_member (object, name, told);
}

/* Which instruments have not kept all that they would have of the whole. */
static void
tell_shares (const GenClasses *classes, JsonObject *object)
{
  g_autoptr (JsonObject) shares = json_object_new ();

  for (guint i = 0; classes->keeping != NULL && i < classes->meter->instruments->len; i++)
    if (classes->keeping[i].thinned > 0)
      json_object_set_double_member (shares, instrument_at (classes->meter, i)->metric->name,
          ldexp (1, -(int)classes->keeping[i].thinned));
  if (json_object_get_size (shares) > 0)
    json_object_set_object_member (object, "kept-shares", g_steal_pointer (&shares));
}

gboolean
gen_classes_summarise (GenClasses *classes, JsonObject *summary, GError **error)
{
  const guint n = classes->classes->len, n_fields = classes->meter->fields->len;
  const GenField *fields = (const GenField *)classes->meter->fields->data;
  g_autofree double *values = g_new (double, (gsize)n *n_fields);
  g_autofree GenClassFigures *figures = g_new (GenClassFigures, n);
  g_autoptr (JsonObject) object = json_object_new (), of = json_object_new ();
  g_autofree char *doubt = NULL;

  for (gsize i = 0; i < (gsize)n * n_fields; i++)
    values[i] = NAN;
  for (guint c = 0; c < n; c++) {
    const Class *class = classes->classes->pdata[c];
    JsonObject *told = tell_class (classes, class, values + (gsize)c * n_fields, error);

    if (told == NULL)
      return FALSE;
    json_object_set_object_member (of, class->name, told);
    figures[c] = (GenClassFigures){ class->name,
      classes->meter->takes_samples ? class->counts[0] : class->frames,
      values + (gsize)c * n_fields };
  }
  json_object_set_object_member (object, "of", g_steal_pointer (&of));
  json_object_set_object_member (object, "gaps", gen_class_gaps (figures, n, fields, n_fields));
  tell_rest ("without", &classes->without, object);
  tell_rest ("too-many", &classes->surplus, object);
  tell_shares (classes, object);
  if (classes->meter->wants_features)
    doubt = gen_class_gaps_describe_doubt (figures, n);
  if (doubt != NULL)
    json_object_set_string_member (object, "doubt", doubt);
  json_object_set_object_member (summary, "classes", g_steal_pointer (&object));
  return TRUE;
}
