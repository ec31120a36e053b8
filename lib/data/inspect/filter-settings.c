/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be said of filters: a least and a greatest value of each measure, and what is no
 * measure. */
#include <generative/data-filter.h>

#include <math.h>

#define FIELD(field) .offset = G_STRUCT_OFFSET (GenDataFilterSettings, field)

static const GenSetting others[] = {
  { .name = "without",
      .nick = "Without",
      .description = NULL, /* made of the findings */
      .type = GEN_SETTING_TEXT,
      FIELD (without) },
  { .name = "duplicate-distance",
      .nick = "Duplicate distance",
      .description = "With without=near-duplicate, bits of 64 in which the fingerprints of "
                     "near-duplicates differ at most",
      .type = GEN_SETTING_UINT,
      FIELD (distance),
      .minimum = 0,
      .maximum = GEN_FINGERPRINT_MAX_DISTANCE },
  { .name = "deny",
      .nick = "Deny",
      .description = "A file of SHA-256, one a line, as sha256sum writes them: items of these are "
                     "left out (unset: none are)",
      .type = GEN_SETTING_TEXT,
      FIELD (deny) },
  { .name = "opt-outs",
      .nick = "Opt-outs",
      .description =
          "A file of what nobody may learn from, beside those that are kept with the data "
          "(opt-outs.txt, ai.txt, robots.txt, tdmrep.json), which are heeded in any case "
          "(unset: those alone)",
      .type = GEN_SETTING_TEXT,
      FIELD (opt_outs) },
  { .name = "gate",
      .nick = "Gate",
      .description = "An ONNX model that makes numbers of an item, a classifier for one; min-gate "
                     "and max-gate are what one of them is to be (unset: none)",
      .type = GEN_SETTING_TEXT,
      FIELD (gate) },
  { .name = "gate-output",
      .nick = "Gate output",
      .description = "Which of the numbers of the gate's model: the name of a class, where the "
                     "model has names for its classes, or a number from 0 on (unset: number 0)",
      .type = GEN_SETTING_TEXT,
      FIELD (gate_output) },
  { .name = "min-gate",
      .nick = "Min gate",
      .description = "Leave out items of which the gate's model makes less",
      .type = GEN_SETTING_DOUBLE,
      FIELD (gate_range.minimum),
      .minimum = -G_MAXDOUBLE,
      .maximum = G_MAXDOUBLE },
  { .name = "max-gate",
      .nick = "Max gate",
      .description = "Leave out items of which the gate's model makes more",
      .type = GEN_SETTING_DOUBLE,
      FIELD (gate_range.maximum),
      .minimum = -G_MAXDOUBLE,
      .maximum = G_MAXDOUBLE },
  { .name = "report",
      .nick = "Report",
      .description = "A file where the list of what the filters leave out is written, and why, as "
                     "JSON Lines; leave-out takes it (unset: nowhere)",
      .type = GEN_SETTING_TEXT,
      FIELD (report) },
};

static char *
describe_findings (void)
{
  GString *text =
      g_string_new ("Leave out items of which one of these is true, by commas (unset: none are):");

  for (const GenDataFinding *const *finding = gen_data_finding_list (); *finding != NULL; finding++)
    g_string_append_printf (text, "%s %s (%s)", finding == gen_data_finding_list () ? "" : ",",
        (*finding)->name, (*finding)->summary);
  return g_string_free (text, FALSE);
}

/* Lists of settings are static, and so are texts that are made once. */
static const char *
keep (char *text)
{
  const char *kept = g_intern_string (text);

  g_free (text);
  return kept;
}

static void
add_range (GArray *list, const GenDataMeasure *measure, gsize offset)
{
  const char *const of = measure->medium != NULL ? measure->medium->plural : "items";
  GenSetting setting = {
    .type = GEN_SETTING_DOUBLE, .minimum = measure->least, .maximum = measure->most
  };

  setting.name = keep (g_strconcat ("min-", measure->name, NULL));
  setting.nick = keep (g_strconcat ("Min ", measure->name, NULL));
  setting.description = keep (g_strdup_printf (
      "Leave out %s that have less: %s (%s)", of, measure->summary, measure->unit));
  setting.offset = offset + G_STRUCT_OFFSET (GenDataRange, minimum);
  g_array_append_val (list, setting);
  setting.name = keep (g_strconcat ("max-", measure->name, NULL));
  setting.nick = keep (g_strconcat ("Max ", measure->name, NULL));
  setting.description = keep (g_strdup_printf (
      "Leave out %s that have more: %s (%s)", of, measure->summary, measure->unit));
  setting.offset = offset + G_STRUCT_OFFSET (GenDataRange, maximum);
  g_array_append_val (list, setting);
}

void
gen_data_filter_add_settings (GArray *list, gsize offset)
{
  const GenDataMeasure *const *measures = gen_data_measure_list ();

  for (int i = 0; measures[i] != NULL; i++)
    add_range (list, measures[i],
        offset + G_STRUCT_OFFSET (GenDataFilterSettings, ranges) +
            (gsize)i * sizeof (GenDataRange));
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++) {
    GenSetting setting = others[i];

    setting.offset += offset;
    if (setting.description == NULL)
      setting.description = keep (describe_findings ());
    g_array_append_val (list, setting);
  }
}

void
gen_data_filter_settings_init (GenDataFilterSettings *settings)
{
  const GenDataMeasure *const *measures = gen_data_measure_list ();

  *settings = (GenDataFilterSettings){ .distance = 4, .gate_range = { -G_MAXDOUBLE, G_MAXDOUBLE } };
  for (int i = 0; measures[i] != NULL; i++)
    settings->ranges[i] = (GenDataRange){ measures[i]->least, measures[i]->most };
}
