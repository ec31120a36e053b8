/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a model takes sound apart, by what is said of it or by its shapes: see model.h for the words.
 */
#include "spectra.h"

#include <math.h>
#include <string.h>

#include <generative/operator.h>

/* Longer frames are of sounds of a higher rate. */
#define LONG_FRAME 960
#define USUAL_RATE 16000
#define HIGH_RATE 48000
#define LONGEST 65536
#define MOST_FRAMES 4096

/* Bins of lengths that are usual, of which a spectrum is told by its shape. */
static const gint64 usual_bins[] = { 129, 161, 201, 241, 257, 321, 401, 481, 513, 961, 1025 };

static const char *const role_names[] = { "none", "complex", "real", "imaginary", "magnitude",
  "mask", "complex-mask", "frames", "bands", "unit", "band-mask", "filter" };

const char *
gen_spectral_role_name (GenSpectralRole role)
{
  return role_names[role];
}

static GenSpectralRole
find_role (const char *name)
{
  for (guint i = 1; i < G_N_ELEMENTS (role_names); i++)
    if (strcmp (role_names[i], name) == 0)
      return (GenSpectralRole)i;
  return GEN_ROLE_NONE;
}

void
gen_spectra_free (GenSpectra *spectra)
{
  if (spectra == NULL)
    return;
  g_free (spectra->form);
  g_free (spectra->text);
  g_free (spectra->apart);
  g_free (spectra);
}

/* --- what is said --- */

/* What has been read so far. */
typedef struct {
  GPtrArray *links;
  GenSpectra *spectra;
  const char *source; /* where it is said, for errors */
  gboolean has_form;  /* complex, planes … */
  gboolean planes;    /* which is one of two ports */
  GenSpectralRole input, output;
  gboolean has_synthesis;
} Reading;

static gboolean
fail (const Reading *reading, const char *word, const char *wanted, GError **error)
{
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, "%s has \"%s\", %s",
      reading->source, word, wanted);
  return FALSE;
}

static gboolean
say_number (const Reading *reading, const char *key, const char *value, int least, int most,
    int *number, GError **error)
{
  guint64 parsed;

  if (!g_ascii_string_to_unsigned (value, 10, (guint64)least, (guint64)most, &parsed, NULL)) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s has %s=%s, which should be a whole number from %d to %d", reading->source, key, value,
        least, most);
    return FALSE;
  }
  *number = (int)parsed;
  return TRUE;
}

static gboolean
say_window (
    const Reading *reading, const char *value, const GenWindowFunction **window, GError **error)
{
  *window = gen_window_find (value, error);
  if (*window == NULL)
    g_prefix_error (error, "%s: ", reading->source);
  return *window != NULL;
}

static gboolean
say_port (Reading *reading, const char *name, const char *value, GError **error)
{
  const GenSpectralRole role = find_role (value);
  g_autofree char *names = NULL;

  for (guint i = 0; i < reading->links->len; i++) {
    GenLink *link = g_ptr_array_index (reading->links, i);
    const int input = gen_link_find (link, FALSE, name), output = gen_link_find (link, TRUE, name);

    if (role == GEN_ROLE_NONE && (input >= 0 || output >= 0))
      return fail (reading, value,
          "which should be complex, real, imaginary, magnitude, mask, complex-mask, frames, bands, "
          "unit, band-mask or filter",
          error);
    if (input >= 0)
      link->inputs[input] = role;
    else if (output >= 0)
      link->outputs[output] = role;
    if (input >= 0 || output >= 0)
      return TRUE;
  }
  names = gen_links_port_names (reading->links);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s says %s=%s; there is no such setting (length, hop, fft, window, synthesis, output, "
      "scale, frames, lookahead) and no such port; ports are %s",
      reading->source, name, value, names);
  return FALSE;
}

/* Let the port of that name have a role; FALSE where there is none. */
static gboolean
find_port (const Reading *reading, const char *name, gboolean is_output, GenSpectralRole role)
{
  gboolean found = FALSE;

  for (guint i = 0; i < reading->links->len; i++) {
    GenLink *link = g_ptr_array_index (reading->links, i);
    const int port = gen_link_find (link, is_output, name);

    if (port >= 0)
      (is_output ? link->outputs : link->inputs)[port] = role;
    found |= port >= 0;
  }
  return found;
}

