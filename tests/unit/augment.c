/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Augmentation: what is drawn keeps to its bounds and to its frame, and what is rendered is what
 * a plain reference in double precision, and Pillow, make of it. */
#include <generative/augment.h>

#include <gio/gio.h>
#include <math.h>
#include <string.h>

enum { FRAMES = 4000 };

static const GenAugmentation *
augmentation_at (int i)
{
  return gen_augmentation_list (&gen_medium_picture)[i];
}

static int
index_of (const char *name)
{
  for (int i = 0; augmentation_at (i) != NULL; i++)
    if (g_str_equal (augmentation_at (i)->name, name))
      return i;
  g_error ("no augmentation \"%s\"", name);
}

static GenAugmentSettings
settings_of (const char *name, double amount)
{
  GenAugmentSettings settings;

  gen_augment_settings_init (&settings, &gen_medium_picture);
  settings.seed = 11;
  settings.amounts[index_of (name)] = amount;
  return settings;
}

/* What steps of affine geometry and tone come to together. */
typedef struct {
  int width, height;
  double x[3], y[3]; /* from the picture's centre */
  double gain, offset;
} Sum;

static Sum
sum_of (const GenAugmentPictureDraw *draw)
{
  const double cx = 0.5 * draw->width, cy = 0.5 * draw->height;
  Sum sum = { .width = draw->width, .height = draw->height, .gain = 1 };
  double m[9];

  g_assert_true (gen_augment_picture_matrix (draw, m));
  g_assert_cmpfloat (m[6], ==, 0);
  g_assert_cmpfloat (m[7], ==, 0);
  for (int i = 0; i < 3; i++) {
    sum.x[i] = i < 2 ? m[i] : m[0] * cx + m[1] * cy + m[2] - cx;
    sum.y[i] = i < 2 ? m[3 + i] : m[3] * cx + m[4] * cy + m[5] - cy;
  }
  for (int i = 0; i < draw->n_steps; i++) {
    const GenAugmentPictureStep *step = &draw->steps[i];

    if (step->augmentation != augmentation_at (index_of ("brightness")) &&
        step->augmentation != augmentation_at (index_of ("contrast")))
      continue;
    sum.gain *= step->values[0];
    sum.offset = sum.offset * step->values[0] + step->values[3];
  }
  return sum;
}

static Sum
draw_sum (const GenAugmentSettings *settings, guint64 frame, int width, int height)
{
  GenAugmentPictureDraw draw;

  gen_augment_draw_picture (settings, frame, width, height, &draw);
  return sum_of (&draw);
}

static void
render (const GenAugmentPictureDraw *draw, const GenPicture *source, GenPicture *target)
{
  g_autoptr (GenAugmentWorkspace) workspace = gen_augment_workspace_new ();

  gen_augment_render_picture (draw, workspace, source, target);
}

static void
test_list (void)
{
  g_autoptr (GError) error = NULL;

  for (int i = 0; augmentation_at (i) != NULL; i++) {
    g_assert_true (gen_augmentation_find (&gen_medium_picture, augmentation_at (i)->name, NULL) ==
                   augmentation_at (i));
    g_assert_cmpfloat (augmentation_at (i)->maximum, >, 0);
    for (int j = 0; j < i; j++)
      g_assert_cmpstr (augmentation_at (i)->name, !=, augmentation_at (j)->name);
  }
  g_assert_null (gen_augmentation_find (&gen_medium_picture, "warp", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "flip, crop, resized-crop"));
  g_assert_null (gen_augmentation_list (&gen_medium_text)[0]);
}

