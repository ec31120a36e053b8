/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which numbers black and white are: what the model says, what follows from its operators, or an
 * assumption. See model.h for the order in which the sources are asked. */
#include <math.h>
#include <string.h>

#include <generative/operator.h>

#include "bounds.h"
#include "model-private.h"

/* "a,b,…" as numbers; commas, semicolons, colons and blanks separate. -1 for anything else. */
static int
parse_numbers (const char *text, float *numbers, int max)
{
  int n = 0;

  while (*text != '\0') {
    char *end;
    double value = g_ascii_strtod (text, &end);

    /* Of bytes it is as many times as large. */
    if (end == text || n == max || !isfinite (255 * (float)value))
      return -1;
    numbers[n++] = (float)value;
    text = end + strspn (end, ",;: \t");
  }
  return n;
}

static gboolean
invalid (
    const GenModel *model, const char *key, const char *text, const char *wanted, GError **error)
{
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: %s is \"%s\", which should be %s", model->path != NULL ? model->path : "model", key,
      text, wanted);
  return FALSE;
}

/* Pairs of bounds, one for all channels or one for each. */
static gboolean
apply_ranges (GenPort *port, const float *bounds, int n)
{
  if (n != 2 && n != 2 * port->channels)
    return FALSE;
  for (int c = 0; c < port->channels; c++) {
    const float *pair = bounds + (n == 2 ? 0 : 2 * c);

    if (pair[0] == pair[1])
      return FALSE;
    port->std[c] = 1 / (pair[1] - pair[0]);
    port->mean[c] = -pair[0] / (pair[1] - pair[0]);
    if (!isfinite (255 * port->std[c]) || !isfinite (255 * port->mean[c]))
      return FALSE;
  }
  return TRUE;
}

/* What has been read of a port, for all the channels that it may come to have. */
static void
spread (const GenPort *read, GenPort *port)
{
  for (int c = 0; c < GEN_PORT_MAX_CHANNELS; c++) {
    port->mean[c] = read->mean[MIN (c, read->channels - 1)];
    port->std[c] = read->std[MIN (c, read->channels - 1)];
  }
}

/* A number for each channel, of one for all or as many as there are. FALSE for any other text. */
static gboolean
spread_numbers (const GenPort *port, const char *text, float *numbers)
{
  const int n = parse_numbers (text, numbers, GEN_PORT_MAX_CHANNELS);

  for (int c = 1; c < port->channels && n == 1; c++)
    numbers[c] = numbers[0];
  return n == 1 || (n > 0 && n == port->channels);
}

static gboolean
has_zero (const float *numbers, int n)
{
  for (int i = 0; i < n; i++)
    if (numbers[i] == 0)
      return TRUE;
  return FALSE;
}

/* Numbers for each channel are of the pictures, not of the classes or features beside them. */
static gboolean
is_about_pictures (const GenModel *model, const char *text)
{
  float numbers[GEN_PORT_MAX_CHANNELS];

  return parse_numbers (text, numbers, GEN_PORT_MAX_CHANNELS) > 1 &&
         (gen_model_find_input (model, GEN_PORT_PICTURE) != NULL ||
             gen_model_find_output (model, GEN_PORT_PICTURE) != NULL);
}

static gboolean
read_metadata (
    GenModel *model, GenPort *port, const char *range_key, gboolean *found, GError **error)
{
  const char *range = g_hash_table_lookup (model->graph->metadata, range_key);
  const char *mean = g_hash_table_lookup (model->graph->metadata, "generative.mean");
  const char *std = g_hash_table_lookup (model->graph->metadata, "generative.std");
  float numbers[2 * GEN_PORT_MAX_CHANNELS];
  int n;

  *found = TRUE;
  if (range != NULL) {
    n = parse_numbers (range, numbers, G_N_ELEMENTS (numbers));
    return apply_ranges (port, numbers, n) ||
           invalid (model, range_key, range,
               "two different numbers that float32 holds, such as -1,1", error);
  }
  *found = mean != NULL && std != NULL &&
           (port->kind == GEN_PORT_PICTURE || !is_about_pictures (model, mean));
  if (!*found)
    return TRUE;
  if (!spread_numbers (port, mean, port->mean))
    return invalid (model, "generative.mean", mean, "a number for each channel", error);
  if (!spread_numbers (port, std, port->std))
    return invalid (model, "generative.std", std, "a number for each channel", error);
  return !has_zero (port->std, port->channels) ||
         invalid (model, "generative.std", std, "without zeros", error);
}

