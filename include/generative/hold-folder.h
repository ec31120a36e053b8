/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include <generative/api.h>

G_BEGIN_DECLS

/**
 * GenHoldFolder: items that are held until somebody has decided on them. Each has a number, of at
 * least six digits, and is a few files of a folder:
 *
 *     000042.png              the item itself: .png, .wav or .txt
 *     000042.json             {"number":42,"media":"000042.png","label":"nsfw","score":0.97,
 *                              "time":12.48,"caps":"video/x-raw, …","held":"2026-12-01T02:30:00Z",
 *                              "deadline":"2026-12-01T02:35:00Z","reason":"…"}
 *     000042.decision.json    {"decision":"approve","reason":"…","by":"…","time":"…"}
 *
 * Each appears whole or not at all, in this order: what has no .json is not there yet. `score`,
 * `time` (seconds of the stream) and `deadline` are left out where there are none; `reason` says
 * why no score was to be had. A decision is written once, "approve" or "reject", by whoever comes
 * first; `by` and `reason` are for people. Whoever holds items has the folder for itself; whoever
 * decides needs no leave. Since: 0.2
 */
typedef struct _GenHoldFolder GenHoldFolder;

typedef struct {
  const char *label;
  double score;       /* NaN: none */
  guint64 time;       /* nanoseconds of the stream; G_MAXUINT64: none */
  const char *caps;   /* or NULL */
  const char *reason; /* or NULL */
  gint64 deadline;    /* microseconds since 1970, as g_get_real_time; 0: none */
  GBytes *media;
  const char *extension; /* without a dot: letters and digits */
} GenHeldItem;

typedef enum {
  GEN_DECISION_NONE,
  GEN_DECISION_APPROVE,
  GEN_DECISION_REJECT,
} GenDecision;

typedef struct {
  GenDecision decision;
  char *reason, *by; /* or NULL */
} GenHoldDecision;

/* Open the folder, which is made where it is not there, to hold items in. NULL with `error`:
 * G_IO_ERROR_BUSY where somebody else holds items in it. (transfer full) */
GEN_API GenHoldFolder *gen_hold_folder_open (const char *path, GError **error);
GEN_API void gen_hold_folder_free (GenHoldFolder *folder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenHoldFolder, gen_hold_folder_free)

/* Put an item into it, whose `number` is behind all that are there. */
GEN_API gboolean gen_hold_folder_add (
    GenHoldFolder *folder, const GenHeldItem *item, guint64 *number, GError **error);

/* What is told of an item; to be cleared. */
typedef struct {
  guint64 number;
  char extension[8];           /* of its media; empty: nothing of ours */
  char *label, *reason;        /* or NULL */
  double score, time;          /* NaN: none; seconds of the stream */
  gint64 held_since, deadline; /* microseconds since 1970; 0: none */
} GenHoldDescription;

/* The numbers (guint64) of all items of the folder `path`, decided on or not, in order. NULL with
 * `error`. (transfer full) */
GEN_API GArray *gen_hold_list (const char *path, GError **error);
/* Read what is told of item `number`. FALSE with `error`: G_IO_ERROR_NOT_FOUND where it is not
 * there. */
GEN_API gboolean gen_hold_describe (
    const char *path, guint64 number, GenHoldDescription *description, GError **error);
GEN_API void gen_hold_description_clear (GenHoldDescription *description);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenHoldDescription, gen_hold_description_clear)
/* The picture, sound or text of an item, as it was held. NULL with `error`. (transfer full) */
GEN_API GBytes *gen_hold_load_media (
    const char *path, const GenHoldDescription *description, GError **error);

/* What has been decided on item `number` of the folder `path`; NONE as long as nothing has. FALSE
 * with `error` where the file cannot be read or is no decision. */
GEN_API gboolean gen_hold_get_decision (
    const char *path, guint64 number, GenHoldDecision *decision, GError **error);
GEN_API void gen_hold_decision_clear (GenHoldDecision *decision);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenHoldDecision, gen_hold_decision_clear)

/* Decide. `reason` may be NULL. FALSE with `error`: G_IO_ERROR_EXISTS where it has been decided
 * before, which stands. */
GEN_API gboolean gen_hold_decide (
    const char *path, guint64 number, const GenHoldDecision *decision, GError **error);

G_END_DECLS