/* What DeepFilterNet's files are exported with. */
static gboolean
say_deep_filter (Reading *reading, GError **error)
{
  static const struct {
    const char *name;
    gboolean is_output;
    GenSpectralRole role;
  } ports[] = { { "feat_erb", FALSE, GEN_ROLE_BANDS }, { "feat_spec", FALSE, GEN_ROLE_UNIT },
    { "m", TRUE, GEN_ROLE_BAND_MASK }, { "coefs", TRUE, GEN_ROLE_FILTER } };
  GenSpectra *spectra = reading->spectra;

  spectra->length = 960;
  spectra->hop = 480;
  spectra->window = gen_window_find ("vorbis", NULL);
  spectra->scale = 1.0 / 960;
  spectra->lookahead = 2;
  spectra->frames = 1;
  for (gsize i = 0; i < G_N_ELEMENTS (ports); i++)
    if (!find_port (reading, ports[i].name, ports[i].is_output, ports[i].role)) {
      g_autofree char *names = gen_links_port_names (reading->links);

      g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
          "%s says deep-filter, which takes all three files: nothing has a port '%s' among %s; "
          "property chain=erb_dec.onnx,df_dec.onnx says what follows enc.onnx",
          reading->source, ports[i].name, names);
      return FALSE;
    }
  return TRUE;
}

static gboolean
say_form (Reading *reading, const char *word, GError **error)
{
  static const GenSpectralRole forms[] = { GEN_ROLE_COMPLEX, GEN_ROLE_MAGNITUDE, GEN_ROLE_FRAMES };

  if (reading->has_form)
    return fail (reading, word,
        "a second form; one is said, or that of each port by its name (re=real,im=imaginary)",
        error);
  reading->has_form = TRUE;
  if (strcmp (word, "deep-filter") == 0)
    return say_deep_filter (reading, error);
  reading->planes = strcmp (word, "planes") == 0;
  reading->input = reading->planes ? GEN_ROLE_REAL : find_role (word);
  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    if (reading->planes || reading->input == forms[i])
      return TRUE;
  return fail (reading, word,
      "which should be complex, planes, magnitude, frames or deep-filter, or KEY=VALUE", error);
}

static gboolean
say_setting (Reading *reading, const char *key, const char *value, GError **error)
{
  GenSpectra *spectra = reading->spectra;

  if (strcmp (key, "length") == 0)
    return say_number (reading, key, value, 2, LONGEST, &spectra->length, error);
  if (strcmp (key, "hop") == 0)
    return say_number (reading, key, value, 1, LONGEST, &spectra->hop, error);
  if (strcmp (key, "fft") == 0)
    return say_number (reading, key, value, 2, LONGEST, &spectra->fft, error);
  if (strcmp (key, "frames") == 0)
    return say_number (reading, key, value, 1, MOST_FRAMES, &spectra->frames, error);
  if (strcmp (key, "lookahead") == 0)
    return say_number (reading, key, value, 0, MOST_FRAMES, &spectra->lookahead, error);
  if (strcmp (key, "window") == 0)
    return say_window (reading, value, &spectra->window, error);
  if (strcmp (key, "synthesis") == 0) {
    reading->has_synthesis = TRUE;
    return strcmp (value, "none") == 0 || say_window (reading, value, &spectra->synthesis, error);
  }
  if (strcmp (key, "scale") == 0) {
    spectra->scale = g_ascii_strtod (value, NULL);
    return (isfinite (spectra->scale) && spectra->scale > 0) ||
           fail (reading, value, "where a scale should be a number above 0", error);
  }
  if (strcmp (key, "output") == 0) {
    reading->output = find_role (value);
    return reading->output != GEN_ROLE_NONE ||
           fail (reading, value,
               "where an output should be complex, magnitude, mask, complex-mask or frames", error);
  }
  return say_port (reading, key, value, error);
}

/* All words of `text`; bare ones are of the port `name`, where it is not NULL. */
static gboolean
say_all (Reading *reading, const char *name, const char *text, GError **error)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);

  for (guint i = 0; words[i] != NULL; i++) {
    char *word = g_strstrip (words[i]), *value = strchr (word, '=');

    if (*word == '\0')
      return fail (reading, text, "where a word is missing before or behind a comma", error);
    if (value != NULL)
      *value++ = '\0';
    if (value != NULL  ? !say_setting (reading, g_strstrip (word), g_strstrip (value), error)
        : name != NULL ? !say_port (reading, name, word, error)
                       : !say_form (reading, word, error))
      return FALSE;
  }
  return TRUE;
}

