/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Marks in pictures: how much they change, that they are read where a picture was scaled, cut,
 * mirrored and turned, by their key alone, in frames of any size and kind; and which spans of time
 * readings make. */
#include <generative/mark-span.h>
#include <generative/picture.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

#define WIDTH 640
#define HEIGHT 360
#define BITS G_GUINT64_CONSTANT (0x1007babcde0003e8)

static GenMarkKey *
make_key (guint8 first)
{
  guint8 secret[32];

  for (guint i = 0; i < sizeof secret; i++)
    secret[i] = (guint8)(3 * i + first);
  return gen_mark_key_new (secret, sizeof secret, NULL);
}

static GenMarkFrame
frame_of (const GenPicture *picture)
{
  const gboolean grey = picture->channels == 1;

  return (GenMarkFrame){ .width = picture->width,
    .height = picture->height,
    .n = grey ? 1 : 3,
    .samples = { picture->data, grey ? NULL : picture->data + 1, grey ? NULL : picture->data + 2 },
    .stride = { picture->stride, picture->stride, picture->stride },
    .step = picture->channels,
    .bits = 8,
    .full_range = TRUE };
}

/* --- what is marked --- */

/* Clouds, as natural pictures' spectra have them: noise on grids of several sizes. Frame `number`
 * of a pan. */
static void
draw_clouds (GenPicture *picture, int number)
{
  const GenRandom random = gen_random_new (7, "test-clouds", 0);
  const int finest = 4, coarsest = 64, n = 2048;
  g_autofree float *noise = g_new (float, n *n / finest);

  gen_random_normal (&random, 0, 0, noise, (gsize)n);
  for (int y = 0; y < picture->height; y++)
    for (int x = 0; x < picture->width; x++) {
      float value = 110;

      for (int grid = finest; grid <= coarsest; grid *= 2) {
        const int gx = (x + 3 * number) / grid, gy = y / grid;
        const float across = (float)((x + 3 * number) % grid) / (float)grid;
        const float down = (float)(y % grid) / (float)grid;
        const float a = noise[(gx * 31 + gy * 57 + grid) % n];
        const float b = noise[((gx + 1) * 31 + gy * 57 + grid) % n];
        const float c = noise[(gx * 31 + (gy + 1) * 57 + grid) % n];
        const float d = noise[((gx + 1) * 31 + (gy + 1) * 57 + grid) % n];

        value += sqrtf ((float)grid) *
                 ((1 - down) * (a + across * (b - a)) + down * (c + across * (d - c)));
      }
      for (int i = 0; i < picture->channels; i++)
        picture->data[y * picture->stride + x * picture->channels + i] =
            (guint8)CLAMP (value, 0, 255);
    }
}

static void
fill (GenPicture *picture, int value)
{
  for (int y = 0; y < picture->height; y++)
    memset (picture->data + y * picture->stride, value,
        (gsize)picture->width * (gsize)picture->channels);
}

static void
mark_picture (GenPicture *picture, double strength)
{
  g_autoptr (GenMarkKey) key = make_key (0);
  g_autoptr (GenPictureMark) mark = gen_picture_mark_new (key, BITS);
  const GenMarkFrame frame = frame_of (picture);

  gen_picture_mark_set_size (mark, picture->width, picture->height);
  gen_picture_mark_apply (mark, &frame, strength);
}

static gboolean
read_picture (const GenPicture *picture, guint8 key_of, GenPictureMarkReading *reading)
{
  g_autoptr (GenMarkKey) key = make_key (key_of);
  g_autoptr (GenPictureMarkReader) reader = gen_picture_mark_reader_new (key);
  const GenMarkFrame frame = frame_of (picture);

  g_assert_false (gen_picture_mark_reader_add (reader, &frame, 0, 40, reading));
  g_assert_true (gen_picture_mark_reader_finish (reader, reading));
  g_assert_cmpint (reading->begin, ==, 0);
  g_assert_cmpint (reading->end, ==, 40);
  return reading->found;
}

static void
assert_read (const GenPicture *picture, GenPictureMarkReading *reading)
{
  g_assert_true (read_picture (picture, 0, reading));
  g_assert_cmphex (reading->bits, ==, BITS);
  g_assert_cmpuint (reading->payload.operator_id, ==, 0x7b);
  g_assert_cmpfloat (reading->deviations, >, 8);
}

/* --- how much it changes --- */

