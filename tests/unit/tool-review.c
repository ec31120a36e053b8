/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model review, asked by libsoup's client and by hand: who may see and decide, what is
 * written down of it, and what is refused. */
#include <generative/audit-log.h>
#include <generative/hold-folder.h>
#include <libsoup/soup.h>

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool.h"

#define SECRET "nobody is to read this"
#define TEXT "a text that is held"

typedef struct {
  char *folder, *held;
  GSubprocess *server;
  GDataInputStream *said;
  char *address, *host, *token;
  guint16 port;
  SoupSession *session;

  /* Of a session of the page. */
  char *cookie, *csrf;

  /* Of the last answer. */
  guint status;
  char *body;
  SoupMessage *message;
} Review;

/* --- the server --- */

static char *
read_line (Review *r)
{
  g_autoptr (GError) error = NULL;
  char *line = g_data_input_stream_read_line (r->said, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (line);
  return line;
}

/* A test that fails leaves no server behind. */
static void
die_with_parent (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

/* Start it with `options`, which end with NULL, and read where it is. */
static void
start (Review *r, ...)
{
  g_autoptr (GPtrArray) argv = launch_line (g_getenv ("GENERATIVE_MODEL"));
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autofree char *where = NULL, *whose = NULL;
  g_autoptr (GUri) uri = NULL;
  g_autoptr (GError) error = NULL;
  const char *option;
  gboolean has_file = FALSE;
  va_list options;

  g_ptr_array_add (argv, g_strdup ("review"));
  g_ptr_array_add (argv, g_strdup (r->held));
  g_ptr_array_add (argv, g_strdup ("--port=0"));
  g_ptr_array_add (argv, g_strdup ("--name=anna"));
  va_start (options, r);
  while ((option = va_arg (options, const char *)) != NULL) {
    has_file |= g_str_has_prefix (option, "--token-file");
    g_ptr_array_add (argv, g_strdup (option));
  }
  va_end (options);
  g_ptr_array_add (argv, NULL);
  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  r->server = g_subprocess_launcher_spawnv (launcher, (const char *const *)argv->pdata, &error);
  g_assert_no_error (error);
  r->said = g_data_input_stream_new (g_subprocess_get_stdout_pipe (r->server));
  where = read_line (r);
  r->address = g_strdup (strstr (where, "http://"));
  r->address[strlen (r->address) - 1] = '\0';
  r->host = g_strdup (r->address + strlen ("http://"));
  uri = g_uri_parse (r->address, G_URI_FLAGS_NONE, NULL);
  r->port = (guint16)g_uri_get_port (uri);
  if (has_file)
    return;
  whose = read_line (r);
  r->token = g_strdup (strstr (whose, "token is ") + strlen ("token is "));
}

static void
stop (Review *r)
{
  g_autoptr (GError) error = NULL;

  if (r->server == NULL)
    return;
  g_subprocess_send_signal (r->server, SIGTERM);
  g_subprocess_wait_check (r->server, NULL, &error);
  g_assert_no_error (error);
  g_clear_object (&r->said);
  g_clear_object (&r->server);
  g_clear_pointer (&r->address, g_free);
  g_clear_pointer (&r->host, g_free);
  g_clear_pointer (&r->token, g_free);
}

/* `n` items more. */
static void
hold (Review *r, int n)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenHoldFolder) folder = gen_hold_folder_open (r->held, &error);
  g_autoptr (GBytes) media = g_bytes_new_static (TEXT, strlen (TEXT));
  const GenHeldItem item = { .label = "bad\"word",
    .score = 0.75,
    .time = 12 * G_GUINT64_CONSTANT (1000000000),
    .deadline = g_get_real_time () + G_USEC_PER_SEC * G_GINT64_CONSTANT (3600),
    .media = media,
    .extension = "txt" };

  g_assert_no_error (error);
  for (int i = 0; i < n; i++) {
    guint64 number;

    g_assert_true (gen_hold_folder_add (folder, &item, &number, &error));
  }
}

