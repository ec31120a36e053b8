/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pairwise MS-SSIM: how alike generated pictures are among themselves, as the mean multi-scale SSIM
 * of pairs (Odena, Olah and Shlens, "Conditional image synthesis with auxiliary classifier GANs",
 * ICML 2017), which rises when a generator collapses; and that of the reference, for what the
 * figure of real pictures is. Pictures are kept by reservoir sampling, within a bounded memory. */
#include "metrics.h"
#include "multi-scale.h"

#include <generative/feature-rows.h>

/* Pictures that are kept of each set, where they take no more than so many bytes. */
#define KEPT_MOST 256
#define KEPT_BYTES (64 * 1024 * 1024)
/* Pairs that are compared, where that is not more than so many pixels; and the least. */
#define PAIRS_MOST 1000
#define PAIRS_LEAST 16
#define PAIRS_PIXELS (128 * 1024 * 1024)

enum { SAMPLES, REFERENCE, SETS };

/* What it computes with, of one picture at a time. */
typedef struct {
  GenMultiScale scales;
  GenPicture luma, fitted; /* of a sample that has colours, or another size than the first */
} Work;

typedef struct {
  guint64 seed;
  guint limit; /* pictures that may be kept of each set */
  int width, height, sizes;
  GenFeatureRows kept[SETS];
  Work *work; /* own, or that of the whole */
  Work own;
} Pairwise;

static gpointer
pairwise_open (const GenMetricSettings *settings)
{
  Pairwise *pairwise = g_new0 (Pairwise, 1);

  pairwise->seed = settings->seed;
  pairwise->limit = KEPT_MOST;
  pairwise->work = &pairwise->own;
  return pairwise;
}

static gpointer
pairwise_open_part (gpointer metric)
{
  const Pairwise *whole = metric;
  Pairwise *part = pairwise_open (&(GenMetricSettings){ .seed = whole->seed });

  part->work = whole->work;
  return part;
}

static void
pairwise_close (gpointer metric)
{
  Pairwise *pairwise = metric;

  gen_multi_scale_clear (&pairwise->own.scales);
  gen_picture_clear (&pairwise->own.luma);
  gen_picture_clear (&pairwise->own.fitted);
  for (int i = 0; i < SETS; i++)
    gen_feature_rows_clear (&pairwise->kept[i]);
  g_free (pairwise);
}

/* Make ready for pictures of that size, unless it was done. */
static void
begin (Pairwise *pairwise, const GenPicture *picture)
{
  static const char *const streams[SETS] = { "ms-ssim samples", "ms-ssim reference" };
  const gsize bytes = (gsize)picture->width * (gsize)picture->height * sizeof (float);
  const guint most = MIN ((guint)CLAMP (KEPT_BYTES / bytes, 2, KEPT_MOST), pairwise->limit);

  if (pairwise->width > 0)
    return;
  pairwise->width = picture->width;
  pairwise->height = picture->height;
  pairwise->sizes = gen_multi_scale_count (picture->width, picture->height);
  for (int i = 0; i < SETS; i++)
    gen_feature_rows_init (&pairwise->kept[i], most, pairwise->seed, streams[i]);
}

static GenPicture *
give_size (GenPicture *picture, int width, int height)
{
  if (picture->width != width || picture->height != height) {
    gen_picture_clear (picture);
    gen_picture_init (picture, width, height, 1);
  }
  return picture;
}

/* The picture's luma, of the first one's size. */
static const GenPicture *
reduce (Pairwise *pairwise, const GenPicture *picture)
{
  Work *work = pairwise->work;
  const GenPicture *luma = picture;

  if (picture->channels != 1) {
    gen_metric_luma (picture, give_size (&work->luma, picture->width, picture->height));
    luma = &work->luma;
  }
  if (luma->width == pairwise->width && luma->height == pairwise->height)
    return luma;
  gen_picture_fit (
      luma, give_size (&work->fitted, pairwise->width, pairwise->height), GEN_FIT_STRETCH, NULL);
  return &work->fitted;
}

static void
read_plane (const GenPicture *luma, float *plane)
{
  for (int y = 0; y < luma->height; y++)
    for (int x = 0; x < luma->width; x++)
      *plane++ = luma->data[(gssize)y * luma->stride + x];
}

static void
keep (Pairwise *pairwise, int set, const GenPicture *picture)
{
  float *row;

  begin (pairwise, picture);
  if (pairwise->sizes == 0)
    return;
  row = gen_feature_rows_next (&pairwise->kept[set], pairwise->width * pairwise->height);
  if (row != NULL)
    read_plane (reduce (pairwise, picture), row);
}

