/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model recipes: what can be trained, and which settings each recipe and preset reads.
 */
#include <generative/training-settings.h>

#include <string.h>

#include "command.h"
#include "settings-file.h"

/* --- all recipes --- */

static void
print_presets (const GenRecipe *recipe)
{
  const GenRecipe *of = recipe->presets_of != NULL ? recipe->presets_of : recipe;
  guint n = 0;

  for (const GenPreset *const *preset = gen_preset_list (); *preset != NULL; preset++)
    if ((*preset)->recipe == of)
      g_print ("%s%s", n++ > 0 ? ", " : "", (*preset)->name);
  if (n == 0)
    g_print ("%s", recipe->any_preset ? "any that has a net like the teacher" : "none");
}

static int
print_recipes (void)
{
  g_print ("| recipe | what it trains | presets |\n|---|---|---|\n");
  for (const GenRecipe *const *recipe = gen_recipe_list (); *recipe != NULL; recipe++) {
    if (*recipe == &gen_recipe_auto)
      continue;
    g_print ("| %s | %s | ", (*recipe)->name, (*recipe)->description);
    print_presets (*recipe);
    g_print (" |\n");
  }
  return STATUS_FINE;
}

/* --- one of them --- */

/* For whom a setting is, the first that holds. */
typedef enum {
  FOR_RECIPE, /* some recipes read it, and this one does */
  FOR_PRESET, /* the same of presets */
  FOR_ALL,
  FOR_OTHERS,
} Purpose;

/* Whether some preset reads it. */
static gboolean
is_option (const char *name)
{
  for (const GenPreset *const *preset = gen_preset_list (); *preset != NULL; preset++)
    if (gen_preset_reads (*preset, name))
      return TRUE;
  return FALSE;
}

static gboolean
is_of_all (const GenSetting *setting)
{
  for (const GenRecipe *const *recipe = gen_recipe_list (); *recipe != NULL; recipe++)
    if (*recipe != &gen_recipe_auto && !gen_training_setting_is_of (setting, *recipe))
      return FALSE;
  return TRUE;
}

/* `preset` may be NULL for any of the recipe's. */
static Purpose
find_purpose (const GenSetting *setting, const GenRecipe *recipe, const GenPreset *preset)
{
  if (!gen_training_setting_is_of (setting, recipe))
    return FOR_OTHERS;
  if (is_option (setting->name))
    return preset == NULL || gen_preset_reads (preset, setting->name) ? FOR_PRESET : FOR_OTHERS;
  return is_of_all (setting) ? FOR_ALL : FOR_RECIPE;
}

static void
print_settings (const GenTrainingSettings *settings, const GenRecipe *recipe,
    const GenPreset *preset, Purpose purpose, const char *title)
{
  g_autoptr (GString) text = g_string_new (NULL);
  guint n;
  const GenSetting *list = gen_training_setting_list (&n);

  for (guint i = 0; i < n; i++) {
    g_autofree char *described = NULL;
    GenSetting setting = list[i];

    if (find_purpose (&setting, recipe, preset) != purpose)
      continue;
    setting.description = described = gen_training_setting_describe (&setting, recipe);
    settings_file_describe (text, settings, &setting, 1);
  }
  if (text->len > 0)
    g_print ("\n%s\n%s", title, text->str);
}

static int
print_recipe (const GenRecipe *recipe, const GenPreset *preset)
{
  g_auto (GenTrainingSettings) settings = { 0 };

  gen_training_settings_init (&settings);
  settings.trainer.recipe = recipe;
  g_print ("%s: %s\n", recipe->name, recipe->description);
  if (preset == NULL) {
    g_print ("presets: ");
    print_presets (recipe);
    g_print ("\n");
  } else {
    g_autofree char *described = gen_preset_describe (preset);

    settings.preset = preset;
    gen_training_settings_follow_preset (&settings);
    g_print ("preset %s: %s\n", preset->name, described);
  }
  print_settings (&settings, recipe, preset, FOR_RECIPE, "What the recipe reads:");
  print_settings (&settings, recipe, preset, FOR_PRESET, "What the nets of presets are made by:");
  print_settings (&settings, recipe, preset, FOR_ALL, "What holds for all recipes:");
  return STATUS_FINE;
}

static int
run (int argc, char **argv)
{
  const GOptionEntry entries[] = { { NULL } };
  g_auto (GenTrainingSettings) settings = { 0 };
  g_autoptr (GError) error = NULL;
  const GenPreset *preset = NULL;

  gen_training_settings_init (&settings);
  if (!command_parse (&command_recipes, entries,
          "Of a recipe, and of one of its presets, all settings are told that they read, and what "
          "these are where\nnothing is said. A setting that nothing reads is refused by train and "
          "modeltrainer.",
          0, 2, &argc, &argv))
    return STATUS_USAGE;
  if (argc < 2)
    return print_recipes ();
  settings.trainer.recipe = gen_recipe_find (argv[1], &error);
  if (settings.trainer.recipe == NULL)
    return command_fail (g_steal_pointer (&error));
  if (argc > 2) {
    settings.preset = gen_preset_find (argv[2], &error);
    if (settings.preset == NULL)
      return command_fail (g_steal_pointer (&error));
    preset = gen_training_settings_preset (&settings, settings.preset->medium, &error);
    if (preset == NULL)
      return command_fail (g_steal_pointer (&error));
  }
  return print_recipe (gen_training_settings_recipe (&settings), preset);
}

const Command command_recipes = {
  .name = "recipes",
  .arguments = "[RECIPE [PRESET]]",
  .summary = "List what can be trained, and the settings that a recipe reads",
  .run = run,
};
