/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What settings are for. Recipes, presets and members of other families say themselves which
 * settings they read; one that some of a family read is for those alone. So texts, errors and
 * properties follow from what each says in its own file. */
#include "training-uses.h"

#include <string.h>

#include <generative/training.h>

#include "../base/family.h"

/* --- who reads what --- */

static gboolean
is_of_net (const GenNetRole *role, const char *name)
{
  const gsize length = strlen (role->name);

  return strncmp (name, role->name, length) == 0 && strcmp (name + length, "-model") == 0;
}

static gboolean
recipe_reads (gconstpointer member, const char *name)
{
  const GenRecipe *recipe = member;

  if (strcmp (name, "ema") == 0)
    return gen_recipe_averaged_net (recipe) >= 0;
  for (guint i = 0; i < recipe->n_settings; i++)
    if (strcmp (recipe->settings[i].name, name) == 0)
      return TRUE;
  for (guint i = 0; i < gen_recipe_n_nets (recipe); i++)
    if (is_of_net (recipe->nets[i].role, name))
      return TRUE;
  return FALSE;
}

static gboolean
preset_reads (gconstpointer member, const char *name)
{
  return gen_preset_reads (member, name);
}

static gboolean
contains (const char *const *names, const char *name)
{
  return names != NULL && g_strv_contains (names, name);
}

static gboolean
optimizer_reads (gconstpointer member, const char *name)
{
  return contains (((const GenOptimizer *)member)->reads, name);
}

static gboolean
rate_schedule_reads (gconstpointer member, const char *name)
{
  return contains (((const GenRateSchedule *)member)->reads, name);
}

static gboolean
loss_reads (gconstpointer member, const char *name)
{
  return contains (((const GenLoss *)member)->reads, name);
}

static gboolean
adapter_reads (gconstpointer member, const char *name)
{
  return contains (((const GenAdapter *)member)->reads, name);
}

static gboolean
retention_reads (gconstpointer member, const char *name)
{
  return contains (((const GenRetention *)member)->reads, name);
}

static gboolean
degradation_reads (gconstpointer member, const char *name)
{
  return contains (((const GenDegradation *)member)->reads, name);
}

static gboolean
attack_reads (gconstpointer member, const char *name)
{
  return contains (((const GenAttack *)member)->reads, name);
}

#define LIST(type) ((gconstpointer const *(*)(void))gen_##type##_list)

/* Families whose members read settings, by the setting that names one of them. Members begin with
 * their names (training-settings.c). */
typedef struct {
  const char *name;
  gconstpointer const *(*list) (void);
  gboolean (*reads) (gconstpointer member, const char *name);
} Family;

static const Family families[] = {
  { "recipe", LIST (recipe), recipe_reads },
  { "preset", LIST (preset), preset_reads },
  { "optimizer", LIST (optimizer), optimizer_reads },
  { "learning-rate-schedule", LIST (rate_schedule), rate_schedule_reads },
  { "loss", LIST (loss), loss_reads },
  { "degradation", LIST (degradation), degradation_reads },
  { "attack", LIST (attack), attack_reads },
  { "adapter", LIST (adapter), adapter_reads },
  { "retain", LIST (retention), retention_reads },
};

static const char *
name_of (gconstpointer member)
{
  return *(const char *const *)member;
}

/* It stands for one that is not known yet. */
static gboolean
is_open (gconstpointer member)
{
  return strcmp (name_of (member), "auto") == 0;
}

/* Whether a preset makes nets of the recipe. */
static gboolean
is_for (const GenPreset *preset, const GenRecipe *recipe)
{
  if (recipe->any_preset)
    return TRUE;
  return preset->recipe == (recipe->presets_of != NULL ? recipe->presets_of : recipe);
}

/* Members of a family that read a setting, and the others. */
typedef struct {
  GPtrArray *readers, *others; /* of names */
} Readers;

