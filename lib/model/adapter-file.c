/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/adapter-file.h>

#include <math.h>
#include <string.h>

#include <generative/safetensors.h>

#include "../graph/graph-private.h"
#include "adapted-layers.h"
#include "adapter-private.h"
#include "layer-units.h"

#define FORMAT "generative-adapter"
#define DOWN ".lora_A"
#define UP ".lora_B"
#define MAGNITUDES ".lora_magnitude_vector"
#define DIFFERENCE ".difference"
/* Digits of a SHA-256. */
#define HASH_LENGTH 64

G_DEFINE_QUARK (gen - adapter - error - quark, gen_adapter_error)

/* A weight, and where its numbers are: `up` is NULL of a difference. */
typedef struct {
  char *weight;
  const GenSafetensor *down, *up;
  const GenSafetensor *magnitudes; /* NULL, or of each unit */
} Entry;

struct _GenAdapterFile {
  char *path;
  GenSafetensors *tensors;
  GArray *entries; /* Entry */
  double scaling;
  int ref_count;
};

static gboolean fail (const GenAdapterFile *file, GenAdapterError code, GError **error,
    const char *format, ...) G_GNUC_PRINTF (4, 5);

/* Of the file. */
static gboolean
fail (const GenAdapterFile *file, GenAdapterError code, GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, GEN_ADAPTER_ERROR, code, "%s: %s", file->path, text);
  return FALSE;
}

/* --- what is in a file --- */

static void
entry_clear (gpointer data)
{
  g_free (((Entry *)data)->weight);
}

static gboolean
check_numbers (const GenAdapterFile *file, const GenSafetensor *tensor, GError **error)
{
  const gint64 n = gen_shape_elements (&tensor->shape);
  const float *numbers;

  if (tensor->type != GEN_TYPE_FLOAT32)
    return fail (file, GEN_ADAPTER_ERROR_FILE, error, "'%s' is %s; adapters are float32",
        tensor->name, gen_data_type_name (tensor->type));
  numbers = g_bytes_get_data (tensor->data, NULL);
  for (gint64 i = 0; i < n; i++)
    if (!isfinite (numbers[i]))
      return fail (file, GEN_ADAPTER_ERROR_FILE, error,
          "number %" G_GINT64_FORMAT " of '%s' is not finite; the file is damaged, or of a "
          "training that diverged",
          i, tensor->name);
  return TRUE;
}

/* The name of the weight that `tensor` is of, as one that ends so; NULL where it does not. */
static char *
weight_of (const GenSafetensor *tensor, const char *ending)
{
  const gsize length = strlen (tensor->name), n = strlen (ending);

  return length > n && g_str_has_suffix (tensor->name, ending)
             ? g_strndup (tensor->name, length - n)
             : NULL;
}

static const GenSafetensor *
find (const GenAdapterFile *file, const char *weight, const char *ending)
{
  g_autofree char *name = g_strconcat (weight, ending, NULL);

  return gen_safetensors_find (file->tensors, name);
}

static gboolean
read_tensor (GenAdapterFile *file, const GenSafetensor *tensor, GError **error)
{
  g_autofree char *up_of = weight_of (tensor, UP);
  g_autofree char *units_of = weight_of (tensor, MAGNITUDES);
  Entry entry = { weight_of (tensor, DOWN), tensor, NULL, NULL };
  const gboolean pairs = entry.weight != NULL;

  if ((up_of != NULL && find (file, up_of, DOWN) != NULL) ||
      (units_of != NULL && find (file, units_of, DOWN) != NULL))
    return check_numbers (file, tensor, error);
  if (!pairs)
    entry.weight = weight_of (tensor, DIFFERENCE);
  if (entry.weight == NULL)
    return fail (file, GEN_ADAPTER_ERROR_FILE, error,
        "'%s' is nothing of an adapter, whose tensors end in " DOWN " and " UP
        ", or in " DIFFERENCE,
        tensor->name);
  if (pairs) {
    entry.up = find (file, entry.weight, UP);
    entry.magnitudes = find (file, entry.weight, MAGNITUDES);
  }
  g_array_append_val (file->entries, entry);
  if (pairs && entry.up == NULL)
    return fail (file, GEN_ADAPTER_ERROR_FILE, error, "has no '%s" UP "' beside '%s'", entry.weight,
        tensor->name);
  return check_numbers (file, tensor, error);
}

