/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The adapters of a trainer's nets: in the models that it exports, whose weights they are added to,
 * and in a file of their own. */
#include "trainer-private.h"

#include <string.h>

#include <generative/adapter-file.h>
#include <generative/safetensors.h>
#include <generative/version.h>

#include "../model/layer-units.h"
#include "step-adapter.h"

/* Ranks that have no share are left out: `down` and `up` are of the rank that is left, and have the
 * factors of ranks in them. */
typedef struct {
  GenAdaptedLayer layer; /* of the net as it was given */
  gint64 rank;
  float *down, *up, *magnitudes; /* the last: NULL, or of each unit */
} Difference;

static void
difference_clear (gpointer data)
{
  Difference *difference = data;

  g_free (difference->down);
  g_free (difference->up);
  g_free (difference->magnitudes);
}

static float *
read_numbers (GenTrainer *trainer, const GenWeight *weight, gboolean average)
{
  float *numbers = g_malloc (gen_plan_find (trainer->plan, weight->state)->size);

  gen_trainer_read_weight (trainer, weight, average, numbers);
  return numbers;
}

/* Where number `i` of rank `k` of group `g` is among those of a factor of `n` numbers a rank. */
static gsize
place_of (gboolean behind, gint64 rank, gint64 n, gint64 g, gint64 k, gint64 i)
{
  return (gsize)(behind ? (g * n + i) * rank + k : (g * rank + k) * n + i);
}

/* `from`, of `rank` ranks, becomes one of `left`, those that `stays` tells; each number is
 * multiplied by its rank's of `ranks`, where that is not NULL, as often as such counts. */
static float *
take_ranks (const GenAdaptedLayer *layer, const float *from, gint64 n, gboolean behind, gint64 rank,
    const gboolean *stays, gint64 left, const float *ranks)
{
  const double factor = gen_step_adapter_rank_factor (layer);
  float *to = g_new (float, layer->groups *left *n);

  for (gint64 g = 0; g < layer->groups; g++)
    for (gint64 k = 0, next = 0; k < rank; next += stays[k++])
      for (gint64 i = 0; stays[k] && i < n; i++)
        to[place_of (behind, left, n, g, next, i)] =
            (float)(from[place_of (behind, rank, n, g, k, i)] *
                    (ranks != NULL ? ranks[g * rank + k] * factor : 1));
  return to;
}

/* Leave out the ranks whose factors are 0 in each group, and put the others into `up`. */
static void
fold_ranks (Difference *difference, const float *ranks)
{
  const GenAdaptedLayer *layer = &difference->layer;
  const gint64 rank = difference->rank;
  const gboolean up_behind = layer->factors == GEN_FACTORS_OUT_IN;
  const gboolean down_behind = layer->factors == GEN_FACTORS_IN_OUT;
  g_autofree gboolean *stays = g_new0 (gboolean, rank);
  g_autofree float *down = difference->down, *up = difference->up;
  gint64 left = 0;

  for (gint64 k = 0; k < rank; k++) {
    for (gint64 g = 0; g < layer->groups; g++)
      stays[k] = stays[k] || ranks[g * rank + k] != 0;
    left += stays[k];
  }
  difference->down = take_ranks (
      layer, down, up_behind ? layer->columns : layer->rows, down_behind, rank, stays, left, NULL);
  difference->up = take_ranks (
      layer, up, up_behind ? layer->rows : layer->columns, up_behind, rank, stays, left, ranks);
  difference->rank = left;
}

/* All of a net. (transfer full) */
static GArray *
read_differences (GenTrainer *trainer, guint net, gboolean average)
{
  const GPtrArray *weights = trainer->training.weights[net];
  GArray *list = g_array_new (FALSE, FALSE, sizeof (Difference));

  g_array_set_clear_func (list, difference_clear);
  for (guint i = 0; i < weights->len; i++) {
    const GenWeight *weight = g_ptr_array_index (weights, i);
    Difference difference = { .rank = weight->rank };

    if (weight->adapted == NULL ||
        !gen_adapted_layer_find (trainer->nets[net], weight->adapted, &difference.layer))
      continue;
    difference.down = read_numbers (trainer, weight, average);
    difference.up = read_numbers (trainer, weights->pdata[i + 1], average);
    if (trainer->settings.adapter->has_ranks) {
      g_autofree float *ranks = read_numbers (trainer, weights->pdata[i + 2], average);

      fold_ranks (&difference, ranks);
    }
    if (trainer->settings.adapter->has_magnitudes)
      difference.magnitudes = read_numbers (trainer, weights->pdata[i + 2], average);
    g_array_append_val (list, difference);
  }
  return list;
}

