/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of a model's inputs and outputs a generator plays, and as what. */
#include "../shared/model-file.h"
#include "../shared/model-parameters.h"
#include "numbers.h"
#include "outputs.h"
#include "padding.h"

#include <string.h>

/* Stands for the length of a sound that is free, where only how long others are by it matters. */
#define ANY_LENGTH 16384
/* The same of a picture whose size is free. */
#define ANY_SIZE 64

int
gst_generator_n_tensors (const GstGeneratorPorts *ports)
{
  return ports->second.kind == GEN_PORT_VECTOR ? 2 : 1;
}

static gboolean
is_float32 (const GenPort *port)
{
  GenPort used = *port;

  return gen_port_use_float32 (&used);
}

static gboolean
is_latent (const GenPort *port)
{
  return port->kind == GEN_PORT_VECTOR && is_float32 (port) && port->length > 0;
}

static gboolean
is_condition (const GenPort *port)
{
  return port->kind == GEN_PORT_VECTOR && port->length > 0 &&
         (is_float32 (port) || port->type == GEN_TYPE_INT64 || port->type == GEN_TYPE_INT32);
}

char *
gst_generator_describe_port (const char *side, const GenPort *port)
{
  g_autofree char *shape = gen_shape_to_string (&port->shape);

  return g_strdup_printf (
      "%s '%s' (%s %s)", side, port->name, gen_data_type_name (port->type), shape);
}

static gboolean
refuse_input (const GenModel *model, const GenPort *port, const char *wanted, GError **error)
{
  g_autofree char *text = gst_generator_describe_port ("input", port);

  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, "%s: its %s cannot be fed: %s",
      model->path, text, wanted);
  return FALSE;
}

static gboolean
is_timed (const GenPort *port)
{
  return port->kind == GEN_PORT_SOUND || port->kind == GEN_PORT_SERIES;
}

static gboolean
refuse_picture (const GenModel *model, const GenPort *port, gboolean is_output, GError **error)
{
  g_autofree char *text = gst_generator_describe_port (is_output ? "output" : "input", port);
  g_autofree char *suggestion = gst_generator_suggest (port, is_output);

  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: a generator %s pictures [N, C, H, W] or [N, H, W, C] of 1, 3 or 4 channels, of floats "
      "or integers, which its %s is not%s",
      model->path, is_output ? "makes" : "takes latents [N, D] or sounds [N, C, T] of floats, or",
      text, suggestion);
  return FALSE;
}

/* That the output is not what is `wanted`. */
static gboolean
refuse_sound (const GstGeneratorPorts *ports, const char *wanted, GError **error)
{
  g_autofree char *text = gst_generator_describe_port ("output", &ports->output);

  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, "%s: %s, and its %s is not such",
      ports->model->path, wanted, text);
  return FALSE;
}

/* Latents and what they are conditioned on: the first input of latents, and the other one. */
static gboolean
choose_two_inputs (
    GstGeneratorPorts *ports, GenModel *model, const GenPort *const *inputs, GError **error)
{
  const int latent = is_latent (inputs[0]) ? 0 : 1;
  const GenPort *first = inputs[latent], *second = inputs[1 - latent];

  if (!is_latent (first))
    return refuse_input (model, inputs[0],
        "of two inputs, one takes latents, float32 [N, D], and the other a class or a second "
        "latent, unless property parameters says the numbers that one of them stands at",
        error);
  if (!is_condition (second))
    return refuse_input (model, second,
        "beside latents, a generator takes a class or a second latent, float32, int64 or int32 "
        "[N, D] or [N], unless property parameters says the numbers that it stands at",
        error);
  if (second->batch > 1 && second->batch != first->batch)
    return refuse_input (model, second, "its N is not that of the latents", error);
  ports->input = *first;
  ports->second = *second;
  gen_port_use_float32 (&ports->input);
  gen_port_use_float32 (&ports->second);
  if (second->batch == 1)
    ports->input.batch = 1;
  return TRUE;
}

