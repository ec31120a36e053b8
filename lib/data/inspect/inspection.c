/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking at all items of a dataset, each once, a block of them at a time on several threads. What
 * hangs on the order of items is done in their order, so that the result does not depend on the
 * number of threads. */
#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "../split.h"
#include "look.h"

/* Items of a thread in a block. */
#define BLOCK 8
/* Of what features are made: pictures of this size, and of sounds so many seconds. */
#define FEATURE_SIZE 64
#define FEATURE_RATE 16000
#define FEATURE_SECONDS 2

/* An item while it is looked at. */
typedef struct {
  GenLook look;
  GenSample fitted; /* of what the features are made */
  char *error;
} Look;

static void
look_clear (Look *look)
{
  gen_look_clear (&look->look);
  gen_sample_clear (&look->fitted);
  g_free (look->error);
  *look = (Look){ 0 };
}

static GenFormat
feature_format (const GenMedium *medium)
{
  if (medium == &gen_medium_picture)
    return (GenFormat){
      .medium = medium, .width = FEATURE_SIZE, .height = FEATURE_SIZE, .channels = 3
    };
  return (GenFormat){
    .medium = medium, .channels = 1, .rate = FEATURE_RATE, .length = FEATURE_RATE * FEATURE_SECONDS
  };
}

/* --- one item --- */

/* A sample of the format that features are made of. */
static gboolean
fit (const GenSample *sample, GenSample *fitted, GError **error)
{
  const GenFormat format = feature_format (sample->medium);
  const GenSound *sound = &sample->sound;
  gsize step;

  gen_sample_init (fitted, &format);
  if (sample->medium == &gen_medium_picture)
    return gen_picture_fit (&sample->picture, &fitted->picture, GEN_FIT_CROP, error);
  /* The first seconds of the mean of all channels, at the nearest samples: they are compared with
   * others that were made in the same way. */
  step = (gsize)sound->channels;
  for (gsize i = 0; i < format.length; i++) {
    const gsize from = i * (gsize)sound->rate / FEATURE_RATE;
    double sum = 0;

    for (gsize c = 0; from < sound->frames && c < step; c++)
      sum += sound->data[from * step + c];
    fitted->sound.data[i] = (float)(sum / (double)step);
  }
  return TRUE;
}

static gboolean
measure_item (GenInspection *inspection, guint32 index, Look *look, GError **error)
{
  const GenDataMeasure *const *measures = gen_data_measure_list ();
  const GenInspected *inspected = &look->look.inspected;
  double *values = inspection->values + (gsize)index * (gsize)inspection->n_measures;

  for (int i = 0; measures[i] != NULL; i++)
    values[i] = gen_data_measure_take (measures[i], inspected);
  inspection->items[index].has_fingerprint =
      gen_fingerprint_take (inspected, &inspection->items[index].fingerprint);
  return fit (inspected->sample, &look->fitted, error);
}

static void
look_at (GenInspection *inspection, guint32 index, Look *look)
{
  GenDataItem *item = &inspection->items[index];
  g_autoptr (GError) error = NULL;

  if (gen_look_at (&look->look, inspection->dataset, index, GEN_NEED_FILE | GEN_NEED_ITEM, &error))
    measure_item (inspection, index, look, &error);
  memcpy (item->digest, look->look.digest, GEN_DATA_DIGEST);
  if (error != NULL)
    look->error = g_strdup (error->message);
}

/* --- all items --- */

static int
count_threads (const GenInspectionSettings *settings)
{
  return settings->threads > 0 ? settings->threads : (int)g_get_num_processors ();
}

/* Where an item is, below the location. */
static const char *
name_of (GenInspection *inspection, guint32 index)
{
  g_autofree char *path = gen_dataset_describe_item (inspection->dataset, index);
  g_autofree char *below =
      g_utf8_make_valid (gen_dataset_name_below (inspection->dataset, path), -1);

  return g_string_chunk_insert (inspection->texts, below);
}

