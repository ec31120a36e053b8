/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What recipes, presets and their like say that they read of the settings is what they do: a
 * setting that one reads changes what it makes, and one that it does not read is refused. */
#include <generative/onnx.h>
#include <generative/training.h>

#include <math.h>
#include <string.h>

#include "../../lib/train/step-graph.h"
#include "../preset-options.h"
#include "../scratch.h"
#include "../trainers.h"

static char *scratch, *eye; /* a folder, and a model of pictures in it */

static const GenSetting *
find (const char *name)
{
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);
  g_autoptr (GError) error = NULL;
  const GenSetting *setting = gen_setting_find (list, n, name, &error);

  g_assert_no_error (error);
  return setting;
}

/* --- what a graph is --- */

static void add_graph (GString *text, const GenGraph *graph);

static void
add_constant (GString *text, const GenTensor *tensor)
{
  g_autofree char *sum =
      tensor->data != NULL ? g_compute_checksum_for_bytes (G_CHECKSUM_MD5, tensor->data) : NULL;

  if (tensor->role != GEN_ROLE_VALUE)
    g_string_append_printf (text, "%s %d %s\n", tensor->name, tensor->role, sum);
}

static void
add_attribute (GString *text, const GenAttribute *attribute)
{
  g_string_append_printf (text, " %s=%" G_GINT64_FORMAT ",%a,%s", attribute->name, attribute->i,
      (double)attribute->f, attribute->s);
  for (guint i = 0; attribute->ints != NULL && i < attribute->ints->len; i++)
    g_string_append_printf (text, ",%" G_GINT64_FORMAT, g_array_index (attribute->ints, gint64, i));
  for (guint i = 0; attribute->floats != NULL && i < attribute->floats->len; i++)
    g_string_append_printf (text, ",%a", (double)g_array_index (attribute->floats, float, i));
  if (attribute->graph != NULL)
    add_graph (text, attribute->graph);
}

static void
add_node (GString *text, const GenNode *node)
{
  g_string_append_printf (text, "%s %u", node->op->name, node->id);
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *input = node->inputs->pdata[i];

    g_string_append_printf (text, " %s", input != NULL ? input->name : "-");
  }
  for (guint i = 0; i < node->attributes->len; i++)
    add_attribute (text, node->attributes->pdata[i]);
  g_string_append_c (text, '\n');
}

static void
add_graph (GString *text, const GenGraph *graph)
{
  g_autoptr (GList) keys = g_hash_table_get_keys (graph->metadata);

  for (guint i = 0; i < graph->tensors->len; i++)
    add_constant (text, graph->tensors->pdata[i]);
  for (guint i = 0; i < graph->nodes->len; i++)
    add_node (text, graph->nodes->pdata[i]);
  for (guint i = 0; i < graph->outputs->len; i++)
    g_string_append_printf (text, "-> %s\n", ((GenTensor *)graph->outputs->pdata[i])->name);
  keys = g_list_sort (g_steal_pointer (&keys), (GCompareFunc)strcmp);
  for (GList *each = keys; each != NULL; each = each->next)
    g_string_append_printf (text, "%s: %s\n", (char *)each->data,
        (char *)g_hash_table_lookup (graph->metadata, each->data));
}

/* --- what a training is --- */

typedef struct {
  const GenRecipe *recipe;
  const GenPreset *preset;
  const GenPreset *teacher; /* whose net teaches, NULL for none */
  gboolean conditional;
  int width, height; /* 0: as the preset has it */
} Case;

