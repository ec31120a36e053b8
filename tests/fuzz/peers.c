/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What clients and proxies send beside bodies: candidates of ICE, what players of HLS ask for, and
 * for whom a proxy asks. What a text is meant to be, its first byte says. What is refused is
 * refused in words, and what is accepted is within what the server relies on. */
#include <string.h>

#include "../../lib/serve/hls-playlist.h"
#include "../../lib/serve/ice-fragment.h"
#include "../../tools/http/proxies.h"
#include "fuzz.h"

static void
read_fragment (const guint8 *data, gsize size)
{
  static const char *const names[] = { "0", "video", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenIceFragment) fragment =
      gen_ice_fragment_parse ((const char *)data, size, names, &error);

  g_assert_true ((fragment == NULL) == (error != NULL));
  if (fragment == NULL)
    return;
  g_assert_cmpuint (fragment->candidates->len, <=, GEN_ICE_CANDIDATES_MOST);
  for (guint i = 0; i < fragment->candidates->len; i++) {
    const GenIceCandidate *candidate = fragment->candidates->pdata[i];

    g_assert_cmpuint (candidate->medium, <, G_N_ELEMENTS (names) - 1);
    g_assert_true (gen_ice_candidate_check (candidate->text, NULL));
  }
}

/* Of a minute in which the stream was interrupted once. */
static GenHlsPlaylist *
make_playlist (void)
{
  static const GenHlsSettings settings = {
    .name = "video", .segment = 2 * GEN_HLS_SECOND, .part = GEN_HLS_SECOND / 3, .most_segments = 10
  };
  GenHlsPlaylist *playlist = gen_hls_playlist_new (&settings);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("bytes", 5);

  for (guint i = 0; i < 180; i++) {
    if (i == 120)
      gen_hls_playlist_interrupt (playlist);
    if (i % 120 == 0)
      gen_hls_playlist_set_init (playlist, bytes);
    gen_hls_playlist_add (playlist,
        &(GenHlsPart){ bytes, settings.part, (gint64)i * settings.part / 1000, i % 6 == 0 });
  }
  return playlist;
}

/* Three lines are the values of a query, the fourth one is a file. */
static void
ask_playlist (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *)data, size), *list = NULL;
  g_auto (GStrv) lines = g_strsplit (text, "\n", 4);
  const char *values[4] = { NULL };
  g_autoptr (GenHlsPlaylist) playlist = make_playlist ();
  g_autoptr (GPtrArray) pieces = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  g_autoptr (GError) error = NULL;
  GenHlsRequest asked = { .segment = -1, .part = -1 };
  gboolean read;

  for (guint i = 0; lines[i] != NULL; i++)
    values[i] = *lines[i] != '\0' ? lines[i] : NULL;
  read = gen_hls_request_parse (&asked, values[0], values[1], values[2], &error);
  g_assert_true (read == (error == NULL));
  if (read) {
    g_assert_cmpint (asked.segment, >=, -1);
    g_assert_cmpint (asked.part, >=, -1);
    gen_hls_playlist_judge (playlist, &asked);
    list = gen_hls_playlist_write (playlist, asked.skip, NULL, NULL);
    g_assert_true (g_str_has_prefix (list, "#EXTM3U\n"));
  }
  if (values[3] == NULL)
    return;
  g_assert_true (
      (gen_hls_playlist_find (playlist, values[3], pieces) == GEN_HLS_READY) == (pieces->len > 0));
}

/* The first line is whose word is taken, the second one the address, the third one the header. */
static void
find_client (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *)data, size), *client = NULL;
  g_auto (GStrv) lines = g_strsplit (text, "\n", 3);
  g_auto (GStrv) networks = NULL;
  g_autoptr (HttpProxies) proxies = NULL;
  g_autoptr (GError) error = NULL;

  if (g_strv_length (lines) < 3)
    return;
  networks = g_strsplit (lines[0], " ", -1);
  proxies = http_proxies_new ((const char *const *)networks, &error);
  g_assert_true ((proxies == NULL) == (error != NULL));
  if (proxies == NULL)
    return;
  client = http_proxies_find_client (proxies, lines[1], lines[2]);
  g_assert_nonnull (client);
  /* Nobody has himself named by a header who is not known to be a proxy. */
  if (!http_proxies_has_text (proxies, lines[1]))
    g_assert_cmpstr (client, ==, lines[1]);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static void (*const readers[]) (
      const guint8 *, gsize) = { read_fragment, ask_playlist, find_client };

  if (size > 0)
    readers[data[0] % G_N_ELEMENTS (readers)](data + 1, size - 1);
  return 0;
}
