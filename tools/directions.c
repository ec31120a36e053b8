/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model directions: directions along which what a generator makes changes. */
#include <generative/direction-method.h>
#include <generative/npy.h>
#include <math.h>
#include <string.h>

#include "../lib/base/json-file.h"
#include "command.h"
#include "edited-samples.h"
#include "lines.h"
#include "numbers.h"

/* A strip goes so far to both sides, in deviations, in so many pictures. */
#define STRIP 4.0
#define COLUMNS 9

typedef struct {
  char *output, *sheet, *from, *method_name, *space_name, *layer, *classifier, *latents, *labels;
  int class, threads;
  gint64 seed;
  gboolean json;
  GenDirectionSettings settings;
  const GenDirectionMethod *method;
  GenLatentSpace *space;
  float *places;
  GArray *label_list; /* of int */
  GPtrArray *names;
  GenDirections *directions;
  GArray *shares;
} Find;

static void
find_clear (Find *self)
{
  g_free (self->output);
  g_free (self->sheet);
  g_free (self->from);
  g_free (self->method_name);
  g_free (self->space_name);
  g_free (self->layer);
  g_free (self->classifier);
  g_free (self->latents);
  g_free (self->labels);
  g_clear_pointer (&self->space, gen_latent_space_free);
  g_free (self->places);
  g_clear_pointer (&self->label_list, g_array_unref);
  g_clear_pointer (&self->names, g_ptr_array_unref);
  g_clear_pointer (&self->directions, gen_directions_free);
  g_clear_pointer (&self->shares, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Find, find_clear)

static gboolean fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
fail (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  *error = g_error_new_valist (G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, format, arguments);
  va_end (arguments);
  return FALSE;
}

/* --- latents with labels --- */

/* A label a line; an empty one: none. */
static gboolean
read_labels (Find *self, GError **error)
{
  g_autoptr (Lines) lines = lines_open (self->labels, error);
  char *line;

  if (lines == NULL)
    return FALSE;
  self->label_list = g_array_new (FALSE, FALSE, sizeof (int));
  self->names = g_ptr_array_new_with_free_func (g_free);
  while ((line = lines_next (lines, error)) != NULL) {
    int label = -1;
    guint at;

    g_strstrip (line);
    if (*line != '\0' && !g_utf8_validate (line, -1, NULL))
      return fail (error, "%s: line %u is no UTF-8", self->labels, lines_number (lines));
    if (strchr (line, ',') != NULL)
      return fail (error, "%s: line %u: a name has no commas in it, by which names are parted",
          self->labels, lines_number (lines));
    if (*line != '\0') {
      if (!g_ptr_array_find_with_equal_func (self->names, line, g_str_equal, &at)) {
        at = self->names->len;
        g_ptr_array_add (self->names, g_strdup (line));
      }
      label = (int)at;
    }
    g_array_append_val (self->label_list, label);
  }
  g_ptr_array_add (self->names, NULL);
  return !lines_failed (lines);
}

/* Places of the space in an array of numpy's. (transfer full) */
static float *
load_places (const Find *self, const char *path, gint64 *n, GError **error)
{
  const gint64 place =
      (gint64)(gen_latent_space_vectors (self->space) * gen_latent_space_length (self->space));
  GenDataType type;
  GenShape shape;
  g_autoptr (GBytes) bytes = gen_npy_load (path, &type, &shape, error);
  g_autofree char *text = NULL;
  g_autofree float *places = NULL;

  if (bytes == NULL)
    return NULL;
  text = gen_shape_to_string (&shape);
  if (shape.rank < 2 || shape.dims[0] < 1 || gen_shape_product (&shape, 1, shape.rank) != place) {
    fail (error,
        "%s: its shape is %s; places of the space %s are wanted, %" G_GINT64_FORMAT " numbers each",
        path, text, gen_space_kind_names ()[gen_latent_space_kind (self->space)], place);
    return NULL;
  }
  places = numbers_convert (g_bytes_get_data (bytes, NULL), &shape, type, GEN_TYPE_FLOAT32, error);
  *n = shape.dims[0];
  for (gint64 i = 0; places != NULL && i < *n * place; i++)
    if (!isfinite (places[i])) {
      fail (error, "%s: element %" G_GINT64_FORMAT " is not finite", path, i);
      return NULL;
    }
  return g_steal_pointer (&places);
}

static gboolean
read_latents (Find *self, GError **error)
{
  gint64 n;

  if (gen_latent_space_kind (self->space) == GEN_SPACE_STYLES)
    return fail (error, "labels are of places of the space latent or style, not of styles");
  self->places = load_places (self, self->latents, &n, error);
  if (self->places == NULL)
    return FALSE;
  if (n != self->label_list->len)
    return fail (error, "%s has %u labels, a line each, but %s has %" G_GINT64_FORMAT " latents",
        self->labels, self->label_list->len, self->latents, n);
  self->settings.places = self->places;
  self->settings.labels = (const int *)(void *)self->label_list->data;
  self->settings.n = self->label_list->len;
  self->settings.names = (const char *const *)self->names->pdata;
  return TRUE;
}

/* --- what is asked for --- */

static gboolean
choose_method (Find *self, GError **error)
{
  const gboolean has_labels = self->classifier != NULL || self->labels != NULL;
  const char *name = self->method_name;

  if (name == NULL)
    name = has_labels ? "logistic" : "pca";
  self->method = gen_direction_method_find (name, error);
  if (self->method == NULL)
    return FALSE;
  if (has_labels && !self->method->is_labelled)
    return fail (error, "method %s has no use for labels; logistic and mean have", name);
  if ((self->latents == NULL) != (self->labels == NULL))
    return fail (error, "--latents and --labels go together");
  if (self->latents != NULL && self->classifier != NULL)
    return fail (error, "labels come from --labels or from --classifier, not from both");
  return TRUE;
}

static gboolean
open_space (Find *self, const char *path, GError **error)
{
  GenLatentSpaceOptions options = {
    .class_number = self->class, .threads = self->threads, .seed = (guint64)self->seed
  };

  if (self->space_name != NULL && !gen_space_kind_find (self->space_name, &options.kind, error))
    return FALSE;
  self->space = gen_latent_space_new (path, &options, error);
  if (self->space == NULL)
    return FALSE;
  return self->labels == NULL || (read_labels (self, error) && read_latents (self, error));
}

/* --- what is written --- */

/* Where strips begin: the first latent that is given, or of the seed. (transfer full) */
static float *
find_first (const Find *self, GError **error)
{
  g_autofree float *first = NULL;
  gint64 n;

  if (self->from != NULL)
    return load_places (self, self->from, &n, error);
  first =
      g_new (float, gen_latent_space_length (self->space) * gen_latent_space_vectors (self->space));
  if (!gen_latent_space_draw (self->space, 0, 1, first, error))
    return NULL;
  return g_steal_pointer (&first);
}

/* It, pushed along each. */
static gboolean
write_sheet (const Find *self, GError **error)
{
  const GenFormat *format = gen_latent_space_format (self->space);
  const gsize length = gen_latent_space_length (self->space);
  const gsize place = length * gen_latent_space_vectors (self->space);
  const guint n = gen_directions_count (self->directions);
  const gsize numbers = format->medium->count_numbers (format);
  g_autofree float *places = NULL, *made = NULL, *first = NULL;

  if (self->sheet == NULL)
    return TRUE;
  places = g_new (float, n *COLUMNS *place);
  made = g_new (float, n *COLUMNS *numbers);
  first = find_first (self, error);
  if (first == NULL)
    return FALSE;
  for (guint i = 0; i < n * COLUMNS; i++) {
    const double amount = STRIP * (2.0 * (i % COLUMNS) / (COLUMNS - 1) - 1);
    gsize vectors, own;
    const float *row = gen_directions_numbers (self->directions, i / COLUMNS, &vectors, &own);

    for (gsize k = 0; k < place; k++)
      places[i * place + k] = first[k] + (float)amount * row[k % (vectors * own)];
  }
  return gen_latent_space_make (self->space, places, n * COLUMNS, made, error) &&
         edited_samples_draw (format, made, n * COLUMNS, COLUMNS, self->sheet, error);
}

static double
measure (const float *row, gsize n)
{
  double square = 0;

  for (gsize k = 0; k < n; k++)
    square += (double)row[k] * row[k];
  return sqrt (square);
}

static void
print (const Find *self)
{
  JsonObject *object = json_object_new ();
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), object);
  JsonArray *all = json_array_new ();
  g_autofree char *text = NULL;

  json_object_set_string_member (object, "method", self->method->name);
  json_object_set_string_member (
      object, "space", gen_space_kind_names ()[gen_latent_space_kind (self->space)]);
  if (!self->json)
    g_print ("%9s %10s  %s\n", "share", "deviation", "direction");
  for (guint i = 0; i < gen_directions_count (self->directions); i++) {
    g_autofree char *name = gen_directions_name (self->directions, i);
    const double share = g_array_index (self->shares, double, i);
    JsonObject *of = json_object_new ();
    gsize vectors, length;
    const float *row = gen_directions_numbers (self->directions, i, &vectors, &length);
    const double deviation = measure (row, vectors * length);

    if (!self->json)
      g_print ("%9.4f %10.4f  %s\n", share, deviation, name);
    json_object_set_string_member (of, "name", name);
    json_object_set_double_member (of, "share", share);
    json_object_set_double_member (of, "deviation", deviation);
    json_array_add_object_element (all, of);
  }
  json_object_set_array_member (object, "directions", all);
  text = gen_json_to_text (root, TRUE);
  if (self->json)
    g_print ("%s\n", text);
  json_object_unref (object);
}

