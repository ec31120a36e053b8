/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/graph.h>
#include <generative/sampler.h>
#include <generative/session.h>
#include <generative/symbols.h>

G_BEGIN_DECLS

/**
 * GenModel: what a graph is for, read from its shapes and metadata, and the plan that plays it
 * on video frames and sound.
 *
 * A tensor [N, D] or [N, D, 1, 1] is a vector (a latent, a score), one [N, C, H, W] or [N, H, W, C]
 * with C of 1, 3 or 4 a picture, as is [C, H, W] or [H, W, C] with C of 3 or 4; one
 * [N, T, C, H, W], [N, C, T, H, W] or [N, T, H, W, C] is T pictures that follow each other, as is
 * an input [N, T * 3, H, W]; one [N, 7, H, W], of which a picture is made, becomes two: two
 * pictures and the plane `timestep`; one [N, C, T] or [N, T, C] of up to GEN_SOUND_MAX_CHANNELS
 * channels a sound, where T is free or at least GEN_PORT_SMALLEST_SOUND, if not of pictures alone;
 * and where the model says its rate, one of GEN_PORT_SMALLEST_RATED_SOUND and more, and [N, T],
 * too, where T is free, at least GEN_PORT_SMALLEST_SOUND, or as much in the first input and output.
 * One [N, C, T] or [N, T, C] of more numbers, whose T alone is free, is a series: vectors in a row
 * (of a mel spectrogram). An input of int64 or int32, [N, T] of free T, are tokens, ids of symbols;
 * a model that takes such makes a sound of one channel where an output of floats has free extents,
 * the last one among them, and else 1: how long it is, the model computes.
 * The rate of a sound is said by the metadata `generative.sample-rate` ("16000"), or the key
 * `sample-rate` in the sidecar's section of the tensor, or in its section `generative`. How a
 * picture's numbers stand for bytes is said by, in this order:
 *
 *   - the model's metadata `generative.input-range` and `generative.output-range` ("-1,1": the
 *     numbers for black and white, for all channels or a pair for each), or `generative.mean` and
 *     `generative.std` (for all channels or each: byte / 255 = number * std + mean, in both
 *     directions),
 *   - GStreamer 1.28's sidecar file `MODEL.modelinfo`, key `ranges` of the tensor's section,
 *   - what follows from the graph: of outputs the bounds of what makes them (Tanh -1 to 1, Clip
 *     its own), through all that follows with constants; of inputs the type (uint8 0 to 255, and
 *     all of int8, int16 and uint16), a Clip, or what the graph does first to bring them to numbers
 * that nets take (divide by 255, subtract a mean),
 *   - else an assumption, which is said wherever the model is played: of a picture that is made of
 *     another one the range of that one; 0 to 255 for wider integers; 0 to 1 for numbers that are
 *     never negative; and -1 to 1, as the first generative adversarial networks have it.
 *
 * Channels are red, green and blue, and alpha behind them, unless the metadata
 * `generative.channel-order`, or the key `channel-order` in the sidecar's section of the tensor, is
 * "bgr", as OpenCV has them: what is said of each channel is in that order, too.
 *
 * Of a sound, numbers from -1 to 1 are full scale, or what the same places say: the greater of the
 * two, without its sign.
 *
 * `generative.frame-rate` ("30" or "30000/1001") is how fast its frames are meant to be played;
 * `generative.frames`, or the key `frames` in the sidecar's section of the input, says how many go
 * into a run, where the shape alone does not: [N, 2, H, W] may be two frames of grey.
 * `generative.interpolate` ("false") says that what is made of two does not lie between them.
 *
 * What inputs and outputs are there for (GenPart) is said by the metadata `generative.states`
 * ("h=h_out,c=c_out": the input takes what the output made in the run before; "" for none) and
 * `generative.parameters` ("strength=0.6,bits=1:0:1": numbers that stay, several with colons), or
 * the keys `state` and `value` in the sidecar's sections of the inputs (what the user says of one
 * parameter leaves the others as these say); else by names (an input
 * `r1i` and an output `r1o`, `cache` and `cache_out`, `past.key` and `present.key`), at last by
 * order, where an input behind the first one has the type and the shape of an output that has no
 * part yet; an empty key `state` says of an input that it is none. An input `timestep` or `time`
 * of a model that sees two pictures, a number or a plane of it, stands at 0.5: half-way; one `sr`
 * or `sample_rate` of a model of sound at its rate. What is left of small inputs of fixed shape,
 * beside pictures, sounds and tokens, are parameters. Beside tokens an integer for each item of a
 * batch that is called a length (`input_lengths`) is how many there are, and one of their shape
 * that is called a mask is ones. A free extent of a state is whatever makes it come out as it went
 * in.
 *
 * Which outputs are played and what goes in beside is said by `generative.outputs` and
 * `generative.inputs`, or the same keys in the sidecar's section `generative` (GenModelHints).
 *
 * Extents that the inputs leave free can be said (GenModelHints.shapes, or the key `dims` in the
 * sidecar, "1,3,-1,-1", where -1 stays free), for a model that says nothing of its shapes.
 * gen_model_write_info writes a sidecar of all that has been decided.
 *
 * A model whose input are spectra, or frames, of a sound becomes one of sound when it is loaded
 * (GenSpectra): its graph begins with windows and a Fourier transform, and ends with the inverse
 * and a sum of what overlaps; what is left of either is a state. That is said by the metadata
 * `generative.spectrum`, or the key `spectrum` in the sidecar's section `generative` or those of
 * inputs and outputs;
 * else it is assumed of an input and an output that have one axis of 2 and one of as many bins as
 * lengths that are usual come to (257 of 512). A text of spectra is words with commas between:
 *
 *   - what an input takes and the output behind it makes: `complex` (an axis of 2), `planes` (two
 *     inputs and two outputs, real and imaginary), `magnitude`, `frames` (of samples), and of the
 *     output alone `output=mask`, `output=complex-mask` or `output=magnitude`,
 *   - or the same of a port by its name: `mix=complex`, `m=mask`; further ones are `real` and
 *     `imaginary`,
 *   - `length=512`, `hop=256`: samples of a frame, and from one to the next (half of a frame),
 *   - `fft=512`: samples of the transform, which has half as many bins and one: of more than
 * `length`, a frame lies in the middle, with zeros around it, as torch.stft has it (the length of a
 * frame),
 *   - `window=sqrt-hann`: one of gen_windows, periodic; `synthesis=sqrt-hann` (the same): what
 *     frames are brought together under, scaled so that a model that changes nothing changes
 *     nothing; `none` adds them as they are,
 *   - `scale=1`: a factor of all that goes in, and the inverse of what comes out,
 *   - `frames=1`: how many go into a run where the model takes any number; what it needs of frames
 *     before, it remembers (causal convolutions, recurrent layers), and where it needs those to
 *     come, runs of GEN_SPECTRA_FREE_FRAMES are made apart from each other, and a warning says so,
 *   - `lookahead=0`: by how many frames what it makes comes later than what it takes,
 *   - `deep-filter`: all of DeepFilterNet's: `bands` and `unit` go in by the names feat_erb and
 *     feat_spec, `band-mask` and `filter` come out as m and coefs.
 *
 * Several files are one model (`generative.chain`, or the key `chain` in the sidecar's section
 * `generative`: "erb_dec.onnx,df_dec.onnx"): an input of a later file is what an earlier one made
 * in an output of that name, or of the one that is said (`input=output`); where there is none, the
 * first takes the first. States of each are its own. Ports of a later file have its name in front
 * ("model_2/input"). The model and its sidecar name files within its folder alone, each once, and
 * what a later file says of those that follow it has to be so.
 */
