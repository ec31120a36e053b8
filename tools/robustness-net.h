/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/attack.h>
#include <generative/medium.h>
#include <generative/model.h>

/* A classifier or discriminator, whoever made it, as it is attacked. Samples are float32 numbers:
 * pictures [batch, channels, height, width] from 0 to 1, sounds [batch, channels, length] with full
 * scale from -1 to 1. Each has a score for each class, or one for all of them: the higher, the more
 * real it is taken for. */
typedef struct {
  GenModel *model;
  const GenPort *input, *output;
  GenFormat format; /* of samples; what the model leaves free is 0 until it is set */
  GenAttackRange range;
  int batch;
  guint classes;      /* 1: it is a discriminator */
  char **class_names; /* as the model says, ended by NULL; NULL where it does not */
} AttackedNet;

/* Open the model of file `path`. FALSE with `error` where it is neither. */
gboolean attacked_net_open (AttackedNet *net, const char *path, GError **error);
void attacked_net_clear (AttackedNet *net);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (AttackedNet, attacked_net_clear)
/* Of a batch of samples, once its format is set. */
GenShape attacked_net_shape (const AttackedNet *net);

/* Append the model on `samples`: [batch, classes]. `are_scores`: they are no probabilities. */
GenTensor *attacked_net_score (const AttackedNet *net, GenGraph *graph, GenTensor *samples,
    gboolean *are_scores, GError **error);
/* What attacks raise: [batch, classes]. `classes`, of the same shape, is 1 for the class of each
 * sample and 0 for the others; of a discriminator 1 for real samples and -1 for made ones. */
GenTensor *attacked_net_lose (const AttackedNet *net, GenGraph *graph, GenTensor *scores,
    gboolean are_scores, GenTensor *classes, GError **error);
/* What a discriminator takes for real has a score above this. */
float attacked_net_threshold (gboolean are_scores);
