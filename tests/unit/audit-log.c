/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The audit log: what it says, what of it can be changed unseen and what cannot, writers that are
 * killed or run out of space, and several at once. */
#include <generative/audit-log.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../scratch.h"

/* The first key of RFC 8032 (7.1), another one, and one that is none of Ed25519; made by
 * openssl. */
#define KEY                                                                                        \
  "-----BEGIN PRIVATE KEY-----\n"                                                                  \
  "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"                             \
  "-----END PRIVATE KEY-----\n"
#define PUBLIC                                                                                     \
  "-----BEGIN PUBLIC KEY-----\n"                                                                   \
  "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"                                 \
  "-----END PUBLIC KEY-----\n"
#define PUBLIC_NAME "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define OTHER_PUBLIC                                                                               \
  "-----BEGIN PUBLIC KEY-----\n"                                                                   \
  "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"                                 \
  "-----END PUBLIC KEY-----\n"

typedef struct {
  char *folder, *path, *key, *public, *other;
  GString *told;
  guint64 first; /* line of the first problem */
  GenAuditSummary summary;
} Fixture;

static char *
put (const Fixture *f, const char *name, const char *text, int mode)
{
  char *path = g_build_filename (f->folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_assert_cmpint (chmod (path, (mode_t)mode), ==, 0);
  return path;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = scratch_new ();
  f->path = g_build_filename (f->folder, "audit.jsonl", NULL);
  f->key = put (f, "key.pem", KEY, 0600);
  f->public = put (f, "key.pub", PUBLIC, 0644);
  f->other = put (f, "other.pub", OTHER_PUBLIC, 0644);
  f->told = g_string_new (NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  scratch_remove (f->folder);
  g_free (f->folder);
  g_free (f->path);
  g_free (f->key);
  g_free (f->public);
  g_free (f->other);
  g_string_free (f->told, TRUE);
}

/* `n` records, and a signature where there is a `key`. */
static void
write_records (const Fixture *f, const char *key, int n)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenAuditLog) log = gen_audit_log_open (f->path, key, &error);

  g_assert_no_error (error);
  for (int i = 0; i < n; i++) {
    g_autoptr (JsonObject) details = json_object_new ();

    json_object_set_int_member (details, "number", i);
    json_object_set_string_member (details, "reason", "a \"statue\"\n\xff");
    g_assert_true (gen_audit_log_add (log, "approved", "anna", details, &error));
    g_assert_no_error (error);
  }
}

static void
note (guint64 line, const char *problem, gpointer data)
{
  Fixture *f = data;

  if (f->summary.problems == 1)
    f->first = line;
  g_string_append_printf (f->told, "%" G_GUINT64_FORMAT ": %s\n", line, problem);
}

static void
verify (Fixture *f, const char *key, const char *head)
{
  const char *const keys[] = { key, NULL };
  g_autoptr (GError) error = NULL;

  g_string_truncate (f->told, 0);
  f->first = G_MAXUINT64;
  gen_audit_verify (f->path, key != NULL ? keys : NULL, head, note, f, &f->summary, &error);
  g_assert_no_error (error);
  g_test_message ("%" G_GUINT64_FORMAT " records, %" G_GUINT64_FORMAT " problems: %s",
      f->summary.records, f->summary.problems, f->told->str);
}

static char **
read_lines (const Fixture *f)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (f->path, &text, NULL, NULL));
  return g_strsplit (text, "\n", -1);
}

static void
write_lines (const Fixture *f, char **lines)
{
  g_autofree char *text = g_strjoinv ("\n", lines);

  g_assert_true (g_file_set_contents (f->path, text, -1, NULL));
}

static void
append (const Fixture *f, const char *text, gssize size)
{
  const int fd = open (f->path, O_WRONLY | O_APPEND);

  g_assert_cmpint (write (fd, text, (gsize)size), ==, size);
  close (fd);
}

/* --- what it says --- */