/* What the sidecar says of all, in the section `generative`, and in the sections of ports. */
static gboolean
read_sidecar (Reading *reading, GKeyFile *sidecar, gboolean *said, GError **error)
{
  g_auto (GStrv) sections = g_key_file_get_groups (sidecar, NULL);

  reading->source = "spectrum in the .modelinfo file";
  for (guint i = 0; sections[i] != NULL; i++) {
    g_autofree char *text = g_key_file_get_value (sidecar, sections[i], "spectrum", NULL);

    if (text == NULL)
      continue;
    *said = TRUE;
    if (!say_all (
            reading, strcmp (sections[i], "generative") == 0 ? NULL : sections[i], text, error))
      return FALSE;
  }
  return TRUE;
}

/* From the first place that says something. */
static gboolean
read_said (
    Reading *reading, GKeyFile *sidecar, const GenModelHints *hints, gboolean *said, GError **error)
{
  const GenLink *first = g_ptr_array_index (reading->links, 0);
  const char *metadata = g_hash_table_lookup (first->model->graph->metadata, "generative.spectrum");

  *said = TRUE;
  reading->source = hints->spectrum != NULL ? "property spectrum" : "generative.spectrum";
  if (hints->spectrum != NULL || metadata != NULL)
    return say_all (reading, NULL, hints->spectrum != NULL ? hints->spectrum : metadata, error);
  *said = FALSE;
  return sidecar == NULL || read_sidecar (reading, sidecar, said, error);
}

/* --- shapes --- */

gboolean
gen_spectra_are_usual_bins (gint64 bins)
{
  for (guint i = 0; i < G_N_ELEMENTS (usual_bins); i++)
    if (usual_bins[i] == bins)
      return TRUE;
  return FALSE;
}

/* How many bins complex spectra of that shape have; 0 where it is none. */
static gint64
count_bins (const GenShape *shape)
{
  gint64 bins = 0, pairs = 0;

  for (int d = 0; d < shape->rank; d++) {
    if (gen_spectra_are_usual_bins (shape->dims[d]))
      bins = bins == 0 ? shape->dims[d] : -1;
    pairs += shape->dims[d] == 2;
  }
  return shape->rank >= 3 && pairs > 0 ? MAX (bins, 0) : 0;
}

/* Whether a model that nothing is said of takes and makes complex spectra. */
static gboolean
looks_complex (const GenLink *link)
{
  const int input = gen_link_first_open (link, FALSE), output = gen_link_first_open (link, TRUE);
  const GenModel *model = link->model;

  return input >= 0 && output >= 0 && !model->staged &&
         model->inputs[input].kind == GEN_PORT_OTHER &&
         count_bins (&model->inputs[input].shape) > 0 &&
         count_bins (&model->inputs[input].shape) == count_bins (&model->outputs[output].shape);
}

static gint64
largest_extent (const GenShape *shape)
{
  gint64 largest = 0;

  for (int d = 0; d < shape->rank; d++)
    largest = MAX (largest, shape->dims[d]);
  return largest;
}

/* How long the frames are of which a port of that shape holds what `role` is. */
static int
length_of (const GenShape *shape, GenSpectralRole role)
{
  const gint64 row = MIN (largest_extent (shape), LONGEST);

  return role == GEN_ROLE_FRAMES ? (int)row : (int)(2 * (row - 1));
}

/* How many frames a model takes at a time; 0 where it remembers nothing and takes any number. */
static int
count_frames (const GenLink *link, int input, GenSpectralRole role, int row)
{
  const GenShape *shape = &link->model->inputs[input].shape;
  gboolean row_found = FALSE, pair_found = role != GEN_ROLE_COMPLEX, free = FALSE;
  gint64 frames = 1;

  for (int d = shape->rank - 1; d >= 0; d--) {
    const gint64 extent = shape->dims[d];

    if (extent < 0)
      free = TRUE;
    else if (!row_found && (extent == row || (!pair_found && extent == 2 * row))) {
      row_found = TRUE;
      pair_found |= extent == 2 * row;
    } else if (!pair_found && extent == 2)
      pair_found = TRUE;
    else
      frames *= extent;
  }
  if (!row_found)
    return 1;
  if (free && frames == 1 && !gen_model_has_states (link->model))
    return 0;
  return (int)CLAMP (frames, 1, MOST_FRAMES);
}

