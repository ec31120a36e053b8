/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one request asks for, as it is made: workers play and encode one result each, in any order,
 * and whoever answers takes pieces of files in the order of the results. No more is made ahead than
 * a few results, so that a client that reads slowly holds little memory. */
#pragma once

#include "../../lib/serve/generate-request.h"
#include "encode.h"
#include "generate-player.h"
#include "signing.h"

typedef struct _ServeWork ServeWork;

/* Something can be taken. In the thread of the main loop. */
typedef void (*ServeWorkFunc) (ServeWork *work, gpointer data);

/* Bytes of a file. */
typedef struct {
  guint number;  /* of the file */
  GBytes *bytes; /* NULL: none more of it */
} ServePiece;

/* `request`, which says a format, is taken. `model` is the name of the model's file and
 * `hash` its SHA-256; `ready` is called until `serve_work_cancel`. (transfer full)
 */
ServeWork *serve_work_new (GenServeRequest *request, const char *model, const char *hash,
    ServeSigning *signing, ServeWorkFunc ready, gpointer data);
ServeWork *serve_work_ref (ServeWork *work);
void serve_work_unref (ServeWork *work);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ServeWork, serve_work_unref)

const GenServeRequest *serve_work_request (const ServeWork *work);
const GenServeFormat *serve_work_format (const ServeWork *work);
/* In how many files its results come. */
guint serve_work_count_files (const ServeWork *work);

/* --- for whoever answers --- */

/* The next piece, in order. FALSE: there is none now. `piece->bytes` is the caller's. */
gboolean serve_work_take (ServeWork *work, ServePiece *piece);
/* Whether all pieces have been taken. */
gboolean serve_work_is_done (ServeWork *work);
/* What went wrong, or NULL: nothing more comes then. (transfer none) */
const GError *serve_work_get_error (ServeWork *work);
/* How many seconds it took a result on average until something of it came; NaN: none has. */
double serve_work_latency (ServeWork *work);
/* Nobody wants it any more: what has not begun is not made. */
void serve_work_cancel (ServeWork *work);

/* --- for workers --- */

/* The number of a result to be made now. FALSE: none may be, now. */
gboolean serve_work_next (ServeWork *work, guint *number);
/* Whether no further result is to be made. */
gboolean serve_work_is_exhausted (ServeWork *work);
/* Whether it wants numbers of a model that would make pictures. */
gboolean serve_work_wants_numbers (const ServeWork *work);
/* Whether to encode a result takes less time than to have it done by another thread. */
gboolean serve_work_is_quick (const ServeWork *work);
/* As `generator` has them, or NULL. */
const char *serve_work_parameters (const ServeWork *work);
/* Whether results of both may be made in one run, as far as what is asked for goes. */
gboolean serve_work_agrees (const ServeWork *work, const ServeWork *other);
/* It cannot be made. `error` is taken. */
void serve_work_fail (ServeWork *work, GError *error);
