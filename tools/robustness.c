/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model robustness: how often a classifier is right about samples as they are, and about
 * those that attacks have changed a little; and how far a discriminator's scores can be moved. */
#include <math.h>
#include <string.h>

#include "command.h"
#include "robustness-sheet.h"
#include "robustness-tell.h"
#include "training-data.h"

#define DEFAULT_ATTACKS "fgsm,pgd"
#define DEFAULT_STEPS 20
/* In pictures of 28 x 28 or so: barely seen, seen, and plain. */
#define DEFAULT_LINF "0.02,0.05,0.1"
#define DEFAULT_L2 "0.5,1,2"
#define MOST_RESTARTS 1000

typedef struct {
  char *attacks, *epsilons, *sheet_path, *made;
  int steps, threads;
  double step_size;
  gint64 seed;
  gboolean json;
  const char *path;
  JsonObject *said;
  AttackedNet net;
  TrainingData *data[PARTS];
  char **class_names; /* of the data */
  int *classes;       /* of the model, by those of the data; -1: it has none such */
  GPtrArray *runs;
  RobustnessCounts counts;
  AttackSheet *sheet;
  guint unlabelled; /* samples */
  guint64 batches;
  /* Of the batch that is being filled. */
  int part;
  guint filled;
  float *clean, *scores;
  int *labels, *found;
  NetAttacked attacked;
} Robustness;

static void
robustness_clear (Robustness *self)
{
  g_free (self->attacks);
  g_free (self->epsilons);
  g_free (self->sheet_path);
  g_free (self->made);
  g_clear_pointer (&self->said, json_object_unref);
  g_clear_pointer (&self->runs, g_ptr_array_unref);
  attacked_net_clear (&self->net);
  for (int part = 0; part < PARTS; part++)
    g_clear_pointer (&self->data[part], training_data_free);
  g_strfreev (self->class_names);
  g_free (self->classes);
  g_clear_pointer (&self->counts.trials, g_array_unref);
  g_clear_pointer (&self->sheet, attack_sheet_free);
  g_free (self->clean);
  g_free (self->scores);
  g_free (self->labels);
  g_free (self->found);
  g_free (self->attacked.fooled);
  g_free (self->attacked.changed);
  g_free (self->attacked.score);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Robustness, robustness_clear)

/* --- what is tried --- */

static void
run_free (gpointer run)
{
  net_attack_free (run);
}

static gboolean
read_epsilon (const char *text, double *epsilon, GError **error)
{
  char *end;

  *epsilon = g_ascii_strtod (text, &end);
  if (end != text && *end == '\0' && isfinite (*epsilon) && *epsilon >= 0)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--epsilons: \"%s\" is no share of a sample's range, a number of 0 or more", text);
  return FALSE;
}

static gboolean
add_trials (Robustness *self, const GenAttack *attack, GError **error)
{
  const char *usual = g_str_equal (attack->norm, "l2") ? DEFAULT_L2 : DEFAULT_LINF;
  g_auto (GStrv) texts = g_strsplit (self->epsilons != NULL ? self->epsilons : usual, ",", -1);
  NetAttack *run = net_attack_new (&self->net, attack, (guint64)self->seed, self->threads, error);

  if (run == NULL)
    return FALSE;
  g_ptr_array_add (self->runs, run);
  for (char **text = texts; *text != NULL; text++) {
    Trial trial = { attack, { 0, self->step_size, self->steps }, run, { { 0 } } };

    if (!read_epsilon (g_strstrip (*text), &trial.settings.epsilon, error) ||
        !gen_attack_settings_check (&trial.settings, error))
      return FALSE;
    g_array_append_val (self->counts.trials, trial);
  }
  return TRUE;
}