/* --- roles --- */

/* Whether what is made are numbers from 0 to 1, by what makes them last. */
static gboolean
ends_in_sigmoid (const GenTensor *x)
{
  static const char *const moves[] = { "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Identity",
    "Slice", NULL };

  while (x->producer != NULL && g_strv_contains (moves, x->producer->op->name))
    x = gen_node_input (x->producer, 0);
  return x->producer != NULL && g_strcmp0 (x->producer->op->name, "Sigmoid") == 0;
}

/* What an output is, of a model that takes `input`. */
static GenSpectralRole
suppose_output (const GenLink *link, int output, GenSpectralRole input)
{
  if (input != GEN_ROLE_MAGNITUDE)
    return input;
  return ends_in_sigmoid (g_ptr_array_index (link->model->graph->outputs, output))
             ? GEN_ROLE_MASK
             : GEN_ROLE_MAGNITUDE;
}

/* What a port of a later file is, by its shape. */
static GenSpectralRole
role_of_shape (const GenSpectra *spectra, const GenShape *shape)
{
  const gint64 row = largest_extent (shape), bins = spectra->fft / 2 + 1;

  if (row == spectra->length)
    return GEN_ROLE_FRAMES;
  if (row == bins)
    return count_bins (shape) > 0 ? GEN_ROLE_COMPLEX : GEN_ROLE_MAGNITUDE;
  return row == 2 * bins ? GEN_ROLE_COMPLEX : GEN_ROLE_NONE;
}

static gboolean
has_role (const GenSpectralRole *roles, guint n)
{
  for (guint i = 0; i < n; i++)
    if (roles[i] != GEN_ROLE_NONE)
      return TRUE;
  return FALSE;
}

/* Let the first open port have a role. FALSE with `error` where there is none. */
static gboolean
assign (GenLink *link, gboolean is_output, GenSpectralRole role, GError **error)
{
  const int port = gen_link_first_open (link, is_output);

  if (port < 0) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "spectrum: %s has no %s left that could be %s",
        link->model->path != NULL ? link->model->path : "the model", is_output ? "output" : "input",
        gen_spectral_role_name (role));
    return FALSE;
  }
  (is_output ? link->outputs : link->inputs)[port] = role;
  return TRUE;
}

/* The role that an input of a link has first. */
static GenSpectralRole
first_role (const GenLink *link, int *port)
{
  for (guint i = 0; i < link->model->graph->inputs->len; i++)
    if (link->inputs[i] != GEN_ROLE_NONE) {
      *port = (int)i;
      return link->inputs[i];
    }
  return GEN_ROLE_NONE;
}

/* What a link makes, where nothing says it. */
static gboolean
complete_outputs (GenLink *link, GenSpectralRole input, GenSpectralRole said, GError **error)
{
  int output;

  if (has_role (link->outputs, link->model->graph->outputs->len) || input == GEN_ROLE_NONE ||
      input >= GEN_ROLE_BANDS)
    return TRUE;
  if (input == GEN_ROLE_REAL && said == GEN_ROLE_NONE)
    return assign (link, TRUE, GEN_ROLE_REAL, error) &&
           assign (link, TRUE, GEN_ROLE_IMAGINARY, error);
  output = gen_link_first_open (link, TRUE);
  if (said == GEN_ROLE_NONE && output >= 0)
    said = suppose_output (link, output, input);
  return assign (link, TRUE, said != GEN_ROLE_NONE ? said : input, error);
}

static gboolean
complete_first (Reading *reading, GError **error)
{
  GenLink *link = g_ptr_array_index (reading->links, 0);
  int port;

  if (!has_role (link->inputs, link->model->graph->inputs->len)) {
    if (reading->input == GEN_ROLE_NONE && looks_complex (link))
      reading->input = GEN_ROLE_COMPLEX;
    if (reading->input == GEN_ROLE_NONE)
      return fail (reading, "no form",
          "and the model's shapes do not tell one: complex, planes, magnitude or frames", error);
    if (!assign (link, FALSE, reading->input, error) ||
        (reading->planes && !assign (link, FALSE, GEN_ROLE_IMAGINARY, error)))
      return FALSE;
  }
  return complete_outputs (link, first_role (link, &port), reading->output, error);
}

