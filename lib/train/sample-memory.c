/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sample-memory.h"

#include <math.h>
#include <string.h>

#include <generative/trainer.h>

#define PREFIX "memory."
#define SAMPLES PREFIX "samples"
#define LABELS PREFIX "labels"
#define AGES PREFIX "ages"
#define RANGE PREFIX "range"

struct _GenSampleMemory {
  gsize capacity, count, room, size; /* of samples, and numbers in one */
  GenMemoryPolicy policy;
  GenShape shape;
  float range[2];
  float *samples;
  gint64 *labels, *ages;
  guint64 *keys;
  GHashTable *counts; /* gint64 of a class to how many there are of it */
};

GenSampleMemory *
gen_sample_memory_new (
    gsize capacity, GenMemoryPolicy policy, const GenShape *shape, float low, float high)
{
  GenSampleMemory *self = g_new0 (GenSampleMemory, 1);

  self->capacity = capacity;
  self->policy = policy;
  self->shape = *shape;
  self->size = (gsize)gen_shape_elements (shape);
  self->range[0] = low;
  self->range[1] = high;
  self->counts = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  return self;
}

void
gen_sample_memory_free (GenSampleMemory *self)
{
  g_free (self->samples);
  g_free (self->labels);
  g_free (self->ages);
  g_free (self->keys);
  g_hash_table_unref (self->counts);
  g_free (self);
}

gsize
gen_sample_memory_count (const GenSampleMemory *self)
{
  return self->count;
}

const float *
gen_sample_memory_sample (const GenSampleMemory *self, gsize i)
{
  return self->samples + i * self->size;
}

gint64
gen_sample_memory_label (const GenSampleMemory *self, gsize i)
{
  return self->labels[i];
}

gint64
gen_sample_memory_age (const GenSampleMemory *self, gsize i)
{
  return self->ages[i];
}

/* --- which stay --- */

/* The finaliser of MurmurHash3, in whose place any mixture of all bits would do. */
static guint64
mix (guint64 x)
{
  x ^= x >> 33;
  x *= G_GUINT64_CONSTANT (0xff51afd7ed558ccd);
  x ^= x >> 33;
  x *= G_GUINT64_CONSTANT (0xc4ceb9fe1a85ec53);
  return x ^ x >> 33;
}

static guint64
find_key (const float *sample, gsize size)
{
  guint64 key = size;

  for (gsize i = 0; i < size; i++) {
    guint32 bits;

    memcpy (&bits, &sample[i], sizeof bits);
    key = mix (key ^ bits) + i;
  }
  return mix (key);
}

static gsize
count_of (const GenSampleMemory *self, gint64 label)
{
  return GPOINTER_TO_SIZE (g_hash_table_lookup (self->counts, &label));
}

static void
set_count (GenSampleMemory *self, gint64 label, gsize n)
{
  g_hash_table_insert (self->counts, g_memdup2 (&label, sizeof label), GSIZE_TO_POINTER (n));
}

/* The class that has the most, the first of several that do. */
static gint64
find_largest (const GenSampleMemory *self)
{
  GHashTableIter iter;
  gpointer key, value;
  gint64 largest = 0;
  gsize most = 0;

  g_hash_table_iter_init (&iter, self->counts);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    const gint64 label = *(const gint64 *)key;
    const gsize n = GPOINTER_TO_SIZE (value);

    if (n < most || (n == most && label > largest))
      continue;
    most = n;
    largest = label;
  }
  return largest;
}

/* Of those of class `label`, or all, the one of the largest key. */
static gsize
find_worst (const GenSampleMemory *self, gboolean of_class, gint64 label)
{
  gsize worst = G_MAXSIZE;

  for (gsize i = 0; i < self->count; i++)
    if ((!of_class || self->labels[i] == label) &&
        (worst == G_MAXSIZE || self->keys[i] > self->keys[worst]))
      worst = i;
  return worst;
}

static void
put (GenSampleMemory *self, gsize place, const float *sample, gint64 label, gint64 age, guint64 key)
{
  memcpy (self->samples + place * self->size, sample, self->size * sizeof *sample);
  set_count (self, label, count_of (self, label) + 1);
  self->labels[place] = label;
  self->ages[place] = age;
  self->keys[place] = key;
}

