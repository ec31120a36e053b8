/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A card for programs: JSON-LD, by the terms of schema.org. What it has none for is a
 * PropertyValue, whose propertyID is what training.json calls it. */
#include "card.h"

#include <math.h>
#include <string.h>

#include "../lib/base/json-file.h"
#include "../lib/base/json-members.h"

#define CONTEXT "https://schema.org/"

static JsonObject *
new_thing (const char *type)
{
  JsonObject *thing = json_object_new ();

  json_object_set_string_member (thing, "@type", type);
  return thing;
}

static void
add_if_any (JsonObject *thing, const char *name, JsonArray *array)
{
  if (json_array_get_length (array) > 0)
    json_object_set_array_member (thing, name, array);
  else
    json_array_unref (array);
}

/* --- files --- */

static JsonObject *
describe_file (JsonObject *file, const char *name, const char *format)
{
  JsonObject *thing = new_thing ("MediaObject");
  const double bytes = gen_json_number_in (file, "bytes");
  const double parameters = gen_json_number_in (file, "parameters");

  gen_json_set_text (thing, "name", name);
  gen_json_set_text (thing, "encodingFormat", format);
  gen_json_set_text (thing, "sha256", gen_json_text_in (file, "sha256"));
  gen_json_set_text (thing, "description", gen_json_text_in (file, "description"));
  if (isfinite (bytes)) {
    g_autofree char *size = g_strdup_printf ("%.0f B", bytes);

    json_object_set_string_member (thing, "contentSize", size);
  }
  if (isfinite (parameters)) {
    JsonObject *count = new_thing ("PropertyValue");

    json_object_set_string_member (count, "propertyID", "parameters");
    json_object_set_int_member (count, "value", (gint64)parameters);
    json_object_set_object_member (thing, "additionalProperty", count);
  }
  return thing;
}

static void
add_files (JsonObject *card, JsonObject *facts)
{
  JsonArray *models = gen_json_array_in (facts, "models"),
            *adapters = gen_json_array_in (facts, "adapters");
  JsonArray *files = json_array_new ();

  for (guint i = 0; i < gen_json_length_of (models); i++) {
    JsonObject *model = json_array_get_object_element (models, i);

    json_array_add_object_element (
        files, describe_file (model, gen_json_text_in (model, "name"), "application/onnx"));
  }
  for (guint i = 0; i < gen_json_length_of (adapters); i++) {
    JsonObject *adapter = json_array_get_object_element (adapters, i);
    JsonObject *file =
        describe_file (adapter, gen_json_text_in (adapter, "name"), "application/x-safetensors");
    JsonObject *base = new_thing ("CreativeWork");

    gen_json_set_text (base, "name", gen_json_text_in (adapter, "base"));
    gen_json_set_text (base, "identifier", gen_json_text_in (adapter, "base-sha256"));
    json_object_set_object_member (file, "isBasedOn", base);
    json_array_add_object_element (files, file);
  }
  add_if_any (card, "encoding", files);
}

/* --- data --- */

static void
add_licences (JsonObject *data, JsonObject *facts, JsonObject *found)
{
  JsonObject *licences = gen_json_object_in (found, "licences");
  JsonObject *file = gen_json_object_in (found, "licence-file");
  g_autoptr (GList) names = licences != NULL ? json_object_get_members (licences) : NULL;
  JsonArray *all = json_array_new ();

  if (gen_json_text_in (facts, "data-licence") != NULL)
    json_array_add_string_element (all, gen_json_text_in (facts, "data-licence"));
  names = g_list_sort (names, (GCompareFunc)strcmp);
  for (GList *name = names; name != NULL; name = name->next)
    json_array_add_string_element (all, name->data);
  if (file != NULL) {
    JsonObject *work = new_thing ("MediaObject");

    gen_json_set_text (work, "name", gen_json_text_in (file, "name"));
    gen_json_set_text (work, "description", gen_json_text_in (file, "begins"));
    gen_json_set_text (work, "sha256", gen_json_text_in (file, "sha256"));
    json_array_add_object_element (all, work);
  }
  add_if_any (data, "license", all);
}

static void
add_property (JsonArray *properties, const char *name, JsonNode *value)
{
  JsonObject *property = new_thing ("PropertyValue");

  json_object_set_string_member (property, "propertyID", name);
  json_object_set_member (property, "value", json_node_copy (value));
  json_array_add_object_element (properties, property);
}

