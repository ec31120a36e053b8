/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Of how many numbers an item is: pixels, frames, seconds, channels. The beginning of a file tells.
 */
#include "inspect-private.h"

#include <math.h>

static double
width_measure (const GenInspected *item)
{
  return item->format.width;
}

static double
height_measure (const GenInspected *item)
{
  return item->format.height;
}

static double
channels_measure (const GenInspected *item)
{
  return item->format.channels;
}

static double
frames_measure (const GenInspected *item)
{
  return item->frames > 0 ? item->frames : NAN;
}

static double
seconds_measure (const GenInspected *item)
{
  return (double)item->format.length / item->format.rate;
}

static double
rate_measure (const GenInspected *item)
{
  return item->format.rate;
}

const GenDataMeasure gen_data_measure_width = {
  .name = "width",
  .unit = "pixels",
  .summary = "Width of a picture, turned upright",
  .medium = &gen_medium_picture,
  .need = GEN_NEED_EXTENT,
  .least = 1,
  .most = 32768,
  .measure = width_measure,
};

const GenDataMeasure gen_data_measure_height = {
  .name = "height",
  .unit = "pixels",
  .summary = "Height of a picture, turned upright",
  .medium = &gen_medium_picture,
  .need = GEN_NEED_EXTENT,
  .least = 1,
  .most = 32768,
  .measure = height_measure,
};

const GenDataMeasure gen_data_measure_channels = {
  .name = "channels",
  .unit = "channels",
  .summary = "Of pictures 1 is grey, 3 colour and 4 colour with transparency; of sounds 1 is mono",
  .need = GEN_NEED_FORMAT,
  .least = 1,
  .most = 64,
  .measure = channels_measure,
};

const GenDataMeasure gen_data_measure_frames = {
  .name = "frames",
  .unit = "frames",
  .summary = "Length of the film that a picture is of",
  .medium = &gen_medium_picture,
  .need = GEN_NEED_EXTENT,
  .least = 1,
  .most = G_MAXUINT32,
  .measure = frames_measure,
};

const GenDataMeasure gen_data_measure_seconds = {
  .name = "seconds",
  .unit = "seconds",
  .summary = "Length of a sound",
  .medium = &gen_medium_sound,
  .need = GEN_NEED_EXTENT,
  .least = 0,
  .most = G_MAXDOUBLE,
  .measure = seconds_measure,
};

const GenDataMeasure gen_data_measure_rate = {
  .name = "rate",
  .unit = "Hertz",
  .summary = "Frames of a sound a second",
  .medium = &gen_medium_sound,
  .need = GEN_NEED_EXTENT,
  .least = 1,
  .most = GEN_SOUND_MAX_RATE,
  .measure = rate_measure,
};