static void
open_review (Review *r, gconstpointer data)
{
  g_autofree char *secret = NULL;

  r->folder = scratch_new ();
  r->held = g_build_filename (r->folder, "held", NULL);
  secret = g_build_filename (r->folder, "secret.txt", NULL);
  g_assert_true (g_file_set_contents (secret, SECRET, -1, NULL));
  hold (r, 3);
  r->session = soup_session_new ();
}

static void
close_review (Review *r, gconstpointer data)
{
  stop (r);
  g_object_unref (r->session);
  g_clear_object (&r->message);
  scratch_remove (r->folder);
  g_free (r->folder);
  g_free (r->held);
  g_free (r->cookie);
  g_free (r->csrf);
  g_free (r->body);
}

/* --- asking --- */

typedef struct {
  const char *cookie, *csrf, *origin, *host, *type;
} Headers;

static void
set_header (SoupMessage *message, const char *name, const char *value)
{
  if (value != NULL)
    soup_message_headers_replace (soup_message_get_request_headers (message), name, value);
}

/* GET without a body, else POST. */
static void
ask_with (Review *r, const char *path, const char *body, const Headers *headers)
{
  g_autofree char *address = g_strconcat (r->address, path, NULL);
  g_autoptr (GUri) uri = g_uri_parse (address, G_URI_FLAGS_ENCODED, NULL);
  g_autoptr (GBytes) answer = NULL;
  g_autoptr (GError) error = NULL;

  g_clear_object (&r->message);
  r->message = soup_message_new_from_uri (body != NULL ? "POST" : "GET", uri);
  set_header (r->message, "Cookie", headers->cookie);
  set_header (r->message, "X-CSRF-Token", headers->csrf);
  set_header (r->message, "Origin", headers->origin);
  set_header (r->message, "Host", headers->host);
  if (body != NULL) {
    g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));

    soup_message_set_request_body_from_bytes (r->message, headers->type, bytes);
  }
  answer = soup_session_send_and_read (r->session, r->message, NULL, &error);
  g_assert_no_error (error);
  r->status = soup_message_get_status (r->message);
  g_free (r->body);
  r->body = g_strndup (g_bytes_get_data (answer, NULL), g_bytes_get_size (answer));
  g_test_message ("%s: %u %s", path, r->status, r->body);
}

static Headers
usual (const Review *r)
{
  return (Headers){ r->cookie, r->csrf, r->address, NULL, "application/json" };
}

static guint
ask (Review *r, const char *path, const char *body)
{
  const Headers headers = usual (r);

  ask_with (r, path, body, &headers);
  return r->status;
}

/* Ask by hand: what a client of HTTP would not send. Returns what is answered until the end, or
 * NULL where there is none. */
static char *
ask_by_hand (Review *r, const char *request)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection =
      g_socket_client_connect_to_host (client, "127.0.0.1", r->port, NULL, NULL);
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  GString *answer = g_string_new (NULL);
  char piece[4096];
  gssize n;

  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), request,
      strlen (request), NULL, NULL, NULL);
  while ((n = g_input_stream_read (input, piece, sizeof piece, NULL, NULL)) > 0)
    g_string_append_len (answer, piece, n);
  g_test_message ("%s", answer->str);
  return g_string_free (answer, answer->len == 0);
}

static guint
log_in (Review *r, const char *token)
{
  g_autofree char *body = g_strdup_printf ("{\"token\":\"%s\"}", token);
  const char *cookie;

  g_clear_pointer (&r->cookie, g_free);
  g_clear_pointer (&r->csrf, g_free);
  if (ask (r, "/login", body) != 200)
    return r->status;
  cookie =
      soup_message_headers_get_list (soup_message_get_response_headers (r->message), "Set-Cookie");
  g_assert_nonnull (strstr (cookie, "; HttpOnly"));
  g_assert_nonnull (strstr (cookie, "; SameSite=Strict"));
  r->cookie = g_strndup (cookie, strcspn (cookie, ";"));
  {
    g_autofree char *begins = g_strdup_printf ("review-session-%u=", r->port);
    g_autoptr (JsonNode) node = parse_json (r->body);

    g_assert_true (g_str_has_prefix (cookie, begins));
    r->csrf = g_strdup (json_object_get_string_member (json_node_get_object (node), "csrf"));
  }
  /* It is told there alone. */
  g_assert_cmpuint (ask (r, "/items", NULL), ==, 200);
  g_assert_null (strstr (r->body, r->csrf));
  return 200;
}

