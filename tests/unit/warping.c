/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Warping error: what is known of motion that was made. */
#include <generative/metric.h>

#include <math.h>
#include <string.h>

#define WIDTH 320
#define HEIGHT 240

/* Smooth texture without a period, of any size: sums of waves at places of a plane. */
static double
find_level (double x, double y)
{
  return 128 + 40 * sin (x / 3.1 + 2 * sin (y / 17)) + 30 * sin (y / 4.3 + 3 * sin (x / 29)) +
         25 * sin ((x + 2 * y) / 11.7);
}

static void
fill (GenPicture *picture, double dx, double dy)
{
  for (int y = 0; y < picture->height; y++)
    for (int x = 0; x < picture->width; x++)
      picture->data[y * picture->stride + x] = (guint8)lrint (find_level (x + dx, y + dy));
}

static void
init (GenPicture *picture, int width, int height, double dx, double dy)
{
  gen_picture_init (picture, width, height, 1);
  fill (picture, dx, dy);
}

static void
add_noise (GenPicture *picture, double deviation, guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  for (int y = 0; y < picture->height; y++)
    for (int x = 0; x < picture->width; x++) {
      double sum = -6;

      for (int k = 0; k < 12; k++)
        sum += g_rand_double (rand);
      picture->data[y * picture->stride + x] =
          (guint8)CLAMP (lrint (picture->data[y * picture->stride + x] + sum * deviation), 0, 255);
    }
}

typedef struct {
  double error, hidden;
} Found;

static GenMeter *
open_meter (void)
{
  g_autoptr (GError) error = NULL;
  GenMeter *meter = gen_meter_new (&(GenMeterSettings){ .metrics = "warping-error" }, &error);

  g_assert_no_error (error);
  return meter;
}

static Found
measure (GenMeter *meter, const GenPicture *picture)
{
  const GenSample sample = gen_sample_of_picture (picture);
  double values[2];

  g_assert_true (gen_meter_measure (meter, &sample, values, NULL));
  return (Found){ values[0], values[1] };
}

static Found
compare (const GenPicture *before, const GenPicture *now)
{
  g_autoptr (GenMeter) meter = open_meter ();

  g_assert_true (measure (meter, before).error == GEN_MISSING);
  return measure (meter, now);
}

/* What moves by whole pixels does not change, however it moves. */
static void
test_pan (void)
{
  static const int ways[][2] = { { 0, 0 }, { 1, 0 }, { 0, -2 }, { 7, 5 }, { -23, 14 },
    { 28, -19 } };

  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++) {
    g_auto (GenPicture) before = { 0 }, now = { 0 };
    Found found;

    init (&before, WIDTH, HEIGHT, 0, 0);
    init (&now, WIDTH, HEIGHT, ways[i][0], ways[i][1]);
    found = compare (&before, &now);
    g_assert_cmpfloat (found.error, <, i == 0 ? 1e-300 : 2e-6);
    g_assert_cmpfloat (found.hidden, <, i == 0 ? 1e-300 : 0.4);
  }
}

/* Between pixels, and where it turns or comes nearer, what differs is what interpolation does. */
static void
test_between (void)
{
  g_auto (GenPicture) before = { 0 }, half = { 0 }, nearer = { 0 };
  double still = 0;

  init (&before, WIDTH, HEIGHT, 0, 0);
  init (&half, WIDTH, HEIGHT, 2.5, 1.25);
  gen_picture_init (&nearer, WIDTH, HEIGHT, 1);
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++) {
      const double to_x = 160 + (x - 160) * 0.98 + (y - 120) * 0.01;
      const double to_y = 120 + (y - 120) * 0.98 - (x - 160) * 0.01;
      const double difference = find_level (to_x, to_y) - before.data[y * before.stride + x];

      nearer.data[y * nearer.stride + x] = (guint8)lrint (find_level (to_x, to_y));
      still += difference * difference / 255 / 255 / WIDTH / HEIGHT;
    }
  g_assert_cmpfloat (compare (&before, &half).error, <, 2e-4);
  g_assert_cmpfloat (compare (&before, &nearer).error, <, still / 20);
  g_assert_cmpfloat (compare (&before, &nearer).hidden, <, 0.2);
}

