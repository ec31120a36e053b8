/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/report.h>

/* What is told of a frame or a window, in the order of the fields. */
enum {
  GST_DISCRIMINATOR_SCORE,
  GST_DISCRIMINATOR_MINIMUM,
  GST_DISCRIMINATOR_MAXIMUM,
  GST_DISCRIMINATOR_TILES,
  GST_DISCRIMINATOR_PROBABILITY, /* of being real, of a calibrated model */
  GST_DISCRIMINATOR_PASSED,      /* it is selected */
  GST_DISCRIMINATOR_ACCEPT_RATE,
  GST_DISCRIMINATOR_N_FIELDS,
};
extern const GenField gst_discriminator_fields[GST_DISCRIMINATOR_N_FIELDS];
