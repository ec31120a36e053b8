/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Marks that nets write and read: what is carried by bits of frames is read from anywhere in a
 * film, by its key alone, where frames are missing and bits are wrong; and nets that are none are
 * refused.
 */
#include <generative/learned-mark.h>

#include <string.h>

#include "../../lib/mark/slots.h"
#include "../learned-pair.h"
#include "../scratch.h"

#define BITS G_GUINT64_CONSTANT (0x1007babcde0003e8)
#define SECOND G_GINT64_CONSTANT (1000000000)

static char *folder;

static GenMarkKey *
make_key (guint8 first)
{
  guint8 secret[32];

  for (guint i = 0; i < sizeof secret; i++)
    secret[i] = (guint8)(3 * i + first);
  return gen_mark_key_new (secret, sizeof secret, NULL);
}

/* --- slots --- */

/* Rows of a message from `first` on, with a deviation of `noise` where bits are 1 apart from 0. */
static gboolean
read_slots (guint8 key_of_reader, int n_bits, double rate, gint64 first, float noise, double bias)
{
  g_autoptr (GenMarkKey) key = make_key (1), other = make_key (key_of_reader);
  g_autoptr (GenMarkCode) code = gen_mark_code_new (key, "learned");
  g_autoptr (GenMarkCode) reading = gen_mark_code_new (other, "learned");
  gint8 symbols[GEN_MARK_SYMBOLS];
  GenMarkSlots slots, read_by;
  GenMarkRead read;
  gboolean right;

  gen_mark_slots_init (&slots, key, n_bits);
  gen_mark_slots_init (&read_by, other, n_bits);
  gen_mark_encode (code, BITS, symbols);
  {
    const double seconds = MAX ((double)gen_mark_slots_length (&slots) / 1e9, 2);
    const int n = (int)(seconds * rate);
    const gsize size = (gsize)n * (gsize)n_bits;
    g_autofree float *rows = g_new (float, size), *drawn = g_new (float, size);
    g_autofree float *scratch = g_new (float, size);
    g_autofree gint64 *times = g_new (gint64, n);
    GenRandom random = gen_random_new (3, "slots", size);

    gen_random_normal (&random, 0, 0, drawn, size);
    for (int row = 0; row < n; row++) {
      times[row] = (gint64)(row * 1e9 / rate);
      gen_mark_slots_write (
          &slots, gen_mark_slots_at (&slots, first + times[row]), symbols, rows + row * n_bits);
    }
    for (gsize i = 0; i < size; i++)
      rows[i] = rows[i] / 2 + noise * drawn[i] + (float)(bias * (double)(i % (gsize)n_bits));
    right = gen_mark_slots_read (&read_by, reading, rows, times, n, scratch, &read);
  }
  if (right)
    g_assert_cmphex (read.bits, ==, BITS);
  gen_mark_slots_clear (&slots);
  gen_mark_slots_clear (&read_by);
  return right;
}

static void
test_slots (void)
{
  for (gint64 first = 0; first < 2 * SECOND; first += SECOND * 7 / 19)
    g_assert_true (read_slots (1, 32, 30, first, 0.1f, 0));
  g_assert_true (read_slots (1, 16, 24, 3 * SECOND, 0.2f, 0));
  g_assert_true (read_slots (1, 100, 25, SECOND / 3, 0.5f, 0));
  g_assert_true (read_slots (1, 512, 25, SECOND / 3, 1, 0));
  /* Half a deviation: of single bits a sixth is wrong. */
  g_assert_true (read_slots (1, 32, 30, SECOND / 3, 0.5f, 0));
  /* Nets that make some bits greater than others, whatever they stand for. */
  g_assert_true (read_slots (1, 32, 30, SECOND / 3, 0.3f, 0.5));
  g_assert_false (read_slots (1, 32, 30, SECOND / 3, 30, 0));
  g_assert_false (read_slots (2, 32, 30, SECOND / 3, 0.1f, 0));
}

/* --- films --- */

typedef struct {
  guint8 pixels[PAIR_SIDE * PAIR_SIDE * 4];
  GenMarkFrame frame;
} Picture;

/* Frame `number` of slopes that move, in any order of colours, with or without a fourth byte. */
static void
draw (Picture *picture, int number, int step, gboolean backward)
{
  for (int y = 0; y < PAIR_SIDE; y++)
    for (int x = 0; x < PAIR_SIDE; x++)
      for (int i = 0; i < step; i++)
        picture->pixels[(y * PAIR_SIDE + x) * step + i] =
            i == 3 ? 77 : (guint8)(40 + 2 * ((x + number * (i + 1)) % 50) + y);
  picture->frame = (GenMarkFrame){
    .width = PAIR_SIDE, .height = PAIR_SIDE, .n = 3, .step = step, .bits = 8, .full_range = TRUE
  };
  for (int i = 0; i < 3; i++) {
    picture->frame.samples[i] = picture->pixels + (backward ? 2 - i : i);
    picture->frame.stride[i] = PAIR_SIDE * step;
  }
}

