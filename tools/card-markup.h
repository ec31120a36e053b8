/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pieces of Markdown, of texts that may be anybody's. */
#pragma once

#include <json-glib/json-glib.h>

/* What stands where nobody has said anything. */
#define CARD_NOT_GIVEN "not given"

/* Text within a line or a cell, of which nothing becomes markup. */
void card_append_text (GString *page, const char *text);
/* A name of a file, or a digest, as it is. */
void card_append_code (GString *page, const char *text);
/* A number of six digits, in whatever locale. */
void card_append_number (GString *page, double number);
/* The member of that name, a whole number. */
void card_append_count (GString *page, JsonObject *object, const char *name);
/* An item of a list, "- what: text"; `text` may be NULL. */
void card_append_item (GString *page, const char *what, const char *text);
/* All members, sorted, as a table whose columns have these names. */
void card_append_pairs (GString *page, JsonObject *object, const char *name, const char *value);
