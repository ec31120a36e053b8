/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of generative-model inspect. */
#pragma once

#include <generative/model.h>

#include "hints.h"

typedef struct {
  GenModel *model;
  GenModel *played;      /* with spectra and a chain; the same where it has neither */
  GHashTable *operators; /* name to count */
  GList *names;          /* of operators, the most frequent first */
  guint64 parameters, bytes;
  guint nodes_inside; /* of `operators`, those in bodies of Loop, Scan and If */
  double flops;       /* of a run, or negative when it cannot be known */
  GenShape *outputs;  /* at the shapes that are asked for; NULL where none are */
  GenPlan *plan;      /* where its steps are asked for, else NULL */
} InspectFacts;

static inline gboolean
inspect_is_picture (const GenPort *port)
{
  return port->kind == GEN_PORT_PICTURE || port->kind == GEN_PORT_FRAMES;
}

/* Print them as JSON. */
void inspect_print_json (const InspectFacts *facts, const char *path);
/* Write down what is decided of the file's own ports, and how it is `played`, and see whether that
 * is what will be read. */
void inspect_write_info (const Hints *hints, const char *path, const GenModel *played,
    gboolean force, gboolean quiet, GError **error);

/* Print what the adapter at `path` is. Returns the exit status. */
int inspect_adapter (const char *path, gboolean json);