/* The part of each item. Those without a share have no items. */
static gboolean
deal (GenInspection *inspection, GError **error)
{
  static const GenSplit splits[] = { GEN_SPLIT_TRAIN, GEN_SPLIT_VALIDATION, GEN_SPLIT_TEST };

  for (gsize s = 0; s < G_N_ELEMENTS (splits); s++) {
    GenSequenceSettings order = inspection->settings.order;
    g_auto (GStrv) left_out = NULL;
    g_autofree guint32 *items = NULL;
    guint32 n;

    order.split = splits[s];
    items = gen_split_deal (inspection->dataset, &order, &n, &left_out, error);
    if (items == NULL)
      return FALSE;
    for (guint32 i = 0; i < n; i++)
      inspection->items[items[i]].split = splits[s];
  }
  return TRUE;
}

/* What of a look hangs on the order of items. */
typedef struct {
  GenFeatures *features, *gate;
  GenMoments moments;
  float *numbers;
  int output; /* of the gate */
} Follow;

static gboolean
take_gate (const GenInspection *inspection, Follow *follow, const Look *look, GenDataItem *item,
    GError **error)
{
  const GenFormat format = gen_sample_format (&look->look.sample);
  const int n = gen_features_length (follow->gate, &format);
  g_autofree float *numbers = g_new (float, n);

  if (!gen_features_compute (follow->gate, &look->look.sample, 1, numbers, error))
    return FALSE;
  item->gate = numbers[follow->output];
  return TRUE;
}

/* Every so many items are of the sample. */
static guint32
sample_step (const GenInspection *inspection)
{
  const guint32 count = gen_dataset_get_count (inspection->dataset);

  return (count + GEN_INSPECTION_SAMPLE - 1) / GEN_INSPECTION_SAMPLE;
}

static gboolean
follow_look (GenInspection *inspection, guint32 index, Follow *follow, Look *look, GError **error)
{
  GenDataItem *item = &inspection->items[index];

  item->kind = look->look.traits.kind;
  item->hints = look->look.traits.hints;
  if (look->look.traits.source_type != NULL)
    item->source_type =
        g_string_chunk_insert_const (inspection->texts, look->look.traits.source_type);
  if (look->error != NULL) {
    g_autofree char *error = g_utf8_make_valid (look->error, -1);

    item->error = g_string_chunk_insert (inspection->texts, error);
    return TRUE;
  }
  if (!gen_features_compute (follow->features, &look->fitted, 1, follow->numbers, error))
    return FALSE;
  gen_moments_add (&follow->moments, follow->numbers);
  if (index % sample_step (inspection) == 0)
    g_array_append_vals (inspection->features, follow->numbers, (guint)inspection->n_features);
  return follow->gate == NULL || take_gate (inspection, follow, look, item, error);
}

static gboolean
look_at_all (GenInspection *inspection, Follow *follow, GError **error)
{
  const guint32 count = gen_dataset_get_count (inspection->dataset);
  const int threads = count_threads (&inspection->settings);
  const int block = threads * BLOCK;
  g_autofree Look *looks = g_new0 (Look, block);
  gboolean good = TRUE;

  for (guint32 begin = 0; good && begin < count; begin += (guint32)block) {
    const int n = (int)MIN (count - begin, (guint32)block);

#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int i = 0; i < n; i++)
      look_at (inspection, begin + (guint32)i, &looks[i]);
    for (int i = 0; i < n; i++) {
      good = good && follow_look (inspection, begin + (guint32)i, follow, &looks[i], error);
      look_clear (&looks[i]);
    }
    if (inspection->settings.progress != NULL)
      inspection->settings.progress (begin + (guint32)n, count, inspection->settings.data);
  }
  return good;
}

static gboolean
inspect (GenInspection *inspection, GError **error)
{
  const GenMedium *medium = gen_dataset_get_format (inspection->dataset)->medium;
  const GenFormat format = feature_format (medium);
  g_autoptr (GenFeatures) features = gen_features_open (NULL, medium, error);
  g_autoptr (GenFeatures) gate = NULL;
  g_autofree float *numbers = NULL;
  Follow follow = { .features = features };
  gboolean good;

  if (features == NULL)
    return FALSE;
  if (inspection->settings.gate != NULL) {
    gate = gen_features_open (inspection->settings.gate, medium, error);
    if (gate == NULL)
      return FALSE;
    follow.output = gen_features_find (gate, gen_dataset_get_format (inspection->dataset),
        inspection->settings.gate_output, error);
    if (follow.output < 0)
      return FALSE;
  }
  follow.gate = gate;
  numbers = follow.numbers = g_new (float, gen_features_length (features, &format));
  inspection->n_features = (gsize)gen_features_length (features, &format);
  gen_moments_init (&follow.moments, (int)inspection->n_features);
  good = look_at_all (inspection, &follow, error);
  if (good && gen_moments_statistics (&follow.moments, &inspection->statistics)) {
    inspection->statistics.features = g_strdup (gen_features_name (features));
    inspection->has_statistics = TRUE;
  }
  gen_moments_clear (&follow.moments);
  return good;
}

