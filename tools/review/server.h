/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The review page's server. */
#pragma once

#include <generative/audit-log.h>
#include <libsoup/soup.h>

#include "../http/answer.h"
#include "../http/connections.h"
#include "access.h"
#include "items.h"

/* Of each request that changes something: a decision and its reason. */
#define REVIEW_BODY_MOST 8192
#define REVIEW_REASON_MOST 1000

typedef struct {
  ReviewAccess *access;
  ReviewItems *items;
  const char *path;   /* of the folder */
  GPtrArray *hosts;   /* what the header Host may say */
  char *cookie;       /* its name */
  GenAuditLog *audit; /* or NULL */
  gboolean secure;    /* by TLS */
} ReviewServer;

/* Answer what `soup` is asked. */
void review_server_attach (ReviewServer *server, SoupServer *soup);

/* Write down what is done, and sign it. FALSE with `error`: it is not to be done. `details` are
 * taken. */
gboolean review_server_audit (
    ReviewServer *server, const char *event, const char *by, JsonObject *details, GError **error);

/* The same: FALSE after having answered that it cannot be. */
gboolean review_server_audit_or_answer (ReviewServer *server, SoupServerMessage *message,
    const char *event, const char *by, JsonObject *details);

/* --- items, in deciding.c --- */

/* Those that wait, and whose session it is. */
void review_items_answer_list (
    ReviewServer *server, SoupServerMessage *message, const ReviewSession *session);
/* GET: the item itself. POST: a decision on it. */
void review_items_answer_one (
    ReviewServer *server, SoupServerMessage *message, const ReviewSession *session, guint64 number);

/* The object that a request's body is, or NULL after having answered. (transfer full) */
JsonObject *review_answer_read (SoupServerMessage *message);
/* A text of it, or "". */
const char *review_answer_get_text (JsonObject *object, const char *name);
