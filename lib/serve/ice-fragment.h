/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a peer sends while it finds ways to itself: "application/trickle-ice-sdpfrag" (RFC 8840), of
 * which no more is taken than the candidates that are one (RFC 8839), each by the number of its
 * medium. Whoever sends it is not known: it is bounded, and names of hosts are no addresses, but
 * for those of the local network (".local") behind which browsers hide theirs. */
#pragma once

#include <glib.h>

#include "../private-api.h"

#define GEN_ICE_FRAGMENT_BYTES_MOST 16384
#define GEN_ICE_CANDIDATES_MOST 64

typedef struct {
  guint medium; /* its place in the offer, from 0 */
  char *text;   /* "candidate:…" */
} GenIceCandidate;

typedef struct {
  char *user;            /* of ice-ufrag, or NULL */
  char *password;        /* of ice-pwd, or NULL */
  GPtrArray *candidates; /* of GenIceCandidate */
  gboolean ended;        /* there are no more of them */
} GenIceFragment;

/* Whether "candidate:…" is one; `error` says what is wrong. */
GEN_PRIVATE_API gboolean gen_ice_candidate_check (const char *text, GError **error);

/* `names` are what the media are called by a=mid in the offer, in its order, NULL-terminated. */
GEN_PRIVATE_API GenIceFragment *gen_ice_fragment_parse (
    const char *text, gsize length, const char *const *names, GError **error);
GEN_PRIVATE_API void gen_ice_fragment_free (GenIceFragment *fragment);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenIceFragment, gen_ice_fragment_free)
