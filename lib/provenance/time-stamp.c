/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time stamps by OpenSSL. Who asks is a command, as curl: the library itself speaks to nobody. */
#include "time-stamp.h"

#include <string.h>
#include <time.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/ts.h>

#include "signer.h"

/* A command that hangs is not to hold up its stream for ever. */
#define SECONDS_MOST 30
/* Answers have a few kilobytes, with their certificates. */
#define ANSWER_MOST (1 << 20)

/* The imprint by a hash that the specification allows. */
static gboolean
imprint_is (TS_TST_INFO *info, GBytes *what)
{
  TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint (info);
  X509_ALGOR *algorithm = imprint != NULL ? TS_MSG_IMPRINT_get_algo (imprint) : NULL;
  ASN1_OCTET_STRING *hash = imprint != NULL ? TS_MSG_IMPRINT_get_msg (imprint) : NULL;
  const ASN1_OBJECT *object;
  const EVP_MD *kind;
  guint8 value[EVP_MAX_MD_SIZE];
  unsigned int value_size = 0;
  gsize size;
  const void *data = g_bytes_get_data (what, &size);
  int nid;

  if (algorithm == NULL || hash == NULL)
    return FALSE;
  X509_ALGOR_get0 (&object, NULL, NULL, algorithm);
  nid = OBJ_obj2nid (object);
  if (nid != NID_sha256 && nid != NID_sha384 && nid != NID_sha512)
    return FALSE;
  kind = EVP_get_digestbynid (nid);
  return EVP_Digest (data, size, value, &value_size, kind, NULL) == 1 &&
         (unsigned int)ASN1_STRING_length (hash) == value_size &&
         memcmp (ASN1_STRING_get0_data (hash), value, value_size) == 0;
}

static gboolean
signature_is_right (PKCS7 *token)
{
  BIO *content = BIO_new (BIO_s_mem ());
  gboolean good = PKCS7_verify (token, NULL, NULL, NULL, content, PKCS7_NOVERIFY) == 1;

  BIO_free (content);
  return good;
}

/* Whoever gave it is vouched for, at whatever time, and may give time stamps. (transfer full) */
static X509 *
trusted_signer (PKCS7 *token, GPtrArray *authorities)
{
  X509_STORE *store = X509_STORE_new ();
  X509 *signer = NULL;

  for (guint i = 0; i < authorities->len; i++)
    X509_STORE_add_cert (store, authorities->pdata[i]);
  X509_STORE_set_flags (store, X509_V_FLAG_NO_CHECK_TIME);
  if (TS_RESP_verify_signature (token, NULL, store, &signer) != 1)
    signer = NULL;
  X509_STORE_free (store);
  return signer;
}

static gboolean
read_time (TS_TST_INFO *info, gint64 *seconds)
{
  struct tm parts;

  if (ASN1_TIME_to_tm (TS_TST_INFO_get_time (info), &parts) != 1)
    return FALSE;
  *seconds = (gint64)timegm (&parts);
  return TRUE;
}

static GenTimeStampFinding
check_token (PKCS7 *token, GBytes *what, GPtrArray *authorities, gint64 *seconds)
{
  TS_TST_INFO *info = PKCS7_to_TS_TST_INFO (token);
  GenTimeStampFinding finding = GEN_TIME_STAMP_GOOD;
  X509 *signer = NULL;
  time_t then;

  if (info == NULL || !read_time (info, seconds)) {
    finding = GEN_TIME_STAMP_MALFORMED;
  } else if (!imprint_is (info, what) || !signature_is_right (token)) {
    finding = GEN_TIME_STAMP_MISMATCH;
  } else if (authorities == NULL || (signer = trusted_signer (token, authorities)) == NULL) {
    finding = GEN_TIME_STAMP_UNTRUSTED;
  } else {
    then = (time_t)*seconds;
    if (X509_cmp_time (X509_get0_notBefore (signer), &then) >= 0 ||
        X509_cmp_time (X509_get0_notAfter (signer), &then) <= 0)
      finding = GEN_TIME_STAMP_OUTSIDE;
  }
  X509_free (signer);
  TS_TST_INFO_free (info);
  ERR_clear_error ();
  return finding;
}

static PKCS7 *
read_token (GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size), *at = data;
  TS_RESP *response = d2i_TS_RESP (NULL, &at, (long)size);
  PKCS7 *token = NULL;

  /* Older files have the whole answer. */
  if (response != NULL && TS_RESP_get_token (response) != NULL)
    token = PKCS7_dup (TS_RESP_get_token (response));
  TS_RESP_free (response);
  if (token == NULL) {
    at = data;
    token = d2i_PKCS7 (NULL, &at, (long)size);
  }
  ERR_clear_error ();
  return token;
}

GenTimeStampFinding
gen_time_stamp_check (GBytes *bytes, GBytes *what, GPtrArray *authorities, gint64 *seconds)
{
  PKCS7 *token = read_token (bytes);
  GenTimeStampFinding finding = token != NULL && PKCS7_type_is_signed (token)
                                    ? check_token (token, what, authorities, seconds)
                                    : GEN_TIME_STAMP_MALFORMED;

  PKCS7_free (token);
  return finding;
}

/* --- asking --- */