static void
test_idle (void)
{
  GenAugmentSettings settings = { .medium = &gen_medium_picture, .probability = 1 };
  GenAugmentPictureDraw draw;

  g_assert_true (gen_augment_settings_are_idle (&settings));
  gen_augment_draw_picture (&settings, 5, 10, 10, &draw);
  g_assert_true (gen_augment_picture_is_idle (&draw));
  for (int i = 0; augmentation_at (i) != NULL; i++) {
    settings = settings_of (augmentation_at (i)->name, augmentation_at (i)->maximum);
    g_assert_false (gen_augment_settings_are_idle (&settings));
    settings.probability = 0;
    g_assert_true (gen_augment_settings_are_idle (&settings));
    gen_augment_draw_picture (&settings, 5, 10, 10, &draw);
    g_assert_true (gen_augment_picture_is_idle (&draw));
  }
}

/* A frame's draw is its own whenever it is asked for, other frames and seeds have others, and
 * an augmentation draws the same whether others are on or not. */
static void
test_same_frame_same_draw (void)
{
  GenAugmentSettings alone = settings_of ("brightness", 0.3), together = alone, other = alone;
  int same = 0;

  together.amounts[index_of ("flip")] = 3;
  together.amounts[index_of ("rotate")] = 30;
  together.amounts[index_of ("crop")] = 0.3;
  other.seed++;
  for (guint64 frame = 0; frame < 100; frame++) {
    double first = draw_sum (&alone, frame, 20, 10).offset;

    same += first == draw_sum (&alone, frame + 1, 20, 10).offset;
    same += first == draw_sum (&other, frame, 20, 10).offset;
    g_assert_cmpfloat (first, ==, draw_sum (&together, frame, 20, 10).offset);
    g_assert_cmpfloat (first, ==, draw_sum (&alone, frame, 20, 10).offset);
  }
  g_assert_cmpint (same, ==, 0);
}

/* Mean and extremes of what frames draw. */
typedef struct {
  double minimum, maximum, mean;
} Spread;

typedef double (*Measure) (const Sum *sum);

static Spread
spread_of (const GenAugmentSettings *settings, Measure measure)
{
  Spread spread = { G_MAXDOUBLE, -G_MAXDOUBLE, 0 };

  for (guint64 frame = 0; frame < FRAMES; frame++) {
    const Sum sum = draw_sum (settings, frame, 200, 100);
    const double value = measure (&sum);

    spread.minimum = MIN (spread.minimum, value);
    spread.maximum = MAX (spread.maximum, value);
    spread.mean += value / FRAMES;
  }
  return spread;
}

static double
angle_of (const Sum *sum)
{
  g_assert_cmpfloat_with_epsilon (sum->x[0] * sum->y[1] - sum->x[1] * sum->y[0], 1, 1e-9);
  return atan2 (sum->x[1], sum->x[0]) * 180 / G_PI;
}

static double
shift_x_of (const Sum *sum)
{
  return sum->x[2];
}

static double
shift_y_of (const Sum *sum)
{
  return sum->y[2];
}

static double
log_step_of (const Sum *sum)
{
  g_assert_cmpfloat (sum->x[0], ==, sum->y[1]);
  return log (sum->x[0]);
}

/* How far the part that a crop keeps reaches to the right; it never leaves the picture. */
static double
kept_of (const Sum *sum)
{
  g_assert_cmpfloat (ABS (sum->x[2]) + sum->x[0] * 100, <=, 100 + 1e-9);
  g_assert_cmpfloat (ABS (sum->y[2]) + sum->y[1] * 50, <=, 50 + 1e-9);
  return sum->x[0];
}

static double
offset_of (const Sum *sum)
{
  g_assert_cmpfloat (sum->gain, ==, 1);
  return sum->offset;
}

static double
log_gain_of (const Sum *sum)
{
  /* Middle grey stays. */
  g_assert_cmpfloat_with_epsilon (0.5 * sum->gain + sum->offset, 0.5, 1e-12);
  return log (sum->gain);
}

static double
mirrored_x (const Sum *sum)
{
  return sum->x[0] < 0;
}

static double
mirrored_y (const Sum *sum)
{
  return sum->y[1] < 0;
}

