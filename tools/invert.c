/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model invert: the latents of which a generator makes given pictures or sounds. */
#include <errno.h>
#include <unistd.h>

#include <generative/inversion.h>
#include <generative/npy.h>
#include <generative/onnx.h>
#include <generative/report.h>
#include <generative/terminal.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>

#include "../lib/base/json-file.h"
#include "command.h"
#include "edited-samples.h"
#include "training-data.h"

/* Beside a model, what makes latents of samples, as trainings of autoencoders write it. */
#define ENCODER "encoder.onnx"
#define NO_ENCODER "none"

typedef struct {
  const char *path;
  char *output, *sheet, *synthesis, *space_name, *encoder, *features;
  int class, threads;
  gint64 seed;
  gboolean json;
  GenInversionSettings settings;
  JsonObject *said;
  GPtrArray *files; /* const char * */
  GenLatentSpace *space;
  EditedSamples samples;
  float *places, *made;
  GenInverted *found;
  GenTerminal terminal;
  gboolean interrupted;
} Invert;

static void
invert_clear (Invert *self)
{
  g_free (self->output);
  g_free (self->sheet);
  g_free (self->synthesis);
  g_free (self->space_name);
  g_free (self->encoder);
  g_free (self->features);
  g_clear_pointer (&self->said, json_object_unref);
  g_clear_pointer (&self->files, g_ptr_array_unref);
  g_clear_pointer (&self->space, gen_latent_space_free);
  edited_samples_clear (&self->samples);
  g_free (self->places);
  g_free (self->made);
  g_free (self->found);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Invert, invert_clear)

/* --- what is asked for --- */

static gboolean
read_said (Invert *self, char **arguments, GError **error)
{
  self->said = json_object_new ();
  self->files = g_ptr_array_new ();
  for (char **text = arguments; *text != NULL; text++) {
    g_auto (GStrv) parts = g_strsplit (*text, "=", 2);

    if (parts[1] == NULL || g_file_test (*text, G_FILE_TEST_EXISTS))
      g_ptr_array_add (self->files, *text);
    else if (!training_data_say (self->said, parts[0], parts[1], error)) {
      g_prefix_error (error, "%s: ", *text);
      return FALSE;
    }
  }
  if (self->files->len > 0)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "no file is named");
  return FALSE;
}

/* An encoder that lies beside the model is asked, unless somebody says otherwise. */
static void
find_encoder (Invert *self)
{
  g_autofree char *folder = g_path_get_dirname (self->path);
  g_autofree char *path = g_build_filename (folder, ENCODER, NULL);

  if (self->encoder == NULL && gen_latent_space_kind (self->space) == GEN_SPACE_LATENT &&
      g_file_test (path, G_FILE_TEST_EXISTS))
    self->encoder = g_steal_pointer (&path);
  if (self->encoder != NULL && !g_str_equal (self->encoder, NO_ENCODER))
    self->settings.encoder = self->encoder;
}

static gboolean
open_space (Invert *self, GError **error)
{
  GenLatentSpaceOptions options = {
    .class_number = self->class, .threads = self->threads, .seed = (guint64)self->seed
  };

  if (self->space_name != NULL && !gen_space_kind_find (self->space_name, &options.kind, error))
    return FALSE;
  self->space = gen_latent_space_new (self->path, &options, error);
  return self->space != NULL;
}

static gboolean
load_samples (Invert *self, GError **error)
{
  edited_samples_init (&self->samples, gen_latent_space_format (self->space));
  for (guint i = 0; i < self->files->len; i++)
    if (!edited_samples_add (&self->samples, self->files->pdata[i], self->said, error))
      return FALSE;
  if (self->samples.names->len > 0)
    return TRUE;
  g_set_error (
      error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "there are no samples in what was named");
  return FALSE;
}

/* Before hours are spent, whether there is a folder for what is to be written. */
static gboolean
check_folders (const Invert *self, GError **error)
{
  const char *paths[] = { self->output, self->sheet, self->synthesis };

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autofree char *folder = paths[i] != NULL ? g_path_get_dirname (paths[i]) : NULL;

    if (folder == NULL || g_access (folder, W_OK) == 0)
      continue;
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "cannot write '%s': %s",
        paths[i], g_strerror (errno));
    return FALSE;
  }
  return TRUE;
}

/* --- the work --- */

/* How many times the greatest number's square the mean square is below, in decibels. */
static double
to_decibels (const Invert *self, double square)
{
  const double span = 1 - edited_samples_black (&self->samples.format);

  return 10 * log10 (span * span / square);
}

static gboolean
on_signal (gpointer user_data)
{
  ((Invert *)user_data)->interrupted = TRUE;
  return G_SOURCE_REMOVE; /* the next one ends the program */
}

