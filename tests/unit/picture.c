/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures: what is written comes back, channels and scaling against Pillow's results, and
 * damaged, missing and misleading files. */
#include <sys/stat.h>
#include <generative/picture.h>

#include <math.h>
#include <string.h>

#include "../scratch.h"

/* A picture with no two neighbouring samples alike. */
static void
init_pattern (GenPicture *picture, int width, int height, int channels)
{
  gen_picture_init (picture, width, height, channels);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width * channels; x++)
      picture->data[y * picture->stride + x] = (guint8)(x * 37 + y * 101 + x * y % 11);
}

static void
assert_equal (const GenPicture *a, const GenPicture *b)
{
  g_assert_cmpint (a->width, ==, b->width);
  g_assert_cmpint (a->height, ==, b->height);
  g_assert_cmpint (a->channels, ==, b->channels);
  for (int y = 0; y < a->height; y++)
    g_assert_cmpmem (a->data + y * a->stride, a->width * a->channels, b->data + y * b->stride,
        b->width * b->channels);
}

static void
test_round_trip (void)
{
  static const int channels[] = { 1, 3, 4 };
  g_autofree char *folder = scratch_new ();
  /* To libav alone, this name would be a pattern that fits another file. */
  g_autofree char *path = g_build_filename (folder, "p%02d.png", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (channels); i++) {
    g_auto (GenPicture) picture = { 0 }, loaded = { 0 };
    g_autoptr (GError) error = NULL;

    init_pattern (&picture, 19, 7, channels[i]);
    gen_picture_save_png (&picture, path, &error);
    g_assert_no_error (error);
    gen_picture_load (&loaded, path, 0, &error);
    g_assert_no_error (error);
    assert_equal (&loaded, &picture);
  }
  scratch_remove (folder);
}

/* What one pixel becomes in other channels; the expected values are Pillow's. */
static void
test_channels (void)
{
  static const struct {
    int from, to;
    guint8 in[4], out[4];
  } pixels[] = {
    { 1, 3, { 77 }, { 77, 77, 77 } },
    { 1, 4, { 77 }, { 77, 77, 77, 255 } },
    { 3, 1, { 200, 100, 50 }, { 124 } },
    { 3, 1, { 255, 255, 255 }, { 255 } },
    { 3, 1, { 0, 0, 255 }, { 29 } },
    { 3, 4, { 1, 2, 3 }, { 1, 2, 3, 255 } },
    { 4, 3, { 200, 100, 50, 128 }, { 100, 50, 25 } },
    { 4, 3, { 200, 100, 50, 255 }, { 200, 100, 50 } },
    { 4, 1, { 200, 100, 50, 0 }, { 0 } },
    { 4, 1, { 200, 100, 50, 128 }, { 62 } },
  };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "pixel.png", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (pixels); i++) {
    g_auto (GenPicture) in = { 0 }, fitted = { 0 }, loaded = { 0 };
    g_autoptr (GError) error = NULL;

    gen_picture_init (&in, 1, 1, pixels[i].from);
    memcpy (in.data, pixels[i].in, 4);
    gen_picture_init (&fitted, 1, 1, pixels[i].to);
    g_assert_true (gen_picture_fit (&in, &fitted, GEN_FIT_STRETCH, &error));
    g_assert_cmpmem (fitted.data, pixels[i].to, pixels[i].out, pixels[i].to);

    g_assert_true (gen_picture_save_png (&in, path, &error));
    g_assert_true (gen_picture_load (&loaded, path, pixels[i].to, &error));
    assert_equal (&loaded, &fitted);
  }
  scratch_remove (folder);
}