static void
test_records (Fixture *f, gconstpointer data)
{
  g_autofree char *zeros = g_strnfill (64, '0');
  g_auto (GStrv) lines = NULL;
  struct stat status;

  write_records (f, f->key, 2);
  g_assert_cmpint (stat (f->path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  lines = read_lines (f);
  g_assert_cmpuint (g_strv_length (lines), ==, 4);
  for (int i = 0; i < 3; i++) {
    g_autoptr (JsonNode) node = json_from_string (lines[i], NULL);
    JsonObject *object = json_node_get_object (node);
    g_autofree char *before =
        i > 0 ? g_compute_checksum_for_string (G_CHECKSUM_SHA256, lines[i - 1], -1)
              : g_strdup (zeros);

    g_assert_cmpint (json_object_get_int_member (object, "sequence"), ==, i + 1);
    g_assert_cmpstr (json_object_get_string_member (object, "previous"), ==, before);
    g_assert_cmpstr (
        json_object_get_string_member (object, "event"), ==, i < 2 ? "approved" : "signature");
    if (i == 2)
      g_assert_cmpstr (json_object_get_string_member (object, "key"), ==, PUBLIC_NAME);
    else
      g_assert_cmpstr (json_object_get_string_member (
                           json_object_get_object_member (object, "details"), "reason"),
          ==, "a \"statue\"\n\xef\xbf\xbd");
  }
  verify (f, f->public, NULL);
  g_assert_cmpuint (f->summary.problems, ==, 0);
  g_assert_cmpuint (f->summary.records, ==, 3);
  g_assert_cmpuint (f->summary.signatures, ==, 1);
  g_assert_cmpuint (f->summary.signed_until, ==, 3);
  g_assert_cmpuint (f->summary.last, ==, 3);
}

/* It goes on where it was, and is signed by and by. */
static void
test_goes_on (Fixture *f, gconstpointer data)
{
  write_records (f, f->key, 3);
  write_records (f, NULL, 3);
  write_records (f, f->key, 2 * GEN_AUDIT_SIGNATURE_INTERVAL);
  verify (f, f->public, NULL);
  g_assert_cmpuint (f->summary.problems, ==, 0);
  g_assert_cmpuint (f->summary.records, ==, 6 + 32 + f->summary.signatures);
  g_assert_cmpuint (f->summary.signatures, >=, 4);
}

/* --- what is changed --- */

/* Of eight records, of which the last is the signature, one thing is changed: lines count from
 * 0. */
typedef struct {
  const char *name;
  void (*change) (char **lines);
  guint64 line; /* that is named first */
} Change;

static void
change_text (char **lines)
{
  *strstr (lines[2], "anna") = 'e';
}

static void
change_last (char **lines)
{
  *strstr (lines[7], "\"time\":\"2") = '\'';
}

static void
change_signature (char **lines)
{
  char *at = strstr (lines[7], "\"signature\":\"") + 20;

  *at = *at == 'A' ? 'B' : 'A';
}

/* As JSON the same, or bytes that stand for the same signature. */
static void
add_member (char **lines)
{
  char *line = lines[7];

  lines[7] = g_strdup_printf ("%.*s,\"by\":\"bert\"}", (int)strlen (line) - 1, line);
  g_free (line);
}

static void
add_space (char **lines)
{
  char *line = lines[7];

  lines[7] = g_strdup_printf ("%.*s }", (int)strlen (line) - 1, line);
  g_free (line);
}

static void
change_padding (char **lines)
{
  char *last = strstr (lines[7], "==\"}") - 1;

  /* Its four low bits stand for nothing. */
  *last = (char)(*last + 1);
}

static void
swap (char **lines)
{
  char *line = lines[2];

  lines[2] = lines[3];
  lines[3] = line;
}

static void
leave_out (char **lines)
{
  g_free (lines[3]);
  for (int i = 3; lines[i] != NULL; i++)
    lines[i] = lines[i + 1];
}

static void
repeat (char **lines)
{
  g_free (lines[4]);
  lines[4] = g_strdup (lines[3]);
}

static void
replace_line (char **lines)
{
  g_free (lines[1]);
  lines[1] = g_strdup ("[]");
}

/* All that whoever has no key can do: the chain is made anew. */
static void
chain_anew (char **lines)
{
  change_text (lines);
  for (int i = 3; i < 8; i++) {
    g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, lines[i - 1], -1);

    memcpy (strstr (lines[i], "\"previous\":\"") + 12, hash, 64);
  }
}

static void
test_changed (Fixture *f, gconstpointer data)
{
  const Change *change = data;
  g_auto (GStrv) lines = NULL;

  write_records (f, f->key, 7);
  lines = read_lines (f);
  g_assert_cmpuint (g_strv_length (lines), ==, 9);
  change->change (lines);
  write_lines (f, lines);
  verify (f, f->public, NULL);
  g_assert_cmpuint (f->summary.problems, >=, 1);
  g_assert_cmpuint (f->first, ==, change->line);
}

static const Change changes[] = {
  { "text", change_text, 3 },
  { "last", change_last, 8 },
  { "signature", change_signature, 8 },
  { "member", add_member, 8 },
  { "space", add_space, 8 },
  { "padding", change_padding, 8 },
  { "order", swap, 3 },
  { "left-out", leave_out, 4 },
  { "repeated", repeat, 5 },
  { "no-record", replace_line, 2 },
  { "chain", chain_anew, 8 },
};

/* What is taken away at the end is seen by who knows what was there. */
static void
test_cut (Fixture *f, gconstpointer data)
{
  char head[GEN_AUDIT_HASH_SIZE];
  g_auto (GStrv) lines = NULL;

  write_records (f, f->key, 3);
  write_records (f, f->key, 2);
  verify (f, f->public, NULL);
  g_strlcpy (head, f->summary.head, sizeof head);
  verify (f, f->public, head);
  g_assert_cmpuint (f->summary.problems, ==, 0);
  write_records (f, f->key, 1);
  verify (f, f->public, head);
  g_assert_cmpuint (f->summary.problems, ==, 0);

  lines = read_lines (f);
  *lines[5] = '\0';
  for (int i = 6; lines[i] != NULL; i++)
    g_clear_pointer (&lines[i], g_free);
  write_lines (f, lines);
  verify (f, f->public, NULL);
  g_assert_cmpuint (f->summary.problems, ==, 0);
  g_assert_cmpuint (f->summary.signed_until, ==, 4);
  verify (f, f->public, head);
  g_assert_cmpuint (f->summary.problems, ==, 1);
  g_assert_nonnull (strstr (f->told->str, "taken away"));
}

static void
test_keys (Fixture *f, gconstpointer data)
{
  write_records (f, f->key, 1);
  verify (f, NULL, NULL);
  g_assert_cmpuint (f->summary.problems, ==, 0);
  g_assert_cmpuint (f->summary.signatures, ==, 1);
  verify (f, f->other, NULL);
  g_assert_cmpuint (f->summary.problems, ==, 2);
  g_assert_cmpuint (f->summary.signatures, ==, 0);
  g_assert_nonnull (strstr (f->told->str, "not among those given: " PUBLIC_NAME));
  g_assert_nonnull (strstr (f->told->str, "nothing is signed"));
  /* Somebody without the key writes on. */
  write_records (f, NULL, GEN_AUDIT_SIGNATURE_INTERVAL);
  verify (f, f->public, NULL);
  g_assert_cmpuint (f->summary.problems, ==, 0);
  g_assert_cmpuint (f->summary.signed_until, <, f->summary.last);
  write_records (f, NULL, 5);
  verify (f, f->public, NULL);
  g_assert_cmpuint (f->summary.problems, ==, 1);
  g_assert_nonnull (strstr (f->told->str, "have no signature"));
}

/* --- writers that are stopped --- */

static void
test_half (Fixture *f, gconstpointer data)
{
  static const char *const halves[] = { "{\"sequence\":3,\"time\":\"2026", "\0\0\0\0", "x" };
  static const gssize sizes[] = { 27, 4, 1 };

  write_records (f, NULL, 2);
  for (guint i = 0; i < G_N_ELEMENTS (halves); i++) {
    append (f, halves[i], sizes[i]);
    verify (f, NULL, NULL);
    g_assert_cmpuint (f->summary.problems, ==, 0);
    g_assert_cmpuint (f->summary.incomplete, ==, sizes[i]);
    write_records (f, NULL, 1);
    verify (f, NULL, NULL);
    g_assert_cmpuint (f->summary.problems, ==, 0);
    g_assert_cmpuint (f->summary.incomplete, ==, 0);
    g_assert_cmpuint (f->summary.repaired, ==, i + 1);
    g_assert_cmpuint (f->summary.records, ==, 4 + 2 * i);
  }
  /* A whole line is no half one. */
  append (f, "{\"sequence\":9}\n", 15);
  verify (f, NULL, NULL);
  g_assert_cmpuint (f->summary.problems, ==, 1);
}

/* The first line, too. */
static void
test_half_of_first (Fixture *f, gconstpointer data)
{
  g_assert_true (g_file_set_contents (f->path, "{\"seq", -1, NULL));
  write_records (f, NULL, 1);
  verify (f, NULL, NULL);
  g_assert_cmpuint (f->summary.problems, ==, 0);
  g_assert_cmpuint (f->summary.records, ==, 2);
}

/* A process that writes until it is killed, or `n` records. */
static pid_t
start_writer (const Fixture *f, int n)
{
  const pid_t child = fork ();

  g_assert_cmpint (child, >=, 0);
  if (child > 0)
    return child;
  {
    GenAuditLog *log = gen_audit_log_open (f->path, f->key, NULL);

    for (int i = 0; i < n; i++)
      if (!gen_audit_log_add (log, "held", "gate", NULL, NULL) ||
          (i % 5 == 0 && !gen_audit_log_sign (log, NULL)))
        _exit (1);
    gen_audit_log_free (log);
  }
  _exit (0);
}

static void
test_several (Fixture *f, gconstpointer data)
{
  pid_t children[4];

  for (guint i = 0; i < G_N_ELEMENTS (children); i++)
    children[i] = start_writer (f, 40);
  for (guint i = 0; i < G_N_ELEMENTS (children); i++) {
    int status;

    g_assert_cmpint (waitpid (children[i], &status, 0), ==, children[i]);
    g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  }
  verify (f, f->public, NULL);
  g_assert_cmpuint (f->summary.problems, ==, 0);
  g_assert_cmpuint (f->summary.records - f->summary.signatures, ==, 160);
}

static gint64
get_size (const Fixture *f)
{
  struct stat status;

  return stat (f->path, &status) == 0 ? status.st_size : 0;
}

static void
test_killed (Fixture *f, gconstpointer data)
{
  for (int i = 0; i < 20; i++) {
    const gint64 size = get_size (f);
    const pid_t a = start_writer (f, 1000000), b = start_writer (f, 1000000);

    /* Both are somewhere in the middle of it. */
    while (get_size (f) < size + 2000)
      g_usleep (100);
    g_usleep ((gulong)g_random_int_range (0, 2000));
    kill (a, SIGKILL);
    kill (b, SIGKILL);
    g_assert_cmpint (waitpid (a, NULL, 0), ==, a);
    g_assert_cmpint (waitpid (b, NULL, 0), ==, b);
  }
  write_records (f, f->key, 1);
  verify (f, f->public, NULL);
  g_assert_cmpuint (f->summary.problems, ==, 0);
  g_assert_cmpuint (f->summary.incomplete, ==, 0);
  g_assert_cmpuint (f->summary.signed_until, ==, f->summary.last);
}

/* What does not fit is told of, and nothing of it stays. */
static void
test_full (Fixture *f, gconstpointer data)
{
  const pid_t child = fork ();
  int status;

  if (child == 0) {
    const struct rlimit limit = { 1000, 1000 };
    GenAuditLog *log = gen_audit_log_open (f->path, NULL, NULL);
    g_autoptr (GError) error = NULL;
    int n = 0;

    signal (SIGXFSZ, SIG_IGN);
    setrlimit (RLIMIT_FSIZE, &limit);
    while (n < 100 && gen_audit_log_add (log, "held", "gate", NULL, &error))
      n++;
    _exit (error != NULL && strstr (error->message, "cannot be written") != NULL ? n : 0);
  }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), >, 2);
  verify (f, NULL, NULL);
  g_assert_cmpuint (f->summary.problems, ==, 0);
  g_assert_cmpuint (f->summary.incomplete, ==, 0);
  g_assert_cmpuint (f->summary.records, ==, WEXITSTATUS (status));
}