static int
work (Find *self, const char *path)
{
  GError *error = NULL;

  self->shares = g_array_new (FALSE, FALSE, sizeof (double));
  self->settings.layer = self->layer;
  self->settings.classifier = self->classifier;
  if (!choose_method (self, &error) || !open_space (self, path, &error))
    return command_fail (error);
  self->directions =
      gen_directions_find_by (self->method, self->space, &self->settings, self->shares, &error);
  if (self->directions == NULL || !write_sheet (self, &error) ||
      (self->output != NULL && !gen_directions_save (self->directions, self->output, &error)))
    return command_fail (error);
  print (self);
  return STATUS_FINE;
}

static char *
describe (void)
{
  GString *text = g_string_new (
      "Each has a name and is as long as latents deviate along it, so that an amount of 1 is one "
      "standard\ndeviation. latentsrc direction-location=directions.npz direction=pca-1 plays "
      "them.\n\n  generative-model directions model/generator.onnx -o directions.npz\n"
      "  generative-model directions model/generator.onnx --classifier=classes/ema.onnx -o "
      "digits.npz\n\nMethods:\n");

  for (const GenDirectionMethod *const *m = gen_direction_method_list (); *m != NULL; m++)
    g_string_append_printf (text, "  %-9s %s\n", (*m)->name, (*m)->description);
  return g_string_free (text, FALSE);
}

