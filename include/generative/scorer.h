/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/metric.h>

G_BEGIN_DECLS

/**
 * GenScorer (metric.h): an ONNX model that makes figures of a frame (an estimate of what people
 * would say of a picture, or of speech, as DNSMOS), or of a frame and what it should be (LPIPS,
 * DISTS). It is a metric whose fields are known once the file is open, and a #GenMeter measures it
 * beside others.
 *
 * Such a model has one input, or two of one kind: pictures [N, C, H, W] or [N, H, W, C] of 1, 3 or
 * 4 channels, or sounds [N, T], [N, C, T] or [N, T, C]. Of two, the first is judged, and the second
 * is what it should be, unless the first alone is called "reference". It makes one number or a few,
 * in one output or in several, of a batch of one: [N, K], [N], [N, 1, 1, 1] or a scalar.
 *
 * What the numbers are called, and which of two is the better one, is said by the metadata
 * `generative.scores`, or the key `scores` in section `generative` of the file beside the model:
 * "SIG=higher,BAK=higher,OVRL=higher", a name for each number in their order, with `higher` or
 * `lower` behind it where either is so. Else they have the names of their outputs, and of an output
 * of several their numbers behind that. A name is made of ASCII letters, digits, dots, dashes and
 * underscores; what else there is in one that nobody said becomes a dash.
 *
 * How bytes become numbers, and at which rate sound is heard, is read from the file as for every
 * model (model.h). Pictures of another size than the model's are stretched to it, smaller ones by a
 * cubic, larger ones by area; where it takes any size they stay as they are. Sound has to have the
 * model's rate; several channels become one by their mean, and one becomes several by being
 * repeated; a window that is shorter than the model's length is heard again until it is full.
 *
 * Since: 0.2
 */

/* At most so many figures of a file. */
#define GEN_SCORER_MAX_FIGURES GEN_METRIC_MAX_FIELDS

/* Open the file `path` for samples of `medium`, pictures or sounds. NULL with `error`
 * (GEN_GRAPH_ERROR, or the file's own) where it is no such model. (transfer full) */
GEN_API GenScorer *gen_scorer_open (const char *path, const GenMedium *medium, GError **error);
GEN_API void gen_scorer_free (GenScorer *scorer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenScorer, gen_scorer_free)

/* The same of each of `files`, paths with commas between them: an array that NULL ends, for
 * GenMeterSettings; of no file where `files` is NULL or "". NULL with `error`. (transfer full) */
GEN_API GPtrArray *gen_scorers_open (const char *files, const GenMedium *medium, GError **error);

/* The metric that it is, of frames or of pairs, whose state is the scorer. It lives as long. */
GEN_API const GenMetric *gen_scorer_metric (const GenScorer *scorer);
/* The figure of that name, or NULL. */
GEN_API const GenField *gen_scorer_find_field (const GenScorer *scorer, const char *name);
/* How many channels of a picture the model looks at; 0 for sound. */
GEN_API int gen_scorer_channels (const GenScorer *scorer);
/* The file, as it was opened. */
GEN_API const char *gen_scorer_file (const GenScorer *scorer);
/* What it had to assume of the model: a sentence, or NULL. (transfer full) */
GEN_API char *gen_scorer_describe_assumption (const GenScorer *scorer);

/* Fill `values`, one a figure, from a frame, or of a model of pairs from a frame and what it should
 * be (else `reference` is NULL), which have one format. GEN_MISSING for what is no finite number.
 * FALSE with `error` (GEN_METRIC_ERROR_FAILED) where the model does not take them. By one thread at
 * a time. */
GEN_API gboolean gen_scorer_score (GenScorer *scorer, const GenSample *frame,
    const GenSample *reference, double *values, GError **error);

G_END_DECLS
