/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/metric.h>
#include <generative/recent.h>

/* A metric at work. */
typedef struct {
  const GenMetric *metric;
  gpointer state;
  int first_field;
  gint64 spent; /* microseconds on the last frame */
} Instrument;

typedef struct _GenRecentSets GenRecentSets;

struct _GenMeter {
  GenMetricSettings settings;
  const GenMedium *medium;
  GenFeatures *features, *own_features; /* the settings', or our own; NULL: only their name */
  char *features_name;
  int length;          /* floats of features; 0: not known yet */
  float *rows;         /* features of the samples at hand */
  GArray *instruments; /* Instrument */
  guint *order;        /* the places of these, that which takes longest first */
  GArray *fields;      /* GenField */
  GenTally *tallies;   /* a field each; used by those of frame metrics */
  int tile_width, tile_height;
  guint interval;
  char **class_names;
  GenFeatureRows sets[2]; /* of samples and of the reference, for who compares them */
  gboolean measures_frames, takes_samples, wants_features, wants_reference, wants_sets, follows,
      judges;
  GenSample luma[2]; /* of a colour frame, and of what it should be */
  float *clean;      /* a piece of a sound without what is not finite */
  gsize n_clean;
  guint64 frames, samples, left_out;
  guint64 time;               /* when the frame at hand begins; G_MAXUINT64: nobody said */
  GenRecent *recent;          /* NULL: there are no figures of the last seconds */
  guint first_recent;         /* the field of its first */
  GenRecentSets *recent_sets; /* likewise */
  void (*tell_left_out) (const GError *why, gpointer data);
  gpointer data;
};

/* Whether the statistics that a metric is to compare with are of our features, which are
 * `length` numbers (0: not known yet). */
gboolean gen_meter_check_statistics (const GenMeter *meter, int length, GError **error);
/* Whether the samples of a sound are all finite. */
gboolean gen_meter_is_finite (const GenSample *frame);
/* The tiles of a frame, or all of it, as samples. */
gboolean gen_meter_take_samples (GenMeter *meter, const GenSample *frame, GError **error);

/* --- recent-sets.c --- */

/* Figures of sets over the last `seconds`: fields for those that the meter has are added to it. */
GenRecentSets *gen_recent_sets_new (GenMeter *meter, double seconds);
void gen_recent_sets_free (GenRecentSets *sets);
/* A sample's features, at the meter's time; or one of the reference. */
void gen_recent_sets_take (
    GenRecentSets *sets, const GenMeter *meter, const float *features, int n, gboolean reference);
/* Fill the figures. */
gboolean gen_recent_sets_figure (
    GenRecentSets *sets, const GenMeter *meter, double *values, GError **error);
void gen_recent_sets_forget (GenRecentSets *sets);
