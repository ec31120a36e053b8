/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model c2pa: signs files that say where they come from, and reads what others say. */
#include <string.h>

#include <generative/file-bytes.h>
#include <generative/provenance-live.h>

#include "../lib/base/bmff-box.h"
#include "c2pa.h"

/* --- sign --- */

typedef struct {
  char *output, *key, *certificate, *title, *source_type, *model, *model_hash, *prompt, *seed;
  char *card, *card_hash, *card_address;
  char *watermark, *watermark_value, *time_stamp;
  char *provider, *system, *system_version, *identifier, *content_producer, *content_propagator;
  gboolean edited, xmp, force;
} Sign;

static void
sign_clear (Sign *sign)
{
  g_free (sign->output);
  g_free (sign->key);
  g_free (sign->certificate);
  g_free (sign->title);
  g_free (sign->source_type);
  g_free (sign->model);
  g_free (sign->model_hash);
  g_free (sign->card);
  g_free (sign->card_hash);
  g_free (sign->card_address);
  g_free (sign->prompt);
  g_free (sign->seed);
  g_free (sign->watermark);
  g_free (sign->watermark_value);
  g_free (sign->time_stamp);
  g_free (sign->provider);
  g_free (sign->system);
  g_free (sign->system_version);
  g_free (sign->identifier);
  g_free (sign->content_producer);
  g_free (sign->content_propagator);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Sign, sign_clear)

/* A model that is a file is named by its name there, and has a hash. */
static gboolean
look_at_model (Sign *sign, GError **error)
{
  char *name;

  if (sign->model == NULL || !g_file_test (sign->model, G_FILE_TEST_IS_REGULAR))
    return TRUE;
  sign->model_hash = gen_provenance_hash_file (sign->model, error);
  name = g_path_get_basename (sign->model);
  g_free (sign->model);
  sign->model = name;
  return sign->model_hash != NULL;
}

static gboolean
look_at_card (Sign *sign, GError **error)
{
  return sign->card == NULL ||
         (sign->card_hash = gen_provenance_hash_file (sign->card, error)) != NULL;
}

static gboolean
discloses (const GenProvenanceDisclosure *disclosure)
{
  return disclosure->provider != NULL || disclosure->system != NULL ||
         disclosure->system_version != NULL || disclosure->identifier != NULL ||
         disclosure->content_producer != NULL || disclosure->content_propagator != NULL;
}

static int
sign_file (Sign *sign, const char *input)
{
  g_autoptr (GenProvenanceSigner) signer = NULL;
  g_autoptr (GBytes) value = NULL;
  GenProvenanceClaim claim = GEN_PROVENANCE_CLAIM_DEFAULTS;
  const GenProvenanceDisclosure disclosure = { sign->provider, sign->system, sign->system_version,
    sign->identifier, sign->content_producer, sign->content_propagator };
  GError *error = NULL;

  signer = gen_provenance_signer_load (sign->key, sign->certificate, &error);
  if (signer == NULL || !gen_provenance_signer_set_time_stamp (signer, sign->time_stamp, &error) ||
      !look_at_model (sign, &error) || !look_at_card (sign, &error))
    return command_fail (error);
  if (sign->watermark_value != NULL)
    value = g_bytes_new (sign->watermark_value, strlen (sign->watermark_value));
  claim.action = sign->edited ? GEN_PROVENANCE_EDITED : GEN_PROVENANCE_CREATED;
  claim.source_type = sign->source_type;
  claim.title = sign->title;
  claim.model = sign->model;
  claim.model_hash = sign->model_hash;
  claim.card_hash = sign->card_hash;
  claim.card_address = sign->card_address;
  claim.prompt = sign->prompt;
  claim.seed = sign->seed;
  claim.watermark_algorithm = sign->watermark;
  claim.watermark_value = value;
  if (sign->xmp || discloses (&disclosure))
    claim.disclosure = &disclosure;
  if (!gen_provenance_sign_file (input, sign->output, &claim, signer, &error))
    return command_fail (error);
  g_print (
      "%s is %s, signed by %s\n", sign->output, input, gen_provenance_signer_algorithm (signer));
  return STATUS_FINE;
}