static gboolean
makes_sound (const GenModel *model, const GstGeneratorHints *hints)
{
  return hints->sample_rate > 0 || gen_model_find_output (model, GEN_PORT_SOUND) != NULL;
}

/* Inputs that something flows into which has no pad or file of its own; how many there are. */
static guint
list_flowing (
    const GenModel *model, const GstGeneratorHints *hints, const GenPort **flowing, guint max)
{
  guint n = 0;

  for (guint i = 0; i < model->graph->inputs->len; i++) {
    if (model->inputs[i].part != GEN_PART_FLOW ||
        gst_generator_is_beside (hints, &model->inputs[i]))
      continue;
    if (n < max)
      flowing[n] = &model->inputs[i];
    n++;
  }
  return n;
}

/* FALSE with `error` where nobody has said at which number one stands. */
static gboolean
check_parameters (const GenModel *model, const GenPort *flowing, GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autofree char *more = NULL;

  if (gst_generative_parameters_check (model, &failure))
    return TRUE;
  /* Which may be a sound, and the parameter its rate. */
  if (flowing->kind == GEN_PORT_VECTOR && flowing->length < 0)
    more = gst_generator_suggest (flowing, FALSE);
  else if (flowing->kind == GEN_PORT_TOKENS && model->voice == NULL)
    more = g_strdup_printf ("; a voice such as Piper's has a file beside it that says them, here "
                            "%s.json, which is missing or has no phoneme_id_map",
        model->path);
  g_set_error (
      error, failure->domain, failure->code, "%s%s", failure->message, more != NULL ? more : "");
  return FALSE;
}

/* How many frames that follow each other the chosen output is; 0 where that is not known. */
static int
count_made (const GstGeneratorPorts *ports)
{
  const GenPort *output = &ports->output;
  const int height = ports->input.height > 0 ? ports->input.height : ANY_SIZE;
  const int width = ports->input.width > 0 ? ports->input.width : ANY_SIZE;
  GenShape shape;

  if (output->frames > 0)
    return output->frames;
  if (ports->model->staged ||
      !gen_model_output_shape (ports->model, output, 1, height, width, 0, &shape, NULL))
    return 0;
  return (int)shape.dims[output->frames_last ? 2 : 1];
}

/* Whether what is made of two may lie between them, as far as anybody says. */
static gboolean
interpolates (const GstGeneratorPorts *ports, const GstGeneratorHints *hints)
{
  const char *said = g_hash_table_lookup (ports->model->graph->metadata, "generative.interpolate");

  return hints->interpolate && g_strcmp0 (said, "false") != 0;
}

/* Let an output that is several pictures be played as such. */
static gboolean
choose_clip (GstGeneratorPorts *ports, const GstGeneratorHints *hints, GError **error)
{
  GenPort *output = &ports->output;
  const int made = count_made (ports);
  const gboolean between = ports->frames == 2 && interpolates (ports, hints) &&
                           output->channels == ports->input.channels;
  g_autofree char *text = NULL;

  if ((made == 0 || made == ports->frames || made == 1 ||
          (between && made <= GST_GENERATOR_MAX_BETWEEN)) &&
      !ports->staged) {
    output->kind = GEN_PORT_PICTURE;
    ports->made = made == 0 ? ports->frames : made;
    return gen_port_use_float32 (output) || refuse_picture (ports->model, output, TRUE, error);
  }
  text = gst_generator_describe_port ("output", output);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      ports->staged
          ? "%s: its %s is several pictures in a row, which are not played where shapes hang on "
            "what the model sees: export it with fixed shapes"
          : "%s: its %s is %d pictures in a row, made of %d: a generator plays one of several, as "
            "many as go in, or those between two",
      ports->model->path, text, made, ports->frames);
  return FALSE;
}

/* A picture of several frames: of those around it, or, where two make one of their kind, what lies
 * between them. */