gboolean
gen_trainer_is_adapted (const GenTrainer *trainer, guint net)
{
  const GPtrArray *weights = trainer->training.weights[net];

  for (guint i = 0; i < weights->len; i++)
    if (((const GenWeight *)g_ptr_array_index (weights, i))->adapted != NULL)
      return TRUE;
  return FALSE;
}

const GenGraph *
gen_trainer_net (const GenTrainer *trainer, guint net)
{
  return trainer->nets[net];
}

gint64
gen_trainer_n_trained (const GenTrainer *trainer, guint net)
{
  const GPtrArray *weights = trainer->training.weights[net];
  gint64 n = 0;

  for (guint i = 0; i < weights->len; i++) {
    const GenWeight *weight = g_ptr_array_index (weights, i);

    if (!weight->statistic)
      n += gen_shape_elements (&gen_plan_find (trainer->plan, weight->state)->shape);
  }
  return n;
}

void
gen_trainer_merge_adapters (GenTrainer *trainer, guint net, gboolean average, GenGraph *graph)
{
  g_autoptr (GArray) list = read_differences (trainer, net, average);

  for (guint i = 0; i < list->len; i++) {
    const Difference *difference = &g_array_index (list, Difference, i);
    GenTensor *to = gen_graph_find (graph, difference->layer.weight->name);
    const gsize size = gen_tensor_size (to);
    float *numbers = g_memdup2 (gen_tensor_constant (to), size);

    gen_adapted_layer_add (&difference->layer, difference->rank, difference->down, difference->up,
        gen_step_adapter_scaling (&trainer->settings), numbers);
    if (difference->magnitudes != NULL) {
      g_autofree double *factors = g_new (double, gen_layer_units_count (&difference->layer));

      gen_layer_units_factors (&difference->layer, numbers, difference->magnitudes, factors);
      gen_layer_units_multiply (&difference->layer, &to->shape, factors, numbers);
    }
    g_bytes_unref (to->data);
    to->data = g_bytes_new_take (numbers, size);
  }
}

/* --- a file --- */

typedef struct {
  GArray *tensors; /* GenSafetensor, whose names are owned */
  GString *targets;
} Contents;

static void
tensor_clear (gpointer data)
{
  GenSafetensor *tensor = data;

  g_free ((char *)tensor->name);
  g_bytes_unref (tensor->data);
}

