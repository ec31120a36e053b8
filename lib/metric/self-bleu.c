/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Self-BLEU: how much of a text stands in others of the same generator: BLEU of each of a bounded
 * reservoir of texts against all others of it, in the mean (Zhu et al., "Texygen", SIGIR 2018).
 * BLEU is that of Papineni et al. (2002), of rows of up to four words, with the length of the text
 * that is nearest in length, and 0.1 in the place of no match at all (method 1 of Chen and Cherry,
 * "A systematic comparison of smoothing techniques for sentence-level BLEU", 2014), which is what
 * NLTK's sentence_bleu computes. Bad at: it rises with the number of texts that are kept, and sees
 * no meaning. */
#include "words.h"

#include <generative/random.h>
#include <math.h>
#include <stdlib.h>

#define KEPT 256
/* Words of a text that are looked at. */
#define LONGEST 1024
#define NO_MATCH 0.1

typedef struct {
  guint n;
  guint64 *rows[GEN_WORDS_IN_ROW]; /* of i + 1 words, n - i of them */
} Text;

typedef struct {
  GenRandom random;
  guint64 seen;
  guint n, most;
  gsize bytes; /* of the rows */
  Text texts[KEPT];
} SelfBleu;

static void
clear_text (Text *text)
{
  for (guint i = 0; i < GEN_WORDS_IN_ROW; i++)
    g_free (text->rows[i]);
  *text = (Text){ 0 };
}

static gpointer
self_bleu_open (const GenMetricSettings *settings)
{
  SelfBleu *bleu = g_new0 (SelfBleu, 1);

  bleu->most = KEPT;
  bleu->random = gen_random_new (settings->seed, "self-bleu", 0);
  return bleu;
}

static void
self_bleu_close (gpointer metric)
{
  SelfBleu *bleu = metric;

  for (guint i = 0; i < bleu->n; i++)
    clear_text (&bleu->texts[i]);
  g_free (bleu);
}

/* Reservoir sampling (Vitter 1985, algorithm R): where the next text goes, or NULL. */
static Text *
find_place (SelfBleu *bleu)
{
  guint64 place = bleu->seen++;

  if (place >= bleu->most)
    place = gen_random_below (&bleu->random, 0, place, (guint32)MIN (place + 1, G_MAXUINT32));
  if (place >= bleu->most)
    return NULL;
  bleu->n = MAX (bleu->n, (guint)place + 1);
  return &bleu->texts[place];
}

static gsize
text_bytes (const Text *text)
{
  gsize rows = 0;

  for (guint i = 0; i < GEN_WORDS_IN_ROW && i < text->n; i++)
    rows += text->n - i;
  return rows * sizeof (guint64);
}

static void
read_text (Text *text, GenWords *words)
{
  GArray *rows[GEN_WORDS_IN_ROW];

  for (guint i = 0; i < GEN_WORDS_IN_ROW; i++)
    rows[i] = g_array_new (FALSE, FALSE, sizeof (guint64));
  do {
    for (guint i = 0; i < MIN (words->read, GEN_WORDS_IN_ROW); i++)
      g_array_append_val (rows[i], words->rows[i]);
  } while (words->read < LONGEST && gen_words_next (words));
  clear_text (text);
  text->n = (guint)words->read;
  for (guint i = 0; i < GEN_WORDS_IN_ROW; i++)
    text->rows[i] = (guint64 *)(void *)g_array_free (rows[i], FALSE);
}

static void
self_bleu_take (gpointer metric, const GenMetricSample *sample)
{
  GenWords words;
  SelfBleu *bleu = metric;
  Text *text;

  gen_words_init (&words, &sample->sample->text);
  if (!gen_words_next (&words))
    return;
  text = find_place (bleu);
  if (text == NULL)
    return;
  bleu->bytes -= text_bytes (text);
  read_text (text, &words);
  bleu->bytes += text_bytes (text);
}

static gsize
self_bleu_kept (gpointer metric)
{
  return ((const SelfBleu *)metric)->bytes;
}

/* Some of some, each chosen with the same chance, are what algorithm R would have kept. Its own
 * draws are those of number 0. */
static void
self_bleu_thin (gpointer metric)
{
  SelfBleu *bleu = metric;
  const guint had = bleu->n;

  bleu->most = MAX (bleu->most / 2, 2);
  for (guint i = 0; had > bleu->most && i < bleu->most; i++) {
    const guint from = i + gen_random_below (&bleu->random, had, i, had - i);
    const Text text = bleu->texts[i];

    bleu->texts[i] = bleu->texts[from];
    bleu->texts[from] = text;
  }
  for (guint i = bleu->most; i < had; i++) {
    bleu->bytes -= text_bytes (&bleu->texts[i]);
    clear_text (&bleu->texts[i]);
  }
  bleu->n = MIN (had, bleu->most);
}

