/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counters. The lock is around the list of them alone; numbers are atomic, each by itself: a text
 * that is made while others count has each number as it was at some moment of the making, and a
 * histogram's count is the sum of the very classes that are told. */
#include "counters.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include <generative/exposition.h>

#define NANOSECONDS 1e9

typedef struct {
  const GenCounterFamily *family;
  guint n_labels, n_classes;
  GPtrArray *counters; /* GenCounter */
} Family;

struct _GenCounter {
  Family *family;
  char **values;
  guint uses; /* under the lock */

  _Atomic guint64 total;     /* of a total */
  _Atomic guint64 number;    /* a gauge, or a histogram's sum: the bits of a double */
  _Atomic guint64 classes[]; /* of a histogram */
};

struct _GenCounters {
  gatomicrefcount references;
  GRWLock lock;
  GPtrArray *families; /* Family */
};

/* --- numbers --- */

static double
to_double (guint64 bits)
{
  double value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

static guint64
to_bits (double value)
{
  guint64 bits;

  memcpy (&bits, &value, sizeof bits);
  return bits;
}

static guint64
load (const _Atomic guint64 *number)
{
  return atomic_load_explicit (number, memory_order_relaxed);
}

void
gen_counter_add (GenCounter *total, guint64 n)
{
  atomic_fetch_add_explicit (&total->total, n, memory_order_relaxed);
}

void
gen_counter_set (GenCounter *gauge, double value)
{
  atomic_store_explicit (&gauge->number, to_bits (value), memory_order_relaxed);
}

void
gen_counter_change (GenCounter *gauge, double difference)
{
  guint64 bits = load (&gauge->number);

  while (!atomic_compare_exchange_weak_explicit (&gauge->number, &bits,
      to_bits (to_double (bits) + difference), memory_order_relaxed, memory_order_relaxed))
    ;
}

void
gen_counter_observe (GenCounter *histogram, double value)
{
  const double *bounds = histogram->family->family->bounds;
  const guint last = histogram->family->n_classes - 1;
  guint place = 0;

  while (place < last && !(value <= bounds[place]))
    place++;
  atomic_fetch_add_explicit (&histogram->classes[place], 1, memory_order_relaxed);
  gen_counter_change (histogram, value);
}

static guint64
count_observed (const GenCounter *histogram)
{
  guint64 n = 0;

  for (guint i = 0; i < histogram->family->n_classes; i++)
    n += load (&histogram->classes[i]);
  return n;
}

double
gen_counter_get (const GenCounter *counter)
{
  switch (counter->family->family->type) {
  case GEN_COUNTER_TOTAL:
    return (double)load (&counter->total);
  case GEN_COUNTER_TOTAL_SECONDS:
    return (double)load (&counter->total) / NANOSECONDS;
  case GEN_COUNTER_GAUGE:
    return to_double (load (&counter->number));
  default:
    return (double)count_observed (counter);
  }
}

/* --- the list --- */

static void
free_counter (gpointer data)
{
  GenCounter *counter = data;

  g_strfreev (counter->values);
  g_free (counter);
}

static void
free_family (gpointer data)
{
  Family *family = data;

  g_ptr_array_unref (family->counters);
  g_free (family);
}

GenCounters *
gen_counters_new (void)
{
  GenCounters *counters = g_new0 (GenCounters, 1);

  g_atomic_ref_count_init (&counters->references);
  g_rw_lock_init (&counters->lock);
  counters->families = g_ptr_array_new_with_free_func (free_family);
  return counters;
}

GenCounters *
gen_counters_ref (GenCounters *counters)
{
  g_atomic_ref_count_inc (&counters->references);
  return counters;
}

void
gen_counters_unref (GenCounters *counters)
{
  if (!g_atomic_ref_count_dec (&counters->references))
    return;
  g_ptr_array_unref (counters->families);
  g_rw_lock_clear (&counters->lock);
  g_free (counters);
}

/* Under the lock; NULL: there is none. */
static Family *
find_family (const GenCounters *counters, const char *name)
{
  for (guint i = 0; i < counters->families->len; i++) {
    Family *family = g_ptr_array_index (counters->families, i);

    if (g_str_equal (family->family->name, name))
      return family;
  }
  return NULL;
}

static Family *
add_family (GenCounters *counters, const GenCounterFamily *of)
{
  Family *family = g_new0 (Family, 1);

  family->family = of;
  while (of->labels[family->n_labels] != NULL)
    family->n_labels++;
  if (of->type == GEN_COUNTER_HISTOGRAM) {
    while (family->n_classes < GEN_COUNTER_MOST_BOUNDS && of->bounds[family->n_classes] > 0)
      family->n_classes++;
    family->n_classes++; /* +Inf */
  }
  family->counters = g_ptr_array_new_with_free_func (free_counter);
  g_ptr_array_add (counters->families, family);
  return family;
}

static gboolean
has_values (const GenCounter *counter, const char *const *values)
{
  for (guint i = 0; i < counter->family->n_labels; i++)
    if (!g_str_equal (counter->values[i], values[i]))
      return FALSE;
  return TRUE;
}

static GenCounter *
find_counter (const Family *family, const char *const *values)
{
  for (guint i = 0; i < family->counters->len; i++) {
    GenCounter *counter = g_ptr_array_index (family->counters, i);

    if (has_values (counter, values))
      return counter;
  }
  return NULL;
}

static GenCounter *
add_counter (Family *family, const char *const *values)
{
  GenCounter *counter =
      g_malloc0 (sizeof *counter + family->n_classes * sizeof counter->classes[0]);

  counter->family = family;
  counter->values = g_new0 (char *, family->n_labels + 1);
  for (guint i = 0; i < family->n_labels; i++)
    counter->values[i] = g_strdup (values[i]);
  g_ptr_array_add (family->counters, counter);
  return counter;
}

GenCounter *
gen_counters_take (GenCounters *counters, const GenCounterFamily *of, const char *const *values)
{
  Family *family;
  GenCounter *counter;

  g_rw_lock_writer_lock (&counters->lock);
  family = find_family (counters, of->name);
  if (family == NULL)
    family = add_family (counters, of);
  counter = find_counter (family, values);
  if (counter == NULL)
    counter = add_counter (family, values);
  counter->uses++;
  g_rw_lock_writer_unlock (&counters->lock);
  return counter;
}

void
gen_counters_release (GenCounters *counters, GenCounter *counter)
{
  g_rw_lock_writer_lock (&counters->lock);
  if (--counter->uses == 0)
    g_ptr_array_remove (counter->family->counters, counter);
  g_rw_lock_writer_unlock (&counters->lock);
}

void
gen_counters_foreach (GenCounters *counters, GenCountersFunc func, gpointer data)
{
  g_rw_lock_reader_lock (&counters->lock);
  for (guint i = 0; i < counters->families->len; i++) {
    const Family *family = g_ptr_array_index (counters->families, i);

    for (guint k = 0; k < family->counters->len; k++) {
      const GenCounter *counter = g_ptr_array_index (family->counters, k);

      func (family->family, (const char *const *)counter->values, counter, data);
    }
  }
  g_rw_lock_reader_unlock (&counters->lock);
}

/* --- what several have together --- */

double
gen_counters_sum (GenCounters *counters, const char *name)
{
  const Family *family;
  double sum = 0;

  g_rw_lock_reader_lock (&counters->lock);
  family = find_family (counters, name);
  for (guint i = 0; family != NULL && i < family->counters->len; i++)
    sum += gen_counter_get (g_ptr_array_index (family->counters, i));
  g_rw_lock_reader_unlock (&counters->lock);
  return sum;
}

void
gen_counters_classes (GenCounters *counters, const char *name, GenCounterClasses *classes)
{
  const Family *family;

  *classes = (GenCounterClasses){ 0 };
  g_rw_lock_reader_lock (&counters->lock);
  family = find_family (counters, name);
  if (family != NULL) {
    classes->family = family->family;
    classes->n = family->n_classes;
  }
  for (guint i = 0; family != NULL && i < family->counters->len; i++) {
    const GenCounter *counter = g_ptr_array_index (family->counters, i);

    for (guint k = 0; k < family->n_classes; k++)
      classes->observed[k] += load (&counter->classes[k]);
    classes->sum += to_double (load (&counter->number));
  }
  g_rw_lock_reader_unlock (&counters->lock);
}

void
gen_counter_classes_subtract (GenCounterClasses *classes, const GenCounterClasses *earlier)
{
  /* One that was released has taken what it had with it. */
  for (guint i = 0; i < classes->n; i++)
    classes->observed[i] -= MIN (classes->observed[i], earlier->observed[i]);
  classes->sum -= earlier->sum;
}

double
gen_counter_classes_quantile (const GenCounterClasses *classes, double share)
{
  guint64 all = 0, below = 0;
  double rank;

  for (guint i = 0; i < classes->n; i++)
    all += classes->observed[i];
  if (all == 0)
    return NAN;
  rank = share * (double)all;
  for (guint i = 0; i + 1 < classes->n; i++) {
    const double from = i == 0 ? 0 : classes->family->bounds[i - 1];
    const double width = classes->family->bounds[i] - from;
    const guint64 here = classes->observed[i];

    if (here > 0 && (double)(below + here) >= rank)
      return from + width * (rank - (double)below) / (double)here;
    below += here;
  }
  /* Beyond the last bound nothing is known but that. */
  return classes->n > 1 ? classes->family->bounds[classes->n - 2] : NAN;
}

/* --- text --- */

/* `le` is the upper end of a class, or NULL. */
static void
append_labels (GString *text, const GenCounter *counter, const char *le)
{
  const Family *family = counter->family;
  const char *before = "{";

  for (guint i = 0; i < family->n_labels; i++) {
    g_string_append_printf (text, "%s%s=\"", before, family->family->labels[i]);
    gen_exposition_append_label (text, counter->values[i]);
    g_string_append_c (text, '"');
    before = ",";
  }
  if (le != NULL) {
    g_string_append_printf (text, "%sle=\"%s\"", before, le);
    before = ",";
  }
  g_string_append (text, *before == ',' ? "} " : " ");
}

static void
append_histogram (GString *text, const GenCounter *counter)
{
  const GenCounterFamily *family = counter->family->family;
  const guint n = counter->family->n_classes;
  guint64 below = 0;

  for (guint i = 0; i < n; i++) {
    char le[G_ASCII_DTOSTR_BUF_SIZE] = "+Inf";

    below += load (&counter->classes[i]);
    /* As it was written, for whoever asks for it: 0.1, and not what the double comes to. */
    if (i + 1 < n)
      g_ascii_formatd (le, sizeof le, "%.6g", family->bounds[i]);
    g_string_append_printf (text, "%s_bucket", family->name);
    append_labels (text, counter, le);
    g_string_append_printf (text, "%" G_GUINT64_FORMAT "\n", below);
  }
  g_string_append_printf (text, "%s_sum", family->name);
  append_labels (text, counter, NULL);
  gen_exposition_append_number (text, to_double (load (&counter->number)));
  g_string_append_printf (text, "\n%s_count", family->name);
  append_labels (text, counter, NULL);
  g_string_append_printf (text, "%" G_GUINT64_FORMAT "\n", below);
}

static void
append_counter (GString *text, const GenCounter *counter)
{
  const GenCounterFamily *family = counter->family->family;

  if (family->type == GEN_COUNTER_HISTOGRAM) {
    append_histogram (text, counter);
    return;
  }
  g_string_append (text, family->name);
  append_labels (text, counter, NULL);
  if (family->type == GEN_COUNTER_TOTAL) /* each digit of it */
    g_string_append_printf (text, "%" G_GUINT64_FORMAT, load (&counter->total));
  else
    gen_exposition_append_number (text, gen_counter_get (counter));
  g_string_append_c (text, '\n');
}

void
gen_counters_append_text (GenCounters *counters, GString *text)
{
  static const char *const types[] = {
    [GEN_COUNTER_TOTAL] = "counter",
    [GEN_COUNTER_TOTAL_SECONDS] = "counter",
    [GEN_COUNTER_GAUGE] = "gauge",
    [GEN_COUNTER_HISTOGRAM] = "histogram",
  };

  g_rw_lock_reader_lock (&counters->lock);
  for (guint i = 0; i < counters->families->len; i++) {
    const Family *family = g_ptr_array_index (counters->families, i);

    if (family->counters->len == 0)
      continue;
    g_string_append_printf (text, "# HELP %s %s\n# TYPE %s %s\n", family->family->name,
        family->family->help, family->family->name, types[family->family->type]);
    for (guint k = 0; k < family->counters->len; k++)
      append_counter (text, g_ptr_array_index (family->counters, k));
  }
  g_rw_lock_reader_unlock (&counters->lock);
}