static gboolean
read_sidecar (GenModel *model, GKeyFile *sidecar, GenPort *port, gboolean *found, GError **error)
{
  g_autofree char *ranges = NULL;
  float numbers[2 * GEN_PORT_MAX_CHANNELS];
  int n;

  *found = FALSE;
  if (sidecar == NULL)
    return TRUE;
  ranges = g_key_file_get_value (sidecar, port->name, "ranges", NULL);
  if (ranges == NULL)
    return TRUE;
  n = parse_numbers (ranges, numbers, G_N_ELEMENTS (numbers));
  if (n < 0 || !apply_ranges (port, numbers, n)) {
    g_autofree char *key = g_strdup_printf ("ranges of %s in the .modelinfo file", port->name);

    return invalid (model, key, ranges, "pairs such as -1.0,1.0 with semicolons between", error);
  }
  *found = TRUE;
  return TRUE;
}

/* --- what users say --- */

gboolean
gen_port_read_range (GenPort *port, const char *text, GError **error)
{
  float bounds[2 * GEN_PORT_MAX_CHANNELS];
  GenPort read = *port;
  int n;

  if (port->kind != GEN_PORT_PICTURE)
    read.channels = 1;
  n = parse_numbers (text, bounds, G_N_ELEMENTS (bounds));
  if (n > 0 && apply_ranges (&read, bounds, n)) {
    spread (&read, port);
    port->range = GEN_RANGE_SAID;
    return TRUE;
  }
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      read.channels == 1
          ? "\"%s\", which should be two different numbers, such as -1,1"
          : "\"%s\", which should be two different numbers, such as -1,1, or two for each of %d "
            "channels",
      text, read.channels);
  return FALSE;
}

static gboolean
are_in_bytes (const float *numbers, int n)
{
  for (int i = 0; i < n; i++)
    if (numbers[i] > 1)
      return TRUE;
  return FALSE;
}

gboolean
gen_port_read_moments (GenPort *port, const char *mean, const char *std, GError **error)
{
  const char *const texts[] = { mean != NULL ? mean : "0", std != NULL ? std : "1" };
  float means[GEN_PORT_MAX_CHANNELS], stds[GEN_PORT_MAX_CHANNELS];
  float *const numbers[] = { means, stds };
  float unit;

  for (int i = 0; i < 2; i++)
    if (!spread_numbers (port, texts[i], numbers[i]) || has_zero (stds, i * port->channels)) {
      g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
          "\"%s\", which should be %s, or one for all %d channels", texts[i],
          i == 0 ? "numbers such as 0.485,0.456,0.406 or 123.675,116.28,103.53"
                 : "numbers other than 0 such as 0.229,0.224,0.225 or 58.395,57.12,57.375",
          port->channels);
      return FALSE;
    }
  unit = are_in_bytes (means, port->channels) || are_in_bytes (stds, port->channels) ? 255 : 1;
  for (int c = 0; c < GEN_PORT_MAX_CHANNELS; c++) {
    const int from = MIN (c, port->channels - 1);

    port->mean[c] = means[from] / unit;
    port->std[c] = stds[from] / unit;
  }
  port->range = GEN_RANGE_SAID;
  return TRUE;
}

/* --- what the graph tells --- */