static gboolean
read_metadata (GenAdapterFile *file, GError **error)
{
  const char *format = gen_adapter_file_metadata (file, "format");
  const char *hash = gen_adapter_file_metadata (file, "base-sha256");
  const char *scaling = gen_adapter_file_metadata (file, "scaling");
  char *end = NULL;

  if (g_strcmp0 (format, FORMAT) != 0)
    return fail (file, GEN_ADAPTER_ERROR_FILE, error,
        "is no adapter: its metadata do not say format=" FORMAT);
  if (hash == NULL || strlen (hash) != HASH_LENGTH ||
      strspn (hash, "0123456789abcdef") != HASH_LENGTH)
    return fail (file, GEN_ADAPTER_ERROR_FILE, error,
        "its metadata do not say which base it is for: base-sha256 should be %d digits",
        HASH_LENGTH);
  if (scaling != NULL)
    file->scaling = g_ascii_strtod (scaling, &end);
  if (end == NULL || end == scaling || *end != '\0' || !isfinite (file->scaling))
    return fail (file, GEN_ADAPTER_ERROR_FILE, error,
        "its metadata do not say how much it counts: scaling should be a number, such as 1");
  return TRUE;
}

static gboolean
read_file (GenAdapterFile *file, GError **error)
{
  if (!read_metadata (file, error))
    return FALSE;
  for (guint i = 0; i < gen_safetensors_count (file->tensors); i++)
    if (!read_tensor (file, gen_safetensors_get (file->tensors, i), error))
      return FALSE;
  return TRUE;
}

GenAdapterFile *
gen_adapter_file_load (const char *path, GError **error)
{
  g_autoptr (GError) reason = NULL;
  GenSafetensors *tensors = gen_safetensors_load (path, &reason);
  g_autoptr (GenAdapterFile) file = NULL;

  if (tensors == NULL) {
    g_set_error_literal (error, GEN_ADAPTER_ERROR, GEN_ADAPTER_ERROR_FILE, reason->message);
    return NULL;
  }
  file = g_new0 (GenAdapterFile, 1);
  file->path = g_strdup (path);
  file->tensors = tensors;
  file->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_array_set_clear_func (file->entries, entry_clear);
  file->ref_count = 1;
  return read_file (file, error) ? g_steal_pointer (&file) : NULL;
}

GenAdapterFile *
gen_adapter_file_ref (GenAdapterFile *file)
{
  g_atomic_int_inc (&file->ref_count);
  return file;
}

void
gen_adapter_file_unref (GenAdapterFile *file)
{
  if (!g_atomic_int_dec_and_test (&file->ref_count))
    return;
  g_array_unref (file->entries);
  gen_safetensors_free (file->tensors);
  g_free (file->path);
  g_free (file);
}

gboolean
gen_adapter_file_is_named (const char *path)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);

  return g_str_has_suffix (lower, ".safetensors");
}

const char *
gen_adapter_file_path (const GenAdapterFile *file)
{
  return file->path;
}

const char *
gen_adapter_file_metadata (const GenAdapterFile *file, const char *key)
{
  return gen_safetensors_metadata (file->tensors, key);
}

double
gen_adapter_file_scaling (const GenAdapterFile *file)
{
  return file->scaling;
}

guint
gen_adapter_file_n_weights (const GenAdapterFile *file)
{
  return file->entries->len;
}

static const Entry *
entry_of (const GenAdapterFile *file, guint i)
{
  return &g_array_index (file->entries, Entry, i);
}