static const Case cases[] = {
  { &gen_recipe_adversarial, &gen_preset_dcgan },
  { &gen_recipe_autoencoder, &gen_preset_autoencoder },
  { &gen_recipe_variational, &gen_preset_vae },
  { &gen_recipe_vector_quantized, &gen_preset_vq_vae },
  { &gen_recipe_classifier, &gen_preset_classifier },
  { &gen_recipe_masked, &gen_preset_masked_autoencoder },
  { &gen_recipe_interpolation, &gen_preset_interpolator, .width = 16, .height = 16 },
  { &gen_recipe_restoration, &gen_preset_cleaner, .width = 16, .height = 16 },
  { &gen_recipe_translation, &gen_preset_pix2pix, .width = 16, .height = 16 },
  { &gen_recipe_unpaired_translation, &gen_preset_cyclegan, .width = 16, .height = 16 },
  { &gen_recipe_diffusion, &gen_preset_unet_diffusion, .conditional = TRUE },
  { &gen_recipe_consistency, &gen_preset_unet_diffusion },
  { &gen_recipe_consistency, &gen_preset_unet_diffusion, &gen_preset_unet_diffusion, TRUE },
  { &gen_recipe_language, &gen_preset_transformer },
  { &gen_recipe_distillation, &gen_preset_classifier, &gen_preset_classifier },
  { &gen_recipe_distillation, &gen_preset_cleaner, &gen_preset_cleaner, .width = 16, .height = 16 },
  { &gen_recipe_generator_distillation, &gen_preset_vae, &gen_preset_vae },
};

/* Read beside the graph: where that is tested. */
static const char *const beside[] = {
  "penalty-interval", /* discriminators.c */
  "pair",
  "direction", /* translation.c */
  "teacher-model",
  "tokenizer", /* they are given as graphs here */
  NULL,
};

/* What others are with, and what is read of all kinds. */
static void
fill (GenTrainingSettings *settings, const Case *of)
{
  GenTrainerSettings *trainer = &settings->trainer;

  gen_training_settings_init (settings);
  settings->options = preset_options (of->preset);
  settings->options.latent_size = 4;
  settings->options.conditional = of->conditional;
  settings->options.width = of->preset == &gen_preset_vae ? 0 : 4;
  if (of->width > 0) {
    settings->options.format.width = of->width;
    settings->options.format.height = of->height;
  }
  trainer->recipe = of->recipe;
  trainer->batch_size = 2;
  trainer->optimizer = &gen_optimizer_sgd;
  trainer->r1 = trainer->r2 = 0.5;
  trainer->min_snr = 5;
  trainer->instance_noise = 0.5;
  trainer->augment_probability = 0.5;
  trainer->augment_target = 0.6;
  trainer->degradation = &gen_degradation_jpeg;
  trainer->perceptual_model = g_strdup (eye);
  trainer->ema = gen_recipe_averaged_net (of->recipe) >= 0 ? 0.5 : 0;
}

/* The averaged net of a preset. (transfer full) */
static GenGraph *
draw_averaged (const GenPreset *preset, const GenPresetOptions *options)
{
  g_autoptr (GError) error = NULL;
  GenGraph *graph = preset->nets[gen_recipe_averaged_net (preset->recipe)](options, &error);

  g_assert_no_error (error);
  return graph;
}

typedef struct {
  GenGraph *nets[GEN_RECIPE_MAX_NETS];
  GenGraph *teacher;
  GenTokenizer *tokenizer;
} Nets;

static void
draw_nets (Nets *nets, const Case *of, GenPresetOptions options)
{
  g_autoptr (GError) error = NULL;
  const guint n = gen_recipe_n_nets (of->recipe);

  *nets = (Nets){ { NULL } };
  if (of->recipe->coded)
    nets->tokenizer = fresh_tokenizer_new (of->recipe, &options);
  for (guint i = 0; i < n; i++) {
    nets->nets[i] = of->recipe->any_preset ? draw_averaged (of->preset, &options)
                                           : of->preset->nets[i](&options, &error);
    g_assert_no_error (error);
  }
  if (of->teacher == NULL)
    return;
  options.seed = 1;
  nets->teacher = draw_averaged (of->teacher, &options);
  if (of->conditional)
    g_hash_table_insert (nets->teacher->metadata, g_strdup ("generative.guidance"), g_strdup ("2"));
  if (of->teacher == &gen_preset_unet_diffusion) {
    const GenTrainerSettings taught = { GEN_TRAINER_DEFAULTS, .recipe = &gen_recipe_diffusion };

    gen_recipe_diffusion.describe (&taught, 0, nets->teacher->metadata);
  }
}

static void
nets_clear (Nets *nets)
{
  for (guint i = 0; i < GEN_RECIPE_MAX_NETS; i++)
    g_clear_pointer (&nets->nets[i], gen_graph_unref);
  g_clear_pointer (&nets->teacher, gen_graph_unref);
  g_clear_pointer (&nets->tokenizer, gen_tokenizer_unref);
}