/* Nearly the whole range is drawn from, none of it is left, and the mean is in the middle. */
static void
test_bounds (void)
{
  static const struct {
    const char *name;
    double amount;
    Measure measure;
    double minimum, maximum;
  } cases[] = {
    { "rotate", 30, angle_of, -30, 30 },
    { "translate", 0.2, shift_x_of, -40, 40 },
    { "translate", 0.2, shift_y_of, -20, 20 },
    { "scale", 0.5, log_step_of, -0.4054651081, 0.4054651081 }, /* log 1.5 */
    { "crop", 0.4, kept_of, 0.6, 1 },
    { "brightness", 0.3, offset_of, -0.3, 0.3 },
    { "contrast", 1, log_gain_of, -0.6931471806, 0.6931471806 },
    { "flip", 3, mirrored_x, 0, 1 },
    { "flip", 3, mirrored_y, 0, 1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    GenAugmentSettings settings = settings_of (cases[i].name, cases[i].amount);
    Spread spread = spread_of (&settings, cases[i].measure);
    double range = cases[i].maximum - cases[i].minimum;

    g_assert_cmpfloat (spread.minimum, >=, cases[i].minimum - 1e-9);
    g_assert_cmpfloat (spread.maximum, <=, cases[i].maximum + 1e-9);
    g_assert_cmpfloat (spread.minimum, <=, cases[i].minimum + 0.01 * range);
    g_assert_cmpfloat (spread.maximum, >=, cases[i].maximum - 0.01 * range);
    /* Five standard errors of the coarsest, the flip. */
    g_assert_cmpfloat_with_epsilon (
        spread.mean, (cases[i].minimum + cases[i].maximum) / 2, 0.04 * range);
  }
}

static void
test_flip_choices (void)
{
  GenAugmentSettings horizontal = settings_of ("flip", 1), vertical = settings_of ("flip", 2);

  g_assert_cmpfloat (spread_of (&horizontal, mirrored_x).mean, >, 0.45);
  g_assert_cmpfloat (spread_of (&horizontal, mirrored_y).mean, ==, 0);
  g_assert_cmpfloat (spread_of (&vertical, mirrored_x).mean, ==, 0);
  g_assert_cmpfloat (spread_of (&vertical, mirrored_y).mean, >, 0.45);
}

static void
test_probability (void)
{
  GenAugmentSettings settings = settings_of ("rotate", 20);
  int rotated = 0, brightened = 0, both = 0;

  settings.amounts[index_of ("brightness")] = 0.2;
  settings.probability = 0.3;
  for (guint64 frame = 0; frame < FRAMES; frame++) {
    const Sum draw = draw_sum (&settings, frame, 20, 20);

    rotated += draw.x[1] != 0;
    brightened += draw.offset != 0;
    both += draw.x[1] != 0 && draw.offset != 0;
  }
  /* Five standard errors; the two are independent. */
  g_assert_cmpfloat_with_epsilon (rotated / (double)FRAMES, 0.3, 0.036);
  g_assert_cmpfloat_with_epsilon (brightened / (double)FRAMES, 0.3, 0.036);
  g_assert_cmpfloat_with_epsilon (both / (double)FRAMES, 0.09, 0.023);
}

static void
init_pattern (GenPicture *picture, int width, int height, int channels)
{
  gen_picture_init (picture, width, height, channels);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width * channels; x++)
      picture->data[y * picture->stride + x] = (guint8)(x * 29 + y * 53 + x * y * 7);
}

static double
reflect (double position, int extent)
{
  position = fabs (position);
  if (position > extent - 1)
    position = 2 * (extent - 1) - position;
  return MAX (position, 0);
}