static guint64
count_waiting (Review *r)
{
  g_autoptr (JsonNode) node = NULL;

  g_assert_cmpuint (ask (r, "/items", NULL), ==, 200);
  node = parse_json (r->body);
  return json_array_get_length (
      json_object_get_array_member (json_node_get_object (node), "items"));
}

static GenDecision
get_decision (const Review *r, guint64 number, const char *by)
{
  g_auto (GenHoldDecision) decision = { 0 };

  g_assert_true (gen_hold_get_decision (r->held, number, &decision, NULL));
  if (by != NULL)
    g_assert_cmpstr (decision.by, ==, by);
  return decision.decision;
}

/* --- what it is for --- */

static void
test_decides (Review *r, gconstpointer data)
{
  const GenHoldDecision others = { GEN_DECISION_APPROVE, NULL, (char *)"bert" };
  g_autoptr (JsonNode) node = NULL;
  JsonObject *item;

  start (r, NULL);
  g_assert_cmpuint (log_in (r, r->token), ==, 200);
  node = parse_json (r->body);
  g_assert_cmpstr (json_object_get_string_member (json_node_get_object (node), "name"), ==, "anna");
  item = json_array_get_object_element (
      json_object_get_array_member (json_node_get_object (node), "items"), 1);
  g_assert_cmpint (json_object_get_int_member (item, "number"), ==, 2);
  g_assert_cmpstr (json_object_get_string_member (item, "label"), ==, "bad\"word");
  g_assert_cmpfloat (json_object_get_double_member (item, "score"), ==, 0.75);
  g_assert_cmpfloat (json_object_get_double_member (item, "time"), ==, 12);
  g_assert_true (json_object_has_member (item, "deadline"));

  g_assert_cmpuint (ask (r, "/items/2", NULL), ==, 200);
  g_assert_cmpstr (r->body, ==, TEXT);
  g_assert_cmpuint (
      ask (r, "/items/2", "{\"decision\":\"reject\",\"reason\":\" rude \"}"), ==, 200);
  g_assert_cmpint (get_decision (r, 2, "anna"), ==, GEN_DECISION_REJECT);
  g_assert_cmpuint (count_waiting (r), ==, 2);
  g_assert_cmpuint (ask (r, "/items/2", NULL), ==, 404);
  /* Who comes second is told. */
  g_assert_cmpuint (ask (r, "/items/2", "{\"decision\":\"approve\"}"), ==, 409);
  g_assert_nonnull (
      strstr (r->body, "\"decision\":\"reject\",\"by\":\"anna\",\"reason\":\"rude\""));
  g_assert_true (gen_hold_decide (r->held, 3, &others, NULL));
  g_assert_cmpuint (ask (r, "/items/3", "{\"decision\":\"reject\",\"reason\":\"late\"}"), ==, 409);
  g_assert_nonnull (strstr (r->body, "\"decision\":\"approve\",\"by\":\"bert\""));
  g_assert_cmpint (get_decision (r, 3, "bert"), ==, GEN_DECISION_APPROVE);
  g_assert_cmpuint (ask (r, "/items/1", "{\"decision\":\"approve\"}"), ==, 200);
  g_assert_cmpuint (count_waiting (r), ==, 0);
  /* What comes is there. */
  hold (r, 1);
  g_assert_cmpuint (ask (r, "/items/4", NULL), ==, 200);
}