static double
difference_of (const GenPicture *a, const GenPicture *b, int *largest)
{
  const int n = a->width * a->channels;
  double squares = 0;

  *largest = 0;
  for (int y = 0; y < a->height; y++)
    for (int x = 0; x < n; x++) {
      const int by = a->data[y * a->stride + x] - b->data[y * b->stride + x];

      squares += by * by;
      *largest = MAX (*largest, ABS (by));
    }
  return sqrt (squares / n / a->height);
}

/* On grey, on black, and where a picture is as busy as can be. */
static void
test_bounds (void)
{
  const GenRandom random = gen_random_new (8, "test-clouds", 0);
  static const struct {
    int grey; /* -1: of noise */
    double least, most;
  } cases[] = { { 128, 0.75, 0.95 }, { 2, 0.75, 0.95 }, { 255, 0.5, 0.7 }, { -1, 1.7, 2.03 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (GenPicture) picture = { 0 }, marked = { 0 };
    double deviation;
    int largest;

    gen_picture_init (&picture, WIDTH, HEIGHT, 1);
    gen_picture_init (&marked, WIDTH, HEIGHT, 1);
    fill (&picture, MAX (cases[i].grey, 0));
    for (guint k = 0; cases[i].grey < 0 && k < WIDTH * HEIGHT; k += 4) {
      guint32 words[4];

      gen_random_block (&random, 0, k, words);
      for (guint j = 0; j < 4; j++)
        picture.data[k / WIDTH * (guint)picture.stride + k % WIDTH + j] =
            (guint8)(64 + words[j] % 128);
    }
    for (int y = 0; y < HEIGHT; y++)
      memcpy (marked.data + y * marked.stride, picture.data + y * picture.stride, WIDTH);
    mark_picture (&marked, 1);
    deviation = difference_of (&picture, &marked, &largest);
    g_test_message ("of %d: %f, at most %d", cases[i].grey, deviation, largest);
    g_assert_cmpfloat (deviation, >=, cases[i].least);
    g_assert_cmpfloat (deviation, <=, cases[i].most); /* 2.03: 42 dB */
    g_assert_cmpint (largest, <=, 6);
  }
}

static void
test_strength (void)
{
  g_auto (GenPicture) picture = { 0 }, marked = { 0 };
  int largest;
  double once;

  gen_picture_init (&picture, WIDTH, HEIGHT, 1);
  gen_picture_init (&marked, WIDTH, HEIGHT, 1);
  fill (&picture, 128);
  fill (&marked, 128);
  mark_picture (&marked, 0);
  g_assert_cmpfloat (difference_of (&picture, &marked, &largest), ==, 0);
  mark_picture (&marked, 1);
  once = difference_of (&picture, &marked, &largest);
  fill (&marked, 128);
  mark_picture (&marked, 4);
  g_assert_cmpfloat_with_epsilon (difference_of (&picture, &marked, &largest) / once, 4, 0.25);
}

/* --- what it survives --- */

static void
test_reading (void)
{
  g_auto (GenPicture) picture = { 0 };
  GenPictureMarkReading reading;

  gen_picture_init (&picture, WIDTH, HEIGHT, 1);
  draw_clouds (&picture, 0);
  g_assert_false (read_picture (&picture, 0, &reading));
  mark_picture (&picture, 1);
  assert_read (&picture, &reading);
  g_assert_cmpfloat_with_epsilon (reading.scale_across, 1, 1e-9);
  g_assert_false (read_picture (&picture, 1, &reading));
}

static void
test_grey (void)
{
  g_auto (GenPicture) picture = { 0 };
  GenPictureMarkReading reading;

  gen_picture_init (&picture, 1920, 1080, 3);
  fill (&picture, 90);
  g_assert_false (read_picture (&picture, 0, &reading));
  mark_picture (&picture, 1);
  assert_read (&picture, &reading);
}

/* Scaled, pressed and stretched: the pattern is found at the scale of the picture. */
static void
test_scaling (void)
{
  static const struct {
    int width, height;
    double across, down;
  } sizes[] = {
    { WIDTH / 2, HEIGHT / 2, 1, 1 },
    { WIDTH * 2, HEIGHT * 2, 1, 1 },
    { 427, 240, 1, 1 },
    { 853, 360, 4 / 3., 1 },
    { 480, 360, 0.75, 1 },
  };
  g_auto (GenPicture) picture = { 0 };

  gen_picture_init (&picture, WIDTH, HEIGHT, 1);
  draw_clouds (&picture, 0);
  mark_picture (&picture, 1);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_auto (GenPicture) scaled = { 0 };
    GenPictureMarkReading reading;

    gen_picture_init (&scaled, sizes[i].width, sizes[i].height, 1);
    g_assert_true (gen_picture_fit (&picture, &scaled, GEN_FIT_STRETCH, NULL));
    assert_read (&scaled, &reading);
    g_assert_cmpfloat_with_epsilon (reading.scale_across, sizes[i].across, 0.01);
    g_assert_cmpfloat_with_epsilon (reading.scale_down, sizes[i].down, 0.01);
  }
}

