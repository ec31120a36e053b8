/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "training-comparison.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include <generative/atomic-file.h>
#include <generative/npy.h>

#include "../base/json-file.h"
#include "checkpoint-files.h"
#include "training-test.h"
#include "training-verdict.h"

#define FOLDER "comparison"
#define REPORT "report.json"
#define MARKDOWN "report.md"
#define BEFORE "before.png"
#define AFTER "after.png"
#define SHOWN "shown.npy"
#define TESTED "tested.npy" /* before the first step: figures of each sample */

/* (transfer full) */
static char *
find_file (const GenTrainingSettings *settings, const char *name)
{
  return g_build_filename (settings->checkpoint, FOLDER, name, NULL);
}

gboolean
gen_training_comparison_is_wanted (const GenTrainingSettings *settings)
{
  return settings->weights != NULL || gen_training_settings_has_models (settings) ||
         gen_training_settings_begin_as_teacher (settings);
}

/* --- what there is to compare --- */

/* The nets that it is about: those of the best validation, which are what is played. */
static GenTrainer *
judged_trainer (const GenTrainingMoment *moment)
{
  return moment->best != NULL ? moment->best_trainer : moment->trainer;
}

static gboolean
draw (const GenTrainingMoment *moment, const char *name, GError **error)
{
  const gboolean average = moment->settings->trainer.ema > 0;
  g_autofree char *path = find_file (moment->settings, name);
  const GenFormat format = gen_trainer_format (moment->trainer);
  g_auto (GenPicture) wall = { 0 };
  int width, height, channels;

  if (!gen_format_measure_wall (&format, moment->columns, moment->rows, &width, &height, &channels))
    return TRUE;
  gen_picture_init (&wall, width, height, channels);
  return gen_trainer_draw (judged_trainer (moment), average, moment->shown, moment->columns,
             moment->rows, &wall, error) &&
         gen_picture_save_png (&wall, path, error);
}

/* (transfer full) */
static JsonObject *
describe (const GenTrainingMoment *moment)
{
  return gen_training_describe_figures (moment->settings->trainer.recipe,
      gen_trainer_steps (moment->trainer), moment->split, moment->figures);
}

/* --- report.json --- */

static gboolean
write_text (const GenTrainingSettings *settings, const char *name, const char *text, GError **error)
{
  g_autofree char *path = find_file (settings, name);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  return gen_atomic_write (path, bytes, error);
}

static gboolean
write_json (const GenTrainingSettings *settings, JsonObject *report, GError **error)
{
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), report);
  g_autofree char *text = gen_json_to_text (root, TRUE);

  return write_text (settings, REPORT, text, error);
}

/* What begins: what the nets were, and where they stood. (transfer full) */
static JsonObject *
begin_report (const GenTrainingMoment *before)
{
  const GenTrainingSettings *settings = before->settings;
  JsonObject *report = json_object_new (), *given = json_object_new ();

  json_object_set_string_member (report, "version", GEN_VERSION);
  json_object_set_string_member (report, "recipe", settings->trainer.recipe->name);
  if (settings->weights != NULL)
    json_object_set_string_member (given, "weights", settings->weights);
  if (gen_training_settings_begin_as_teacher (settings))
    json_object_set_string_member (given, "teacher-model", settings->trainer.teacher_model);
  for (guint i = 0; i < GEN_NET_ROLES; i++)
    if (settings->models[i] != NULL) {
      g_autofree char *name = g_strconcat (gen_net_role_list ()[i]->name, "-model", NULL);

      json_object_set_string_member (given, name, settings->models[i]);
    }
  json_object_set_object_member (report, "given", given);
  json_object_set_object_member (report, "before", describe (before));
  return report;
}

static gboolean
has_object (JsonNode *root, const char *name)
{
  JsonNode *node = json_object_get_member (json_node_get_object (root), name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node);
}

/* What was said before the first step, or NULL. (transfer full) */
static JsonObject *
read_report (const GenTrainingSettings *settings)
{
  g_autofree char *path = find_file (settings, REPORT);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  JsonNode *root;

  if (!gen_json_load (parser, path, &error)) {
    g_debug ("nothing to compare with: %s", error->message);
    return NULL;
  }
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root) || !has_object (root, "given") ||
      !has_object (root, "before"))
    return NULL;
  return json_object_ref (json_node_get_object (root));
}

/* --- report.md --- */