static gboolean
choose_frames (GstGeneratorPorts *ports, const GstGeneratorHints *hints, GError **error)
{
  const int frames = ports->frames;
  const GenPort *output = &ports->output;

  if (hints->frames > 0 && hints->frames != frames) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        frames == 1
            ? "%s: property frames is %d, but its input '%s' takes one picture at a time: unset it"
            : "%s: property frames is %d, but from its input '%s' on it takes %d at a time: unset "
              "it",
        ports->model->path, hints->frames, ports->input.name, frames);
    return FALSE;
  }
  if (frames == 1)
    return TRUE;
  ports->input.batch = 1;
  /* Two of two are a clip. */
  ports->between = frames == 2 && ports->made != 2 && interpolates (ports, hints) &&
                   output->kind == GEN_PORT_PICTURE && output->channels == ports->input.channels &&
                   !ports->staged;
  ports->ahead = (guint)(hints->lookahead >= 0 ? hints->lookahead : frames % 2 ? frames / 2 : 0);
  if (ports->staged || ports->ahead >= (guint)frames) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        ports->staged ? "%s: of models whose shapes hang on what they see, none that takes several "
                        "pictures is played; its input '%s' takes %d"
                      : "%s: property lookahead has to be less than the number of pictures that "
                        "its input '%s' takes, %d",
        ports->model->path, ports->input.name, frames);
    return FALSE;
  }
  return TRUE;
}

/* What goes in beside pictures, where nobody has told of it. */
static gboolean
refuse_beside (const GenModel *model, const GenPort *port, GError **error)
{
  if (port->kind == GEN_PORT_PICTURE)
    return refuse_input (model, port,
        "a generator feeds pictures, and beside them what it is told of: property inputs gives it "
        "a picture in a file, a pad sink_NAME a stream of them, property states says of which "
        "output it takes what was made in the run before, and property frames that inputs are "
        "frames that follow each other",
        error);
  return refuse_input (model, port,
      "a generator feeds pictures, and beside them what it is told of: property parameters says "
      "the numbers that it stands at (NAME=1:0:1), or property states of which output it takes "
      "what was made in the run before",
      error);
}

/* Ids of symbols, and nothing else that flows. */
static gboolean
choose_tokens (GstGeneratorPorts *ports, const GenModel *model, const GenPort *const *flowing,
    guint n, GError **error)
{
  const GenPort *tokens = &model->inputs[gen_model_find_tokens (model)];

  if (n > 1)
    return refuse_input (model, flowing[flowing[0] == tokens ? 1 : 0],
        "beside ids of symbols a model is told numbers alone: property parameters says those that "
        "it stands at (NAME=1:0:1)",
        error);
  ports->input = *tokens;
  ports->frames = 1;
  return check_parameters (model, tokens, error);
}

/* Numbers as they are, by what somebody says. */
static gboolean
choose_tensors (GstGeneratorPorts *ports, const GenModel *model, GError **error)
{
  ports->frames = 1;
  if (gst_generator_is_integers (&ports->input))
    return TRUE;
  if (!gst_generator_take_as_vector (&ports->input))
    return refuse_input (model, &ports->input,
        "property tensors is for floats of three extents and more, and int32 and int64 [N, D], all "
        "of which but the first are known; property shapes says those that are free",
        error);
  return gen_port_use_float32 (&ports->input);
}