/* The mean of whole blocks; even values keep the rounding out of it. */
static void
test_shrink (void)
{
  for (int channels = 1; channels <= 3; channels += 2) {
    g_auto (GenPicture) source = { 0 }, target = { 0 };

    gen_picture_init (&source, 64, 48, channels);
    for (int y = 0; y < 48; y++)
      for (int x = 0; x < 64 * channels; x++)
        source.data[y * source.stride + x] = (guint8)(((x / channels * 7) ^ (y * 5)) & 0xff);
    gen_picture_init (&target, 16, 12, channels);
    g_assert_true (gen_picture_fit (&source, &target, GEN_FIT_STRETCH, NULL));
    for (int y = 0; y < 12; y++)
      for (int x = 0; x < 16 * channels; x++) {
        int sum = 0;

        for (int i = 0; i < 16; i++)
          sum += ((((x / channels) * 4 + i % 4) * 7) ^ ((y * 4 + i / 4) * 5)) & 0xff;
        g_assert_cmpint (ABS (target.data[y * target.stride + x] * 16 - sum), <=, 24);
      }
  }
}

/* A ramp of 16 columns enlarged to 32, as Pillow's bicubic filter enlarges it. */
static void
test_enlarge (void)
{
  static const guint8 expected[32] = { 0, 1, 6, 10, 14, 18, 22, 26, 30, 34, 38, 42, 46, 50, 54, 58,
    62, 66, 70, 74, 78, 82, 86, 90, 94, 98, 102, 106, 110, 114, 119, 121 };
  g_auto (GenPicture) source = { 0 }, target = { 0 };

  gen_picture_init (&source, 16, 16, 1);
  for (int y = 0; y < 16; y++)
    for (int x = 0; x < 16; x++)
      source.data[y * source.stride + x] = (guint8)(8 * x);
  gen_picture_init (&target, 32, 32, 1);
  g_assert_true (gen_picture_fit (&source, &target, GEN_FIT_STRETCH, NULL));
  for (int y = 0; y < 32; y++)
    for (int x = 0; x < 32; x++)
      g_assert_cmpint (ABS (target.data[y * target.stride + x] - expected[x]), <=, 1);
}

/* How much sample `j` of `from` counts for sample `i` of `to`: what of it that one covers, or the
 * cubic's weight. */
static double
weight_of (int from, int to, int i, int j)
{
  const double ratio = (double)from / to, x = fabs ((i + 0.5) * ratio - 0.5 - j);

  if (to <= from)
    return MAX (MIN ((i + 1) * ratio, j + 1) - MAX (i * ratio, j), 0) / ratio;
  if (x < 1)
    return 1.5 * x * x * x - 2.5 * x * x + 1;
  return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0;
}

/* A sample by the definition; beyond the edges they are repeated. */
static double
scaled_sample (const GenPicture *source, const GenPicture *target, int x, int y, int c)
{
  double sum = 0;

  for (int v = -2; v < source->height + 2; v++)
    for (int u = -2; u < source->width + 2; u++) {
      const int row = CLAMP (v, 0, source->height - 1), column = CLAMP (u, 0, source->width - 1);

      if ((v == row || target->height > source->height) &&
          (u == column || target->width > source->width))
        sum += weight_of (source->height, target->height, y, v) *
               weight_of (source->width, target->width, x, u) *
               source->data[row * source->stride + column * source->channels + c];
    }
  return sum;
}

/* Sizes that share nothing, that both grow and shrink, and the least. */
static void
test_scale (void)
{
  static const int sizes[][4] = { { 31, 23, 17, 11 }, { 31, 23, 30, 22 }, { 9, 7, 32, 19 },
    { 23, 11, 7, 29 }, { 5, 40, 5, 9 }, { 1, 1, 7, 3 }, { 2, 3, 9, 2 }, { 40, 33, 1, 1 } };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (int channels = 1; channels <= 3; channels += 2) {
      g_auto (GenPicture) source = { 0 }, target = { 0 };

      init_pattern (&source, sizes[i][0], sizes[i][1], channels);
      gen_picture_init (&target, sizes[i][2], sizes[i][3], channels);
      g_assert_true (gen_picture_fit (&source, &target, GEN_FIT_STRETCH, NULL));
      for (int y = 0; y < target.height; y++)
        for (int x = 0; x < target.width; x++)
          for (int c = 0; c < channels; c++)
            g_assert_cmpfloat_with_epsilon (
                CLAMP (scaled_sample (&source, &target, x, y, c), 0, 255),
                target.data[y * target.stride + x * channels + c], 0.501);
    }
}

