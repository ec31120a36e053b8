/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model card: a model's card, of what its training has noted, what is measured, and what
 * people say of it. */
#include "card.h"

#include <string.h>

#include <generative/atomic-file.h>

#include "command.h"

#define PAGE "model-card.md"
#define ENDING ".md"
#define JSON_ENDING ".jsonld"

/* Where the page goes, and beside it what programs read. */
typedef struct {
  char *page, *json;
} Places;

static void
places_clear (Places *places)
{
  g_free (places->page);
  g_free (places->json);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Places, places_clear)

static gboolean
choose_places (Places *places, const char *out, const char *folder, GError **error)
{
  const gboolean is_page = out != NULL && g_str_has_suffix (out, ENDING);

  if (is_page)
    places->page = g_strdup (out);
  else
    places->page = g_build_filename (out != NULL ? out : folder, PAGE, NULL);
  places->json = g_strdup_printf (
      "%.*s" JSON_ENDING, (int)(strlen (places->page) - strlen (ENDING)), places->page);
  if (is_page || out == NULL || g_mkdir_with_parents (out, 0777) == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
      "--output %s: neither a folder that can be made, nor a file whose name ends in " ENDING, out);
  return FALSE;
}

static gboolean
write_text (const char *path, const char *text, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, strlen (text));

  return gen_atomic_write (path, bytes, error);
}

static gboolean
write_card (JsonObject *facts, const Places *places, GError **error)
{
  g_autofree char *name = g_path_get_basename (places->page);
  g_autofree char *page = card_to_markdown (facts);
  g_autofree char *json = card_to_json (facts, page, name);
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, page, -1);

  if (!write_text (places->page, page, error) || !write_text (places->json, json, error))
    return FALSE;
  g_print ("%s  %s\n", digest, places->page);
  return TRUE;
}

static gboolean
check_options (const CardOptions *options, GError **error)
{
  if (options->watts >= 0)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--watts is %g, which should be what the machine draws while it trains, above 0",
      options->watts);
  return FALSE;
}

static void
options_clear (CardOptions *options)
{
  g_free (options->notes);
  g_free (options->data_licence);
  g_free (options->licence);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CardOptions, options_clear)

static int
run (int argc, char **argv)
{
  g_auto (CardOptions) options = { 0 };
  g_autofree char *out = NULL;
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &out,
        "Where the card goes (the folder of the training)", "FOLDER|FILE.md" },
    { "notes", 'n', 0, G_OPTION_ARG_FILENAME, &options.notes,
        "What people say of the model, by sections", "FILE.json|FILE.md" },
    { "licence", 'l', 0, G_OPTION_ARG_STRING, &options.licence, "The model's licence, as CC-BY-4.0",
        "TEXT" },
    { "data-licence", 0, 0, G_OPTION_ARG_STRING, &options.data_licence,
        "That of the data, where they do not say it themselves", "TEXT" },
    { "watts", 'w', 0, G_OPTION_ARG_DOUBLE, &options.watts,
        "What the machine draws while it trains, for an estimate of the energy", "N" },
    { NULL },
  };
  g_autoptr (JsonObject) facts = NULL;
  g_auto (Places) places = { 0 };
  GError *error = NULL;

  if (!command_parse (&command_card, entries,
          "Written are a page of Markdown for people, and beside it the same as JSON-LD for "
          "programs, by the terms of\nschema.org. Printed is the page's SHA-256, by which a claim "
          "names it (c2pa sign --card).\n\n"
          "Of the training it takes training.json, the models and adapters as they lie there, and "
          "what was tested. What\ncomes behind the folder is data that it is measured on, as test "
          "has it, and of a classifier by its classes:\n\n"
          "  generative-model card model -o card --notes notes.json digits.png split=test\n\n"
          "Notes are an object of JSON, or Markdown with a heading each, of sections: "
          "model-details, "
          "intended-use,\nfactors, metrics, evaluation-data, training-data, quantitative-analyses, "
          "ethical-considerations,\ncaveats-and-recommendations. What nobody has said stands there "
          "as \"not given\".",
          1, -1, &argc, &argv))
    return STATUS_USAGE;
  options.folder = argv[1];
  options.data = argv + 2;
  if (!check_options (&options, &error) || (facts = card_gather (&options, &error)) == NULL ||
      (*options.data != NULL && !card_measure (facts, &options, &error)) ||
      !choose_places (&places, out, options.folder, &error) || !write_card (facts, &places, &error))
    return command_fail (error);
  return STATUS_FINE;
}

const Command command_card = {
  .name = "card",
  .arguments = "FOLDER [DATA…]",
  .summary = "Write a trained model's card: what it is, learned from, is good and bad at",
  .run = run,
};