/* The rank of two factors, whichever of their layouts they have: what they have in common. */
static gint64
common_rank (const Entry *entry)
{
  const GenShape *down = &entry->down->shape, *up = &entry->up->shape;

  if (down->rank < 2 || up->rank < 2)
    return 0;
  /* Of matrices either layout, also where the weight is square. */
  if (down->rank == 2 && up->rank == 2)
    return MIN (down->dims[0], down->dims[1]);
  return down->dims[0] == up->dims[0] ? down->dims[0] : up->dims[1];
}

GenAdapterWeight
gen_adapter_file_weight (const GenAdapterFile *file, guint i)
{
  const Entry *entry = entry_of (file, i);
  GenAdapterWeight weight = { entry->weight, 0, gen_shape_elements (&entry->down->shape),
    entry->magnitudes != NULL };

  if (entry->up == NULL)
    return weight;
  weight.rank = common_rank (entry);
  weight.numbers += gen_shape_elements (&entry->up->shape);
  if (entry->magnitudes != NULL)
    weight.numbers += gen_shape_elements (&entry->magnitudes->shape);
  return weight;
}

/* --- for a net --- */

/* What exporters write as an Identity of equal numbers was a weight of its own in training
 * (gen_parameters_settle). */
static void
part (GenTensor *weight)
{
  const GenNode *node = weight->producer;
  const GenTensor *from;

  if (node == NULL || node->op->domain != NULL || strcmp (node->op->name, "Identity") != 0)
    return;
  from = gen_node_input (node, 0);
  if (from->role != GEN_ROLE_CONSTANT)
    return;
  weight->role = GEN_ROLE_CONSTANT;
  weight->type = from->type;
  weight->shape = from->shape;
  weight->data = g_bytes_ref (from->data);
  weight->producer = NULL;
}

/* The weight of `entry` in `graph`. */
static GenTensor *
find_weight (const GenAdapterFile *file, const Entry *entry, GenGraph *graph, GError **error)
{
  GenTensor *weight = gen_graph_find (graph, entry->weight);

  if (weight != NULL && !g_ptr_array_find (graph->outputs, weight, NULL))
    part (weight);
  if (weight != NULL && weight->role == GEN_ROLE_CONSTANT && weight->type == GEN_TYPE_FLOAT32)
    return weight;
  fail (file, GEN_ADAPTER_ERROR_BASE, error,
      weight == NULL ? "is for '%s', and the model has no such weight"
                     : "is for '%s', which is no weight of float32 in the model",
      entry->weight);
  return NULL;
}

static gboolean
refuse_shape (
    const GenAdapterFile *file, const Entry *entry, const GenTensor *weight, GError **error)
{
  g_autofree char *of = gen_shape_to_string (&weight->shape);
  g_autofree char *down = gen_shape_to_string (&entry->down->shape);
  g_autofree char *up = entry->up != NULL ? gen_shape_to_string (&entry->up->shape) : NULL;

  if (up == NULL)
    return fail (file, GEN_ADAPTER_ERROR_BASE, error, "'%s" DIFFERENCE "' is %s, and '%s' is %s",
        entry->weight, down, entry->weight, of);
  return fail (file, GEN_ADAPTER_ERROR_BASE, error,
      "%s and %s are no factors of '%s', %s, as the model has it", down, up, entry->weight, of);
}

static gboolean
check_magnitudes (
    const GenAdapterFile *file, const Entry *entry, const GenAdaptedLayer *layer, GError **error)
{
  const gint64 units = gen_layer_units_count (layer);
  g_autofree char *has = NULL;

  if (entry->magnitudes == NULL || gen_shape_equal (&entry->magnitudes->shape, &GEN_SHAPE (units)))
    return TRUE;
  has = gen_shape_to_string (&entry->magnitudes->shape);
  return fail (file, GEN_ADAPTER_ERROR_BASE, error,
      "'%s" MAGNITUDES "' is %s, and the layer has %" G_GINT64_FORMAT " units", entry->weight, has,
      units);
}