static void
pairwise_take (gpointer metric, const GenMetricSample *sample)
{
  keep (metric, SAMPLES, &sample->sample->picture);
}

static void
pairwise_refer (gpointer metric, const GenMetricSample *sample)
{
  keep (metric, REFERENCE, &sample->sample->picture);
}

static double
compare (Pairwise *pairwise, const GenFeatureRows *rows, guint i, guint j)
{
  const gsize stride = (gsize)pairwise->width * sizeof (float);
  const GenSsimPlane a = { gen_feature_rows_at (rows, i), stride };
  const GenSsimPlane b = { gen_feature_rows_at (rows, j), stride };

  return gen_multi_scale_compare (
      &pairwise->work->scales, &a, &b, pairwise->width, pairwise->height, TRUE, pairwise->sizes);
}

static guint
count_pairs (const Pairwise *pairwise, guint n)
{
  const gint64 pixels = (gint64)pairwise->width * pairwise->height;
  const guint most = (guint)CLAMP (PAIRS_PIXELS / pixels, PAIRS_LEAST, PAIRS_MOST);

  return (guint)MIN ((guint64)n * (n - 1) / 2, most);
}

/* The mean over all pairs, or over those that chance chooses where they are too many. */
static double
find_mean (Pairwise *pairwise, const GenFeatureRows *rows)
{
  const guint n = rows->n, pairs = n > 1 ? count_pairs (pairwise, n) : 0;
  const GenRandom random = gen_random_new (pairwise->seed, "ms-ssim pairs", 0);
  double sum = 0;

  if (pairs == 0)
    return GEN_MISSING;
  if (pairs == (guint64)n * (n - 1) / 2) {
    for (guint i = 1; i < n; i++)
      for (guint j = 0; j < i; j++)
        sum += compare (pairwise, rows, i, j);
    return sum / pairs;
  }
  for (guint k = 0; k < pairs; k++) {
    const guint i = gen_random_below (&random, k, 0, n);
    const guint past = gen_random_below (&random, k, 1, n - 1);

    sum += compare (pairwise, rows, i, (i + 1 + past) % n);
  }
  return sum / pairs;
}

static gboolean
pairwise_figure (gpointer metric, double *values, GError **error)
{
  Pairwise *pairwise = metric;

  values[0] = find_mean (pairwise, &pairwise->kept[SAMPLES]);
  values[1] = (double)pairwise->kept[SAMPLES].seen;
  if (pairwise->kept[REFERENCE].seen > 0)
    values[2] = find_mean (pairwise, &pairwise->kept[REFERENCE]);
  if (pairwise->kept[REFERENCE].seen > 0)
    values[3] = (double)pairwise->kept[REFERENCE].seen;
  return TRUE;
}

static gsize
pairwise_kept (gpointer metric)
{
  const Pairwise *pairwise = metric;

  return gen_feature_rows_bytes (&pairwise->kept[SAMPLES]) +
         gen_feature_rows_bytes (&pairwise->kept[REFERENCE]);
}

/* A picture alone makes no pair: where there is no memory for two, none is kept. */
static guint
halve (guint most)
{
  return most >= 4 ? most / 2 : 0;
}

static void
pairwise_thin (gpointer metric)
{
  Pairwise *pairwise = metric;

  pairwise->limit = halve (pairwise->limit);
  for (int i = 0; pairwise->width > 0 && i < SETS; i++)
    gen_feature_rows_thin (&pairwise->kept[i], halve (pairwise->kept[i].most));
}

#define TOO_FEW                                                                                    \
  "it compares two pictures at least, of 11 pixels each way; of classes, where there is memory "   \
  "for two of each"

const GenMetric gen_metric_pairwise_ms_ssim = {
  .name = "pairwise-ms-ssim",
  .medium = &gen_medium_picture,
  .summary =
      "Mean multi-scale structural similarity of pairs of samples, kept by chance: how alike "
      "they are among themselves (Odena et al. 2017)",
  .unit = "0 to 1; 1 where all are equal",
  .takes_long = TRUE,
  .fields = { { "pairwise-ms-ssim", GEN_FIELD_NUMBER, NULL, TOO_FEW },
      { "pairwise-ms-ssim-samples", GEN_FIELD_COUNT, NULL },
      { "pairwise-ms-ssim-reference", GEN_FIELD_NUMBER, NULL, TOO_FEW },
      { "pairwise-ms-ssim-reference-samples", GEN_FIELD_COUNT, NULL } },
  .n_fields = 4,
  .open = pairwise_open,
  .close = pairwise_close,
  .take = pairwise_take,
  .refer = pairwise_refer,
  .figure = pairwise_figure,
  .open_part = pairwise_open_part,
  .kept = pairwise_kept,
  .thin = pairwise_thin,
};