typedef struct _GenModel GenModel;

typedef enum {
  GEN_PORT_OTHER,
  GEN_PORT_VECTOR,
  GEN_PORT_PICTURE,
  GEN_PORT_SOUND,
  GEN_PORT_SERIES,
  GEN_PORT_FRAMES, /* several pictures */
  GEN_PORT_TOKENS, /* ids of symbols that follow each other */
} GenPortKind;

/* What an input or output is there for. */
typedef enum {
  GEN_PART_FLOW,      /* what is played, and what is made of it */
  GEN_PART_STATE,     /* of an input: what an output made in the run before, zeros at first */
  GEN_PART_PARAMETER, /* of an input: numbers that stay as they are until somebody changes them */
  GEN_PART_LENGTH,    /* of an input: how many tokens go in, or a mask of as many ones; never fed */
} GenPart;

/* How that is known. */
typedef enum {
  GEN_PART_SAID,    /* by the user, the model or its sidecar */
  GEN_PART_NAMED,   /* by the names of an input and an output */
  GEN_PART_ORDERED, /* by order, type and shape */
} GenPartSource;

#define GEN_PORT_MAX_CHANNELS 4

/* So many pictures that follow each other are taken for such, where they are channels. */
#define GEN_PORT_MAX_STACKED 9

/* Fewer numbers than this are scores or classes, not a picture laid out in a row. */
#define GEN_PORT_SMALLEST_PICTURE 16