static gboolean
plan_trials (Robustness *self, GError **error)
{
  g_auto (GStrv) names =
      g_strsplit (self->attacks != NULL ? self->attacks : DEFAULT_ATTACKS, ",", -1);

  self->runs = g_ptr_array_new_with_free_func (run_free);
  self->counts.trials = g_array_new (FALSE, FALSE, sizeof (Trial));
  for (char **name = names; *name != NULL; name++) {
    const GenAttack *attack = gen_attack_find (g_strstrip (*name), error);

    if (attack == NULL)
      return FALSE;
    if (attack != &gen_attack_none && !add_trials (self, attack, error))
      return FALSE;
  }
  if (self->counts.trials->len > 0)
    return TRUE;
  g_set_error_literal (
      error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--attacks and --epsilons name no attack");
  return FALSE;
}

/* --- the data --- */

/* What is searched for is what the model takes. */
static void
say_medium (const Robustness *self, JsonObject *said)
{
  if (!json_object_has_member (said, "medium"))
    json_object_set_string_member (said, "medium", self->net.format.medium->name);
}

/* Samples are as large as the model takes, unless somebody says otherwise. */
static void
follow_net (Robustness *self)
{
  const GenFormat *format = &self->net.format;
  const struct {
    const char *name;
    gint64 number;
  } all[] = { { "width", format->width }, { "height", format->height },
    { "channels", format->channels }, { "rate", format->rate },
    { "length", (gint64)format->length } };

  say_medium (self, self->said);
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    if (all[i].number > 0 && !json_object_has_member (self->said, all[i].name))
      json_object_set_int_member (self->said, all[i].name, all[i].number);
}

/* Whether the model takes samples of `has`, where `wanted` leaves 0 what it leaves free. */
static gboolean
fits (const GenFormat *wanted, const GenFormat *has)
{
  if (has->medium != wanted->medium || has->channels != wanted->channels)
    return FALSE;
  if (has->medium == &gen_medium_sound)
    return (wanted->rate == 0 || wanted->rate == has->rate) &&
           (wanted->length == 0 || wanted->length == has->length);
  return (wanted->width == 0 || wanted->width == has->width) &&
         (wanted->height == 0 || wanted->height == has->height);
}

static gboolean
check_format (Robustness *self, const TrainingData *data, GError **error)
{
  GenFormat *wanted = &self->net.format;
  const GenFormat *format = training_data_get_format (data);
  g_autofree char *text = gen_format_describe (format);

  if (!fits (wanted, format)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "samples are %s of %s, which the model does not take", format->medium->plural, text);
    return FALSE;
  }
  if (format->medium == &gen_medium_sound && format->length == 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "length: how many frames of a sound the model is given has to be said, since it takes any");
    return FALSE;
  }
  *wanted = *format;
  return TRUE;
}

/* By their names, where the model says how it calls them, else by their numbers. */
static gboolean
find_classes (Robustness *self, GError **error)
{
  if (self->net.classes == 1)
    return TRUE;
  self->class_names = training_data_get_classes (self->data[PART_REAL]);
  self->classes = gen_class_map ((const char *const *)self->net.class_names, self->net.classes,
      (const char *const *)self->class_names, g_strv_length (self->class_names));
  if (self->class_names[0] != NULL)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "the samples have no classes: a folder for each is wanted, rows-per-label of a sheet, or "
      "labels");
  return FALSE;
}

/* Samples that were made, which are like the real ones but for where they are. */
static gboolean
open_made (Robustness *self, GError **error)
{
  g_autoptr (JsonObject) said = json_object_new ();

  if (self->made == NULL)
    return TRUE;
  if (self->net.classes > 1) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--made: %s tells classes apart, and not real samples from made ones", self->path);
    return FALSE;
  }
  if (!training_data_say (said, "location", self->made, error))
    return FALSE;
  say_medium (self, said);
  self->data[PART_MADE] = training_data_open (said, NULL, &self->net.format, "--made", error);
  return self->data[PART_MADE] != NULL;
}

static gboolean
open_data (Robustness *self, GError **error)
{
  TrainingData **data = &self->data[PART_REAL];
  const guint batch = (guint)self->net.batch;
  gsize numbers;

  follow_net (self);
  *data = training_data_open (self->said, NULL, NULL, "data", error);
  if (*data == NULL || !check_format (self, *data, error) || !find_classes (self, error) ||
      !open_made (self, error))
    return FALSE;
  numbers = self->net.format.medium->count_numbers (&self->net.format);
  self->clean = g_new (float, batch *numbers);
  self->scores = g_new (float, batch);
  self->labels = g_new (int, batch);
  self->found = g_new (int, batch);
  self->attacked =
      (NetAttacked){ g_new (gboolean, batch), g_new (float, batch *numbers), g_new (float, batch) };
  if (self->sheet_path == NULL)
    return TRUE;
  if (self->net.format.medium == &gen_medium_picture) {
    self->sheet = attack_sheet_new (&self->net.format);
    return TRUE;
  }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--sheet: it shows pictures, and samples are %s", self->net.format.medium->plural);
  return FALSE;
}

/* --- measuring --- */

