/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/graph.h>

G_BEGIN_DECLS

/**
 * GenSampler: how a sample is made by a denoiser, a model that is told how much noise its input has
 * and says what there is without it. A sampler runs it several times, from noise alone to no noise,
 * along levels of noise that a schedule lays out.
 *
 *     noise [N, D]  ->  x  ->  denoiser (x, time, conditions)  ->  x with less noise  ->  …
 *
 * The loop is a graph as any other: gen_sampling_wrap puts the denoiser into one that makes a step
 * of it. What is on its way, x, and the number of the step are states (model.h), and what differs
 * from step to step stands in constants that the number chooses from. So a plan of it is run as
 * often as there are steps, on any device, with nothing to copy between, and begins anew by itself
 * with the run after the last one. Its input are the numbers of x in a row, normal ones, which is
 * what latents are; its output is what the last run makes.
 *
 * A denoiser that is told a class as well, and has learned to do without, can be guided: what it
 * makes of the class and of none are two points, and `guidance` says how far to go from the second
 * one to the first and beyond (Ho and Salimans, "Classifier-free diffusion guidance", 2022; 1 is
 * what it makes of the class). Metadata `generative.guidance` says that it can, and how far where
 * nobody says it; `generative.classes` how many classes there are, of which that number itself is
 * none. The loop then has an input `guidance`, a number, and runs the denoiser twice in each step.
 *
 * A sampler, a schedule and a prediction are each a constant struct in a list; those that the user
 * does not choose are said by the model's metadata, `generative.sampler`, `generative.steps`,
 * `generative.prediction`, `generative.schedule` and `generative.sigma-range` ("0.002,80": the
 * least and the largest noise, as its deviation beside samples without noise), else by the name of
 * the denoiser's time: a `sigma` is a karras schedule, all others are linear. `generative.steps` is
 * heeded where it is of a sampler that usually takes as many as the one that is chosen.
 */

/* What is to be done, in the words of the metadata; NULL and 0 where nothing is said. */
typedef struct {
  const char *sampler, *prediction, *schedule, *sigma_range;
  int steps;
  int width, height; /* of pictures of any size */
} GenSamplingHints;

/* How often a denoiser is run at most. */
#define GEN_SAMPLING_MAX_STEPS 1000

/* Times of a denoiser that is told how far it is and not how much noise there is: 0 to 999. */
#define GEN_SCHEDULE_TIMES 1000

/**
 * GenSchedule: which noise a denoiser has learned. One with `beta` sees signal² + noise² = 1, of
 * which each time t takes 1 - beta (t), and is told t; one without sees samples with noise added,
 * and is told its deviation.
 */
typedef struct {
  const char *name;
  const char *description;
  double (*beta) (int time);
} GenSchedule;

GEN_API extern const GenSchedule gen_schedule_karras;
GEN_API extern const GenSchedule gen_schedule_linear;
GEN_API extern const GenSchedule gen_schedule_scaled_linear;
GEN_API extern const GenSchedule gen_schedule_cosine;
GEN_API extern const GenSchedule gen_schedule_shifted_cosine;

/* All of them, ended by NULL. */
GEN_API const GenSchedule *const *gen_schedule_list (void);
/* The schedule of that name, or NULL with `error`, which lists them. */
GEN_API const GenSchedule *gen_schedule_find (const char *name, GError **error);

/**
 * GenPrediction: what a denoiser makes, of which the sample is of_input * input + of_output *
 * output, where its input is signal * sample + noise * normal numbers.
 */
typedef struct {
  const char *name;
  const char *description;
  void (*weigh) (double signal, double noise, double *of_input, double *of_output);
} GenPrediction;

GEN_API extern const GenPrediction gen_prediction_epsilon;
GEN_API extern const GenPrediction gen_prediction_v;
GEN_API extern const GenPrediction gen_prediction_sample;

/* All of them, ended by NULL. */
GEN_API const GenPrediction *const *gen_prediction_list (void);
/* The prediction of that name, or NULL with `error`, which lists them. */
GEN_API const GenPrediction *gen_prediction_find (const char *name, GError **error);

/* A place on the way: x = signal * sample + noise * normal numbers. The denoiser is told `time`,
 * and sees x * scale. */
typedef struct {
  double signal, noise, time, scale;
} GenNoiseLevel;

/* A number that differs from step to step, by where a step is and where it goes. */
typedef double (*GenStepNumber) (const GenNoiseLevel *now, const GenNoiseLevel *next);

typedef struct _GenSampler GenSampler;
/* A step that is being put together; what a sampler does with it stands in lib/sample/sampling.h.
 */
typedef struct _GenSampling GenSampling;

/* What has been chosen. */
typedef struct {
  const GenSampler *sampler;
  const GenPrediction *prediction;
  const GenSchedule *schedule;
  int steps;
  double sigma_min, sigma_max; /* 0: those of the schedule */
  gboolean whole_times;        /* the denoiser takes no others */
  int width, height;
  gboolean guided;
  double guidance; /* where nobody says it */
  int classes;
} GenSamplerSettings;

struct _GenSampler {
  const char *name;
  const char *description;
  int steps; /* how often the denoiser is run where nobody says it */
  /* Lay out `settings->steps` levels; what follows the last one is a sample without noise. */
  gboolean (*place) (const GenSamplerSettings *settings, GenNoiseLevel *levels, GError **error);
  /* What the first x is of normal numbers. */
  GenStepNumber start;
  /* The x of the next level. */
  GenTensor *(*step) (GenSampling *sampling, GenTensor *x, GError **error);
};

GEN_API extern const GenSampler gen_sampler_once;
GEN_API extern const GenSampler gen_sampler_euler;
GEN_API extern const GenSampler gen_sampler_ddim;
GEN_API extern const GenSampler gen_sampler_consistency;

/* All of them, ended by NULL. */
GEN_API const GenSampler *const *gen_sampler_list (void);
/* The sampler of that name, or NULL with `error`, which lists them. */
GEN_API const GenSampler *gen_sampler_find (const char *name, GError **error);

/* What a model takes and makes as a denoiser: numbers of inputs and outputs of its graph. */
typedef struct {
  guint noisy, time, made;
  int condition;          /* the class, a whole number for each sample; -1: none */
  gboolean time_is_sigma; /* by its name */
  gboolean time_is_named; /* by a name that denoisers give it, or the metadata generative.time */
} GenDenoiser;

/* See what `graph` has of a denoiser. FALSE with `error` where it is none. Of one whose time is not
 * named, it may be chance. */
GEN_API gboolean gen_denoiser_find (const GenGraph *graph, GenDenoiser *denoiser, GError **error);

/* That `graph` looks like a denoiser, and what plays it as one: a sentence for users, NULL where it
 * does not. (transfer full) */
GEN_API char *gen_denoiser_describe (const GenGraph *graph);

/* What `hints` and the metadata of `graph` say; sampler `once` where neither wants another one. */
GEN_API gboolean gen_sampling_choose (const GenGraph *graph, const GenSamplingHints *hints,
    GenSamplerSettings *settings, GError **error);
/* The levels of all steps, and behind them the last one, without noise: steps + 1. */
GEN_API gboolean gen_sampling_place (
    const GenSamplerSettings *settings, GenNoiseLevel *levels, GError **error);
/* The graph of a step of the loop around the denoiser `graph`, by a sampler other than `once`.
 * (transfer full) */
GEN_API GenGraph *gen_sampling_wrap (
    const GenGraph *graph, const GenSamplerSettings *settings, GError **error);

G_END_DECLS