#define GEN_SOUND_MAX_CHANNELS 8
/* Fewer numbers in a row than this are not taken for a sound. */
#define GEN_PORT_SMALLEST_SOUND 1024
/* The same where the model says at which rate it works: pieces for a stream may be that short. */
#define GEN_PORT_SMALLEST_RATED_SOUND 64

/* Where it is known from which numbers are black and white. */
typedef enum {
  GEN_RANGE_ASSUMED,
  GEN_RANGE_SAID,     /* by the model, its sidecar, or gen_port_set_range */
  GEN_RANGE_COMPUTED, /* by the graph's operators */
} GenRange;

/* What two channels of a picture are, of which one is made. */
typedef enum {
  GEN_CLASSES_NONE,
  GEN_CLASSES_PROBABILITIES, /* of background and foreground: the second is the mask */
  GEN_CLASSES_SCORES,        /* of which softmax makes these */
} GenClasses;

/* An input or output. Extents are -1 where they are free. */
typedef struct {
  const char *name;
  GenPortKind kind;
  GenDataType type;
  GenShape shape;
  gint64 batch;                /* N */
  gint64 length;               /* VECTOR: D; SOUND and SERIES: T */
  int channels, height, width; /* PICTURE; of a SOUND or SERIES the channels */
  int frames;                  /* FRAMES: how many follow each other; a PICTURE is one */
  gboolean channels_last;      /* [N, H, W, C] or [N, T, C] */
  gboolean frames_last;        /* FRAMES: [N, C, T, H, W] */
  gboolean bgr;                /* PICTURE of 3 or 4: blue comes first, and red third */
  GenClasses classes;          /* PICTURE of one channel: it is made of these two */
  int sample_rate;             /* SOUND: frames a second; 0 where the model does not say */
  /* PICTURE: byte / 255 = number * std + mean */
  float mean[GEN_PORT_MAX_CHANNELS], std[GEN_PORT_MAX_CHANNELS];
  GenRange range;
  GenPart part;
  GenPartSource part_source;
  /* STATE: the number of the output that an input takes, and the other way round; LENGTH: of the
   * input whose tokens it counts. */
  int partner;
  /* An input whose numbers are indices (Gather): how many there are to choose from; 0 where it is
   * none, or that is not known. */
  gint64 choices;
} GenPort;

/* Numbers of a parameter. */
typedef struct {
  guint n;
  double values[];
} GenNumbers;

/* Read "0.6" or "1:0:1". (transfer full), or NULL where it is no such text. */
GEN_API GenNumbers *gen_numbers_parse (const char *text);
/* (transfer full) */
GEN_API GenNumbers *gen_numbers_copy (const GenNumbers *numbers);
/* What is said of parameter `name`; `numbers` holds until it returns. */
typedef gboolean (*GenParameterFunc) (
    gpointer data, const char *name, const GenNumbers *numbers, GError **error);
/* Call `func` for each of "strength=0.6,bits=1:0:1", as property parameters has it. FALSE with
 * `error` where that is no such text, or `func` says so. */
GEN_API gboolean gen_parameters_parse (
    const char *text, GenParameterFunc func, gpointer data, GError **error);
/* Write them over the `n` elements of a tensor of `type`, again and again: one stands for all. */
GEN_API void gen_numbers_write (const GenNumbers *numbers, GenDataType type, void *data, gsize n);

