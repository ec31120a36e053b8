/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/model.h>

G_BEGIN_DECLS

/**
 * Calibration: what a discriminator's score is worth. A score says which of two items is the more
 * real; a calibrated one is the probability that an item is real, where as many are real as was
 * said when it was fitted (half of them). It is fitted on items that the discriminator has not been
 * trained on, real and generated ones, and is an increasing function of the score, so that it
 * changes no order.
 *
 * A model keeps its calibration in its metadata, as `generative.calibration`, and so loses it when
 * it is trained on, as it should:
 *
 *     platt,log-odds=1,maximum=3.25,slope=0.71,intercept=-0.32
 *
 * the name of a #GenCalibrator and, in any order, its lists of numbers (several with colons),
 * `log-odds` (1 where the scores are probabilities, of which the log odds are what was fitted; 0 as
 * a rule) and `maximum` (the greatest log odds that a generated item had, where that is known).
 *
 * Each way is a constant #GenCalibrator in a file of its own in lib/calibration, and one line in
 * its list. Since: 0.2
 */
#define GEN_CALIBRATION_ERROR (gen_calibration_error_quark ())
GEN_API GQuark gen_calibration_error_quark (void);

typedef enum {
  GEN_CALIBRATION_ERROR_UNKNOWN, /* no calibrator of that name */
  GEN_CALIBRATION_ERROR_TEXT,    /* no such text */
  GEN_CALIBRATION_ERROR_ITEMS,   /* nothing can be fitted to these items */
} GenCalibrationError;

#define GEN_CALIBRATION_METADATA "generative.calibration"

typedef struct _GenCalibrator GenCalibrator;

/* The most lists of numbers that a calibrator has. */
#define GEN_CALIBRATION_LISTS 2

/* What was fitted. */
typedef struct {
  const GenCalibrator *calibrator;
  gboolean log_odds; /* scores are probabilities: fitted is what their log odds are worth */
  double maximum;    /* log odds that no generated item exceeded; -INFINITY: not known */
  guint n;           /* numbers in each list */
  double *lists[GEN_CALIBRATION_LISTS]; /* as the calibrator names them; NULL where it has less */
} GenCalibration;

GEN_API void gen_calibration_free (GenCalibration *calibration);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenCalibration, gen_calibration_free)

/* Items whose scores are known. */
typedef struct {
  gsize n;
  const double *scores;
  const guint8 *real;    /* 1 or 0 */
  const double *weights; /* NULL: each counts as 1 */
} GenCalibrationItems;

struct _GenCalibrator {
  const char *name, *summary;
  const char *lists[GEN_CALIBRATION_LISTS]; /* their names; NULL behind the last one */
  gboolean many;                            /* lists may have more than one number */
  /* Fill the lists of `calibration`, to be freed by g_free. */
  gboolean (*fit) (GenCalibration *calibration, const GenCalibrationItems *items, GError **error);
  /* Whether lists that were read do; NULL: any do. */
  gboolean (*check) (const GenCalibration *calibration, GError **error);
  double (*apply) (const GenCalibration *calibration, double score);
};

GEN_API extern const GenCalibrator gen_calibrator_platt;
GEN_API extern const GenCalibrator gen_calibrator_temperature;
GEN_API extern const GenCalibrator gen_calibrator_isotonic;

/* All of them, ended by NULL. */
GEN_API const GenCalibrator *const *gen_calibrator_list (void);
/* The one of that name, or NULL with `error`, which lists them. */
GEN_API const GenCalibrator *gen_calibrator_find (const char *name, GError **error);

/**
 * gen_calibration_fit: fit `calibrator` to `items`, of which there must be real and generated ones,
 * with finite scores. `log_odds`: the scores are probabilities. (transfer full), or NULL with
 * `error`.
 */
GEN_API GenCalibration *gen_calibration_fit (const GenCalibrator *calibrator,
    const GenCalibrationItems *items, gboolean log_odds, GError **error);
/* The probability, from 0 to 1, that an item of `score` is real; NaN of what is no number. */
GEN_API double gen_calibration_apply (const GenCalibration *calibration, double score);

/* As metadata have it, with as many digits as make it the same when it is read. (transfer full) */
GEN_API char *gen_calibration_to_text (const GenCalibration *calibration);
GEN_API GenCalibration *gen_calibration_parse (const char *text, GError **error);
/* That of a model; NULL without `error` where it has none. */
GEN_API GenCalibration *gen_calibration_of_model (const GenModel *model, GError **error);

/* Whether what `output` of `model` is lies between 0 and 1, whatever goes in: its scores are taken
 * for probabilities. */
GEN_API gboolean gen_model_scores_are_probabilities (const GenModel *model, const GenPort *output);
/* ln (p / (1 - p)), finite: of what is nearer to 0 or 1 than float32 tells from these, that of the
 * nearest that it does. NaN of NaN. */
GEN_API double gen_log_odds (double probability);
/* 1 / (1 + exp (-log_odds)) */
GEN_API double gen_probability (double log_odds);

/* --- how good probabilities are --- */

#define GEN_RELIABILITY_BINS 15

/* Of items whose probabilities lie in one bin. */
typedef struct {
  double weight;      /* of all together */
  double probability; /* their mean; NaN where there are none */
  double real;        /* how many of them are real; likewise */
} GenReliabilityBin;

typedef struct {
  double calibration_error; /* the expected one: the mean over bins of |probability - real| */
  double brier;             /* the mean square of what probabilities are off */
  double log_loss;          /* the mean of -ln of the probability of what each is */
  double auc; /* how probable it is that a real item has more than a generated one; a half: no order
               */
  GenReliabilityBin bins[GEN_RELIABILITY_BINS]; /* of equal width, from 0 to 1 */
} GenReliability;

/* The `scores` of the items are probabilities here. */
GEN_API GenReliability gen_reliability_of (const GenCalibrationItems *items);
/* The `auc` alone, for which any scores will do. */
GEN_API double gen_reliability_auc (const GenCalibrationItems *items);

G_END_DECLS