/* Each answer says that nothing of it is to be kept, run or framed. */
static void
test_headers (Review *r, gconstpointer data)
{
  static const char *const paths[] = { "/", "/page.js", "/page.css", "/items", "/nothing" };
  const Headers nobody = { 0 };

  start (r, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    SoupMessageHeaders *headers;
    const char *policy;

    ask_with (r, paths[i], NULL, &nobody);
    g_assert_cmpuint (r->status, ==, i < 3 ? 200 : 401);
    headers = soup_message_get_response_headers (r->message);
    policy = soup_message_headers_get_one (headers, "Content-Security-Policy");
    g_assert_nonnull (strstr (policy, "default-src 'none'"));
    g_assert_null (strstr (policy, "unsafe"));
    g_assert_cmpstr (
        soup_message_headers_get_one (headers, "X-Content-Type-Options"), ==, "nosniff");
    g_assert_cmpstr (soup_message_headers_get_one (headers, "Cache-Control"), ==, "no-store");
    g_assert_null (soup_message_headers_get_one (headers, "Server"));
    g_assert_null (strstr (r->body, r->token));
  }
}

/* --- what is refused --- */

static void
test_paths (Review *r, gconstpointer data)
{
  static const char *const paths[] = { "/items/../../secret.txt", "/items/..%2f..%2fsecret.txt",
    "/items/1/../../secret.txt", "/items/000001.txt", "/items/01", "/items/1/", "/items/1%00",
    "/items/-1", "/items/0", "/items/4", "/items/", "/items/18446744073709551617",
    "/%2e%2e/secret.txt", "//secret.txt", "/review/page.html", "/items/1.decision.json" };
  g_autofree char *media = g_build_filename (r->held, "000001.txt", NULL);
  g_autofree char *told = g_build_filename (r->held, "000002.json", NULL);

  start (r, NULL);
  g_assert_cmpuint (log_in (r, r->token), ==, 200);
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autofree char *request =
        g_strdup_printf ("GET %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nConnection: close\r\n\r\n",
            paths[i], r->host, r->cookie);
    g_autofree char *answer = ask_by_hand (r, request);

    g_assert_true (
        g_str_has_prefix (answer, "HTTP/1.1 404 ") || g_str_has_prefix (answer, "HTTP/1.1 400 "));
    g_assert_null (strstr (answer, SECRET));
  }
  /* Links that somebody has put there lead nowhere, and names in files are not gone by. */
  g_assert_cmpint (g_unlink (media), ==, 0);
  g_assert_cmpint (symlink ("../secret.txt", media), ==, 0);
  g_assert_cmpuint (ask (r, "/items/1", NULL), ==, 404);
  stop (r);
  g_assert_true (g_file_set_contents (
      told, "{\"number\":2,\"media\":\"../secret.txt\",\"label\":\"x\"}", -1, NULL));
  start (r, NULL);
  g_assert_cmpuint (log_in (r, r->token), ==, 200);
  g_assert_cmpuint (ask (r, "/items/2", NULL), ==, 404);
  g_assert_cmpuint (ask (r, "/items/2", "{\"decision\":\"approve\"}"), ==, 200);
}

/* By a name that leads here, and from pages of others. */
static void
test_others (Review *r, gconstpointer data)
{
  g_autofree char *localhost = NULL, *from_localhost = NULL;
  Headers headers;

  start (r, NULL);
  g_assert_cmpuint (log_in (r, r->token), ==, 200);
  headers = usual (r);
  headers.host = "review.example:80";
  ask_with (r, "/items", NULL, &headers);
  g_assert_cmpuint (r->status, ==, 403);
  ask_with (r, "/", NULL, &headers);
  g_assert_cmpuint (r->status, ==, 403);
  headers = usual (r);
  headers.origin = "http://evil.example";
  ask_with (r, "/items", NULL, &headers);
  g_assert_cmpuint (r->status, ==, 403);
  ask_with (r, "/items/1", "{\"decision\":\"approve\"}", &headers);
  g_assert_cmpuint (r->status, ==, 403);
  headers.origin = "null";
  ask_with (r, "/items/1", "{\"decision\":\"approve\"}", &headers);
  g_assert_cmpuint (r->status, ==, 403);
  headers.origin = NULL;
  ask_with (r, "/items/1", "{\"decision\":\"approve\"}", &headers);
  g_assert_cmpuint (r->status, ==, 403);
  g_assert_cmpint (get_decision (r, 1, NULL), ==, GEN_DECISION_NONE);
  localhost = g_strdup_printf ("localhost:%u", r->port);
  from_localhost = g_strdup_printf ("http://%s", localhost);
  headers.host = localhost;
  headers.origin = from_localhost;
  ask_with (r, "/items/1", "{\"decision\":\"approve\"}", &headers);
  g_assert_cmpuint (r->status, ==, 200);
  stop (r);
  start (r, "--host=review.example", NULL);
  headers = (Headers){ .host = "review.example" };
  ask_with (r, "/", NULL, &headers);
  g_assert_cmpuint (r->status, ==, 200);
}

