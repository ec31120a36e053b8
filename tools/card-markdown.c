/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A card for people: Markdown, in the sections of Mitchell et al. What nobody has said is told as
 * not given, and never guessed. */
#include "card-markup.h"

#include <string.h>

#include "../lib/base/json-file.h"
#include "../lib/base/json-members.h"
#include "card.h"

/* --- model details --- */

static void
append_models (GString *page, JsonArray *models)
{
  g_string_append (page, "| file | what it does | parameters | bytes | SHA-256 |\n"
                         "|---|---|---|---|---|\n");
  for (guint i = 0; i < gen_json_length_of (models); i++) {
    JsonObject *model = json_array_get_object_element (models, i);
    const char *description = gen_json_text_in (model, "description");

    g_string_append (page, "| ");
    card_append_code (page, gen_json_text_in (model, "name"));
    g_string_append (page, " | ");
    card_append_text (page, description != NULL ? description : CARD_NOT_GIVEN);
    g_string_append (page, " | ");
    card_append_count (page, model, "parameters");
    g_string_append (page, " | ");
    card_append_count (page, model, "bytes");
    g_string_append (page, " | ");
    card_append_code (page, gen_json_text_in (model, "sha256"));
    g_string_append (page, " |\n");
  }
  g_string_append_c (page, '\n');
}

/* Where it comes from: weights, teachers, bases. */
static void
append_origin (GString *page, JsonObject *facts)
{
  JsonArray *given = gen_json_array_in (facts, "given"),
            *adapters = gen_json_array_in (facts, "adapters");

  for (guint i = 0; i < gen_json_length_of (given); i++) {
    JsonObject *one = json_array_get_object_element (given, i);
    const char *digest = gen_json_text_in (one, "sha256");

    g_string_append_printf (page, "- begun with (%s): ", gen_json_text_in (one, "setting"));
    card_append_code (page, gen_json_text_in (one, "path"));
    g_string_append (page,
        digest != NULL ? ", SHA-256 of what lies there now " : ", which is not there any more");
    if (digest != NULL)
      card_append_code (page, digest);
    g_string_append_c (page, '\n');
  }
  for (guint i = 0; i < gen_json_length_of (adapters); i++) {
    JsonObject *one = json_array_get_object_element (adapters, i);
    const char *base = gen_json_text_in (one, "base"),
               *digest = gen_json_text_in (one, "base-sha256");

    g_string_append (page, "- adapter ");
    card_append_code (page, gen_json_text_in (one, "name"));
    g_string_append (page, ", SHA-256 ");
    card_append_code (page, gen_json_text_in (one, "sha256"));
    g_string_append (page, ", for the weights of ");
    card_append_text (page, base != NULL ? base : "a net");
    if (digest != NULL) {
      g_string_append (page, ", SHA-256 ");
      card_append_code (page, digest);
    }
    g_string_append_c (page, '\n');
  }
}

static void
append_details (GString *page, JsonObject *facts)
{
  const struct {
    const char *what, *name, *more;
  } items[] = { { "recipe", "recipe", "recipe-description" },
    { "preset", "preset", "preset-description" }, { "licence of the model", "licence", NULL },
    { "trained by gst-generative", "version", NULL } };

  for (guint i = 0; i < G_N_ELEMENTS (items); i++) {
    const char *text = gen_json_text_in (facts, items[i].name);
    const char *more = items[i].more != NULL ? gen_json_text_in (facts, items[i].more) : NULL;
    g_autofree char *both =
        text != NULL && more != NULL ? g_strdup_printf ("%s (%s)", text, more) : NULL;

    card_append_item (page, items[i].what, both != NULL ? both : text);
  }
  g_string_append (page, "- steps: ");
  card_append_count (page, facts, "step");
  g_string_append (page, ", of samples: ");
  card_append_count (page, facts, "samples");
  g_string_append_c (page, '\n');
  append_origin (page, facts);
  g_string_append (page, "- SHA-256 of training.json: ");
  card_append_code (page, gen_json_text_in (facts, "training-sha256"));
  g_string_append (page, "\n\n");
  append_models (page, gen_json_array_in (facts, "models"));
  if (json_object_get_size (gen_json_object_in (facts, "settings")) > 0) {
    g_string_append (page, "Settings that are not what they are by themselves, and those that are "
                           "always asked for:\n\n");
    card_append_pairs (page, gen_json_object_in (facts, "settings"), "setting", "value");
  }
}

/* --- figures --- */

