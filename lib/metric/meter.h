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
typedef struct _GenClasses GenClasses;

struct _GenMeter {
  GenMetricSettings settings;
  const GenMedium *medium, *reference_medium; /* of frames, and of what they are judged by */
  GenFeatures *features, *own_features;       /* the settings', or our own; NULL: only their name */
  char *features_name;
  int length;           /* floats of features; 0: not known yet */
  float *rows;          /* features of the samples at hand */
  GArray *instruments;  /* Instrument */
  guint *order;         /* the places of these, that which takes longest first */
  GArray *fields;       /* GenField */
  GString *unavailable; /* what was left out, and why */
  GenTally *tallies;    /* a field each; used by those of frame metrics */
  int tile_width, tile_height;
  guint interval;
  char **class_names;
  GenFeatureRows sets[2]; /* of samples and of the reference, for who compares them */
  gboolean measures_frames, wants_luma, takes_samples, wants_features, wants_reference, wants_sets,
      follows, judges;
  GenSample luma[2]; /* of a colour frame, and of what it should be */
  float *clean;      /* a piece of a sound without what is not finite */
  gsize n_clean;
  guint64 frames, samples, left_out;
  char *next_name;            /* of the next sample; NULL: not known */
  guint64 time;               /* when the frame at hand begins; G_MAXUINT64: nobody said */
  GenRecent *recent;          /* NULL: there are no figures of the last seconds */
  guint first_recent;         /* the field of its first */
  GenRecentSets *recent_sets; /* likewise */
  GenClasses *classes;        /* NULL: there are no figures of each class */
  GenFit reference_fit;       /* of pictures of a dataset */
  void (*tell_left_out) (const GError *why, gpointer data);
  gpointer data;
};

/* The metrics that the settings name, and those of scorers. */
gboolean gen_meter_add_instruments (
    GenMeter *meter, const GenMeterSettings *settings, GError **error);
/* Tell a figure that is no tally: nothing where it is NaN, and where it is GEN_MISSING why, which
 * is `lack`, or what the field says where that is NULL. */
void gen_meter_tell_figure (
    const GenField *field, double value, const char *lack, JsonObject *object);
/* Fill the figures of distributions and streams over all that came so far. */
gboolean gen_meter_figure (GenMeter *meter, double *values, GError **error);
/* Whether the statistics that a metric is to compare with are of our features, which are
 * `length` numbers (0: not known yet). */
gboolean gen_meter_check_statistics (const GenMeter *meter, int length, GError **error);
/* Whether the samples of a sound are all finite, and a text is UTF-8 without a byte of 0. */
gboolean gen_meter_is_valid (const GenSample *frame);
/* How many numbers, or bytes of a text, are to be looked at. */
gsize gen_meter_count_numbers (const GenFormat *format);
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