/* The plain twin of gen_augment_render_picture, for affine geometry and tone. */
static double
reference_sample (const Sum *draw, const GenPicture *source, int x, int y, int channel)
{
  double cx = x + 0.5 - draw->width / 2.0, cy = y + 0.5 - draw->height / 2.0;
  double sx = reflect (
      draw->x[0] * cx + draw->x[1] * cy + draw->x[2] + draw->width / 2.0 - 0.5, draw->width);
  double sy = reflect (
      draw->y[0] * cx + draw->y[1] * cy + draw->y[2] + draw->height / 2.0 - 0.5, draw->height);
  int x0 = (int)sx, y0 = (int)sy;
  int x1 = MIN (x0 + 1, draw->width - 1), y1 = MIN (y0 + 1, draw->height - 1);
  double fx = sx - x0, fy = sy - y0, value;
#define AT(x, y) source->data[(y)*source->stride + (x)*source->channels + channel]

  value = (AT (x0, y0) * (1 - fx) + AT (x1, y0) * fx) * (1 - fy) +
          (AT (x0, y1) * (1 - fx) + AT (x1, y1) * fx) * fy;
#undef AT
  if (channel == 3)
    return value;
  return CLAMP (value * draw->gain + draw->offset * 255, 0, 255);
}

static void
assert_render (const GenAugmentPictureDraw *draw, const GenPicture *source, double tolerance)
{
  const Sum sum = sum_of (draw);
  g_auto (GenPicture) target = { 0 };

  gen_picture_init (&target, source->width, source->height, source->channels);
  render (draw, source, &target);
  for (int y = 0; y < source->height; y++)
    for (int x = 0; x < source->width; x++)
      for (int c = 0; c < source->channels; c++)
        g_assert_cmpfloat_with_epsilon (target.data[y * target.stride + x * source->channels + c],
            reference_sample (&sum, source, x, y, c), tolerance);
}

