/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A text is cut into windows, each of which is filled up to one of a few lengths, so that a few
 * plans do for texts of all lengths. */
#include <math.h>
#include <string.h>

#include "language-model-private.h"

#define SHORTEST 16

static void
set_number (GenDataType type, void *data, gint64 i, gint64 number)
{
  if (type == GEN_TYPE_INT64)
    ((gint64 *)data)[i] = number;
  else
    ((gint32 *)data)[i] = (gint32)number;
}

/* The window's length is `length`, of which `n` tokens are there. */
static void
fill_input (
    GenLanguageModel *model, guint i, const gint64 *ids, gint64 n, gint64 length, GenBinding *input)
{
  const GenLanguageRole role = model->roles[i];

  input->data = model->data[i];
  for (int d = 0; d < input->shape.rank; d++)
    if (input->shape.dims[d] < 0)
      input->shape.dims[d] = d == 0 ? 1 : 0;
  if (role == GEN_LANGUAGE_PAST) {
    memset (input->data, 0, sizeof (gint64));
    return;
  }
  input->shape = GEN_SHAPE (1, length);
  for (gint64 k = 0; k < length; k++)
    set_number (input->type, input->data, k,
        role == GEN_LANGUAGE_PLACES ? k
        : k >= n                    ? 0
        : role == GEN_LANGUAGE_IDS  ? ids[k]
        : role == GEN_LANGUAGE_MASK ? 1
                                    : 0);
}

static gint64
choose_length (const GenLanguageModel *model, gint64 n)
{
  gint64 length = SHORTEST;

  while (length < n)
    length *= 2;
  return model->fixed ? model->window : MIN (length, model->window);
}

static gboolean
check_scores (GenLanguageModel *model, const GenBinding *scores, gint64 length, GError **error)
{
  g_autofree char *text = gen_shape_to_string (&scores->shape);
  const gint64 size = gen_vocabulary_size (model->vocabulary);

  if (scores->type != GEN_TYPE_FLOAT32 || scores->shape.rank != 3 || scores->shape.dims[0] != 1 ||
      scores->shape.dims[1] != length)
    return gen_language_model_fail (model, error,
        "of %" G_GINT64_FORMAT " tokens it makes %s of %s, and scores [1, T, V] of float32 are "
        "wanted",
        length, text, gen_data_type_name (scores->type));
  if (scores->shape.dims[2] < size)
    return gen_language_model_fail (model, error,
        "it scores %" G_GINT64_FORMAT " tokens, and its tokenizer has %" G_GINT64_FORMAT,
        scores->shape.dims[2], size);
  model->scores = scores->shape.dims[2];
  return TRUE;
}

/* Scores of each place of a window of `n` tokens; NULL with `error`. */
static const float *
run (GenLanguageModel *model, const gint64 *ids, gint64 n, GError **error)
{
  const guint n_inputs = gen_session_n_inputs (model->session);
  const gint64 length = choose_length (model, n);
  g_autofree GenBinding *inputs = g_new0 (GenBinding, n_inputs);
  const GenBinding *scores;

  for (guint i = 0; i < n_inputs; i++) {
    inputs[i] = gen_session_input (model->session, i);
    fill_input (model, i, ids, n, length, &inputs[i]);
  }
  if (!gen_session_run (model->session, inputs, error)) {
    g_prefix_error (error, "language model %s: ", model->path);
    return NULL;
  }
  scores = gen_session_output (model->session, model->output);
  return check_scores (model, scores, length, error) ? scores->data : NULL;
}

/* -log of the probability that softmax gives to `id`. */
static double
find_nats (const float *scores, gint64 n, gint64 id)
{
  double most = -INFINITY, sum = 0;

  for (gint64 i = 0; i < n; i++)
    most = MAX (most, (double)scores[i]);
  for (gint64 i = 0; i < n; i++)
    sum += exp (scores[i] - most);
  return log (sum) + most - scores[id];
}

/* Of the tokens [first, first + n) those from `from` on. */
static gboolean
judge_window (GenLanguageModel *model, const gint64 *ids, gint64 first, gint64 n, gint64 from,
    GenLikelihood *likelihood, GError **error)
{
  const float *scores = run (model, ids + first, n, error);

  if (scores == NULL)
    return FALSE;
  for (gint64 i = MAX (from, 1); i < first + n; i++) {
    const double nats =
        i == first ? 0
                   : find_nats (scores + (i - first - 1) * model->scores, model->scores, ids[i]);

    if (!isfinite (nats))
      return gen_language_model_fail (model, error, "it makes scores that are no finite numbers");
    likelihood->nats += nats;
    likelihood->tokens++;
  }
  return TRUE;
}

gboolean
gen_language_model_judge (
    GenLanguageModel *model, const GenText *text, GenLikelihood *likelihood, GError **error)
{
  const gsize length = gen_text_count_bytes (text);
  g_autoptr (GArray) ids =
      gen_vocabulary_encode (model->vocabulary, length > 0 ? text->data : "", length, error);
  const gint64 step = model->window / 2;

  *likelihood = (GenLikelihood){ 0 };
  if (ids == NULL)
    return FALSE;
  likelihood->characters = length > 0 ? (guint64)g_utf8_strlen (text->data, (gssize)length) : 0;
  if (model->beginning >= 0)
    g_array_prepend_val (ids, model->beginning);
  for (gint64 first = 0, judged = 1; judged < ids->len; first += step) {
    const gint64 n = MIN ((gint64)ids->len - first, model->window);

    if (!judge_window (
            model, (const gint64 *)(void *)ids->data, first, n, judged, likelihood, error))
      return FALSE;
    judged = first + n;
  }
  return TRUE;
}
