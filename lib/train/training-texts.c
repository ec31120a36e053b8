/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What settings of a training say of presets, schedules and recipes: it follows from the lists of
 * these, so that one that is added is named without anybody thinking of it. */
#include "training-texts.h"

#include <string.h>

#include <generative/sampler.h>

/* --- numbers, and who has them --- */

/* "64 in dcgan, 16 in wavegan and sound-vae": those that have no number (0) are not named. */
typedef struct {
  GArray *numbers;  /* of int, each once */
  GPtrArray *names; /* of GString, as many */
} Holders;

static void
name_free (gpointer name)
{
  g_string_free (name, TRUE);
}

static Holders
holders_new (void)
{
  return (Holders){ g_array_new (FALSE, FALSE, sizeof (int)),
    g_ptr_array_new_with_free_func (name_free) };
}

static void
add_holder (Holders *holders, int number, const char *name)
{
  guint i = 0;

  if (number == 0)
    return;
  while (i < holders->numbers->len && g_array_index (holders->numbers, int, i) != number)
    i++;
  if (i < holders->numbers->len) {
    g_string_append_printf (holders->names->pdata[i], ", %s", name);
    return;
  }
  g_array_append_val (holders->numbers, number);
  g_ptr_array_add (holders->names, g_string_new (name));
}

/* Frees it. */
static void
append_holders (GString *text, Holders *holders, const char *between)
{
  for (guint i = 0; i < holders->numbers->len; i++)
    g_string_append_printf (text, "%s%d %s %s", i > 0 ? "; " : "",
        g_array_index (holders->numbers, int, i), between,
        ((GString *)holders->names->pdata[i])->str);
  g_array_unref (holders->numbers);
  g_ptr_array_unref (holders->names);
}

/* --- settings --- */

static void
add_widths (GString *text)
{
  Holders holders = holders_new ();

  for (const GenPreset *const *preset = gen_preset_list (); *preset != NULL; preset++) {
    g_autofree char *folded = g_strdup_printf ("%s where it folds patches", (*preset)->name);

    add_holder (&holders, (*preset)->width, (*preset)->name);
    add_holder (&holders, (*preset)->width_of_patches, folded);
  }
  g_string_append (text, " (0 = ");
  append_holders (text, &holders, "in");
  g_string_append_c (text, ')');
}

/* "4096, 8192, 16384", or of which it takes multiples. (transfer full) */
static char *
describe_lengths (const GenPreset *preset)
{
  GString *text = g_string_new (NULL);

  if (preset->length_step > 0)
    g_string_append_printf (text, "a multiple of %d", preset->length_step);
  for (const int *extent = preset->extents; extent != NULL && *extent != 0; extent++)
    g_string_append_printf (text, "%s%d", extent != preset->extents ? ", " : "", *extent);
  return g_string_free (text, FALSE);
}

static void
add_lengths (GString *text)
{
  Holders holders = holders_new ();
  g_autoptr (GPtrArray) told = g_ptr_array_new_with_free_func (g_free);

  for (const GenPreset *const *preset = gen_preset_list (); *preset != NULL; preset++) {
    char *lengths;

    if ((*preset)->medium != &gen_medium_sound)
      continue;
    add_holder (&holders, gen_preset_length (*preset), (*preset)->name);
    lengths = describe_lengths (*preset);
    if (g_ptr_array_find_with_equal_func (told, lengths, g_str_equal, NULL)) {
      g_free (lengths);
      continue;
    }
    g_string_append_printf (
        text, "%s%s as %s has it", told->len > 0 ? "; " : ": ", lengths, (*preset)->name);
    g_ptr_array_add (told, lengths);
  }
  g_string_append (text, " (0 = ");
  append_holders (text, &holders, "in");
  g_string_append_c (text, ')');
}

static void
add_schedules (GString *text)
{
  g_autofree char *names = gen_training_schedule_names ();

  g_string_append_printf (text, ": %s", names);
}

static void
add_sampling_steps (GString *text)
{
  Holders holders = holders_new ();

  for (const GenRecipe *const *recipe = gen_recipe_list (); *recipe != NULL; recipe++)
    if ((*recipe)->sampler != NULL)
      add_holder (&holders, (*recipe)->sampler->steps, (*recipe)->name);
  g_string_append (text, " (0 = ");
  append_holders (text, &holders, "with");
  g_string_append_c (text, ')');
}

static void
add_retain_weights (GString *text)
{
  const char *before = " (0 = ";

  for (const GenRetention *const *retention = gen_retention_list (); *retention != NULL;
       retention++) {
    if ((*retention)->weight == 0)
      continue;
    g_string_append_printf (text, "%s%g with %s", before, (*retention)->weight, (*retention)->name);
    before = ", ";
  }
  g_string_append_c (text, ')');
}

char *
gen_training_schedule_names (void)
{
  GString *names = g_string_new (NULL);

  for (const GenSchedule *const *schedule = gen_schedule_list (); *schedule != NULL; schedule++)
    if ((*schedule)->beta != NULL)
      g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", (*schedule)->name);
  return g_string_free (names, FALSE);
}

char *
gen_training_text (const GenSetting *setting)
{
  static const struct {
    const char *name;
    void (*add) (GString *text);
  } all[] = {
    { "width", add_widths },
    { "length", add_lengths },
    { "noise-schedule", add_schedules },
    { "sampling-steps", add_sampling_steps },
    { "retain-weight", add_retain_weights },
  };
  GString *text = g_string_new (setting->description);

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    if (strcmp (all[i].name, setting->name) == 0) {
      all[i].add (text);
      return g_string_free (text, FALSE);
    }
  g_string_free (text, TRUE);
  return NULL;
}
