/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mode.h"

/* Every model is suited by one. */
static const GstGeneratorMode *const modes[] = { &gst_generator_stream, &gst_generator_speech,
  &gst_generator_staged, &gst_generator_tiles, &gst_generator_clips, &gst_generator_frames,
  &gst_generator_batch };

const GstGeneratorMode *
gst_generator_mode_find (const GstGeneratorPorts *ports)
{
  guint i = 0;

  while (!modes[i]->suits (ports))
    i++;
  return modes[i];
}
