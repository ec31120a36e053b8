/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [server]: how it is reached, by whom, and what it writes down. */
#include <gio/gio.h>
#include <string.h>

#include "../../http/proxies.h"
#include "../configuration.h"
#include "../scopes.h"

#define FIELD(name) G_STRUCT_OFFSET (ServeServerSettings, name)

static const char *const logs[] = { "text", "json", "journal", NULL };

static const ServeKey keys[] = {
  { "address", SERVE_KEY_TEXT, FIELD (address), "\"127.0.0.1\"",
      .blurb = "the address to listen on, such as 127.0.0.1, or 0.0.0.0 for all" },
  { "port", SERVE_KEY_INTEGER, FIELD (port), "8080", 0, G_MAXUINT16,
      .blurb = "the port of HTTP, 0 for one that is free" },
  { "rtsp-port", SERVE_KEY_INTEGER, FIELD (rtsp_port), "8554", 0, G_MAXUINT16,
      .blurb = "the port of RTSP, 0 for one that is free" },
  { "rtsp-url", SERVE_KEY_TEXT, FIELD (rtsp_url),
      .blurb = "where clients reach RTSP, such as rtsps://studio.example:322, where that is not "
               "the host that they ask by HTTP, with rtsp-port" },
  { "certificate", SERVE_KEY_FILE, FIELD (certificate),
      .blurb = "a file with the certificate for TLS (PEM), and those that it hangs on" },
  { "key", SERVE_KEY_FILE, FIELD (key),
      .blurb = "a file with the private key of the certificate (PEM), which nobody else may read" },
  { "without-tls", SERVE_KEY_FLAG, FIELD (without_tls), "false",
      .blurb =
          "whether others may reach it without TLS, as where a proxy in front of it has that" },
  { "tokens", SERVE_KEY_FILE, FIELD (tokens),
      .blurb = "a file of who may do what, which `generative-serve token` writes" },
  { "anonymous", SERVE_KEY_WORDS, FIELD (anonymous), .choices = serve_scope_names,
      .blurb = "what may be done without a token" },
  { "hosts", SERVE_KEY_WORDS, FIELD (hosts),
      .blurb = "names, with their ports, by which clients know the server besides its address" },
  { "proxies", SERVE_KEY_WORDS, FIELD (proxies),
      .blurb = "addresses and networks of proxies in front, such as 10.0.0.0/8, whose "
               "X-Forwarded-For says who asks" },
  { "cors", SERVE_KEY_WORDS, FIELD (cors),
      .blurb = "origins of other web pages that may ask, such as https://example.org" },
  { "audit", SERVE_KEY_FILE, FIELD (audit),
      .blurb = "a file that what is decided and published is appended to" },
  { "audit-key", SERVE_KEY_FILE, FIELD (audit_key),
      .blurb = "a file with the private key (Ed25519, PEM) that signs the audit log" },
  { "log", SERVE_KEY_CHOICE, FIELD (log), "\"text\"", .choices = logs,
      .blurb = "how the log is written" },
  { "log-requests", SERVE_KEY_FLAG, FIELD (log_requests), "true",
      .blurb = "whether each request is in the log" },
  { "traces", SERVE_KEY_TEXT, FIELD (traces),
      .blurb = "a URL that traces are posted to by OTLP, such as http://localhost:4318/v1/traces" },
};

static gboolean
is_loopback (const char *text)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);

  return address != NULL && g_inet_address_get_is_loopback (address);
}

static gboolean
check_pairs (const ServeServerSettings *server, GError **error)
{
  if ((server->certificate != NULL) != (server->key != NULL))
    return serve_record_fail (server, server->key != NULL ? "key" : "certificate", error,
        "certificate and key go together");
  if (server->traces != NULL && !g_uri_is_valid (server->traces, G_URI_FLAGS_NONE, NULL))
    return serve_record_fail (server, "traces", error,
        "\"%s\" is no URL, as http://localhost:4318/v1/traces is", server->traces);
  if (server->audit_key != NULL && server->audit == NULL)
    return serve_record_fail (
        server, "audit-key", error, "it signs what audit is, which is missing");
  return TRUE;
}

