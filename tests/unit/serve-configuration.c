/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Studio files: what they come to, and what is said of wrong ones. */
#include <string.h>

#include <gio/gio.h>

#include "../../tools/serve/configuration.h"

static ServeConfiguration *
parse (const char *text, GError **error)
{
  return serve_configuration_parse (text, strlen (text), "/etc/studio.toml", error);
}

static void
test_defaults (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ServeConfiguration) configuration = parse ("", &error);

  g_assert_no_error (error);
  g_assert_cmpstr (configuration->server->address, ==, "127.0.0.1");
  g_assert_cmpint (configuration->server->port, ==, 8080);
  g_assert_null (configuration->server->tokens);
  g_assert_cmpuint (g_strv_length (configuration->server->anonymous), ==, 0);
  g_assert_cmpint (configuration->limits->sessions, ==, 64);
  g_assert_cmpint (configuration->batch->most, ==, 8);
  g_assert_cmpuint (configuration->models->len, ==, 0);
  g_assert_cmpuint (configuration->mounts->len, ==, 0);
}

static void
test_values (void)
{
  static const char text[] =
      "[server]\n"
      "address = \"::1\"\n"
      "tokens = \"tokens\"\n"
      "certificate = \"/etc/ssl/a.pem\"\n"
      "key = \"../a.key\"\n"
      "anonymous = [\"watch\", \"generate\"]\n"
      "proxies = [\"127.0.0.1\", \"fd00::/8\"]\n"
      "log = \"journal\"\n"
      "[batch]\n"
      "wait-ms = 2\n"
      "[models.b]\nlocation = \"b.onnx\"\n"
      "[models.a]\nlocation = \"a/\"\nthreads = 3\n"
      "[mounts.x]\nmodel = \"a\"\nframerate = \"30000/1001\"\nseed = 7\nprotocols = []\n"
      "[mounts.y]\nmodel = \"b\"\nframerate = 12\nwidth = 64\nheight = 48\ncodec = \"vp8\"\n"
      "shared = true\n";
  g_autoptr (GError) error = NULL;
  g_autoptr (ServeConfiguration) configuration = parse (text, &error);
  const ServeModelSettings *model;
  const ServeMountSettings *mount;

  g_assert_no_error (error);
  g_assert_cmpstr (configuration->server->tokens, ==, "/etc/tokens");
  g_assert_cmpstr (configuration->server->certificate, ==, "/etc/ssl/a.pem");
  g_assert_cmpstr (configuration->server->key, ==, "/a.key");
  g_assert_cmpuint (g_strv_length (configuration->server->anonymous), ==, 2);
  g_assert_cmpstr (configuration->server->proxies[1], ==, "fd00::/8");
  g_assert_cmpint (configuration->server->log, ==, SERVE_LOG_JOURNAL);
  g_assert_cmpfloat (configuration->batch->wait_ms, ==, 2);
  g_assert_cmpuint (configuration->models->len, ==, 2);
  model = configuration->models->pdata[0];
  g_assert_cmpstr (model->record.name, ==, "a");
  g_assert_cmpstr (model->location, ==, "/etc/a");
  g_assert_cmpint (model->threads, ==, 3);
  mount = serve_configuration_find (configuration, &serve_section_mounts, "x");
  g_assert_cmpint (mount->framerate.numerator, ==, 30000);
  g_assert_cmpint (mount->framerate.denominator, ==, 1001);
  g_assert_cmpfloat (mount->seed, ==, 7);
  g_assert_cmpuint (g_strv_length (mount->protocols), ==, 0);
  g_assert_true (serve_record_has (mount, "seed"));
  g_assert_false (serve_record_has (mount, "walk"));
  mount = serve_configuration_find (configuration, &serve_section_mounts, "y");
  g_assert_cmpint (mount->framerate.numerator, ==, 12);
  g_assert_cmpint (mount->codec, ==, SERVE_CODEC_VP8);
  g_assert_true (mount->shared);
  g_assert_cmpuint (g_strv_length (mount->protocols), ==, 4);
}