static void
add_properties (JsonArray *properties, JsonObject *object, const char *within)
{
  g_autoptr (GList) names = object != NULL ? json_object_get_members (object) : NULL;

  names = g_list_sort (names, (GCompareFunc)strcmp);
  for (GList *name = names; name != NULL; name = name->next) {
    JsonNode *value = json_object_get_member (object, name->data);
    g_autofree char *full = g_strconcat (within, name->data, NULL);

    if (JSON_NODE_HOLDS_VALUE (value))
      add_property (properties, full, value);
    else if (JSON_NODE_HOLDS_OBJECT (value)) {
      g_autofree char *inner = g_strconcat (full, ".", NULL);

      add_properties (properties, json_node_get_object (value), inner);
    }
  }
}

static JsonObject *
describe_data (JsonObject *facts)
{
  JsonObject *said = gen_json_object_in (facts, "data"),
             *found = gen_json_object_in (facts, "data-found");
  JsonObject *data = new_thing ("Dataset");
  const double items = gen_json_number_in (found, "items");
  const char *listing = gen_json_text_in (found, "listing-sha256");
  JsonArray *properties = json_array_new ();

  gen_json_set_text (data, "name", gen_json_text_in (said, "location"));
  if (listing != NULL) {
    g_autofree char *identifier = g_strconcat ("sha256:", listing, NULL);

    json_object_set_string_member (data, "identifier", identifier);
  }
  if (isfinite (items)) {
    g_autofree char *size = g_strdup_printf ("%.0f items", items);

    json_object_set_string_member (data, "size", size);
  }
  add_licences (data, facts, found);
  add_properties (properties, said, "data.");
  add_properties (properties, found, "data-found.");
  add_if_any (data, "additionalProperty", properties);
  return data;
}

/* What it was made of: data, and models that it began with. */
static void
add_bases (JsonObject *card, JsonObject *facts)
{
  JsonArray *given = gen_json_array_in (facts, "given"), *bases = json_array_new ();

  if (json_object_has_member (facts, "data") || json_object_has_member (facts, "data-found"))
    json_array_add_object_element (bases, describe_data (facts));
  for (guint i = 0; i < gen_json_length_of (given); i++) {
    JsonObject *one = json_array_get_object_element (given, i);

    json_array_add_object_element (
        bases, describe_file (one, gen_json_text_in (one, "path"), "application/onnx"));
  }
  add_if_any (card, "isBasedOn", bases);
}

/* --- figures --- */

static JsonObject *
new_observation (const char *property, double value, const char *about)
{
  JsonObject *observation = new_thing ("Observation");

  json_object_set_string_member (observation, "measuredProperty", property);
  if (isfinite (value))
    json_object_set_double_member (observation, "value", value);
  gen_json_set_text (observation, "description", about);
  return observation;
}

/* How many samples a figure rests on. */
static void
set_samples (JsonObject *observation, JsonObject *figure)
{
  const double samples = gen_json_number_in (figure, "samples");
  JsonObject *property;

  if (!isfinite (samples))
    return;
  property = new_thing ("PropertyValue");
  json_object_set_string_member (property, "propertyID", "samples");
  json_object_set_int_member (property, "value", (gint64)samples);
  json_object_set_object_member (observation, "additionalProperty", property);
}

static void
add_figures (JsonArray *observations, JsonObject *facts)
{
  JsonArray *figures = gen_json_array_in (facts, "figures");

  for (guint i = 0; i < gen_json_length_of (figures); i++) {
    JsonObject *figure = json_array_get_object_element (figures, i);
    JsonObject *observation = new_observation (gen_json_text_in (figure, "name"),
        gen_json_number_in (figure, "value"), gen_json_text_in (figure, "of"));

    set_samples (observation, figure);
    json_array_add_object_element (observations, observation);
  }
}

