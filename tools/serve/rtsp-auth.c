/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A token of the server is a password here, whatever the user's name is that comes with it. */
#include "rtsp.h"

#include <string.h>

#include "main-call.h"

#define RTSP_TYPE_AUTH (rtsp_auth_get_type ())
G_DECLARE_FINAL_TYPE (RtspAuth, rtsp_auth, RTSP, AUTH, GstRTSPAuth)

struct _RtspAuth {
  GstRTSPAuth parent;
  ServeServer *server;
  gint has_certificate; /* atomic */
  GMutex lock;
  GHashTable *tokens; /* name to GstRTSPToken: contexts hold none of their own */
};

G_DEFINE_TYPE (RtspAuth, rtsp_auth, GST_TYPE_RTSP_AUTH)

typedef struct {
  ServeServer *server;
  char *address, *password;
} Question;

static void
free_question (gpointer data)
{
  Question *question = data;

  g_free (question->address);
  g_free (question->password);
  g_free (question);
}

/* In the main loop's thread. Whose token it is, "" without one; NULL: he may not. */
static gpointer
find_name (gpointer data)
{
  const Question *question = data;
  ServeHttp *http = question->server->http;
  guint scopes = 0;
  int wait = 0;
  const char *name;

  if (question->password == NULL)
    return serve_http_get_anonymous (http) & SERVE_SCOPE_WATCH ? g_strdup ("") : NULL;
  name = serve_http_find_token (http, question->address, question->password, &scopes, &wait);
  return name != NULL && (scopes & SERVE_SCOPE_WATCH) ? g_strdup (name) : NULL;
}

/* What stands behind the colon of "user:password", or NULL. */
static char *
read_password (GstRTSPMessage *request)
{
  GstRTSPAuthCredential **credentials =
      gst_rtsp_message_parse_auth_credentials (request, GST_RTSP_HDR_AUTHORIZATION);
  char *password = NULL;

  for (guint i = 0; credentials != NULL && credentials[i] != NULL && password == NULL; i++) {
    g_autofree char *text = NULL;
    const char *colon;
    gsize size = 0;

    if (credentials[i]->scheme != GST_RTSP_AUTH_BASIC || credentials[i]->authorization == NULL)
      continue;
    text = (char *)g_base64_decode (credentials[i]->authorization, &size);
    if (text == NULL || memchr (text, '\0', size) != NULL)
      continue;
    colon = memchr (text, ':', size);
    if (colon != NULL)
      password = g_strndup (colon + 1, size - (gsize)(colon + 1 - text));
  }
  if (credentials != NULL)
    gst_rtsp_auth_credentials_free (credentials);
  return password;
}

static GstRTSPToken *
take_token (RtspAuth *auth, const char *name)
{
  GstRTSPToken *token;

  g_mutex_lock (&auth->lock);
  token = g_hash_table_lookup (auth->tokens, name);
  if (token == NULL) {
    token = gst_rtsp_token_new (GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE, G_TYPE_STRING, RTSP_ROLE,
        RTSP_CLIENT, G_TYPE_STRING, name, NULL);
    g_hash_table_insert (auth->tokens, g_strdup (name), token);
  }
  g_mutex_unlock (&auth->lock);
  return token;
}

static gboolean
authenticate (GstRTSPAuth *base, GstRTSPContext *context)
{
  RtspAuth *auth = RTSP_AUTH (base);
  Question *question = g_new0 (Question, 1);
  g_autofree char *name = NULL;

  question->server = auth->server;
  question->address = g_strdup (gst_rtsp_connection_get_ip (context->conn));
  question->password = read_password (context->request);
  name = serve_main_call (find_name, question, free_question, g_free);
  if (name != NULL)
    context->token = take_token (auth, name);
  /* Without a token the answer is 401. */
  return TRUE;
}

/* Clients show no certificates: the system's authorities, which each connection would have a copy
 * of, vouch for nobody. */
static void
forget_authorities (GstRTSPConnection *connection)
{
  GTlsConnection *tls = gst_rtsp_connection_get_tls (connection, NULL);

  if (tls != NULL)
    g_tls_connection_set_database (tls, NULL);
}

static gboolean
check (GstRTSPAuth *base, GstRTSPContext *context, const char *what)
{
  if (!GST_RTSP_AUTH_CLASS (rtsp_auth_parent_class)->check (base, context, what))
    return FALSE;
  /* A connection that is asked for its TLS without having any gets it. */
  if (strcmp (what, GST_RTSP_AUTH_CHECK_CONNECT) == 0 &&
      g_atomic_int_get (&RTSP_AUTH (base)->has_certificate))
    forget_authorities (context->conn);
  return TRUE;
}

static void
finalize (GObject *object)
{
  RtspAuth *auth = RTSP_AUTH (object);

  g_hash_table_unref (auth->tokens);
  g_mutex_clear (&auth->lock);
  G_OBJECT_CLASS (rtsp_auth_parent_class)->finalize (object);
}

static void
rtsp_auth_class_init (RtspAuthClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = finalize;
  GST_RTSP_AUTH_CLASS (klass)->authenticate = authenticate;
  GST_RTSP_AUTH_CLASS (klass)->check = check;
}

static void
rtsp_auth_init (RtspAuth *auth)
{
  g_mutex_init (&auth->lock);
  auth->tokens =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)gst_rtsp_token_unref);
}

GstRTSPAuth *
rtsp_auth_new (ServeServer *server)
{
  RtspAuth *auth = g_object_new (RTSP_TYPE_AUTH, NULL);

  auth->server = server;
  gst_rtsp_auth_set_realm (GST_RTSP_AUTH (auth), "gst-generative");
  return GST_RTSP_AUTH (auth);
}

void
rtsp_auth_set_certificate (GstRTSPAuth *auth, GTlsCertificate *certificate)
{
  gst_rtsp_auth_set_tls_certificate (auth, certificate);
  g_atomic_int_set (&RTSP_AUTH (auth)->has_certificate, certificate != NULL);
}