/* (transfer full) */
static char *
to_text (JsonObject *figures, const char *name)
{
  JsonNode *node = json_object_get_member (figures, name);
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return g_strdup ("–");
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return g_strdup (json_node_get_string (node));
  return g_strdup (g_ascii_formatd (number, sizeof number, "%.4g", json_node_get_double (node)));
}

/* A figure, NaN where there is none: a count is none. */
static double
to_figure (JsonObject *figures, const char *name)
{
  JsonNode *node = json_object_get_member (figures, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
                 json_node_get_value_type (node) == G_TYPE_DOUBLE
             ? json_node_get_double (node)
             : NAN;
}

static gboolean
is_share (const GenRecipe *recipe, const char *name)
{
  for (guint i = 0; i < recipe->n_figures; i++)
    if (strcmp (recipe->figures[i].figure.field.name, name) == 0)
      return recipe->figures[i].is_share;
  return FALSE;
}

/* Of shares in percentage points, of other figures as a share of what they were. */
static char *
to_change (const GenRecipe *recipe, JsonObject *before, JsonObject *after, const char *name)
{
  const double was = to_figure (before, name), is = to_figure (after, name);
  const double change = 100 * (is - was) / fabs (was);

  if (is_share (recipe, name) && isfinite (is - was))
    return g_strdup_printf ("%+.1f percentage points", 100 * (is - was));
  return isfinite (change) ? g_strdup_printf ("%+.1f %%", change) : g_strdup ("");
}

/* The text of a member, which may be missing. */
static const char *
text_of (JsonObject *object, const char *name)
{
  return json_object_has_member (object, name) ? json_object_get_string_member (object, name) : "";
}

/* `last`, where it is not NULL, is of the last step, and `after` of the best validation. */
static void
add_row (GString *text, const GenRecipe *recipe, JsonObject *before, JsonObject *after,
    JsonObject *last, const GArray *verdicts, const char *name)
{
  const GenFigureVerdict *verdict = gen_training_verdict_of (verdicts, name);
  g_autofree char *was = to_text (before, name), *is = to_text (after, name),
                  *change = to_change (recipe, before, after, name);

  g_string_append_printf (text, "| %s | %s | %s | %s |", name, was, is, change);
  if (verdict != NULL) {
    g_autofree char *interval = gen_training_verdict_interval (verdict);

    g_string_append_printf (text, " %s | %s |", interval,
        gen_paired_difference_verdict (&verdict->difference, verdict->better));
  } else if (verdicts->len > 0) {
    g_string_append (text, " | |");
  }
  if (last != NULL) {
    g_autofree char *at_last = to_text (last, name);

    g_string_append_printf (text, " %s |", at_last);
  }
  g_string_append (text, "\n");
}

static void
add_table (GString *text, const GenRecipe *recipe, JsonObject *before, JsonObject *after,
    JsonObject *last, const GArray *verdicts)
{
  const gboolean judged = verdicts->len > 0;
  g_autoptr (GList) names = json_object_get_members (after);

  g_string_append_printf (text, "\n| | before | after | change |%s%s\n|---|---|---|---|%s%s\n",
      judged ? " the change is between | verdict |" : "", last != NULL ? " last step |" : "",
      judged ? "---|---|" : "", last != NULL ? "---|" : "");
  for (GList *name = names; name != NULL; name = name->next)
    add_row (text, recipe, before, after, last, verdicts, name->data);
}

static gboolean
is_of_best (const GenJudged *judged)
{
  return g_str_equal (judged->nets, "best");
}

/* Which nets are meant by "after", and what the figure that decides says of them. */
static void
add_verdict (GString *text, const GenJudged *judged, const GArray *verdicts)
{
  const GenFigureVerdict *verdict = gen_training_verdict_of (verdicts, judged->objective->name);
  g_autofree char *words = NULL;

  if (is_of_best (judged))
    g_string_append_printf (text,
        "\nAfter training are the nets of the best validation by %s, of step %" G_GUINT64_FORMAT
        ", which are in `" GEN_CHECKPOINT_BEST "`.\n",
        judged->objective->name, judged->step);
  if (verdict == NULL)
    return;
  words = gen_training_verdict_to_text (verdict, judged->samples);
  g_string_append_printf (text, "\nVerdict by %s: %s.\n", judged->objective->name, words);
}

/* Which samples figures are of is worth a word. */
static void
add_split (GString *text, JsonObject *before, JsonObject *after)
{
  const char *was = text_of (before, "split"), *is = text_of (after, "split");

  if (*was != '\0' && *is != '\0' && strcmp (was, is) != 0)
    g_string_append_printf (text,
        "\nFigures before are of the %s samples, and those after of the %s samples: they do not "
        "compare.\n",
        was, is);
  else if (strcmp (is, "validation") == 0)
    g_string_append (text,
        "\nThe samples are those of the validation, as there were none to test by: the best nets "
        "are chosen by them, which makes these look better than they are.\n");
  else if (strcmp (is, "test") == 0)
    g_string_append (text,
        "\nThe samples are those of the test, which neither training nor the choice of the best "
        "nets has seen.\n");
}

static gboolean
write_markdown (const GenTrainingSettings *settings, JsonObject *report, const GenJudged *judged,
    const GArray *verdicts, GError **error)
{
  JsonObject *before = json_object_get_object_member (report, "before");
  JsonObject *last = json_object_get_object_member (report, "after");
  JsonObject *after = is_of_best (judged) ? json_object_get_object_member (report, "best") : last;
  JsonObject *given = json_object_get_object_member (report, "given");
  g_autoptr (GList) models = json_object_get_members (given);
  g_autoptr (GString) text = g_string_new ("# Before and after training\n\n");

  g_string_append_printf (text, "Recipe `%s`", settings->trainer.recipe->name);
  for (GList *model = models; model != NULL; model = model->next)
    g_string_append_printf (text, "%s `%s` `%s`", model == models ? ", begun with" : ",",
        (const char *)model->data, json_object_get_string_member (given, model->data));
  g_string_append (text, ".\n");
  add_verdict (text, judged, verdicts);
  add_table (
      text, settings->trainer.recipe, before, after, is_of_best (judged) ? last : NULL, verdicts);
  add_split (text, before, after);
  g_string_append_printf (text,
      "\nWhat the nets make of the same %s:\n\n| before | after |\n|---|---|\n"
      "| ![before](before.png) | ![after](after.png) |\n",
      settings->trainer.recipe->made_of == GEN_MADE_OF_LATENTS ? "latents" : "samples");
  return write_text (settings, MARKDOWN, text->str, error);
}

/* --- before and after --- */

static gboolean
save_shown (const GenTrainingMoment *before, GError **error)
{
  const gsize size = gen_trainer_latent_size (before->trainer);
  const guint n_shown = before->settings->trainer.recipe->n_shown;
  const GenShape shape = GEN_SHAPE ((gint64)before->columns * before->rows / n_shown, (gint64)size);
  g_autofree char *path = find_file (before->settings, SHOWN);

  return gen_npy_save (path, GEN_TYPE_FLOAT32, &shape, before->shown, error);
}

static gboolean
save_tested (const GenTrainingMoment *before, JsonObject *report, GError **error)
{
  g_autofree char *path = find_file (before->settings, TESTED);

  return before->detail == NULL || gen_training_verdict_save (before->detail, path,
                                       json_object_get_object_member (report, "before"), error);
}

gsize
gen_training_comparison_load (const char *checkpoint, float *shown, gsize size, gsize n)
{
  g_autofree char *path = g_build_filename (checkpoint, FOLDER, SHOWN, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  GenDataType type;
  GenShape shape;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return 0;
  bytes = gen_npy_load (path, &type, &shape, &error);
  if (bytes == NULL || type != GEN_TYPE_FLOAT32 || shape.rank != 2 ||
      shape.dims[1] != (gint64)size) {
    g_debug ("'%s' is not read: %s", path, error != NULL ? error->message : "another shape");
    return 0;
  }
  n = MIN (n, (gsize)shape.dims[0]);
  memcpy (shown, g_bytes_get_data (bytes, NULL), n * size * sizeof (float));
  return n;
}

void
gen_training_comparison_remove (const GenTrainingSettings *settings)
{
  static const char *const files[] = { REPORT, MARKDOWN, BEFORE, AFTER, SHOWN, TESTED };
  g_autofree char *folder = find_file (settings, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = find_file (settings, files[i]);

    if (g_unlink (path) != 0 && errno != ENOENT)
      g_warning (
          "cannot remove '%s', which is of an earlier training: %s", path, g_strerror (errno));
  }
  g_rmdir (folder);
}

gboolean
gen_training_comparison_begin (const GenTrainingMoment *before, GError **error)
{
  g_autofree char *folder = find_file (before->settings, NULL);
  g_autoptr (JsonObject) report = begin_report (before);

  if (g_mkdir_with_parents (folder, 0777) != 0) {
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "'%s': %s", folder,
        g_strerror (errno));
    return FALSE;
  }
  return draw (before, BEFORE, error) && save_shown (before, error) &&
         save_tested (before, report, error) && write_json (before->settings, report, error);
}

/* The figures in `report` of the nets that it is about. */
static JsonObject *
judged_figures (JsonObject *report, const GenTrainingMoment *after)
{
  return json_object_get_object_member (report, after->best != NULL ? "best" : "after");
}

/* Of the figures in `report`. (transfer full) */
static GArray *
find_verdicts (const GenTrainingMoment *after, JsonObject *report)
{
  const GenTrainingSettings *settings = after->settings;
  JsonObject *before = json_object_get_object_member (report, "before");
  g_autofree char *path = find_file (settings, TESTED);
  g_auto (GenValidationDetail) kept = { 0 };
  const GenFigureDetail was = { before, &kept };
  const GenFigureDetail is = { judged_figures (report, after),
    after->best != NULL ? after->best_detail : after->detail };

  if (is.detail == NULL || strcmp (text_of (before, "split"), after->split) != 0)
    return g_array_new (FALSE, FALSE, sizeof (GenFigureVerdict));
  gen_validation_detail_init (&kept);
  gen_training_verdict_load (&kept, path, before);
  return gen_training_verdict_find (
      settings->trainer.recipe, after->objective, settings->trainer.seed, &was, &is);
}

static GenJudged
find_judged (const GenTrainingMoment *after)
{
  const gboolean best = after->best != NULL;
  const GenValidationFigures *figures = best ? after->best : after->figures;

  return (GenJudged){ .objective = after->objective,
    .nets = best ? "best" : "last",
    .step = best ? after->best_step : gen_trainer_steps (after->trainer),
    .samples = figures != NULL ? figures->samples : 0 };
}

/* Say what is in `report`. */
static void
tell (const GenTrainingMoment *after, JsonObject *report, const GenJudged *judged,
    const GArray *verdicts, const GenTrainingEvents *events)
{
  const char *name = after->objective->name;
  const double was = to_figure (json_object_get_object_member (report, "before"), name);
  const double is = to_figure (judged_figures (report, after), name);
  const GenFigureVerdict *verdict = gen_training_verdict_of (verdicts, name);
  g_autofree char *path = find_file (after->settings, MARKDOWN);
  g_autofree char *words =
      verdict != NULL ? gen_training_verdict_to_text (verdict, judged->samples) : NULL;
  g_autofree char *nets =
      is_of_best (judged)
          ? g_strdup_printf (
                " (of the best validation, at step %" G_GUINT64_FORMAT ")", judged->step)
          : g_strdup ("");

  if (isfinite (was) && isfinite (is))
    gen_training_tell (events, "%s was %.4g before training and is %.4g after it%s%s%s; see '%s'",
        name, was, is, nets, words != NULL ? ": " : "", words != NULL ? words : "", path);
  else
    gen_training_tell (events, "what the nets made before training and after it is in '%s'", path);
  if (verdict != NULL)
    gen_training_verdict_tell (verdicts, judged, events);
}

/* Set a member, or take that of an end that was not the last one away. `object` is given. */
static void
replace_object (JsonObject *report, const char *name, JsonObject *object)
{
  if (object != NULL)
    json_object_set_object_member (report, name, object);
  else if (json_object_has_member (report, name))
    json_object_remove_member (report, name);
}

gboolean
gen_training_comparison_end (
    const GenTrainingMoment *after, const GenTrainingEvents *events, GError **error)
{
  const GenTrainingSettings *settings = after->settings;
  const GenRecipe *recipe = settings->trainer.recipe;
  const GenJudged judged = find_judged (after);
  g_autoptr (JsonObject) report = read_report (settings);
  g_autoptr (GArray) verdicts = NULL;

  if (report == NULL)
    return TRUE;
  json_object_set_object_member (report, "after", describe (after));
  replace_object (report, "best",
      after->best != NULL
          ? gen_training_describe_figures (recipe, after->best_step, after->split, after->best)
          : NULL);
  verdicts = find_verdicts (after, report);
  replace_object (report, "verdict",
      verdicts->len > 0 ? gen_training_verdict_describe (verdicts, &judged) : NULL);
  if (!draw (after, AFTER, error) || !write_json (settings, report, error) ||
      !write_markdown (settings, report, &judged, verdicts, error))
    return FALSE;
  tell (after, report, &judged, verdicts, events);
  return TRUE;
}