/* What the user says of a model, in the words of the metadata; NULL where nothing is said. */
typedef struct {
  const char *states, *parameters;
  int frames; /* that go into a run, of as many inputs or of any number; 0: nothing is said */
  /* Extents that inputs leave free: "1:3:-1:-1" of the first one, or "x=1:3:-1:-1,y=1:8". */
  const char *shapes;
  GenSamplingHints sampling;
  const char *spectrum, *chain;
  /* Which outputs are played, "fgr,pha", and which files go into inputs beside, "style=night.png",
   * from the folder of the model on: for whoever plays it. */
  const char *outputs, *inputs;
  /* What the figures are called that a scorer makes (scorer.h), "SIG=higher,BAK=higher". Since: 0.2
   */
  const char *scores;
  /* Files of adapters beside its weights (adapter-file.h), and how much each counts: for
   * gen_model_load_as. Since: 0.2 */
  const char *adapters, *adapter_scales;
} GenModelHints;

/* A window function, periodic. */
typedef struct {
  const char *name, *summary;
  double (*value) (int i, int length); /* of sample `i` of `length` */
} GenWindowFunction;

/* All of them, ending on NULL. */
GEN_API extern const GenWindowFunction *const gen_windows[];
GEN_API const GenWindowFunction *gen_window_find (const char *name, GError **error);

/* What the file `MODEL.json` beside a model that speaks says of it, as Piper's voices have it:
 * `phoneme_id_map` (and `phoneme_map`, `phoneme_type`), `audio.sample_rate`, `num_speakers`,
 * `num_symbols`, and the `inference.noise_scale`, `length_scale` and `noise_w` that parameters
 * stand at of which nobody else says a number: `scales` at all three, those of these names at each,
 * and a speaker (`sid`) at 0. */
typedef struct {
  char *path;
  GenSymbols *symbols;
  int sample_rate; /* 0: it does not say */
  int speakers;    /* 1: it has no choice */
  int n_ids;       /* all are less; G_MAXINT: it does not say */
  double noise_scale, length_scale, noise_w;
} GenVoice;

/* Frames in a run, of a model that hangs on frames to come. */
#define GEN_SPECTRA_FREE_FRAMES 100

/* How sound becomes what a model takes, and what it makes becomes sound; see above. */
typedef struct {
  int length, hop, frames, lookahead;
  int fft; /* samples of a transform, `length` as a rule */
  const GenWindowFunction *window;
  const GenWindowFunction *synthesis; /* NULL: frames are added as they are */
  double scale;
  char *form;            /* "complex to complex", for people */
  char *text;            /* all of it as generative.spectrum would say it */
  gboolean assumed;      /* by shapes alone */
  gboolean rate_assumed; /* nothing tells how many samples a second there are */
  char *apart;           /* why runs know nothing of each other's frames; NULL where they do */
} GenSpectra;

struct _GenModel {
  GenGraph *graph;
  char *path;                           /* NULL when it was not loaded from a file */
  GenPort *inputs, *outputs;            /* as many as the graph has */
  int rate_numerator, rate_denominator; /* 0 and 1 when it does not say */
  gboolean staged; /* shapes within hang on what it computes: it is played by gen_model_open */
  /* Of each input the numbers that a parameter stands at to begin with, or NULL. */
  GenNumbers **parameters;
  gboolean states_said; /* somebody has told which states there are, or that there are none */
  GenSpectra *spectra;  /* of a model that takes sound apart, else NULL */
  GenVoice *voice; /* of one that takes tokens, where a file beside it tells of them, or NULL */
  /* Parameters that shapes hang on: they are constants of this graph, and inputs no more; or NULL
   */
  char **fixed;
  /* What makes a sample, by so many runs of this graph, a step of it each (sampler.h); `once` and 1
   * for all others. */
  const GenSampler *sampler;
  int runs;
  GenModelHints
      hints; /* outputs and inputs as the model or its sidecar say where nobody else does */
  GBytes
      *base_hash; /* of the weights beside which it has adapters, for those that follow; or NULL */
  char *heard;    /* the input that is sound by its rate alone, or NULL */
  int ref_count;
};

