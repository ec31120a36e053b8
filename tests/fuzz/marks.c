/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What readers of marks are given: files of keys, payloads, symbols of any numbers, rows of what
 * nets make, and frames of any size and kind, which are marked first. What bytes are meant to be,
 * the first one says. */
#include <generative/picture-mark.h>

#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "../../lib/mark/slots.h"
#include "fuzz.h"

#define MOST_SIDE 200
#define MOST_FRAMES 4
#define MOST_ROWS 64

static GenMarkKey *
key_of_tests (void)
{
  const guint8 secret[32] = { 1, 2, 3 };

  return gen_mark_key_new (secret, sizeof secret, NULL);
}

/* `n` numbers, of which there may be fewer bytes: the rest are zeros. Returns what is behind. */
static const guint8 *
take (const guint8 *data, gsize *size, void *to, gsize n)
{
  const gsize taken = MIN (*size, n);

  memset (to, 0, n);
  if (taken > 0)
    memcpy (to, data, taken);
  *size -= taken;
  return data + taken;
}

static void
load_key (const guint8 *data, gsize size)
{
  const char *path = fuzz_file (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenMarkKey) key = NULL;
  guint8 derived[64];

  g_assert_cmpint (chmod (path, 0600), ==, 0);
  key = gen_mark_key_load (path, &error);
  g_assert_true ((key == NULL) == (error != NULL));
  if (key != NULL)
    gen_mark_key_derive (key, "fuzz", derived, sizeof derived);
}

/* What can be read can be written, and is the same. */
static void
unpack_payload (const guint8 *data, gsize size)
{
  GenMarkPayload payload;
  guint64 bits, again;

  take (data, &size, &bits, sizeof bits);
  if (!gen_mark_payload_unpack (bits, &payload))
    return;
  g_assert_true (gen_mark_payload_pack (&payload, &again, NULL));
  g_assert_cmphex (again, ==, bits);
}

static void
decode_symbols (const guint8 *data, gsize size)
{
  g_autoptr (GenMarkKey) key = key_of_tests ();
  g_autoptr (GenMarkCode) code = gen_mark_code_new (key, "picture");
  float symbols[GEN_MARK_SYMBOLS];
  GenMarkPayload payload;
  GenMarkRead read;

  take (data, &size, symbols, sizeof symbols);
  if (!gen_mark_decode (code, symbols, &read))
    return;
  g_assert_true (gen_mark_payload_unpack (read.bits, &payload));
  g_assert_true (read.errors >= 0 && read.errors <= 0.5);
}

static void
read_rows (const guint8 *data, gsize size)
{
  g_autoptr (GenMarkKey) key = key_of_tests ();
  g_autoptr (GenMarkCode) code = gen_mark_code_new (key, "learned");
  guint8 head[2];
  GenMarkSlots slots;
  GenMarkRead read;

  data = take (data, &size, head, sizeof head);
  gen_mark_slots_init (&slots, key,
      GEN_SLOT_LEAST_BITS + head[0] * (GEN_SLOT_MOST_BITS - GEN_SLOT_LEAST_BITS) / 255);
  {
    const int n = 1 + head[1] % MOST_ROWS;
    const gsize numbers = (gsize)(n * slots.n_bits);
    g_autofree gint64 *times = g_new (gint64, n);
    g_autofree float *rows = g_new (float, numbers), *scratch = g_new (float, numbers);

    data = take (data, &size, times, sizeof *times * (gsize)n);
    for (int i = 0; i < n; i++)
      times[i] /= 4; /* nearer to each other than the type's ends */
    take (data, &size, rows, sizeof *rows * numbers);
    gen_mark_slots_read (&slots, code, rows, times, n, scratch, &read);
  }
  gen_mark_slots_clear (&slots);
}

/* As bytes say: sides, step, bits, colours. */
static void
read_frames (const guint8 *data, gsize size)
{
  static const int words[] = { 9, 10, 12, 16 };
  g_autoptr (GenMarkKey) key = key_of_tests ();
  g_autoptr (GenPictureMark) mark = gen_picture_mark_new (key, 0x1000000000000000u);
  g_autoptr (GenPictureMarkReader) reader = gen_picture_mark_reader_new (key);
  GenPictureMarkReading reading;
  guint8 head[6];

  data = take (data, &size, head, sizeof head);
  for (int i = 0; i < 1 + head[0] % MOST_FRAMES; i++) {
    const int width = 1 + head[1] % MOST_SIDE, height = 1 + head[2] % MOST_SIDE;
    const gboolean wide = head[3] & 1, colour = head[3] & 2, planar = head[3] & 4;
    const int step = wide ? 2 : colour && !planar ? 3 + (head[3] >> 3 & 1) : 1 + (head[3] >> 3 & 3);
    const int planes = colour && (planar || wide) ? 3 : 1;
    const gsize plane = (gsize)(width * height * step);
    g_autofree guint8 *bytes = g_malloc (plane * (gsize)planes);
    GenMarkFrame frame = { .width = width,
      .height = height,
      .n = colour ? 3 : 1,
      .step = step,
      .bits = wide ? words[head[4] % G_N_ELEMENTS (words)] : 8,
      .full_range = head[4] >> 7 };

    frame.shift = wide && head[4] & 64 ? 16 - frame.bits : 0;
    for (int k = 0; k < frame.n; k++) {
      frame.samples[k] = bytes + (planes == 3 ? plane * (gsize)k : (gsize)k);
      frame.stride[k] = width * step;
    }
    data = take (data, &size, bytes, plane * (gsize)planes);
    gen_picture_mark_set_size (mark, width, height);
    gen_picture_mark_apply (mark, &frame, head[5] / 63.0);
    gen_picture_mark_reader_add (reader, &frame, i * G_GINT64_CONSTANT (700000000),
        (i + 1) * G_GINT64_CONSTANT (700000000), &reading);
    head[1]++;
  }
  gen_picture_mark_reader_finish (reader, &reading);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static void (*const readers[]) (
      const guint8 *, gsize) = { load_key, unpack_payload, decode_symbols, read_rows, read_frames };

  if (size == 0)
    return 0;
  readers[data[0] % G_N_ELEMENTS (readers)](data + 1, size - 1);
  return 0;
}