static gboolean
has_needed (const Sign *sign)
{
  const struct {
    const char *name, *value;
  } needed[] = { { "output", sign->output }, { "key", sign->key },
    { "certificate", sign->certificate } };

  for (guint i = 0; i < G_N_ELEMENTS (needed); i++)
    if (needed[i].value == NULL) {
      g_printerr ("%s: --%s is missing\n", g_get_prgname (), needed[i].name);
      return FALSE;
    }
  return TRUE;
}

static int
run_sign (int argc, char **argv)
{
  g_auto (Sign) sign = { 0 };
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &sign.output, "The signed file to write", "FILE" },
    { "key", 'k', 0, G_OPTION_ARG_FILENAME, &sign.key,
        "The private key (PEM), which nobody else may read", "FILE" },
    { "certificate", 'c', 0, G_OPTION_ARG_FILENAME, &sign.certificate,
        "Its certificate, and those between it and the authority's (PEM)", "FILE" },
    { "edited", 'e', 0, G_OPTION_ARG_NONE, &sign.edited,
        "It was there before and has been changed; else it was created", NULL },
    { "source-type", 0, 0, G_OPTION_ARG_STRING, &sign.source_type,
        "Of the IPTC's digital source types (trainedAlgorithmicMedia, of what was edited "
        "compositeWithTrainedAlgorithmicMedia)",
        "CODE" },
    { "title", 't', 0, G_OPTION_ARG_STRING, &sign.title, "What it is called", "TEXT" },
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &sign.model,
        "Which model did it: a name, or a file, whose hash is claimed as well", "NAME|FILE" },
    { "card", 0, 0, G_OPTION_ARG_FILENAME, &sign.card,
        "The model's card, whose hash is claimed (generative-model card writes one)", "FILE" },
    { "card-address", 0, 0, G_OPTION_ARG_STRING, &sign.card_address,
        "Where that card can be had, https://…, for those who read the claim", "ADDRESS" },
    { "prompt", 'p', 0, G_OPTION_ARG_STRING, &sign.prompt, "What it was asked for", "TEXT" },
    { "seed", 's', 0, G_OPTION_ARG_STRING, &sign.seed, "What it began with", "TEXT" },
    { "watermark", 0, 0, G_OPTION_ARG_STRING, &sign.watermark,
        "Algorithm of a watermark by which the file is found again", "NAME" },
    { "watermark-value", 0, 0, G_OPTION_ARG_STRING, &sign.watermark_value,
        "What that watermark says", "TEXT" },
    { "time-stamp", 0, 0, G_OPTION_ARG_STRING, &sign.time_stamp,
        "A command that asks a time stamp authority (RFC 3161): request in, answer out",
        "COMMAND" },
    { "xmp", 'x', 0, G_OPTION_ARG_NONE, &sign.xmp,
        "Say where it comes from in its XMP as well (JPEG, PNG, WAV, MP4, MOV)", NULL },
    { "provider", 0, 0, G_OPTION_ARG_STRING, &sign.provider,
        "Who offers the system that made it, in XMP", "NAME" },
    { "system", 0, 0, G_OPTION_ARG_STRING, &sign.system,
        "Name of that system, in XMP (gst-generative, and its version)", "NAME" },
    { "system-version", 0, 0, G_OPTION_ARG_STRING, &sign.system_version, "Its version, in XMP",
        "TEXT" },
    { "identifier", 0, 0, G_OPTION_ARG_STRING, &sign.identifier,
        "What the work is known by, in XMP (a new UUID)", "TEXT" },
    { "content-producer", 0, 0, G_OPTION_ARG_STRING, &sign.content_producer,
        "Who made it, for the implicit label of GB 45438-2025 in XMP", "NAME" },
    { "content-propagator", 0, 0, G_OPTION_ARG_STRING, &sign.content_propagator,
        "Who spreads it, in that label", "NAME" },
    { "force", 'f', 0, G_OPTION_ARG_NONE, &sign.force, "Replace a file that is there already",
        NULL },
    { NULL },
  };
  g_autoptr (GString) details = g_string_new ("Kinds of files:");

  for (const GenProvenanceFormat *const *format = gen_provenance_formats (); *format; format++)
    g_string_append_printf (details, " %s", gen_provenance_format_name (*format));
  g_string_append (
      details, "\nA manifest that is in the file already becomes the history of the new one.");
  if (!command_parse (&c2pa_sign, entries, details->str, 1, 1, &argc, &argv) || !has_needed (&sign))
    return STATUS_USAGE;
  if (!sign.force && g_file_test (sign.output, G_FILE_TEST_EXISTS)) {
    g_printerr ("%s: '%s' is there already; --force replaces it\n", g_get_prgname (), sign.output);
    return STATUS_FAILED;
  }
  return sign_file (&sign, argv[1]);
}

