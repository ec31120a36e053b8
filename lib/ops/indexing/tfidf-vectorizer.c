/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TfIdfVectorizer: how often each of the n-grams in a pool occurs in a row of integers, as it is,
 * as a weight where it occurs at all, or times the weight. The integers of an n-gram may have
 * others between them, as many between each two. */
#include <string.h>

#include <generative/operator.h>

#define MAX_GRAM 64

/* An n-gram of the pool, or the one that is looked for: the key of a hash table. */
typedef struct {
  const gint64 *values;
  int n;
  gint64 place; /* in the output */
  float weight;
} Gram;

typedef enum { MODE_TF, MODE_IDF, MODE_TFIDF } Mode;

typedef struct {
  gint64 *pool;
  Gram *grams;
  GHashTable *table; /* of the grams: those of the pool that are the same are one */
  Mode mode;
  int least, most, skips;
  gint64 width;
} Vectorizer;

static guint
hash_gram (gconstpointer data)
{
  const Gram *gram = data;
  guint64 hash = 14695981039346656037u;

  for (int i = 0; i < gram->n; i++)
    hash = (hash ^ (guint64)gram->values[i]) * 1099511628211u;
  return (guint)(hash ^ hash >> 32);
}

static gboolean
equal_grams (gconstpointer a, gconstpointer b)
{
  const Gram *x = a, *y = b;

  return x->n == y->n && memcmp (x->values, y->values, (gsize)x->n * sizeof (gint64)) == 0;
}

static void
vectorizer_free (gpointer data)
{
  Vectorizer *v = data;

  g_clear_pointer (&v->table, g_hash_table_unref);
  g_free (v->grams);
  g_free (v->pool);
  g_free (v);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Vectorizer, vectorizer_free)

static gboolean
read_settings (const GenNode *node, Vectorizer *v, GError **error)
{
  const char *mode = gen_node_string (node, "mode", "");
  gint64 least = gen_node_int (node, "min_gram_length", 0);
  gint64 most = gen_node_int (node, "max_gram_length", 0);
  gint64 skips = gen_node_int (node, "max_skip_count", 0);

  if (g_str_equal (mode, "TF"))
    v->mode = MODE_TF;
  else if (g_str_equal (mode, "IDF"))
    v->mode = MODE_IDF;
  else if (g_str_equal (mode, "TFIDF"))
    v->mode = MODE_TFIDF;
  else
    return gen_node_error (node, error, "mode '%s' is not one of TF, IDF and TFIDF", mode);
  if (least < 1 || most < least || most > MAX_GRAM || skips < 0 || skips > G_MAXINT16)
    return gen_node_error (node, error,
        "n-grams of %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " with up to %" G_GINT64_FORMAT
        " between are not possible; at most %d are counted",
        least, most, skips, MAX_GRAM);
  v->least = (int)least;
  v->most = (int)most;
  v->skips = (int)skips;
  return TRUE;
}

/* The pool: all of one number first, then all of two, from where `ngram_counts` says. */
static gboolean
read_pool (const GenNode *node, Vectorizer *v, GError **error)
{
  int n_pool, n_counts, n_places, n_weights, k = 0;
  const gint64 *pool = gen_node_ints (node, "pool_int64s", &n_pool);
  const gint64 *counts = gen_node_ints (node, "ngram_counts", &n_counts);
  const gint64 *places = gen_node_ints (node, "ngram_indexes", &n_places);
  const float *weights = gen_node_floats (node, "weights", &n_weights);

  if (pool == NULL || places == NULL || n_places == 0)
    return gen_node_error (node, error, "it needs pool_int64s and ngram_indexes");
  if (weights != NULL && n_weights != n_places)
    return gen_node_error (node, error, "it has %d weights for %d n-grams", n_weights, n_places);
  v->pool = g_memdup2 (pool, (gsize)n_pool * sizeof *pool);
  v->grams = g_new0 (Gram, n_places);
  v->table = g_hash_table_new (hash_gram, equal_grams);
  for (int n = 1; n <= n_counts; n++) {
    gint64 first = counts[n - 1], end = n < n_counts ? counts[n] : n_pool;

    if (first < 0 || end < first || end > n_pool || (end - first) % n != 0)
      return gen_node_error (node, error, "ngram_counts do not fit its pool of %d", n_pool);
    for (; first < end; first += n, k++) {
      if (k == n_places || places[k] < 0 || places[k] >= G_MAXINT32)
        return gen_node_error (node, error, "ngram_indexes do not fit its pool");
      v->grams[k] = (Gram){ v->pool + first, n, places[k], weights != NULL ? weights[k] : 1 };
      v->width = MAX (v->width, places[k] + 1);
      g_hash_table_add (v->table, &v->grams[k]);
    }
  }
  return k == n_places || gen_node_error (node, error, "%d n-grams, %d indices", k, n_places);
}

