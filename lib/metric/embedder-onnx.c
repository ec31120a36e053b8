/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Features that an ONNX model makes of a picture or a sound: its first vector, or the mean over the
 * sample of its first map. */
#include "embedder-onnx.h"

#include <generative/adapter-file.h>
#include <generative/file-bytes.h>

#include <string.h>

#include "features.h"
#include "model-numbers.h"

/* Samples in a run, where there are as many and the model takes any number. */
#define BATCH 16
#define DIGEST_DIGITS 8

static GenModel *
model_of (const Embedder *embedder)
{
  return gen_player_model (embedder->player);
}

static void
embedder_close (gpointer state)
{
  Embedder *embedder = state;

  g_clear_pointer (&embedder->player, gen_player_free);
  g_free (embedder->bytes);
  g_free (embedder);
}

/* Whether output `i` is a vector of more than one feature, or, where it is not `several`, of one.
 */
static gboolean
is_vector (const GenModel *model, guint i, gboolean several)
{
  const GenPort *port = &model->outputs[i];

  return port->part == GEN_PART_FLOW && port->kind == GEN_PORT_VECTOR &&
         (several ? port->length > 1 : port->length == 1);
}

/* The first vector, else the first map, of which the embedder learns how its features lie; else the
 * first score, which is a vector of one. What the model remembers is none of them. */
static gboolean
choose_output (Embedder *embedder, const GenModel *model)
{
  const guint n = model->graph->outputs->len;

  for (guint i = 0; i < n; i++)
    if (is_vector (model, i, TRUE)) {
      embedder->output = model->outputs[i];
      return gen_port_use_float32 (&embedder->output);
    }
  for (guint i = 0; i < n; i++) {
    gint64 features;

    if (model->outputs[i].part != GEN_PART_FLOW || model->outputs[i].kind == GEN_PORT_VECTOR ||
        !embedder->side->is_map (embedder, &model->outputs[i], &features, &embedder->features_last))
      continue;
    embedder->output = model->outputs[i];
    embedder->output.length = features;
    return gen_port_use_float32 (&embedder->output);
  }
  for (guint i = 0; i < n; i++)
    if (is_vector (model, i, FALSE)) {
      embedder->output = model->outputs[i];
      return gen_port_use_float32 (&embedder->output);
    }
  return FALSE;
}

/* But for states and parameters of models of sound, and numbers that say how much adapters count.
 */
static guint
count_inputs (const Embedder *embedder, const GenModel *model)
{
  const gboolean is_sound = embedder->side->medium == &gen_medium_sound;
  const gboolean adapted = g_hash_table_contains (model->graph->metadata, "generative.adapters");
  guint n = 0;

  for (guint i = 0; i < model->graph->inputs->len; i++) {
    const GenPart part = model->inputs[i].part;

    n += part == GEN_PART_FLOW || (!is_sound && !(adapted && part == GEN_PART_PARAMETER));
  }
  return n;
}

static gboolean
choose_ports (Embedder *embedder, const char *path, GError **error)
{
  const GenModel *model = model_of (embedder);
  g_autofree char *text = gen_model_describe (model);

  if (count_inputs (embedder, model) != 1 || !embedder->side->choose_input (embedder, model) ||
      !choose_output (embedder, model)) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: what tells features, or scores of classes, %s; this model %s", path,
        embedder->side->takes, text);
    return FALSE;
  }
  if (embedder->output.length > GEN_FEATURES_MAX) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: its output \"%s\" has %" G_GINT64_FORMAT " features; at most %d can be compared", path,
        embedder->output.name, embedder->output.length, GEN_FEATURES_MAX);
    return FALSE;
  }
  embedder->length = (int)embedder->output.length;
  return TRUE;
}

char *
gen_features_name_file (const char *path, GError **error)
{
  g_autoptr (GBytes) bytes = gen_file_bytes (path, error);
  g_autofree char *digest = NULL, *base = g_path_get_basename (path);

  if (bytes == NULL)
    return NULL;
  digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
  return g_strdup_printf ("%s-%.*s", base, DIGEST_DIGITS, digest);
}