/* Noise of its own in each frame has twice its variance, less what matching finds by chance. */
static void
test_noise (void)
{
  double last = 0;

  for (int deviation = 1; deviation <= 16; deviation *= 2) {
    const double expected = 2.0 * deviation * deviation / 255 / 255;
    g_auto (GenPicture) before = { 0 }, now = { 0 };
    double error;

    init (&before, WIDTH, HEIGHT, 0, 0);
    init (&now, WIDTH, HEIGHT, 3, 2);
    add_noise (&before, deviation, 1);
    add_noise (&now, deviation, 2);
    error = compare (&before, &now).error;
    g_assert_cmpfloat (error, >, 0.6 * expected);
    g_assert_cmpfloat (error, <, 1.3 * expected);
    g_assert_cmpfloat (error, >, last);
    last = error;
  }
}

/* A square that moves uncovers what was not there: it is hidden, and no error. */
static void
test_hidden (void)
{
  g_auto (GenPicture) before = { 0 }, now = { 0 };
  GenPicture *const frames[] = { &before, &now };
  Found found;

  for (int i = 0; i < 2; i++) {
    init (frames[i], WIDTH, HEIGHT, 0, 0);
    for (int y = 80; y < 176; y++)
      for (int x = 0; x < 96; x++)
        frames[i]->data[y * frames[i]->stride + 64 + 24 * i + x] =
            (guint8)lrint (find_level (900 + x, 700 + y));
  }
  found = compare (&before, &now);
  g_assert_cmpfloat (found.error, <, 2e-4);
  g_assert_cmpfloat (found.hidden, >, 0.01);
  g_assert_cmpfloat (found.hidden, <, 0.1);
}

/* Of one level each, nothing says that anything moved. */
static void
test_flat (void)
{
  static const int sizes[][2] = { { 1, 1 }, { 3, 5 }, { 8, 8 }, { 17, 16 }, { 15, 200 },
    { 65, 33 } };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_auto (GenPicture) before = { 0 }, now = { 0 };

    gen_picture_init (&before, sizes[i][0], sizes[i][1], 1);
    gen_picture_init (&now, sizes[i][0], sizes[i][1], 1);
    memset (before.data, 10, (gsize)before.stride * (gsize)before.height);
    memset (now.data, 61, (gsize)now.stride * (gsize)now.height);
    g_assert_cmpfloat_with_epsilon (compare (&before, &now).error, 0.04, 1e-12);
    g_assert_cmpfloat (compare (&now, &now).error, ==, 0);
  }
}

static void
test_interrupt (void)
{
  g_autoptr (GenMeter) meter = open_meter ();
  g_auto (GenPicture) frame = { 0 }, other = { 0 };

  init (&frame, WIDTH, HEIGHT, 0, 0);
  init (&other, WIDTH + 2, HEIGHT, 0, 0);
  g_assert_true (measure (meter, &frame).error == GEN_MISSING);
  g_assert_cmpfloat (measure (meter, &frame).error, ==, 0);
  gen_meter_interrupt (meter);
  g_assert_true (measure (meter, &frame).error == GEN_MISSING);
  g_assert_cmpfloat (measure (meter, &frame).error, ==, 0);
  g_assert_true (measure (meter, &other).error == GEN_MISSING);
  g_assert_cmpfloat (measure (meter, &other).error, ==, 0);
}

/* Noise that has nothing to do with the frame before: little of it is found there. */
static void
test_cut (void)
{
  g_auto (GenPicture) before = { 0 }, now = { 0 };

  init (&before, WIDTH, HEIGHT, 0, 0);
  init (&now, WIDTH, HEIGHT, 5000, 3000);
  add_noise (&now, 60, 3);
  g_assert_cmpfloat (compare (&before, &now).hidden, >, 0.75);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/warping/pan", test_pan);
  g_test_add_func ("/warping/between", test_between);
  g_test_add_func ("/warping/noise", test_noise);
  g_test_add_func ("/warping/hidden", test_hidden);
  g_test_add_func ("/warping/flat", test_flat);
  g_test_add_func ("/warping/interrupt", test_interrupt);
  g_test_add_func ("/warping/cut", test_cut);
  return g_test_run ();
}
