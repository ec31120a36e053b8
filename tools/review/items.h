/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The items of a folder that wait for a decision, and the last ones that have got it. */
#pragma once

#include <generative/hold-folder.h>
#include <json-glib/json-glib.h>

typedef struct _ReviewItems ReviewItems;

ReviewItems *review_items_new (const char *path);
void review_items_free (ReviewItems *items);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReviewItems, review_items_free)

/* Look at the folder, unless that was less than `age` microseconds ago. */
gboolean review_items_look (ReviewItems *items, gint64 age, GError **error);
/* "items", "pending", "decided" and "now" become members of `object`. Times are milliseconds since
 * 1970. */
void review_items_write (ReviewItems *items, JsonObject *object);
/* The item that waits and has the number, or NULL. */
const GenHoldDescription *review_items_find (ReviewItems *items, guint64 number);
/* What tells it from another one that had its number before, or NULL. */
const char *review_items_get_identity (ReviewItems *items, guint64 number);
/* It has been decided on. */
void review_items_take (ReviewItems *items, guint64 number, const GenHoldDecision *decision);