static gboolean
choose_inputs (
    GstGeneratorPorts *ports, GenModel *model, const GstGeneratorHints *hints, GError **error)
{
  const GenPort *flowing[3];
  const guint n = list_flowing (model, hints, flowing, G_N_ELEMENTS (flowing));
  const GenPort *input = flowing[0], *picture = gen_model_find_input (model, GEN_PORT_PICTURE);

  ports->second = (GenPort){ .kind = GEN_PORT_OTHER };
  if (n == 0) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: it has no input that frames go into, where a generator takes latents, pictures or "
        "sound",
        model->path);
    return FALSE;
  }
  if (gen_model_find_tokens (model) >= 0)
    return choose_tokens (ports, model, flowing, n, error);
  ports->frames = gen_model_window (model, hints->beside);
  if (ports->frames < 0)
    return refuse_input (
        model, input, "property frames says how many pictures it is to see at once", error);
  if (ports->frames > GEN_MODEL_MAX_WINDOW)
    return refuse_input (model, input,
        "a generator shows a model 64 frames at once at most; export it with fewer", error);
  if (n > 1 && picture != NULL && ports->frames == 0)
    return refuse_beside (model, flowing[input == picture ? 1 : 0], error);
  if (n > 2 && ports->frames == 0)
    return refuse_input (model, flowing[2],
        "a generator takes latents, perhaps with a class or a second latent, or pictures", error);
  if (!check_parameters (model, input, error))
    return FALSE;
  if (ports->frames == 0) {
    ports->frames = 1;
    return choose_two_inputs (ports, model, flowing, error);
  }
  ports->input = *input;
  if (hints->tensors)
    return choose_tensors (ports, model, error);
  if (input->kind == GEN_PORT_FRAMES)
    ports->input.kind = GEN_PORT_PICTURE;
  if (!makes_sound (model, hints))
    gst_generator_make_vector (&ports->input);
  if (is_latent (&ports->input) || ports->input.kind == GEN_PORT_PICTURE ||
      input->kind == GEN_PORT_SOUND ||
      (makes_sound (model, hints) && gen_port_make_series (&ports->input)))
    return gen_port_use_float32 (&ports->input) || refuse_picture (model, input, FALSE, error);
  return refuse_picture (model, input, FALSE, error);
}

gboolean
gst_generator_streams (const GstGeneratorPorts *ports)
{
  return is_timed (&ports->input);
}

guint
gst_generator_batch_of (const GstGeneratorPorts *ports, guint batch)
{
  return ports->staged || ports->remembers || ports->frames > 1 || ports->n_beside > 0 ? 1 : batch;
}

gboolean
gst_generator_makes_tensors (const GstGeneratorPorts *ports)
{
  return ports->output.kind != GEN_PORT_PICTURE && ports->output.kind != GEN_PORT_SOUND;
}

static gint64
greatest_divisor (gint64 a, gint64 b)
{
  while (b != 0) {
    const gint64 rest = a % b;

    a = b;
    b = rest;
  }
  return a;
}

/* Of a model whose results hang on the whole sound, how much comes out of what goes in. */
static gboolean
choose_ratio (GstGeneratorPorts *ports, GError **error)
{
  const GenPort *output = &ports->output;
  const gint64 taken = ports->input.length > 0 ? ports->input.length : ANY_LENGTH;
  GenShape shape;
  gint64 made, divisor;

  if (!gen_model_output_shape (ports->model, output, 1, 0, 0, taken, &shape, error))
    return FALSE;
  made = shape.dims[shape.rank == 2 || output->channels_last ? 1 : 2];
  if (made == 0)
    return refuse_sound (ports, "a generator makes sound of sound", error);
  divisor = greatest_divisor (taken, made);
  ports->context =
      (GenContext){ .step = taken / divisor, .taken = taken / divisor, .made = made / divisor };
  return TRUE;
}

/* What a piece of sound needs around it, and so how fast samples come out. Where no end of that is
 * found, pieces overlap, unless somebody says how much is to be enough. */
static gboolean
choose_context (GstGeneratorPorts *ports, const GstGeneratorHints *hints, GError **error)
{
  ports->endless =
      !gen_model_find_context (ports->model, &ports->input, &ports->output, &ports->context, NULL);
  ports->overlap = MAX (hints->overlap, 0);
  ports->piece = hints->chunk_size;
  if (ports->endless && !choose_ratio (ports, error))
    return FALSE;
  if (ports->endless && hints->overlap < 0 && hints->context < 0)
    ports->overlap = -1;
  /* Spectra have their own. */
  if (hints->context >= 0 && ports->model->spectra == NULL)
    ports->context.before = ports->context.after = hints->context;
  return TRUE;
}