/* All that is computed in training, validation and play, and what files say; an error is another
 * thing, too. (transfer full) */
static char *
describe (const GenTrainingSettings *settings, const Case *of, const Nets *nets)
{
  GenTrainerSettings trainer = settings->trainer;
  g_autoptr (GString) text = g_string_new (NULL);

  trainer.format = settings->options.format;
  trainer.teacher = nets->teacher;
  trainer.tokenizer = nets->tokenizer;
  for (guint purpose = GEN_STEP_TRAINS; purpose <= GEN_STEP_PLAYS; purpose++) {
    GenStepGraph built = { NULL };
    g_autoptr (GError) error = NULL;

    if (gen_step_graph_build (&built, purpose, nets->nets, &trainer, &error)) {
      add_graph (text, built.graph);
      g_string_append_printf (text, "%u runs\n", built.runs);
    } else {
      g_string_append (text, error->message);
    }
    gen_step_graph_clear (&built);
  }
  for (guint i = 0; of->recipe->describe != NULL && i < gen_recipe_n_nets (of->recipe); i++) {
    g_autoptr (GenGraph) net = gen_graph_copy (nets->nets[i]);

    of->recipe->describe (&trainer, i, net->metadata);
    add_graph (text, net);
  }
  return g_compute_checksum_for_string (G_CHECKSUM_MD5, text->str, (gssize)text->len);
}

/* --- changes --- */

/* Another value than it has. */
static GVariant *
other_value (const GenTrainingSettings *settings, const GenSetting *setting)
{
  static const struct {
    const char *name, *value, *second;
  } members[] = {
    { "loss", "hinge", "least-squares" },
    { "reconstruction", "ssim", "l2" },
    { "prediction", "epsilon", "sample" },
    { "noise-schedule", "linear", "cosine" },
    { "degradation", "noise", "blur" },
    { "optimizer", "adamw", "sgd" },
    { "learning-rate-schedule", "cosine", "linear" },
  };
  g_autoptr (GVariant) is = gen_setting_get (settings, setting);
  int number;

  switch (setting->type) {
  case GEN_SETTING_FLAG:
    return g_variant_new_boolean (!g_variant_get_boolean (is));
  case GEN_SETTING_INT:
    number = g_variant_get_int32 (is);
    return g_variant_new_int32 (number == 0 ? 8 : 2 * number);
  case GEN_SETTING_UINT:
    return g_variant_new_uint32 (g_variant_get_uint32 (is) + 3);
  case GEN_SETTING_UINT64:
    return g_variant_new_uint64 (g_variant_get_uint64 (is) + 30);
  case GEN_SETTING_DOUBLE:
    return g_variant_new_double (
        g_variant_get_double (is) == 0 ? 0.2 : g_variant_get_double (is) / 2);
  case GEN_SETTING_TEXT:
    return is == NULL ? g_variant_new_string (eye) : NULL;
  case GEN_SETTING_CHOICE:
    return g_variant_new_string (
        setting->choices[strcmp (g_variant_get_string (is, NULL), setting->choices[0]) == 0]);
  case GEN_SETTING_FAMILY:
    for (guint i = 0; i < G_N_ELEMENTS (members); i++)
      if (strcmp (members[i].name, setting->name) == 0)
        return g_variant_new_string (strcmp (g_variant_get_string (is, NULL), members[i].value) == 0
                                         ? members[i].second
                                         : members[i].value);
  }
  g_error ("%s: no other value", setting->name);
}

static void
change (GenTrainingSettings *settings, const GenSetting *setting)
{
  g_autoptr (GError) error = NULL;
  const gboolean set = gen_setting_set (settings, setting, other_value (settings, setting), &error);

  g_assert_no_error (error);
  g_assert_true (set);
}

/* --- recipes --- */

static gboolean
has (const GenRecipe *recipe, const char *name)
{
  for (guint i = 0; i < recipe->n_settings; i++)
    if (strcmp (recipe->settings[i].name, name) == 0)
      return TRUE;
  return FALSE;
}

