/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What generative-model robustness prints. */
#include "robustness-tell.h"

#include <math.h>

#include "../lib/base/json-file.h"
#include "interval.h"

static const char *const part_names[PARTS] = { [PART_REAL] = "real", [PART_MADE] = "made" };

static gboolean
has_scores (const RobustnessCounts *counts)
{
  return counts->net->classes == 1;
}

/* Where the share lies that `right` of `n` were drawn from (Wilson, "Probable inference, the law of
 * succession, and statistical inference", 1927). */
static void
find_interval (guint right, guint n, double *low, double *high)
{
  const double z = INTERVAL * INTERVAL / n, p = (double)right / n;
  const double middle = (p + z / 2) / (1 + z);
  const double half = sqrt (z * p * (1 - p) + z * z / 4) / (1 + z);

  /* Which are exact. */
  *low = right == 0 ? 0 : middle - half;
  *high = right == n ? 1 : middle + half;
}

/* --- for programs --- */

static JsonObject *
add_count (JsonObject *object, const RobustnessCounts *counts, int part, const PartCount *count,
    gboolean attacked)
{
  const guint n = counts->n[part];
  double low, high;

  find_interval (count->right, n, &low, &high);
  json_object_set_double_member (object, "accuracy", (double)count->right / n);
  json_object_set_double_member (object, "low", low);
  json_object_set_double_member (object, "high", high);
  if (has_scores (counts))
    json_object_set_double_member (object, "score", count->score / n);
  if (has_scores (counts) && attacked)
    json_object_set_double_member (object, "moved", count->moved / n);
  return object;
}

static JsonObject *
describe_trial (const RobustnessCounts *counts, int part, const Trial *trial)
{
  JsonObject *object = add_count (json_object_new (), counts, part, &trial->counts[part], TRUE);

  json_object_set_string_member (object, "attack", trial->attack->name);
  json_object_set_string_member (object, "norm", trial->attack->norm);
  json_object_set_double_member (object, "epsilon", trial->settings.epsilon);
  json_object_set_int_member (object, "steps", gen_attack_steps (trial->attack, &trial->settings));
  json_object_set_double_member (
      object, "step-size", gen_attack_step_size (trial->attack, &trial->settings));
  json_object_set_int_member (object, "restarts", trial->attack->once ? 1 : counts->restarts);
  return object;
}

static void
add_part (JsonObject *object, const RobustnessCounts *counts, int part)
{
  JsonArray *trials = json_array_new ();

  add_count (object, counts, part, &counts->clean[part], FALSE);
  json_object_set_int_member (object, "samples", counts->n[part]);
  for (guint i = 0; i < counts->trials->len; i++)
    json_array_add_object_element (
        trials, describe_trial (counts, part, &g_array_index (counts->trials, Trial, i)));
  json_object_set_array_member (object, "attacks", trials);
}

void
robustness_print_json (const RobustnessCounts *counts)
{
  JsonObject *object = json_object_new ();
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = NULL;

  for (int part = 0; part < PARTS && has_scores (counts); part++) {
    JsonObject *of;

    if (counts->n[part] == 0)
      continue;
    of = json_object_new ();
    add_part (of, counts, part);
    json_object_set_object_member (object, part_names[part], of);
  }
  if (!has_scores (counts))
    add_part (object, counts, PART_REAL);
  text = gen_json_to_text (root, TRUE);
  g_print ("%s\n", text);
  json_object_unref (object);
}

/* --- for people --- */

/* `trial` is NULL of samples as they are. */
static void
print_line (const RobustnessCounts *counts, int part, const Trial *trial, const PartCount *count)
{
  const guint n = counts->n[part];
  g_autofree char *by =
      trial != NULL ? g_strdup_printf ("%g", trial->settings.epsilon) : g_strdup ("");
  g_autofree char *of =
      trial != NULL ? g_strdup_printf ("%d", gen_attack_steps (trial->attack, &trial->settings))
                    : g_strdup ("");
  double low, high;

  find_interval (count->right, n, &low, &high);
  if (has_scores (counts))
    g_print ("%-5s ", part_names[part]);
  g_print ("%-10s %-5s %8s %6s %9.4f   %.4f to %.4f", trial != NULL ? trial->attack->name : "none",
      trial != NULL ? trial->attack->norm : "", by, of, (double)count->right / n, low, high);
  if (has_scores (counts))
    g_print (" %10.4g", count->score / n);
  if (has_scores (counts) && trial != NULL)
    g_print (" %10.4g", count->moved / n);
  g_print ("\n");
}

static void
print_part (const RobustnessCounts *counts, int part)
{
  if (counts->n[part] == 0)
    return;
  print_line (counts, part, NULL, &counts->clean[part]);
  for (guint i = 0; i < counts->trials->len; i++) {
    const Trial *trial = &g_array_index (counts->trials, Trial, i);

    print_line (counts, part, trial, &trial->counts[part]);
  }
}

void
robustness_print_text (const RobustnessCounts *counts)
{
  if (has_scores (counts))
    g_print (
        "%u real samples, %u made ones\n\n%-5s ", counts->n[PART_REAL], counts->n[PART_MADE], "");
  else
    g_print ("%u samples\n\n", counts->n[PART_REAL]);
  g_print (
      "%-10s %-5s %8s %6s %9s   %s", "attack", "norm", "epsilon", "steps", "accuracy", "95 % of");
  if (has_scores (counts))
    g_print ("%20s %10s", "score", "moved by");
  g_print ("\n");
  for (int part = 0; part < PARTS; part++)
    print_part (counts, part);
}
