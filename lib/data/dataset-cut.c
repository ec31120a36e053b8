/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A dataset of sounds cut into windows.
 *
 * How long its files are is found at once, on several threads, since the number of items hangs on
 * it. A file that tells nothing, or cannot be made of the rate, has one item, so that it is met and
 * counted as one that cannot be decoded. */
#include "../medium/sound-resampler.h"
#include "dataset-private.h"

/* A few gigabytes of them; a hop of a second makes years. */
#define MAX_ITEMS ((guint32)1 << 26)

typedef struct {
  guint32 source;
  guint64 first; /* frame, at the rate that is wanted */
  gsize length;
} Window;

typedef struct {
  GenDataset dataset;
  const GenDataset *sources;
  GArray *windows; /* of Window */
} CutDataset;

/* What the threads share: lengths of the sources, at the rate that is wanted. */
typedef struct {
  const GenDataset *sources;
  const GenDatasetCut *cut;
  guint64 *lengths;
} Measurement;

static void
cut_free (GenDataset *dataset)
{
  CutDataset *cut = (CutDataset *)dataset;

  g_array_unref (cut->windows);
  g_free (cut);
}

static gboolean
cut_load (const GenDataset *dataset, guint32 index, const GenFitting *fitting, GenSample *target,
    GError **error)
{
  const CutDataset *cut = (const CutDataset *)dataset;
  const Window *window = &g_array_index (cut->windows, Window, index);
  GenFitting part = *fitting;

  part.first += window->first;
  return gen_dataset_load (cut->sources, window->source, &part, target, error);
}

static char *
cut_describe (const GenDataset *dataset, guint32 index)
{
  const CutDataset *cut = (const CutDataset *)dataset;
  const Window *window = &g_array_index (cut->windows, Window, index);
  g_autofree char *source = gen_dataset_describe_item (cut->sources, window->source);

  if (window->first == 0)
    return g_steal_pointer (&source);
  return g_strdup_printf (
      "%s, from frame %" G_GUINT64_FORMAT " at %d Hz", source, window->first, dataset->sample.rate);
}

static char *
cut_get_caption (const GenDataset *dataset, guint32 index)
{
  const CutDataset *cut = (const CutDataset *)dataset;

  return gen_dataset_get_caption (cut->sources, g_array_index (cut->windows, Window, index).source);
}

static gsize
cut_get_length (const GenDataset *dataset, guint32 index)
{
  return g_array_index (((const CutDataset *)dataset)->windows, Window, index).length;
}

static guint32
cut_get_source (const GenDataset *dataset, guint32 index)
{
  return g_array_index (((const CutDataset *)dataset)->windows, Window, index).source;
}

static const GenDataset *
cut_get_sources (const GenDataset *dataset)
{
  return ((const CutDataset *)dataset)->sources;
}

static guint32
cut_get_shard (const GenDataset *dataset, guint32 index)
{
  const CutDataset *cut = (const CutDataset *)dataset;

  return gen_dataset_get_shard (cut->sources, g_array_index (cut->windows, Window, index).source);
}

static const GenDatasetFormat cut_format = {
  .name = "cut",
  .description = "Windows of the sounds of another dataset",
  .medium = &gen_medium_sound,
  .load = cut_load,
  .describe = cut_describe,
  .get_caption = cut_get_caption,
  .get_length = cut_get_length,
  .get_source = cut_get_source,
  .get_sources = cut_get_sources,
  .get_shard = cut_get_shard,
  .free = cut_free,
};

static void
measure (gpointer data, gpointer user_data)
{
  const Measurement *measurement = user_data;
  guint32 source = GPOINTER_TO_UINT (data) - 1;
  GenFormat format;

  if (!g_cancellable_is_cancelled (measurement->cut->cancellable) &&
      gen_dataset_probe (measurement->sources, source, &format, NULL) &&
      gen_sound_resampler_takes_rates (format.rate, measurement->cut->rate))
    measurement->lengths[source] =
        MAX (gen_sound_scale_frames (format.length, format.rate, measurement->cut->rate), 1);
}