/* Numbers beyond are an overflow that was guarded against, not white. */
#define WHITEST 65536.0
/* Closer together, black and white are one number. */
#define NARROWEST 1e-3

/* Let `port` have what `bounds` say, where they are those of a picture. */
static gboolean
apply_bounds (GenPort *port, const GenBounds *bounds)
{
  float pairs[2 * GEN_PORT_MAX_CHANNELS];

  if (bounds->n > 1 && (port->kind != GEN_PORT_PICTURE || bounds->n != port->channels ||
                           bounds->axis != (port->channels_last ? 0 : 2)))
    return FALSE;
  for (int c = 0; c < bounds->n; c++) {
    double low = bounds->low[c], high = bounds->high[c];

    if (!(fabs (low) <= WHITEST && fabs (high) <= WHITEST && high - low >= NARROWEST))
      return FALSE;
    pairs[2 * c] = (float)low;
    pairs[2 * c + 1] = (float)high;
  }
  return apply_ranges (port, pairs, 2 * bounds->n);
}

/* Whether `node` makes of `x` and constants what it makes. */
static gboolean
works_on (const GenNode *node, const GenTensor *x)
{
  guint found = 0;

  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *input = gen_node_input (node, i);

    if (input == NULL || input->role == GEN_ROLE_CONSTANT)
      continue;
    if (input != x)
      return FALSE;
    found++;
  }
  return found == 1;
}

/* The first node that reads `x`, and is number `*at` or a later one. */
static const GenNode *
find_reader (const GenGraph *graph, const GenTensor *x, guint *at)
{
  for (; *at < graph->nodes->len; (*at)++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, *at);

    for (guint i = 0; i < node->inputs->len; i++)
      if (gen_node_input (node, i) == x)
        return node;
  }
  return NULL;
}

/* A model often begins with what brings pictures to the numbers that nets take: the last tensor of
 * that, which the net reads; `input` itself where there is no such beginning. */
static const GenTensor *
find_prepared (const GenGraph *graph, const GenTensor *input)
{
  static const char *const prepares[] = { "Add", "Sub", "Mul", "Div", "Cast", "Transpose",
    "Identity", NULL };
  const GenTensor *prepared = input;
  guint at = 0;

  for (;;) {
    const GenNode *node = find_reader (graph, prepared, &at);

    if (node == NULL)
      return input;
    if (!g_strv_contains (prepares, node->op->name) || !works_on (node, prepared) ||
        gen_node_output (node, 0) == NULL)
      return prepared;
    prepared = gen_node_output (node, 0);
  }
}

/* Whether `x` has been made of `given` to be numbers that nets take: about 0 to 1 or -1 to 1, whole
 * or by mean and standard deviation, or, as some do, bytes without their mean. A factor alone tells
 * of bytes, but nothing of numbers that were small before. */
static gboolean
are_prepared (const GenBounds *x, const GenBounds *given)
{
  gboolean is_bytes = given->high[0] > 1;

  for (int c = 0; c < x->n; c++) {
    double low = x->low[c], high = x->high[c], most = fmax (-low, high);
    gboolean by_one = most <= 3 && low <= 0.05 && high >= 0.4;
    gboolean by_bytes = most <= 256 && low <= -50 && high >= 50;
    gboolean shifted = given->low[0] < 0 ? low >= -0.05 : low < 0;

    if ((!by_one && !by_bytes) || high < -0.4 * low || (!shifted && !is_bytes))
      return FALSE;
  }
  return TRUE;
}

/* What a model takes, by its type, by a Clip that it begins with, or by what it makes of it to
 * begin with. */
