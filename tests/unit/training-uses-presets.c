/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What presets say that they read of the settings is what changes their nets. */
#include "../preset-options.h"
#include "graph-text.h"
#include "setting-changes.h"

/* (transfer full), NULL where there are no such nets. */
static char *
describe_nets (const GenPreset *preset, const GenPresetOptions *options)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < GEN_RECIPE_MAX_NETS && preset->nets[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) net = preset->nets[i](options, &error);

    g_assert_no_error (error);
    graph_text_add (text, net);
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
      setting_change (&changed, setting_find (names[i]));
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/training/uses/presets", test_presets);
  return g_test_run ();
}
