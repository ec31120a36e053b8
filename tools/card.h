/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model card: what is known of a trained model, for whoever asks. Facts are gathered
 * once, as an object, of which the page for people and the one for programs are made. */
#pragma once

#include <json-glib/json-glib.h>

/* What the command says. */
typedef struct {
  const char *folder; /* of the training */
  char **data;        /* that it is measured on, a place and NAME=VALUE; may be empty */
  char *notes;        /* a file of what nobody but people knows; NULL */
  char *data_licence; /* NULL: what the data say */
  char *licence;      /* of the model; NULL: not given */
  double watts;       /* that the machine draws while it trains; 0: not given */
} CardOptions;

/* What is known:
 *
 *   {"name", "folder", "version", "step", "samples", "training-sha256", "recipe",
 * "recipe-description", "preset", "preset-description", "licence", "models": [{"name", "bytes",
 * "sha256", "parameters", "description"}], "given": [{"setting", "path", "sha256"}], "adapters":
 * [{"name", "sha256", "base-sha256", "base"}], "data": {…}, "data-found": {…}, "data-licence",
 * "settings": {…}, "cost": {…}, "energy": {"watt-hours", "method"}, "figures": [{"name", "value",
 * "of", "samples"}], "bias": {…}, "notes": {section: text}}
 *
 * NULL with `error`. (transfer full) */
JsonObject *card_gather (const CardOptions *options, GError **error);
/* Add figures that are measured on the data of the options: those of `generative-model test`, and
 * of a classifier those of `generative-model bias`. */
gboolean card_measure (JsonObject *facts, const CardOptions *options, GError **error);
/* Add all numbers of what a test has found; NULL is nothing. `of` is which test. */
void card_add_figures (JsonObject *facts, JsonObject *tested, const char *of);
/* What people say, by section; an empty object where there is no file. NULL with `error`. (transfer
 * full) */
JsonObject *card_read_notes (const char *path, GError **error);

/* The sections of a card, as M. Mitchell et al. have them ("Model cards for model reporting",
 * 2019), ended by NULL: what they are called, and how notes name them. */
typedef struct {
  const char *name, *title;
} CardSection;
extern const CardSection card_sections[];

/* All of it as Markdown, and as JSON-LD, which names the page by its digest. (transfer full) */
char *card_to_markdown (JsonObject *facts);
char *card_to_json (JsonObject *facts, const char *page, const char *page_name);

/* Run this program with the arguments that NULL ends, and read what it prints. NULL with `error`.
 * (transfer full) */
JsonObject *card_ask (GPtrArray *arguments, GError **error);
/* SHA-256 of a file; NULL with `error`. (transfer full) */
char *card_hash (const char *path, gint64 *bytes, GError **error);