static gpointer
embedder_open (const char *path, const GenMedium *medium, char **name, GError **error)
{
  const EmbedderSide *const sides[] = { &gen_embedder_side_picture, &gen_embedder_side_sound };
  const GenPlayerOptions options = { .plan = { .choice = GEN_CHOICE_MEASURE } };
  g_autoptr (GenModel) model = gen_model_load (path, error);
  Embedder *embedder;

  if (model == NULL)
    return NULL;
  embedder = g_new0 (Embedder, 1);
  embedder->player = gen_player_new (model, &options);
  for (gsize i = 0; i < G_N_ELEMENTS (sides); i++)
    if (sides[i]->medium == medium)
      embedder->side = sides[i];
  if (embedder->side == NULL)
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: embedders of %s are not made of files", path, medium->plural);
  else if (choose_ports (embedder, path, error) &&
           (*name = gen_features_name_file (path, error)) != NULL)
    return embedder;
  embedder_close (embedder);
  return NULL;
}

/* "NAME+ADAPTER+…", all with the digits of their files. */
static gboolean
name_adapters (const char *files, char **name, GError **error)
{
  g_auto (GStrv) paths = g_strsplit (files, ",", -1);
  g_autoptr (GString) all = g_string_new (*name);

  for (guint i = 0; paths[i] != NULL; i++) {
    g_autofree char *of = gen_features_name_file (g_strstrip (paths[i]), error);

    if (of == NULL)
      return FALSE;
    g_string_append_printf (all, "+%s", of);
  }
  g_free (*name);
  *name = g_string_free (g_steal_pointer (&all), FALSE);
  return TRUE;
}

static gboolean
embedder_adapt (gpointer state, const char *files, const char *scales, char **name, GError **error)
{
  const GenModelHints hints = {
    .sampling.sampler = "once", .adapters = files, .adapter_scales = scales
  };
  const GenPlayerOptions options = { .plan = { .choice = GEN_CHOICE_MEASURE } };
  Embedder *embedder = state;
  g_autofree char *path = g_strdup (model_of (embedder)->path);
  g_autoptr (GenModel) model = gen_model_load_as (path, &hints, error);

  if (model == NULL || !name_adapters (files, name, error))
    return FALSE;
  gen_player_free (embedder->player);
  embedder->player = gen_player_new (model, &options);
  return choose_ports (embedder, path, error);
}

static gboolean
embedder_scale_adapters (gpointer state, const char *scales, GError **error)
{
  Embedder *embedder = state;
  const guint n = model_of (embedder)->graph->inputs->len - 1;
  double numbers[GEN_ADAPTERS_MOST];

  if (!gen_adapters_read_scales (scales, numbers, GEN_ADAPTERS_MOST, error))
    return FALSE;
  for (guint i = 0; i < n; i++) {
    g_autofree char *name = g_strdup_printf ("adapter-%u", i + 1);
    g_autofree GenNumbers *number = g_malloc (sizeof *number + sizeof (double));

    number->n = 1;
    number->values[0] = numbers[i];
    if (!gen_player_set_parameter (embedder->player, name, number, error))
      return FALSE;
  }
  return TRUE;
}

static int
embedder_length (gpointer state, const GenFormat *format)
{
  return ((Embedder *)state)->length;
}

/* Whether the embedder makes of `n` samples what it is to make. */
static gboolean
check_made (const Embedder *embedder, int n, const GenBinding *made, GError **error)
{
  const GenShape *shape = &made->shape;
  const int features = embedder->features_last ? shape->rank - 1 : 1;
  g_autofree char *text = NULL, *format = NULL;
  gboolean good = shape->rank > 1 && shape->dims[0] == n;

  if (embedder->output.kind == GEN_PORT_VECTOR)
    good = good && gen_shape_elements (shape) == (gint64)n * embedder->length;
  else
    good = good && shape->rank == embedder->output.shape.rank &&
           shape->dims[features] == embedder->length && gen_shape_elements (shape) > 0;
  if (good && made->type == GEN_TYPE_FLOAT32)
    return TRUE;
  text = gen_shape_to_string (shape);
  format = gen_format_describe (&embedder->format);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: of %d %s of %s it makes %s, where %d features of each were expected",
      model_of (embedder)->path, n, embedder->side->medium->plural, format, text, embedder->length);
  return FALSE;
}