static gboolean
range_of_input (const GenGraph *graph, const GenTensor *input, GenPort *port)
{
  static const double usual[][2] = { { 0, 255 }, { 0, 1 }, { -1, 1 } };
  const GenTensor *prepared = find_prepared (graph, input);
  GenBounds given = gen_bounds_of_type (input->type);
  guint at = 0;
  const GenNode *first = find_reader (graph, input, &at);

  if (apply_bounds (port, &given))
    return TRUE;
  if (first != NULL && g_str_equal (first->op->name, "Clip") && works_on (first, input) &&
      gen_node_output (first, 0) != NULL) {
    g_autoptr (GHashTable) known = gen_graph_bounds (graph, NULL, NULL);
    const GenBounds *clipped = g_hash_table_lookup (known, gen_node_output (first, 0));

    return clipped != NULL && apply_bounds (port, clipped);
  }
  for (guint i = 0; prepared != input && i < G_N_ELEMENTS (usual); i++) {
    g_autoptr (GHashTable) known = NULL;
    const GenBounds *made;

    given = (GenBounds){ .n = 1, .low = { usual[i][0] }, .high = { usual[i][1] } };
    known = gen_graph_bounds (graph, input, &given);
    made = g_hash_table_lookup (known, prepared);
    if (made != NULL && are_prepared (made, &given))
      return apply_bounds (port, &given);
  }
  return FALSE;
}

/* --- all of it --- */

typedef struct {
  GenModel *model;
  const GenGraph *graph; /* the model's, with what shapes and constants are known */
  GKeyFile *sidecar;
  GHashTable *known; /* bounds of all that the graph makes */
} Sources;

static gboolean
read_range (
    const Sources *sources, GenPort *port, const GenTensor *tensor, const char *key, GError **error)
{
  const GenBounds *bounds = g_hash_table_lookup (sources->known, tensor);
  gboolean found = FALSE;
  GenPort read = *port;

  /* A vector may be made a picture later: one range for all channels then. */
  if (port->kind != GEN_PORT_PICTURE && port->kind != GEN_PORT_FRAMES)
    read.channels = 1;
  if (!read_metadata (sources->model, &read, key, &found, error) ||
      (!found && !read_sidecar (sources->model, sources->sidecar, &read, &found, error)))
    return FALSE;
  port->range = found ? GEN_RANGE_SAID : GEN_RANGE_ASSUMED;
  if (!found && (tensor->role == GEN_ROLE_INPUT ? range_of_input (sources->graph, tensor, &read)
                                                : bounds != NULL && apply_bounds (&read, bounds)))
    port->range = GEN_RANGE_COMPUTED;
  if (port->range != GEN_RANGE_ASSUMED)
    spread (&read, port);
  return TRUE;
}

static gboolean
is_never_negative (const Sources *sources, const GenTensor *tensor)
{
  const GenBounds *bounds = g_hash_table_lookup (sources->known, tensor);

  return bounds != NULL && bounds->n == 1 && bounds->low[0] >= 0;
}

/* The picture that comes out whose range something is known of, and so that of what goes in. */
static const GenPort *
find_telling_output (const Sources *sources)
{
  const GenModel *model = sources->model;

  for (guint i = 0; i < model->graph->outputs->len; i++) {
    const GenPort *port = &model->outputs[i];

    if (port->kind == GEN_PORT_PICTURE && port->part == GEN_PART_FLOW &&
        (port->range != GEN_RANGE_ASSUMED ||
            is_never_negative (sources, g_ptr_array_index (sources->graph->outputs, i))))
      return port;
  }
  return NULL;
}

static gboolean
is_whole (const GenPort *port)
{
  return port->type == GEN_TYPE_INT32 || port->type == GEN_TYPE_UINT32 ||
         port->type == GEN_TYPE_INT64 || port->type == GEN_TYPE_UINT64;
}

/* Integers that could be anything are bytes. */
static void
assume (GenPort *port, float black)
{
  if (port->range != GEN_RANGE_ASSUMED)
    return;
  if (is_whole (port))
    gen_port_set_range (port, 0, 255);
  else
    gen_port_set_range (port, black, 1);
  port->range = GEN_RANGE_ASSUMED;
}

