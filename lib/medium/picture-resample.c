/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resampling of pictures to the last bit as Pillow has it. What a bit hangs on: weights are found
 * in double, with the filter's middle at the middle of what a place covers, and are divided by
 * their sum; for bytes they become whole numbers of 22 bits of fraction, away from zero where they
 * are half-way; across comes first, of the rows alone that are needed, and either pass is left out
 * where nothing changes along its axis. */
#include <generative/picture-resample.h>

#include <math.h>
#include <string.h>

/* Bits of a weight's fraction: what is left of 32 beside a byte, and a sign and overshoot. */
#define FRACTION 22

/* --- filters --- */

static double
box (double x)
{
  return x > -0.5 && x <= 0.5 ? 1 : 0;
}

static double
bilinear (double x)
{
  return fabs (x) < 1 ? 1 - fabs (x) : 0;
}

static double
hamming (double x)
{
  const double angle = fabs (x) * G_PI;

  if (x == 0)
    return 1;
  return fabs (x) < 1 ? sin (angle) / angle * (0.54f + 0.46f * cos (angle)) : 0;
}

/* Keys's with a = -1/2. */
static double
bicubic (double x)
{
  static const double a = -0.5;

  x = fabs (x);
  if (x < 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

static double
sinc (double x)
{
  return x == 0 ? 1 : sin (x * G_PI) / (x * G_PI);
}

static double
lanczos (double x)
{
  return x >= -3 && x < 3 ? sinc (x) * sinc (x / 3) : 0;
}

static const GenResampleFilter filter_box = { "box", "the mean of what a pixel covers", 0.5, box };
static const GenResampleFilter filter_bilinear = { "bilinear", "a triangle", 1, bilinear };
static const GenResampleFilter filter_hamming = { "hamming", "a sinc under Hamming's window", 1,
  hamming };
static const GenResampleFilter filter_bicubic = { "bicubic", "Keys's cubic, a = -1/2", 2, bicubic };
static const GenResampleFilter filter_lanczos = { "lanczos", "a sinc under its own middle, to 3", 3,
  lanczos };

const GenResampleFilter *const *
gen_resample_filter_list (void)
{
  static const GenResampleFilter *const list[] = { &filter_box, &filter_bilinear, &filter_hamming,
    &filter_bicubic, &filter_lanczos, NULL };

  return list;
}

const GenResampleFilter *
gen_resample_filter_find (const char *name)
{
  for (const GenResampleFilter *const *f = gen_resample_filter_list (); *f != NULL; f++)
    if (g_str_equal ((*f)->name, name))
      return *f;
  return NULL;
}

/* --- weights --- */

/* Along an axis each place of the target is a sum of places of the source. */
typedef struct {
  int from, to; /* extents */
  int taps;     /* at most */
  int *first, *n;
  double *weights; /* [place][tap] */
} Axis;

static void
weigh_place (Axis *axis, const GenResampleFilter *filter, int place)
{
  const double scale = (double)axis->from / axis->to, stretch = MAX (scale, 1);
  const double reach = filter->reach * stretch, middle = (place + 0.5) * scale;
  const double inverse = 1 / stretch;
  const int first = MAX ((int)(middle - reach + 0.5), 0);
  const int n = MIN ((int)(middle + reach + 0.5), axis->from) - first;
  double *weights = axis->weights + (gsize)place * (gsize)axis->taps, sum = 0;

  for (int i = 0; i < n; i++) {
    weights[i] = filter->weigh ((i + first - middle + 0.5) * inverse);
    sum += weights[i];
  }
  for (int i = 0; i < n && sum != 0; i++)
    weights[i] /= sum;
  axis->first[place] = first;
  axis->n[place] = n;
}

static void
axis_init (Axis *axis, const GenResampleFilter *filter, int from, int to)
{
  const double stretch = MAX ((double)from / to, 1);

  *axis = (Axis){ from, to, (int)ceil (filter->reach * stretch) * 2 + 1 };
  axis->first = g_new (int, to);
  axis->n = g_new (int, to);
  axis->weights = g_new0 (double, (gsize)to *(gsize)axis->taps);
  for (int place = 0; place < to; place++)
    weigh_place (axis, filter, place);
}

static void
axis_clear (Axis *axis)
{
  g_free (axis->first);
  g_free (axis->n);
  g_free (axis->weights);
}

/* (transfer full) */
static gint32 *
round_weights (const Axis *axis)
{
  const gsize n = (gsize)axis->to * (gsize)axis->taps;
  gint32 *rounded = g_new (gint32, n);

  for (gsize i = 0; i < n; i++)
    rounded[i] = (gint32)(axis->weights[i] * (1 << FRACTION) + (axis->weights[i] < 0 ? -0.5 : 0.5));
  return rounded;
}

/* --- bytes --- */

static guint8
to_byte (gint32 sum)
{
  return (guint8)CLAMP (sum >> FRACTION, 0, 255);
}

static inline guint8 *
row_of (const GenPicture *picture, int y)
{
  return picture->data + (gssize)y * picture->stride;
}

static void
resample_across (const GenPicture *source, GenPicture *target, const Axis *axis)
{
  const int channels = source->channels;
  g_autofree gint32 *weights = round_weights (axis);

  for (int y = 0; y < source->height; y++) {
    guint8 *out = row_of (target, y);

    for (int x = 0; x < axis->to; x++) {
      const gint32 *w = weights + (gsize)x * (gsize)axis->taps;
      const guint8 *in = row_of (source, y) + (gsize)axis->first[x] * (gsize)channels;

      for (int c = 0; c < channels; c++) {
        gint32 sum = 1 << (FRACTION - 1);

        for (int i = 0; i < axis->n[x]; i++)
          sum += in[i * channels + c] * w[i];
        *out++ = to_byte (sum);
      }
    }
  }
}

static void
resample_down (const GenPicture *source, GenPicture *target, const Axis *axis)
{
  const int n = source->width * source->channels;
  g_autofree gint32 *weights = round_weights (axis);
  g_autofree gint32 *sums = g_new (gint32, n);

  for (int y = 0; y < axis->to; y++) {
    const gint32 *w = weights + (gsize)y * (gsize)axis->taps;
    guint8 *out = row_of (target, y);

    for (int x = 0; x < n; x++)
      sums[x] = 1 << (FRACTION - 1);
    for (int i = 0; i < axis->n[y]; i++) {
      const guint8 *in = row_of (source, axis->first[y] + i);

      for (int x = 0; x < n; x++)
        sums[x] += in[x] * w[i];
    }
    for (int x = 0; x < n; x++)
      out[x] = to_byte (sums[x]);
  }
}

static void
copy_rows (const GenPicture *source, GenPicture *target)
{
  for (int y = 0; y < source->height; y++)
    memcpy (row_of (target, y), row_of (source, y), (gsize)source->width * (gsize)source->channels);
}

static void
pass_across (const GenPicture *source, GenPicture *target, const GenResampleFilter *filter)
{
  Axis axis;

  if (source->width == target->width) {
    copy_rows (source, target);
    return;
  }
  axis_init (&axis, filter, source->width, target->width);
  resample_across (source, target, &axis);
  axis_clear (&axis);
}

void
gen_picture_resample (const GenPicture *source, GenPicture *target, const GenResampleFilter *filter)
{
  g_auto (GenPicture) between = { 0 };
  Axis axis;

  g_return_if_fail (source->channels == target->channels);
  if (source->height == target->height) {
    pass_across (source, target, filter);
    return;
  }
  gen_picture_init (&between, target->width, source->height, source->channels);
  pass_across (source, &between, filter);
  axis_init (&axis, filter, source->height, target->height);
  resample_down (&between, target, &axis);
  axis_clear (&axis);
}

/* --- levels --- */

/* `rows` rows of a channel, across. */
static void
find_levels_across (const GenPicture *source, int channel, const Axis *axis, float *out)
{
  for (int y = 0; y < source->height; y++)
    for (int x = 0; x < axis->to; x++) {
      const double *weights = axis->weights + (gsize)x * (gsize)axis->taps;
      const guint8 *in =
          row_of (source, y) + (gsize)axis->first[x] * (gsize)source->channels + channel;
      double sum = 0;

      for (int i = 0; i < axis->n[x]; i++)
        sum += in[i * source->channels] * weights[i];
      *out++ = (float)sum;
    }
}

static void
copy_levels (const GenPicture *source, int channel, float *out)
{
  for (int y = 0; y < source->height; y++)
    for (int x = 0; x < source->width; x++)
      *out++ = row_of (source, y)[x * source->channels + channel];
}

static void
find_levels_down (const float *in, int width, const Axis *axis, float *out)
{
  g_autofree double *sums = g_new (double, width);

  for (int y = 0; y < axis->to; y++) {
    const double *weights = axis->weights + (gsize)y * (gsize)axis->taps;

    memset (sums, 0, (gsize)width * sizeof *sums);
    for (int i = 0; i < axis->n[y]; i++) {
      const float *row = in + (gsize)(axis->first[y] + i) * (gsize)width;

      for (int x = 0; x < width; x++)
        sums[x] += (double)row[x] * weights[i];
    }
    for (int x = 0; x < width; x++)
      *out++ = (float)sums[x];
  }
}

void
gen_picture_resample_levels (const GenPicture *source, int channel, const GenResampleFilter *filter,
    int width, int height, float *out)
{
  const gboolean goes_down = source->height != height;
  g_autofree float *between = goes_down ? g_new (float, (gsize)width *(gsize)source->height) : NULL;
  float *across = goes_down ? between : out;
  Axis axis;

  if (source->width == width) {
    copy_levels (source, channel, across);
  } else {
    axis_init (&axis, filter, source->width, width);
    find_levels_across (source, channel, &axis, across);
    axis_clear (&axis);
  }
  if (!goes_down)
    return;
  axis_init (&axis, filter, source->height, height);
  find_levels_down (between, width, &axis, out);
  axis_clear (&axis);
}