static gboolean
show (guint64 done, guint64 total, double square, gpointer user_data)
{
  Invert *self = user_data;
  g_autofree char *line =
      g_strdup_printf ("step %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT ", %.2f dB in the mean",
          done, total, to_decibels (self, square));

  /* Signals are told of by the main loop, which nobody else runs. */
  g_main_context_iteration (NULL, FALSE);
  gen_terminal_print (&self->terminal, line, done == total || self->interrupted);
  return !self->interrupted;
}

static gboolean
search (Invert *self, GError **error)
{
  const guint n = self->samples.names->len;
  const gsize place =
      gen_latent_space_vectors (self->space) * gen_latent_space_length (self->space);
  const float *numbers = (const float *)(void *)self->samples.all->data;
  guint signals[] = { g_unix_signal_add (SIGINT, on_signal, self),
    g_unix_signal_add (SIGTERM, on_signal, self) };
  gboolean fine;

  self->places = g_new (float, n *place);
  self->made = g_new (float, n * self->samples.numbers);
  self->found = g_new0 (GenInverted, n);
  gen_terminal_begin (&self->terminal);
  fine = gen_invert (
      self->space, &self->settings, numbers, n, show, self, self->places, self->found, error);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    if (g_main_context_find_source_by_id (NULL, signals[i]) != NULL)
      g_source_remove (signals[i]);
  return fine && gen_latent_space_make (self->space, self->places, n, self->made, error);
}

/* --- what is written --- */

static gboolean
write_places (const Invert *self, GError **error)
{
  const gint64 n = self->samples.names->len;
  const gint64 vectors = (gint64)gen_latent_space_vectors (self->space);
  const gint64 length = (gint64)gen_latent_space_length (self->space);
  const GenShape shape = vectors > 1 ? GEN_SHAPE (n, vectors, length) : GEN_SHAPE (n, length);

  return self->output == NULL ||
         gen_npy_save (self->output, GEN_TYPE_FLOAT32, &shape, self->places, error);
}

/* Each sample, and what is made of what was found, side by side; pairs in rows. */
static gboolean
write_sheet (const Invert *self, GError **error)
{
  const gsize numbers = self->samples.numbers;
  const guint n = self->samples.names->len;
  const float *given = (const float *)(void *)self->samples.all->data;
  g_autofree float *both = NULL;

  if (self->sheet == NULL)
    return TRUE;
  both = g_new (float, 2 * n * numbers);
  for (guint i = 0; i < n; i++)
    for (gsize k = 0; k < numbers; k++) {
      both[2 * i * numbers + k] = given[i * numbers + k];
      both[(2 * i + 1) * numbers + k] = self->made[i * numbers + k];
    }
  return edited_samples_draw (
      &self->samples.format, both, 2 * n, 2 * (guint)sqrt (n), self->sheet, error);
}

static gboolean
write_all (const Invert *self, GError **error)
{
  return write_places (self, error) && write_sheet (self, error) &&
         (self->synthesis == NULL ||
             gen_onnx_save (gen_latent_space_graph (self->space), self->synthesis, error));
}

static void
print_json (const Invert *self)
{
  JsonObject *object = json_object_new ();
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), object);
  JsonArray *all = json_array_new ();
  g_autofree char *text = NULL;

  json_object_set_string_member (
      object, "space", gen_space_kind_names ()[gen_latent_space_kind (self->space)]);
  json_object_set_boolean_member (object, "stopped", self->interrupted);
  for (guint i = 0; i < self->samples.names->len; i++) {
    JsonObject *of = json_object_new ();
    g_autofree char *name = g_utf8_make_valid (self->samples.names->pdata[i], -1);

    json_object_set_string_member (of, "file", name);
    gen_json_set_number (of, "mean-square", self->found[i].square);
    gen_json_set_number (of, "psnr", to_decibels (self, self->found[i].square));
    gen_json_set_number (of, "psnr-of-mean", to_decibels (self, self->found[i].from));
    gen_json_set_number (of, "loss", self->found[i].loss);
    json_object_set_int_member (of, "steps", self->found[i].steps);
    json_array_add_object_element (all, of);
  }
  json_object_set_array_member (object, "samples", all);
  text = gen_json_to_text (root, TRUE);
  g_print ("%s\n", text);
  json_object_unref (object);
}

static void
print_text (const Invert *self)
{
  double sum = 0;
  guint n = 0;

  g_print ("%9s %9s  %s\n", "PSNR", "of mean", "sample");
  for (guint i = 0; i < self->samples.names->len; i++) {
    const double decibels = to_decibels (self, self->found[i].square);
    g_autofree char *name = command_escape (self->samples.names->pdata[i]);

    if (isnan (decibels)) {
      g_print ("%9s %9.2f  %s\n", "-", to_decibels (self, self->found[i].from), name);
      continue;
    }
    g_print ("%9.2f %9.2f  %s\n", decibels, to_decibels (self, self->found[i].from), name);
    sum += decibels;
    n++;
  }
  if (n > 1)
    g_print ("%9.2f %9s  in the mean\n", sum / n, "");
}

