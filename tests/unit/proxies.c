/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom proxies ask for, and that nobody passes as somebody else. */
#include "../../tools/http/proxies.h"

static const char *const trusted[] = { "127.0.0.1", "10.0.0.0/8", "fd00::/8", NULL };

static void
test_client (void)
{
  static const struct {
    const char *address, *forwarded, *client;
  } cases[] = {
    { "10.1.2.3", "192.0.2.7", "192.0.2.7" },
    { "10.1.2.3", "", "10.1.2.3" },
    /* Whoever is no proxy may say what he will. */
    { "192.0.2.7", "198.51.100.1", "192.0.2.7" },
    { "192.0.2.7", "127.0.0.1", "192.0.2.7" },
    /* What a client sent stands before what the proxy appends. */
    { "10.1.2.3", "198.51.100.1, 192.0.2.7", "192.0.2.7" },
    { "10.1.2.3", "127.0.0.1,192.0.2.7", "192.0.2.7" },
    /* A proxy behind another. */
    { "127.0.0.1", "198.51.100.1, 192.0.2.7 , 10.9.9.9", "192.0.2.7" },
    { "fd00::1", "2001:db8::7", "2001:db8::7" },
    /* Proxies alone: the one that is furthest. */
    { "127.0.0.1", "10.1.1.1, 10.2.2.2", "10.1.1.1" },
    /* IPv4 by a socket of IPv6 is the same client. */
    { "::ffff:10.1.2.3", "::ffff:192.0.2.7", "192.0.2.7" },
    /* What is no address. */
    { "10.1.2.3", "unknown", "10.1.2.3" },
    { "10.1.2.3", "192.0.2.7, ", "10.1.2.3" },
    { "10.1.2.3", "192.0.2.7:5678", "10.1.2.3" },
    { "10.1.2.3", "192.0.2.7, _hidden, 10.4.4.4", "10.4.4.4" },
    { "", "192.0.2.7", "" },
  };
  g_autoptr (HttpProxies) proxies = http_proxies_new (trusted, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *client =
        http_proxies_find_client (proxies, cases[i].address, cases[i].forwarded);

    g_assert_cmpstr (client, ==, cases[i].client);
  }
}

/* Without any, nobody's word is taken. */
static void
test_none (void)
{
  static const char *const none[] = { NULL };
  g_autoptr (HttpProxies) proxies = http_proxies_new (none, NULL);
  g_autofree char *client = http_proxies_find_client (proxies, "127.0.0.1", "192.0.2.7");

  g_assert_cmpstr (client, ==, "127.0.0.1");
  g_assert_false (http_proxies_has_text (proxies, "127.0.0.1"));
}

static void
test_wrong (void)
{
  static const char *const wrong[] = { "", "proxy.example", "10.0.0.0/33", "10.0.0.1/8", "10.0.0" };

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    const char *const networks[] = { "127.0.0.1", wrong[i], NULL };
    g_autoptr (GError) error = NULL;

    g_assert_null (http_proxies_new (networks, &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    g_assert_nonnull (g_strstr_len (error->message, -1, "is no address and no network"));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/proxies/client", test_client);
  g_test_add_func ("/proxies/none", test_none);
  g_test_add_func ("/proxies/wrong", test_wrong);
  return g_test_run ();
}