static GenLearnedMark *
open_mark (const GenMarkKey *key)
{
  g_autofree char *path = g_build_filename (folder, "encoder.onnx", NULL);
  g_autoptr (GError) error = NULL;
  GenLearnedMark *mark = gen_learned_mark_new (path, key, BITS, &error);

  g_assert_no_error (error);
  gen_learned_mark_set_size (mark, PAIR_SIDE, PAIR_SIDE, &error);
  g_assert_no_error (error);
  return mark;
}

static GenLearnedMarkReader *
open_reader (const GenMarkKey *key)
{
  g_autofree char *path = g_build_filename (folder, "decoder.onnx", NULL);
  g_autoptr (GError) error = NULL;
  GenLearnedMarkReader *reader = gen_learned_mark_reader_new (path, key, &error);

  g_assert_no_error (error);
  gen_learned_mark_reader_set_size (reader, PAIR_SIDE, PAIR_SIDE, &error);
  g_assert_no_error (error);
  return reader;
}

/* How many windows of a film of `n` frames, of which each `missing`th is not there, are read, and
 * how many there are. */
static int
count_read (guint8 key_of_reader, int n, double rate, double strength, int missing, int *n_windows)
{
  g_autoptr (GenMarkKey) key = make_key (1), other = make_key (key_of_reader);
  g_autoptr (GenLearnedMark) mark = open_mark (key);
  g_autoptr (GenLearnedMarkReader) reader = open_reader (other);
  GenPictureMarkReading reading;
  int found = 0;

  *n_windows = 0;
  for (int i = 0; i <= n; i++) {
    const gint64 begin = (gint64)(i * 1e9 / rate), end = (gint64)((i + 1) * 1e9 / rate);
    g_autoptr (GError) error = NULL;
    Picture picture;
    gboolean full;

    if (missing > 0 && i % missing == 1)
      continue;
    if (i < n) {
      draw (&picture, i, i % 2 == 0 ? 3 : 4, i % 3 == 0);
      gen_learned_mark_apply (mark, &picture.frame, 5 * SECOND + begin, strength, &error);
      g_assert_no_error (error);
      gen_learned_mark_reader_add (reader, &picture.frame, begin, end, &reading, &error);
      g_assert_no_error (error);
      full = reading.end > 0;
    } else {
      full = gen_learned_mark_reader_finish (reader, &reading);
    }
    if (!full)
      continue;
    (*n_windows)++;
    if (!reading.found)
      continue;
    found++;
    g_assert_cmphex (reading.bits, ==, BITS);
    g_assert_cmpuint (reading.payload.operator_id, ==, 0x7b);
    g_assert_cmpfloat (reading.scale_across, ==, 1);
  }
  return found;
}

static void
test_film (void)
{
  int n;

  /* Two seconds, and each half second after these, of three. */
  g_assert_cmpint (count_read (1, 60, 20, 1, 0, &n), ==, 3);
  g_assert_cmpint (n, ==, 3);
  /* What is left behind the last of them is one more. */
  g_assert_cmpint (count_read (1, 65, 20, 1, 0, &n), ==, 4);
  g_assert_cmpint (count_read (1, 60, 20, 1, 3, &n), ==, n);
  g_assert_cmpint (n, >, 0);
  /* More frames than a window has room for. */
  g_assert_cmpint (count_read (1, 1560, 600, 1, 0, &n), ==, n);
  g_assert_cmpint (n, >=, 2);
  g_assert_cmpint (count_read (1, 50, 20, 0, 0, &n), ==, 0);
  g_assert_cmpint (count_read (2, 50, 20, 1, 0, &n), ==, 0);
  g_assert_cmpint (n, >, 0);
}

/* The fourth byte is nobody's, and strength is a factor of what changes. */
static void
test_pixels (void)
{
  g_autoptr (GenMarkKey) key = make_key (1);
  g_autoptr (GenLearnedMark) mark = open_mark (key);
  g_autoptr (GError) error = NULL;
  Picture before, once, twice;
  double sum = 0, doubled = 0;

  draw (&before, 0, 4, FALSE);
  draw (&once, 0, 4, FALSE);
  draw (&twice, 0, 4, FALSE);
  gen_learned_mark_apply (mark, &once.frame, 0, 1, &error);
  g_assert_no_error (error);
  gen_learned_mark_apply (mark, &twice.frame, 0, 2, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < sizeof before.pixels; i++) {
    const int by = once.pixels[i] - before.pixels[i];

    if (i % 4 == 3)
      g_assert_cmpint (by, ==, 0);
    sum += by * by;
    doubled += by * (twice.pixels[i] - before.pixels[i]);
  }
  g_assert_cmpfloat (sum, >, 0);
  g_assert_cmpfloat_with_epsilon (doubled / sum, 2, 1e-9);
}