/* --- figures --- */

/* That a row comes in a text, and how often. */
typedef struct {
  guint64 row;
  guint text, count;
} Entry;

static int
compare_rows (gconstpointer a, gconstpointer b)
{
  const guint64 *x = a, *y = b;

  return (*x > *y) - (*x < *y);
}

/* By rows, and the text that has it most often first. */
static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const Entry *x = a, *y = b;

  if (x->row != y->row)
    return x->row < y->row ? -1 : 1;
  return (x->count < y->count) - (x->count > y->count);
}

static void
add_entries (GArray *entries, const guint64 *rows, guint n, guint text)
{
  g_autofree guint64 *sorted = g_memdup2 (rows, n * sizeof *rows);

  qsort (sorted, n, sizeof *sorted, compare_rows);
  for (guint i = 0, k; i < n; i = k) {
    Entry entry = { sorted[i], text, 0 };

    for (k = i; k < n && sorted[k] == sorted[i]; k++)
      entry.count++;
    g_array_append_val (entries, entry);
  }
}

/* How many rows of `length` words of each text are matched by others: each as often as that of the
 * others that has it most often does. */
static void
find_matches (const SelfBleu *bleu, guint length, guint *matches)
{
  g_autoptr (GArray) entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  const Entry *all;

  for (guint t = 0; t < bleu->n; t++) {
    const Text *text = &bleu->texts[t];

    matches[t] = 0;
    if (text->n >= length)
      add_entries (entries, text->rows[length - 1], text->n - length + 1, t);
  }
  g_array_sort (entries, compare_entries);
  all = (const Entry *)(void *)entries->data;
  for (guint first = 0, i = 0; i < entries->len; i++) {
    guint other = 0;

    if (all[i].row != all[first].row)
      first = i;
    if (i != first)
      other = all[first].count;
    else if (i + 1 < entries->len && all[i + 1].row == all[i].row)
      other = all[i + 1].count;
    matches[all[i].text] += MIN (all[i].count, other);
  }
}

/* Of the other texts' lengths that which is nearest to that of `text`, of two the lesser. */
static guint
find_length (const SelfBleu *bleu, guint text)
{
  const gint64 own = bleu->texts[text].n;
  gint64 nearest = G_MAXINT32;

  for (guint t = 0; t < bleu->n; t++) {
    const gint64 n = bleu->texts[t].n, farther = ABS (n - own) - ABS (nearest - own);

    if (t != text && (farther < 0 || (farther == 0 && n < nearest)))
      nearest = n;
  }
  return (guint)nearest;
}

static double
find_bleu (const SelfBleu *bleu, guint text, guint matches[GEN_WORDS_IN_ROW][KEPT])
{
  const guint own = bleu->texts[text].n, nearest = find_length (bleu, text);
  double sum = own > nearest ? 0 : 1 - (double)nearest / own;

  if (matches[0][text] == 0)
    return 0;
  for (guint i = 0; i < GEN_WORDS_IN_ROW; i++) {
    const double there = own > i ? own - i : 1;

    sum += log ((matches[i][text] > 0 ? matches[i][text] : NO_MATCH) / there) / GEN_WORDS_IN_ROW;
  }
  return exp (sum);
}

static gboolean
self_bleu_figure (gpointer metric, double *values, GError **error)
{
  const SelfBleu *bleu = metric;
  guint matches[GEN_WORDS_IN_ROW][KEPT];
  double sum = 0;

  values[0] = GEN_MISSING;
  values[1] = (double)bleu->seen;
  if (bleu->n < 2)
    return TRUE;
  for (guint i = 0; i < GEN_WORDS_IN_ROW; i++)
    find_matches (bleu, i + 1, matches[i]);
  for (guint t = 0; t < bleu->n; t++)
    sum += find_bleu (bleu, t, matches);
  values[0] = sum / bleu->n;
  return TRUE;
}

const GenMetric gen_metric_self_bleu = {
  .name = "self-bleu",
  .known_as = (const char *const[]){ "self-bleu-4", "bleu", NULL },
  .medium = &gen_medium_text,
  .summary = "Mean BLEU of each of 256 texts that are kept by chance against the others: how much "
             "texts are like each other (Zhu et al. 2018)",
  .unit = "0 to 1",
  .fields = { { "self-bleu", GEN_FIELD_NUMBER, NULL, "it compares two texts with words at least" },
      { "self-bleu-samples", GEN_FIELD_COUNT, NULL } },
  .n_fields = 2,
  .open = self_bleu_open,
  .close = self_bleu_close,
  .take = self_bleu_take,
  .figure = self_bleu_figure,
  .kept = self_bleu_kept,
  .thin = self_bleu_thin,
};