static void
append_figures (GString *page, JsonObject *facts)
{
  JsonArray *figures = gen_json_array_in (facts, "figures");

  if (gen_json_length_of (figures) == 0) {
    g_string_append (page, "Figures: " CARD_NOT_GIVEN "\n\n");
    return;
  }
  g_string_append (page, "| figure | value | samples | of |\n|---|---|---|---|\n");
  for (guint i = 0; i < gen_json_length_of (figures); i++) {
    JsonObject *figure = json_array_get_object_element (figures, i);

    g_string_append (page, "| ");
    card_append_text (page, gen_json_text_in (figure, "name"));
    g_string_append (page, " | ");
    card_append_number (page, gen_json_number_in (figure, "value"));
    g_string_append (page, " | ");
    card_append_count (page, figure, "samples");
    g_string_append (page, " | ");
    card_append_text (page, gen_json_text_in (figure, "of"));
    g_string_append (page, " |\n");
  }
  g_string_append_c (page, '\n');
}

/* "0.9 [0.8, 0.97]" */
static void
append_interval (GString *page, JsonObject *group, const char *number, const char *interval)
{
  double ends[2];

  card_append_number (page, gen_json_number_in (group, number));
  if (!gen_json_interval_in (group, interval, ends))
    return;
  g_string_append (page, " [");
  card_append_number (page, ends[0]);
  g_string_append (page, ", ");
  card_append_number (page, ends[1]);
  g_string_append (page, "]");
}

static void
append_group (GString *page, const char *name, JsonObject *group)
{
  g_string_append (page, "| ");
  card_append_text (page, name);
  g_string_append (page, " | ");
  card_append_count (page, group, "samples");
  g_string_append (page, " | ");
  append_interval (page, group, "mean", "interval");
  g_string_append (page, " | ");
  if (json_object_has_member (group, "difference"))
    append_interval (page, group, "difference", "difference-interval");
  g_string_append (page, " | ");
  if (json_object_has_member (group, "p-adjusted"))
    card_append_number (page, gen_json_number_in (group, "p-adjusted"));
  g_string_append_printf (page, " | %s |\n",
      gen_json_text_in (group, "verdict") != NULL ? gen_json_text_in (group, "verdict") : "");
}

static void
append_bias (GString *page, JsonObject *facts)
{
  JsonObject *figures = gen_json_object_in (gen_json_object_in (facts, "bias"), "figures");
  JsonObjectIter iter, groups;
  const char *name, *group;
  JsonNode *node;

  if (figures == NULL) {
    g_string_append (page, "Figures by class, and gaps between classes: " CARD_NOT_GIVEN "\n\n");
    return;
  }
  json_object_iter_init_ordered (&iter, figures);
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    JsonObject *figure = json_node_get_object (node);

    g_string_append_printf (page, "%s by class (intervals of 95%%; p adjusted by Holm): ", name);
    card_append_text (page, gen_json_text_in (figure, "verdict"));
    g_string_append (page, ".\n\n| class | samples | mean | behind the best | p | verdict |\n"
                           "|---|---|---|---|---|---|\n");
    if (gen_json_object_in (figure, "all") != NULL)
      append_group (page, "all", gen_json_object_in (figure, "all"));
    json_object_iter_init_ordered (&groups, gen_json_object_in (figure, "groups"));
    while (json_object_iter_next_ordered (&groups, &group, &node))
      append_group (page, group, json_node_get_object (node));
    g_string_append_c (page, '\n');
  }
}

/* --- data --- */

static void
append_left_out (GString *page, JsonObject *left_out)
{
  JsonArray *files = gen_json_array_in (left_out, "opt-outs");
  JsonObject *reasons = gen_json_object_in (left_out, "reasons");

  if (left_out == NULL) {
    g_string_append (page, "- left out: nothing, and no opt-outs were kept with the data\n");
    return;
  }
  g_string_append (page, "- left out: ");
  card_append_count (page, left_out, "items");
  g_string_append (page, " items");
  if (reasons != NULL && json_object_get_size (reasons) > 0) {
    g_autofree char *text = NULL;
    g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), reasons);

    text = gen_json_to_text (node, FALSE);
    g_string_append (page, ", ");
    card_append_text (page, text);
  }
  g_string_append_c (page, '\n');
  for (guint i = 0; i < gen_json_length_of (files); i++) {
    JsonObject *file = json_array_get_object_element (files, i);

    g_string_append (page, "- opt-outs heeded: ");
    card_append_code (page, gen_json_text_in (file, "name"));
    g_string_append (page, ", SHA-256 ");
    card_append_code (page, gen_json_text_in (file, "sha256"));
    g_string_append_c (page, '\n');
  }
}

static void
append_licence (GString *page, JsonObject *facts, JsonObject *found)
{
  JsonObject *licences = gen_json_object_in (found, "licences");
  JsonObject *file = gen_json_object_in (found, "licence-file");
  const char *stated = gen_json_text_in (facts, "data-licence");

  if (stated != NULL || (licences == NULL && file == NULL))
    card_append_item (page, "licence of the data", stated);
  if (file != NULL) {
    g_string_append (page, "- licence that lies with the data: ");
    card_append_code (page, gen_json_text_in (file, "name"));
    g_string_append (page, ", which begins \"");
    card_append_text (page, gen_json_text_in (file, "begins"));
    g_string_append (page, "\", SHA-256 ");
    card_append_code (page, gen_json_text_in (file, "sha256"));
    g_string_append_c (page, '\n');
  }
  if (licences != NULL) {
    g_string_append (page, "\n");
    card_append_pairs (page, licences, "licence", "items");
  }
}

