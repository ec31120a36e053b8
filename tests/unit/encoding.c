/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that hold one sample: what is lossless comes back to the last bit, what is not within a
 * bound, and an XMP packet is found where it belongs and changes nothing. */
#include <generative/encoding.h>

#include <math.h>
#include <string.h>

#include "../scratch.h"

/* Smooth in both directions, with an edge: what a photograph has. */
static void
draw (GenPicture *picture, int width, int height, int channels)
{
  gen_picture_init (picture, width, height, channels);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      for (int c = 0; c < channels; c++) {
        const double wave = sin (x * 0.11 + c) * cos (y * 0.07 - c);
        const int value = (int)(128 + 80 * wave) + (x > width / 2 ? 30 : 0);

        /* Colours below full transparency are nobody's promise. */
        picture->data[y * picture->stride + x * channels + c] =
            (guint8)(c == 3 ? 40 + x % 200 : CLAMP (value, 0, 255));
      }
}

static double
mean_square (const GenPicture *a, const GenPicture *b)
{
  double sum = 0;

  g_assert_cmpint (a->width, ==, b->width);
  g_assert_cmpint (a->height, ==, b->height);
  g_assert_cmpint (a->channels, ==, b->channels);
  for (int y = 0; y < a->height; y++)
    for (int x = 0; x < a->width * a->channels; x++)
      sum += pow (a->data[y * a->stride + x] - b->data[y * b->stride + x], 2);
  return sum / (a->width * a->height * a->channels);
}

static void
load (const char *folder, GBytes *file, const char *extension, int channels, GenPicture *picture)
{
  g_autofree char *path = g_strdup_printf ("%s/x.%s", folder, extension);
  g_autoptr (GError) error = NULL;
  gsize size;
  const char *data = g_bytes_get_data (file, &size);

  g_assert_true (g_file_set_contents (path, data, (gssize)size, &error));
  gen_picture_load (picture, path, channels, &error);
  g_assert_no_error (error);
}

