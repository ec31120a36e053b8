/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers of our servers: JSON, and bytes that are there. */
#pragma once

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

/* Of RFC 6585; libsoup has no name for it. */
#define HTTP_STATUS_TOO_MANY_REQUESTS 429

/* What each answer has: nothing of it is kept, framed, guessed at, or run but what is ours. A page
 * that is looser replaces its Content-Security-Policy. */
void http_answer_begin (SoupServerMessage *message);
void http_answer_bytes (SoupServerMessage *message, guint status, const char *type, GBytes *bytes);
/* `object` is taken. */
void http_answer_json (SoupServerMessage *message, guint status, JsonObject *object);
/* {"error":text} */
void http_answer_error (SoupServerMessage *message, guint status, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
/* What is refused by its headers may have sent anything behind: that is dropped as it comes, for as
 * long as a request may take. */
void http_answer_refused (SoupServerMessage *message);
/* Whoever asks may come back in so many seconds. */
void http_answer_retry_after (SoupServerMessage *message, int seconds);

/* A header of the request, or "". */
const char *http_request_header (SoupServerMessage *message, const char *name);
/* Where it comes from: the address alone, or "". (transfer full) */
char *http_request_address (SoupServerMessage *message);
/* The object that a request's body is, or NULL. (transfer full) */
JsonObject *http_request_object (SoupServerMessage *message);
