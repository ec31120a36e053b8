/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a model can be asked for, of which requests are checked and their description is made. */
#pragma once

#include <generative/medium.h>

#include "../private-api.h"

/* A kind of file that comes out. */
typedef struct {
  const char *name;       /* "png" */
  const char *media_type; /* "image/png" */
  const char *extension;
  gboolean pictures, sounds, numbers; /* of what it can be made */
  gboolean joins;                     /* one file holds all that a request asks for */
  gboolean is_film;                   /* as its frames */
  gboolean has_quality;
} GenServeFormat;

typedef enum {
  GEN_SERVE_TAKES_LATENT,
  GEN_SERVE_TAKES_TEXT,
} GenServeTakes;

/* What goes in beside a latent. */
typedef enum {
  GEN_SERVE_SECOND_NONE,
  GEN_SERVE_SECOND_NUMBERS, /* floats: a class as the one number that is 1, or whatever they are */
  GEN_SERVE_SECOND_INDEX,   /* the number of a class */
} GenServeSecond;

typedef struct {
  char *name;
  double *values; /* that it stands at where nobody says others */
  guint n;
} GenServeParameter;

typedef struct {
  char *name;
  char *description; /* for people */
  GenServeTakes takes;
  const GenMedium *makes;               /* pictures, sounds, or else vectors */
  const GenServeFormat *const *formats; /* that it can be had as, the usual one first, then NULL;
                                       owned */
  gsize latent, second;                 /* numbers of each */
  GenServeSecond second_kind;
  guint classes;      /* 0: it has none, or nobody knows how many */
  char **class_names; /* NULL: it does not say */
  int width, height;  /* of pictures */
  int rate_numerator, rate_denominator;
  char *text_pattern;      /* of texts that a voice can speak (JSON Schema), or NULL */
  int speakers;            /* of a voice; else 0 */
  char *speaker_parameter; /* which says who speaks, or NULL */
  char *length_parameter;  /* which says how slowly, or NULL */
  guint length_place;      /* which number of it */
  GPtrArray *parameters;   /* of GenServeParameter */
} GenServeFacts;

/* Of nothing. They are for any thread once they are complete. (transfer full) */
GEN_PRIVATE_API GenServeFacts *gen_serve_facts_new (const char *name);
GEN_PRIVATE_API GenServeFacts *gen_serve_facts_ref (const GenServeFacts *facts);
GEN_PRIVATE_API void gen_serve_facts_unref (GenServeFacts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenServeFacts, gen_serve_facts_unref)
GEN_PRIVATE_API void gen_serve_facts_add_parameter (
    GenServeFacts *facts, const char *name, const double *values, guint n);
GEN_PRIVATE_API const GenServeParameter *gen_serve_facts_find_parameter (
    const GenServeFacts *facts, const char *name);
/* The format in which several results are the frames of a film; NULL: there is none. */
GEN_PRIVATE_API const GenServeFormat *gen_serve_facts_find_film (const GenServeFacts *facts);
/* Whether a class can be said. */
GEN_PRIVATE_API gboolean gen_serve_facts_has_class (const GenServeFacts *facts);