static void
test_sessions (Review *r, gconstpointer data)
{
  g_autofree char *cookie = NULL, *csrf = NULL, *forged = NULL;
  Headers headers;

  start (r, NULL);
  g_assert_cmpuint (ask (r, "/items", NULL), ==, 401);
  g_assert_cmpuint (ask (r, "/items/1", NULL), ==, 401);
  g_assert_cmpuint (ask (r, "/items/1", "{\"decision\":\"approve\"}"), ==, 401);
  g_assert_cmpuint (log_in (r, r->token), ==, 200);
  cookie = g_steal_pointer (&r->cookie);
  csrf = g_steal_pointer (&r->csrf);
  g_assert_cmpuint (log_in (r, r->token), ==, 200);
  g_assert_cmpstr (cookie, !=, r->cookie);
  g_assert_cmpstr (csrf, !=, r->csrf);
  /* Without, with a wrong, and with the other session's token. */
  headers = usual (r);
  for (int i = 0; i < 3; i++) {
    headers.csrf = i == 0 ? NULL : i == 1 ? "wrong" : csrf;
    ask_with (r, "/items/1", "{\"decision\":\"approve\"}", &headers);
    g_assert_cmpuint (r->status, ==, 403);
    ask_with (r, "/logout", "{}", &headers);
    g_assert_cmpuint (r->status, ==, 403);
  }
  /* The token itself is no cookie, nor is one that is almost right. */
  forged = g_strdup (r->cookie);
  forged[strlen (forged) - 1] = forged[strlen (forged) - 1] == 'A' ? 'B' : 'A';
  headers.cookie = forged;
  ask_with (r, "/items", NULL, &headers);
  g_assert_cmpuint (r->status, ==, 401);
  g_free (forged);
  headers.cookie = forged = g_strdup_printf ("review-session-%u=%s", r->port, r->token);
  ask_with (r, "/items", NULL, &headers);
  g_assert_cmpuint (r->status, ==, 401);
  g_assert_cmpuint (ask (r, "/logout", "{}"), ==, 200);
  g_assert_cmpuint (ask (r, "/items", NULL), ==, 401);
  headers.cookie = cookie;
  ask_with (r, "/items", NULL, &headers);
  g_assert_cmpuint (r->status, ==, 200);
  g_assert_cmpint (get_decision (r, 1, NULL), ==, GEN_DECISION_NONE);
}

static void
check_by_hand (Review *r, const char *status, const char *format, ...)
{
  g_autofree char *request = NULL, *answer = NULL;
  va_list arguments;

  va_start (arguments, format);
  request = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  answer = ask_by_hand (r, request);
  g_assert_nonnull (answer);
  g_assert_true (g_str_has_prefix (answer, status));
}

