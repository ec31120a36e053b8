/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Of how many numbers an item is: pixels, seconds, channels. */
#include "inspect-private.h"

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
  .measure = width_measure,
};

const GenDataMeasure gen_data_measure_height = {
  .name = "height",
  .unit = "pixels",
  .summary = "Height of a picture, turned upright",
  .medium = &gen_medium_picture,
  .measure = height_measure,
};

const GenDataMeasure gen_data_measure_channels = {
  .name = "channels",
  .unit = "channels",
  .summary = "Of pictures 1 is grey, 3 colour and 4 colour with transparency; of sounds 1 is mono",
  .measure = channels_measure,
};

const GenDataMeasure gen_data_measure_seconds = {
  .name = "seconds",
  .unit = "seconds",
  .summary = "Length of a sound",
  .medium = &gen_medium_sound,
  .measure = seconds_measure,
};

const GenDataMeasure gen_data_measure_rate = {
  .name = "rate",
  .unit = "Hertz",
  .summary = "Frames of a sound a second",
  .medium = &gen_medium_sound,
  .measure = rate_measure,
};