static gboolean
try (Robustness *self, Trial *trial, gboolean shown, GError **error)
{
  const gsize numbers = self->net.format.medium->count_numbers (&self->net.format);
  PartCount *count = &trial->counts[self->part];

  if (!net_attack_run (trial->run, &trial->settings, self->counts.restarts, self->clean,
          self->labels, self->filled, self->batches, &self->attacked, error))
    return FALSE;
  for (guint i = 0; i < self->filled; i++) {
    const float moved = self->attacked.score[i] - self->scores[i];

    count->score += self->attacked.score[i];
    count->moved += moved;
    if (self->found[i] != self->labels[i])
      continue;
    count->right += !self->attacked.fooled[i];
    if (shown && self->sheet != NULL)
      attack_sheet_add (self->sheet, self->clean + i * numbers,
          self->attacked.changed + i * numbers, self->attacked.fooled[i]);
  }
  return TRUE;
}

static gboolean
measure_batch (Robustness *self, GError **error)
{
  PartCount *count = &self->counts.clean[self->part];
  GArray *trials = self->counts.trials;

  if (self->filled == 0)
    return TRUE;
  if (!net_attack_classify (
          self->runs->pdata[0], self->clean, self->filled, self->found, self->scores, error))
    return FALSE;
  for (guint i = 0; i < self->filled; i++) {
    count->right += self->found[i] == self->labels[i];
    count->score += self->scores[i];
  }
  for (guint i = 0; i < trials->len; i++)
    if (!try (self, &g_array_index (trials, Trial, i), i + 1 == trials->len, error))
      return FALSE;
  self->counts.n[self->part] += self->filled;
  self->filled = 0;
  self->batches++;
  return TRUE;
}

/* The class of an item, as the model has it, or -1 where it has none; of a discriminator 1 for what
 * is real. FALSE where the model has no such class. */
static gboolean
find_label (const Robustness *self, guint32 item, int *label, GError **error)
{
  const AttackedNet *net = &self->net;
  int class;

  *label = self->part == PART_REAL;
  if (net->classes == 1)
    return TRUE;
  class = training_data_get_label (self->data[self->part], item);
  *label = class < 0 ? -1 : self->classes[class];
  if (class < 0 || *label >= 0)
    return TRUE;
  if (net->class_names != NULL)
    return gen_class_find ((const char *const *)net->class_names, net->classes,
               self->class_names[class], error) >= 0;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "a sample is of class \"%s\", which may be any of the %u that the model tells apart: it does "
      "not say how it calls them. Data of all of them, in their order, or numbers from 0 on for "
      "names are wanted",
      self->class_names[class], net->classes);
  return FALSE;
}

/* The numbers of a sample: a sound is cut, or ended in silence. */
static void
write_numbers (const Robustness *self, const GenSample *sample, float *numbers)
{
  const GenAttackRange *range = &self->net.range;
  const gsize wanted = self->net.format.length;
  g_auto (GenSound) fitted = { 0 };
  GenSample whole = *sample;

  if (sample->medium == &gen_medium_sound && sample->sound.frames != wanted) {
    const gsize there = MIN (sample->sound.frames, wanted);

    gen_sound_init (&fitted, sample->sound.rate, sample->sound.channels, wanted);
    memcpy (
        fitted.data, sample->sound.data, there * (gsize)sample->sound.channels * sizeof (float));
    whole.sound = fitted;
  }
  sample->medium->to_numbers (&whole, range->low, range->high, numbers);
}