static void
append (GenSampleMemory *self, const float *sample, gint64 label, gint64 age, guint64 key)
{
  if (self->count == self->room) {
    self->room = MIN (MAX (2 * self->room, 16), self->capacity);
    self->samples = g_renew (float, self->samples, self->room * self->size);
    self->labels = g_renew (gint64, self->labels, self->room);
    self->ages = g_renew (gint64, self->ages, self->room);
    self->keys = g_renew (guint64, self->keys, self->room);
  }
  put (self, self->count++, sample, label, age, key);
}

/* The place that a sample of class `label` and of that key has a claim on; G_MAXSIZE: none. */
static gsize
find_place (const GenSampleMemory *self, gint64 label, guint64 key)
{
  gint64 largest;
  gsize worst, own;

  if (self->policy == GEN_MEMORY_RESERVOIR) {
    worst = find_worst (self, FALSE, 0);
    return key < self->keys[worst] ? worst : G_MAXSIZE;
  }
  largest = find_largest (self);
  own = count_of (self, label);
  if (own + 1 < count_of (self, largest))
    return find_worst (self, TRUE, largest);
  worst = find_worst (self, TRUE, own > 0 ? label : largest);
  return own == 0 || key < self->keys[worst] ? worst : G_MAXSIZE;
}

/* G_MAXSIZE: it is not there. */
static gsize
find_known (const GenSampleMemory *self, guint64 key)
{
  for (gsize i = 0; i < self->count; i++)
    if (self->keys[i] == key)
      return i;
  return G_MAXSIZE;
}

static void
see (GenSampleMemory *self, const float *sample, gint64 label, gint64 age)
{
  const guint64 key = find_key (sample, self->size);
  gsize place;

  if (self->capacity == 0)
    return;
  place = find_known (self, key);
  if (place != G_MAXSIZE) {
    self->ages[place] = MIN (self->ages[place], age); /* it has come again */
    return;
  }
  if (self->count < self->capacity) {
    append (self, sample, label, age, key);
    return;
  }
  place = find_place (self, label, key);
  if (place == G_MAXSIZE)
    return;
  set_count (self, self->labels[place], count_of (self, self->labels[place]) - 1);
  put (self, place, sample, label, age, key);
}

void
gen_sample_memory_see (GenSampleMemory *self, const float *sample, gint64 label)
{
  see (self, sample, label, 0);
}

gboolean
gen_sample_memory_wants (const GenSampleMemory *self, const float *sample, gint64 label)
{
  const guint64 key = find_key (sample, self->size);
  const gsize known = find_known (self, key);

  if (known != G_MAXSIZE)
    return self->ages[known] > 0;
  return self->count < self->capacity || find_place (self, label, key) != G_MAXSIZE;
}

/* --- in a file --- */

static void
add (GArray *tensors, const char *name, GenDataType type, const GenShape *shape, const void *data,
    gsize size)
{
  const GenSafetensor tensor = { name, type, *shape, g_bytes_new_static (data, size) };

  g_array_append_val (tensors, tensor);
}

void
gen_sample_memory_list (const GenSampleMemory *self, GArray *tensors)
{
  GenShape shape = { .rank = self->shape.rank + 1 };
  const GenShape row = GEN_SHAPE ((gint64)self->count);

  if (self->count == 0)
    return;
  shape.dims[0] = (gint64)self->count;
  memcpy (shape.dims + 1, self->shape.dims, (gsize)self->shape.rank * sizeof *shape.dims);
  add (tensors, SAMPLES, GEN_TYPE_FLOAT32, &shape, self->samples,
      self->count * self->size * sizeof (float));
  add (tensors, LABELS, GEN_TYPE_INT64, &row, self->labels, self->count * sizeof (gint64));
  add (tensors, AGES, GEN_TYPE_INT64, &row, self->ages, self->count * sizeof (gint64));
  add (tensors, RANGE, GEN_TYPE_FLOAT32, &GEN_SHAPE (2), self->range, sizeof self->range);
}

gboolean
gen_sample_memory_is_tensor (const char *name)
{
  return g_str_has_prefix (name, PREFIX);
}

gboolean
gen_sample_memory_is_in (const GenSafetensors *file)
{
  return gen_safetensors_find (file, SAMPLES) != NULL;
}

static gboolean fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
fail (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STATE, format, arguments);
  va_end (arguments);
  return FALSE;
}