/* Seven tenths of it, from anywhere, which are then larger by as much; and that brought back to the
 * size that it had. */
static void
test_crop (void)
{
  g_auto (GenPicture) picture = { 0 }, scaled = { 0 };
  GenPictureMarkReading reading;
  GenPicture cut;

  gen_picture_init (&picture, WIDTH, HEIGHT, 1);
  gen_picture_init (&scaled, WIDTH, HEIGHT, 1);
  draw_clouds (&picture, 0);
  mark_picture (&picture, 1);
  cut = picture;
  cut.width = 448;
  cut.height = 252;
  cut.data += 101 * cut.stride + 137;
  assert_read (&cut, &reading);
  g_assert_cmpfloat_with_epsilon (reading.scale_down, 1 / 0.7, 0.01);
  g_assert_true (gen_picture_fit (&cut, &scaled, GEN_FIT_STRETCH, NULL));
  assert_read (&scaled, &reading);
  g_assert_cmpfloat_with_epsilon (reading.scale_across, 1 / 0.7, 0.01);
  cut.width = 320;
  cut.height = 180;
  assert_read (&cut, &reading);
  g_assert_cmpfloat_with_epsilon (reading.scale_across, 2, 0.01);
}

static void
test_mirrored (void)
{
  g_auto (GenPicture) picture = { 0 };
  GenPictureMarkReading reading;

  gen_picture_init (&picture, WIDTH, HEIGHT, 1);
  draw_clouds (&picture, 0);
  mark_picture (&picture, 1);
  for (int y = 0; y < HEIGHT; y++) {
    guint8 *row = picture.data + y * picture.stride;

    for (int x = 0; x < WIDTH / 2; x++) {
      const guint8 left = row[x];

      row[x] = row[WIDTH - 1 - x];
      row[WIDTH - 1 - x] = left;
    }
  }
  assert_read (&picture, &reading);
  g_assert_cmpfloat_with_epsilon (reading.scale_across, -1, 0.01);
  g_assert_cmpfloat_with_epsilon (reading.scale_down, 1, 0.01);
}

static void
assert_turned (double degrees)
{
  const double angle = degrees * G_PI / 180, c = cos (angle), s = sin (angle);
  g_auto (GenPicture) picture = { 0 }, turned = { 0 };
  GenPictureMarkReading reading;

  gen_picture_init (&picture, WIDTH, HEIGHT, 1);
  gen_picture_init (&turned, WIDTH, HEIGHT, 1);
  draw_clouds (&picture, 0);
  mark_picture (&picture, 1);
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++) {
      const double from_x = c * (x - 320) - s * (y - 180) + 320;
      const double from_y = s * (x - 320) + c * (y - 180) + 180;
      const int nx = (int)CLAMP (from_x, 0, WIDTH - 2), ny = (int)CLAMP (from_y, 0, HEIGHT - 2);
      const double rx = CLAMP (from_x - nx, 0, 1), ry = CLAMP (from_y - ny, 0, 1);
      const guint8 *at = picture.data + ny * picture.stride + nx;

      turned.data[y * turned.stride + x] =
          (guint8)lrint ((1 - ry) * ((1 - rx) * at[0] + rx * at[1]) +
                         ry * ((1 - rx) * at[picture.stride] + rx * at[picture.stride + 1]));
    }
  assert_read (&turned, &reading);
  g_assert_cmpfloat_with_epsilon (fabs (reading.rotation), fabs (degrees), 0.1);
}

static void
test_turned (void)
{
  assert_turned (2);
  assert_turned (-6);
}

/* --- where it stands --- */

#define ALL_WIDTH 960
#define ALL_HEIGHT 512

