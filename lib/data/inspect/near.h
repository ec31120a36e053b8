/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fingerprints, and which of them another one hardly differs from.
 *
 * They are cut into one band more than bits may differ, so that at least one band of two near ones
 * is the same, and only those that share one are compared (Manku, Jain and Sarma 2007). */
#pragma once

#include <glib.h>

typedef struct _GenNear GenNear;

/* Near are those that differ in `distance` bits of 64 at most; free with gen_near_free. */
GenNear *gen_near_new (int distance);
void gen_near_free (GenNear *near);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenNear, gen_near_free)

void gen_near_add (GenNear *near, guint64 fingerprint, guint32 id);
/* Each that is near to `fingerprint`; one may be told of several times. */
typedef void (*GenNearVisit) (guint32 id, gpointer data);
void gen_near_visit (const GenNear *near, guint64 fingerprint, GenNearVisit visit, gpointer data);