/* Time that goes back tells of what came before it. */
static void
test_back (void)
{
  g_autoptr (GenMarkKey) key = make_key (1);
  g_autoptr (GenLearnedMark) mark = open_mark (key);
  g_autoptr (GenLearnedMarkReader) reader = open_reader (key);
  GenPictureMarkReading reading;
  g_autoptr (GError) error = NULL;

  for (int i = 0; i <= 38; i++) {
    const gint64 begin = (i % 38) * SECOND / 20;
    Picture picture;

    draw (&picture, i, 3, FALSE);
    gen_learned_mark_apply (mark, &picture.frame, begin, 1, &error);
    gen_learned_mark_reader_add (
        reader, &picture.frame, begin, begin + SECOND / 20, &reading, &error);
    g_assert_no_error (error);
    g_assert_cmpint (reading.end > 0, ==, i == 38);
  }
  g_assert_true (reading.found);
  g_assert_cmpint (reading.begin, ==, 0);
}

/* --- what is refused --- */

static void
assert_refused (gboolean encodes, const char *name, const char *complaint)
{
  g_autoptr (GenMarkKey) key = make_key (1);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;

  if (encodes)
    g_assert_null (gen_learned_mark_new (path, key, BITS, &error));
  else
    g_assert_null (gen_learned_mark_reader_new (path, key, &error));
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, complaint));
  g_assert_nonnull (strstr (error->message, name));
}

static void
test_refused (void)
{
  g_autofree char *few = g_build_filename (folder, "few.onnx", NULL);
  g_autofree char *few_read = g_build_filename (folder, "few-read.onnx", NULL);

  pair_write_encoder (few, 8);
  pair_write_decoder (few_read, 8);
  assert_refused (TRUE, "none.onnx", "No such file");
  assert_refused (TRUE, "decoder.onnx", "an encoder of marks takes a picture and bits");
  assert_refused (TRUE, "few.onnx", "takes 8 bits");
  assert_refused (FALSE, "none.onnx", "No such file");
  assert_refused (FALSE, "encoder.onnx", "a decoder of marks takes a picture");
  assert_refused (FALSE, "few-read.onnx", "16 to 512");
}

/* Nets of one size take no other. */
static void
test_size (void)
{
  g_autoptr (GenMarkKey) key = make_key (1);
  g_autoptr (GenLearnedMark) mark = open_mark (key);
  g_autoptr (GenLearnedMarkReader) reader = open_reader (key);
  g_autoptr (GError) error = NULL;

  g_assert_false (gen_learned_mark_set_size (mark, PAIR_SIDE + 2, PAIR_SIDE, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_false (gen_learned_mark_reader_set_size (reader, PAIR_SIDE, PAIR_SIDE - 2, &error));
  g_assert_nonnull (error);
}

/* Nor is one taken that makes pictures of another size. */
static void
test_made_size (void)
{
  g_autofree char *path = g_build_filename (folder, "tall.onnx", NULL);
  g_autoptr (GenMarkKey) key = make_key (1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenLearnedMark) mark = NULL;

  pair_write_encoder_of (path, PAIR_BITS, 3);
  mark = gen_learned_mark_new (path, key, BITS, &error);
  g_assert_no_error (error);
  g_assert_false (gen_learned_mark_set_size (mark, PAIR_SIDE, PAIR_SIDE, &error));
  g_assert_nonnull (strstr (error->message, "tall.onnx"));
  g_assert_nonnull (strstr (error->message, "64 x 192"));
  g_assert_nonnull (strstr (error->message, "64 x 64"));
}

int
main (int argc, char **argv)
{
  g_autofree char *encoder = NULL, *decoder = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  encoder = g_build_filename (folder, "encoder.onnx", NULL);
  decoder = g_build_filename (folder, "decoder.onnx", NULL);
  pair_write_encoder (encoder, PAIR_BITS);
  pair_write_decoder (decoder, PAIR_BITS);
  g_test_add_func ("/learned-mark/slots", test_slots);
  g_test_add_func ("/learned-mark/film", test_film);
  g_test_add_func ("/learned-mark/pixels", test_pixels);
  g_test_add_func ("/learned-mark/back", test_back);
  g_test_add_func ("/learned-mark/refused", test_refused);
  g_test_add_func ("/learned-mark/size", test_size);
  g_test_add_func ("/learned-mark/made-size", test_made_size);
  status = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return status;
}
