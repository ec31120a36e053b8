/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/medium.h>
#include <generative/report.h>

G_BEGIN_DECLS

/**
 * GenExamples: the samples of a stream that a report shows: of each figure of frames those with
 * the highest and the lowest, and some spread evenly over all. They are kept small in memory, and
 * told at the end, so that a stream waits for no encoder. Of a picture at most
 * GEN_EXAMPLES_EXTENT pixels each way are kept, of a sound the last GEN_EXAMPLES_SECONDS up to
 * the end of the window that was measured, in 16 bits, of a text the first GEN_EXAMPLES_CHARACTERS,
 * and nothing of one that is no UTF-8.
 *
 * Since: 0.2
 */
#define GEN_EXAMPLES_EXTENT 256
#define GEN_EXAMPLES_SECONDS 2
#define GEN_EXAMPLES_CHARACTERS 500
/* Of those that are spread evenly, as many as this at most. */
#define GEN_EXAMPLES_SPREAD 12

typedef struct _GenExamples GenExamples;

/* Keep `count` of each end of the figures among `fields` that metrics measure of frames. */
GEN_API GenExamples *gen_examples_new (const GenField *fields, guint n_fields, guint count);
GEN_API void gen_examples_free (GenExamples *examples);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenExamples, gen_examples_free)

/* A piece of a sound has come, each once and in order, those of a window before it is taken. */
GEN_API void gen_examples_follow (GenExamples *examples, const GenSound *piece);
/* What comes next does not follow what came before. */
GEN_API void gen_examples_interrupt (GenExamples *examples);

/* Whether the next frame is kept where it has these values, one a field: where it is not, a sample
 * need not be made for it. */
GEN_API gboolean gen_examples_want (const GenExamples *examples, const double *values);
/* A frame was measured: `values`, one a field, NaN and GEN_MISSING for those it does not have. */
GEN_API void gen_examples_take (GenExamples *examples, guint64 frame, guint64 pts,
    const GenSample *sample, const double *values);
/* A frame was measured that gen_examples_want says is not kept. */
GEN_API void gen_examples_pass (GenExamples *examples);

/* Tell all that are kept, in the order of their frames, and keep none: {"frame":…,"pts":…,
 * "of":{"sharpness":"highest",…},"spread":true,"media-type":"image/png","data":"base64"}, and of
 * "text/plain" also "cut", whether there is more of it. FALSE
 * with `error` when one cannot be encoded, or `tell` says so. */
typedef gboolean (*GenExampleFunc) (JsonObject *example, gpointer data, GError **error);
GEN_API gboolean gen_examples_tell (
    GenExamples *examples, GenExampleFunc tell, gpointer data, GError **error);

G_END_DECLS
