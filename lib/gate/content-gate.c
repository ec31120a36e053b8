/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules of a gate, and when it is closed: a rule each has its own mean and its own state, and the
 * gate is closed where one of them is. */
#include <generative/content-gate.h>

#include <generative/model.h>
#include <math.h>
#include <string.h>

typedef struct {
  int label;
  char *name;
  double threshold;
  double mean; /* NaN: nothing has been judged */
  gboolean closed;
} Rule;

struct _GenContentGate {
  GArray *rules; /* of Rule */
  double smoothing, hysteresis;
};

static void
clear_rule (gpointer data)
{
  g_free (((Rule *)data)->name);
}

static Rule *
get_rule (const GenContentGate *gate, guint rule)
{
  return &g_array_index (gate->rules, Rule, rule);
}

void
gen_content_gate_free (GenContentGate *gate)
{
  if (gate == NULL)
    return;
  g_array_unref (gate->rules);
  g_free (gate);
}

/* --- rules --- */

static void
add_rule (GenContentGate *gate, int label, const char *const *names, double threshold)
{
  const guint n_named = names != NULL ? g_strv_length ((char **)names) : 0;
  const Rule rule = { .label = label,
    .name = (guint)label < n_named ? g_strdup (names[label]) : g_strdup_printf ("%d", label),
    .threshold = threshold,
    .mean = NAN };

  g_array_append_val (gate->rules, rule);
}

/* "0.8" behind a label. */
static gboolean
read_threshold (const char *label, const char *text, double *threshold, GError **error)
{
  char *end;

  *threshold = g_ascii_strtod (text, &end);
  if (end != text && *end == '\0' && isfinite (*threshold) && *threshold > 0)
    return TRUE;
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "the threshold of \"%s\" is \"%s\", and has to be a number above 0, such as 0.8", label,
      text);
  return FALSE;
}

static gboolean
read_rule (GenContentGate *gate, char *text, double threshold, const char *const *names, guint n,
    GError **error)
{
  char *equals = strrchr (text, '=');
  int label;

  if (equals != NULL) {
    *equals = '\0';
    if (!read_threshold (g_strstrip (text), g_strstrip (equals + 1), &threshold, error))
      return FALSE;
  }
  label = gen_class_find (names, n, g_strstrip (text), error);
  if (label < 0)
    return FALSE;
  if (gen_content_gate_find_rule (gate, label) < 0) {
    add_rule (gate, label, names, threshold);
    return TRUE;
  }
  g_set_error (
      error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, "class \"%s\" is named twice", text);
  return FALSE;
}

GenContentGate *
gen_content_gate_new (
    const char *rules, double threshold, const char *const *names, guint n, GError **error)
{
  g_autoptr (GenContentGate) gate = g_new0 (GenContentGate, 1);
  g_auto (GStrv) texts = g_strsplit (rules != NULL ? rules : "", ",", -1);

  gate->rules = g_array_new (FALSE, FALSE, sizeof (Rule));
  g_array_set_clear_func (gate->rules, clear_rule);
  for (char **text = texts; *text != NULL; text++)
    if (!read_rule (gate, *text, threshold, names, n, error))
      return NULL;
  for (guint i = 0; *texts == NULL && i < n; i++)
    add_rule (gate, (int)i, names, threshold);
  return g_steal_pointer (&gate);
}

void
gen_content_gate_set_smoothing (GenContentGate *gate, double smoothing, double hysteresis)
{
  gate->smoothing = smoothing;
  gate->hysteresis = hysteresis;
}

guint
gen_content_gate_n_rules (const GenContentGate *gate)
{
  return gate->rules->len;
}

int
gen_content_gate_rule_label (const GenContentGate *gate, guint rule)
{
  return get_rule (gate, rule)->label;
}

const char *
gen_content_gate_rule_name (const GenContentGate *gate, guint rule)
{
  return get_rule (gate, rule)->name;
}

double
gen_content_gate_rule_threshold (const GenContentGate *gate, guint rule)
{
  return get_rule (gate, rule)->threshold;
}

int
gen_content_gate_find_rule (const GenContentGate *gate, int label)
{
  for (guint i = 0; i < gate->rules->len; i++)
    if (get_rule (gate, i)->label == label)
      return (int)i;
  return -1;
}

/* --- judging --- */

static void
update (const GenContentGate *gate, Rule *rule, double score, double seconds)
{
  double share = 1;

  if (gate->smoothing > 0 && !isnan (rule->mean))
    share = seconds > 0 ? -expm1 (-seconds / gate->smoothing) : 0;
  rule->mean = isnan (rule->mean) ? score : rule->mean + share * (score - rule->mean);
  rule->closed = rule->closed ? rule->mean >= rule->threshold - gate->hysteresis
                              : rule->mean >= rule->threshold;
}

/* Whether `a` comes before `b` as the reason for what the gate does. */
static gboolean
outweighs (const Rule *a, const Rule *b)
{
  if (a->closed != b->closed)
    return a->closed;
  return a->mean / a->threshold > b->mean / b->threshold;
}

void
gen_content_gate_judge (
    GenContentGate *gate, const double *scores, double seconds, GenContentVerdict *verdict)
{
  *verdict = (GenContentVerdict){ .label = -1, .score = NAN };
  for (guint i = 0; i < gate->rules->len; i++)
    verdict->failed |= !isfinite (scores[get_rule (gate, i)->label]);
  if (verdict->failed)
    return;
  for (guint i = 0; i < gate->rules->len; i++) {
    Rule *rule = get_rule (gate, i);

    update (gate, rule, scores[rule->label], seconds);
    if (i == 0 || outweighs (rule, get_rule (gate, verdict->rule)))
      verdict->rule = i;
  }
  if (gate->rules->len == 0)
    return;
  verdict->label = get_rule (gate, verdict->rule)->label;
  verdict->score = get_rule (gate, verdict->rule)->mean;
  verdict->closed = get_rule (gate, verdict->rule)->closed;
}

void
gen_content_gate_reset (GenContentGate *gate)
{
  for (guint i = 0; i < gate->rules->len; i++) {
    get_rule (gate, i)->mean = NAN;
    get_rule (gate, i)->closed = FALSE;
  }
}