/* Sound of sound, or of a series, piece by piece. */
static gboolean
choose_pieces (GstGeneratorPorts *ports, const GstGeneratorHints *hints, GError **error)
{
  GenPort *input = &ports->input, *output = &ports->output;
  const gboolean of_series = input->kind == GEN_PORT_SERIES;
  const int said = of_series ? output->sample_rate : input->sample_rate;
  const int rate = hints->sample_rate > 0 ? hints->sample_rate : said;

  if (!gen_port_make_sound (output, rate))
    return refuse_sound (
        ports, "of a sound [1, C, T], [1, T, C] or [1, T] a generator makes sound", error);
  if (input->length < 0)
    output->length = -1;
  if (!choose_context (ports, hints, error))
    return FALSE;
  if (of_series) {
    output->sample_rate = rate > 0 ? rate : GST_GENERATIVE_ASSUMED_RATE;
    return TRUE;
  }
  input->sample_rate = rate;
  output->sample_rate = (int)gst_util_uint64_scale (
      (guint64)rate, (guint64)ports->context.made, (guint64)ports->context.taken);
  return TRUE;
}

/* What is made of a window: pictures of which size, or tensors of which extents. */
static gboolean
choose_made_of_window (GstGeneratorPorts *ports, GError **error)
{
  GenPort *output = &ports->output;
  GenShape shape;

  if (!gen_model_output_shape (ports->model, output, 1, 0, 0, ports->window, &shape, error))
    return FALSE;
  if (output->kind == GEN_PORT_PICTURE && shape.rank == output->shape.rank) {
    output->height = (int)shape.dims[gen_port_height_axis (output)];
    output->width = (int)shape.dims[gen_port_height_axis (output) + 1];
  }
  ports->numbers = gst_generator_inner_shape (&shape);
  return TRUE;
}

/* A picture, or other numbers, of each window of a sound. */
static gboolean
choose_window (GstGeneratorPorts *ports, const GstGeneratorHints *hints, GError **error)
{
  GenPort *input = &ports->input, *output = &ports->output;
  const gint64 before = MAX (hints->context, 0);
  const gint64 after = hints->lookahead >= 0 ? MIN (hints->lookahead, before) : before;

  if (input->length < 0 && hints->chunk_size == 0) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: it takes any number of samples; property chunk-size says of how many each picture or "
        "tensor is to be made",
        ports->model->path);
    return FALSE;
  }
  if (output->kind == GEN_PORT_VECTOR && (hints->width > 0 || hints->height > 0))
    gen_port_make_picture (output, hints->width, hints->height);
  ports->window = input->length > 0 ? input->length : hints->chunk_size + before + after;
  ports->context =
      (GenContext){ .before = before, .after = after, .step = 1, .taken = 1, .made = 1 };
  if (hints->sample_rate > 0)
    input->sample_rate = hints->sample_rate;
  if (ports->window > before + after)
    return choose_made_of_window (ports, error);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: it takes %" G_GINT64_FORMAT
      " samples at a time, which is no more than property context says on both sides (lookahead=0 "
      "has it before them alone)",
      ports->model->path, ports->window);
  return FALSE;
}

/* Nets for streams often take pieces of one length, and do not say of which. */
static gboolean
refuse_length (const GstGeneratorPorts *ports, GError **error)
{
  const GenShape *shape = &ports->input.shape;
  g_autofree char *text = gst_generator_describe_port ("input", &ports->input);
  g_autoptr (GString) example = g_string_new (NULL);

  for (int d = 0; d < shape->rank; d++)
    g_string_append_printf (example, "%s%" G_GINT64_FORMAT, d > 0 ? ":" : "",
        shape->dims[d] < 0 ? d == 0 ? 1 : 576 : shape->dims[d]);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: what it makes of its %s is not of a shape that hangs on the length alone; where it "
      "takes one length only, properties say which, such as shapes=%s=%s context=64 lookahead=0 of "
      "a detector of voices that hears 512 new samples with the last 64 of those before",
      ports->model->path, text, ports->input.name, example->str);
  return FALSE;
}

