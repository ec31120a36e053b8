/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sections of a studio file, and their keys. A section is a constant struct and a line in the
 * list of sections.c; what stands in the file becomes a record of it, a struct that begins with a
 * ServeRecord. */
#pragma once

#include <json-glib/json-glib.h>

typedef enum {
  SERVE_KEY_TEXT,    /* char *, NULL where it is not said */
  SERVE_KEY_FILE,    /* char *: a path, from the folder of the studio file on */
  SERVE_KEY_WORDS,   /* GStrv of an array of texts, never NULL */
  SERVE_KEY_FLAG,    /* gboolean */
  SERVE_KEY_INTEGER, /* int */
  SERVE_KEY_NUMBER,  /* double; a whole number is one as well */
  SERVE_KEY_CHOICE,  /* int, a place in `choices` */
  SERVE_KEY_RATE,    /* ServeRate: "30", "30000/1001" or a whole number; 0/1 where it is not said */
  SERVE_KEY_TABLE,   /* JsonObject *: a table with keys of its own; NULL where it is not said */
} ServeKeyType;

typedef struct {
  int numerator, denominator;
} ServeRate;

typedef struct {
  const char *name;
  ServeKeyType type;
  gsize offset;               /* in the record */
  const char *value;          /* where nothing is said, as it would be said; NULL: nothing */
  double minimum, maximum;    /* of numbers */
  const char *const *choices; /* of CHOICE, and of the WORDS that there may be; ended by NULL */
  const char *blurb;          /* what it is; it ends a sentence of an error as well */
} ServeKey;

typedef struct _ServeSection ServeSection;
typedef struct _ServeConfiguration ServeConfiguration;

/* What each record begins with. */
typedef struct {
  const ServeSection *section;
  const ServeConfiguration *configuration;
  char *name; /* NAME of [section.NAME]; NULL where a section is one */
} ServeRecord;

struct _ServeSection {
  const char *name, *blurb;
  gboolean named; /* [section.NAME], any number of them, else [section] */
  gsize size;     /* of the record */
  const ServeKey *keys;
  guint n_keys;
  /* What keys have to do with each other, once all sections are read; may be NULL. */
  gboolean (*check) (gpointer record, GError **error);
};

/* All of them, ended by NULL; in sections.c. */
extern const ServeSection *const serve_sections[];

/* A record of `object`, or of nothing where that is NULL. NULL with `error`, which names file, line
 * and key, and what would be right. `name` may be NULL. (transfer full) */
gpointer serve_record_new (const ServeSection *section, const ServeConfiguration *configuration,
    const char *name, JsonObject *object, GError **error);
void serve_record_free (gpointer record);

/* Whether the file says the key. */
gboolean serve_record_has (gconstpointer record, const char *key);
/* FALSE with `error`: "studio.toml:12: mounts.faces.width: " and what is wrong with it. `key` may
 * be NULL. */
gboolean serve_record_fail (gconstpointer record, const char *key, GError **error,
    const char *format, ...) G_GNUC_PRINTF (4, 5);