/* The names of recipes' settings that change something of one of its cases. */
static GHashTable *
find_read (const GenRecipe *recipe)
{
  GHashTable *read = g_hash_table_new (g_str_hash, g_str_equal);
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);

  for (guint k = 0; k < G_N_ELEMENTS (cases); k++) {
    g_auto (GenTrainingSettings) plain = { 0 };
    g_autofree char *before = NULL;
    Nets nets;

    if (cases[k].recipe != recipe)
      continue;
    fill (&plain, &cases[k]);
    draw_nets (&nets, &cases[k], plain.options);
    before = describe (&plain, &cases[k], &nets);
    for (guint i = 0; i < n; i++) {
      g_auto (GenTrainingSettings) changed = { 0 };
      g_autofree char *after = NULL;
      gboolean of_recipes = FALSE;

      for (const GenRecipe *const *other = gen_recipe_list (); *other != NULL; other++)
        of_recipes |= has (*other, list[i].name);
      if (!of_recipes || g_strv_contains (beside, list[i].name))
        continue;
      gen_training_settings_copy (&plain, &changed);
      change (&changed, &list[i]);
      after = describe (&changed, &cases[k], &nets);
      if (strcmp (before, after) != 0)
        g_hash_table_add (read, (gpointer)list[i].name);
    }
    nets_clear (&nets);
  }
  return read;
}

static void
test_recipes (void)
{
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);
  guint wrong = 0;

  for (const GenRecipe *const *recipe = gen_recipe_list () + 1; *recipe != NULL; recipe++) {
    g_autoptr (GHashTable) read = find_read (*recipe);

    for (guint i = 0; i < n; i++)
      if (!g_strv_contains (beside, list[i].name) && has (*recipe, list[i].name) &&
          !g_hash_table_contains (read, list[i].name)) {
        g_test_message (
            "recipe %s says that it reads %s, and does not", (*recipe)->name, list[i].name);
        wrong++;
      }
  }
  g_assert_cmpuint (wrong, ==, 0);
}

/* --- presets --- */

/* (transfer full), NULL where there are no such nets. */
static char *
describe_nets (const GenPreset *preset, const GenPresetOptions *options)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < GEN_RECIPE_MAX_NETS && preset->nets[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) net = preset->nets[i](options, &error);

    g_assert_no_error (error);
    add_graph (text, net);
  }
  return g_compute_checksum_for_string (G_CHECKSUM_MD5, text->str, (gssize)text->len);
}

static void
test_presets (void)
{
  static const char *const names[] = { "latent-size", "dropout", "classes", "codes", "patch-size",
    "conditional", "width" };
  guint wrong = 0;

  for (const GenPreset *const *preset = gen_preset_list () + 1; *preset != NULL; preset++) {
    g_auto (GenTrainingSettings) plain = { 0 };
    g_autofree char *before = NULL, *told_before = NULL;
    GenPresetOptions told;

    gen_training_settings_init (&plain);
    plain.options = preset_options (*preset);
    plain.options.latent_size = 4;
    plain.options.width = (*preset)->width > 0 ? 4 : 0;
    before = describe_nets (*preset, &plain.options);
    told = plain.options;
    told.conditional = TRUE;
    told_before = describe_nets (*preset, &told);
    for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
      g_auto (GenTrainingSettings) changed = { 0 };
      g_autofree char *after = NULL;
      const gboolean of_told = strcmp (names[i], "classes") == 0;
      /* A tokenizer says how many there are. */
      const gboolean said = strcmp (names[i], "codes") != 0 || !(*preset)->recipe->coded;

      gen_training_settings_copy (&plain, &changed);
      changed.options.conditional = of_told;
      changed.options.patch_size = 4;
      change (&changed, find (names[i]));
      changed.options.patch_size = strcmp (names[i], "patch-size") == 0 ? 2 : 0;
      after = describe_nets (*preset, &changed.options);
      if (said && (strcmp (of_told ? told_before : before, after) != 0) !=
                      gen_preset_reads (*preset, names[i])) {
        g_test_message ("preset %s %s %s", (*preset)->name,
            gen_preset_reads (*preset, names[i]) ? "says that it reads, and does not,"
                                                 : "reads, and does not say so,",
            names[i]);
        wrong++;
      }
    }
    g_assert_true (
        gen_preset_reads (*preset, "length") == ((*preset)->medium == &gen_medium_sound));
    g_assert_false (gen_preset_reads (*preset, "r1"));
  }
  g_assert_cmpuint (wrong, ==, 0);
}