GBytes *
gen_time_stamp_request (GBytes *what)
{
  gsize size;
  const void *data = g_bytes_get_data (what, &size);
  guint8 hash[EVP_MAX_MD_SIZE], *der = NULL;
  unsigned int hash_size = 0;
  TS_REQ *request = TS_REQ_new ();
  TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new ();
  X509_ALGOR *algorithm = X509_ALGOR_new ();
  GBytes *bytes;
  int n;

  EVP_Digest (data, size, hash, &hash_size, EVP_sha256 (), NULL);
  X509_ALGOR_set0 (algorithm, OBJ_nid2obj (NID_sha256), V_ASN1_NULL, NULL);
  TS_MSG_IMPRINT_set_algo (imprint, algorithm);
  TS_MSG_IMPRINT_set_msg (imprint, hash, (int)hash_size);
  TS_REQ_set_version (request, 1);
  TS_REQ_set_msg_imprint (request, imprint);
  TS_REQ_set_cert_req (request, 1);
  n = i2d_TS_REQ (request, &der);
  bytes = g_bytes_new (der, n > 0 ? (gsize)n : 0);
  OPENSSL_free (der);
  X509_ALGOR_free (algorithm);
  TS_MSG_IMPRINT_free (imprint);
  TS_REQ_free (request);
  return bytes;
}

GBytes *
gen_time_stamp_token (GBytes *response, GBytes *what, GError **error)
{
  PKCS7 *token = read_token (response);
  GBytes *bytes = NULL;
  guint8 *der = NULL;
  gint64 seconds;
  int n;

  if (token == NULL) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "the time stamp authority has given no time stamp");
    return NULL;
  }
  if (check_token (token, what, NULL, &seconds) != GEN_TIME_STAMP_UNTRUSTED) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "the time stamp authority has given a time stamp of something else, or a damaged one");
  } else {
    n = i2d_PKCS7 (token, &der);
    bytes = g_bytes_new (der, n > 0 ? (gsize)n : 0);
    OPENSSL_free (der);
  }
  PKCS7_free (token);
  return bytes;
}

/* The request as a file to read from: a command that ends before it has read a pipe would end us,
 * too (SIGPIPE). */
static int
request_file (GBytes *request, GError **error)
{
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("time-stamp-XXXXXX", &path, error);
  gsize size;
  const guint8 *data = g_bytes_get_data (request, &size);

  if (fd < 0)
    return -1;
  unlink (path);
  if (write (fd, data, size) == (gssize)size && lseek (fd, 0, SEEK_SET) == 0)
    return fd;
  close (fd);
  g_set_error_literal (
      error, G_IO_ERROR, G_IO_ERROR_FAILED, "the request cannot be written to a file");
  return -1;
}

typedef struct {
  GSubprocess *process;
  GCancellable *cancellable;
  GAsyncResult *result;
  gboolean late;
} Conversation;

/* What the command has started itself may live on and hold the pipe, so that this is not waited
 * for either. */
static gboolean
stop (gpointer user_data)
{
  Conversation *conversation = user_data;

  conversation->late = TRUE;
  g_subprocess_force_exit (conversation->process);
  g_cancellable_cancel (conversation->cancellable);
  return G_SOURCE_REMOVE;
}

static void
take_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Conversation *conversation = user_data;

  conversation->result = g_object_ref (result);
}

/* What was begun has ended, however; (transfer full) */
static GAsyncResult *
wait_for (Conversation *conversation, GMainContext *context)
{
  while (conversation->result == NULL)
    g_main_context_iteration (context, TRUE);
  return g_steal_pointer (&conversation->result);
}

/* What it says until it ends; (transfer full) */
static GBytes *
hear (GSubprocess *process, const char *name, GError **error)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GSource) limit = g_timeout_source_new_seconds (SECONDS_MOST);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GInputStream *said = g_subprocess_get_stdout_pipe (process);
  g_autofree guint8 *answer = g_malloc (ANSWER_MOST + 1);
  g_autoptr (GAsyncResult) read = NULL, ended = NULL;
  g_autoptr (GError) failure = NULL;
  Conversation conversation = { process, cancellable, NULL, FALSE };
  gsize size = 0;
  gboolean well;

  g_main_context_push_thread_default (context);
  g_source_set_callback (limit, stop, &conversation, NULL);
  g_source_attach (limit, context);
  g_input_stream_read_all_async (
      said, answer, ANSWER_MOST + 1, G_PRIORITY_DEFAULT, cancellable, take_result, &conversation);
  read = wait_for (&conversation, context);
  well = g_input_stream_read_all_finish (said, read, &size, &failure);
  if (size > ANSWER_MOST)
    g_subprocess_force_exit (process);
  if (well) {
    g_subprocess_wait_async (process, cancellable, take_result, &conversation);
    ended = wait_for (&conversation, context);
    well = g_subprocess_wait_finish (process, ended, &failure);
  }
  g_source_destroy (limit);
  g_main_context_pop_thread_default (context);
  if (conversation.late)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
        "'%s' has not ended within %d seconds, and was stopped", name, SECONDS_MOST);
  else if (size > ANSWER_MOST)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "'%s' says more than %d bytes, which is no time stamp, and was stopped", name, ANSWER_MOST);
  else if (!well)
    g_propagate_error (error, g_steal_pointer (&failure));
  else
    return g_bytes_new (answer, size);
  return NULL;
}

static GBytes *
run_command (char *const *command, GBytes *request, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GBytes) response = NULL;
  int fd = request_file (request, error);

  if (fd < 0)
    return NULL;
  g_subprocess_launcher_take_stdin_fd (launcher, fd);
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *)command, error);
  if (process == NULL)
    return NULL;
  response = hear (process, command[0], error);
  if (response == NULL)
    return NULL;
  if (g_subprocess_get_successful (process))
    return g_steal_pointer (&response);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "'%s' has failed", command[0]);
  return NULL;
}

GBytes *
gen_time_stamp_ask (char *const *command, GBytes *what, GError **error)
{
  g_autoptr (GBytes) request = gen_time_stamp_request (what);
  g_autoptr (GBytes) response = run_command (command, request, error);

  if (response != NULL)
    return gen_time_stamp_token (response, what, error);
  g_prefix_error_literal (error, "the time stamp authority cannot be asked: ");
  return NULL;
}
