/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the user says of a model, by options that are named as the properties of generator are. */
#pragma once

#include <generative/model.h>

typedef struct {
  char *states, *parameters, *shapes, *spectrum, *chain, *input_range, *output_range;
  char *outputs, *inputs;
  int frames, sample_rate;
} Hints;

/* Their options, to stand in a command's list. */
#define HINTS_ENTRIES(H)                                                                           \
  { "states", 0, 0, G_OPTION_ARG_STRING, &(H).states,                                              \
    "Which inputs take what which outputs made in the run before", "INPUT=OUTPUT,…" },             \
      { "parameters", 0, 0, G_OPTION_ARG_STRING, &(H).parameters,                                  \
        "Numbers that inputs stand at, several with colons", "INPUT=0.6,…" },                      \
      { "frames", 0, 0, G_OPTION_ARG_INT, &(H).frames,                                             \
        "Pictures at once of an input of any number of them", "N" },                               \
      { "shapes", 0, 0, G_OPTION_ARG_STRING, &(H).shapes,                                          \
        "Extents that inputs leave free, -1 for those that stay so", "[INPUT=]1:3:-1:-1,…" },      \
      { "spectrum", 0, 0, G_OPTION_ARG_STRING, &(H).spectrum,                                      \
        "How sound becomes the spectra that it takes", "complex,length=512,…" },                   \
      { "chain", 0, 0, G_OPTION_ARG_STRING, &(H).chain, "Files that follow it as one model",       \
        "FILE,…" },                                                                                \
      { "sample-rate", 0, 0, G_OPTION_ARG_INT, &(H).sample_rate, "Samples a second of its sounds", \
        "HZ" },                                                                                    \
      { "input-range", 0, 0, G_OPTION_ARG_STRING, &(H).input_range,                                \
        "Numbers that it takes for black and white, or such a pair of each channel", "-1,1" },     \
  {                                                                                                \
    "output-range", 0, 0, G_OPTION_ARG_STRING, &(H).output_range,                                  \
        "Numbers that it makes for black and white, or such a pair of each channel", "-1,1"        \
  }

/* Those that say what is played. */
#define HINTS_PLAYED_ENTRIES(H)                                                                      \
  { "outputs", 0, 0, G_OPTION_ARG_STRING, &(H).outputs, "Outputs that are played",                   \
    "NAME[,MASK]" },                                                                                 \
  {                                                                                                  \
    "inputs", 0, 0, G_OPTION_ARG_STRING, &(H).inputs, "Pictures that go in beside", "INPUT=FILE,…" \
  }

void hints_clear (Hints *hints);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Hints, hints_clear)

/* The model of `path`, of which `hints` say what its file does not. Errors name options. (transfer
 * full) */
GenModel *hints_load (const Hints *hints, const char *path, GError **error);
/* The same as it is played where nothing is said: of sound where it takes spectra, and with the
 * files of its chain, which the other is only where `hints` say so. */
GenModel *hints_load_played (const Hints *hints, const char *path, GError **error);
