/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of a model's inputs and outputs a discriminator plays, and the caps that follow. */
#pragma once

#include <generative/calibration.h>
#include <gst/gst.h>

#include "../shared/picture-numbers.h"

/* What properties say of a model that does not say it itself; 0 and NULL: what suits. */
typedef struct {
  GstGenerativeNumbers numbers;
  int tile_width, tile_height; /* of pictures */
  int sample_rate;             /* of sounds; where it is set, a row of numbers is a sound */
  double window, hop;          /* of sounds, in seconds */
  gboolean uncalibrated;       /* scores are looked at as they are */
} GstDiscriminatorHints;

typedef struct {
  GenModel *model;
  GenPort input, output;
  gboolean remembers;          /* what it has seen before */
  GenCalibration *calibration; /* NULL: it has none, or none is wanted */
  gboolean probabilities;      /* scores lie between 0 and 1 */
} GstDiscriminatorPorts;

/* Let go of the model, and of all that is of it. */
void gst_discriminator_ports_clear (GstDiscriminatorPorts *ports);
/* A picture or a sound in, one number out. FALSE with `error` when `model` is no discriminator, or
 * its calibration is none. The model becomes the ports'. */
gboolean gst_discriminator_choose_ports (GstDiscriminatorPorts *ports, GenModel *model,
    const GstDiscriminatorHints *hints, GError **error);
/* Say which range or rate is assumed. */
void gst_discriminator_warn (
    const GstDiscriminatorPorts *ports, const GstDiscriminatorHints *hints, GstElement *element);

/* How long windows of a sound are, and how far apart they begin, in frames. */
gint64 gst_discriminator_window (
    const GstDiscriminatorPorts *ports, const GstDiscriminatorHints *hints);
gint64 gst_discriminator_hop (
    const GstDiscriminatorPorts *ports, const GstDiscriminatorHints *hints);

/* What is taken, of pictures in the memory of the device as well where they are `on_device`.
 * (transfer full) */
GstCaps *gst_discriminator_caps_of (const GstDiscriminatorPorts *ports, gboolean on_device);
