/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "measure.h"

#include "../../simd.h"

/* How often each value is in a channel. Four counts at once, so that equal neighbours do not wait
 * for each other. */
static void
count_values (const GenPicture *picture, int channel, guint32 counts[256])
{
  const int channels = picture->channels;
  guint32 parts[4][256] = { { 0 } };

  for (int y = 0; y < picture->height; y++) {
    const guint8 *row = picture->data + (gssize)y * picture->stride + channel;
    int x = 0;

    for (; x + 4 <= picture->width; x += 4, row += 4 * channels) {
      parts[0][row[0]]++;
      parts[1][row[channels]]++;
      parts[2][row[2 * channels]]++;
      parts[3][row[3 * channels]]++;
    }
    for (; x < picture->width; x++, row += channels)
      parts[0][row[0]]++;
  }
  for (int v = 0; v < 256; v++)
    counts[v] = parts[0][v] + parts[1][v] + parts[2][v] + parts[3][v];
}

static void
look_up_channels (GenPicture *picture, guint8 tables[3][256], int colours)
{
  const int channels = picture->channels;

  for (int y = 0; y < picture->height; y++) {
    guint8 *row = picture->data + (gssize)y * picture->stride;

    for (int x = 0; x < picture->width; x++, row += channels)
      for (int c = 0; c < colours; c++)
        row[c] = tables[c][row[c]];
  }
}

void
gen_augment_spread_levels (
    GenPicture *picture, void (*find) (const guint32 counts[256], guint8 table[256]))
{
  const int colours = MIN (picture->channels, 3);
  guint8 tables[3][256];
  guint32 counts[256];

  for (int c = 0; c < colours; c++) {
    count_values (picture, c, counts);
    find (counts, tables[c]);
  }
  look_up_channels (picture, tables, colours);
}

static inline guint64
sum_pixels (const guint8 *row, int n, int channels)
{
  guint32 red = 0, green = 0, blue = 0;

  for (int i = 0; i < n; i++, row += channels) {
    red += row[0];
    green += row[1];
    blue += row[2];
  }
  return (guint64)(1000 * GEN_LUMA_RED) * red + (guint64)(1000 * GEN_LUMA_GREEN) * green +
         (guint64)(1000 * GEN_LUMA_BLUE) * blue;
}

GEN_CLONES (guint64, sum_three, (const guint8 *row, int n), (row, n))
{
  return sum_pixels (row, n, 3);
}

GEN_CLONES (guint64, sum_four, (const guint8 *row, int n), (row, n))
{
  return sum_pixels (row, n, 4);
}

static guint64
sum_one (const guint8 *row, int n)
{
  guint64 sum = 0;

  for (int i = 0; i < n; i++)
    sum += row[i];
  return 1000 * sum;
}

double
gen_augment_mean_luma (const GenPicture *picture)
{
  guint64 sum = 0;

  for (int y = 0; y < picture->height; y++) {
    const guint8 *row = picture->data + (gssize)y * picture->stride;

    sum += picture->channels == 1   ? sum_one (row, picture->width)
           : picture->channels == 3 ? sum_three (row, picture->width)
                                    : sum_four (row, picture->width);
  }
  return (double)sum / 1000 / picture->width / picture->height;
}