static void
assume_like (GenPort *port, const GenPort *like)
{
  const gboolean is_picture = port->kind == GEN_PORT_PICTURE || port->kind == GEN_PORT_FRAMES;

  if (port->range != GEN_RANGE_ASSUMED || !is_picture || is_whole (port) || like == NULL ||
      like->channels != port->channels)
    return;
  memcpy (port->mean, like->mean, sizeof port->mean);
  memcpy (port->std, like->std, sizeof port->std);
}

static gboolean
is_flowing_picture (const GenPort *port)
{
  return (port->kind == GEN_PORT_PICTURE || port->kind == GEN_PORT_FRAMES) &&
         port->part == GEN_PART_FLOW;
}

/* Nets that make pictures of pictures (upscalers, denoisers, matting) are nearly always of 0 to 1,
 * those of latents of -1 to 1. */
static float
usual_black (const GenModel *model, const GPtrArray *inputs, const GPtrArray *outputs)
{
  gboolean takes = FALSE, makes = FALSE;

  for (guint i = 0; i < inputs->len; i++)
    takes = takes || is_flowing_picture (&model->inputs[i]);
  for (guint i = 0; i < outputs->len; i++)
    makes = makes || is_flowing_picture (&model->outputs[i]);
  return takes && makes ? 0 : -1;
}

/* What nothing tells. A picture that is made of another one has the range of that one as a rule;
 * numbers that are never negative begin with black. */
static void
assume_ranges (const Sources *sources)
{
  GenModel *model = sources->model;
  const GPtrArray *inputs = sources->graph->inputs, *outputs = sources->graph->outputs;
  const float black = usual_black (model, inputs, outputs);
  const GenPort *like;

  for (guint i = 0; i < inputs->len; i++)
    assume (&model->inputs[i], black);
  for (guint i = 0; i < outputs->len; i++)
    assume (&model->outputs[i],
        is_never_negative (sources, g_ptr_array_index (outputs, i)) ? 0 : black);
  like = find_telling_output (sources);
  for (guint i = 0; i < inputs->len; i++)
    assume_like (&model->inputs[i], like);
  like = gen_model_find_input (model, GEN_PORT_PICTURE);
  if (like == NULL)
    like = gen_model_find_input (model, GEN_PORT_FRAMES);
  for (guint i = 0; i < outputs->len; i++)
    if (!is_never_negative (sources, g_ptr_array_index (outputs, i)))
      assume_like (&model->outputs[i], like);
}

/* In which order the channels of a picture are. */
static gboolean
read_order (GenModel *model, GKeyFile *sidecar, GenPort *port, GError **error)
{
  const char *said = g_hash_table_lookup (model->graph->metadata, "generative.channel-order");
  g_autofree char *beside =
      sidecar != NULL ? g_key_file_get_value (sidecar, port->name, "channel-order", NULL) : NULL;
  const char *text = said != NULL ? said : beside;

  port->bgr = g_strcmp0 (text, "bgr") == 0 && port->channels >= 3;
  if (text == NULL || g_str_equal (text, "bgr") || g_str_equal (text, "rgb"))
    return TRUE;
  return invalid (model, "generative.channel-order", text, "rgb or bgr", error);
}

static gboolean
read_rate (GenModel *model, GError **error)
{
  const char *rate = g_hash_table_lookup (model->graph->metadata, "generative.frame-rate");
  g_auto (GStrv) parts = NULL;
  guint64 numerator = 0, denominator = 1;

  model->rate_denominator = 1;
  if (rate == NULL)
    return TRUE;
  parts = g_strsplit (rate, "/", 2);
  if (!g_ascii_string_to_unsigned (parts[0], 10, 1, G_MAXINT, &numerator, NULL) ||
      (parts[1] != NULL &&
          !g_ascii_string_to_unsigned (parts[1], 10, 1, G_MAXINT, &denominator, NULL)))
    return invalid (model, "generative.frame-rate", rate, "such as 30 or 30000/1001", error);
  model->rate_numerator = (int)numerator;
  model->rate_denominator = (int)denominator;
  return TRUE;
}