static void
test_bodies (Review *r, gconstpointer data)
{
  g_autofree char *reason = g_strnfill (1001, 'x');
  g_autofree char *long_reason =
      g_strdup_printf ("{\"decision\":\"reject\",\"reason\":\"%s\"}", reason);
  g_autofree char *deep = g_strnfill (4000, '['), *large = g_strnfill (10000, ' ');
  static const char *const lengths[] = { "-1", "-5", "99999999999999999999" };
  Headers headers;

  start (r, NULL);
  g_assert_cmpuint (log_in (r, r->token), ==, 200);
  g_assert_cmpuint (ask (r, "/items/1", "{\"decision\":\"maybe\"}"), ==, 400);
  g_assert_cmpuint (ask (r, "/items/1", "{\"decision\":[\"approve\"]}"), ==, 400);
  g_assert_cmpuint (ask (r, "/items/1", "[]"), ==, 400);
  g_assert_cmpuint (ask (r, "/items/1", "{"), ==, 400);
  g_assert_cmpuint (ask (r, "/items/1", deep), ==, 400);
  g_assert_cmpuint (ask (r, "/items/1", "{\"decision\":\"reject\",\"reason\":\"  \"}"), ==, 400);
  g_assert_nonnull (strstr (r->body, "says why"));
  g_assert_cmpuint (ask (r, "/items/1", long_reason), ==, 400);
  g_assert_cmpuint (ask (r, "/items/1", large), ==, 413);
  headers = usual (r);
  headers.type = "application/x-www-form-urlencoded";
  ask_with (r, "/items/1", "decision=approve", &headers);
  g_assert_cmpuint (r->status, ==, 415);
  /* What is announced is refused before it is sent, and so is what is no number of bytes. */
  check_by_hand (r, "HTTP/1.1 413",
      "POST /login HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nContent-Type: application/json\r\n"
      "Content-Length: 100000000000\r\nExpect: 100-continue\r\n\r\n",
      r->host, r->address);
  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    check_by_hand (r, "HTTP/1.1 411",
        "POST /login HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nContent-Type: application/json\r\n"
        "Content-Length: %s\r\nExpect: 100-continue\r\n\r\n",
        r->host, r->address, lengths[i]);
  check_by_hand (r, "HTTP/1.1 411",
      "POST /login HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      r->host, r->address);
  check_by_hand (
      r, "HTTP/1.1 405", "PUT /items/1 HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\n\r\n", r->host);
  check_by_hand (r, "HTTP/1.0 403", "GET / HTTP/1.0\r\n\r\n");
  g_assert_cmpint (get_decision (r, 1, NULL), ==, GEN_DECISION_NONE);
}

/* Whoever guesses has to wait, and locks nobody out who has a token. */
static void
test_slow (Review *r, gconstpointer data)
{
  const char *wait;

  start (r, NULL);
  for (int i = 0; i < 5; i++)
    g_assert_cmpuint (log_in (r, i % 2 ? "" : "guess"), ==, 403);
  g_assert_cmpuint (log_in (r, "guess"), ==, 429);
  wait =
      soup_message_headers_get_one (soup_message_get_response_headers (r->message), "Retry-After");
  g_assert_cmpint (atoi (wait), >=, 1);
  g_assert_cmpint (atoi (wait), <=, 10);
  g_assert_cmpuint (log_in (r, r->token), ==, 200);
}

/* A folder is emptied, and numbers begin anew: what comes is seen, and what was seen before is not
 * what is decided on. */
static void
test_again (Review *r, gconstpointer data)
{
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *body = NULL;
  JsonObject *item;

  start (r, NULL);
  g_assert_cmpuint (log_in (r, r->token), ==, 200);
  node = parse_json (r->body);
  item = json_array_get_object_element (
      json_object_get_array_member (json_node_get_object (node), "items"), 1);
  body = g_strdup_printf ("{\"decision\":\"approve\",\"identity\":\"%s\"}",
      json_object_get_string_member (item, "identity"));
  g_assert_cmpuint (ask (r, "/items/1", "{\"decision\":\"approve\"}"), ==, 200);
  scratch_remove (r->held);
  hold (r, 2);
  g_assert_cmpuint (ask (r, "/items/2", body), ==, 410);
  g_assert_cmpint (get_decision (r, 2, NULL), ==, GEN_DECISION_NONE);
  g_assert_cmpuint (count_waiting (r), ==, 2);
  g_assert_cmpuint (ask (r, "/items/1", NULL), ==, 200);
}

/* More than a few at once are not waited for, and room is made by those that go. */
static void
test_connections (Review *r, gconstpointer data)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  GSocketConnection *idle[64];
  g_autofree char *request = NULL, *none = NULL;

  start (r, NULL);
  request = g_strdup_printf ("GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", r->host);
  for (guint i = 0; i < G_N_ELEMENTS (idle); i++) {
    idle[i] = g_socket_client_connect_to_host (client, "127.0.0.1", r->port, NULL, NULL);
    g_assert_nonnull (idle[i]);
  }
  none = ask_by_hand (r, request);
  g_assert_null (none);
  for (guint i = 0; i < G_N_ELEMENTS (idle); i++)
    g_object_unref (idle[i]);
  for (;;) {
    g_autofree char *answer = ask_by_hand (r, request);

    if (answer == NULL) {
      g_usleep (1000);
      continue;
    }
    g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 200"));
    return;
  }
}