static void
test_pad (void)
{
  g_auto (GenPicture) source = { 0 }, target = { 0 }, wide = { 0 };

  /* A digit of 20x20 amid 28x28: copied, not scaled. */
  init_pattern (&source, 20, 20, 1);
  gen_picture_init (&target, 28, 28, 1);
  memset (target.data, 9, (gsize)target.stride * 28);
  g_assert_true (gen_picture_fit (&source, &target, GEN_FIT_PAD, NULL));
  for (int y = 0; y < 28; y++)
    for (int x = 0; x < 28; x++) {
      gboolean inside = x >= 4 && x < 24 && y >= 4 && y < 24;
      int expected = inside ? source.data[(y - 4) * source.stride + x - 4] : 0;

      g_assert_cmpint (target.data[y * target.stride + x], ==, expected);
    }

  /* Twice as wide as the target: its rows fill the middle half. */
  gen_picture_init (&wide, 56, 28, 1);
  memset (wide.data, 200, (gsize)wide.stride * 28);
  g_assert_true (gen_picture_fit (&wide, &target, GEN_FIT_PAD, NULL));
  for (int y = 0; y < 28; y++)
    for (int x = 0; x < 28; x++)
      g_assert_cmpint (target.data[y * target.stride + x], ==, y >= 7 && y < 21 ? 200 : 0);
}

static void
test_crop (void)
{
  g_auto (GenPicture) source = { 0 }, target = { 0 };

  /* The middle third is white, and is just what a square takes. */
  gen_picture_init (&source, 30, 10, 3);
  for (int y = 0; y < 10; y++)
    memset (source.data + y * source.stride + 10 * 3, 255, 10 * 3);
  gen_picture_init (&target, 5, 5, 3);
  g_assert_true (gen_picture_fit (&source, &target, GEN_FIT_CROP, NULL));
  for (int y = 0; y < 5; y++)
    for (int x = 0; x < 15; x++)
      g_assert_cmpint (target.data[y * target.stride + x], ==, 255);
}

/* Transparent pixels lend no colour to their neighbours. */
static void
test_alpha_fringe (void)
{
  g_auto (GenPicture) source = { 0 }, target = { 0 };

  gen_picture_init (&source, 8, 8, 4);
  for (int y = 0; y < 8; y++)
    for (int x = 0; x < 8; x++) {
      guint8 *p = source.data + y * source.stride + 4 * x;

      memcpy (p, (x + y) % 2 == 0 ? "\377\000\000\377" : "\000\377\000\000", 4);
    }
  gen_picture_init (&target, 4, 4, 4);
  g_assert_true (gen_picture_fit (&source, &target, GEN_FIT_STRETCH, NULL));
  for (int i = 0; i < 4; i++) {
    const guint8 *p = target.data + i * target.stride + 4 * i;

    g_assert_cmpint (p[0], >=, 253);
    g_assert_cmpint (p[1], <=, 2);
    g_assert_cmpint (ABS (p[3] - 128), <=, 1);
  }
}