/* The layer of `entry`, and the rank that it has there. */
static gboolean
find_layer (const GenAdapterFile *file, const Entry *entry, GenGraph *graph, GenAdaptedLayer *layer,
    gint64 *rank, GError **error)
{
  GenTensor *weight = find_weight (file, entry, graph, error);

  if (weight == NULL)
    return FALSE;
  if (!gen_adapted_layer_find (graph, weight, layer))
    return fail (file, GEN_ADAPTER_ERROR_BASE, error,
        "'%s' is not the weights of a layer in the model that can be adapted", entry->weight);
  *rank = gen_adapted_layer_rank (layer, &entry->down->shape, &entry->up->shape);
  return *rank > 0 ? check_magnitudes (file, entry, layer, error)
                   : refuse_shape (file, entry, weight, error);
}

static gboolean
check_entry (const GenAdapterFile *file, const Entry *entry, GenGraph *graph, GError **error)
{
  GenAdaptedLayer layer;
  GenTensor *weight;
  gint64 rank;

  if (entry->up != NULL)
    return find_layer (file, entry, graph, &layer, &rank, error);
  weight = find_weight (file, entry, graph, error);
  return weight != NULL && (gen_shape_equal (&weight->shape, &entry->down->shape) ||
                               refuse_shape (file, entry, weight, error));
}

gboolean
gen_adapter_file_check (
    const GenAdapterFile *file, GenGraph *graph, const char *hash, const char *name, GError **error)
{
  const char *wanted = gen_adapter_file_metadata (file, "base-sha256");
  const char *base = gen_adapter_file_metadata (file, "base");

  if (strcmp (wanted, hash) != 0)
    return fail (file, GEN_ADAPTER_ERROR_BASE, error,
        "is for another base: it was learned beside the weights of %s%s%s, of SHA-256 %s, and "
        "those of %s are %s",
        base != NULL ? "'" : "", base != NULL ? base : "a net", base != NULL ? "'" : "", wanted,
        name, hash);
  for (guint i = 0; i < file->entries->len; i++)
    if (!check_entry (file, entry_of (file, i), graph, error))
      return FALSE;
  return TRUE;
}

static const float *
numbers_of (const GenSafetensor *tensor)
{
  return g_bytes_get_data (tensor->data, NULL);
}

/* --- merged --- */

/* By what each unit is multiplied, with all of the difference. (transfer full) */
static double *
find_factors (const GenAdapterFile *file, const Entry *entry, const GenAdaptedLayer *layer,
    gint64 rank, float *whole)
{
  double *factors = g_new (double, gen_layer_units_count (layer));

  gen_adapted_layer_add (
      layer, rank, numbers_of (entry->down), numbers_of (entry->up), file->scaling, whole);
  gen_layer_units_factors (layer, whole, numbers_of (entry->magnitudes), factors);
  return factors;
}

/* Go `scale` of the way from `weights` to those that are turned, and as long as is said. */
static void
turn (const GenAdapterFile *file, const Entry *entry, const GenAdaptedLayer *layer, gint64 rank,
    double scale, float *weights)
{
  const GenShape *shape = &layer->weight->shape;
  g_autofree float *turned = g_memdup2 (weights, gen_tensor_size (layer->weight));
  g_autofree double *factors = find_factors (file, entry, layer, rank, turned);

  gen_layer_units_multiply (layer, shape, factors, turned);
  for (gint64 i = 0; i < gen_shape_elements (shape); i++)
    weights[i] = (float)(weights[i] + scale * ((double)turned[i] - weights[i]));
}

static gboolean
merge (
    const GenAdapterFile *file, const Entry *entry, GenGraph *graph, double scale, GError **error)
{
  GenTensor *weight = find_weight (file, entry, graph, error);
  GenAdaptedLayer layer;
  gsize size;
  float *sum;
  gint64 rank;

  if (weight == NULL ||
      (entry->up != NULL && !find_layer (file, entry, graph, &layer, &rank, error)))
    return FALSE;
  size = gen_tensor_size (weight);
  sum = g_memdup2 (gen_tensor_constant (weight), size);
  if (entry->magnitudes != NULL)
    turn (file, entry, &layer, rank, scale, sum);
  else if (entry->up != NULL)
    gen_adapted_layer_add (
        &layer, rank, numbers_of (entry->down), numbers_of (entry->up), scale * file->scaling, sum);
  for (gsize i = 0; entry->up == NULL && i < size / sizeof *sum; i++)
    sum[i] = (float)(sum[i] + scale * file->scaling * (double)numbers_of (entry->down)[i]);
  g_bytes_unref (weight->data);
  weight->data = g_bytes_new_take (sum, size);
  return TRUE;
}

