/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "training-cost.h"

#include <math.h>
#include <string.h>
#include <sys/resource.h>

#include <json-glib/json-glib.h>

#include <generative/device.h>

#include "checkpoint-files.h"

#define POWERCAP "/sys/class/powercap"
#define CPUINFO "/proc/cpuinfo"

/* --- packages --- */

/* A counter of microjoules that begins anew at `range`. */
typedef struct {
  char *path;
  guint64 range, last;
} Meter;

static void
meter_clear (gpointer data)
{
  g_free (((Meter *)data)->path);
}

static gboolean
read_number (const char *path, guint64 *number)
{
  g_autofree char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) &&
         g_ascii_string_to_unsigned (g_strstrip (text), 10, 0, G_MAXUINT64, number, NULL);
}

/* Packages are intel-rapl:0, intel-rapl:1 and so on, what is within one has a further colon. */
static void
add_meter (GArray *meters, const char *name)
{
  const char *colon = strchr (name, ':');
  g_autofree char *range = NULL;
  Meter meter = { 0 };

  if (!g_str_has_prefix (name, "intel-rapl:") || strchr (colon + 1, ':') != NULL)
    return;
  meter.path = g_build_filename (POWERCAP, name, "energy_uj", NULL);
  range = g_build_filename (POWERCAP, name, "max_energy_range_uj", NULL);
  if (read_number (meter.path, &meter.last) && read_number (range, &meter.range))
    g_array_append_val (meters, meter);
  else
    g_free (meter.path);
}

static GArray *
find_meters (void)
{
  GArray *meters = g_array_new (FALSE, FALSE, sizeof (Meter));
  g_autoptr (GDir) dir = g_dir_open (POWERCAP, 0, NULL);
  const char *name;

  g_array_set_clear_func (meters, meter_clear);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    add_meter (meters, name);
  return meters;
}

/* What they have counted since they were read last; NaN where one cannot be read any more. */
static double
read_joules (GArray *meters)
{
  double joules = 0;

  for (guint i = 0; i < meters->len; i++) {
    Meter *meter = &g_array_index (meters, Meter, i);
    guint64 now;

    if (!read_number (meter->path, &now))
      return NAN;
    joules += (double)(now >= meter->last ? now - meter->last : meter->range - meter->last + now);
    meter->last = now;
  }
  return joules / 1e6;
}

/* --- time --- */

static double
processor_seconds (void)
{
  struct rusage usage = { 0 };

  getrusage (RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* What the processor calls itself; NULL where the system does not tell. (transfer full) */
static char *
name_processor (void)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (CPUINFO, &text, NULL, NULL))
    return NULL;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    const char *colon = strchr (lines[i], ':');

    if (g_str_has_prefix (lines[i], "model name") && colon != NULL)
      return g_strstrip (g_utf8_make_valid (colon + 1, -1));
  }
  return NULL;
}

/* --- all of it --- */

/* What an earlier training noted, which may be anything. */
static double
number_of (JsonObject *earlier, const char *name, double otherwise)
{
  JsonNode *node = json_object_get_member (earlier, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_double (node) : otherwise;
}

void
gen_training_cost_begin (
    GenTrainingCost *cost, const char *before, const char *device, guint processes)
{
  g_autoptr (JsonObject) earlier = before != NULL ? gen_checkpoint_read_cost (before) : NULL;

  *cost = (GenTrainingCost){ .trainings = 1,
    .processes = processes,
    .device = device,
    .began = g_get_monotonic_time (),
    .processor_began = processor_seconds (),
    .meters = find_meters () };
  if (cost->meters->len == 0)
    cost->joules = NAN;
  if (earlier == NULL)
    return;
  cost->wall = number_of (earlier, "wall-seconds", 0);
  cost->processor = number_of (earlier, "processor-seconds", 0);
  cost->joules += number_of (earlier, "package-joules", NAN);
  cost->trainings += (guint)fmin (fmax (number_of (earlier, "trainings", 1), 0), 1e6);
}

void
gen_training_cost_clear (GenTrainingCost *cost)
{
  g_clear_pointer (&cost->meters, g_array_unref);
}

GVariant *
gen_training_cost_describe (GenTrainingCost *cost)
{
  g_auto (GVariantDict) all = G_VARIANT_DICT_INIT (NULL);
  g_autofree char *processor = name_processor ();

  if (cost->meters == NULL)
    return NULL;
  cost->joules += read_joules (cost->meters);
  g_variant_dict_insert (&all, "wall-seconds", "d",
      cost->wall + (double)(g_get_monotonic_time () - cost->began) / G_TIME_SPAN_SECOND);
  g_variant_dict_insert (&all, "processor-seconds", "d",
      cost->processor + processor_seconds () - cost->processor_began);
  if (isfinite (cost->joules))
    g_variant_dict_insert (&all, "package-joules", "d", cost->joules);
  g_variant_dict_insert (&all, "trainings", "u", cost->trainings);
  g_variant_dict_insert (&all, "processes", "u", cost->processes);
  g_variant_dict_insert (&all, "processors", "u", g_get_num_processors ());
  if (processor != NULL)
    g_variant_dict_insert (&all, "processor", "s", processor);
  g_variant_dict_insert (&all, "device", "s", cost->device);
  return g_variant_dict_end (&all);
}