static void
test_pictures (gconstpointer folder)
{
  static const struct {
    const GenEncoding *encoding;
    int quality;
    double most; /* the mean squared error, at most; of 255 squared */
  } cases[] = {
    { &gen_encoding_png, 0, 0 },
    { &gen_encoding_webp_lossless, 0, 0 },
    { &gen_encoding_jpeg, 100, 4 },
    { &gen_encoding_jpeg, 95, 10 },
    { &gen_encoding_webp, 95, 60 },
  };
  static const struct {
    int width, height;
  } sizes[] = { { 1, 1 }, { 7, 3 }, { 64, 48 }, { 129, 65 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gsize s = 0; s < G_N_ELEMENTS (sizes); s++)
      for (int channels = 1; channels <= 4; channels += channels == 1 ? 2 : 1) {
        g_auto (GenPicture) picture = { 0 }, back = { 0 };
        g_autoptr (GBytes) file = NULL;
        g_autoptr (GError) error = NULL;
        const GenEncodingOptions options = { .quality = cases[i].quality };
        GenSample sample;
        double distance;

        if (channels == 4 && !cases[i].encoding->has_alpha)
          continue;
        draw (&picture, sizes[s].width, sizes[s].height, channels);
        sample = gen_sample_of_picture (&picture);
        file = cases[i].encoding->encode (&sample, &options, &error);
        g_assert_no_error (error);
        load (folder, file, cases[i].encoding->extension, channels, &back);
        distance = mean_square (&picture, &back);
        g_test_message ("%s %d, %d x %d, %d channels: mean squared error %.3f, %" G_GSIZE_FORMAT
                        " bytes",
            cases[i].encoding->name, cases[i].quality, sizes[s].width, sizes[s].height, channels,
            distance, g_bytes_get_size (file));
        g_assert_cmpfloat (distance, <=, cases[i].most);
      }
}

/* Less quality is a smaller file and another picture. */
static void
test_quality (void)
{
  const GenEncoding *const encodings[] = { &gen_encoding_jpeg, &gen_encoding_webp };
  g_auto (GenPicture) picture = { 0 };
  GenSample sample;

  draw (&picture, 64, 64, 3);
  sample = gen_sample_of_picture (&picture);
  for (gsize i = 0; i < G_N_ELEMENTS (encodings); i++) {
    gsize last = 0;

    for (int quality = 0; quality <= 100; quality += 25) {
      const GenEncodingOptions options = { .quality = quality };
      g_autoptr (GBytes) file = encodings[i]->encode (&sample, &options, NULL);

      g_assert_nonnull (file);
      g_assert_cmpuint (g_bytes_get_size (file), >, last);
      last = g_bytes_get_size (file);
    }
  }
}

/* JPEG has no transparency: it is composed over black. */
static void
test_alpha (gconstpointer folder)
{
  const GenEncodingOptions options = { .quality = 100 };
  g_auto (GenPicture) picture = { 0 }, back = { 0 };
  g_autoptr (GBytes) file = NULL;
  GenSample sample;

  gen_picture_init (&picture, 16, 16, 4);
  for (int y = 0; y < 16; y++)
    for (int x = 0; x < 16; x++)
      memcpy (picture.data + y * picture.stride + 4 * x, (guint8[]){ 200, 200, 200, 128 }, 4);
  sample = gen_sample_of_picture (&picture);
  file = gen_encoding_jpeg.encode (&sample, &options, NULL);
  load (folder, file, "jpg", 3, &back);
  g_assert_cmpint (ABS ((int)back.data[0] - 100), <=, 2);
}

static gboolean
contains (GBytes *file, const char *text)
{
  gsize size;
  const char *data = g_bytes_get_data (file, &size);

  return memmem (data, size, text, strlen (text)) != NULL;
}

static void
test_xmp (gconstpointer folder)
{
  g_autofree char *xmp = gen_xmp_digital_source_type ("trainedAlgorithmicMedia");
  g_autofree char *whole = gen_xmp_digital_source_type ("https://example.org/a?b=c&d=e");

  g_assert_nonnull (
      strstr (xmp, ">http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia<"));
  g_assert_nonnull (strstr (whole, ">https://example.org/a?b=c&amp;d=e<"));
  for (const GenEncoding *const *encoding = gen_encoding_list (&gen_medium_picture);
       *encoding != NULL; encoding++)
    for (int channels = 3; channels <= 4; channels++) {
      const GenEncodingOptions options = GEN_ENCODING_DEFAULTS;
      g_auto (GenPicture) picture = { 0 }, plain = { 0 }, back = { 0 };
      g_autoptr (GBytes) file = NULL, marked = NULL;
      GenSample sample;

      draw (&picture, 33, 21, channels);
      sample = gen_sample_of_picture (&picture);
      file = (*encoding)->encode (&sample, &options, NULL);
      marked = (*encoding)->embed (file, xmp);
      g_assert_false (contains (file, "DigitalSourceType"));
      g_assert_true (contains (marked, xmp));
      load (folder, file, (*encoding)->extension, channels, &plain);
      load (folder, marked, (*encoding)->extension, channels, &back);
      g_assert_cmpfloat (mean_square (&plain, &back), ==, 0);
    }
}

static void
test_sounds (gconstpointer folder)
{
  static const struct {
    const GenEncoding *encoding;
    int bits, rate, channels;
    gsize frames;
    double most;
  } cases[] = {
    { &gen_encoding_flac, 16, 44100, 2, 44100, 0 },
    { &gen_encoding_flac, 16, 16000, 1, 1, 0 },
    { &gen_encoding_flac, 16, 8000, 6, 5001, 0 },
    { &gen_encoding_flac, 32, 48000, 2, 4096 * 3 + 17, 1.0 / (1 << 24) },
    { &gen_encoding_wav, 16, 22050, 1, 999, 0 },
    { &gen_encoding_wav, 32, 22050, 2, 999, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const GenEncodingOptions options = { .bits = cases[i].bits };
    g_auto (GenSound) sound = { 0 }, back = { 0 };
    g_autoptr (GBytes) file = NULL;
    g_autoptr (GError) error = NULL;
    g_autofree char *path =
        g_strdup_printf ("%s/x.%s", (const char *)folder, cases[i].encoding->extension);
    GenSample sample;
    gsize size;

    gen_sound_init (&sound, cases[i].rate, cases[i].channels, cases[i].frames);
    for (gsize n = 0; n < sound.frames * (gsize)sound.channels; n++)
      sound.data[n] = cases[i].bits == 16 ? (float)((int)(n * 7919 % 65536) - 32768) / 32768
                                          : 0.9f * (float)sin ((double)n * 0.37);
    sample = gen_sample_of_sound (&sound);
    file = cases[i].encoding->encode (&sample, &options, &error);
    g_assert_no_error (error);
    const char *data = g_bytes_get_data (file, &size);
    g_assert_true (g_file_set_contents (path, data, (gssize)size, NULL));
    gen_sound_load (&back, path, 0, 0, &error);
    g_assert_no_error (error);
    g_assert_cmpint (back.rate, ==, sound.rate);
    g_assert_cmpint (back.channels, ==, sound.channels);
    g_assert_cmpuint (back.frames, ==, sound.frames);
    for (gsize n = 0; n < sound.frames * (gsize)sound.channels; n++)
      g_assert_cmpfloat (fabs ((double)back.data[n] - (double)sound.data[n]), <=, cases[i].most);
  }
}

/* What is beyond full scale is clipped, what is no number is silence. */
static void
test_clipping (gconstpointer folder)
{
  float samples[] = { 1.5f, -1.5f, NAN, 0.25f };
  const float wanted[] = { 1.0f - 1.0f / (1 << 23), -1, 0, 0.25f };
  GenSound sound = { .data = samples, .frames = 4, .rate = 8000, .channels = 1 };
  const GenEncodingOptions options = { .bits = 32 };
  const GenSample sample = gen_sample_of_sound (&sound);
  g_autofree char *path = g_strdup_printf ("%s/c.flac", (const char *)folder);
  g_autoptr (GBytes) file = gen_encoding_flac.encode (&sample, &options, NULL);
  g_auto (GenSound) back = { 0 };
  gsize size;
  const char *data = g_bytes_get_data (file, &size);

  g_assert_true (g_file_set_contents (path, data, (gssize)size, NULL));
  g_assert_true (gen_sound_load (&back, path, 0, 0, NULL));
  for (gsize i = 0; i < 4; i++)
    g_assert_cmpfloat (back.data[i], ==, wanted[i]);
}

static void
test_refused (void)
{
  float samples[9] = { 0 };
  GenSound sound = { .data = samples, .frames = 1, .rate = 8000, .channels = 9 };
  const GenSample sample = gen_sample_of_sound (&sound);
  g_autoptr (GError) error = NULL, unknown = NULL;

  g_assert_null (gen_encoding_flac.encode (&sample, &GEN_ENCODING_DEFAULTS, &error));
  g_assert_error (error, GEN_SOUND_ERROR, GEN_SOUND_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "9 channels"));
  g_assert_null (gen_encoding_find (&gen_medium_picture, "bmp", &unknown));
  g_assert_nonnull (strstr (unknown->message, "png, jpeg, webp, webp-lossless"));
}

int
main (int argc, char **argv)
{
  g_autofree char *scratch = NULL;
  int result;

  g_test_init (&argc, &argv, NULL);
  scratch = scratch_new ();
  g_test_add_data_func ("/encoding/pictures", scratch, test_pictures);
  g_test_add_func ("/encoding/quality", test_quality);
  g_test_add_data_func ("/encoding/alpha", scratch, test_alpha);
  g_test_add_data_func ("/encoding/xmp", scratch, test_xmp);
  g_test_add_data_func ("/encoding/sounds", scratch, test_sounds);
  g_test_add_data_func ("/encoding/clipping", scratch, test_clipping);
  g_test_add_func ("/encoding/refused", test_refused);
  result = g_test_run ();
  scratch_remove (scratch);
  return result;
}