static gboolean
choose_stream (GstGeneratorPorts *ports, const GstGeneratorHints *hints, GError **error)
{
  const GenPort *output = &ports->output;
  const gboolean of_sound = ports->input.kind == GEN_PORT_SOUND;

  if (of_sound && ports->model->staged && ports->input.length < 0)
    return refuse_length (ports, error);
  if (ports->model->staged || ports->input.batch > 1 || !is_float32 (output))
    return refuse_sound (ports,
        of_sound ? "of a sound [1, C, T], [1, T, C] or [1, T] a generator makes sound, pictures or "
                   "numbers, all floats, of a shape that hangs on T alone"
                 : "of vectors [1, C, T] or [1, T, C] a generator makes sound",
        error);
  gen_port_use_float32 (&ports->output);
  if (output->kind == GEN_PORT_SOUND || !of_sound)
    return choose_pieces (ports, hints, error);
  return choose_window (ports, hints, error);
}

/* Let the chosen output be a sound, where it is one or is said to be. FALSE with `error` where that
 * cannot be. */
static gboolean
choose_sound (GstGeneratorPorts *ports, const GstGeneratorHints *hints, GError **error)
{
  const gboolean of_picture = ports->input.kind == GEN_PORT_PICTURE;
  GenPort *chosen = &ports->output;
  const GenModel *model = ports->model;
  int rate = hints->sample_rate > 0 ? hints->sample_rate : chosen->sample_rate;

  /* Boxes around what a picture shows look like a sound as well. */
  if (of_picture && rate == 0)
    return refuse_sound (ports,
        "property sample-rate, or metadata generative.sample-rate, says that a model makes sound "
        "of pictures",
        error);
  if (model->staged || !gen_port_make_sound (chosen, rate > 0 ? rate : GST_GENERATIVE_ASSUMED_RATE))
    return refuse_sound (ports,
        "a generator makes sounds [N, C, T], [N, T, C] or [N, T] of latents and pictures, of a "
        "length that is known",
        error);
  ports->overlap = (gint64)gst_util_uint64_scale_round (
      hints->crossfade, (guint64)chosen->sample_rate, GST_SECOND);
  if (of_picture || chosen->length > 0)
    return TRUE;
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: it is not known how long the sounds are that its output '%s' makes", model->path,
      chosen->name);
  return FALSE;
}

/* Speech, as long as the model makes it. */
static gboolean
choose_speech (GstGeneratorPorts *ports, const GstGeneratorHints *hints, GError **error)
{
  GenPort *output = &ports->output;

  if (output->kind != GEN_PORT_SOUND || !is_float32 (output) || output->channels != 1)
    return refuse_sound (ports,
        "of ids of symbols a generator makes sound: floats [N, T] or [N, 1, T] whose T is free",
        error);
  gen_port_use_float32 (output);
  if (hints->sample_rate > 0)
    output->sample_rate = hints->sample_rate;
  else if (output->sample_rate == 0)
    output->sample_rate = GST_GENERATIVE_ASSUMED_RATE;
  ports->staged = TRUE;
  return TRUE;
}

/* Whether what somebody names is no picture or sound. */
static gboolean
are_numbers (const GenPort *output, const GstGeneratorHints *hints)
{
  if (output->kind == GEN_PORT_PICTURE || output->kind == GEN_PORT_SOUND || hints->sample_rate > 0)
    return FALSE;
  return output->kind != GEN_PORT_VECTOR || (hints->width == 0 && hints->height == 0);
}

