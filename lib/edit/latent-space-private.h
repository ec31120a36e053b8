/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/latent-space.h>
#include <generative/plan.h>

struct _GenLatentSpace {
  GenLatentSpaceOptions options;
  GenModel *model;
  GenGraph *graph;   /* of the space; its input number `input` takes places */
  GenGraph *mapping; /* from latents to styles; NULL of LATENT */
  guint input;
  guint output;                   /* its number */
  GenPort port;                   /* the output's */
  gint64 fixed;                   /* places that it takes at once; 0: any number */
  GenShape shape;                 /* of one place in the graph, behind the batch */
  GenShape drawn;                 /* of one latent */
  gsize vectors, length, latents; /* `latents`: numbers of a latent */
  GenFormat format;
  gsize numbers; /* of a sample */
  float *mean, *deviation;
  GenPlan *maker, *mapper;
};

/* --- latent-space-ports.c --- */

/* Which input of the model takes latents, and which output makes samples. FALSE with `error` where
 * it is no generator. */
gboolean gen_latent_space_find_ports (GenLatentSpace *space, GError **error);
/* Set `error` to a text behind the model's path. Returns FALSE. */
gboolean gen_latent_space_fail (
    const GenLatentSpace *space, GError **error, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* --- latent-space-graph.c --- */

/* How many places a plan takes at once, where `n` are wanted and the model leaves it free. */
gint64 gen_latent_space_batch (const GenLatentSpace *space, gsize n);
/* A copy of `graph`, which has the model's inputs, with all shapes known: that of one thing that
 * goes in by the input of latents is `place`, behind the batch. (transfer full) */
GenGraph *gen_latent_space_fix_graph (const GenLatentSpace *space, const GenGraph *graph,
    const GenShape *place, gint64 batch, GError **error);
/* The model's graph of so many places, with all shapes known. (transfer full) */
GenGraph *gen_latent_space_fix (const GenLatentSpace *space, gint64 batch, GError **error);
/* Append what makes samples, [batch, …], of `places`, [batch, vectors, length]. */
GenTensor *gen_latent_space_append (
    const GenLatentSpace *space, GenGraph *graph, GenTensor *places, GError **error);

/* --- latent-space.c --- */

/* Run `plan`, whose input 0 takes a batch of rows of `from` numbers, for `n` of them; its output 0
 * has rows of `to`. */
gboolean gen_plan_run_rows (GenPlan *plan, gint64 batch, const float *rows, gsize from, guint n,
    float *results, gsize to, GError **error);
int gen_latent_space_threads (const GenLatentSpace *space);
const char *gen_latent_space_path (const GenLatentSpace *space);