static Vectorizer *
read_vectorizer (const GenNode *node, GError **error)
{
  g_autoptr (Vectorizer) v = g_new0 (Vectorizer, 1);

  if (!read_settings (node, v, error) || !read_pool (node, v, error))
    return NULL;
  return g_steal_pointer (&v);
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  g_autoptr (Vectorizer) v = NULL;
  GenShape shape = x->shape;

  if (x->type != GEN_TYPE_INT32 && x->type != GEN_TYPE_INT64)
    return gen_node_error (
        node, error, "its input is %s, and it takes int32 and int64", gen_data_type_name (x->type));
  if (shape.rank < 1 || shape.rank > 2)
    return gen_node_error (node, error, "its input has %d dimensions, not 1 or 2", shape.rank);
  v = read_vectorizer (node, error);
  if (v == NULL)
    return FALSE;
  shape.dims[shape.rank - 1] = v->width;
  gen_node_set_output (node, 0, GEN_TYPE_FLOAT32, &shape);
  return TRUE;
}

static gint64
element (GenDataType type, const void *data, gint64 i)
{
  return type == GEN_TYPE_INT64 ? ((const gint64 *)data)[i] : ((const gint32 *)data)[i];
}

/* All windows of a row that begin at each place, `step` apart within. */
static void
count_row (
    const Vectorizer *v, GenDataType type, const void *data, gint64 length, int step, float *counts)
{
  gint64 window[MAX_GRAM];

  /* Of one number there is nothing between. */
  for (int n = step > 1 ? MAX (v->least, 2) : v->least; n <= v->most; n++)
    for (gint64 first = 0; first + (gint64)(n - 1) * step < length; first++) {
      Gram wanted = { window, n, 0, 0 };
      const Gram *found;

      for (int i = 0; i < n; i++)
        window[i] = element (type, data, first + (gint64)i * step);
      found = g_hash_table_lookup (v->table, &wanted);
      if (found == NULL)
        continue;
      if (v->mode == MODE_IDF)
        counts[found->place] = found->weight;
      else
        counts[found->place] += v->mode == MODE_TF ? 1 : found->weight;
    }
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Vectorizer *v = kernel->state;
  const GenTensor *x = gen_node_input (kernel->node, 0);
  gint64 length = x->shape.dims[x->shape.rank - 1];
  gsize unit = gen_data_type_size (x->type), rows = x->shape.rank == 2 ? x->shape.dims[0] : 1;
  gsize first, end;

  gen_kernel_share (rows, 1, part, parts, &first, &end);
  for (gsize row = first; row < end; row++) {
    const char *data = (const char *)kernel->inputs[0] + row * (gsize)length * unit;
    float *counts = (float *)kernel->outputs[0] + row * (gsize)v->width;

    memset (counts, 0, (gsize)v->width * sizeof *counts);
    for (int step = 1; step <= v->skips + 1 && step <= MAX (length, 1); step++)
      count_row (v, x->type, data, length, step, counts);
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenShape *shape = &gen_node_input (kernel->node, 0)->shape;
  Vectorizer *v = read_vectorizer (kernel->node, error);
  double cost;

  if (v == NULL)
    return FALSE;
  kernel->state = v;
  kernel->free_state = vectorizer_free;
  cost = 20.0 * (v->skips + 1) * (v->most - v->least + 1) * shape->dims[shape->rank - 1];
  gen_kernel_add_step (
      kernel, run, gen_kernel_parts (kernel, shape->rank == 2 ? shape->dims[0] : 1, cost));
  return TRUE;
}

const GenOperator gen_operator_tfidf_vectorizer = {
  .name = "TfIdfVectorizer",
  .summary = "How often n-grams of integers occur",
  .since = 9,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient_is_zero = TRUE,
};