static gboolean
makes_numbers (const Embedder *embedder)
{
  return embedder->side->makes_numbers != NULL && embedder->side->makes_numbers (embedder);
}

/* Make ready to take `n` samples at a time, of the format that the embedder has. */
static gboolean
prepare_run (Embedder *embedder, int n, GError **error)
{
  GenModelUse use = { .input = embedder->input,
    .output = embedder->output,
    .frames = 1,
    .pictures = n,
    .from_frames = !makes_numbers (embedder) };

  embedder->side->describe_use (embedder, &use);
  return gen_player_prepare (embedder->player, &use, NULL, error) &&
         (model_of (embedder)->staged ||
             check_made (embedder, n, gen_player_output (embedder->player), error));
}

/* The `n` samples in `bytes` are the model's numbers, but for their type. */
static void
bind_numbers (Embedder *embedder, int n)
{
  const GenDataType type = model_of (embedder)->inputs[0].type;

  if (gen_model_numbers_are_integers (type))
    gen_model_numbers_write (type, (const float *)(const void *)embedder->bytes,
        (gsize)n * embedder->sample_size / sizeof (float),
        gen_player_numbers (embedder->player, 0));
  else
    gen_player_bind_numbers (embedder->player, 0, embedder->bytes);
}

/* What the model makes of the `n` samples in `bytes`; NULL with `error`. */
static const GenBinding *
run_once (Embedder *embedder, int n, GError **error)
{
  const GenFrame frame = { .planes = { embedder->bytes } };
  const GenBinding *made;

  if (!prepare_run (embedder, n, error))
    return NULL;
  if (!embedder->streams)
    gen_player_reset (embedder->player);
  if (makes_numbers (embedder))
    bind_numbers (embedder, n);
  else
    gen_player_bind_input_frame (embedder->player, 0, &frame);
  if (!gen_player_run (embedder->player, error)) {
    g_prefix_error (error, "%s: ", model_of (embedder)->path);
    return NULL;
  }
  made = gen_player_output (embedder->player);
  return check_made (embedder, n, made, error) ? made : NULL;
}

static gboolean
prepare (Embedder *embedder, const GenFormat *format, GError **error)
{
  GenFormat chosen;

  if (!embedder->side->choose_format (embedder, format, &chosen, error))
    return FALSE;
  if (embedder->format.medium != NULL && gen_format_equal (&chosen, &embedder->format))
    return TRUE;
  embedder->format = chosen;
  embedder->few = (int)MAX (embedder->input.batch, 1);
  /* A file may say that it takes any number, and not mean it: then one at a time; as where each
   * sample has a size of its own, or the model remembers. */
  embedder->many = embedder->input.batch < 0 && !model_of (embedder)->staged &&
                           !gen_model_has_states (model_of (embedder)) &&
                           (embedder->resizing == NULL || embedder->resizing->filter != NULL) &&
                           prepare_run (embedder, BATCH, NULL)
                       ? BATCH
                       : embedder->few;
  if (!prepare_run (embedder, embedder->few, error)) {
    embedder->format = (GenFormat){ 0 };
    return FALSE;
  }
  embedder->sample_size = embedder->side->sample_size (embedder);
  g_free (embedder->bytes);
  embedder->bytes = g_malloc0 ((gsize)embedder->many * embedder->sample_size);
  return TRUE;
}

/* The output's rows, each the mean over a map's extents. */
static void
collect (const Embedder *embedder, int of_run, const GenBinding *made, int n, float *out)
{
  gsize length = (gsize)embedder->length;
  gsize area = (gsize)gen_shape_elements (&made->shape) / length / (gsize)of_run;
  gsize step = embedder->features_last ? length : 1;
  gsize start = embedder->features_last ? 1 : area;
  const float *from = made->data;

  if (area == 1) {
    memcpy (out, from, (gsize)n * length * sizeof *out);
    return;
  }
  for (int i = 0; i < n; i++, from += length * area)
    for (gsize c = 0; c < length; c++) {
      double sum = 0;

      for (gsize k = 0; k < area; k++)
        sum += from[c * start + k * step];
      *out++ = (float)(sum / (double)area);
    }
}

