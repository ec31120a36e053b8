/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <glib.h>

G_BEGIN_DECLS

/**
 * GenScaling: what a step of a training takes by many processes (exchange.h), as far as it can be
 * told from one that is alone, from what two on one machine have lost, and from a network's
 * figures. It is a model: it leaves out that processes wait for the slowest of them, and that
 * others use the network. Since: 0.2
 *
 * Each sum moves the share of the numbers that is not a process's own twice, to who adds it up and
 * back, and has a message to each other process both times.
 */
typedef struct {
  double compute;   /* seconds that a process computes for its part of a batch */
  double overlap;   /* of these, in which sums are on their way already: what is behind the first
                       gradient */
  double bytes;     /* of gradients, by a process and step */
  double sums;      /* in which they are moved */
  double handling;  /* seconds of the processor for a byte: adding up, copying */
  double bandwidth; /* bytes a second, of a process, each way */
  double latency;   /* seconds until a message has come */
  double message;   /* seconds of the processor for a message */
} GenScaling;

/* Seconds of a step by `processes`, from 1 on. */
GEN_API double gen_scaling_step (const GenScaling *scaling, guint processes);
/* Samples a second and process, as a share of what one alone makes. */
GEN_API double gen_scaling_efficiency (const GenScaling *scaling, guint processes);

G_END_DECLS