const Command c2pa_sign = {
  .name = "sign",
  .arguments = "FILE -o OUT --key KEY --certificate CERTIFICATE",
  .summary = "Sign a file, and claim how it was made",
  .run = run_sign,
};

/* --- read --- */

/* Fine is what is as it was signed; and, where authorities were named, signed by whom they know. */
static int
status_of (GenProvenanceState state, gboolean authorities)
{
  return state == GEN_PROVENANCE_TRUSTED || (state == GEN_PROVENANCE_VALID && !authorities)
             ? STATUS_FINE
             : STATUS_FAILED;
}

static int
read_file (const char *path, const char *authorities)
{
  g_autoptr (GBytes) file = NULL, trusted = NULL;
  g_autoptr (GenProvenanceReport) report = NULL;
  g_autofree char *json = NULL;
  GError *error = NULL;

  file = gen_file_bytes (path, &error);
  if (file == NULL)
    return command_fail (error);
  if (authorities != NULL && (trusted = gen_file_bytes (authorities, &error)) == NULL)
    return command_fail (error);
  report = gen_provenance_read (file, trusted, &error);
  if (report == NULL) {
    g_prefix_error (&error, "%s: ", path);
    return command_fail (error);
  }
  json = gen_provenance_report_json (report);
  g_print ("%s\n", json);
  return status_of (gen_provenance_report_state (report), authorities != NULL);
}

/* The first of `paths` is the initialization segment. */
/* A file may have several segments that were signed one by one, such as the parts of a segment of
 * HLS: each begins with styp. */
static void
add_segments (GenProvenanceLiveReport *report, GBytes *file)
{
  gsize size, begin = 0;
  const guint8 *data = g_bytes_get_data (file, &size);
  GenBmffBox box;

  for (gsize at = 0; at < size && gen_bmff_read (data, size, at, &box, NULL); at += box.size) {
    g_autoptr (GBytes) segment = NULL;

    if (at == begin || !gen_bmff_is (&box, "styp"))
      continue;
    segment = g_bytes_new_from_bytes (file, begin, at - begin);
    gen_provenance_live_report_add (report, segment);
    begin = at;
  }
  g_autoptr (GBytes) last = g_bytes_new_from_bytes (file, begin, size - begin);

  gen_provenance_live_report_add (report, last);
}

static int
read_live (char **paths, const char *authorities)
{
  g_autoptr (GBytes) trusted = NULL;
  g_autoptr (GenProvenanceLiveReport) report = NULL;
  g_autofree char *json = NULL;
  GError *error = NULL;

  if (authorities != NULL && (trusted = gen_file_bytes (authorities, &error)) == NULL)
    return command_fail (error);
  for (guint i = 0; paths[i] != NULL; i++) {
    g_autoptr (GBytes) file = gen_file_bytes (paths[i], &error);

    if (file == NULL)
      return command_fail (error);
    if (report != NULL) {
      add_segments (report, file);
      continue;
    }
    report = gen_provenance_live_report_new (file, trusted, &error);
    if (report == NULL) {
      g_prefix_error (&error, "%s: ", paths[i]);
      return command_fail (error);
    }
  }
  json = gen_provenance_live_report_json (report);
  g_print ("%s\n", json);
  return status_of (gen_provenance_live_report_state (report), authorities != NULL);
}

