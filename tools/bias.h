/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model bias: figures of samples by the groups that they are of. */
#pragma once

#include <generative/group-differences.h>
#include <json-glib/json-glib.h>

/* A figure of all groups. */
typedef struct {
  char *name;
  GenBetter better;
  GPtrArray *values; /* of GArray of double, one each group; NULL where errors alone are known */
  GArray *means;     /* of BiasMean, likewise; NULL */
} BiasFigure;

typedef struct {
  double mean, standard_error;
  guint n, degrees; /* samples, and of freedom of the error */
} BiasMean;

/* What was read. */
typedef struct {
  GPtrArray *groups;  /* of char *, in the order in which they came */
  GPtrArray *figures; /* of BiasFigure, likewise */
  guint ungrouped;    /* samples that no group is known of */
} BiasSet;

void bias_set_init (BiasSet *set);
void bias_set_clear (BiasSet *set);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BiasSet, bias_set_clear)
/* One value of a figure, of the group of that name. */
void bias_set_add (BiasSet *set, const char *figure, const char *group, double value);
void bias_set_add_mean (BiasSet *set, const char *figure, const char *group, const BiasMean *mean);

/* What the command says. */
typedef struct {
  const char *path; /* a model, a report, or what compare --classes --json has printed */
  char **data;      /* a place and NAME=VALUE, ended by NULL; may be empty */
  const char *by;   /* a member of lines, or of data "class" or "group"; NULL: not said */
} BiasSource;

/* Read a report of lines, or a comparison. FALSE with `error`. */
gboolean bias_read_lines (BiasSet *set, const BiasSource *source, GError **error);
gboolean bias_read_comparison (BiasSet *set, const BiasSource *source, GError **error);
/* Whether a classifier is right, of each sample of the data: the figure "accuracy". */
gboolean bias_run_classifier (BiasSet *set, const BiasSource *source, GError **error);

/* What was found: an object that `generative-model report` shows, too. (transfer full) */
JsonObject *bias_describe (const BiasSet *set, const char *by, const GenGroupSettings *settings);
/* The same for people. */
void bias_print (JsonObject *described);