/* Read the ONNX file `path` and its sidecar. (transfer full) */
GEN_API GenModel *gen_model_load (const char *path, GError **error);
/* The same with what the user says, which comes before what the files say; as it is to be played: a
 * denoiser within the loop of its sampler, where somebody names one. */
GEN_API GenModel *gen_model_load_as (const char *path, const GenModelHints *hints, GError **error);
/* The same of a graph, which is kept. (transfer full) */
GEN_API GenModel *gen_model_new (GenGraph *graph, GError **error);
GEN_API GenModel *gen_model_ref (GenModel *model);
GEN_API void gen_model_unref (GenModel *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenModel, gen_model_unref)

/* Of a model that takes rows of numbers, [N, T], and does not say what they are: of any length, of
 * one as long as what is made, or where nothing that it makes may be a sound, they are sound of
 * `sample_rate`, and its ports are then those that they would be if its metadata said so. Other
 * models stay as they are. Before anybody plays it, or has a port of it. */
GEN_API gboolean gen_model_make_sound (GenModel *model, int sample_rate, GError **error);

/* The first input or output of that kind that flows, or NULL. */
GEN_API const GenPort *gen_model_find_input (const GenModel *model, GenPortKind kind);
GEN_API const GenPort *gen_model_find_output (const GenModel *model, GenPortKind kind);

/* The number of the input of tokens that flow, -1 where there is none. */
GEN_API int gen_model_find_tokens (const GenModel *model);

/* How many pictures that follow each other go into a run: those of one input of several (-1 where
 * that is free), or one into each of several inputs that are alike, where their names (img0 and
 * img1, previous and next) or GenModelHints.frames say so. 1 where it takes something else alone, 0
 * where something else flows in besides. What `beside` names (which ends on NULL, or is NULL) is
 * not counted: it goes by another way. */
GEN_API int gen_model_window (const GenModel *model, const char *const *beside);
/* Whether what it makes hangs on what it has played before. */
GEN_API gboolean gen_model_has_states (const GenModel *model);
/* Let input number `i`, a parameter, stand at `numbers` to begin with, in players that are made
 * from now on, where it holds these. Before anybody plays it. */
GEN_API void gen_model_set_parameter (GenModel *model, guint i, const GenNumbers *numbers);
/* A parameter for which nobody has said a number, or NULL. */
GEN_API const GenPort *gen_model_find_unset (const GenModel *model);

/* Make a vector a picture: of width x height pixels, or square where these are 0, grey or
 * else of three or four channels. FALSE when the numbers do not come out even. */
GEN_API gboolean gen_port_make_picture (GenPort *port, int width, int height);
/* Of a PICTURE or FRAMES, along which axis its rows follow each other; its columns do along the
 * next one. */
GEN_API int gen_port_height_axis (const GenPort *port);
/* Make a vector or what is of unknown use a sound of `sample_rate`, which is then known: [N, T],
 * [N, C, T] or [N, T, C]. FALSE for other shapes. */
GEN_API gboolean gen_port_make_sound (GenPort *port, int sample_rate);
/* Make what is of unknown use a series, [N, C, T]. FALSE for other shapes. */
GEN_API gboolean gen_port_make_series (GenPort *port);
/* Let `port` be met with float32 numbers, which is what gen_model_compile has outside for other
 * floats, pictures of integers and sounds of int16. FALSE for other types, and where an extent is
 * 0: of that there are no numbers. */
GEN_API gboolean gen_port_use_float32 (GenPort *port);
/* Make an output of two channels, background and foreground, the picture of one that is the mask of
 * the foreground: of numbers that are bounded by 0 and 1, or that a Softmax makes, the second
 * channel, of others what softmax makes of them. FALSE for other shapes. */
GEN_API gboolean gen_model_make_mask (const GenModel *model, GenPort *port);
/* The numbers that black and white are, in place of what the model says. */
GEN_API void gen_port_set_range (GenPort *port, float low, float high);
/* The same of "low,high", or of such a pair for each channel. */
GEN_API gboolean gen_port_read_range (GenPort *port, const char *text, GError **error);
/* Let number be (byte / 255 - mean) / std, with a number of each for all channels or one for each;
 * (byte - mean) / std where one of these is greater than 1. NULL is 0 and 1. */