static void
assert_box (
    const GenPictureMarkReading *reading, double left, double top, double right, double bottom)
{
  g_assert_cmpfloat_with_epsilon (reading->left, left, 0.08);
  g_assert_cmpfloat_with_epsilon (reading->top, top, 0.08);
  g_assert_cmpfloat_with_epsilon (reading->right, right, 0.08);
  g_assert_cmpfloat_with_epsilon (reading->bottom, bottom, 0.08);
}

/* Film `number`, marked and shrunk, stands in another film. */
static void
paste (GenPicture *all, GenPicture *film, GenPicture *shrunk, int number, int x, int y)
{
  draw_clouds (film, 3 * number + 1000);
  mark_picture (film, 1);
  g_assert_true (gen_picture_fit (film, shrunk, GEN_FIT_STRETCH, NULL));
  draw_clouds (all, number);
  for (int row = 0; row < shrunk->height; row++)
    memcpy (all->data + (y + row) * all->stride + x, shrunk->data + row * shrunk->stride,
        (gsize)shrunk->width);
}

static void
test_place (void)
{
  static const struct {
    int width, height, x, y;
  } cases[] = { { 528, 282, 400, 210 }, { 720, 384, 0, 40 } };
  g_autoptr (GenMarkKey) key = make_key (0);
  g_auto (GenPicture) all = { 0 }, film = { 0 };
  GenPictureMarkReading reading = { 0 };

  gen_picture_init (&all, ALL_WIDTH, ALL_HEIGHT, 1);
  gen_picture_init (&film, ALL_WIDTH, ALL_HEIGHT, 1);
  draw_clouds (&all, 0);
  mark_picture (&all, 1);
  assert_read (&all, &reading);
  assert_box (&reading, 0, 0, 1, 1);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenPictureMarkReader) reader = gen_picture_mark_reader_new (key);
    g_auto (GenPicture) shrunk = { 0 };
    const GenMarkFrame frame = frame_of (&all);
    gboolean found = FALSE;

    gen_picture_init (&shrunk, cases[i].width, cases[i].height, 1);
    /* A frame for each half second: five windows, in each of which another part is looked at. */
    for (int n = 0; n < 8 && !found; n++) {
      paste (&all, &film, &shrunk, n, cases[i].x, cases[i].y);
      found = gen_picture_mark_reader_add (reader, &frame, n * G_GINT64_CONSTANT (500000000),
                  (n + 1) * G_GINT64_CONSTANT (500000000), &reading) &&
              reading.found;
    }
    g_assert_true (found);
    g_assert_cmphex (reading.bits, ==, BITS);
    g_assert_cmpfloat_with_epsilon (reading.scale_across, (double)cases[i].width / ALL_WIDTH, 0.01);
    assert_box (&reading, (double)cases[i].x / ALL_WIDTH, (double)cases[i].y / ALL_HEIGHT,
        (double)(cases[i].x + cases[i].width) / ALL_WIDTH,
        (double)(cases[i].y + cases[i].height) / ALL_HEIGHT);
  }
}

/* --- sizes and kinds --- */

static void
test_sizes (void)
{
  static const int sizes[][2] = { { 1, 1 }, { 2, 1 }, { 1, 400 }, { 3, 3 }, { 17, 31 }, { 400, 1 },
    { 9, 1300 }, { 541, 7 }, { 2500, 40 }, { 33, 1000 } };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_auto (GenPicture) picture = { 0 };
    GenPictureMarkReading reading;

    gen_picture_init (&picture, sizes[i][0], sizes[i][1], 3);
    fill (&picture, 100);
    mark_picture (&picture, 4);
    g_assert_false (read_picture (&picture, 1, &reading));
  }
}