/* --- what is refused --- */

/* What somebody has appended by an editor or by hand is no line that a writer has not brought to
 * its end: nothing of the log is cut off for it. */
static void
test_appended (Fixture *f, gconstpointer data)
{
  const char *const tails[] = { "\n", "\n\n", "notes\n",
    "{\"sequence\":9223372036854775807,\"event\":\"held\",\"previous\":\"\"}\n" };

  for (guint i = 0; i < G_N_ELEMENTS (tails); i++) {
    g_autofree char *before = NULL, *after = NULL;
    g_autoptr (GError) error = NULL;

    g_unlink (f->path);
    write_records (f, f->key, 3);
    append (f, tails[i], (gssize)strlen (tails[i]));
    g_assert_true (g_file_get_contents (f->path, &before, NULL, NULL));
    g_assert_null (gen_audit_log_open (f->path, f->key, &error));
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, f->path));
    g_assert_true (g_file_get_contents (f->path, &after, NULL, NULL));
    g_assert_cmpstr (after, ==, before);
    verify (f, f->public, NULL);
    g_assert_cmpuint (f->summary.problems, >, 0);
  }
}

static void
refuse (const char *path, const char *key, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_audit_log_open (path, key, &error));
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, message));
}

static void
test_refused (Fixture *f, gconstpointer data)
{
  g_autofree char *open_key = put (f, "open.pem", KEY, 0640);
  g_autofree char *text = put (f, "notes.txt", "hello\nworld\n", 0600);
  g_autofree char *nothing = g_build_filename (f->folder, "missing", "audit.jsonl", NULL);
  g_autofree char *line = g_strnfill (200000, 'x');
  g_autofree char *long_line = put (f, "long.txt", line, 0600);
  g_autofree char *note = put (f, "note.txt", "hello", 0600);
  GenAuditSummary summary;
  g_autoptr (GError) error = NULL;

  refuse (f->path, open_key, "chmod 600");
  refuse (f->path, f->public, "chmod 600");
  refuse (f->path, text, "openssl genpkey");
  refuse (f->path, f->folder, "has to be a file");
  refuse (f->folder, NULL, "cannot be opened");
  refuse (nothing, NULL, "cannot be opened");
  refuse (text, NULL, "no audit log");
  refuse (long_line, NULL, "no record");
  refuse (note, NULL, "no audit log");
  g_assert_false (gen_audit_verify (f->folder, NULL, NULL, NULL, NULL, &summary, &error));
  g_clear_error (&error);
  g_assert_false (gen_audit_verify (text, NULL, "12ab", NULL, NULL, &summary, &error));
  g_assert_nonnull (strstr (error->message, "64 hexadecimal digits"));
}