static void
readers_clear (Readers *readers)
{
  g_clear_pointer (&readers->readers, g_ptr_array_unref);
  g_clear_pointer (&readers->others, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Readers, readers_clear)

/* Of presets, those for `recipe`, where it is not NULL. */
static Readers
find_readers (const Family *family, const char *name, const GenRecipe *recipe)
{
  Readers found = { g_ptr_array_new (), g_ptr_array_new () };

  for (gconstpointer const *member = family->list (); *member != NULL; member++)
    if (!is_open (*member) &&
        (recipe == NULL || family->reads != preset_reads || is_for (*member, recipe)))
      g_ptr_array_add (family->reads (*member, name) ? found.readers : found.others,
          (gpointer)name_of (*member));
  return found;
}

/* "a, b" */
static void
append_names (GString *text, const GPtrArray *names)
{
  for (guint i = 0; i < names->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", (const char *)names->pdata[i]);
}

/* The few that do not are told of where nearly all do. */
static void
append_readers (GString *text, const Readers *found)
{
  const gboolean nearly_all =
      found->others->len > 0 && found->others->len * 3 < found->readers->len;

  if (nearly_all)
    g_string_append (text, "all but ");
  append_names (text, nearly_all ? found->others : found->readers);
}

/* --- what is known of a setting --- */

gboolean
gen_training_setting_is_of (const GenSetting *setting, const GenRecipe *recipe)
{
  g_auto (Readers) recipes = find_readers (&families[0], setting->name, NULL);
  g_auto (Readers) presets = find_readers (&families[1], setting->name, NULL);
  g_auto (Readers) of_recipe = find_readers (&families[1], setting->name, recipe);

  if (recipes.readers->len > 0 && !recipe_reads (recipe, setting->name))
    return FALSE;
  return presets.readers->len == 0 || of_recipe.readers->len > 0;
}

char *
gen_training_setting_describe (const GenSetting *setting, const GenRecipe *recipe)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (families); i++) {
    g_auto (Readers) found = find_readers (&families[i], setting->name, recipe);

    if (found.readers->len == 0 || found.others->len == 0 || (i == 0 && recipe != NULL))
      continue;
    g_string_append (text, text->len > 0 ? "; " : "[");
    if (i > 0)
      g_string_append_printf (text, "%s: ", families[i].name);
    append_readers (text, &found);
  }
  if (text->len > 0)
    g_string_append (text, "] ");
  g_string_append (text, setting->description);
  return g_string_free (text, FALSE);
}

/* --- what is said in vain --- */

/* The list, and the settings that are asked about. */
typedef struct {
  const GenTrainingSettings *settings;
  const GenSetting *list;
  guint n;
} Said;

static const GenSetting *
find (const Said *said, const char *name)
{
  return gen_setting_find (said->list, said->n, name, NULL);
}

/* The member that is chosen; NULL where nets are not a preset's. */
static gconstpointer
find_chosen (const Said *said, const Family *family)
{
  const GenTrainingSettings *settings = said->settings;

  if (family->reads == recipe_reads)
    return gen_training_settings_recipe (settings);
  if (family->reads == preset_reads && (gen_training_settings_has_models (settings) ||
                                           gen_training_settings_begin_as_teacher (settings)))
    return NULL;
  return G_STRUCT_MEMBER (gconstpointer, settings, find (said, family->name)->offset);
}

/* Lengths are those of models, too, where these leave them open. */
static gboolean
reads (const Family *family, gconstpointer member, const char *name)
{
  if (member == NULL)
    return strcmp (name, "length") == 0;
  return is_open (member) || family->reads (member, name);
}

/* Whether a setting says how samples are attacked. */
static gboolean
is_of_attacks (const char *name)
{
  return strcmp (name, "attack") == 0 || g_str_has_prefix (name, "attack-");
}