/* A later file that takes nothing of those before it takes what the sound is by then. */
static gboolean
complete_later (Reading *reading, GError **error)
{
  for (guint i = 1; i < reading->links->len; i++) {
    GenLink *link = g_ptr_array_index (reading->links, i);
    const int input = gen_link_first_open (link, FALSE);
    int port;

    if (input >= 0 && !has_role (link->inputs, link->model->graph->inputs->len))
      link->inputs[input] = role_of_shape (reading->spectra, &link->model->inputs[input].shape);
    if (!complete_outputs (link, first_role (link, &port), GEN_ROLE_NONE, error))
      return FALSE;
  }
  return TRUE;
}

/* --- the whole --- */

/* "complex to mask, frames to frames" */
static char *
describe_form (const GPtrArray *links)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < links->len; i++) {
    const GenLink *link = g_ptr_array_index (links, i);
    const char *before = text->len > 0 ? ", " : "";

    for (guint k = 0; k < link->model->graph->inputs->len; k++)
      if (link->inputs[k] != GEN_ROLE_NONE) {
        g_string_append_printf (text, "%s%s", before, gen_spectral_role_name (link->inputs[k]));
        before = " and ";
      }
    before = strcmp (before, " and ") == 0 ? " to " : before;
    for (guint k = 0; k < link->model->graph->outputs->len; k++)
      if (link->outputs[k] != GEN_ROLE_NONE) {
        g_string_append_printf (text, "%s%s", before, gen_spectral_role_name (link->outputs[k]));
        before = " and ";
      }
  }
  return g_string_free (text, FALSE);
}

static void
append_roles (GString *text, const GenLink *link, gboolean is_output)
{
  const GPtrArray *ports = is_output ? link->model->graph->outputs : link->model->graph->inputs;
  const GenSpectralRole *roles = is_output ? link->outputs : link->inputs;

  for (guint i = 0; i < ports->len; i++)
    if (roles[i] != GEN_ROLE_NONE)
      g_string_append_printf (text, "%s%s=%s,", link->prefix != NULL ? link->prefix : "",
          ((GenTensor *)g_ptr_array_index (ports, i))->name, gen_spectral_role_name (roles[i]));
}

/* All that has been said or found, in the words that it can be said in. */
static char *
write_text (const GPtrArray *links, const GenSpectra *spectra)
{
  GString *text = g_string_new (NULL);
  char scale[G_ASCII_DTOSTR_BUF_SIZE];

  for (guint i = 0; i < links->len; i++) {
    append_roles (text, g_ptr_array_index (links, i), FALSE);
    append_roles (text, g_ptr_array_index (links, i), TRUE);
  }
  g_string_append_printf (
      text, "length=%d,hop=%d,window=%s", spectra->length, spectra->hop, spectra->window->name);
  if (spectra->fft != spectra->length)
    g_string_append_printf (text, ",fft=%d", spectra->fft);
  if (spectra->synthesis != spectra->window)
    g_string_append_printf (
        text, ",synthesis=%s", spectra->synthesis != NULL ? spectra->synthesis->name : "none");
  if (spectra->scale != 1)
    g_string_append_printf (
        text, ",scale=%s", g_ascii_dtostr (scale, sizeof scale, spectra->scale));
  if (spectra->frames > 1)
    g_string_append_printf (text, ",frames=%d", spectra->frames);
  if (spectra->lookahead > 0)
    g_string_append_printf (text, ",lookahead=%d", spectra->lookahead);
  return g_string_free (text, FALSE);
}

/* What is left of the settings. */
static gboolean
complete_settings (Reading *reading, GError **error)
{
  GenLink *first = g_ptr_array_index (reading->links, 0);
  GenSpectra *spectra = reading->spectra;
  int port = 0;
  const GenSpectralRole role = first_role (first, &port);

  if (spectra->length == 0)
    spectra->length = spectra->fft;
  if (spectra->length == 0)
    spectra->length = length_of (&first->model->inputs[port].shape, role);
  if (spectra->hop == 0)
    spectra->hop = spectra->length / 2;
  if (spectra->length < 2 || spectra->hop < 1 || spectra->hop > spectra->length) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: frames of length=%d with hop=%d: a frame should have two samples at least, and hop "
        "be at most its length",
        reading->source, spectra->length, spectra->hop);
    return FALSE;
  }
  if (spectra->fft == 0)
    spectra->fft = spectra->length;
  if (spectra->fft < spectra->length) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: frames of length=%d do not go into a transform of fft=%d samples, which should be as "
        "many at least",
        reading->source, spectra->length, spectra->fft);
    return FALSE;
  }
  if (spectra->frames == 0)
    spectra->frames = count_frames (
        first, port, role, role == GEN_ROLE_FRAMES ? spectra->length : spectra->fft / 2 + 1);
  if (!reading->has_synthesis)
    spectra->synthesis = spectra->window;
  return gen_spectra_check (spectra, error);
}