GEN_API gboolean gen_port_read_moments (
    GenPort *port, const char *mean, const char *std, GError **error);
/* The numbers that black and white are, of a channel. */
GEN_API float gen_port_black (const GenPort *port, int channel);
GEN_API float gen_port_white (const GenPort *port, int channel);
/* Which range has been assumed for `port`, and what would tell better: a sentence for users, NULL
 * where it is known. (transfer full) */
GEN_API char *gen_model_describe_assumption (
    const GenModel *model, const GenPort *port, gboolean is_output);

/* What is said of a whole model in its sidecar, in the words of GenModelHints; NULL and 0 where
 * nothing is. */
typedef struct {
  const char *spectrum, *chain;
  int sample_rate; /* of sound that becomes spectra; other sounds have one of their own */
  const char *outputs, *inputs;
} GenModelInfo;

/* What the classes are called that a net tells apart, or is told, from class 0 on: as metadata
 * `generative.class-names`, an array of JSON. `names` ends on NULL. Since: 0.2 */
GEN_API void gen_model_name_classes (GenGraph *graph, const char *const *names);
/* The same as it stands there, or as Ultralytics' exports say it (`names`, "{0: 'cat', 1: 'dog'}");
 * NULL where nothing does. (transfer full) Since: 0.2 */
GEN_API char **gen_model_get_class_names (const GenGraph *graph);
/* Whether its metadata `generative.class-names` is something else than an array of names, which
 * gen_model_get_class_names does not heed. Since: 0.2 */
GEN_API gboolean gen_model_has_odd_class_names (const GenGraph *graph);
/* The number of the class `name` of `n`: one of the `names` (NULL where there are none), or its
 * number as a text. -1 with `error`, which says what was likely meant. Since: 0.2 */
GEN_API int gen_class_find (const char *const *names, guint n, const char *name, GError **error);
/* Which of the `n` classes of a model, called `names` (NULL: it does not say), is each of the
 * `n_others` of some data, called `others` (NULL: by their numbers from 0 on): the one of its name.
 * One that is called by a number is of that number, unless the model itself calls some by numbers.
 * Where it does not say how it calls them, and the data has as many, they are in the same order.
 * -1: none of them, or nobody can say which. An array, which the caller frees. Since: 0.2 */
GEN_API int *gen_class_map (
    const char *const *names, guint n, const char *const *others, guint n_others);

/* What has been decided of the model, as its sidecar has it: sections of the inputs and outputs,
 * with `dims`, `ranges`, `channel-order`, `sample-rate`, `state` and `value`, and what `whole`
 * says. Read again, the same is decided. The metadata of the model comes before it. FALSE where
 * there is a sidecar already and not `replace`. `path` is where it is then, and is to be freed;
 * NULL: it does not matter. */
GEN_API gboolean gen_model_write_info (const GenModel *model, const GenModelInfo *whole,
    gboolean replace, char **path, GError **error);

/* Of which outputs the model makes other shapes than its file declares: a sentence for users; NULL
 * where there are none. (transfer full) */
GEN_API char *gen_model_describe_misdeclared (const GenModel *model);
/* A sentence or two: "makes pictures of 28 x 28 pixels, grey, from latents of 100 numbers".
 * (transfer full) */
GEN_API char *gen_model_describe (const GenModel *model);
/* The same of its spectra: "complex to complex, frames of 512 samples every 256 under …". NULL
 * where it has none. (transfer full) */
GEN_API char *gen_model_describe_spectra (const GenModel *model);
/* Of a model that is not played so, what its inputs look like where they may be spectra or features
 * of a sound, and what would play them: "spectra of a sound: spectrum says …"; else NULL. (transfer
 * full) */
GEN_API char *gen_model_suggest_spectra (const GenModel *model);
/* What has been assumed of them, and of their rate unless `rate_said`, and what would tell better:
 * a sentence for users; NULL where nothing has. (transfer full) */
GEN_API char *gen_model_describe_spectra_assumption (const GenModel *model, gboolean rate_said);