/* --- members of other families --- */

static void
check_names (const char *const *names)
{
  for (; names != NULL && *names != NULL; names++)
    find (*names);
}

/* All that is said to be read is a setting. */
static void
test_names (void)
{
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);

  for (const GenPreset *const *preset = gen_preset_list (); *preset != NULL; preset++)
    check_names ((*preset)->reads);
  for (const GenOptimizer *const *rule = gen_optimizer_list (); *rule != NULL; rule++)
    check_names ((*rule)->reads);
  for (const GenRateSchedule *const *rate = gen_rate_schedule_list (); *rate != NULL; rate++)
    check_names ((*rate)->reads);
  for (const GenLoss *const *loss = gen_loss_list (); *loss != NULL; loss++)
    check_names ((*loss)->reads);
  for (const GenDegradation *const *each = gen_degradation_list (); *each != NULL; each++)
    check_names ((*each)->reads);
  for (guint i = 0; i < n; i++)
    check_names (list[i].with);
}

static void
compare (const GenTrainingSettings *plain, const Case *of, const char *kind, const char *member,
    const char *const *reads, const char *const *names)
{
  g_autofree char *before = NULL;
  Nets nets;

  draw_nets (&nets, of, plain->options);
  before = describe (plain, of, &nets);
  for (; *names != NULL; names++) {
    g_auto (GenTrainingSettings) changed = { 0 };
    g_autofree char *after = NULL;

    gen_training_settings_copy (plain, &changed);
    change (&changed, find (*names));
    after = describe (&changed, of, &nets);
    if ((strcmp (before, after) != 0) != (reads != NULL && g_strv_contains (reads, *names)))
      g_error ("%s %s: what it says of %s is wrong", kind, member, *names);
  }
  nets_clear (&nets);
}

static void
test_optimizers (void)
{
  const Case of = { &gen_recipe_autoencoder, &gen_preset_autoencoder };

  for (const GenOptimizer *const *rule = gen_optimizer_list (); *rule != NULL; rule++) {
    g_auto (GenTrainingSettings) plain = { 0 };

    fill (&plain, &of);
    plain.trainer.optimizer = *rule;
    plain.trainer.ema = 0;
    compare (&plain, &of, "optimizer", (*rule)->name, (*rule)->reads,
        (const char *const[]){ "beta1", "beta2", "weight-decay", NULL });
  }
}

static void
test_losses (void)
{
  const Case of = { &gen_recipe_adversarial, &gen_preset_dcgan };

  for (const GenLoss *const *loss = gen_loss_list (); *loss != NULL; loss++) {
    g_auto (GenTrainingSettings) plain = { 0 };

    fill (&plain, &of);
    plain.trainer.loss = *loss;
    compare (&plain, &of, "loss", (*loss)->name, (*loss)->reads,
        (const char *const[]){ "label-smoothing", NULL });
  }
}

static void
test_degradations (void)
{
  const Case of_pictures = { &gen_recipe_restoration, &gen_preset_cleaner, .width = 16,
    .height = 16 };
  const Case of_smaller = { &gen_recipe_restoration, &gen_preset_super_resolver, .width = 16,
    .height = 16 };
  const Case of_sounds = { &gen_recipe_restoration, &gen_preset_bandwidth_extender };

  for (const GenDegradation *const *each = gen_degradation_list () + 1; *each != NULL; each++) {
    g_auto (GenTrainingSettings) plain = { 0 };
    const Case *of = (*each)->medium == &gen_medium_sound ? &of_sounds
                     : (*each)->shrinks                   ? &of_smaller
                                                          : &of_pictures;

    fill (&plain, of);
    plain.trainer.degradation = *each;
    g_clear_pointer (&plain.trainer.perceptual_model, g_free);
    compare (&plain, of, "degradation", (*each)->name, (*each)->reads,
        (const char *const[]){ "degradation-strength", "degradation-factor", NULL });
  }
}