/* How many of `n` samples are brought to the format that the embedder has been prepared for. */
static int
count_alike (const Embedder *embedder, const GenSample *samples, int n)
{
  for (int i = 1; i < n; i++) {
    const GenFormat format = gen_sample_format (&samples[i]);
    GenFormat chosen;

    if (!embedder->side->choose_format (embedder, &format, &chosen, NULL) ||
        !gen_format_equal (&chosen, &embedder->format))
      return i;
  }
  return n;
}

/* The features of `n` samples that are alike. */
static gboolean
compute_alike (Embedder *embedder, const GenSample *samples, int n, float *out, GError **error)
{
  while (n > 0) {
    int of_run = n >= embedder->many ? embedder->many : embedder->few;
    int taken = MIN (n, of_run);
    const GenBinding *made;

    for (int i = 0; i < taken; i++)
      if (!embedder->side->fit (
              embedder, &samples[i], embedder->bytes + (gsize)i * embedder->sample_size, error))
        return FALSE;
    made = run_once (embedder, of_run, error);
    if (made == NULL)
      return FALSE;
    collect (embedder, of_run, made, taken, out);
    samples += taken;
    out += (gsize)taken * (gsize)embedder->length;
    n -= taken;
  }
  return TRUE;
}

static gboolean
embedder_compute (gpointer state, const GenSample *samples, int n, float *out, GError **error)
{
  Embedder *embedder = state;

  while (n > 0) {
    const GenFormat format = gen_sample_format (&samples[0]);
    int alike;

    if (!prepare (embedder, &format, error))
      return FALSE;
    alike = count_alike (embedder, samples, n);
    if (!compute_alike (embedder, samples, alike, out, error))
      return FALSE;
    samples += alike;
    out += (gsize)alike * (gsize)embedder->length;
    n -= alike;
  }
  return TRUE;
}

static gboolean
embedder_resize (gpointer state, const char *name, GError **error)
{
  Embedder *embedder = state;
  const GenPort *input = &embedder->input;
  const GenResizing *resizing = gen_resizing_find (name, error);

  if (resizing == NULL)
    return FALSE;
  if (embedder->side->medium != &gen_medium_picture) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN, "%s: %s are not resized",
        model_of (embedder)->path, embedder->side->medium->plural);
    return FALSE;
  }
  if ((resizing->filter != NULL) == (input->width > 0 && input->height > 0)) {
    embedder->resizing = resizing;
    return TRUE;
  }
  if (resizing->filter != NULL)
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN,
        "%s takes pictures of any size: there is none that \"%s\" could bring them to; none goes "
        "with it",
        model_of (embedder)->path, name);
  else
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN,
        "%s takes pictures of %d x %d: they cannot stay as large as they are",
        model_of (embedder)->path, input->width, input->height);
  return FALSE;
}

static void
embedder_begin_stream (gpointer state)
{
  Embedder *embedder = state;

  embedder->streams = TRUE;
  gen_player_reset (embedder->player);
}

static char *
embedder_describe_assumption (gpointer state)
{
  const Embedder *embedder = state;

  const GenModel *model = model_of (embedder);
  g_autofree char *range = gen_model_describe_assumption (model, &embedder->input, FALSE);

  if (!gen_model_has_odd_class_names (model->graph))
    return g_steal_pointer (&range);
  return g_strdup_printf (
      "%s: its metadata generative.class-names is not heeded, as it is no array "
      "of texts in JSON, such as [\"cat\", \"dog\"]%s%s",
      model->path, range != NULL ? ". " : "", range != NULL ? range : "");
}

static char **
embedder_get_class_names (gpointer state)
{
  return gen_model_get_class_names (model_of (state)->graph);
}

const GenEmbedder gen_embedder_onnx = {
  .summary = "What an ONNX model makes of a picture or a sound",
  .batch = BATCH,
  .open = embedder_open,
  .close = embedder_close,
  .length = embedder_length,
  .compute = embedder_compute,
  .describe_assumption = embedder_describe_assumption,
  .get_class_names = embedder_get_class_names,
  .resize = embedder_resize,
  .adapt = embedder_adapt,
  .scale_adapters = embedder_scale_adapters,
  .begin_stream = embedder_begin_stream,
};