/* Half red, half transparent and none at all, in front of a colour, whatever becomes of them. */
static void
test_background (void)
{
  static const guint8 pixels[] = { 200, 0, 0, 255, 200, 0, 0, 128, 9, 9, 9, 0 };
  static const guint8 colour[] = { 200, 0, 0, 108, 64, 127, 16, 128, 255 };
  g_auto (GenPicture) source = { 0 }, target = { 0 }, grey = { 0 }, large = { 0 }, clear = { 0 };

  gen_picture_init (&source, 3, 1, 4);
  memcpy (source.data, pixels, sizeof pixels);
  gen_picture_init (&target, 3, 1, 3);
  g_assert_true (gen_picture_fit_over (&source, &target, GEN_FIT_CROP, 0x1080ff, NULL));
  for (int i = 0; i < 9; i++)
    g_assert_cmpint (ABS (target.data[i] - colour[i]), <=, 1);
  g_assert_cmpmem (target.data, 3, colour, 3);
  g_assert_cmpmem (target.data + 6, 3, colour + 6, 3);
  gen_picture_init (&grey, 3, 1, 1);
  g_assert_true (gen_picture_fit_over (&source, &grey, GEN_FIT_CROP, 0xffffff, NULL));
  g_assert_cmpint (grey.data[2], ==, 255);
  g_assert_true (gen_picture_fit (&source, &target, GEN_FIT_CROP, NULL));
  g_assert_cmpint (target.data[6] + target.data[7] + target.data[8], ==, 0);
  /* Around it, too, unless what is made can be transparent. */
  gen_picture_init (&large, 5, 3, 3);
  g_assert_true (gen_picture_fit_over (&source, &large, GEN_FIT_PAD, 0x1080ff, NULL));
  g_assert_cmpmem (large.data, 3, colour + 6, 3);
  g_assert_cmpmem (large.data + large.stride + 3, 3, colour, 3);
  gen_picture_init (&clear, 5, 3, 4);
  memset (clear.data, 77, 4);
  g_assert_true (gen_picture_fit_over (&source, &clear, GEN_FIT_PAD, 0x1080ff, NULL));
  g_assert_cmpint (clear.data[0] + clear.data[3], ==, 0);
  g_assert_cmpmem (clear.data + clear.stride + 4, 12, pixels, 12);
}

/* 16x8, left half black, right half white, with a note to turn it a quarter to the right. */
static const guint8 turned_jpeg[] = { 0xff, 0xd8, 0xff, 0xe1, 0x00, 0x22, 0x45, 0x78, 0x69, 0x66,
  0x00, 0x00, 0x4d, 0x4d, 0x00, 0x2a, 0x00, 0x00, 0x00, 0x08, 0x00, 0x01, 0x01, 0x12, 0x00, 0x03,
  0x00, 0x00, 0x00, 0x01, 0x00, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xdb, 0x00, 0x43,
  0x00, 0x08, 0x06, 0x06, 0x07, 0x06, 0x05, 0x08, 0x07, 0x07, 0x07, 0x09, 0x09, 0x08, 0x0a, 0x0c,
  0x14, 0x0d, 0x0c, 0x0b, 0x0b, 0x0c, 0x19, 0x12, 0x13, 0x0f, 0x14, 0x1d, 0x1a, 0x1f, 0x1e, 0x1d,
  0x1a, 0x1c, 0x1c, 0x20, 0x24, 0x2e, 0x27, 0x20, 0x22, 0x2c, 0x23, 0x1c, 0x1c, 0x28, 0x37, 0x29,
  0x2c, 0x30, 0x31, 0x34, 0x34, 0x34, 0x1f, 0x27, 0x39, 0x3d, 0x38, 0x32, 0x3c, 0x2e, 0x33, 0x34,
  0x32, 0xff, 0xc0, 0x00, 0x0b, 0x08, 0x00, 0x08, 0x00, 0x10, 0x01, 0x01, 0x11, 0x00, 0xff, 0xc4,
  0x00, 0x14, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
  0x00, 0x00, 0x00, 0x08, 0xff, 0xc4, 0x00, 0x14, 0x10, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xda, 0x00, 0x08, 0x01, 0x01,
  0x00, 0x00, 0x3f, 0x00, 0x3f, 0x9f, 0xef, 0xff, 0xd9 };

static void
test_upright (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "turned.jpg", NULL);
  g_auto (GenPicture) picture = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, (const char *)turned_jpeg, sizeof turned_jpeg, NULL));
  gen_picture_load (&picture, path, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpint (picture.width, ==, 8);
  g_assert_cmpint (picture.height, ==, 16);
  g_assert_cmpint (picture.channels, ==, 1);
  for (int y = 0; y < 16; y++)
    for (int x = 0; x < 8; x++)
      g_assert_cmpint (picture.data[y * picture.stride + x], ==, y < 8 ? 0 : 255);
  scratch_remove (folder);
}

