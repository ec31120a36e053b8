/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Items as the page has them: which wait, what they look like, and what is decided. */
#include <string.h>

#include "server.h"

/* How old a list of items may be, in microseconds: many may ask for it. */
#define FRESH 250000

static const struct {
  const char *extension, *type;
} kinds[] = {
  { "png", "image/png" },
  { "wav", "audio/wav" },
  { "txt", "text/plain; charset=utf-8" },
};

void
review_items_answer_list (
    ReviewServer *server, SoupServerMessage *message, const ReviewSession *session)
{
  JsonObject *object;
  g_autoptr (GError) error = NULL;

  if (!review_items_look (server->items, FRESH, &error)) {
    g_printerr ("%s: %s\n", g_get_prgname (), error->message);
    http_answer_error (message, SOUP_STATUS_INTERNAL_SERVER_ERROR, "The folder cannot be read");
    return;
  }
  object = json_object_new ();
  json_object_set_string_member (object, "name", session->name);
  review_items_write (server->items, object);
  http_answer_json (message, SOUP_STATUS_OK, object);
}

static void
send_media (ReviewServer *server, SoupServerMessage *message, const GenHoldDescription *item)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = gen_hold_load_media (server->path, item, &error);
  const char *type = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (kinds[i].extension, item->extension) == 0)
      type = kinds[i].type;
  if (bytes != NULL && type != NULL) {
    http_answer_bytes (message, SOUP_STATUS_OK, type, bytes);
    return;
  }
  http_answer_error (message, SOUP_STATUS_NOT_FOUND, "This item cannot be shown");
}

/* Somebody was first: what stands is told. */
static void
tell_decided (ReviewServer *server, SoupServerMessage *message, guint64 number)
{
  g_auto (GenHoldDecision) found = { 0 };
  JsonObject *object = json_object_new ();
  const char *by;

  gen_hold_get_decision (server->path, number, &found, NULL);
  by = found.by != NULL ? found.by : "somebody";
  if (found.decision != GEN_DECISION_NONE)
    review_items_take (server->items, number, &found);
  json_object_set_string_member (object, "error", "It has been decided before, and that stands");
  json_object_set_string_member (
      object, "decision", found.decision == GEN_DECISION_APPROVE ? "approve" : "reject");
  json_object_set_string_member (object, "by", by);
  if (found.reason != NULL)
    json_object_set_string_member (object, "reason", found.reason);
  http_answer_json (message, SOUP_STATUS_CONFLICT, object);
}

static JsonObject *
describe_decision (ReviewServer *server, guint64 number, const GenHoldDecision *decision)
{
  JsonObject *details = json_object_new ();

  json_object_set_int_member (details, "number", (gint64)number);
  json_object_set_string_member (details, "location", server->path);
  if (decision->reason != NULL)
    json_object_set_string_member (details, "reason", decision->reason);
  return details;
}

/* Whether it stands in the folder all the same: what has failed may be what came behind it. */
static gboolean
stands (ReviewServer *server, guint64 number, const GenHoldDecision *decision)
{
  g_auto (GenHoldDecision) found = { 0 };

  return gen_hold_get_decision (server->path, number, &found, NULL) &&
         found.decision == decision->decision && g_strcmp0 (found.by, decision->by) == 0 &&
         g_strcmp0 (found.reason, decision->reason) == 0;
}

/* It is written down first: a decision that nobody can account for is none. */
static void
decide (ReviewServer *server, SoupServerMessage *message, const ReviewSession *session,
    guint64 number, const GenHoldDecision *decision)
{
  const gboolean approves = decision->decision == GEN_DECISION_APPROVE;
  g_autoptr (GError) error = NULL;

  if (!review_server_audit_or_answer (server, message, approves ? "approved" : "rejected",
          session->name, describe_decision (server, number, decision)))
    return;
  if (gen_hold_decide (server->path, number, decision, &error) ||
      (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_EXISTS) &&
          stands (server, number, decision))) {
    if (error != NULL)
      g_printerr ("%s: %s\n", g_get_prgname (), error->message);
    review_items_take (server->items, number, decision);
    http_answer_json (message, SOUP_STATUS_OK, json_object_new ());
    return;
  }
  if (!review_server_audit_or_answer (server, message, "not-decided", session->name,
          describe_decision (server, number, decision)))
    return;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_EXISTS)) {
    tell_decided (server, message, number);
    return;
  }
  g_printerr ("%s: %s\n", g_get_prgname (), error->message);
  http_answer_error (message, SOUP_STATUS_INTERNAL_SERVER_ERROR, "The decision cannot be written");
}

static void
read_decision (
    ReviewServer *server, SoupServerMessage *message, const ReviewSession *session, guint64 number)
{
  g_autoptr (JsonObject) asked = review_answer_read (message);
  g_autofree char *reason = NULL;
  GenHoldDecision decision = { .by = session->name };
  const char *said, *identity;

  if (asked == NULL)
    return;
  identity = review_answer_get_text (asked, "identity");
  said = review_answer_get_text (asked, "decision");
  reason = g_strstrip (g_utf8_make_valid (review_answer_get_text (asked, "reason"), -1));
  decision.decision = strcmp (said, "approve") == 0  ? GEN_DECISION_APPROVE
                      : strcmp (said, "reject") == 0 ? GEN_DECISION_REJECT
                                                     : GEN_DECISION_NONE;
  decision.reason = *reason != '\0' ? reason : NULL;
  if (*identity != '\0' &&
      strcmp (identity, review_items_get_identity (server->items, number)) != 0)
    http_answer_error (message, SOUP_STATUS_GONE, "Another item has that number by now");
  else if (decision.decision == GEN_DECISION_NONE)
    http_answer_error (message, SOUP_STATUS_BAD_REQUEST, "approve or reject is to be decided");
  else if (decision.decision == GEN_DECISION_REJECT && decision.reason == NULL)
    http_answer_error (message, SOUP_STATUS_BAD_REQUEST, "Who rejects says why");
  else if (strlen (reason) > REVIEW_REASON_MOST)
    http_answer_error (
        message, SOUP_STATUS_BAD_REQUEST, "A reason has at most %d bytes", REVIEW_REASON_MOST);
  else
    decide (server, message, session, number, &decision);
}

void
review_items_answer_one (
    ReviewServer *server, SoupServerMessage *message, const ReviewSession *session, guint64 number)
{
  const GenHoldDescription *item;
  g_auto (GenHoldDecision) decided = { 0 };
  const gboolean posts = strcmp (soup_server_message_get_method (message), "POST") == 0;

  /* What is decided on is what is there now. */
  item = posts ? NULL : review_items_find (server->items, number);
  if (item == NULL && review_items_look (server->items, 0, NULL))
    item = review_items_find (server->items, number);
  /* Behind the look: what somebody else has decided on meanwhile is not there any more. */
  gen_hold_get_decision (server->path, number, &decided, NULL);
  if (posts && decided.decision != GEN_DECISION_NONE)
    tell_decided (server, message, number);
  else if (item == NULL)
    http_answer_error (message, SOUP_STATUS_NOT_FOUND, "No such item waits");
  else if (posts)
    read_decision (server, message, session, number);
  else
    send_media (server, message, item);
}