static void
find_duplicates (GenInspection *inspection, guint32 count)
{
  g_autofree GenDataTwin *twins = g_new (GenDataTwin, count);

  gen_data_find_twins (inspection->items, NULL, count, inspection->settings.distance, twins);
  for (guint32 i = 0; i < count; i++) {
    inspection->items[i].duplicate_of = twins[i].same;
    inspection->items[i].near_of = twins[i].near;
  }
}

GenInspection *
gen_inspection_new (const char *location, const GenInspectionSettings *settings, GError **error)
{
  g_autoptr (GenInspection) inspection = g_new0 (GenInspection, 1);
  guint32 count;

  inspection->settings = *settings;
  inspection->texts = g_string_chunk_new (4096);
  inspection->features = g_array_new (FALSE, FALSE, sizeof (float));
  inspection->dataset = gen_dataset_open (location, &settings->dataset, error);
  if (inspection->dataset == NULL)
    return NULL;
  if (gen_dataset_get_format (inspection->dataset)->medium != &gen_medium_picture &&
      gen_dataset_get_format (inspection->dataset)->medium != &gen_medium_sound) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "%s: holds %s; pictures and sounds can be examined", location,
        gen_dataset_get_format (inspection->dataset)->medium->plural);
    return NULL;
  }
  count = gen_dataset_get_count (inspection->dataset);
  while (gen_data_measure_list ()[inspection->n_measures] != NULL)
    inspection->n_measures++;
  inspection->items = g_new0 (GenDataItem, count);
  inspection->values = g_new (double, (gsize)count *(gsize)inspection->n_measures);
  for (gsize i = 0; i < (gsize)count * (gsize)inspection->n_measures; i++)
    inspection->values[i] = NAN;
  for (guint32 i = 0; i < count; i++) {
    GenDataItem *item = &inspection->items[i];

    item->name = name_of (inspection, i);
    item->label = gen_dataset_get_label (inspection->dataset, i);
    item->duplicate_of = item->near_of = GEN_DATA_NONE;
    item->gate = NAN;
  }
  if (!deal (inspection, error) || !inspect (inspection, error))
    return NULL;
  find_duplicates (inspection, count);
  return g_steal_pointer (&inspection);
}

void
gen_inspection_free (GenInspection *inspection)
{
  if (inspection == NULL)
    return;
  gen_dataset_free (inspection->dataset);
  g_free (inspection->items);
  g_free (inspection->values);
  g_string_chunk_free (inspection->texts);
  g_array_unref (inspection->features);
  gen_statistics_clear (&inspection->statistics);
  g_free (inspection);
}

const float *
gen_inspection_get_features (const GenInspection *inspection, gsize *n, gsize *length)
{
  *length = inspection->n_features;
  *n = *length > 0 ? inspection->features->len / *length : 0;
  return (const float *)(const void *)inspection->features->data;
}

const GenDataset *
gen_inspection_get_dataset (const GenInspection *inspection)
{
  return inspection->dataset;
}

const GenDataItem *
gen_inspection_get_item (const GenInspection *inspection, guint32 index)
{
  g_return_val_if_fail (index < gen_dataset_get_count (inspection->dataset), NULL);
  return &inspection->items[index];
}

double
gen_inspection_get_value (const GenInspection *inspection, guint32 index, int measure)
{
  g_return_val_if_fail (measure >= 0 && measure < inspection->n_measures, NAN);
  return inspection->values[(gsize)index * (gsize)inspection->n_measures + (gsize)measure];
}

const GenStatistics *
gen_inspection_get_statistics (const GenInspection *inspection)
{
  return inspection->has_statistics ? &inspection->statistics : NULL;
}