static void
append_data (GString *page, JsonObject *facts)
{
  JsonObject *data = gen_json_object_in (facts, "data"),
             *found = gen_json_object_in (facts, "data-found");
  const char *const digests[][2] = { { "listing-sha256", "SHA-256 of the listing" },
    { "file-sha256", "SHA-256 of the file" } };

  card_append_item (page, "location", gen_json_text_in (data, "location"));
  card_append_item (page, "split", gen_json_text_in (data, "split"));
  if (found == NULL) {
    g_string_append (page, "- what was found in the data: " CARD_NOT_GIVEN "\n");
    append_licence (page, facts, NULL);
    g_string_append_c (page, '\n');
    return;
  }
  g_string_append (page, "- items: ");
  card_append_count (page, found, "items");
  g_string_append (page, ", of which in the split: ");
  card_append_count (page, found, "samples");
  g_string_append_c (page, '\n');
  for (guint i = 0; i < G_N_ELEMENTS (digests); i++)
    if (gen_json_text_in (found, digests[i][0]) != NULL) {
      g_string_append_printf (page, "- %s: ", digests[i][1]);
      card_append_code (page, gen_json_text_in (found, digests[i][0]));
      g_string_append_c (page, '\n');
    }
  append_left_out (page, gen_json_object_in (found, "left-out"));
  append_licence (page, facts, found);
  g_string_append_c (page, '\n');
  if (gen_json_object_in (found, "classes") != NULL)
    card_append_pairs (page, gen_json_object_in (found, "classes"), "class", "items");
}

/* --- energy --- */

static void
append_energy (GString *page, JsonObject *facts)
{
  JsonObject *cost = gen_json_object_in (facts, "cost"),
             *energy = gen_json_object_in (facts, "energy");

  g_string_append (page, "## Energy\n\n- time of the clock: ");
  card_append_number (page, gen_json_number_in (cost, "wall-seconds"));
  g_string_append (page, " s; of the processors: ");
  card_append_number (page, gen_json_number_in (cost, "processor-seconds"));
  g_string_append (page, " s, of the process that led, in trainings: ");
  card_append_count (page, cost, "trainings");
  g_string_append (page, ", processes: ");
  card_append_count (page, cost, "processes");
  g_string_append_c (page, '\n');
  card_append_item (page, "processor", gen_json_text_in (cost, "processor"));
  card_append_item (page, "device that was asked for", gen_json_text_in (cost, "device"));
  if (energy == NULL) {
    g_string_append (page, "- energy: " CARD_NOT_GIVEN "\n");
    return;
  }
  g_string_append (page, "- energy: ");
  card_append_number (page, gen_json_number_in (energy, "watt-hours"));
  g_string_append (page, " Wh, by ");
  card_append_text (page, gen_json_text_in (energy, "method"));
  g_string_append_c (page, '\n');
}

/* --- all of it --- */

static void
append_evaluation_data (GString *page, JsonObject *facts)
{
  const char *measured = gen_json_text_in (facts, "measured-on");

  card_append_item (page, "measured for this card on", measured);
  if (gen_json_length_of (gen_json_array_in (facts, "figures")) > 0)
    g_string_append (page, "- what each figure is of stands beside it\n");
  g_string_append_c (page, '\n');
}

static void
append_known (GString *page, const char *section, JsonObject *facts)
{
  if (g_str_equal (section, "model-details"))
    append_details (page, facts);
  else if (g_str_equal (section, "evaluation-data"))
    append_evaluation_data (page, facts);
  else if (g_str_equal (section, "training-data"))
    append_data (page, facts);
  else if (g_str_equal (section, "metrics"))
    append_figures (page, facts);
  else if (g_str_equal (section, "quantitative-analyses"))
    append_bias (page, facts);
}

char *
card_to_markdown (JsonObject *facts)
{
  GString *page = g_string_new ("# Model card: ");

  card_append_text (page, gen_json_text_in (facts, "name"));
  g_string_append (page, "\n\n");
  for (const CardSection *section = card_sections; section->name != NULL; section++) {
    const char *note = gen_json_text_in (gen_json_object_in (facts, "notes"), section->name);
    gsize begun;

    g_string_append_printf (page, "## %s\n\n", section->title);
    begun = page->len;
    append_known (page, section->name, facts);
    if (note != NULL)
      g_string_append_printf (page, "%s\n\n", note);
    else if (page->len == begun)
      g_string_append (page, CARD_NOT_GIVEN "\n\n");
  }
  append_energy (page, facts);
  return g_string_free (page, FALSE);
}