gboolean
gen_adapter_file_merge (const GenAdapterFile *file, GenGraph *graph, double scale, GError **error)
{
  for (guint i = 0; i < file->entries->len; i++)
    if (!merge (file, entry_of (file, i), graph, scale, error))
      return FALSE;
  return TRUE;
}

/* --- beside --- */

static GenTensor *
add_constant (GenGraph *graph, const GenSafetensor *tensor)
{
  return gen_graph_add_constant (
      graph, NULL, tensor->type, &tensor->shape, g_bytes_ref (tensor->data));
}

/* The scaling is in the factors, so that a run multiplies once. */
static GenTensor *
add_scaled (GenGraph *graph, const GenSafetensor *tensor, double scaling)
{
  const gsize n = (gsize)gen_shape_elements (&tensor->shape);
  float *scaled;

  if (scaling == 1)
    return add_constant (graph, tensor);
  scaled = g_new (float, n);
  for (gsize i = 0; i < n; i++)
    scaled[i] = (float)(numbers_of (tensor)[i] * scaling);
  return gen_graph_add_constant (
      graph, NULL, tensor->type, &tensor->shape, g_bytes_new_take (scaled, n * sizeof *scaled));
}

/* Whoever reads the weight reads it with its difference. */
static gboolean
add_difference (const GenAdapterFile *file, const Entry *entry, GenGraph *graph, GenTensor *scale,
    GError **error)
{
  GenTensor *weight = find_weight (file, entry, graph, error), *sum;
  const gint64 scalar = 0;
  g_autoptr (GPtrArray) readers = g_ptr_array_new ();

  if (weight == NULL)
    return FALSE;
  for (guint i = 0; i < graph->nodes->len; i++)
    g_ptr_array_add (readers, g_ptr_array_index (graph->nodes, i));
  if (weight->shape.rank == 0)
    scale = gen_graph_write (
        graph, "Squeeze", (GenTensor *[]){ scale, gen_graph_ints (graph, &scalar, 1) }, 2, error);
  sum = gen_graph_write (graph, "Mul",
      (GenTensor *[]){ add_scaled (graph, entry->down, file->scaling), scale }, 2, error);
  sum = gen_graph_write (graph, "Add", (GenTensor *[]){ weight, sum }, 2, error);
  for (guint i = 0; sum != NULL && i < readers->len; i++) {
    GenNode *node = g_ptr_array_index (readers, i);

    for (guint k = 0; k < node->inputs->len; k++)
      if (gen_node_input (node, k) == weight)
        node->inputs->pdata[k] = sum;
  }
  return sum != NULL;
}

/* The `up` of an entry, in which are the scaling and, of units that are turned, what each is
 * multiplied by; `share` becomes how much more than before their own weights count, else NULL. */
static GenTensor *
add_up (const GenAdapterFile *file, const Entry *entry, const GenAdaptedLayer *layer, gint64 rank,
    GenGraph *graph, GenTensor **share)
{
  const GenShape *shape = &entry->up->shape;
  const gint64 units = gen_layer_units_count (layer), n = gen_shape_elements (shape);
  g_autofree float *whole = NULL;
  g_autofree double *factors = NULL;
  float *up, *more;

  *share = NULL;
  if (entry->magnitudes == NULL)
    return add_scaled (graph, entry->up, file->scaling);
  whole = g_memdup2 (gen_tensor_constant (layer->weight), gen_tensor_size (layer->weight));
  factors = find_factors (file, entry, layer, rank, whole);
  more = g_new (float, units);
  for (gint64 i = 0; i < units; i++) {
    more[i] = (float)(factors[i] - 1);
    factors[i] *= file->scaling;
  }
  up = g_memdup2 (numbers_of (entry->up), (gsize)n * sizeof *up);
  gen_layer_units_multiply (layer, shape, factors, up);
  *share = gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (units),
      g_bytes_new_take (more, (gsize)units * sizeof *more));
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, shape, g_bytes_new_take (up, (gsize)n * sizeof *up));
}

