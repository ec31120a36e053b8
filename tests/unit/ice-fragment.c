/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fragments of SDP as browsers send them, and as nobody should. */
#include <gio/gio.h>
#include <string.h>

#include "../../lib/serve/ice-fragment.h"

static const char *const names[] = { "0", "audio", NULL };

#define CANDIDATE "candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0"

static GenIceFragment *
parse (const char *text, GError **error)
{
  return gen_ice_fragment_parse (text, strlen (text), names, error);
}

static void
test_browser (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenIceFragment) fragment =
      parse ("a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
             "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:audio\r\n"
             "a=" CANDIDATE "\r\n"
             "a=candidate:2 1 TCP 1 2001:db8::1 9 typ host tcptype active\r\n"
             "m=video 9 RTP/AVP 0\r\na=mid:0\r\n"
             "a=candidate:3 1 udp 5 0a1b2c3d-aaaa-bbbb-cccc-0123456789ab.local 5000 typ host\r\n"
             "a=end-of-candidates\r\n",
          &error);
  const GenIceCandidate *candidate;

  g_assert_no_error (error);
  g_assert_cmpstr (fragment->user, ==, "EsAw");
  g_assert_cmpstr (fragment->password, ==, "P2uYro0UCOQ4zxjKXaWCBui1");
  g_assert_cmpuint (fragment->candidates->len, ==, 3);
  candidate = fragment->candidates->pdata[0];
  g_assert_cmpuint (candidate->medium, ==, 1);
  g_assert_cmpstr (candidate->text, ==, CANDIDATE);
  candidate = fragment->candidates->pdata[2];
  g_assert_cmpuint (candidate->medium, ==, 0);
  g_assert_true (fragment->ended);
}

static void
test_empty (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenIceFragment) fragment = parse ("", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (fragment->candidates->len, ==, 0);
  g_assert_false (fragment->ended);
}

static void
test_wrong (void)
{
  static const struct {
    const char *text, *said;
  } cases[] = {
    { "a=" CANDIDATE, "line 1*no a=mid before it" },
    { "a=mid:video\n", "no medium of that name" },
    { "a=mid:0\na=candidate:1 1 udp 1 192.0.2.1 9", "line 2*pairs of words" },
    { "a=mid:0\na=candidate: 1 udp 1 192.0.2.1 9 typ host", "foundation" },
    { "a=mid:0\na=candidate:1 0 udp 1 192.0.2.1 9 typ host", "component" },
    { "a=mid:0\na=candidate:1 1 sctp 1 192.0.2.1 9 typ host", "neither UDP nor TCP" },
    { "a=mid:0\na=candidate:1 1 udp 4294967296 192.0.2.1 9 typ host", "32 bits" },
    { "a=mid:0\na=candidate:1 1 udp 1 example.org 9 typ host", "neither an IP address" },
    { "a=mid:0\na=candidate:1 1 udp 1 x.local 9 typ host", "neither an IP address" },
    { "a=mid:0\na=candidate:1 1 udp 1 192.0.2.1 65536 typ host", "port" },
    { "a=mid:0\na=candidate:1 1 udp 1 192.0.2.1 9 host typ", "typ" },
    { "a=ice-ufrag:abc", "4 to 256" },
    { "a=ice-pwd:short", "22 to 256" },
    { "a=ice-ufrag:\xff", "UTF-8" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *pattern = g_strdup_printf ("*%s*", cases[i].said);

    g_assert_null (parse (cases[i].text, &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
    if (!g_pattern_match_simple (pattern, error->message))
      g_error ("%s: %s", cases[i].text, error->message);
  }
}

static void
test_bounds (void)
{
  g_autoptr (GString) text = g_string_new ("a=mid:0\n");
  g_autoptr (GError) few = NULL, many = NULL, long_one = NULL;
  g_autoptr (GenIceFragment) fragment = NULL;

  for (int i = 0; i < GEN_ICE_CANDIDATES_MOST; i++)
    g_string_append (text, "a=" CANDIDATE "\n");
  fragment = parse (text->str, &few);
  g_assert_no_error (few);
  g_assert_cmpuint (fragment->candidates->len, ==, GEN_ICE_CANDIDATES_MOST);
  g_string_append (text, "a=" CANDIDATE "\n");
  g_assert_null (parse (text->str, &many));
  g_assert_nonnull (strstr (many->message, "at most 64"));
  g_string_set_size (text, GEN_ICE_FRAGMENT_BYTES_MOST + 1);
  g_assert_null (gen_ice_fragment_parse (text->str, text->len, names, &long_one));
  g_assert_nonnull (long_one);
  g_assert_null (gen_ice_fragment_parse ("a\0b", 3, names, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ice-fragment/browser", test_browser);
  g_test_add_func ("/ice-fragment/empty", test_empty);
  g_test_add_func ("/ice-fragment/wrong", test_wrong);
  g_test_add_func ("/ice-fragment/bounds", test_bounds);
  return g_test_run ();
}