/* Each group's, with its interval. */
static void
add_group (JsonArray *observations, const char *figure, const char *name, JsonObject *group)
{
  JsonObject *observation = new_observation (
      figure, gen_json_number_in (group, "mean"), gen_json_text_in (group, "verdict"));
  double ends[2];

  json_object_set_string_member (observation, "measurementQualifier", name);
  set_samples (observation, group);
  if (gen_json_interval_in (group, "interval", ends)) {
    JsonObject *margin = new_thing ("QuantitativeValue");

    json_object_set_double_member (margin, "minValue", ends[0]);
    json_object_set_double_member (margin, "maxValue", ends[1]);
    json_object_set_object_member (observation, "marginOfError", margin);
  }
  json_array_add_object_element (observations, observation);
}

static void
add_bias (JsonArray *observations, JsonObject *facts)
{
  JsonObject *figures = gen_json_object_in (gen_json_object_in (facts, "bias"), "figures");
  JsonObjectIter iter, groups;
  const char *name, *group;
  JsonNode *node;

  if (figures == NULL)
    return;
  json_object_iter_init_ordered (&iter, figures);
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    json_object_iter_init_ordered (
        &groups, gen_json_object_in (json_node_get_object (node), "groups"));
    while (json_object_iter_next_ordered (&groups, &group, &node))
      add_group (observations, name, group, json_node_get_object (node));
  }
}

static void
add_observations (JsonObject *card, JsonObject *facts)
{
  JsonArray *observations = json_array_new ();
  JsonObject *energy = gen_json_object_in (facts, "energy");

  add_figures (observations, facts);
  add_bias (observations, facts);
  if (energy != NULL) {
    JsonObject *observation = new_observation (
        "energy", gen_json_number_in (energy, "watt-hours"), gen_json_text_in (energy, "method"));

    json_object_set_string_member (observation, "unitText", "Wh");
    json_array_add_object_element (observations, observation);
  }
  if (json_array_get_length (observations) > 0) {
    JsonObject *reverse = json_object_new ();

    json_object_set_array_member (reverse, "observationAbout", observations);
    json_object_set_object_member (card, "@reverse", reverse);
  } else {
    json_array_unref (observations);
  }
}

/* --- all of it --- */

static void
add_noted (JsonArray *properties, JsonObject *facts)
{
  static const char *const names[] = { "version", "recipe", "preset", "step", "samples",
    "training-sha256", "measured-on" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (json_object_has_member (facts, names[i]))
      add_property (properties, names[i], json_object_get_member (facts, names[i]));
  add_properties (properties, gen_json_object_in (facts, "settings"), "settings.");
  add_properties (properties, gen_json_object_in (facts, "cost"), "cost.");
}

static void
add_notes (JsonArray *properties, JsonObject *facts)
{
  JsonObject *notes = gen_json_object_in (facts, "notes");

  for (const CardSection *section = card_sections; section->name != NULL; section++) {
    const char *note = gen_json_text_in (notes, section->name);
    g_autoptr (JsonNode) value = json_node_alloc ();

    if (note == NULL)
      continue;
    json_node_init_string (value, note);
    add_property (properties, section->name, value);
  }
}

static JsonObject *
describe_page (const char *page, const char *name)
{
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, page, -1);
  JsonObject *file = new_thing ("MediaObject");

  json_object_set_string_member (file, "name", name);
  json_object_set_string_member (file, "encodingFormat", "text/markdown");
  json_object_set_string_member (file, "sha256", digest);
  return file;
}

char *
card_to_json (JsonObject *facts, const char *page, const char *page_name)
{
  g_autoptr (JsonObject) card = json_object_new ();
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), card);
  g_autofree char *name = g_utf8_make_valid (page_name, -1), *text = NULL;
  JsonArray *properties = json_array_new ();

  json_object_set_string_member (card, "@context", CONTEXT);
  json_object_set_string_member (card, "@type", "SoftwareApplication");
  json_object_set_string_member (card, "applicationCategory", "machine learning model");
  gen_json_set_text (card, "name", gen_json_text_in (facts, "name"));
  gen_json_set_text (card, "description", gen_json_text_in (facts, "recipe-description"));
  gen_json_set_text (card, "license", gen_json_text_in (facts, "licence"));
  json_object_set_object_member (card, "mainEntityOfPage", describe_page (page, name));
  add_files (card, facts);
  add_bases (card, facts);
  add_noted (properties, facts);
  add_notes (properties, facts);
  json_object_set_array_member (card, "additionalProperty", properties);
  add_observations (card, facts);
  text = gen_json_to_text (root, TRUE);
  return g_strconcat (text, "\n", NULL);
}