static int
run_read (int argc, char **argv)
{
  g_autofree char *authorities = NULL;
  gboolean live = FALSE;
  const GOptionEntry entries[] = {
    { "authorities", 'a', 0, G_OPTION_ARG_FILENAME, &authorities,
        "Certificates (PEM) of whom is believed; without them, nobody is", "FILE" },
    { "live", 'l', 0, G_OPTION_ARG_NONE, &live,
        "The files are segments of a live stream, the initialization segment first", NULL },
    { NULL },
  };

  if (!command_parse (&c2pa_read, entries,
          "Prints JSON. Ends with 0 where all is as it was signed (and, with --authorities, by "
          "somebody\nwhom they know), else with 1.",
          1, G_MAXINT, &argc, &argv))
    return STATUS_USAGE;
  if (live)
    return read_live (argv + 1, authorities);
  if (argc == 2)
    return read_file (argv[1], authorities);
  g_printerr ("%s: one file at a time, or segments with --live\n", g_get_prgname ());
  return STATUS_USAGE;
}

const Command c2pa_read = {
  .name = "read",
  .arguments = "FILE | --live INIT SEGMENT...",
  .summary = "Print what a file claims, and whether it is so",
  .run = run_read,
};

/* --- demonstration-key --- */

static int
run_key (int argc, char **argv)
{
  g_autofree char *algorithm = NULL;
  int days = 365;
  const GOptionEntry entries[] = {
    { "algorithm", 'a', 0, G_OPTION_ARG_STRING, &algorithm,
        "ES256, ES384, ES512, PS256 or EdDSA (ES256)", "NAME" },
    { "days", 'd', 0, G_OPTION_ARG_INT, &days,
        "For how long the certificate holds (365); below 0 it has expired", "N" },
    { NULL },
  };
  GError *error = NULL;

  if (!command_parse (&c2pa_demonstration_key, entries,
          "Writes key.pem, certificate.pem and authority.pem. Nobody trusts them who was not given "
          "authority.pem:\nthey are for trying out, and say so.",
          1, 1, &argc, &argv))
    return STATUS_USAGE;
  if (!gen_provenance_demonstration_key (argv[1], algorithm, days, &error))
    return command_fail (error);
  g_print (
      "key.pem, certificate.pem and authority.pem are in %s, for demonstration only\n", argv[1]);
  return STATUS_FINE;
}

const Command c2pa_demonstration_key = {
  .name = "demonstration-key",
  .arguments = "FOLDER",
  .summary = "Make a key and a certificate for trying out",
  .run = run_key,
};

/* --- which --- */

static const Command *const commands[] = { &c2pa_sign, &c2pa_read, &c2pa_demonstration_key };

static int
run (int argc, char **argv)
{
  gboolean help = argc > 1 && (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0);

  for (guint i = 0; argc > 1 && i < G_N_ELEMENTS (commands); i++) {
    g_autofree char *program = NULL;

    if (strcmp (commands[i]->name, argv[1]) != 0)
      continue;
    program = g_strdup_printf ("%s %s", g_get_prgname (), commands[i]->name);
    g_set_prgname (program);
    return commands[i]->run (argc - 1, argv + 1);
  }
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    (help ? g_print : g_printerr) ("  %s %s %s\n      %s\n", g_get_prgname (), commands[i]->name,
        commands[i]->arguments, commands[i]->summary);
  return help ? STATUS_FINE : STATUS_USAGE;
}

const Command command_c2pa = {
  .name = "c2pa",
  .arguments = "sign|read|demonstration-key",
  .summary = "Sign files that say how they were made, and read them",
  .run = run,
};