/* The same is added to luma and to each colour, of bytes and of words. */
static void
test_kinds (void)
{
  g_autoptr (GenMarkKey) key = make_key (0);
  g_autoptr (GenPictureMark) mark = gen_picture_mark_new (key, BITS);
  g_autofree guint16 *words = g_new (guint16, WIDTH * HEIGHT);
  g_auto (GenPicture) grey = { 0 }, colour = { 0 }, pairs = { 0 };
  GenMarkFrame frame;

  gen_picture_init (&grey, WIDTH, HEIGHT, 1);
  gen_picture_init (&colour, WIDTH, HEIGHT, 4);
  gen_picture_init (&pairs, WIDTH * 2, HEIGHT, 1);
  draw_clouds (&grey, 0);
  draw_clouds (&colour, 0);
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++) {
      const guint8 value = grey.data[y * grey.stride + x];

      words[y * WIDTH + x] = (guint16)(value << 8);
      pairs.data[y * pairs.stride + 2 * x] = 77;
      pairs.data[y * pairs.stride + 2 * x + 1] = value;
    }
  gen_picture_mark_set_size (mark, WIDTH, HEIGHT);
  frame = frame_of (&grey);
  gen_picture_mark_apply (mark, &frame, 1);
  frame = frame_of (&colour);
  gen_picture_mark_apply (mark, &frame, 1);
  /* As P010 has it: ten bits, the highest. */
  frame = (GenMarkFrame){
    .width = WIDTH, .height = HEIGHT, .n = 1, .step = 2, .bits = 10, .shift = 6, .full_range = TRUE
  };
  frame.samples[0] = (guint8 *)words;
  frame.stride[0] = WIDTH * 2;
  gen_picture_mark_apply (mark, &frame, 1);
  /* As UYVY has it. */
  frame = frame_of (&grey);
  frame.samples[0] = pairs.data + 1;
  frame.stride[0] = pairs.stride;
  frame.step = 2;
  gen_picture_mark_apply (mark, &frame, 1);
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++) {
      const guint8 value = grey.data[y * grey.stride + x];

      for (int i = 0; i < 3; i++)
        g_assert_cmpint (colour.data[y * colour.stride + 4 * x + i], ==, value);
      g_assert_cmpint (words[y * WIDTH + x], ==, value << 8);
      g_assert_cmpint (pairs.data[y * pairs.stride + 2 * x], ==, 77);
      g_assert_cmpint (pairs.data[y * pairs.stride + 2 * x + 1], ==, value);
    }
}

/* --- films --- */

/* At 10 frames a second, of which those from the second second on are marked. */
static void
test_windows (void)
{
  g_autoptr (GenMarkKey) key = make_key (0);
  g_autoptr (GenPictureMarkReader) reader = gen_picture_mark_reader_new (key);
  g_auto (GenPicture) picture = { 0 };
  const GenMarkFrame frame = (gen_picture_init (&picture, WIDTH, HEIGHT, 1), frame_of (&picture));
  const gint64 tenth = G_GINT64_CONSTANT (100000000);
  GenPictureMarkReading reading;
  int windows = 0;

  for (int i = 0; i < 60; i++) {
    draw_clouds (&picture, i);
    if (i >= 20)
      mark_picture (&picture, 1);
    if (!gen_picture_mark_reader_add (reader, &frame, i * tenth, (i + 1) * tenth, &reading))
      continue;
    g_assert_cmpint (reading.begin, ==, windows * 5 * tenth);
    g_assert_cmpint (reading.end, ==, (windows * 5 + 20) * tenth);
    if (windows == 0)
      g_assert_false (reading.found);
    if (windows >= 2) /* half of it is marked */
      g_assert_true (reading.found);
    windows++;
  }
  g_assert_cmpint (windows, ==, 9);
  g_assert_false (gen_picture_mark_reader_finish (reader, &reading));
  /* What has come since the last window. */
  gen_picture_mark_reader_add (reader, &frame, 0, tenth, &reading);
  g_assert_true (gen_picture_mark_reader_finish (reader, &reading));
  g_assert_true (reading.found);
  g_assert_cmpint (reading.end, ==, tenth);
}

/* What has come is told where time goes back, in the middle of a part and behind one. */
static void
test_back (void)
{
  g_autoptr (GenMarkKey) key = make_key (0);
  g_autoptr (GenPictureMarkReader) reader = gen_picture_mark_reader_new (key);
  g_auto (GenPicture) picture = { 0 };
  const GenMarkFrame frame = (gen_picture_init (&picture, WIDTH, HEIGHT, 1), frame_of (&picture));
  const gint64 tenth = G_GINT64_CONSTANT (100000000);
  GenPictureMarkReading reading;

  draw_clouds (&picture, 1);
  mark_picture (&picture, 1);
  for (int n = 10; n > 5; n -= 3) {
    const int back = n == 10 ? 0 : 1;

    for (int i = 20; i < 20 + n; i++)
      g_assert_false (
          gen_picture_mark_reader_add (reader, &frame, i * tenth, (i + 1) * tenth, &reading));
    g_assert_true (
        gen_picture_mark_reader_add (reader, &frame, back * tenth, (back + 1) * tenth, &reading));
    g_assert_true (reading.found);
    g_assert_cmpint (reading.begin, ==, n == 10 ? 20 * tenth : 0);
    g_assert_cmpint (reading.end, ==, (20 + n) * tenth);
  }
  g_assert_true (gen_picture_mark_reader_finish (reader, &reading));
  g_assert_cmpint (reading.begin, ==, tenth);
  g_assert_cmpint (reading.end, ==, 2 * tenth);
}