/* The log changes under who writes it. */
static void
test_taken (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenAuditLog) log = gen_audit_log_open (f->path, NULL, &error);
  g_autofree char *text = g_strnfill (70000, 'x'), *whole = NULL;
  g_autoptr (JsonObject) details = json_object_new ();
  gsize size;

  json_object_set_string_member (details, "reason", text);
  g_assert_false (gen_audit_log_add (log, "held", NULL, details, &error));
  g_assert_nonnull (strstr (error->message, "are the most"));
  g_clear_error (&error);
  for (int i = 0; i < 2; i++)
    g_assert_true (gen_audit_log_add (log, "held", NULL, NULL, &error));
  g_assert_true (g_file_get_contents (f->path, &whole, &size, NULL));
  g_assert_cmpint (truncate (f->path, strchr (whole, '\n') + 1 - whole), ==, 0);
  g_assert_false (gen_audit_log_add (log, "held", NULL, NULL, &error));
  g_assert_nonnull (strstr (error->message, "shortened"));
  g_clear_error (&error);
  g_assert_cmpint (truncate (f->path, 0), ==, 0);
  g_assert_false (gen_audit_log_add (log, "held", NULL, NULL, &error));
  g_assert_nonnull (strstr (error->message, "is empty"));
  g_clear_error (&error);
  g_assert_cmpint (g_unlink (f->path), ==, 0);
  g_assert_false (gen_audit_log_add (log, "held", NULL, NULL, &error));
  g_assert_nonnull (strstr (error->message, "removed"));
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*removed*");
  g_clear_pointer (&log, gen_audit_log_free);
  g_test_assert_expected_messages ();
}

