/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "feature-set.h"

/* The classes of two sets, which are the same where they have one name. */
typedef struct {
  GPtrArray *names; /* of both sets, the reference's first; ended by NULL */
  guint *of[2];     /* of the samples and of the reference: the place of each label among them */
} Classes;

/* FALSE with `error` where either has none. `locations` are what they are called by. */
gboolean classes_join (Classes *classes, const FeatureSet *samples, const FeatureSet *reference,
    const char *const *locations, GError **error);
void classes_clear (Classes *classes);
/* The class of a row; -1: none. */
int classes_find (const Classes *classes, const FeatureSet *set, gboolean reference, guint row);

/* What halves of the sets said of each class: GenTally by class and figure. */
typedef struct _ClassSpread ClassSpread;

ClassSpread *class_spread_new (void);
void class_spread_free (ClassSpread *spread);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClassSpread, class_spread_free)
/* One more half. */
void class_spread_add (ClassSpread *spread, JsonObject *summary);
/* Write standard errors beside the figures of classes, and of their gaps. */
void class_spread_tell (const ClassSpread *spread, JsonObject *summary);

/* Print the gaps, and the figures of each class; `fields` are the meter's. */
void print_classes (JsonObject *summary, const GenField *fields, guint n);