static void
test_rate_schedules (void)
{
  static const char *const names[] = { "final-rate", "rate-decay", "decay-steps", "rate-patience" };
  const GenRatePlace place = { 70, 100, 2 };

  for (const GenRateSchedule *const *rate = gen_rate_schedule_list (); *rate != NULL; rate++)
    for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
      g_auto (GenTrainingSettings) settings = { 0 };
      const gboolean reads = (*rate)->reads != NULL && g_strv_contains ((*rate)->reads, names[i]);
      double before;

      gen_training_settings_init (&settings);
      settings.rate.decay_steps = 20;
      before = gen_rate_schedule_share (*rate, &settings.rate, &place);
      change (&settings, find (names[i]));
      /* Patience is training's, and ends plateaus. */
      if (strcmp (names[i], "rate-patience") == 0)
        g_assert_true (reads == (*rate == &gen_rate_schedule_plateau));
      else
        g_assert_true (
            reads == (before != gen_rate_schedule_share (*rate, &settings.rate, &place)));
    }
}

/* --- what is refused --- */

static const GenTrainingCallbacks callbacks = { 0 };

/* Say `name=value …` and begin; the error's text, or NULL where it may begin. (transfer full) */
static char *
begin (const char *said)
{
  g_auto (GenTrainingSettings) settings = { 0 };
  g_auto (GStrv) all = g_strsplit (said, " ", -1);
  g_autoptr (GenTraining) training = NULL;
  g_autoptr (GError) error = NULL;

  gen_training_settings_init (&settings);
  g_free (settings.checkpoint);
  settings.checkpoint = g_build_filename (scratch, "none", NULL);
  for (guint i = 0; all[i] != NULL; i++) {
    g_auto (GStrv) pair = g_strsplit (all[i], "=", 2);
    GVariant *value = gen_setting_parse (find (pair[0]), pair[1], &error);
    g_autoptr (GVariant) kept = value;

    g_assert_no_error (error);
    g_assert_true (gen_setting_set (&settings, find (pair[0]), value, &error));
    gen_training_settings_say (&settings, find (pair[0]));
  }
  training = gen_training_new (&settings, &callbacks, NULL, &error);
  if (training != NULL)
    return NULL;
  g_assert_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING);
  return g_strdup (error->message);
}