/* However a file is cut, there is no picture; and one flipped bit is found out. */
static void
test_damaged (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *whole = g_build_filename (folder, "whole.png", NULL);
  g_autofree char *path = g_build_filename (folder, "cut.png", NULL);
  g_autofree char *bytes = NULL;
  g_auto (GenPicture) picture = { 0 };
  gsize length;

  init_pattern (&picture, 40, 30, 3);
  g_assert_true (gen_picture_save_png (&picture, whole, NULL));
  g_assert_true (g_file_get_contents (whole, &bytes, &length, NULL));
  for (gsize cut = 0; cut + 12 < length; cut += 1 + length / 40) {
    g_auto (GenPicture) loaded = { 0 };
    g_autoptr (GError) error = NULL;

    g_assert_true (g_file_set_contents (path, bytes, (gssize)cut, NULL));
    g_assert_false (gen_picture_load (&loaded, path, 0, &error));
    g_assert_error (error, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_DECODE);
    g_assert_nonnull (strstr (error->message, path));
    g_assert_null (loaded.data);
  }
  for (gsize i = 60; i + 16 < length; i += 1 + length / 20) {
    g_auto (GenPicture) loaded = { 0 };
    g_autoptr (GError) error = NULL;

    bytes[i] ^= 4;
    g_assert_true (g_file_set_contents (path, bytes, (gssize)length, NULL));
    bytes[i] ^= 4;
    g_assert_false (gen_picture_load (&loaded, path, 0, &error));
    g_assert_error (error, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_DECODE);
  }
  scratch_remove (folder);
}

/* 12x12 noise; its first row is 0, 255, 255, 255, 0, 0, 255, 255, 0, 0, 255, 0. */
static const guint8 gif[] = { 0x47, 0x49, 0x46, 0x38, 0x37, 0x61, 0x0c, 0x00, 0x0c, 0x00, 0x81,
  0x00, 0x00, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x2c, 0x00,
  0x00, 0x00, 0x00, 0x0c, 0x00, 0x0c, 0x00, 0x00, 0x08, 0x36, 0x00, 0x03, 0x00, 0x18, 0x18, 0x40,
  0x20, 0x80, 0x82, 0x07, 0x05, 0x22, 0x4c, 0x38, 0xb0, 0x21, 0xc2, 0x82, 0x0f, 0x1f, 0x32, 0x84,
  0xb8, 0xf0, 0xa0, 0x45, 0x8b, 0x12, 0x21, 0x62, 0x74, 0x68, 0x30, 0x61, 0x45, 0x83, 0x15, 0x1b,
  0x32, 0xbc, 0x48, 0x90, 0x20, 0x45, 0x91, 0x13, 0x2f, 0x2a, 0x34, 0xd9, 0x51, 0x24, 0xc4, 0x80,
  0x00, 0x3b };

/* A decoder that does not miss what is cut off. */
static void
test_cut_gif (void)
{
  static const guint8 row[12] = { 0, 255, 255, 255, 0, 0, 255, 255, 0, 0, 255, 0 };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "cut.gif", NULL);
  g_auto (GenPicture) picture = { 0 };
  g_autoptr (GError) error = NULL;

  for (gsize cut = 20; cut < sizeof gif; cut++) {
    g_auto (GenPicture) part = { 0 };

    if (gif[cut - 1] == 0)
      continue; /* which might end a block */
    g_assert_true (g_file_set_contents (path, (const char *)gif, (gssize)cut, NULL));
    g_assert_false (gen_picture_load (&part, path, 1, NULL));
  }
  g_assert_true (g_file_set_contents (path, (const char *)gif, sizeof gif, NULL));
  gen_picture_load (&picture, path, 1, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (picture.data, 12, row, sizeof row);
  scratch_remove (folder);
}