static gboolean
choose_ports (
    GstGeneratorPorts *ports, GenModel *model, const GstGeneratorHints *hints, GError **error)
{
  GenPort *chosen = &ports->output;
  g_autoptr (GError) failure = NULL;
  const GenPort *output;

  if (hints->sample_rate > 0 && !gen_model_make_sound (model, hints->sample_rate, error))
    return FALSE;
  if (!choose_inputs (ports, model, hints, error))
    return FALSE;
  output = gst_generator_choose_output (ports, model, hints, &failure);
  if (failure != NULL) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return FALSE;
  }
  ports->model = model;
  ports->staged = model->staged;
  /* What a sampler remembers is of one frame alone. */
  ports->remembers = gen_model_has_states (model) && model->sampler == &gen_sampler_once;
  if (output == NULL) {
    g_set_error (
        error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, "%s: it has no output", model->path);
    return FALSE;
  }
  *chosen = *output;
  if (ports->remembers)
    ports->input.batch = 1;
  ports->made = 1;
  if (gst_generator_streams (ports))
    return choose_stream (ports, hints, error);
  if (ports->input.kind == GEN_PORT_TOKENS)
    return choose_speech (ports, hints, error);
  if (chosen->kind == GEN_PORT_FRAMES && ports->frames > 1)
    return choose_clip (ports, hints, error) && choose_frames (ports, hints, error);
  if (chosen->kind == GEN_PORT_OTHER && gen_model_make_mask (model, chosen))
    return choose_frames (ports, hints, error);
  if (hints->outputs != NULL && are_numbers (output, hints))
    return gst_generator_choose_numbers (ports, error) && choose_frames (ports, hints, error);
  if (gst_generator_is_numbers (ports, output, hints))
    return gst_generator_choose_numbers (ports, error) && choose_frames (ports, hints, error);
  if (output->kind == GEN_PORT_SOUND && !is_float32 (output))
    return refuse_sound (ports,
        "a generator makes sounds of floats, whose full scale is -1 to 1, or of int16", error);
  if (is_float32 (output) && (output->kind == GEN_PORT_SOUND || hints->sample_rate > 0)) {
    gen_port_use_float32 (chosen);
    return choose_sound (ports, hints, error);
  }
  if (gen_port_use_float32 (chosen) &&
      (chosen->kind == GEN_PORT_PICTURE ||
          gen_port_make_picture (chosen, hints->width, hints->height)))
    return choose_frames (ports, hints, error);
  if (output->kind != GEN_PORT_VECTOR || output->length < GEN_PORT_SMALLEST_PICTURE ||
      !is_float32 (output))
    return refuse_picture (model, output, TRUE, error);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: the vectors of %" G_GINT64_FORMAT
      " numbers that its output '%s' makes are no square picture; set properties width and height "
      "to say which they are",
      model->path, output->length, output->name);
  return FALSE;
}

/* What may not be what it was taken for. */
static void
suggest_spectra (const GenModel *model, GError *error)
{
  g_autofree char *suggestion = gen_model_suggest_spectra (model);
  char *message = error->message;

  if (suggestion == NULL || strstr (message, "property spectrum") != NULL)
    return;
  error->message = g_strdup_printf ("%s. Its inputs look like %s", message, suggestion);
  g_free (message);
}

gboolean
gst_generator_choose_ports (
    GstGeneratorPorts *ports, GenModel *model, const GstGeneratorHints *hints, GError **error)
{
  g_autoptr (GError) failure = NULL;

  if (!gst_generator_check_beside (model, hints, error))
    return FALSE;
  if (!choose_ports (ports, model, hints, &failure)) {
    suggest_spectra (model, failure);
    g_propagate_error (error, g_steal_pointer (&failure));
    return FALSE;
  }
  /* Which goes with frames that are made one of one. */
  if (ports->frames > 1 || ports->staged || ports->output.kind != GEN_PORT_PICTURE)
    ports->mask = (GenPort){ 0 };
  return gst_generator_choose_sides (ports, hints, error);
}

/* --- another model in the place of one --- */