/* What others can reach is not theirs to use, and nobody between can listen. */
static gboolean
check_reach (const ServeServerSettings *server, GError **error)
{
  if (is_loopback (server->address))
    return TRUE;
  if (server->certificate == NULL && !server->without_tls)
    return serve_record_fail (server, "address", error,
        "%s can be reached by others: certificate and key are wanted, or without-tls = true where "
        "something in front has them",
        server->address);
  if (server->tokens == NULL && server->anonymous[0] == NULL)
    return serve_record_fail (server, "address", error,
        "%s can be reached by others: tokens are wanted, or anonymous = [\"watch\"] for what "
        "anybody may do",
        server->address);
  if (server->anonymous[0] != NULL && server->hosts[0] == NULL)
    return serve_record_fail (server, "anonymous", error,
        "where no token is wanted, hosts says by which names clients know the server: else any web "
        "page could ask in a client's name");
  return TRUE;
}

static gboolean
check_origins (const ServeServerSettings *server, GError **error)
{
  for (int i = 0; server->cors[i] != NULL; i++) {
    const char *rest = g_str_has_prefix (server->cors[i], "https://")  ? server->cors[i] + 8
                       : g_str_has_prefix (server->cors[i], "http://") ? server->cors[i] + 7
                                                                       : "";

    if (*rest == '\0' || strchr (rest, '/') != NULL)
      return serve_record_fail (server, "cors", error,
          "\"%s\" is no origin, such as https://example.org: a scheme and a host, and no path",
          server->cors[i]);
  }
  return TRUE;
}

/* Without a path, which is the mount's. */
static gboolean
check_rtsp_url (const ServeServerSettings *server, GError **error)
{
  g_autoptr (GUri) uri =
      server->rtsp_url != NULL ? g_uri_parse (server->rtsp_url, G_URI_FLAGS_NONE, NULL) : NULL;
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : "";

  if (server->rtsp_url == NULL)
    return TRUE;
  return ((strcmp (scheme, "rtsp") == 0 || strcmp (scheme, "rtsps") == 0) &&
             g_uri_get_host (uri) != NULL && *g_uri_get_host (uri) != '\0' &&
             *g_uri_get_path (uri) == '\0' && g_uri_get_query (uri) == NULL) ||
         serve_record_fail (server, "rtsp-url", error,
             "\"%s\" is none, such as rtsps://studio.example:322: a scheme, a host and perhaps a "
             "port, and no path",
             server->rtsp_url);
}

static gboolean
check_proxies (const ServeServerSettings *server, GError **error)
{
  g_autoptr (GError) wrong = NULL;
  g_autoptr (HttpProxies) proxies = http_proxies_new ((const char *const *)server->proxies, &wrong);

  return proxies != NULL || serve_record_fail (server, "proxies", error, "%s", wrong->message);
}

static gboolean
check (gpointer record, GError **error)
{
  const ServeServerSettings *server = record;
  g_autoptr (GInetAddress) address =
      server->address != NULL ? g_inet_address_new_from_string (server->address) : NULL;

  if (address == NULL)
    return serve_record_fail (server, "address", error,
        "\"%s\" is no address, such as 127.0.0.1 or ::1",
        server->address != NULL ? server->address : "");
  return check_pairs (server, error) && check_reach (server, error) &&
         check_origins (server, error) && check_rtsp_url (server, error) &&
         check_proxies (server, error);
}

const ServeSection serve_section_server = {
  .name = "server",
  .blurb = "How it is reached, by whom, and what it writes down",
  .size = sizeof (ServeServerSettings),
  .keys = keys,
  .n_keys = G_N_ELEMENTS (keys),
  .check = check,
};