/* Weights of 8 bits make up to 1 and each rounding 1/2; a gain multiplies all but the last. */
static void
test_render (void)
{
  static const int sizes[][2] = { { 28, 28 }, { 1, 1 }, { 1, 9 }, { 9, 1 }, { 2, 2 }, { 67, 31 } };
  static const int channels[] = { 1, 3, 4 };
  static const char *const names[] = { "crop", "resized-crop", "scale", "rotate", "shear",
    "translate", "brightness", "contrast" };

  for (gsize s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (gsize c = 0; c < G_N_ELEMENTS (channels); c++)
      for (guint64 frame = 0; frame < 30; frame++) {
        GenAugmentSettings settings = {
          .medium = &gen_medium_picture, .probability = 0.6, .seed = 2
        };
        g_auto (GenPicture) source = { 0 };
        GenAugmentPictureDraw draw;

        for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
          settings.amounts[index_of (names[i])] =
              augmentation_at (index_of (names[i]))->maximum * (frame < 15 ? 0.2 : 1);
        settings.amounts[index_of ("flip")] = 3;
        init_pattern (&source, sizes[s][0], sizes[s][1], channels[c]);
        gen_augment_draw_picture (&settings, frame, source.width, source.height, &draw);
        assert_render (&draw, &source, 0.51 + 1.5 * MAX (1, sum_of (&draw).gain));
      }
}

/* A draw of one step, which an augmentation made, with other values. */
static void
draw_values (GenAugmentPictureDraw *draw, const char *name, int width, int height,
    const double *values, gsize n)
{
  GenAugmentSettings settings = settings_of (name, 0.1);

  gen_augment_draw_picture (&settings, 1, width, height, draw);
  g_assert_cmpint (draw->n_steps, ==, 1);
  memcpy (draw->steps[0].values, values, n * sizeof *values);
}

/* Mirrored pictures and whole steps are exact. */
static void
test_exact (void)
{
  static const double maps[][9] = {
    { -1, 0, 0, 0, 1, 0, 0, 0, 1 },
    { 1, 0, 0, 0, -1, 0, 0, 0, 1 },
    { -1, 0, 0, 0, -1, 0, 0, 0, 1 },
    { 1, 0, 3, 0, 1, -2, 0, 0, 1 },
    { 0, 1, 0, -1, 0, 0, 0, 0, 1 },
  };
  static const int sizes[] = { 1, 2, 13, 31 };

  for (gsize i = 0; i < G_N_ELEMENTS (maps); i++)
    for (gsize s = 0; s < G_N_ELEMENTS (sizes); s++)
      for (int channels = 1; channels <= 4; channels += channels == 1 ? 2 : 1) {
        g_auto (GenPicture) source = { 0 };
        GenAugmentPictureDraw draw;

        draw_values (&draw, "rotate", sizes[s], sizes[s], maps[i], 9);
        init_pattern (&source, sizes[s], sizes[s], channels);
        assert_render (&draw, &source, 1e-6);
      }
}

/* The middle of a picture turned by 30 degrees, as Pillow's bilinear filter turns it. */
static void
test_rotation_values (void)
{
  static const int expected[4][4] = {
    { 119, 121, 195, 120 },
    { 57, 67, 88, 73 },
    { 144, 144, 168, 169 },
    { 105, 46, 129, 131 },
  };
  double c = cos (G_PI / 6), s = sin (G_PI / 6);
  GenAugmentPictureDraw draw;
  g_auto (GenPicture) source = { 0 }, target = { 0 };

  draw_values (&draw, "rotate", 8, 8, (double[]){ c, s, 0, -s, c, 0, 0, 0, 1 }, 9);
  init_pattern (&source, 8, 8, 1);
  gen_picture_init (&target, 8, 8, 1);
  render (&draw, &source, &target);
  for (int y = 0; y < 4; y++)
    for (int x = 0; x < 4; x++)
      g_assert_cmpint (ABS (target.data[(y + 2) * target.stride + x + 2] - expected[y][x]), <=, 1);
}

/* Every value of a sample, in place. */
static void
test_tone (void)
{
  static const double tones[][2] = { { 1, 0.1 }, { 1, -0.7 }, { 2.5, -0.4 }, { 0.2, 0.4 } };

  for (gsize t = 0; t < G_N_ELEMENTS (tones); t++)
    for (int channels = 1; channels <= 4; channels += channels == 1 ? 2 : 1) {
      const double gain = tones[t][0], offset = tones[t][1];
      GenAugmentPictureDraw draw;
      g_auto (GenPicture) picture = { 0 };

      draw_values (&draw, "brightness", 256, 3,
          (double[]){ gain, 0, 0, offset, 0, gain, 0, offset, 0, 0, gain, offset }, 12);
      gen_picture_init (&picture, 256, 3, channels);
      for (int y = 0; y < 3; y++)
        for (int x = 0; x < 256 * channels; x++)
          picture.data[y * picture.stride + x] = (guint8)(x / channels);
      render (&draw, &picture, &picture);
      for (int y = 0; y < 3; y++)
        for (int x = 0; x < 256 * channels; x++) {
          double value = x / channels * gain + 255 * offset;
          double expected = x % channels == 3 ? x / channels : CLAMP (value, 0, 255);

          g_assert_cmpfloat_with_epsilon (picture.data[y * picture.stride + x], expected, 0.501);
        }
    }
}

/* Mean and deviation of the noise on grey, which alpha does not have. */
static void
test_noise (void)
{
  GenAugmentSettings settings = settings_of ("noise", 0.1);
  g_auto (GenPicture) grey = { 0 }, first = { 0 }, again = { 0 }, next = { 0 };
  double sum = 0, squares = 0;
  int n = 0, same = 0;
  GenAugmentPictureDraw draw;

  gen_picture_init (&grey, 301, 200, 4);
  gen_picture_init (&first, 301, 200, 4);
  gen_picture_init (&again, 301, 200, 4);
  gen_picture_init (&next, 301, 200, 4);
  memset (grey.data, 128, (gsize)grey.stride * 200);
  gen_augment_draw_picture (&settings, 7, 301, 200, &draw);
  render (&draw, &grey, &first);
  render (&draw, &grey, &again);
  gen_augment_draw_picture (&settings, 8, 301, 200, &draw);
  render (&draw, &grey, &next);
  for (int y = 0; y < 200; y++) {
    const guint8 *row = first.data + y * first.stride;

    g_assert_cmpmem (row, 301 * 4, again.data + y * again.stride, 301 * 4);
    for (int x = 0; x < 301 * 4; x++) {
      double value = row[x] - 128.0;

      if (x % 4 == 3) {
        g_assert_cmpint (row[x], ==, 128);
        continue;
      }
      sum += value;
      squares += value * value;
      same += row[x] == next.data[y * next.stride + x];
      n++;
    }
  }
  /* Five standard errors of 180,600 samples; rounding adds 1/12 to the variance. */
  g_assert_cmpfloat_with_epsilon (sum / n, 0, 0.3);
  g_assert_cmpfloat_with_epsilon (sqrt (squares / n), sqrt (25.5 * 25.5 + 1.0 / 12), 0.22);
  /* Equal by chance only: the chance is 1 / (2 sqrt (pi) 25.5) = 0.011. */
  g_assert_cmpfloat_with_epsilon (same / (double)n, 0.0111, 0.002);
}

static void
assert_same (const GenPicture *a, const GenPicture *b)
{
  const gsize bytes = (gsize)a->width * (gsize)a->channels;

  for (int y = 0; y < a->height; y++)
    g_assert_cmpmem (
        a->data + (gssize)y * a->stride, bytes, b->data + (gssize)y * b->stride, bytes);
}

/* A map that keeps rows and columns apart has a way of its own, and a shear of next to nothing does
 * not take it: what comes out is the same, where it is and beside. */
static void
test_straight (void)
{
  static const int sizes[][2] = { { 53, 37 }, { 600, 9 }, { 7, 1 }, { 1, 5 }, { 2, 2 } };
  static const int channels[] = { 1, 3, 4 };
  GenAugmentSettings settings = settings_of ("resized-crop", 0.9);
  GenAugmentPictureDraw draw;

  settings.amounts[index_of ("flip")] = 3;
  settings.amounts[index_of ("scale")] = 0.5;
  settings.amounts[index_of ("translate")] = 0.5;
  for (guint i = 0; i < 12 * G_N_ELEMENTS (sizes) * G_N_ELEMENTS (channels); i++) {
    const int *size = sizes[i % G_N_ELEMENTS (sizes)];
    const int c = channels[i / 12 % G_N_ELEMENTS (channels)];
    g_auto (GenPicture) source = { 0 }, straight = { 0 }, other = { 0 };

    gen_picture_init (&source, size[0], size[1], c);
    gen_picture_init (&straight, size[0], size[1], c);
    gen_picture_init (&other, size[0], size[1], c);
    for (int k = 0; k < source.stride * source.height; k++)
      source.data[k] = (guint8)(k * k * 7 + k * 31 + (int)i);
    gen_augment_draw_picture (&settings, i, size[0], size[1], &draw);
    g_assert_cmpint (draw.n_steps, >=, 2);
    render (&draw, &source, &straight);
    draw.steps[0].values[1] = 1e-30;
    render (&draw, &source, &other);
    assert_same (&straight, &other);
    draw.steps[0].values[1] = 0;
    render (&draw, &source, &source);
    assert_same (&source, &other);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/augment/list", test_list);
  g_test_add_func ("/augment/idle", test_idle);
  g_test_add_func ("/augment/same-frame-same-draw", test_same_frame_same_draw);
  g_test_add_func ("/augment/bounds", test_bounds);
  g_test_add_func ("/augment/flip-choices", test_flip_choices);
  g_test_add_func ("/augment/probability", test_probability);
  g_test_add_func ("/augment/render", test_render);
  g_test_add_func ("/augment/exact", test_exact);
  g_test_add_func ("/augment/straight", test_straight);
  g_test_add_func ("/augment/rotation-values", test_rotation_values);
  g_test_add_func ("/augment/tone", test_tone);
  g_test_add_func ("/augment/noise", test_noise);
  return g_test_run ();
}