/* What was read, as it stands in the file. */
typedef struct {
  const GenSafetensor *samples, *labels, *ages, *range;
} Read;

static gboolean
is_row (const GenSafetensor *tensor, GenDataType type, gint64 n)
{
  return tensor != NULL && tensor->type == type && gen_shape_equal (&tensor->shape, &GEN_SHAPE (n));
}

static gboolean
check_shapes (const GenSampleMemory *self, const Read *read, const char *path, GError **error)
{
  const GenShape *shape = &read->samples->shape;
  const gint64 n = shape->rank > 0 ? shape->dims[0] : 0;
  GenShape one = { .rank = MAX (shape->rank - 1, 0) };
  g_autofree char *has = NULL, *wanted = NULL;

  if (read->samples->type != GEN_TYPE_FLOAT32 || n < 1 ||
      !is_row (read->labels, GEN_TYPE_INT64, n) || !is_row (read->ages, GEN_TYPE_INT64, n) ||
      !is_row (read->range, GEN_TYPE_FLOAT32, 2))
    return fail (error,
        "%s: what it has of samples is no memory: float32 numbers of each, and as many classes and "
        "ages are wanted",
        path);
  memcpy (one.dims, shape->dims + 1, (gsize)one.rank * sizeof *one.dims);
  if (gen_shape_equal (&one, &self->shape))
    return TRUE;
  has = gen_shape_to_string (&one);
  wanted = gen_shape_to_string (&self->shape);
  return fail (error,
      "%s: its memory is of samples of %s, and what is trained on is of %s; it is of data of "
      "another format",
      path, has, wanted);
}

static gboolean
check_numbers (const GenSampleMemory *self, const Read *read, const char *path, GError **error)
{
  const float *numbers = g_bytes_get_data (read->samples->data, NULL);
  const float *range = g_bytes_get_data (read->range->data, NULL);
  const gsize n = (gsize)gen_shape_elements (&read->samples->shape);

  if (range[0] != self->range[0] || range[1] != self->range[1])
    return fail (error,
        "%s: its memory is of samples from %g to %g, and the nets take them from %g to %g", path,
        (double)range[0], (double)range[1], (double)self->range[0], (double)self->range[1]);
  for (gsize i = 0; i < n; i++)
    if (!isfinite (numbers[i]))
      return fail (error, "%s: '" SAMPLES "' has values that are no numbers", path);
  return TRUE;
}

static gboolean
check_classes (const Read *read, const char *path, GError **error)
{
  const gint64 *labels = g_bytes_get_data (read->labels->data, NULL);
  const gint64 *ages = g_bytes_get_data (read->ages->data, NULL);

  for (gint64 i = 0; i < read->labels->shape.dims[0]; i++)
    if (labels[i] < -1 || labels[i] >= GEN_TRAINER_MAX_CLASSES || ages[i] < 0)
      return fail (error,
          "%s: sample %" G_GINT64_FORMAT " of its memory is of class %" G_GINT64_FORMAT
          ", and is said to be of %" G_GINT64_FORMAT " trainings ago; the file is damaged",
          path, i, labels[i], ages[i]);
  return TRUE;
}

gboolean
gen_sample_memory_load (GenSampleMemory *self, const GenSafetensors *file, const char *path,
    gint64 older, GError **error)
{
  const Read read = { gen_safetensors_find (file, SAMPLES), gen_safetensors_find (file, LABELS),
    gen_safetensors_find (file, AGES), gen_safetensors_find (file, RANGE) };
  const float *samples;
  const gint64 *labels, *ages;

  if (read.samples == NULL)
    return fail (error,
        "%s: has no memory of samples, which a training keeps where "
        "memory-samples says how many",
        path);
  if (!check_shapes (self, &read, path, error) || !check_numbers (self, &read, path, error) ||
      !check_classes (&read, path, error))
    return FALSE;
  samples = g_bytes_get_data (read.samples->data, NULL);
  labels = g_bytes_get_data (read.labels->data, NULL);
  ages = g_bytes_get_data (read.ages->data, NULL);
  for (gint64 i = 0; i < read.labels->shape.dims[0]; i++)
    see (self, samples + (gsize)i * self->size, labels[i], ages[i] + older);
  return TRUE;
}