/* A header that promises more than fits is refused before the memory is asked for. */
static void
test_huge (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "huge.ppm", NULL);
  g_auto (GenPicture) picture = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, "P6\n30000 30000\n255\nabc", -1, NULL));
  g_assert_false (gen_picture_load (&picture, path, 0, &error));
  g_assert_error (error, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_DECODE);
  scratch_remove (folder);
}

static void
test_no_picture (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *missing = g_build_filename (folder, "missing.png", NULL);
  g_autofree char *text = g_build_filename (folder, "notes.txt", NULL);
  g_autofree char *beyond = g_build_filename (folder, "no", "such", "folder.png", NULL);
  g_auto (GenPicture) picture = { 0 }, pixel = { 0 };
  g_autofree char *pipe = g_build_filename (folder, "pipe.png", NULL);
  g_autoptr (GError) absent = NULL, waiting = NULL, words = NULL, unwritable = NULL;

  g_assert_false (gen_picture_load (&picture, missing, 3, &absent));
  g_assert_error (absent, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_FILE);
  g_assert_nonnull (strstr (absent->message, missing));

  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  g_assert_false (gen_picture_load (&picture, pipe, 3, &waiting));
  g_assert_error (waiting, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_FILE);

  g_assert_true (g_file_set_contents (text, "These are words.\n", -1, NULL));
  g_assert_false (gen_picture_load (&picture, text, 3, &words));
  g_assert_error (words, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_DECODE);

  gen_picture_init (&pixel, 1, 1, 1);
  g_assert_false (gen_picture_save_png (&pixel, beyond, &unwritable));
  g_assert_error (unwritable, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_FILE);
  g_assert_nonnull (strstr (unwritable->message, beyond));
  scratch_remove (folder);
}

/* All bytes come back from the numbers that they stand for; numbers beyond are clamped. */
static void
test_planes (void)
{
  g_auto (GenPicture) picture = { 0 }, back = { 0 };
  float planes[3 * 16 * 16];

  gen_picture_init (&picture, 16, 16, 3);
  gen_picture_init (&back, 16, 16, 3);
  for (int y = 0; y < 16; y++)
    for (int x = 0; x < 48; x++)
      picture.data[y * picture.stride + x] = (guint8)(y * 16 + x / 3 + 85 * (x % 3));
  gen_picture_to_planes (&picture, -1, 1, planes);
  g_assert_cmpfloat_with_epsilon (planes[0], -1, 1e-6);
  g_assert_cmpfloat_with_epsilon (planes[255], 1, 1e-6);
  g_assert_cmpfloat_with_epsilon (planes[256], 85 / 127.5 - 1, 1e-6);
  gen_picture_from_planes (&back, -1, 1, planes);
  for (int y = 0; y < 16; y++)
    g_assert_cmpmem (picture.data + y * picture.stride, 48, back.data + y * back.stride, 48);
  planes[0] = -7;
  planes[1] = 7;
  gen_picture_from_planes (&back, -1, 1, planes);
  g_assert_cmpuint (back.data[0], ==, 0);
  g_assert_cmpuint (back.data[3], ==, 255);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/picture/round-trip", test_round_trip);
  g_test_add_func ("/picture/channels", test_channels);
  g_test_add_func ("/picture/shrink", test_shrink);
  g_test_add_func ("/picture/enlarge", test_enlarge);
  g_test_add_func ("/picture/scale", test_scale);
  g_test_add_func ("/picture/pad", test_pad);
  g_test_add_func ("/picture/crop", test_crop);
  g_test_add_func ("/picture/alpha-fringe", test_alpha_fringe);
  g_test_add_func ("/picture/background", test_background);
  g_test_add_func ("/picture/upright", test_upright);
  g_test_add_func ("/picture/damaged", test_damaged);
  g_test_add_func ("/picture/cut-gif", test_cut_gif);
  g_test_add_func ("/picture/huge", test_huge);
  g_test_add_func ("/picture/no-picture", test_no_picture);
  g_test_add_func ("/picture/planes", test_planes);
  return g_test_run ();
}
