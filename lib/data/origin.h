/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said of where items come from: by columns of a manifest, members of an object in an
 * archive, or of one beside a file. */
#pragma once

#include <generative/dataset.h>
#include <json-glib/json-glib.h>

/* What can be said, in the order of what is handed over as texts. */
typedef enum {
  GEN_ORIGIN_ADDRESS,
  GEN_ORIGIN_LICENCE,
  GEN_ORIGIN_GROUP,
  GEN_ORIGIN_RESERVATION,
  GEN_ORIGIN_FIELDS,
} GenOriginField;

/* What each is called, in small letters, by those who write manifests and sidecars. */
extern const char *const gen_origin_names[GEN_ORIGIN_FIELDS][8];

/* Those of a dataset's items; as many as the last one that says something. */
typedef struct {
  GArray *items;       /* of GenDatasetOrigin */
  GStringChunk *texts; /* that they are of, each once */
} GenOrigins;

void gen_origins_init (GenOrigins *origins);
void gen_origins_clear (GenOrigins *origins);
/* Of item `index`; `texts` are by GenOriginField, NULL or empty where nothing is said. FALSE where
 * the reservation is neither 0 nor 1, false nor true. */
gboolean gen_origins_set (GenOrigins *origins, guint32 index, const char *const *texts);
/* FALSE where nothing is said of it. */
gboolean gen_origins_get (const GenOrigins *origins, guint32 index, GenDatasetOrigin *origin);
/* What an object says, as gen_origins_set takes it; each is to be freed. A reservation that is a
 * list, an object or null becomes its JSON, which is none of the values that are understood. */
void gen_origin_read_object (JsonObject *object, char **texts);
/* The object of the same name and ".json" beside the file `path` becomes `object`, NULL where there
 * is no such file. FALSE where there is one, and no object can be read from it. (transfer full) */
gboolean gen_origin_read_sidecar (const char *path, JsonObject **object);