static void
contents_clear (Contents *contents)
{
  g_array_unref (contents->tensors);
  g_string_free (contents->targets, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Contents, contents_clear)

static void
add_tensor (Contents *contents, const char *weight, const char *ending, const GenShape *shape,
    const float *numbers)
{
  const GenSafetensor tensor = { g_strconcat (weight, ending, NULL), GEN_TYPE_FLOAT32, *shape,
    g_bytes_new (numbers, (gsize)gen_shape_elements (shape) * sizeof *numbers) };

  g_array_append_val (contents->tensors, tensor);
}

static void
add_target (Contents *contents, const char *weight)
{
  g_string_append_printf (contents->targets, "%s%s", contents->targets->len > 0 ? "," : "", weight);
}

static void
add_differences (Contents *contents, GenTrainer *trainer, guint net, gboolean average)
{
  g_autoptr (GArray) list = read_differences (trainer, net, average);

  for (guint i = 0; i < list->len; i++) {
    const Difference *difference = &g_array_index (list, Difference, i);
    const char *weight = difference->layer.weight->name;
    GenShape down, up;

    /* All of its ranks went elsewhere. */
    if (difference->rank == 0)
      continue;
    gen_adapted_layer_shapes (&difference->layer, difference->rank, &down, &up);
    add_tensor (contents, weight, ".lora_A", &down, difference->down);
    add_tensor (contents, weight, ".lora_B", &up, difference->up);
    if (difference->magnitudes != NULL)
      add_tensor (contents, weight, ".lora_magnitude_vector",
          &GEN_SHAPE (gen_layer_units_count (&difference->layer)), difference->magnitudes);
    add_target (contents, weight);
  }
}

/* Weights that were trained as they are. They count as often as differences, so that what is in the
 * file is as much less. */
static void
add_trained (Contents *contents, GenTrainer *trainer, guint net, gboolean average)
{
  const GPtrArray *weights = trainer->training.weights[net];
  const double scaling = gen_step_adapter_scaling (&trainer->settings);

  for (guint i = 0; i < weights->len; i++) {
    const GenWeight *weight = g_ptr_array_index (weights, i);
    g_autofree float *numbers = NULL;
    const float *base;
    gsize n;

    if (weight->constant == NULL)
      continue;
    n = (gsize)gen_shape_elements (&weight->constant->shape);
    numbers = read_numbers (trainer, weight, average);
    base = gen_tensor_constant (weight->constant);
    for (gsize k = 0; k < n; k++)
      numbers[k] = (float)(((double)numbers[k] - base[k]) / scaling);
    add_tensor (contents, weight->constant->name, ".difference", &weight->constant->shape, numbers);
    add_target (contents, weight->constant->name);
  }
}

static void
note (GHashTable *metadata, const char *key, char *value)
{
  g_hash_table_insert (metadata, g_strdup (key), value);
}

static void
note_number (GHashTable *metadata, const char *key, double value)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  note (metadata, key, g_strdup (g_ascii_dtostr (number, sizeof number, value)));
}

const char *
gen_trainer_base_hash (GenTrainer *trainer, guint net)
{
  if (trainer->base_hashes[net] == NULL)
    trainer->base_hashes[net] = gen_adapter_hash (trainer->nets[net]);
  return trainer->base_hashes[net];
}

static GHashTable *
describe (GenTrainer *trainer, guint net, const Contents *contents)
{
  const char *base = trainer->bases[net];
  const GenTrainerSettings *settings = &trainer->settings;
  const double scaling = gen_step_adapter_scaling (settings);
  GHashTable *metadata = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  note (metadata, "format", g_strdup ("generative-adapter"));
  note (metadata, "kind", g_strdup (settings->adapter->name));
  note_number (metadata, "rank", settings->adapter_settings.rank);
  note_number (metadata, "alpha", scaling * settings->adapter_settings.rank);
  note_number (metadata, "scaling", scaling);
  note (metadata, "targets", g_strdup (contents->targets->str));
  note (metadata, "net", g_strdup (settings->recipe->nets[net].role->name));
  if (base != NULL)
    note (metadata, "base", g_strdup (base));
  note (metadata, "base-sha256", g_strdup (gen_trainer_base_hash (trainer, net)));
  note (metadata, "step", g_strdup_printf ("%" G_GUINT64_FORMAT, gen_trainer_steps (trainer)));
  note (metadata, "version", g_strdup (GEN_VERSION));
  return metadata;
}

void
gen_trainer_name_base (GenTrainer *trainer, guint net, const char *base)
{
  g_free (trainer->bases[net]);
  trainer->bases[net] = g_strdup (base);
}

gboolean
gen_trainer_save_adapter (
    GenTrainer *trainer, guint net, gboolean average, const char *path, GError **error)
{
  g_auto (Contents)
      contents = { g_array_new (FALSE, FALSE, sizeof (GenSafetensor)), g_string_new (NULL) };
  g_autoptr (GHashTable) metadata = NULL;

  g_array_set_clear_func (contents.tensors, tensor_clear);
  if (!gen_trainer_fetch_states (trainer, error))
    return FALSE;
  add_differences (&contents, trainer, net, average);
  add_trained (&contents, trainer, net, average);
  metadata = describe (trainer, net, &contents);
  return gen_safetensors_save (path, (const GenSafetensor *)(const void *)contents.tensors->data,
      contents.tensors->len, metadata, error);
}