/* Whether what has pads and files of its own is the same, and what goes into alpha. */
static gboolean
sides_agree (const GstGeneratorPorts *a, const GstGeneratorPorts *b)
{
  if ((a->mask.name == NULL) != (b->mask.name == NULL) || a->n_further != b->n_further ||
      a->n_beside != b->n_beside)
    return FALSE;
  for (guint i = 0; i < a->n_further; i++)
    if (!g_str_equal (a->further[i].name, b->further[i].name) ||
        a->further[i].kind != b->further[i].kind ||
        !gen_shape_equal (&a->further[i].shape, &b->further[i].shape))
      return FALSE;
  for (guint i = 0; i < a->n_beside; i++)
    if (!g_str_equal (a->beside[i].name, b->beside[i].name) ||
        !gen_shape_equal (&a->beside[i].shape, &b->beside[i].shape))
      return FALSE;
  return TRUE;
}

gboolean
gst_generator_ports_agree (const GstGeneratorPorts *a, const GstGeneratorPorts *b)
{
  /* How long pieces are, and what they need, is another model's own. */
  return !gst_generator_streams (a) && gst_generator_tiling_equal (&a->tiling, &b->tiling) &&
         a->input.kind == b->input.kind && a->input.length == b->input.length &&
         a->input.type == b->input.type && a->second.kind == b->second.kind &&
         a->second.type == b->second.type && a->second.length == b->second.length &&
         a->input.channels == b->input.channels && a->input.width == b->input.width &&
         a->input.height == b->input.height && a->output.kind == b->output.kind &&
         a->output.channels == b->output.channels &&
         (a->output.kind != GEN_PORT_SOUND ||
             (a->output.length == b->output.length &&
                 a->output.sample_rate == b->output.sample_rate)) &&
         a->output.width == b->output.width && a->output.height == b->output.height &&
         (a->input.batch == 1) == (b->input.batch == 1) && a->staged == b->staged &&
         sides_agree (a, b) && a->frames == b->frames && a->made == b->made &&
         a->ahead == b->ahead && a->between == b->between;
}

/* Whether both make as long a sound of what is the size of `input`. */
static gboolean
lengths_agree (
    const GstGeneratorPorts *a, const GstGeneratorPorts *b, const GstGeneratorInput *input)
{
  gint64 one, other;

  return gst_generator_sound_length (a, input, &one, NULL) &&
         gst_generator_sound_length (b, input, &other, NULL) && one == other;
}

gboolean
gst_generator_sizes_agree (
    const GstGeneratorPorts *ports, const GstGeneratorPorts *now, const GenModelUse *use)
{
  const GstGeneratorInput one = {
    .pictures = 1, .columns = 1, .rows = 1, .height = use->height, .width = use->width
  };
  int height, width;

  if (ports->staged || use->frames == 0 || gst_generator_streams (ports))
    return TRUE;
  if (ports->output.kind == GEN_PORT_SOUND)
    return lengths_agree (ports, now, &one);
  return gst_generator_output_size (ports, &one, &height, &width, NULL) &&
         height == use->output.height && width == use->output.width;
}

GenModelUse
gst_generator_use_of (const GenModelUse *use, const GstGeneratorPorts *ports, guint batch)
{
  GenModelUse changed = *use;

  changed.input = ports->input;
  changed.output = ports->output;
  gst_generator_fit_mask (ports, use->mask.name != NULL, &changed);
  for (guint i = 0; i < MIN (use->n_inputs, ports->n_beside); i++)
    changed.inputs[i].port = ports->beside[i];
  for (guint i = 0; i < MIN (use->n_outputs, ports->n_further); i++) {
    changed.outputs[i].port = ports->further[i];
    changed.outputs[i].port.height = use->outputs[i].port.height;
    changed.outputs[i].port.width = use->outputs[i].port.width;
  }
  changed.output.height = use->output.height;
  changed.output.width = use->output.width;
  if (!ports->tiling.used)
    changed.padding = gst_generator_find_padding (ports, use->height, use->width);
  if (use->frames > 0)
    changed.frames = ports->input.batch == 1 ? 1 : (int)batch;
  return changed;
}
