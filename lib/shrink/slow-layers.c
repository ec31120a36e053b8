/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which layers are to stay as they are because bytes are no faster there. Each is compared
 * quantised alone; then those that gain most, more and more of them, since neighbours share what
 * makes bytes of numbers and numbers of bytes between them. */
#include <generative/quantize.h>

/* A model is faster where it takes less than this share of the time: the rest is chance. */
#define FASTER 0.97
/* So many choices are tried at most. */
#define MOST_CHOICES 16

typedef struct {
  const char *name;
  double share; /* of the time that the model takes as it was, with this one quantised alone */
} Gain;

typedef struct {
  GenShareFunc find_share;
  gpointer data;
} Comparison;

/* All names but number `one`. (transfer container) */
static const char **
find_others (const GPtrArray *names, guint one)
{
  GPtrArray *others = g_ptr_array_new ();

  for (guint i = 0; i < names->len; i++)
    if (i != one)
      g_ptr_array_add (others, g_ptr_array_index (names, i));
  g_ptr_array_add (others, NULL);
  return (const char **)g_ptr_array_free (others, FALSE);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const Gain *x = a, *y = b;

  return x->share < y->share ? -1 : x->share > y->share;
}

/* Of each layer, those that gain most first. */
static GArray *
find_gains (const Comparison *comparison, const GPtrArray *names, GError **error)
{
  g_autoptr (GArray) gains = g_array_new (FALSE, FALSE, sizeof (Gain));

  for (guint i = 0; i < names->len; i++) {
    g_autofree const char **others = find_others (names, i);
    Gain gain = { .name = g_ptr_array_index (names, i) };

    if (!comparison->find_share (others, &gain.share, comparison->data, error))
      return NULL;
    g_array_append_val (gains, gain);
  }
  g_array_sort (gains, compare);
  return g_steal_pointer (&gains);
}

/* Names of all but the first `n`, ended by NULL. (transfer container) */
static const char **
find_left (const GArray *gains, guint n)
{
  const char **left = g_new0 (const char *, gains->len - n + 1);

  for (guint i = n; i < gains->len; i++)
    left[i - n] = g_array_index (gains, Gain, i).name;
  return left;
}

/* How many of the first ones make the fastest model. `share` is that of all on entry, and the best
 * one's in the end. */
static gboolean
find_fastest (
    const Comparison *comparison, const GArray *gains, guint *n, double *share, GError **error)
{
  const guint step = (gains->len + MOST_CHOICES - 1) / MOST_CHOICES;

  *n = gains->len;
  for (guint k = step; k < gains->len; k += step) {
    g_autofree const char **left = find_left (gains, k);
    double own;

    if (!comparison->find_share (left, &own, comparison->data, error))
      return FALSE;
    if (own >= *share)
      continue;
    *share = own;
    *n = k;
  }
  return TRUE;
}

GStrv
gen_quantize_find_slow (
    const GPtrArray *names, GenShareFunc find_share, gpointer data, GError **error)
{
  const Comparison comparison = { find_share, data };
  const char *const none[] = { NULL };
  g_autofree const char **left = NULL;
  g_autoptr (GArray) gains = NULL;
  double all, share;
  guint n;

  if (!find_share (none, &all, data, error))
    return NULL;
  if (all < FASTER)
    return g_new0 (char *, 1);
  share = all;
  gains = find_gains (&comparison, names, error);
  if (gains == NULL || !find_fastest (&comparison, gains, &n, &share, error))
    return NULL;
  if (share >= FASTER) {
    g_set_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_MODEL,
        "no choice of layers is faster in bytes here (all of them: %.2f times as fast as it was): "
        "int8-weights is as small and as fast as it was, --even-slower makes bytes of them all the "
        "same",
        1 / all);
    return NULL;
  }
  left = find_left (gains, n);
  return g_strdupv ((GStrv)left);
}