GenSpectra *
gen_spectra_read (GPtrArray *links, GKeyFile *sidecar, const GenModelHints *hints, GError **error)
{
  g_autoptr (GenSpectra) spectra = g_new0 (GenSpectra, 1);
  Reading reading = { .links = links, .spectra = spectra };
  gboolean said;

  spectra->scale = 1;
  spectra->window = gen_window_find ("sqrt-hann", NULL);
  /* Somebody says that it is none. */
  if (hints->spectrum != NULL && *hints->spectrum == '\0')
    return NULL;
  if (!read_said (&reading, sidecar, hints, &said, error))
    return NULL;
  spectra->assumed = !said;
  if (!said && !looks_complex (g_ptr_array_index (links, 0)))
    return NULL;
  if (!complete_first (&reading, error) || !complete_settings (&reading, error) ||
      !complete_later (&reading, error))
    return NULL;
  spectra->form = describe_form (links);
  spectra->text = write_text (links, spectra);
  return g_steal_pointer (&spectra);
}

int
gen_spectra_usual_rate (const GenSpectra *spectra)
{
  return spectra->length >= LONG_FRAME ? HIGH_RATE : USUAL_RATE;
}

/* --- in words --- */

char *
gen_model_describe_spectra (const GenModel *model)
{
  const GenSpectra *spectra = model->spectra;
  GString *text;

  if (spectra == NULL)
    return NULL;
  text = g_string_new (spectra->form);
  g_string_append_printf (text, "; frames of %d samples every %d, window=%s, synthesis=%s",
      spectra->length, spectra->hop, spectra->window->name,
      spectra->synthesis != NULL ? spectra->synthesis->name : "none");
  if (spectra->fft != spectra->length)
    g_string_append_printf (text, ", transforms of %d", spectra->fft);
  if (spectra->scale != 1)
    g_string_append_printf (text, ", scale=%g", spectra->scale);
  if (spectra->frames > 1)
    g_string_append_printf (text, ", %d in a run", spectra->frames);
  g_string_append_printf (text, "; sound comes %" G_GINT64_FORMAT " samples late%s",
      gen_spectra_delay (spectra), spectra->assumed ? " (assumed)" : "");
  return g_string_free (text, FALSE);
}

char *
gen_model_describe_spectra_assumption (const GenModel *model, gboolean rate_said)
{
  const GenSpectra *spectra = model->spectra;
  const gboolean rate_assumed = spectra != NULL && spectra->rate_assumed && !rate_said;
  GString *text;

  if (spectra == NULL || (!spectra->assumed && !rate_assumed && spectra->apart == NULL))
    return NULL;
  text = g_string_new (model->path != NULL ? model->path : "the model");
  if (spectra->assumed)
    g_string_append_printf (text,
        ": by its shapes it takes spectra; nothing tells of which frames, and %d samples every %d "
        "under a window %s are assumed. Property spectrum=\"complex,length=%d,hop=%d,window=%s\", "
        "or metadata generative.spectrum in the model, would tell",
        spectra->length, spectra->hop, spectra->window->name, spectra->length, spectra->hop,
        spectra->window->name);
  if (spectra->apart != NULL)
    g_string_append_printf (text,
        "%s %s, and so %d frames are made at a time, which know nothing of those around them; "
        "frames=N in property spectrum says how many",
        spectra->assumed ? ";" : ":", spectra->apart, spectra->frames);
  if (rate_assumed)
    g_string_append_printf (text,
        "%s nothing tells how many samples a second there are, and %d are assumed, which property "
        "sample-rate, or metadata generative.sample-rate, would tell",
        spectra->assumed || spectra->apart != NULL ? ";" : ":", gen_spectra_usual_rate (spectra));
  return g_string_free (text, FALSE);
}