/* --- whose tokens --- */

static void
test_tokens (Review *r, gconstpointer data)
{
  Fixture tool_fixture = { .folder = r->folder };
  Fixture *f = &tool_fixture;
  g_autofree char *path = g_build_filename (r->folder, "tokens", NULL);
  g_autofree char *option = g_strconcat ("--token-file=", path, NULL);
  g_autofree char *anna = NULL, *bert = NULL, *text = NULL, *hash = NULL, *line = NULL;
  struct stat status;

  g_assert_cmpint (tool (f, "review", "--new-token=anna", option, NULL), ==, 0);
  anna = g_strchomp (g_strdup (f->out));
  /* Somebody's editor has left the last line without its end. */
  g_assert_cmpint (stat (path, &status), ==, 0);
  g_assert_cmpint (truncate (path, status.st_size - 1), ==, 0);
  g_assert_cmpint (tool (f, "review", "--new-token=bert", option, NULL), ==, 0);
  bert = g_strchomp (g_strdup (f->out));
  g_assert_cmpstr (anna, !=, bert);
  g_assert_cmpint (stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_null (strstr (text, anna));
  hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, anna, -1);
  line = g_strdup_printf ("anna %s\n", hash);
  g_assert_true (g_str_has_prefix (text, line));

  start (r, option, NULL);
  g_assert_cmpuint (log_in (r, hash), ==, 403);
  g_assert_cmpuint (log_in (r, bert), ==, 200);
  g_assert_cmpuint (ask (r, "/items/1", "{\"decision\":\"approve\"}"), ==, 200);
  g_assert_cmpint (get_decision (r, 1, "bert"), ==, GEN_DECISION_APPROVE);
  g_assert_cmpuint (log_in (r, anna), ==, 200);
  g_assert_cmpuint (ask (r, "/items/2", "{\"decision\":\"approve\"}"), ==, 200);
  g_assert_cmpint (get_decision (r, 2, "anna"), ==, GEN_DECISION_APPROVE);

  g_assert_cmpint (tool (f, "review", "--new-token=a b", option, NULL), ==, 1);
  g_assert_cmpint (tool (f, "review", "--new-token=#cleo", option, NULL), ==, 1);
  assert_says (f->err, "begin with #");
  g_assert_cmpint (tool (f, "review", "--new-token=anna", NULL), ==, 2);
  /* A line that somebody has left open is ended first. */
  stop (r);
  g_assert_cmpint (truncate (path, (off_t)strlen (line) - 1), ==, 0);
  g_assert_cmpint (tool (f, "review", "--new-token=dora", option, NULL), ==, 0);
  g_free (anna);
  anna = g_strchomp (g_strdup (f->out));
  start (r, option, NULL);
  g_assert_cmpuint (log_in (r, anna), ==, 200);
  g_assert_cmpint (chmod (path, 0640), ==, 0);
  g_assert_cmpint (tool (f, "review", "held", option, NULL), ==, 1);
  assert_says (f->err, "chmod 600");
  g_assert_cmpint (tool (f, "review", "--new-token=cleo", option, NULL), ==, 1);
  g_assert_cmpint (chmod (path, 0600), ==, 0);
  g_assert_true (g_file_set_contents (path, "anna secret\n", -1, NULL));
  g_assert_cmpint (chmod (path, 0600), ==, 0);
  g_assert_cmpint (tool (f, "review", "held", option, NULL), ==, 1);
  assert_says (f->err, "line 1");
  g_free (f->out);
  g_free (f->err);
}