/* How much more the weights of units count, of all files together, by the weight: a product with
 * their results comes last, when all differences stand beside these. */
static gboolean
note_share (GenGraph *graph, GHashTable *shares, GenTensor *weight, GenTensor *share,
    GenTensor *scale, GError **error)
{
  GenTensor *before = g_hash_table_lookup (shares, weight);

  share = gen_graph_write (graph, "Mul", (GenTensor *[]){ share, scale }, 2, error);
  if (before != NULL)
    share = gen_graph_write (graph, "Add", (GenTensor *[]){ before, share }, 2, error);
  g_hash_table_insert (shares, weight, share);
  return share != NULL;
}

static gboolean
attach (const GenAdapterFile *file, const Entry *entry, GenGraph *graph, GHashTable *shares,
    GenTensor *scale, GError **error)
{
  GenAdaptedLayer layer;
  GenTensor *up, *share;
  gint64 rank;

  if (!find_layer (file, entry, graph, &layer, &rank, error))
    return FALSE;
  up = add_up (file, entry, &layer, rank, graph, &share);
  return gen_adapted_layer_insert (
             graph, &layer, add_constant (graph, entry->down), up, &scale, 1, error) &&
         (share == NULL || note_share (graph, shares, layer.weight, share, scale, error));
}

static gboolean
attach_shares (GenGraph *graph, GHashTable *shares, GError **error)
{
  /* Those of the table have no order of their own, and nodes have. */
  for (guint i = 0; i < graph->tensors->len; i++) {
    GenTensor *weight = g_ptr_array_index (graph->tensors, i);
    GenTensor *share = g_hash_table_lookup (shares, weight);
    GenAdaptedLayer layer;

    if (share != NULL && !(gen_adapted_layer_find (graph, weight, &layer) &&
                             gen_layer_units_scale (graph, &layer, share, error)))
      return FALSE;
  }
  return TRUE;
}

static gboolean
attach_kind (const GenAdapterFile *file, GenGraph *graph, GHashTable *shares, const char *scale,
    gboolean differences, GError **error)
{
  GenTensor *input = gen_graph_find (graph, scale);

  for (guint i = 0; i < file->entries->len; i++) {
    const Entry *entry = entry_of (file, i);

    if ((entry->up == NULL) == differences &&
        !(differences ? add_difference (file, entry, graph, input, error)
                      : attach (file, entry, graph, shares, input, error)))
      return FALSE;
  }
  return TRUE;
}

gboolean
gen_adapter_files_attach (
    const GPtrArray *files, GenGraph *graph, const char *const *scales, GError **error)
{
  g_autoptr (GHashTable) shares = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < files->len; i++)
    gen_graph_add_input (graph, scales[i], GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
  /* A layer is found by who reads its weights, which a difference gets between. */
  for (guint differences = 0; differences <= 1; differences++) {
    for (guint i = 0; i < files->len; i++)
      if (!attach_kind (files->pdata[i], graph, shares, scales[i], differences != 0, error))
        return FALSE;
    if (!differences && !attach_shares (graph, shares, error))
      return FALSE;
  }
  gen_graph_sort (graph);
  return TRUE;
}

gboolean
gen_adapter_file_attach (
    const GenAdapterFile *file, GenGraph *graph, const char *scale, GError **error)
{
  const GenAdapterFile *files[] = { file };
  const GPtrArray one = { (gpointer *)files, 1 };

  return gen_adapter_files_attach (&one, graph, &scale, error);
}