static int
tell (const Invert *self)
{
  if (self->json)
    print_json (self);
  else
    print_text (self);
  if (!self->interrupted)
    return STATUS_FINE;
  g_printerr ("stopped; what was found by then is kept\n");
  return STATUS_STOPPED;
}

/* --- all of it --- */

static int
work (Invert *self)
{
  GError *error = NULL;

  if (!open_space (self, &error))
    return command_fail (error);
  find_encoder (self);
  if (!check_folders (self, &error) || !load_samples (self, &error) || !search (self, &error) ||
      !write_all (self, &error))
    return command_fail (error);
  return tell (self);
}

static char *
describe (void)
{
  GString *text = g_string_new (
      "FILE is a picture or a sound, as the model makes them, or a folder of such; with NAME=VALUE "
      "whatever\ndatasetsrc reads. Others are scaled and cut to the model's size.\n\n"
      "  generative-model invert model/generator.onnx seven.png -o latents.npy\n"
      "  generative-model invert model/generator.onnx digits.png tile-width=20 tile-height=20 "
      "\\\n    rows-per-label=5 fit=pad split=validation -o latents.npy\n\n"
      "latentsrc keyframe-location=latents.npy plays what is written. Ctrl-C ends the search and "
      "keeps\nthe best so far.\n\nNames:\n");

  training_data_describe_settings (text);
  return g_string_free (text, FALSE);
}

static int
run (int argc, char **argv)
{
  g_auto (Invert) self = { .class = -1, .settings = GEN_INVERSION_DEFAULTS };
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &self.output,
        "Write the latents, an array of numpy's, one for each sample", "FILE.npy" },
    { "space", 0, 0, G_OPTION_ARG_STRING, &self.space_name,
        "latent, or of a net that has them style (one for all layers) or styles (one for each) "
        "(latent)",
        "NAME" },
    { "synthesis", 0, 0, G_OPTION_ARG_FILENAME, &self.synthesis,
        "Write the model that plays styles", "FILE.onnx" },
    { "sheet", 0, 0, G_OPTION_ARG_FILENAME, &self.sheet,
        "Write each sample and what the model makes of its latent, side by side (PNG)", "FILE" },
    { "steps", 's', 0, G_OPTION_ARG_INT, &self.settings.steps, "Of the best start (400)", "N" },
    { "starts", 0, 0, G_OPTION_ARG_INT, &self.settings.starts,
        "Places to begin at, an eighth of the steps each (8)", "N" },
    { "rate", 'r', 0, G_OPTION_ARG_DOUBLE, &self.settings.rate,
        "How far a step goes, in standard deviations (0.05)", "NUMBER" },
    { "likeness", 0, 0, G_OPTION_ARG_DOUBLE, &self.settings.likeness,
        "Weight of how alike samples look, beside that of their pixels (0.1)", "NUMBER" },
    { "features", 0, 0, G_OPTION_ARG_FILENAME, &self.features,
        "A net by whose features they look alike (1 - SSIM; spectra of sounds)", "FILE.onnx" },
    { "prior", 0, 0, G_OPTION_ARG_DOUBLE, &self.settings.prior,
        "Weight of how far latents have strayed from where they are drawn (0.001)", "NUMBER" },
    { "encoder", 0, 0, G_OPTION_ARG_FILENAME, &self.encoder,
        "A net that makes latents of samples, to begin with, or none (" ENCODER
        " beside the model)",
        "FILE.onnx" },
    { "class", 0, 0, G_OPTION_ARG_INT, &self.class, "That a model of classes is told", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &self.seed, "Of where to begin (0)", "N" },
    { "threads", 't', 0, G_OPTION_ARG_INT, &self.threads, "Threads (as many as cores)", "N" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &self.json, "Print JSON", NULL },
    { NULL },
  };
  g_autofree char *details = describe ();
  GError *error = NULL;

  if (!command_parse (&command_invert, entries, details, 2, -1, &argc, &argv))
    return STATUS_USAGE;
  self.path = argv[1];
  self.settings.features = self.features;
  if (!read_said (&self, argv + 2, &error))
    return command_fail (error);
  return work (&self);
}

const Command command_invert = {
  .name = "invert",
  .arguments = "MODEL FILE… [NAME=VALUE…]",
  .summary = "Find the latents of which a generator makes given pictures or sounds",
  .run = run,
};
