/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nets that are told of which class what they see or make is, where options ask for it: they have
 * an input more, "class", int64 [batch], and say in `generative.classes` how many there are. A
 * class beyond these is none. Where options do not ask for it, what goes in comes out. */
#pragma once

#include "layers.h"

/* The class, a row with a 1 at its place; NULL where nets are not conditional. */
typedef struct {
  GenLayers *layers;
  GenTensor *class; /* [batch, classes] */
} GenCondition;

/* FALSE with `error` where options ask for it and classes are not known. */
gboolean gen_condition_check (const GenPresetOptions *options, GError **error);
/* Add the input, behind those that there are. FALSE with `error` where classes are not known. */
gboolean gen_condition_begin (
    GenCondition *condition, GenLayers *layers, const GenPresetOptions *options, GError **error);

/* x [batch, n], and behind it n numbers of the class. */
GenTensor *gen_condition_join (const GenCondition *condition, GenTensor *x, GError **error);
/* x [batch, n] and numbers of the class in a sum. */
GenTensor *gen_condition_add (const GenCondition *condition, GenTensor *x, GError **error);
/* x [batch, channels, height, width] with a channel more, of the class. */
GenTensor *gen_condition_put (const GenCondition *condition, GenTensor *x, GError **error);
/* `score`, which a net gives to `features` [batch, n], and how much these are as those of the class
 * (Miyato and Koyama, "cGANs with projection discriminator", 2018). */
GenTensor *gen_condition_project (
    const GenCondition *condition, GenTensor *score, GenTensor *features, GError **error);