/* What is wrong, where, and what would be right. */
static void
test_wrong (void)
{
  static const struct {
    const char *text, *says;
  } cases[] = {
    { "[server]\nprt = 1", ":2: server.prt: there is no such key (did you mean \"port\"?)" },
    { "\n\n[servr]\n", ":3: servr: there is no such section (did you mean \"server\"?)" },
    { "server = 1", ":1: server: a table is wanted: [server]" },
    { "models = 1", ":1: models: a table is wanted: [models.NAME]" },
    { "[server]\nport = \"8080\"", ":2: server.port: a whole number is wanted" },
    { "[server]\nport = 65536", ":2: server.port: 65536 is not from 0 to 65535" },
    { "[server]\nport = 80.5", ":2: server.port: a whole number is wanted" },
    { "[server]\naddress = \"localhost\"", ":2: server.address: \"localhost\" is no address" },
    { "[server]\naddress = \"\"", ":2: server.address: \"\" is no address" },
    { "[server]\nanonymous = [\"wacth\"]", ":2: server.anonymous: there is no \"wacth\" (did you "
                                           "mean \"watch\"?); there are watch, generate" },
    { "[server]\nanonymous = [1]", ":2: server.anonymous: an array of texts is wanted" },
    { "[server]\nlog = \"xml\"", ":2: server.log: there is no \"xml\"; there are text, json" },
    { "[server]\nwithout-tls = 1", ":2: server.without-tls: true or false is wanted" },
    { "[server]\ncertificate = \"a\"", ":2: server.certificate: certificate and key go together" },
    { "[server]\nkey = \"a\"", ":2: server.key: certificate and key go together" },
    { "[server]\naudit-key = \"a\"", ":2: server.audit-key: it signs what audit is" },
    { "[server]\naddress = \"0.0.0.0\"", ":2: server.address: 0.0.0.0 can be reached by others: "
                                         "certificate and key" },
    { "[server]\naddress = \"::\"\nwithout-tls = true", ":2: server.address: :: can be reached by "
                                                        "others: tokens are wanted" },
    { "[server]\naddress = \"::\"\nwithout-tls = true\nanonymous = [\"watch\"]",
        ":4: server.anonymous: where no token is wanted, hosts says" },
    { "[server]\ncors = [\"*\"]", ":2: server.cors: \"*\" is no origin" },
    { "[server]\ncors = [\"https://a/b\"]", ":2: server.cors: \"https://a/b\" is no origin" },
    { "[server]\nproxies = [\"proxy.example\"]",
        ":2: server.proxies: \"proxy.example\" is no address "
        "and no network, such as 192.0.2.7" },
    { "[server]\nproxies = [\"10.0.0.1/8\"]", ":2: server.proxies: \"10.0.0.1/8\" is no address" },
    { "[limits]\nsessions = 0", ":2: limits.sessions: 0 is not from 1 to" },
    { "[limits]\nsessions = 1979-05-27", ":2: limits.sessions: no key takes a date or a time" },
    { "[limits]\nframerate = inf", ":2: limits.framerate: a finite number is wanted" },
    { "[models.a]", ":1: models.a.location: it is missing" },
    { "[models.\"a/b\"]\nlocation = \"a\"", ":1: models.a/b: a name has letters" },
    { "[models.\"\"]\nlocation = \"a\"", ":1: models.: a name has letters" },
    { "[mounts.a]", ":1: mounts.a: either model or pipeline" },
    { "[alerts.a]", ":1: alerts.a.when: it is missing" },
    { "[alerts.a]\nwhen = \"requests\"", ":2: alerts.a.when: character 9" },
    { "[alerts.a]\nwhen = \"requests > 1, errors > 0\"", ":2: alerts.a.when: one condition" },
    { "[alerts.a]\nwhen = \"errors > 0\"\nwebhook = \"ftp://a/\"", ":3: alerts.a.webhook: "
                                                                   "\"ftp://a/\" is no URL" },
    { "[alerts.a]\nwhen = \"errors > 0\"\nwebhook-secret = \"s\"",
        ":3: alerts.a.webhook-secret: it signs what webhook is sent" },
    { "[server]\ntraces = \"collector\"", ":2: server.traces: \"collector\" is no URL" },
    { "[mounts.a]\nmodel = \"b\"", ":2: mounts.a.model: there is no model \"b\"; there are none" },
    { "[models.face]\nlocation = \"x\"\n[mounts.a]\nmodel = \"fac\"",
        ":4: mounts.a.model: there is no model \"fac\" (did you mean \"face\"?); there are face" },
    { "[mounts.a]\npipeline = \"p\"\nmodel = \"b\"", "either model or pipeline" },
    { "[mounts.a]\npipeline = \"p\"\nsource = \"s\"", ":3: mounts.a.source: it is for a model" },
    { "[mounts.a]\npipeline = \"p\"\npath = \"a\"", ":3: mounts.a.path: \"a\" is no path" },
    { "[mounts.a]\npipeline = \"p\"\nwidth = 5", ":3: mounts.a.width: width and height go" },
    { "[mounts.a]\npipeline = \"p\"\nwidth = 5000\nheight = 5", ":3: mounts.a.width: 5000 x 5 is "
                                                                "more than limits.width" },
    { "[mounts.a]\npipeline = \"p\"\nframerate = \"1/0\"", ":3: mounts.a.framerate: a rate, such "
                                                           "as 30" },
    { "[mounts.a]\npipeline = \"p\"\nframerate = 0", ":3: mounts.a.framerate: a rate is from" },
    { "[mounts.a]\npipeline = \"p\"\nframerate = 500", ":3: mounts.a.framerate: 500 is more than "
                                                       "limits.framerate" },
    { "[mounts.a]\npipeline = \"p\"\nseed = 1.5", ":3: mounts.a.seed: a whole number" },
    { "[mounts.a]\npipeline = \"p\"\nseed = -1", ":3: mounts.a.seed: -1 is not from 0" },
    { "a =", ":1: " },
    { "a = 1\na = 2", ":2: " },
    { "[server]\nport = 1\n[server]\n", ":3: " },
    { "\xff\xfe", ":1: " },
    { "# fine\n[\001server]", ":2: there is a control character (of number 1)" },
    { "# \x7f", ":1: there is a control character (of number 127)" },
    { "a = \"\\u0000\"", ":1: a: a text has no character of number 0" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (ServeConfiguration) configuration = parse (cases[i].text, &error);
    g_autofree char *says = g_strconcat ("/etc/studio.toml", cases[i].says, NULL);

    g_test_message ("%s: %s", cases[i].text, error != NULL ? error->message : "fine");
    g_assert_null (configuration);
    g_assert_nonnull (error);
    g_assert_nonnull (strstr (error->message, cases[i].says));
    if (cases[i].says[0] == ':')
      g_assert_true (g_str_has_prefix (error->message, says));
  }
}

static char *
nest (const char *open, int depth)
{
  GString *text = g_string_new ("a = ");

  for (int i = 0; i < depth; i++)
    g_string_append (text, open);
  return g_string_free (text, FALSE);
}

static void
test_deep (void)
{
  static const char *const opens[] = { "[", "{a=" };

  for (gsize i = 0; i < G_N_ELEMENTS (opens); i++) {
    g_autofree char *text = nest (opens[i], 100000);
    g_autoptr (GError) error = NULL;

    g_assert_null (parse (text, &error));
    g_assert_nonnull (error);
  }
}

static void
test_large (void)
{
  g_autofree char *text = g_strnfill (1024 * 1024 + 1, '\n');
  g_autoptr (GError) error = NULL;

  g_assert_null (parse (text, &error));
  g_assert_nonnull (strstr (error->message, "at most 1048576 bytes"));
}

static void
test_equal (void)
{
  static const char text[] = "[mounts.a]\npipeline = \"p\"\nframerate = 5\n[mounts.b]\n"
                             "pipeline = \"p\"\nframerate = \"5/1\"\n[mounts.c]\n"
                             "pipeline = \"p\"\nframerate = 5\nprotocols = [\"hls\"]\n";
  g_autoptr (ServeConfiguration) configuration = parse (text, NULL);
  gpointer *mounts = configuration->mounts->pdata;

  g_assert_true (serve_record_equal (mounts[0], mounts[1]));
  g_assert_false (serve_record_equal (mounts[0], mounts[2]));
}

/* Every key stands in the example, which is right as it stands. */
static void
test_example (gconstpointer data)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (ServeConfiguration) configuration = serve_configuration_load (data, &error);

  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (data, &text, NULL, NULL));
  for (int i = 0; serve_sections[i] != NULL; i++) {
    const ServeSection *section = serve_sections[i];

    for (guint j = 0; j < section->n_keys; j++) {
      g_autofree char *line = g_strdup_printf ("\n%s = ", section->keys[j].name);
      g_autofree char *comment = g_strdup_printf ("\n#%s = ", section->keys[j].name);

      if (strstr (text, line) == NULL && strstr (text, comment) == NULL)
        g_error ("the example does not have %s of [%s]", section->keys[j].name, section->name);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve/configuration/defaults", test_defaults);
  g_test_add_func ("/serve/configuration/values", test_values);
  g_test_add_func ("/serve/configuration/wrong", test_wrong);
  g_test_add_func ("/serve/configuration/deep", test_deep);
  g_test_add_func ("/serve/configuration/large", test_large);
  g_test_add_func ("/serve/configuration/equal", test_equal);
  g_test_add_data_func ("/serve/configuration/example", argv[1], test_example);
  return g_test_run ();
}