static guint64 *
measure_all (const GenDataset *sources, const GenDatasetCut *cut)
{
  guint32 count = gen_dataset_get_count (sources);
  Measurement measurement = { sources, cut, g_new0 (guint64, count) };
  int threads = cut->threads > 0 ? cut->threads : (int)g_get_num_processors ();
  GThreadPool *pool = g_thread_pool_new (measure, &measurement, threads, FALSE, NULL);

  for (guint32 i = 0; i < count; i++)
    g_thread_pool_push (pool, GUINT_TO_POINTER (i + 1), NULL);
  g_thread_pool_free (pool, FALSE, TRUE);
  return measurement.lengths;
}

/* Windows that lie within a source of so many frames; one, where none does. */
static guint64
count_windows (const GenDatasetCut *cut, guint64 frames)
{
  if (cut->window == 0 || frames <= cut->window)
    return 1;
  return 1 + (frames - cut->window) / (cut->hop > 0 ? cut->hop : cut->window);
}

static void
add_windows (CutDataset *dataset, const GenDatasetCut *cut, guint32 source, guint64 frames)
{
  guint64 n = count_windows (cut, frames);
  gsize hop = cut->hop > 0 ? cut->hop : cut->window;

  for (guint64 i = 0; i < n; i++) {
    Window window = { source, i * hop, cut->window > 0 ? cut->window : (gsize)MAX (frames, 1) };

    g_array_append_val (dataset->windows, window);
  }
}

/* What the windows have of their sources. */
static void
take_labels (CutDataset *cut)
{
  GenDataset *dataset = &cut->dataset;

  for (int i = 0; i < gen_dataset_get_label_count (cut->sources); i++)
    g_ptr_array_add (dataset->label_names, g_strdup (gen_dataset_get_label_name (cut->sources, i)));
  dataset->count = cut->windows->len;
  dataset->labels = g_new (gint32, dataset->count);
  for (guint32 i = 0; i < dataset->count; i++)
    dataset->labels[i] =
        gen_dataset_get_label (cut->sources, g_array_index (cut->windows, Window, i).source);
}

GenDataset *
gen_dataset_cut (const GenDataset *sources, const GenDatasetCut *settings, GError **error)
{
  g_autofree guint64 *lengths = NULL;
  CutDataset *cut;
  guint64 total = 0;

  g_return_val_if_fail (sources->sample.medium == &gen_medium_sound && settings->rate > 0, NULL);
  if (settings->rate > GEN_SOUND_MAX_RATE) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "%s: it is wanted at %d Hz; sounds have at most %d", sources->location, settings->rate,
        GEN_SOUND_MAX_RATE);
    return NULL;
  }
  lengths = measure_all (sources, settings);
  if (g_cancellable_set_error_if_cancelled (settings->cancellable, error))
    return NULL;
  for (guint32 i = 0; i < sources->count; i++) {
    if (settings->window == 0 && lengths[i] > GEN_SOUND_MAX_FRAMES)
      lengths[i] = 0; /* it will be refused */
    total += count_windows (settings, lengths[i]);
  }
  if (total > MAX_ITEMS || settings->window > GEN_SOUND_MAX_FRAMES) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
        "%s: %" G_GUINT64_FORMAT " windows of %" G_GSIZE_FORMAT
        " frames are too many or too long: at most %u of %d; a longer hop makes fewer",
        sources->location, total, settings->window, MAX_ITEMS, GEN_SOUND_MAX_FRAMES);
    return NULL;
  }
  cut = g_new0 (CutDataset, 1);
  cut->dataset = (GenDataset){ .format = &cut_format,
    .location = g_strdup (sources->location),
    .sample = sources->sample,
    .label_names = g_ptr_array_new_with_free_func (g_free) };
  cut->dataset.sample.rate = settings->rate;
  cut->dataset.sample.length = settings->window;
  cut->sources = sources;
  cut->windows = g_array_sized_new (FALSE, FALSE, sizeof (Window), (guint)total);
  for (guint32 i = 0; i < sources->count; i++)
    add_windows (cut, settings, i, lengths[i]);
  take_labels (cut);
  return &cut->dataset;
}