gboolean
gen_model_load_sidecar (const char *path, GKeyFile **sidecar, GError **error)
{
  g_autoptr (GKeyFile) file = NULL;
  g_autofree char *beside = NULL;

  *sidecar = NULL;
  if (path == NULL)
    return TRUE;
  beside = g_strconcat (path, ".modelinfo", NULL);
  if (!g_file_test (beside, G_FILE_TEST_EXISTS))
    return TRUE;
  /* Others may never end. */
  if (!g_file_test (beside, G_FILE_TEST_IS_REGULAR)) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, "%s is no regular file", beside);
    return FALSE;
  }
  file = g_key_file_new ();
  if (!g_key_file_load_from_file (file, beside, G_KEY_FILE_NONE, error)) {
    g_prefix_error (error, "%s: ", beside);
    return FALSE;
  }
  *sidecar = g_steal_pointer (&file);
  return TRUE;
}

/* What the file beside it says in section `name`. (transfer full) */
static char *
find_rate_beside (GKeyFile *sidecar, const char *name)
{
  return sidecar != NULL ? g_key_file_get_value (sidecar, name, "sample-rate", NULL) : NULL;
}

gboolean
gen_model_read_sample_rate (
    const GenModel *model, GKeyFile *sidecar, GenPort *port, gint64 samples, GError **error)
{
  const char *said = g_hash_table_lookup (model->graph->metadata, "generative.sample-rate");
  g_autofree char *beside = find_rate_beside (sidecar, port->name);
  g_autofree char *of_all = find_rate_beside (sidecar, "generative");
  const char *text = said != NULL ? said : beside != NULL ? beside : of_all;
  guint64 rate;

  if (text == NULL)
    return TRUE;
  if (!g_ascii_string_to_unsigned (text, 10, 1, G_MAXINT, &rate, NULL)) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s is \"%s\", which should be frames a second, such as 16000",
        said != NULL ? "metadata generative.sample-rate" : "key sample-rate of the .modelinfo file",
        text);
    return FALSE;
  }
  if (port->kind == GEN_PORT_SOUND || beside != NULL || gen_rate_makes_sound (model, port, samples))
    gen_port_make_sound (port, (int)rate);
  return TRUE;
}

gboolean
gen_model_read_ranges (GenModel *model, const GenGraph *graph, GKeyFile *sidecar, GError **error)
{
  g_autoptr (GHashTable) known = gen_graph_bounds (graph, NULL, NULL);
  const Sources sources = { model, graph, sidecar, known };

  for (guint i = 0; i < graph->inputs->len; i++)
    if (!read_range (&sources, &model->inputs[i], g_ptr_array_index (graph->inputs, i),
            "generative.input-range", error) ||
        !read_order (model, sidecar, &model->inputs[i], error))
      return FALSE;
  for (guint i = 0; i < graph->outputs->len; i++)
    if (!read_range (&sources, &model->outputs[i], g_ptr_array_index (graph->outputs, i),
            "generative.output-range", error) ||
        !read_order (model, sidecar, &model->outputs[i], error))
      return FALSE;
  assume_ranges (&sources);
  return read_rate (model, error);
}

char *
gen_model_describe_assumption (const GenModel *model, const GenPort *port, gboolean is_output)
{
  const char *side = is_output ? "output" : "input";

  if (port->range != GEN_RANGE_ASSUMED || port->kind == GEN_PORT_SOUND ||
      port->part != GEN_PART_FLOW)
    return NULL;
  return g_strdup_printf (
      "%s: nothing tells which numbers of its %s '%s' are black and white; %g and %g are assumed. "
      "Metadata generative.%s-range in the model would tell",
      model->path != NULL ? model->path : "the model", side, port->name, gen_port_black (port, 0),
      gen_port_white (port, 0), side);
}