static void
test_refused (void)
{
  static const struct {
    const char *said, *text; /* NULL: it is not refused */
  } all[] = {
    { "recipe=classifier r1=1", "r1: recipe classifier has no use for it; it is for adversarial" },
    { "recipe=classifier r1=0", NULL },
    { "preset=vae mask-ratio=0.5", "mask-ratio: recipe variational has no use for it; it is for "
                                   "masked" },
    { "preset=vae patch-size=2",
        "patch-size: preset vae has no use for it; it is for vq-vae, unet-diffusion" },
    { "preset=vq-vae ema=0.9",
        "ema: recipe vector-quantized has no use for it; it is for all but autoencoder, "
        "vector-quantized, masked" },
    { "preset=vae codes=12", "codes: preset vae has no use for it; it is for vq-vae" },
    { "preset=vae classes=3", "classes: it changes nothing without conditional" },
    { "preset=vae classes=3 conditional=true", NULL },
    { "preset=classifier classes=3", NULL },
    { "preset=r3gan-lite conditional=true",
        "conditional: preset r3gan-lite has no use for it; it is for mlp, dcgan, wavegan, vae, "
        "sound-vae, unet-diffusion, transformer" },
    { "preset=mlp width=4", "width: preset mlp has no use for it; it is for all but mlp" },
    { "penalty-interval=4",
        "penalty-interval: it changes nothing without r1, r2 or gradient-penalty" },
    { "penalty-interval=4 r2=1", NULL },
    { "penalty-interval=1", NULL },
    { "preset=r3gan-lite penalty-interval=4", NULL },
    { "penalty=exact gradient-penalty=10", "penalty: it changes nothing without r1 or r2" },
    { "optimizer=rmsprop beta1=0.9",
        "beta1: optimizer rmsprop has no use for it; it is for all but rmsprop" },
    { "optimizer=sgd beta2=0.9", "beta2: optimizer sgd has no use for it; it is for adam, adamw, "
                                 "rmsprop, lion, schedule-free" },
    { "final-rate=0.5", "final-rate: learning-rate-schedule constant has no use for it; it is for "
                        "cosine, linear" },
    { "final-rate=0.5 learning-rate-schedule=linear", NULL },
    { "loss=wasserstein label-smoothing=0.1", "label-smoothing: loss wasserstein has no use for "
                                              "it; it is for all but wasserstein" },
    { "recipe=classifier label-smoothing=0.1", NULL },
    { "recipe=restoration degradation-factor=3", NULL },
    { "recipe=restoration degradation=noise degradation-factor=3",
        "degradation-factor: degradation noise has no use for it; it is for downscale, jpeg, "
        "bandwidth" },
    { "recipe=autoencoder encoder-model=a.onnx decoder-model=b.onnx latent-size=8",
        "latent-size: nets that no preset makes have no use for it; it is for mlp, dcgan, "
        "stylegan-lite, r3gan-lite, wavegan, vae, autoencoder, vq-vae, sound-vae" },
    { "recipe=autoencoder encoder-model=a.onnx decoder-model=b.onnx length=8", NULL },
    { "recipe=diffusion denoiser-model=a.onnx guidance=3", NULL },
    { "recipe=diffusion guidance=3", "guidance: it changes nothing without conditional" },
    { "preset=dcgan generator-model=a.onnx discriminator-model=b.onnx",
        "preset: nets are given as models, and dcgan would make others; weights has nets of a "
        "preset begin with a model's" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++) {
    g_autofree char *text = begin (all[i].said);

    g_test_message ("%s", all[i].said);
    g_assert_cmpstr (text, ==, all[i].text);
  }
}

/* Whatever recipe, what is not of it is refused, and named. */
static void
test_all_refused (void)
{
  guint n, n_refused = 0;
  const GenSetting *list = gen_training_setting_list (&n);

  for (const GenRecipe *const *recipe = gen_recipe_list () + 1; *recipe != NULL; recipe++)
    for (guint i = 0; i < n; i++) {
      g_auto (GenTrainingSettings) settings = { 0 };
      g_autoptr (GenTraining) training = NULL;
      g_autoptr (GError) error = NULL;

      if (list[i].type == GEN_SETTING_TEXT || !list[i].of_learning ||
          gen_training_setting_is_of (&list[i], *recipe))
        continue;
      gen_training_settings_init (&settings);
      settings.trainer.recipe = *recipe;
      for (const GenPreset *const *preset = gen_preset_list () + 1; *preset != NULL; preset++)
        if ((*preset)->recipe == *recipe || (*preset)->recipe == (*recipe)->presets_of)
          settings.preset = *preset;
      if ((*recipe)->any_preset)
        settings.preset = &gen_preset_vae;
      change (&settings, &list[i]);
      gen_training_settings_say (&settings, &list[i]);
      training = gen_training_new (&settings, &callbacks, NULL, &error);
      g_assert_null (training);
      g_assert_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING);
      g_assert_true (g_str_has_prefix (error->message, list[i].name));
      n_refused++;
    }
  g_assert_cmpuint (n_refused, >, 400);
}

static void
make_eye (void)
{
  GenPresetOptions options = preset_options (&gen_preset_cleaner);
  g_autoptr (GenGraph) net = NULL;
  g_autoptr (GError) error = NULL;

  options.width = 2;
  net = gen_preset_cleaner.nets[0](&options, &error);
  g_assert_no_error (error);
  eye = g_build_filename (scratch, "eye.onnx", NULL);
  g_assert_true (gen_onnx_save (net, eye, &error));
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  scratch = scratch_new ();
  make_eye ();
  g_test_add_func ("/training/uses/names", test_names);
  g_test_add_func ("/training/uses/recipes", test_recipes);
  g_test_add_func ("/training/uses/presets", test_presets);
  g_test_add_func ("/training/uses/optimizers", test_optimizers);
  g_test_add_func ("/training/uses/losses", test_losses);
  g_test_add_func ("/training/uses/degradations", test_degradations);
  g_test_add_func ("/training/uses/rate-schedules", test_rate_schedules);
  g_test_add_func ("/training/uses/refused", test_refused);
  g_test_add_func ("/training/uses/refused/all", test_all_refused);
  result = g_test_run ();
  scratch_remove (scratch);
  return result;
}
