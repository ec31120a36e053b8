/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models whose inputs are frames or spectra of a sound, and several files that are one model: what
 * is said of them (spectra.c), the ends that turn sound into such and back (spectra-ends.c), and
 * the graph of all of it (assemble.c). */
#pragma once

#include "model-private.h"

/* What a port holds of a sound. */
typedef enum {
  GEN_ROLE_NONE,
  GEN_ROLE_COMPLEX,
  GEN_ROLE_REAL,
  GEN_ROLE_IMAGINARY,
  GEN_ROLE_MAGNITUDE,    /* which comes out with the phase that went in */
  GEN_ROLE_MASK,         /* comes out: the spectrum is multiplied by it */
  GEN_ROLE_COMPLEX_MASK, /* the same of complex numbers */
  GEN_ROLE_FRAMES,
  /* Of deep filtering (deep-filter.c): */
  GEN_ROLE_BANDS,     /* power in bands, less its mean so far */
  GEN_ROLE_UNIT,      /* the first bins, over their magnitude so far */
  GEN_ROLE_BAND_MASK, /* comes out: a number for each band */
  GEN_ROLE_FILTER,    /* comes out: for each of the first bins a filter over frames */
} GenSpectralRole;

const char *gen_spectral_role_name (GenSpectralRole role);
void gen_spectra_free (GenSpectra *spectra);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenSpectra, gen_spectra_free)

/* One of the models that are to be one. Ports of later ones are known as "file/port" as well. */
typedef struct {
  GenModel *model;
  char *prefix; /* "file/", of later ones, else NULL */
  GenSpectralRole *inputs, *outputs;
  struct {
    int link, output; /* whose output an input takes; link -1: none's */
  } * from;
} GenLink;

/* `model` (transfer full) */
GenLink *gen_link_new (GenModel *model, gboolean first);
void gen_link_free (gpointer link);
/* The number of an input or output, -1 where `link` has none of that name. */
int gen_link_find (const GenLink *link, gboolean is_output, const char *name);
/* The first that flows, and has no role and nothing to come from; -1 where there is none. */
int gen_link_first_open (const GenLink *link, gboolean is_output);
/* "mix, enh, …": all that links have, for errors. (transfer full) */
char *gen_links_port_names (const GPtrArray *links);

/* Which files follow, as the metadata of `graph` says, or the file beside it; NULL where neither
 * does. (transfer full) */
char *gen_chain_find (const GenGraph *graph, GKeyFile *sidecar);
/* Whether the files of a chain lie in the folder of the first one, as those have to that a model or
 * its sidecar names. */
gboolean gen_chain_check_inside (const char *text, GError **error);
/* `text` with files of the folder of `model` by their names alone. (transfer full) */
char *gen_chain_shorten (const GenModel *model, const char *text);
/* Add what `text` says (GenLink) behind the first of `links`, files by their places from the first
 * one's, and find what goes where. */
gboolean gen_chain_load (GPtrArray *links, const char *text, GError **error);
/* Of files for which that has found nothing, and which have no role, the first input takes what the
 * file before makes first. */
gboolean gen_chain_complete (GPtrArray *links, GError **error);

/* Whether so many bins are those of frames of a usual length. */
gboolean gen_spectra_are_usual_bins (gint64 bins);
/* What is said of `links` as spectra, or what their shapes tell; their ports get roles. NULL
 * without `error` where they are not such. (transfer full) */
GenSpectra *gen_spectra_read (
    GPtrArray *links, GKeyFile *sidecar, const GenModelHints *hints, GError **error);

/* --- the ends --- */

/* A sound on its way through a graph: the frames or the spectrum that it is just now, and both
 * where one has been made of the other. */
typedef struct {
  GenGraph *graph;
  const GenSpectra *spectra;
  GenTensor *frames;   /* [1, frames, length], or NULL */
  GenTensor *spectrum; /* [1, frames, bins, 2], or NULL */
  GenTensor
      *history; /* [runs, bins, 2] of what came in, up to now, where it is filtered; or NULL */
  GenTensor *magnitude; /* [1, frames, bins, 1], of that, or NULL */
} GenSpectralSound;

/* Take `x`, [1, 1, samples], apart. */
gboolean gen_spectral_begin (GenSpectralSound *sound, GenTensor *x, GError **error);
/* What a port of that role takes of it, in `shape`. */
GenTensor *gen_spectral_give (
    GenSpectralSound *sound, GenSpectralRole role, const GenShape *shape, GError **error);
/* What a port of that role has made becomes the sound. `other` is the imaginary part of a real one,
 * else NULL. */
gboolean gen_spectral_take (
    GenSpectralSound *sound, GenSpectralRole role, GenTensor *x, GenTensor *other, GError **error);
/* The same of roles of deep filtering. */
GenTensor *gen_deep_filter_give (
    GenSpectralSound *sound, GenSpectralRole role, const GenShape *shape, GError **error);
gboolean gen_deep_filter_take (
    GenSpectralSound *sound, GenSpectralRole role, GenTensor *x, GError **error);
/* [1, frames, bins, 2] */
GenTensor *gen_spectral_spectrum (GenSpectralSound *sound, GError **error);
/* Put it together: [1, 1, samples]. */
GenTensor *gen_spectral_end (GenSpectralSound *sound, GError **error);
/* Where `shape` does not hold what a port of `role` would: FALSE with what would. */
gboolean gen_spectra_check_shape (
    const GenSpectra *spectra, GenSpectralRole role, const GenShape *shape, GError **error);
/* Samples of a frame's length behind the hop. */
gint64 gen_spectra_delay (const GenSpectra *spectra);
/* That sound of frames which overlap so can be put together. */
gboolean gen_spectra_check (const GenSpectra *spectra, GError **error);

/* --- the whole --- */

/* The model of `graph`, of the file `path` or NULL, as it is to be played: of sound where it is one
 * of spectra, with all files of its chain. (transfer full) */
GenModel *gen_model_assemble (
    GenGraph *graph, const char *path, const GenModelHints *hints, GError **error);
/* How many samples a second sound of such frames has as a rule. */
int gen_spectra_usual_rate (const GenSpectra *spectra);