static gboolean
take (const GenSample *samples, const guint32 *items, int n, gpointer user_data, GError **error)
{
  Robustness *self = user_data;
  const gsize numbers = self->net.format.medium->count_numbers (&self->net.format);

  for (int i = 0; i < n; i++) {
    int label;

    if (!find_label (self, items[i], &label, error))
      return FALSE;
    if (label < 0) {
      self->unlabelled++;
      continue;
    }
    write_numbers (self, &samples[i], self->clean + self->filled * numbers);
    self->labels[self->filled++] = label;
    if (self->filled == (guint)self->net.batch && !measure_batch (self, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
measure (Robustness *self, GError **error)
{
  for (self->part = 0; self->part < PARTS; self->part++)
    if (self->data[self->part] != NULL &&
        (!training_data_read (self->data[self->part], &self->net.format, take, self, error) ||
            !measure_batch (self, error)))
      return FALSE;
  if (self->unlabelled > 0)
    command_warn ("%u samples were left out, which have no class", self->unlabelled);
  if (self->counts.n[PART_REAL] > 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "no sample has a class");
  return FALSE;
}

/* --- all of it --- */

static gboolean
read_said (Robustness *self, char **arguments, GError **error)
{
  self->said = json_object_new ();
  for (char **text = arguments; *text != NULL; text++) {
    g_auto (GStrv) parts = g_strsplit (*text, "=", 2);
    const gboolean is_named = parts[1] != NULL;

    if (training_data_say (
            self->said, is_named ? parts[0] : "location", is_named ? parts[1] : *text, error))
      continue;
    g_prefix_error (error, "%s: ", *text);
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_restarts (const Robustness *self, GError **error)
{
  if (self->counts.restarts >= 1 && self->counts.restarts <= MOST_RESTARTS)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--restarts is %d, and should be from 1 to %d", self->counts.restarts, MOST_RESTARTS);
  return FALSE;
}

static char *
describe (void)
{
  GString *text = g_string_new (
      "DATA is what datasetsrc reads, with a class for each sample, and what is said of it, as "
      "NAME=VALUE:\n\n  generative-model robustness classes/ema.onnx digits.png tile-width=20 "
      "tile-height=20 \\\n    rows-per-label=5 fit=pad split=validation\n\nA sample counts as "
      "right that is taken for its class as it is and at every step of the attack.\nAn epsilon is "
      "a share of the range from black to white, or of full scale from -1 to 1: of each\nnumber "
      "(linf), or the root of the sum of their squares (l2). Classes are those of the model's\n"
      "names, where it has them, else of their numbers.\n\nA model that makes one score is a "
      "discriminator, which takes DATA for real where that is above 0\n(of a probability, above "
      "0.5): attacks push scores of real samples down, and of made ones up.\n\nAttacks:\n");

  for (const GenAttack *const *a = gen_attack_list (); *a != NULL; a++)
    if (*a != &gen_attack_none)
      g_string_append_printf (text, "  %-8s %s\n", (*a)->name, (*a)->description);
  g_string_append (text, "\nNames:\n");
  training_data_describe_settings (text);
  return g_string_free (text, FALSE);
}

static gboolean
tell (const Robustness *self, GError **error)
{
  if (self->json)
    robustness_print_json (&self->counts);
  else
    robustness_print_text (&self->counts);
  return self->sheet_path == NULL || attack_sheet_save (self->sheet, self->sheet_path, error);
}

static int
run (int argc, char **argv)
{
  g_auto (Robustness) self = { .steps = DEFAULT_STEPS, .counts.restarts = 1 };
  const GOptionEntry entries[] = {
    { "attacks", 'a', 0, G_OPTION_ARG_STRING, &self.attacks,
        "With commas between them (" DEFAULT_ATTACKS ")", "NAMES" },
    { "epsilons", 'e', 0, G_OPTION_ARG_STRING, &self.epsilons,
        "How far samples are changed, with commas between them (linf: " DEFAULT_LINF
        "; l2: " DEFAULT_L2 ")",
        "NUMBERS" },
    { "steps", 's', 0, G_OPTION_ARG_INT, &self.steps, "Of those that make several (20)", "N" },
    { "step-size", 0, 0, G_OPTION_ARG_DOUBLE, &self.step_size,
        "How far each goes (2.5 * epsilon / steps)", "NUMBER" },
    { "restarts", 'r', 0, G_OPTION_ARG_INT, &self.counts.restarts,
        "Places from which each sample is attacked, of which the worst counts (1)", "N" },
    { "made", 'm', 0, G_OPTION_ARG_FILENAME, &self.made,
        "Samples that were made, for a discriminator to tell from the real ones in DATA",
        "LOCATION" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &self.seed, "Of where they begin (0)", "N" },
    { "sheet", 0, 0, G_OPTION_ARG_FILENAME, &self.sheet_path,
        "Write examples of the last attack: as they were, changed, and what was changed (PNG)",
        "FILE" },
    { "threads", 't', 0, G_OPTION_ARG_INT, &self.threads, "Threads (as many as cores)", "N" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &self.json, "Print JSON", NULL },
    { NULL },
  };
  g_autofree char *details = describe ();
  GError *error = NULL;

  if (!command_parse (&command_robustness, entries, details, 2, -1, &argc, &argv))
    return STATUS_USAGE;
  self.path = argv[1];
  self.counts.net = &self.net;
  if (!check_restarts (&self, &error) || !read_said (&self, argv + 2, &error) ||
      !attacked_net_open (&self.net, self.path, &error) || !open_data (&self, &error) ||
      !plan_trials (&self, &error) || !measure (&self, &error) || !tell (&self, &error))
    return command_fail_of (self.path, error);
  return STATUS_FINE;
}

const Command command_robustness = {
  .name = "robustness",
  .arguments = "MODEL DATA… [NAME=VALUE…]",
  .summary = "Measure how often a classifier or discriminator is right under attacks",
  .run = run,
};
