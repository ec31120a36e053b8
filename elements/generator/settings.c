/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "settings.h"

#include "branches.h"
#include "outputs.h"
#include "sides.h"

#include "../shared/model-file.h"
#include "luma.h"

#include <string.h>

#define DEFAULT_BATCH_SIZE 1
#define DEFAULT_COLUMNS 0
#define DEFAULT_SIZE 0
#define DEFAULT_SAMPLE_RATE 0
#define DEFAULT_CONTEXT -1
#define DEFAULT_CHUNK_SIZE 0
#define DEFAULT_OVERLAP -1
#define DEFAULT_CROSSFADE 0
#define DEFAULT_RELOAD TRUE
#define DEFAULT_FRAMES 0
#define DEFAULT_LOOKAHEAD -1
#define DEFAULT_INTERPOLATE TRUE
#define DEFAULT_LUMA TRUE
#define DEFAULT_TENSORS FALSE
#define DEFAULT_WARM_UP 0
#define DEFAULT_SYNTHETIC_TAG TRUE

void
gst_generator_settings_install (GObjectClass *klass, guint first)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;
  const GParamFlags live = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

  g_object_class_install_property (klass, first + GST_GENERATOR_MODEL,
      g_param_spec_string ("model", "Model",
          "The ONNX file to play (unset: an error); set while another one plays, it follows as "
          "soon as it is ready",
          NULL, live));
  g_object_class_install_property (klass, first + GST_GENERATOR_BATCH_SIZE,
      g_param_spec_uint ("batch-size", "Batch size",
          "How many buffers to gather for a run: more are faster, and come later", 1,
          GST_GENERATOR_MAX_BATCH, DEFAULT_BATCH_SIZE, live));
  g_object_class_install_property (klass, first + GST_GENERATOR_COLUMNS,
      g_param_spec_uint ("columns", "Columns",
          "Pictures side by side in the wall that a buffer of several latents makes (0: nearly "
          "square)",
          0, G_MAXINT16, DEFAULT_COLUMNS, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_WIDTH,
      g_param_spec_int ("width", "Width",
          "Width in pixels of the pictures of a model that makes them as vectors (0: square)", 0,
          G_MAXINT16, DEFAULT_SIZE, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_HEIGHT,
      g_param_spec_int ("height", "Height",
          "Height in pixels of the pictures of a model that makes them as vectors (0: square)", 0,
          G_MAXINT16, DEFAULT_SIZE, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_SAMPLE_RATE,
      g_param_spec_int ("sample-rate", "Sample rate",
          "Samples a second of the sounds of a model that does not say it, or that makes them as "
          "vectors (0: what the model says)",
          0, G_MAXINT, DEFAULT_SAMPLE_RATE, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_CONTEXT,
      g_param_spec_int ("context", "Context",
          "Samples before and behind a piece of sound that it is made with (-1: as many as results "
          "hang on, by the model's graph)",
          -1, G_MAXINT, DEFAULT_CONTEXT, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_CHUNK_SIZE,
      g_param_spec_uint ("chunk-size", "Chunk size",
          "Samples of each channel that a piece of sound is made of at least, where the model "
          "takes any number: more are faster, and come later (0: a 50th of a second, or the "
          "context where that is longer; a second where results hang on all of it)",
          0, G_MAXINT, DEFAULT_CHUNK_SIZE, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_OVERLAP,
      g_param_spec_int ("overlap", "Overlap",
          "Samples that a piece of sound shares with the next one, where one fades into the other "
          "as the halves of a Hann window (-1: none where the context is known or given, else half "
          "of a piece)",
          -1, G_MAXINT, DEFAULT_OVERLAP, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_CROSSFADE,
      g_param_spec_uint64 ("crossfade", "Crossfade",
          "For how many nanoseconds the sound of a latent fades into the next one, with equal "
          "power; at most half of it (0: each follows the other as it is)",
          0, G_MAXINT64, DEFAULT_CROSSFADE, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_RELOAD,
      g_param_spec_boolean ("reload", "Reload",
          "Play the new model when the file changes, from the next frame on", DEFAULT_RELOAD,
          flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_SPECTRUM,
      g_param_spec_string ("spectrum", "Spectrum",
          "How sound becomes the frames or spectra that the model takes, and what it makes becomes "
          "sound, such as complex,length=512,hop=256,window=sqrt-hann or "
          "magnitude,output=mask,length=512,hop=128; empty for not at all (unset: as the model "
          "says, or its shapes tell)",
          NULL, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_CHAIN,
      g_param_spec_string ("chain", "Chain",
          "Files that follow the model's as one model, such as second.onnx or "
          "erb_dec.onnx,df_dec.onnx,input=output: inputs take what outputs of that name made, or "
          "what is said (unset: as the model says)",
          NULL, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_TILE,
      g_param_spec_string ("tile", "Tile",
          "Play frames tile by tile where they are larger than that, such as 256x256, or auto for "
          "what the model takes or what suits it (unset: whole frames)",
          NULL, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_TILE_OVERLAP,
      g_param_spec_int ("tile-overlap", "Tile overlap",
          "Pixels of what goes in that tiles share with their neighbours (-1: as many as results "
          "hang on, by the model's graph; a quarter where they hang on all of it)",
          -1, G_MAXINT16, DEFAULT_OVERLAP, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_FRAMES,
      g_param_spec_uint ("frames", "Frames",
          "How many frames that follow each other a model sees at once, where it takes any number "
          "of them or has an input for each (0: what the model says)",
          0, GEN_MODEL_MAX_WINDOW, DEFAULT_FRAMES, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_LOOKAHEAD,
      g_param_spec_int ("lookahead", "Lookahead",
          "How many of the frames that a model sees at once come after the one that it makes, or 0 "
          "where a window of sound has its context before it alone (-1: half of an odd number of "
          "frames, none of an even one; context on both sides)",
          -1, GEN_MODEL_MAX_WINDOW - 1, DEFAULT_LOOKAHEAD, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_INTERPOLATE,
      g_param_spec_boolean ("interpolate", "Interpolate",
          "What a model makes of two frames lies between them, and they go on as well, twice as "
          "many a second or more; else it takes the place of the second one",
          DEFAULT_INTERPOLATE, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_WARM_UP,
      g_param_spec_uint ("warm-up", "Warm-up",
          "How many times a model that remembers sees the first picture, at the start and after a "
          "seek or a gap, before what it makes of it goes on",
          0, G_MAXINT16, DEFAULT_WARM_UP, live));
  g_object_class_install_property (klass, first + GST_GENERATOR_OUTPUTS,
      g_param_spec_string ("outputs", "Outputs",
          "Name of the output that is played, which becomes a tensor where it is no picture or "
          "sound; or two names, of a picture and its mask, \"fgr,pha\", which become RGBA (unset: "
          "the picture of as many channels as go in, with a mask of its size where frames have "
          "alpha)",
          NULL, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_INPUTS,
      g_param_spec_string ("inputs", "Inputs",
          "Pictures in files for further inputs, \"style=night.png,mask=cut.png\", which are "
          "scaled to the size that the model takes (unset: there are none)",
          NULL, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_LUMA,
      g_param_spec_boolean ("luma", "Luma",
          "A model that makes grey pictures of grey ones plays on the luma of video in colour, "
          "whose chroma is scaled beside it; else it takes grey alone",
          DEFAULT_LUMA, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_TENSORS,
      g_param_spec_boolean ("tensors", "Tensors",
          "The model takes numbers as they are, other/tensors, though its input is shaped as "
          "pictures or sounds are, or is integers [N, D]",
          DEFAULT_TENSORS, flags));
  g_object_class_install_property (klass, first + GST_GENERATOR_SYNTHETIC_TAG,
      g_param_spec_boolean ("synthetic-tag", "Synthetic tag",
          "The stream's tags say that what is made is synthetic, for whatever it is written as; "
          "the environment's GENERATIVE_MARK=off says no to all elements",
          DEFAULT_SYNTHETIC_TAG, flags));
  gst_generative_adapters_install (
      klass, first + GST_GENERATOR_ADAPTERS, GST_PARAM_MUTABLE_PLAYING);
  gst_generative_numbers_install (
      klass, first + GST_GENERATOR_NUMBERS, GST_GENERATIVE_NUMBERS_N_PROPERTIES);
  gst_generative_said_install (klass, first + GST_GENERATOR_SAID);
  gst_generator_sampling_install (klass, first + GST_GENERATOR_SAMPLING);
  gst_generative_sharing_install (klass, first + GST_GENERATOR_SHARING);
}

void
gst_generator_settings_init (GstGeneratorSettings *settings)
{
  settings->batch_size = DEFAULT_BATCH_SIZE;
  settings->columns = DEFAULT_COLUMNS;
  settings->hints.context = DEFAULT_CONTEXT;
  settings->hints.chunk_size = DEFAULT_CHUNK_SIZE;
  settings->hints.overlap = DEFAULT_OVERLAP;
  settings->hints.crossfade = DEFAULT_CROSSFADE;
  settings->reload = DEFAULT_RELOAD;
  settings->luma = DEFAULT_LUMA;
  settings->synthetic_tag = DEFAULT_SYNTHETIC_TAG;
  settings->hints.tensors = DEFAULT_TENSORS;
  settings->tile_overlap = DEFAULT_OVERLAP;
  settings->hints.frames = DEFAULT_FRAMES;
  settings->hints.lookahead = DEFAULT_LOOKAHEAD;
  settings->hints.interpolate = DEFAULT_INTERPOLATE;
  settings->warm_up = DEFAULT_WARM_UP;
  gst_generative_sharing_init (&settings->sharing);
}

void
gst_generator_settings_clear (GstGeneratorSettings *settings)
{
  g_free (settings->model);
  gst_generative_numbers_clear (&settings->numbers);
  g_free (settings->spectrum);
  g_free (settings->chain);
  g_free (settings->outputs);
  g_free (settings->inputs);
  gst_generative_adapters_clear (&settings->adapters);
  g_free (settings->tile);
  gst_generative_said_clear (&settings->said);
  gst_generator_sampling_clear (&settings->sampling);
}

/* Where the text of property `number` is; NULL of others. */
static char **
find_text (GstGeneratorSettings *settings, guint number)
{
  switch (number) {
  case GST_GENERATOR_MODEL:
    return &settings->model;
  case GST_GENERATOR_SPECTRUM:
    return &settings->spectrum;
  case GST_GENERATOR_CHAIN:
    return &settings->chain;
  case GST_GENERATOR_TILE:
    return &settings->tile;
  case GST_GENERATOR_OUTPUTS:
    return &settings->outputs;
  case GST_GENERATOR_INPUTS:
    return &settings->inputs;
  case GST_GENERATOR_ADAPTER:
    return &settings->adapters.texts[GST_GENERATIVE_ADAPTERS_FILES];
  case GST_GENERATOR_ADAPTER_SCALE:
    return &settings->adapters.texts[GST_GENERATIVE_ADAPTERS_SCALES];
  default:
    return NULL;
  }
}

gboolean
gst_generator_settings_set (GstGeneratorSettings *settings, guint number, const GValue *value)
{
  char **text = find_text (settings, number);

  if (text != NULL) {
    g_free (*text);
    *text = g_value_dup_string (value);
    return TRUE;
  }
  switch (number) {
  case GST_GENERATOR_BATCH_SIZE:
    settings->batch_size = g_value_get_uint (value);
    break;
  case GST_GENERATOR_COLUMNS:
    settings->columns = g_value_get_uint (value);
    break;
  case GST_GENERATOR_WIDTH:
    settings->hints.width = g_value_get_int (value);
    break;
  case GST_GENERATOR_HEIGHT:
    settings->hints.height = g_value_get_int (value);
    break;
  case GST_GENERATOR_SAMPLE_RATE:
    settings->hints.sample_rate = g_value_get_int (value);
    break;
  case GST_GENERATOR_CONTEXT:
    settings->hints.context = g_value_get_int (value);
    break;
  case GST_GENERATOR_CHUNK_SIZE:
    settings->hints.chunk_size = (int)g_value_get_uint (value);
    break;
  case GST_GENERATOR_OVERLAP:
    settings->hints.overlap = g_value_get_int (value);
    break;
  case GST_GENERATOR_CROSSFADE:
    settings->hints.crossfade = g_value_get_uint64 (value);
    break;
  case GST_GENERATOR_RELOAD:
    settings->reload = g_value_get_boolean (value);
    break;
  case GST_GENERATOR_TILE_OVERLAP:
    settings->tile_overlap = g_value_get_int (value);
    break;
  case GST_GENERATOR_FRAMES:
    settings->hints.frames = (int)g_value_get_uint (value);
    break;
  case GST_GENERATOR_LOOKAHEAD:
    settings->hints.lookahead = g_value_get_int (value);
    break;
  case GST_GENERATOR_INTERPOLATE:
    settings->hints.interpolate = g_value_get_boolean (value);
    break;
  case GST_GENERATOR_LUMA:
    settings->luma = g_value_get_boolean (value);
    break;
  case GST_GENERATOR_TENSORS:
    settings->hints.tensors = g_value_get_boolean (value);
    break;
  case GST_GENERATOR_SYNTHETIC_TAG:
    settings->synthetic_tag = g_value_get_boolean (value);
    break;
  case GST_GENERATOR_WARM_UP:
    settings->warm_up = g_value_get_uint (value);
    break;
  default:
    return gst_generative_said_set (&settings->said, number - GST_GENERATOR_SAID, value) ||
           gst_generator_sampling_set (
               &settings->sampling, number - GST_GENERATOR_SAMPLING, value) ||
           gst_generative_numbers_set (&settings->numbers, number - GST_GENERATOR_NUMBERS, value) ||
           gst_generative_sharing_set (&settings->sharing, number - GST_GENERATOR_SHARING, value);
  }
  return TRUE;
}

gboolean
gst_generator_settings_get (const GstGeneratorSettings *settings, guint number, GValue *value)
{
  char *const *text = find_text ((GstGeneratorSettings *)settings, number);

  if (text != NULL) {
    g_value_set_string (value, *text);
    return TRUE;
  }
  switch (number) {
  case GST_GENERATOR_BATCH_SIZE:
    g_value_set_uint (value, settings->batch_size);
    break;
  case GST_GENERATOR_COLUMNS:
    g_value_set_uint (value, settings->columns);
    break;
  case GST_GENERATOR_WIDTH:
    g_value_set_int (value, settings->hints.width);
    break;
  case GST_GENERATOR_HEIGHT:
    g_value_set_int (value, settings->hints.height);
    break;
  case GST_GENERATOR_SAMPLE_RATE:
    g_value_set_int (value, settings->hints.sample_rate);
    break;
  case GST_GENERATOR_CONTEXT:
    g_value_set_int (value, settings->hints.context);
    break;
  case GST_GENERATOR_CHUNK_SIZE:
    g_value_set_uint (value, (guint)settings->hints.chunk_size);
    break;
  case GST_GENERATOR_OVERLAP:
    g_value_set_int (value, settings->hints.overlap);
    break;
  case GST_GENERATOR_CROSSFADE:
    g_value_set_uint64 (value, settings->hints.crossfade);
    break;
  case GST_GENERATOR_RELOAD:
    g_value_set_boolean (value, settings->reload);
    break;
  case GST_GENERATOR_TILE_OVERLAP:
    g_value_set_int (value, settings->tile_overlap);
    break;
  case GST_GENERATOR_FRAMES:
    g_value_set_uint (value, (guint)settings->hints.frames);
    break;
  case GST_GENERATOR_LOOKAHEAD:
    g_value_set_int (value, settings->hints.lookahead);
    break;
  case GST_GENERATOR_INTERPOLATE:
    g_value_set_boolean (value, settings->hints.interpolate);
    break;
  case GST_GENERATOR_LUMA:
    g_value_set_boolean (value, settings->luma);
    break;
  case GST_GENERATOR_TENSORS:
    g_value_set_boolean (value, settings->hints.tensors);
    break;
  case GST_GENERATOR_SYNTHETIC_TAG:
    g_value_set_boolean (value, settings->synthetic_tag);
    break;
  case GST_GENERATOR_WARM_UP:
    g_value_set_uint (value, settings->warm_up);
    break;
  default:
    return gst_generative_said_get (&settings->said, number - GST_GENERATOR_SAID, value) ||
           gst_generator_sampling_get (
               &settings->sampling, number - GST_GENERATOR_SAMPLING, value) ||
           gst_generative_numbers_get (&settings->numbers, number - GST_GENERATOR_NUMBERS, value) ||
           gst_generative_sharing_get (&settings->sharing, number - GST_GENERATOR_SHARING, value);
  }
  return TRUE;
}

/* --- of a model --- */

GenModelHints
gst_generator_settings_hint (
    GstGeneratorSettings *settings, GstElement *element, GstGeneratorSaid *said)
{
  const GstGeneratorSampling *sampling = &said->sampling;
  GenModelHints hints;

  GST_OBJECT_LOCK (element);
  said->sampling = gst_generator_sampling_copy (&settings->sampling);
  said->spectrum = g_strdup (settings->spectrum);
  said->chain = g_strdup (settings->chain);
  gst_generative_adapters_copy (&settings->adapters, &said->adapters);
  gst_generative_said_copy (&settings->said, &said->model);
  hints = gst_generative_said_hint (&said->model);
  hints.frames = settings->hints.frames;
  hints.spectrum = said->spectrum;
  hints.chain = said->chain;
  gst_generative_adapters_hint (&said->adapters, &hints);
  hints.sampling.width = settings->hints.width;
  hints.sampling.height = settings->hints.height;
  GST_OBJECT_UNLOCK (element);
  hints.sampling.sampler = sampling->sampler;
  hints.sampling.steps = sampling->steps;
  hints.sampling.prediction = sampling->prediction;
  hints.sampling.schedule = sampling->schedule;
  hints.sampling.sigma_range = sampling->sigma_range;
  return hints;
}

void
gst_generator_said_clear (GstGeneratorSaid *said)
{
  g_clear_pointer (&said->spectrum, g_free);
  g_clear_pointer (&said->chain, g_free);
  gst_generative_adapters_clear (&said->adapters);
  gst_generative_said_clear (&said->model);
  gst_generator_sampling_clear (&said->sampling);
}

/* Only what is played fades. */
static gboolean
check_fading (const GstGeneratorPorts *ports, GError **error)
{
  if (ports->n_further == 0 || !gst_generator_tiling_may_fade (&ports->tiling))
    return TRUE;
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: results hang on more than tiles share, which would have to fade into each other, and "
      "pad src_%s cannot: unset property %s, or ask for no other pad",
      ports->model->path, ports->further[0].name, ports->tiling.endless ? "tile" : "tile-overlap");
  return FALSE;
}

/* Play tile by tile, where that is asked for; only what is made of pictures one by one can be. */
static gboolean
choose_tiles (GstGeneratorPorts *ports, const char *tile, int overlap, GError **error)
{
  if (!gst_generator_tiling_read (&ports->tiling, tile, error))
    return FALSE;
  ports->tiling.overlap = overlap;
  if (!ports->tiling.used)
    return TRUE;
  if (gst_generator_can_tile (ports)) {
    ports->mask = (GenPort){ 0 };
    gst_generator_tiling_choose (&ports->tiling, ports->model, &ports->input, &ports->output);
    for (guint k = 0; k < ports->n_further; k++)
      gst_generator_tiling_widen (&ports->tiling, ports->model, &ports->input, &ports->further[k]);
    return check_fading (ports, error);
  }
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: property tile is for models that make pictures of pictures%s", ports->model->path,
      ports->remembers || ports->frames > 1
          ? ", and that remember nothing from one to the next: unset it"
      : ports->n_further > 0 ? "; from pads src_NAME come pictures as large as what is played: "
                               "unset it, or ask for no "
                               "other pad"
      : ports->mask_said || ports->n_beside > 0
          ? " alone, of one input and without a mask in alpha: unset it, or inputs and outputs; a "
            "mask comes from a pad of its own, src_NAME"
          : ": unset it");
  return FALSE;
}

/* Add "style=night.png" to `list`, with its place from `folder` on, unless a pad is in `beside`. */
static void
add_said_file (GString *list, const char *text, const char *folder, const char *const *beside)
{
  const char *file = strchr (text, '=');
  g_autofree char *name = g_strndup (text, file != NULL ? (gsize)(file - text) : strlen (text));
  g_autofree char *path = NULL;

  if (g_strv_contains (beside, g_strstrip (name)))
    return;
  if (file != NULL)
    path = g_path_is_absolute (file + 1) ? g_strdup (file + 1)
                                         : g_build_filename (folder, file + 1, NULL);
  g_string_append_printf (list, "%s%s", list->len > 0 ? "," : "", name);
  if (path != NULL)
    g_string_append_printf (list, "=%s", path);
}

char *
gst_generator_settings_get_inputs (
    GstGeneratorSettings *settings, GstElement *element, const GenModel *model)
{
  g_autofree char *inputs = NULL, *folder = NULL;
  g_auto (GStrv) beside = NULL, files = NULL;
  g_autoptr (GString) list = NULL;

  GST_OBJECT_LOCK (element);
  inputs = g_strdup (settings->inputs);
  beside = gst_generator_list_pads (element, GST_GENERATOR_SINK_PREFIX);
  GST_OBJECT_UNLOCK (element);
  if (inputs != NULL || model->hints.inputs == NULL)
    return g_steal_pointer (&inputs);
  folder = g_path_get_dirname (model->path);
  files = g_strsplit (model->hints.inputs, ",", -1);
  list = g_string_new (NULL);
  for (guint i = 0; files[i] != NULL; i++)
    add_said_file (list, files[i], folder, (const char *const *)beside);
  return g_string_free (g_steal_pointer (&list), FALSE);
}

gboolean
gst_generator_settings_find_ports (GstGeneratorSettings *settings, GstElement *element,
    GenModel *model, GstGeneratorPorts *ports, GError **error)
{
  g_auto (GstGenerativeNumbers) numbers = { 0 };
  g_autofree char *outputs = NULL, *inputs = NULL;
  g_auto (GStrv) further = NULL, beside = NULL;
  GstGeneratorHints hints;
  g_autofree char *tile = NULL;
  int tile_overlap;
  gboolean luma;

  GST_OBJECT_LOCK (element);
  gst_generative_numbers_copy (&settings->numbers, &numbers);
  luma = settings->luma;
  tile = g_strdup (settings->tile);
  tile_overlap = settings->tile_overlap;
  hints = settings->hints;
  ports->columns = (int)settings->columns;
  outputs = g_strdup (settings->outputs != NULL ? settings->outputs : model->hints.outputs);
  further = gst_generator_list_pads (element, GST_GENERATOR_SRC_PREFIX);
  beside = gst_generator_list_pads (element, GST_GENERATOR_SINK_PREFIX);
  GST_OBJECT_UNLOCK (element);
  inputs = gst_generator_settings_get_inputs (settings, element, model);
  if (!gst_generator_add_files (inputs, &beside, error))
    return FALSE;
  hints.outputs = outputs;
  hints.further = (const char *const *)further;
  hints.beside = (const char *const *)beside;
  if (!gst_generator_choose_ports (ports, model, &hints, error) ||
      !choose_tiles (ports, tile, tile_overlap, error) ||
      !gst_generative_numbers_apply (&numbers, &ports->input, FALSE, error) ||
      !gst_generative_numbers_apply (&numbers, &ports->output, TRUE, error))
    return FALSE;
  ports->luma = luma && gst_generator_luma_suits (ports);
  gst_generator_join_mask (ports);
  return TRUE;
}

static void
warn_of_overlap (GstElement *element, const GstGeneratorPorts *ports)
{
  g_autoptr (GError) reason = NULL;
  GenContext context;

  gen_model_find_context (ports->model, &ports->input, &ports->output, &context, &reason);
  GST_ELEMENT_WARNING (element, STREAM, FORMAT,
      ("%s: %s, and so pieces of it, which overlap by half, do not come out as the whole would. "
       "Properties chunk-size, overlap and context say how long they are, how much they overlap, "
       "and how much around them is to be enough",
          ports->model->path, reason->message),
      (NULL));
}

/* Which rate is assumed, where nothing tells it. */
static void
warn_of_sample_rate (
    GstGeneratorSettings *settings, GstElement *element, const GstGeneratorPorts *ports)
{
  const GenPort *said = gen_model_find_output (ports->model, GEN_PORT_SOUND);
  int hint;

  GST_OBJECT_LOCK (element);
  hint = settings->hints.sample_rate;
  GST_OBJECT_UNLOCK (element);
  if (hint > 0 || (said != NULL && said->sample_rate > 0) || ports->input.kind == GEN_PORT_SOUND)
    return;
  GST_ELEMENT_WARNING (element, LIBRARY, SETTINGS,
      ("%s: nothing tells how many samples a second its output '%s' makes; %d are assumed. "
       "Metadata generative.sample-rate in the model would tell, as would property sample-rate",
          ports->model->path, ports->output.name, ports->output.sample_rate),
      (NULL));
}

/* What is assumed of its spectra, and of their rate where no property says it. */
static void
warn_of_spectra (
    GstGeneratorSettings *settings, GstElement *element, const GstGeneratorPorts *ports)
{
  g_autofree char *text = NULL;
  int hint;

  GST_OBJECT_LOCK (element);
  hint = settings->hints.sample_rate;
  GST_OBJECT_UNLOCK (element);
  text = gen_model_describe_spectra_assumption (ports->model, hint > 0);
  if (text != NULL)
    GST_ELEMENT_WARNING (element, LIBRARY, SETTINGS, ("%s", text), (NULL));
}

/* A window that is a power of two and an eighth of it, as nets for streams have which hear the end
 * of the window before again: an eighth of what is new; 0 for others. */
static gint64
find_eighth (gint64 window)
{
  const gint64 eighth = window / 9;

  return window % 9 == 0 && (eighth & (eighth - 1)) == 0 ? eighth : 0;
}

static void
warn_of_context (
    GstGeneratorSettings *settings, GstElement *element, const GstGeneratorPorts *ports)
{
  const gint64 eighth = find_eighth (ports->window);
  int hint;

  GST_OBJECT_LOCK (element);
  hint = settings->hints.context;
  GST_OBJECT_UNLOCK (element);
  if (eighth == 0 || hint >= 0 || !gen_model_has_states (ports->model))
    return;
  GST_ELEMENT_WARNING (element, LIBRARY, SETTINGS,
      ("%s: it remembers, and its input '%s' takes %" G_GINT64_FORMAT
       " samples at a time, all of which are taken for new ones; where the first %" G_GINT64_FORMAT
       " are the last ones of before, properties context=%" G_GINT64_FORMAT
       " lookahead=0 say so, and context=0 says that they are not",
          ports->model->path, ports->input.name, ports->window, eighth, eighth),
      (NULL));
}

void
gst_generator_settings_warn (
    GstGeneratorSettings *settings, GstElement *element, const GstGeneratorPorts *ports)
{
  g_autofree char *misdeclared = gen_model_describe_misdeclared (ports->model);

  if (misdeclared != NULL)
    GST_ELEMENT_WARNING (element, STREAM, FORMAT, ("%s", misdeclared), (NULL));
  if (ports->input.kind == GEN_PORT_PICTURE)
    gst_generative_warn_of_range (element, ports->model, &ports->input, FALSE, "input-range");
  warn_of_spectra (settings, element, ports);
  warn_of_context (settings, element, ports);
  if (ports->endless && ports->overlap < 0)
    warn_of_overlap (element, ports);
  if (ports->output.kind == GEN_PORT_SOUND)
    warn_of_sample_rate (settings, element, ports);
  else if (ports->output.kind == GEN_PORT_PICTURE)
    gst_generative_warn_of_range (element, ports->model, &ports->output, TRUE, "output-range");
}