static int
run (int argc, char **argv)
{
  g_auto (Find) self = { .class = -1, .settings = GEN_DIRECTION_DEFAULTS };
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &self.output,
        "Write them, an archive of numpy's with an array for each", "FILE.npz" },
    { "method", 'm', 0, G_OPTION_ARG_STRING, &self.method_name,
        "pca, sefa, mean or logistic (pca; with labels logistic)", "NAME" },
    { "space", 0, 0, G_OPTION_ARG_STRING, &self.space_name,
        "latent, or of a net that has them style or styles (latent)", "NAME" },
    { "count", 'n', 0, G_OPTION_ARG_INT, &self.settings.count, "Of pca and sefa, at most (10)",
        "N" },
    { "samples", 0, 0, G_OPTION_ARG_INT, &self.settings.samples, "Drawn to find them (1000)", "N" },
    { "layer", 0, 0, G_OPTION_ARG_STRING, &self.layer,
        "pca: the tensor of the model whose numbers are looked at (the last one of up to 16384)",
        "NAME" },
    { "classifier", 0, 0, G_OPTION_ARG_FILENAME, &self.classifier,
        "A net that tells classes of samples apart: one direction towards each", "FILE.onnx" },
    { "latents", 0, 0, G_OPTION_ARG_FILENAME, &self.latents,
        "Latents that labels are known of, an array of numpy's", "FILE.npy" },
    { "labels", 0, 0, G_OPTION_ARG_FILENAME, &self.labels,
        "And these, a line each (an empty one: not known)", "FILE" },
    { "orthogonal", 0, 0, G_OPTION_ARG_NONE, &self.settings.orthogonal,
        "Of labels: each at right angles to those before it", NULL },
    { "sheet", 0, 0, G_OPTION_ARG_FILENAME, &self.sheet,
        "Write a strip of each, from -4 to 4 deviations (PNG)", "FILE" },
    { "from", 0, 0, G_OPTION_ARG_FILENAME, &self.from,
        "Latents of which the first one is in the middle of each strip (the first of the seed)",
        "FILE.npy" },
    { "class", 0, 0, G_OPTION_ARG_INT, &self.class, "That a model of classes is told", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &self.seed, "Of what is drawn (0)", "N" },
    { "threads", 't', 0, G_OPTION_ARG_INT, &self.threads, "Threads (as many as cores)", "N" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &self.json, "Print JSON", NULL },
    { NULL },
  };
  g_autofree char *details = describe ();

  if (!command_parse (&command_directions, entries, details, 1, 1, &argc, &argv))
    return STATUS_USAGE;
  return work (&self, argv[1]);
}

const Command command_directions = {
  .name = "directions",
  .arguments = "MODEL",
  .summary = "Find directions in which what a generator makes changes",
  .run = run,
};