typedef struct {
  GenMarkSpan ended[4];
  int n_begun, n_ended;
} Told;

static void
tell (const GenMarkSpan *span, gboolean ended, gpointer data)
{
  Told *told = data;

  if (ended)
    told->ended[told->n_ended++] = *span;
  else
    told->n_begun++;
}

static void
test_spans (void)
{
  static const struct {
    int begin, end;
    gboolean found;
    guint64 bits;
  } windows[] = { { 0, 4, FALSE, 0 }, { 1, 5, TRUE, BITS }, { 2, 6, FALSE, 0 },
    { 3, 7, TRUE, BITS }, { 4, 8, TRUE, BITS + 1 }, { 5, 9, FALSE, 0 },
    { 20, 24, TRUE, BITS + 1 } };
  Told told = { .n_begun = 0 };
  g_autoptr (GenMarkSpans) spans = gen_mark_spans_new (tell, &told);
  g_autoptr (JsonObject) object = NULL;

  g_assert_null (gen_mark_spans_get (spans));
  for (guint i = 0; i < G_N_ELEMENTS (windows); i++) {
    const GenPictureMarkReading reading = { .found = windows[i].found,
      .begin = windows[i].begin * G_GINT64_CONSTANT (500000000),
      .end = windows[i].end * G_GINT64_CONSTANT (500000000),
      .bits = windows[i].bits,
      .deviations = 10 + i };

    gen_mark_spans_add (spans, &reading);
    g_assert_cmpint (gen_mark_spans_get (spans) != NULL, ==, windows[i].found);
  }
  gen_mark_spans_end (spans);
  gen_mark_spans_end (spans);
  g_assert_cmpint (told.n_begun, ==, 3);
  g_assert_cmpint (told.n_ended, ==, 3);
  g_assert_cmpint (told.ended[0].begin, ==, 500000000);
  g_assert_cmpint (told.ended[0].end, ==, G_GINT64_CONSTANT (3500000000));
  g_assert_cmpuint (told.ended[0].windows, ==, 2);
  g_assert_cmpfloat (told.ended[0].deviations, ==, 13);
  g_assert_cmphex (told.ended[1].bits, ==, BITS + 1);
  g_assert_cmpint (told.ended[2].begin, ==, G_GINT64_CONSTANT (10000000000));
  gen_mark_payload_unpack (BITS, &told.ended[0].payload);
  object = gen_mark_span_to_json (&told.ended[0]);
  g_assert_cmpstr (json_object_get_string_member (object, "payload"), ==, "1007babcde0003e8");
  g_assert_cmpstr (json_object_get_string_member (object, "model"), ==, "abcde");
  g_assert_cmpstr (json_object_get_string_member (object, "time"), ==, "2024-01-01T16:40:00Z");
  g_assert_cmpfloat (json_object_get_double_member (object, "end"), ==, 3.5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/picture-mark/bounds", test_bounds);
  g_test_add_func ("/picture-mark/strength", test_strength);
  g_test_add_func ("/picture-mark/reading", test_reading);
  g_test_add_func ("/picture-mark/grey", test_grey);
  g_test_add_func ("/picture-mark/scaling", test_scaling);
  g_test_add_func ("/picture-mark/crop", test_crop);
  g_test_add_func ("/picture-mark/mirrored", test_mirrored);
  g_test_add_func ("/picture-mark/turned", test_turned);
  g_test_add_func ("/picture-mark/place", test_place);
  g_test_add_func ("/picture-mark/sizes", test_sizes);
  g_test_add_func ("/picture-mark/kinds", test_kinds);
  g_test_add_func ("/picture-mark/windows", test_windows);
  g_test_add_func ("/picture-mark/back", test_back);
  g_test_add_func ("/picture-mark/spans", test_spans);
  return g_test_run ();
}