/* Who writes does not go on with a history that is another, however long. */
static void
test_rewritten (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenAuditLog) log = NULL;
  g_auto (GStrv) lines = NULL, after = NULL;
  g_autofree char *text = NULL;

  write_records (f, NULL, 7);
  log = gen_audit_log_open (f->path, f->key, &error);
  g_assert_no_error (error);
  g_assert_true (gen_audit_log_add (log, "held", NULL, NULL, &error));
  lines = read_lines (f);
  g_assert_cmpuint (g_strv_length (lines), ==, 9);
  chain_anew (lines);
  text = g_strjoinv ("\n", lines);
  g_assert_cmpint (truncate (f->path, 0), ==, 0);
  append (f, text, (gssize)strlen (text));
  write_records (f, NULL, 2);
  g_assert_false (gen_audit_log_add (log, "held", NULL, NULL, &error));
  g_assert_nonnull (strstr (error->message, "rewritten"));
  g_clear_error (&error);
  g_assert_false (gen_audit_log_sign (log, &error));
  g_clear_error (&error);
  after = read_lines (f);
  g_assert_cmpuint (g_strv_length (after), ==, 11);
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*rewritten*");
  g_clear_pointer (&log, gen_audit_log_free);
  g_test_assert_expected_messages ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(NAME, FUNC) g_test_add ("/audit-log/" NAME, Fixture, NULL, set_up, FUNC, tear_down)
  ADD ("records", test_records);
  ADD ("goes-on", test_goes_on);
  ADD ("cut", test_cut);
  ADD ("keys", test_keys);
  ADD ("half", test_half);
  ADD ("half-of-first", test_half_of_first);
  ADD ("several", test_several);
  ADD ("killed", test_killed);
  ADD ("full", test_full);
  ADD ("appended", test_appended);
  ADD ("refused", test_refused);
  ADD ("taken", test_taken);
  ADD ("rewritten", test_rewritten);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++) {
    g_autofree char *name = g_strdup_printf ("/audit-log/changed/%s", changes[i].name);

    g_test_add (name, Fixture, &changes[i], set_up, test_changed, tear_down);
  }
  return g_test_run ();
}