static gboolean
check_family (const Said *said, const Family *family, const char *name, GError **error)
{
  g_auto (Readers) found = find_readers (family, name, NULL);
  gconstpointer member = find_chosen (said, family);
  g_autoptr (GString) text = NULL;

  if (found.readers->len == 0 || reads (family, member, name))
    return TRUE;
  text = g_string_new (NULL);
  append_readers (text, &found);
  if (family->reads == recipe_reads && is_of_attacks (name) &&
      ((const GenRecipe *)member)->unattacked != NULL)
    g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
        "%s: recipe %s cannot attack samples: %s; it is for %s", name, name_of (member),
        ((const GenRecipe *)member)->unattacked, text->str);
  else if (member == NULL)
    g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
        "%s: nets that no preset makes have no use for it; it is for %s", name, text->str);
  else
    g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
        "%s: %s %s has no use for it; it is for %s", name, family->name, name_of (member),
        text->str);
  return FALSE;
}

/* What a loss reads is of recipes that have a loss, and of none else. */
static gboolean
applies (const Said *said, const Family *family)
{
  return gen_training_setting_is_of (
      find (said, family->name), gen_training_settings_recipe (said->settings));
}

static gboolean
is_same (const GenSetting *setting, const GenTrainingSettings *a, const GenTrainingSettings *b)
{
  GVariant *of_a = gen_setting_get (a, setting), *of_b = gen_setting_get (b, setting);
  g_autoptr (GVariant) sunk_a = of_a != NULL ? g_variant_ref_sink (of_a) : NULL;
  g_autoptr (GVariant) sunk_b = of_b != NULL ? g_variant_ref_sink (of_b) : NULL;

  return sunk_a == sunk_b || (sunk_a != NULL && sunk_b != NULL && g_variant_equal (sunk_a, sunk_b));
}

/* Nets that no preset makes are what they are, whatever options say. */
static gboolean
may_be_set (const Said *said, const char *name)
{
  static const GenTrainingSettings none = { 0 };
  const GenSetting *setting = find (said, name);
  g_auto (Readers) presets = find_readers (&families[1], name, NULL);

  if (presets.readers->len > 0 && find_chosen (said, &families[1]) == NULL)
    return TRUE;
  return !is_same (setting, said->settings, &none);
}

static gboolean
check_with (const Said *said, const GenSetting *setting, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; setting->with != NULL && setting->with[i] != NULL; i++) {
    if (may_be_set (said, setting->with[i]))
      return TRUE;
    g_string_append_printf (names, "%s%s",
        i == 0                         ? ""
        : setting->with[i + 1] != NULL ? ", "
                                       : " or ",
        setting->with[i]);
  }
  if (setting->with == NULL)
    return TRUE;
  g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
      "%s: it changes nothing without %s", setting->name, names->str);
  return FALSE;
}

/* Nets that may be told classes are told of some where they are. */
static gboolean
check_classes (const Said *said, const GenSetting *setting, GError **error)
{
  const GenPreset *preset = find_chosen (said, &families[1]);

  if (strcmp (setting->name, "classes") != 0 || preset == NULL || !preset->conditional ||
      said->settings->options.conditional)
    return TRUE;
  g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
      "classes: it changes nothing without conditional");
  return FALSE;
}

static gboolean
check_preset (const GenTrainingSettings *settings, GError **error)
{
  if (settings->preset == &gen_preset_auto || !gen_training_settings_has_models (settings))
    return TRUE;
  g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
      "preset: nets are given as models, and %s would make others; weights has nets of a preset "
      "begin with a model's",
      settings->preset->name);
  return FALSE;
}

gboolean
gen_training_uses_check (const GenTrainingSettings *settings, GError **error)
{
  Said said = { settings };
  g_auto (GenTrainingSettings) defaults = { 0 };

  said.list = gen_training_setting_list (&said.n);
  gen_training_settings_init (&defaults);
  for (guint i = 0; i < said.n; i++) {
    const GenSetting *setting = &said.list[i];

    if (!settings->said[i] || is_same (setting, settings, &defaults))
      continue;
    for (guint k = 0; k < G_N_ELEMENTS (families); k++)
      if (applies (&said, &families[k]) &&
          !check_family (&said, &families[k], setting->name, error))
        return FALSE;
    if (!check_with (&said, setting, error) || !check_classes (&said, setting, error))
      return FALSE;
  }
  return check_preset (settings, error);
}