/* Of a model that makes sound of sound or of a series: which neighbours a piece needs for being
 * made as it is made within the whole, in samples of a channel of the input. */
typedef struct {
  gint64 before, after; /* the piece */
  gint64 step;          /* where pieces begin, and how long they are, are multiples of it */
  gint64 taken, made;   /* for so many samples that go in, so many come out */
  gint64 delay;         /* of what comes out, so many samples are of before the first one */
} GenContext;

/* Found from what its operators do along time: kernels, dilations, strides. FALSE with `error`,
 * which names the node, where results hang on the whole sound. */
GEN_API gboolean gen_model_find_context (GenModel *model, const GenPort *input,
    const GenPort *output, GenContext *context, GError **error);

#define GEN_MODEL_MAX_WINDOW 64

/* How the bytes of a frame lie; see PackPicture in lib/ops/picture/picture.h. */
typedef struct {
  int columns; /* pictures side by side: a frame can be a wall of them */
  int bytes;   /* of a pixel; 1 when planar */
  gboolean planar;
  gsize stride;          /* bytes from row to row */
  gboolean upward;       /* the last row comes first, in all planes */
  gboolean studio_range; /* of R'G'B' and grey: black and white are 16 and 235, not 0 and 255 */
  /* Y'CbCr 4:2:0, in two planes or, when planar, in three; `bytes` and `order` are not looked at.
   */
  gboolean ycbcr, full_range;
  float luma[2];             /* weights of red and blue */
  gboolean sited_x, sited_y; /* chroma lies at even columns and rows, else midway */
  gsize chroma_stride;
  /* Into frames: for each byte its channel, -1 for opaque. From frames: for each channel its
   * byte. */
  int order[GEN_PORT_MAX_CHANNELS];
  int n_order;
} GenFrameLayout;

/* In how many planes a frame lies. */
GEN_API int gen_frame_layout_planes (const GenFrameLayout *layout);
/* Where the picture of `rows` rows lies whose first pixel is in column `x` and row `y` of the
 * frame, both even in Y'CbCr: bytes from that frame's topmost row in `plane` to where a plan's
 * plane begins, which is the row that comes first in memory. */
GEN_API gssize gen_frame_layout_offset (
    const GenFrameLayout *layout, int plane, int x, int y, int rows);

/* How the luma of frames in Y'CbCr lies, as pictures of one channel. */
GEN_API GenFrameLayout gen_frame_layout_luma (const GenFrameLayout *layout);

/* How the samples of a sound lie in a buffer: a sample of each channel, and so on; see PackSound in
 * lib/ops/sound/sound.h. */
typedef struct {
  gboolean int16; /* else float32 */
  /* Into buffers: of each sound that many frames are left out, and so many taken (0: all that
   * follow). */
  gint64 skip, keep;
} GenSoundLayout;

#define GEN_MODEL_MAX_SIDES 4

/* An input or output besides those that are played. */
typedef struct {
  GenPort port;
  gboolean in_frames; /* a frame for each that is played, else numbers */
  GenFrameLayout layout;
} GenModelSide;

/* Of a picture, what is wanted of it. */
typedef struct {
  gint32 top, left, height, width;
} GenKeptPart;

/* What a picture lacks for a model to take it: rows below and columns to the right, with which its
 * sides are multiples of `step`. They are the mirror image of what they follow. */
typedef struct {
  int height, width, step;
} GenPadding;

/* Find what pictures of `height` x `width` lack, which go into `input`: nothing along axes whose
 * extent the model has fixed, nor where it takes them as they are. FALSE where it takes none that
 * are a little larger either; they lack nothing then. What shapes of a staged model are is not
 * known. */
GEN_API gboolean gen_model_find_padding (
    GenModel *model, const GenPort *input, int height, int width, GenPadding *padding);
GEN_API gboolean gen_padding_is_none (const GenPadding *padding);
/* How large the picture `output` is that is made of one of `height` x `width`, once what is made of
 * its padding has been cut off. */
GEN_API gboolean gen_model_padded_size (GenModel *model, const GenPort *output, int height,
    int width, const GenPadding *padding, int *made_height, int *made_width, GError **error);