static void
test_refused (Review *r, gconstpointer data)
{
  Fixture tool_fixture = { .folder = r->folder };
  Fixture *f = &tool_fixture;

  g_assert_cmpint (tool (f, "review", NULL), ==, 2);
  g_assert_cmpint (tool (f, "review", "held", "--port=70000", NULL), ==, 2);
  g_assert_cmpint (tool (f, "review", "missing", NULL), ==, 1);
  assert_says (f->err, "missing");
  g_assert_cmpint (tool (f, "review", "held", "--address=0.0.0.0", NULL), ==, 1);
  assert_says (f->err, "--certificate");
  g_assert_cmpint (tool (f, "review", "held", "--address=here", "--without-tls", NULL), ==, 1);
  assert_says (f->err, "WITHOUT ENCRYPTION");
  assert_says (f->err, "no address");
  g_assert_cmpint (tool (f, "review", "held", "--certificate=secret.txt", NULL), ==, 1);
  assert_says (f->err, "go together");
  g_assert_cmpint (tool (f, "review", "held", "--audit-key=secret.txt", NULL), ==, 1);
  assert_says (f->err, "--audit-log");
  g_free (f->out);
  g_free (f->err);
}

/* --- what is written down --- */

static void
test_audit (Review *r, gconstpointer data)
{
  g_autofree char *path = g_build_filename (r->folder, "audit.log", NULL);
  g_autofree char *option = g_strconcat ("--audit-log=", path, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GString) events = g_string_new (NULL);
  g_auto (GStrv) lines = NULL;
  GenAuditSummary summary;

  start (r, option, NULL);
  g_assert_cmpuint (log_in (r, "guess"), ==, 403);
  g_assert_cmpuint (log_in (r, r->token), ==, 200);
  g_assert_cmpuint (ask (r, "/items/1", "{\"decision\":\"approve\"}"), ==, 200);
  g_assert_cmpuint (ask (r, "/items/2", "{\"decision\":\"reject\",\"reason\":\"rude\"}"), ==, 200);
  g_assert_cmpuint (ask (r, "/items/2", "{\"decision\":\"approve\"}"), ==, 409);
  stop (r);
  g_assert_true (gen_audit_verify (path, NULL, NULL, NULL, NULL, &summary, NULL));
  g_assert_cmpuint (summary.problems, ==, 0);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (int i = 0; *lines[i] != '\0'; i++) {
    g_autoptr (JsonNode) node = parse_json (lines[i]);
    JsonObject *object = json_node_get_object (node);

    g_string_append_printf (events, "%s/%s ", json_object_get_string_member (object, "event"),
        json_object_get_string_member_with_default (object, "by", ""));
  }
  g_assert_cmpstr (events->str, ==,
      "review-started/ login-failed/ login/anna approved/anna rejected/anna review-stopped/ ");
  g_assert_nonnull (strstr (text, "\"reason\":\"rude\""));

  /* Nothing is decided that cannot be written down. */
  start (r, option, NULL);
  g_assert_cmpuint (log_in (r, r->token), ==, 200);
  g_assert_cmpint (truncate (path, 10), ==, 0);
  g_assert_cmpuint (ask (r, "/items/3", "{\"decision\":\"approve\"}"), ==, 503);
  g_assert_cmpint (get_decision (r, 3, NULL), ==, GEN_DECISION_NONE);
  g_assert_cmpuint (log_in (r, r->token), ==, 503);
  g_subprocess_send_signal (r->server, SIGTERM);
  g_assert_true (g_subprocess_wait (r->server, NULL, NULL));
  g_assert_cmpint (g_subprocess_get_exit_status (r->server), ==, 1);
  g_clear_object (&r->said);
  g_clear_object (&r->server);
  g_free (r->address);
  g_free (r->host);
  g_free (r->token);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(NAME, FUNC)                                                                            \
  g_test_add ("/tool-review/" NAME, Review, NULL, open_review, FUNC, close_review)
  ADD ("decides", test_decides);
  ADD ("headers", test_headers);
  ADD ("paths", test_paths);
  ADD ("others", test_others);
  ADD ("sessions", test_sessions);
  ADD ("bodies", test_bodies);
  ADD ("slow", test_slow);
  ADD ("again", test_again);
  ADD ("connections", test_connections);
  ADD ("tokens", test_tokens);
  ADD ("refused", test_refused);
  ADD ("audit", test_audit);
  return g_test_run ();
}