typedef struct {
  GenPort input, output; /* which of the model's, perhaps adjusted */
  /* A picture of one channel, of which the last one of `output`'s channels is made; its name is
   * NULL where there is none. */
  GenPort mask;
  /* Pictures that go in beside the one that is played, all in frames, and what comes out besides.
   */
  GenModelSide inputs[GEN_MODEL_MAX_SIDES], outputs[GEN_MODEL_MAX_SIDES];
  guint n_inputs, n_outputs;
  int frames;   /* in a run; of sounds the buffers */
  int pictures; /* in a frame: a wall's, or latents in a buffer; sounds one after another */
  /* How many frames that follow each other go into a run, at most GEN_MODEL_MAX_WINDOW: into an
   * input of that many (of FRAMES, which is a PICTURE here), or into as many inputs of one each. 0
   * or 1: one. */
  int window;
  /* And how many that follow each other come out of it, in an output of that many (of FRAMES, which
   * is a PICTURE here). 0 or 1: one. */
  int made;
  int height, width; /* of an input picture, where the model leaves it free */
  /* What is added to such pictures for the model to take them; of those that it makes, sizes are
   * what is left without what is made of it. Numbers are made of all. */
  GenPadding padding;
  gint64 length; /* the same of an input sound or series, in samples of a channel */
  /* The input comes as frames or sounds of bytes, a series as the float32 of its vectors, one after
   * another; else as numbers. */
  gboolean from_frames;
  gboolean to_frames; /* the output goes to frames or sounds of bytes, else it is numbers */
  gboolean in_parts;  /* of each picture that goes to a frame a part is kept, as each run is told */
  /* Of frames in Y'CbCr, one picture each, that become such: the model takes and makes the luma
   * alone, as pictures of one channel, and their chroma is brought to the size of what it makes.
   * Not in parts. */
  gboolean luma;
  GenFrameLayout from, to;
  GenSoundLayout from_sound, to_sound;
  GenPlanOptions plan;
} GenModelUse;

/**
 * gen_model_compile: the plan that takes `frames` frames at a time. With `from_frames` it has an
 * input for each plane of each frame (bytes), else one [frames * pictures, …]; with `to_frames` an
 * output for each plane of each frame, else one. Those of `inputs` and `outputs` follow each. They
 * can be bound to the frames' memory. With `in_parts` its last input says what is kept of each
 * frame's picture (GenKeptPart, int32). Numbers of float16, bfloat16 and float64 are float32
 * outside. Into integers, what frames hold is rounded, and cut off where the type ends.
 * Returns: (transfer full) the plan, or NULL.
 */
GEN_API GenPlan *gen_model_compile (GenModel *model, const GenModelUse *use, GError **error);

/**
 * gen_model_open: what plays a staged model, one frame at a time: `use->frames` is 1. With
 * `from_frames` its inputs are the frame's planes; its one output are the numbers of `use->output`,
 * float32, of whatever shape they turn out to be. `to_frames` and `to` are not looked at. Returns:
 * (transfer full) the session, or NULL.
 */
GEN_API GenSession *gen_model_open (GenModel *model, const GenModelUse *use, GError **error);
/* The plan that puts pictures, float32 numbers of `shape`, into a frame: its input 0 are the
 * numbers, its outputs are the frame's planes, as `use->output` and `use->to` say. (transfer full)
 */
GEN_API GenPlan *gen_model_compile_frame (
    const GenModelUse *use, const GenShape *shape, GError **error);

/* Into which frames, or sounds of a buffer, of such a plan numbers went, since this was last asked,
 * that are not numbers or infinite, and of which there can be no picture: a bit each, the last one
 * for all further frames. Devices other than the CPU do not tell. */
GEN_API guint64 gen_model_take_not_finite (GenPlan *plan);

/* The shape of `port`, an output, when N is `batch`, and what the model's inputs leave free of a
 * picture or sound is `height` x `width` or `length` (any where they leave nothing free). */
GEN_API gboolean gen_model_output_shape (GenModel *model, const GenPort *port, gint64 batch,
    int height, int width, gint64 length, GenShape *shape, GError **error);

G_END_DECLS
